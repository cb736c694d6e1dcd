"""The data loader of the training-like loop: real CPU work per batch, handed over through a pipe (child process) or a
queue (thread). Knows nothing of CUDA. Python 3.9+, standard library only."""
import fcntl
import hashlib
import os
import queue
import struct
import threading
import time

import children

PAYLOAD = 60_000
HEADER = struct.Struct("<Q")
_F_SETPIPE_SZ = 1031


def decode_sample(seed, until):
    """Stands for decoding and augmenting: hashes until the thread's CPU clock reads `until` seconds."""
    digest = seed
    while time.thread_time() < until:
        digest = hashlib.sha256(digest * 512).digest()
    return digest


def make_batch(index, load_ms):
    """One batch: load_ms of this thread's CPU time, however long that takes on the clock."""
    digest = decode_sample(HEADER.pack(index) * 4, time.thread_time() + load_ms / 1e3)
    return HEADER.pack(index) + (digest * (PAYLOAD // 32 + 1))[:PAYLOAD]


def _write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _read_exactly(fd, size):
    parts = []
    while size > 0:
        part = os.read(fd, size)
        if not part:
            raise EOFError("the data loader ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _serve_pipe(fd, load_ms, cpu):
    children.set_thread_name("data-loader")
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    index = 0
    while True:
        _write_all(fd, make_batch(index, load_ms))
        index += 1


def start_process(load_ms, cpu=None):
    """A loader in a child process, about four batches ahead. Returns (next_batch, pid, tid)."""
    read_end, write_end = os.pipe()
    try:
        fcntl.fcntl(write_end, _F_SETPIPE_SZ, 4 * 65536)
    except OSError:
        pass  # a smaller pipe only means less prefetching

    def run():
        os.close(read_end)
        _serve_pipe(write_end, load_ms, cpu)

    pid = children.fork_child(run)
    os.close(write_end)
    return (lambda: _read_exactly(read_end, HEADER.size + PAYLOAD)), pid, pid


def start_thread(load_ms, cpu=None):
    """A loader in a thread of this process, four batches ahead. Returns (next_batch, pid, tid)."""
    batches = queue.Queue(maxsize=4)
    started = queue.Queue()

    def run():
        children.set_thread_name("data-loader")
        if cpu is not None:
            os.sched_setaffinity(0, {cpu})
        started.put(children.own_tid())
        index = 0
        while True:
            batches.put(make_batch(index, load_ms))
            index += 1

    threading.Thread(target=run, daemon=True).start()
    return batches.get, os.getpid(), started.get()
