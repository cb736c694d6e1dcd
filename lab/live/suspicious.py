"""Does one suspicious thing at a time, to itself and to children and files of its own only: one line of input each."""
import ctypes
import mmap
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
# Whose input ends, ends: a terminal has no say. What is guarded for the occasion lies where the caller says.
signal.signal(signal.SIGINT, signal.SIG_IGN)
folder = tempfile.mkdtemp(prefix="whytrace-suspicious-")
guarded = sys.argv[1] if len(sys.argv) > 1 else folder
watcher = os.getppid()


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def child(act):
    """Runs something in a child of its own and waits for it."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def sleeper():
    pid = os.fork()
    if pid == 0:
        time.sleep(5)
        os._exit(0)
    return pid


def with_sleeper(act):
    pid = sleeper()
    try:
        act(pid)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def attach(pid):
    libc.ptrace(16, pid, 0, 0)
    os.waitpid(pid, 0)
    libc.ptrace(17, pid, 0, 0)


def write_into(pid):
    text = ctypes.create_string_buffer(b"x")
    local = Vector(ctypes.addressof(text), 1)
    libc.process_vm_writev(pid, ctypes.byref(local), 1, ctypes.byref(local), 1, 0)


def take_file(pid):
    fd = libc.syscall(434, pid, 0)
    libc.syscall(438, fd, 0, 0)
    os.close(fd)


def become_root():
    # Drops to nobody first: the way back is then asked for and refused.
    os.setresuid(65534, 65534, 65534)
    try:
        os.setuid(0)
    except PermissionError:
        pass


def both_ways():
    at = libc.mmap(None, 4096, 3, 0x22, -1, 0)
    libc.mprotect(ctypes.c_void_p(at), 4096, 7)


def rename_many():
    for i in range(30):
        path = os.path.join(folder, str(i))
        open(path, "w").close()
        os.rename(path, path + ".locked")


def connect(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1)
    except OSError:
        pass


def mount():
    libc.unshare(0x20000)
    where = os.path.join(folder, "m")
    os.makedirs(where, exist_ok=True)
    libc.mount(b"none", where.encode(), b"tmpfs", 0, None)


def in_memory():
    fd = os.memfd_create("hidden")
    with open("/bin/true", "rb") as program:
        os.write(fd, program.read())
    os.execve(fd, ["hidden"], {})


def deleted():
    path = os.path.join(folder, "gone")
    shutil.copy("/bin/true", path)
    fd = os.open(path, os.O_RDONLY)
    os.unlink(path)
    os.execve(fd, ["gone"], {})


def temporary():
    path = os.path.join(folder, "tool")
    shutil.copy("/bin/true", path)
    os.execv(path, ["tool"])


def shell_on_socket():
    """A shell that talks over a connection; the listener types one command and returns the answer."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    pid = os.fork()
    if pid == 0:
        try:
            client = socket.create_connection(server.getsockname(), 3)
            client.setblocking(True)
            for stream in (0, 1, 2):
                os.dup2(client.fileno(), stream)
            os.execv("/bin/sh", ["sh"])
        finally:
            os._exit(1)
    server.settimeout(3)
    listener, _ = server.accept()
    listener.settimeout(3)
    listener.sendall(b"id; exit\n")
    answer = b""
    try:
        while chunk := listener.recv(4096):
            answer += chunk
    except OSError:
        pass
    listener.close()
    server.close()
    os.waitpid(pid, 0)
    return answer.decode(errors="replace").strip()


def set_user_id():
    path = os.path.join(folder, "rights")
    shutil.copy("/bin/true", path)
    os.chmod(path, 0o4755)
    os.chmod(folder, 0o755)
    os.setresuid(65534, 65534, 65534)
    os.execv(path, ["rights"])


def narrow():
    """A program for 32 bits that ends at once: the header, one segment, exit(0)."""
    code = b"\xb8\x01\x00\x00\x00\x31\xdb\xcd\x80"
    start, size = 0x8048000, 84 + len(code)
    header = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, start + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    path = os.path.join(folder, "narrow")
    with open(path, "wb") as program:
        program.write(header + struct.pack("<IIIIIIII", 1, 0, start, start, size, size, 5, 4096) + code)
    os.chmod(path, 0o755)
    os.execv(path, ["narrow"])


def make_folder_by_ring():
    """One request of io_uring, mkdirat: linux/io_uring.h."""
    params = ctypes.create_string_buffer(120)
    ring = libc.syscall(425, 1, params)
    if ring < 0:
        return "refused"
    at = struct.unpack_from("<10I", params, 40)
    tail, array = at[1], at[6]
    queue = mmap.mmap(ring, array + 4, flags=mmap.MAP_SHARED, offset=0)
    entries = mmap.mmap(ring, 64, flags=mmap.MAP_SHARED, offset=0x10000000)
    path = ctypes.create_string_buffer(os.path.join(folder, "by-ring").encode())
    entries[0:32] = struct.pack("<BBHiQQII", 37, 0, 0, -100, 0, ctypes.addressof(path), 0o700, 0)
    queue[array : array + 4] = struct.pack("<I", 0)
    queue[tail : tail + 4] = struct.pack("<I", 1)
    libc.syscall(426, ring, 1, 1, 1, None, 0)
    os.close(ring)


