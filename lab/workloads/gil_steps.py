#!/usr/bin/env python3
"""A training-like loop in Python beside a thread that from --fault-ms on computes without a pause and so keeps the interpreter's
lock; --no-fault: it never does. On the simulated test device (no GPU). Writes the same log as the lab's actors to
$ACTOR_TRUTH. Python 3.9+, standard library only."""
import argparse
import json
import os
import sys
import threading
import time

sys.dont_write_bytecode = True  # leave no __pycache__ in the checkout

import children
import simcuda

rows = {}


def run_delay(file):
    return int(os.pread(file, 96, 0).split()[1])


class Thread:
    """The log of the calling thread."""

    def __init__(self, name):
        self.tid = children.own_tid()
        self.name = name
        children.set_thread_name(name)
        self.file = os.open(f"/proc/self/task/{self.tid}/schedstat", os.O_RDONLY)
        self.rows = []
        rows[name] = self

    def step(self, act, run):
        start, cpu, delay = time.monotonic_ns(), time.thread_time_ns(), run_delay(self.file)
        run()
        end, cpu, delay = time.monotonic_ns(), time.thread_time_ns() - cpu, run_delay(self.file) - delay
        self.rows.append({"tid": self.tid, "act": act, "n": [0, 0], "start": start, "end": end, "cpu": cpu, "delay": delay})


def compute(ms):
    end = time.thread_time_ns() + ms * 1_000_000
    while time.thread_time_ns() < end:
        sum(range(300))


def main():
    parser = argparse.ArgumentParser(description="Python's lock kept by another thread, on the simulated test device (no GPU).")
    parser.add_argument("--fault-ms", type=int, default=1500)
    parser.add_argument("--end-ms", type=int, default=4500)
    parser.add_argument("--launches", type=int, default=20)
    parser.add_argument("--no-fault", action="store_true")
    options = parser.parse_args()
    cuda = simcuda.Cuda()
    own = Thread("trainer")
    cuda.call("cudaSetDeviceFlags", 4)
    began = time.monotonic_ns()
    one = simcuda.Dim3(1, 1, 1)

    def at(ms):
        return began + ms * 1_000_000

    def preprocess():
        other = Thread("preprocess")
        while time.monotonic_ns() < at(options.end_ms):
            if time.monotonic_ns() < at(options.fault_ms) or options.no_fault:
                other.step("sleep", lambda: time.sleep(0.02))
            else:
                other.step("compute", lambda: compute(100))

    thread = threading.Thread(target=preprocess)
    thread.start()
    with open(os.environ["ACTOR_TRUTH"], "w", encoding="utf-8") as file:
        file.write(json.dumps({"began_ns": began, "pid": os.getpid()}) + "\n")
    while time.monotonic_ns() < at(options.end_ms):
        for _ in range(options.launches):
            own.step("python", lambda: cuda.call("cudaLaunchKernel", 4096, one, one, None, 0, None))
        own.step("python", lambda: cuda.call("cudaStreamSynchronize", None))
    thread.join()
    with open(os.environ["ACTOR_TRUTH"], "a", encoding="utf-8") as file:
        for name, one_thread in rows.items():
            actor = {"actor": name, "process": 0, "pid": os.getpid(), "tid": one_thread.tid}
            file.write(json.dumps(actor, separators=(",", ":")) + "\n")
            for row in one_thread.rows:
                file.write(json.dumps(row, separators=(",", ":")) + "\n")


main()
