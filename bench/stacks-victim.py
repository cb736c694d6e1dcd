"""Threads that compute in nested functions, for so many seconds: the victim of the stacks bench. Arguments: THREADS SECONDS."""
import sys
import threading
import time

THREADS, SECONDS = int(sys.argv[1]), float(sys.argv[2])


def compute(depth, until):
    if depth > 0:
        result = compute(depth - 1, until)
        return result + depth
    total = 0
    while time.monotonic() < until:
        for i in range(1000):
            total += i * i
    return total


def work(until):
    return compute(20, until)


until = time.monotonic() + SECONDS
threads = [threading.Thread(target=work, args=(until,)) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
