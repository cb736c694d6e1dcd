#!/usr/bin/env python3
"""The incident "data loader starved", on the simulated test device (no GPU): the loop of train.py, its loader and its
launching thread all on one CPU, where a process named "stress" begins to burn that same CPU after a healthy start. Batches
come late, and CUDA calls take long because the thread inside them does not get the CPU. Healthy twin: --no-hog.
Prints one JSON line of truth. Python 3.9+, standard library only."""
import argparse
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # leave no __pycache__ in the checkout

import children
import simcuda
import train

BLOCKING_SYNC = 4  # cudaDeviceScheduleBlockingSync: a wait for the device leaves the CPU to the loader


def build_if_missing():
    if all(os.path.exists(os.path.join(simcuda.BUILD, name)) for name in ("libcudart.so.12", "stress")):
        return
    script = os.path.join(os.path.dirname(simcuda.HERE), "cudasim", "build.sh")
    result = subprocess.run(["sh", script], check=False, capture_output=True, text=True)
    if result.returncode != 0:
        simcuda.stop_with("cannot build the simulated device: " + result.stderr.strip())


def main():
    parser = argparse.ArgumentParser(description="A data loader starved by a CPU hog, on the simulated test device (no GPU).")
    parser.add_argument("--no-hog", action="store_true", help="the healthy twin: the same without the hog")
    parser.add_argument("--hog-after", type=float, default=1.5, help="seconds of healthy training before the hog starts (1.5)")
    parser.add_argument("--hog-threads", type=int, default=3, help="threads of the hog (3)")
    train.add_options(parser)
    # Healthy, the loader fits into the time that the main loop waits for the device; against the hog it does not.
    parser.set_defaults(seconds=6.0, load_ms=10, cpu=max(os.sched_getaffinity(0)))
    options = parser.parse_args()
    options.steps = None
    build_if_missing()
    os.environ.setdefault("CUDASIM_KERNEL_US", "300")

    hog = {}
    begin = time.monotonic()

    def maybe_start_hog(_index, _ns):
        if options.no_hog or hog or time.monotonic() - begin < options.hog_after:
            return
        program = os.path.join(simcuda.BUILD, "stress")
        arguments = ["--cpu", str(options.cpu), "--threads", str(options.hog_threads), "--seconds", str(int(options.seconds) + 30)]
        hog["start_ns"] = time.monotonic_ns()
        hog["process"] = children.start_program([program, *arguments])

    try:
        truth = train.train(options, maybe_start_hog, BLOCKING_SYNC)
    finally:
        if "process" in hog:
            hog["process"].kill()
            hog["process"].wait()
    truth["incident"] = "data-loader-starved" if hog else "healthy"
    if hog:
        pid = hog["process"].pid
        truth["threads"].append({"role": "hog", "pid": pid, "tid": pid, "comm": "stress"})
        truth["hog"] = {"pid": pid, "comm": "stress", "threads": options.hog_threads, "start_ns": hog["start_ns"]}
    train.finish(truth)


if __name__ == "__main__":
    main()
