"""Hosts of their own: children in network namespaces that nobody else can reach, which do what they are told by name."""
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
HAS_SIX = os.path.exists("/proc/net/if_inet6")
kept = []


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ip(*words):
    run("ip", *words)


def new_namespace():
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    ip("link", "set", "lo", "up")


def host(functions):
    """A child in a namespace of its own, and how to tell it which of these functions to call with which words."""
    to_child, from_parent = os.pipe()
    to_parent, from_child = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(from_parent)
        os.close(to_parent)
        # Whatever ends the parent ends this as well.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        new_namespace()
        os.write(from_child, b"ready\n")
        for line in os.fdopen(to_child):
            name, *words = line.split()
            try:
                said = functions[name](*words)
                os.write(from_child, f"ok {said}\n".encode() if isinstance(said, str) else b"ok\n")
            except Exception as error:  # told to the parent, which fails
                os.write(from_child, (f"{name}: {error!r}".replace("\n", " ") + "\n").encode())
        os._exit(0)
    os.close(to_child)
    os.close(from_child)
    answers = os.fdopen(to_parent)
    answers.readline()

    def tell(*words):
        os.write(from_parent, (" ".join(map(str, words)) + "\n").encode())
        answer = answers.readline().strip()
        if not answer.startswith("ok"):
            raise RuntimeError(answer)
        return answer[3:]

    return pid, tell


def serve_each(server, handle):
    """Accepts connections and handles each in a thread."""
    kept.append(server)

    def serve():
        while True:
            peer, _ = server.accept()
            threading.Thread(target=handle, args=(peer,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def echo(peer):
    try:
        while True:
            data = peer.recv(65536)
            if not data:
                break
            peer.sendall(data)
    except OSError:
        pass
    peer.close()


def obey(names, act, pids):
    """Answers the names that are read, one a line, until there are no more; then ends the hosts."""
    # Who started this ends it, by ending its input: a terminal has no say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(" ".join(names), flush=True)
    for line in sys.stdin:
        try:
            said = act(*line.split())
            print(f"done {said}" if isinstance(said, str) else "done", flush=True)
        except Exception as error:
            detail = getattr(error, "stderr", b"") or b""
            print(f"failed: {error!r} {detail.decode(errors='replace')}".replace("\n", " "), flush=True)
    for pid in pids:
        os.kill(pid, 9)
