"""Threads' names and processes that cannot outlive their parent. Linux only; Python 3.9+, standard library only."""
import ctypes
import os
import signal
import subprocess
import threading

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def _prctl(option, value):
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def set_thread_name(name):
    """The calling thread's comm: at most 15 bytes."""
    _prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))


def fork_child(run):
    """Forks a process that calls run() and ends, at the latest when its parent does. Returns its pid."""
    parent = os.getpid()
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent decides when to stop; Ctrl-C reaches the whole group.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getppid() == parent:
            run()
    except BrokenPipeError:
        pass
    finally:
        os._exit(0)


def start_program(arguments):
    """Starts a program that asks for the parent-death signal itself. Returns the Popen object."""
    return subprocess.Popen(arguments, stdin=subprocess.DEVNULL)


def end_child(pid):
    """Kills one child process by its pid and waits for it; a pid that is gone already is fine."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def thread_list(roles):
    """[{role, pid, tid, comm}] of this process's threads; roles maps tid to role, the device's threads are recognised."""
    pid = os.getpid()
    rows = []
    for tid in sorted(int(name) for name in os.listdir("/proc/self/task")):
        try:
            with open(f"/proc/self/task/{tid}/comm", encoding="utf-8") as file:
                comm = file.read().strip()
        except OSError:
            continue
        role = roles.get(tid) or ("simulated device" if comm.startswith("cudasim-") else "other")
        rows.append({"role": role, "pid": pid, "tid": tid, "comm": comm})
    return rows


def own_tid():
    """The kernel's id of the calling thread."""
    return threading.get_native_id()
