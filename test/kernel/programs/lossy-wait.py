"""Waits for an answer on loopback, in a network namespace of its own, while a filter drops all packets there for a while."""
import ctypes
import os
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
# Classic BPF: return 2, which tc takes as "drop" (linux/pkt_cls.h, TC_ACT_SHOT).
DROP_ALL = "1,6 0 0 2,"


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
    raise OSError(ctypes.get_errno(), "unshare")
run("ip", "link", "set", "lo", "up")
server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
child = os.fork()
if child == 0:
    peer, _ = server.accept()
    peer.sendall(peer.recv(1))
    peer.recv(1)
    run("tc", "qdisc", "add", "dev", "lo", "clsact")
    run("tc", "filter", "add", "dev", "lo", "ingress", "bpf", "da", "bytecode", DROP_ALL)
    peer.sendall(b"2")
    time.sleep(0.7)
    run("tc", "qdisc", "del", "dev", "lo", "clsact")
    peer.recv(1)
    os._exit(0)
client = socket.create_connection(address)
for question in (b"1", b"2"):
    client.sendall(question)
    client.recv(1)
# While it lives, the ends of its connection can be asked for.
time.sleep(0.7)
client.close()
os.waitpid(child, 0)