def secret_through_link():
    link = os.path.join(folder, "harmless")
    os.symlink("/etc/shadow", link)
    open(link, "rb").close()


def wipe(path):
    """Empties a file that holds something, then takes its name away: with a folder to start from, as rm -r does."""
    with open(path, "w") as file:
        file.write("what happened\n")
    open(path, "w").close()
    above = os.open(os.path.dirname(path), os.O_RDONLY)
    os.unlink(os.path.basename(path), dir_fd=above)
    os.close(above)


def place(path):
    """A file that is written elsewhere and then put in its place."""
    aside = os.path.join(folder, "aside")
    with open(aside, "w") as file:
        file.write("* * * * * root true\n")
    os.rename(aside, path)


def write_to(path):
    with open(path, "a") as file:
        file.write("\n")


ACTS = {
    # Of one that belongs to somebody else, and of one that it has made itself.
    "ptrace_attach": lambda: with_sleeper(lambda pid: child(lambda: attach(pid))),
    "ptrace_own_child": lambda: with_sleeper(attach),
    "process_vm_write": lambda: with_sleeper(write_into),
    "pidfd_getfd": lambda: with_sleeper(take_file),
    "user_namespace": lambda: child(lambda: libc.unshare(0x10000000)),
    "setns": lambda: child(lambda: libc.setns(os.open("/proc/self/ns/uts", os.O_RDONLY), 0)),
    "mount": lambda: child(mount),
    "change_root": lambda: child(lambda: os.chroot("/")),
    "setuid_root": lambda: child(become_root),
    "userfaultfd": lambda: libc.syscall(323, 0),
    "write_execute_memory": both_ways,
    "raw_socket": lambda: socket.socket(17, 3, 0).close(),
    "mass_rename": rename_many,
    "mining_port": lambda: connect(3333),
    "io_uring": lambda: libc.syscall(425, 1, ctypes.create_string_buffer(120)),
    "perf_event": lambda: libc.syscall(298, ctypes.create_string_buffer(128), -1, 0, -1, 0),
    "bpf_look": lambda: libc.syscall(321, 11, ctypes.create_string_buffer(120), 120),
    "fileless_exec": lambda: child(in_memory),
    "exec_of_deleted_file": lambda: child(deleted),
    "exec_from_temporary": lambda: child(temporary),
    "preload": lambda: child(lambda: os.execve("/bin/true", ["true"], {"LD_PRELOAD": "libc.so.6"})),
    "set_user_id_exec": lambda: child(set_user_id),
    "reverse_shell": shell_on_socket,
    "miner_arguments": lambda: child(lambda: os.execv("/bin/true", ["true", "-o", "stratum+tcp://127.0.0.1:1"])),
    "log_wiped": lambda: wipe(os.path.join(guarded, "log", "auth.log")),
    "history_wiped": lambda: wipe(os.path.join(guarded, "home", ".bash_history")),
    "persistence": lambda: place(os.path.join(guarded, "cron.d", "again")),
    "recorder_files": lambda: write_to(os.path.join(guarded, "own", "run.db")),
    # PTRACE_PEEKDATA of what is not traced, and a link of a number that nothing has: refused, and seen.
    "recorder_traced": lambda: libc.ptrace(2, watcher, 0, 0),
    "recorder_probes": lambda: libc.syscall(321, 30, ctypes.create_string_buffer(b"\xff" * 4 + bytes(116)), 120),
    "recorder_killed": lambda: os.kill(watcher, signal.SIGTERM),
    "sensitive_file": secret_through_link,
    "io_uring_files": make_folder_by_ring,
}
# Where this machine runs such programs: arch/x86/entry/vdso.
if os.path.exists("/proc/sys/abi/vsyscall32"):
    ACTS["unwatched_entry"] = lambda: child(narrow)
# What raises nothing.
HARMLESS = {
    "log_grows": lambda: (open(os.path.join(guarded, "log", "new.log"), "w").close(), write_to(os.path.join(guarded, "log", "new.log"))) and None,
}

try:
    print(" ".join(ACTS), flush=True)
    for line in sys.stdin:
        said = {**ACTS, **HARMLESS}[line.strip()]()
        print(f"done {said}" if isinstance(said, str) else "done", flush=True)
finally:
    shutil.rmtree(folder, ignore_errors=True)
