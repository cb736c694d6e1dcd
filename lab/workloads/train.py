#!/usr/bin/env python3
"""A training-like loop on the simulated test device (no GPU, no learning): a data loader prepares batches with real CPU
work, the main loop copies each one to the device, launches kernels and waits. Prints one JSON line of truth at the end.
Python 3.9+, standard library only. Knows nothing of what records it."""
import argparse
import ctypes
import json
import os
import signal
import sys
import time

sys.dont_write_bytecode = True  # leave no __pycache__ in the checkout

import children
import loader
import simcuda

FORWARD_LAUNCHES, BACKWARD_LAUNCHES, OPTIMIZER_LAUNCHES = 12, 24, 4


class Interrupted(Exception):
    """SIGINT or SIGTERM arrived; args[0] is its number."""


def _interrupt(number, _frame):
    raise Interrupted(number)


class Trainer:
    """What the steps work with: the calls, a stream, device and host memory, addresses that stand for kernels."""

    def __init__(self, cuda, batch_bytes):
        self.cuda = cuda
        self.batch_bytes = batch_bytes
        self.host = ctypes.create_string_buffer(batch_bytes)  # pageable, as a tensor without pin_memory is
        self.kernels = ctypes.create_string_buffer(64)
        self.device, self.stream = ctypes.c_void_p(), ctypes.c_void_p()
        cuda.call("cudaSetDevice", 0)
        cuda.call("cudaMalloc", ctypes.byref(self.device), batch_bytes)
        cuda.call("cudaStreamCreate", ctypes.byref(self.stream))

    def launch(self, kernel, grid):
        address = ctypes.addressof(self.kernels) + kernel
        self.cuda.call("cudaLaunchKernel", address, simcuda.Dim3(grid, 1, 1), simcuda.Dim3(256, 1, 1), None, 0, self.stream)


def load_batch(trainer, next_batch):
    """Waits for the loader's next batch and puts it into the host buffer."""
    batch = next_batch()
    ctypes.memmove(trainer.host, batch, min(len(batch), trainer.batch_bytes))


def copy_to_device(trainer):
    trainer.cuda.call(
        "cudaMemcpyAsync", trainer.device, trainer.host, trainer.batch_bytes, simcuda.HOST_TO_DEVICE, trainer.stream
    )


def forward(trainer):
    for layer in range(FORWARD_LAUNCHES):
        trainer.launch(layer % 6, 64)


def backward(trainer):
    for layer in range(BACKWARD_LAUNCHES):
        trainer.launch(8 + layer % 6, 128)


def optimizer_step(trainer):
    """Launches the update and waits for the whole step, as reading the loss does."""
    for group in range(OPTIMIZER_LAUNCHES):
        trainer.launch(16 + group, 32)
    trainer.cuda.call("cudaStreamSynchronize", trainer.stream)


def train_step(trainer, next_batch):
    """One step; returns (ns in all, ns of waiting for the batch)."""
    start = time.monotonic_ns()
    load_batch(trainer, next_batch)
    loaded = time.monotonic_ns()
    copy_to_device(trainer)
    forward(trainer)
    backward(trainer)
    optimizer_step(trainer)
    return time.monotonic_ns() - start, loaded - start


def run_steps(trainer, next_batch, steps, seconds, after_step):
    """Steps until either limit (None = no limit); after_step(index, ns) is called after each. Returns [(ns, wait_ns)]."""
    times = []
    deadline = None if seconds is None else time.monotonic() + seconds
    while (steps is None or len(times) < steps) and (deadline is None or time.monotonic() < deadline):
        times.append(train_step(trainer, next_batch))
        after_step(len(times), times[-1][0])
    return times


def _quantile_ms(values, share):
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1e6, 3) if ordered else None


def step_figures(times):
    return {
        "steps": len(times),
        "step_ms": {"median": _quantile_ms([t for t, _ in times], 0.5), "p99": _quantile_ms([t for t, _ in times], 0.99)},
        "batch_wait_ms": {"median": _quantile_ms([w for _, w in times], 0.5), "p99": _quantile_ms([w for _, w in times], 0.99)},
    }


def start_loader(kind, load_ms, cpu):
    """Returns (next_batch, rows for the list of threads, stop)."""
    if kind == "thread":
        next_batch, _, tid = loader.start_thread(load_ms, cpu)
        return next_batch, {tid: "data loader"}, [], lambda: None
    next_batch, pid, tid = loader.start_process(load_ms, cpu)
    row = {"role": "data loader", "pid": pid, "tid": tid, "comm": "data-loader"}
    return next_batch, {}, [row], lambda: children.end_child(pid)


def train(options, after_step=lambda index, ns: None, cuda_flags=None):
    """The whole run with its loader; returns the truth as a dict. A signal ends it early and is told in the truth."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    start_ns = time.monotonic_ns()
    # The loader first: a process that has used CUDA must not fork.
    next_batch, roles, rows, stop_loader = start_loader(options.loader, options.load_ms, options.cpu)
    times, ended_by = [], None
    cuda = simcuda.Cuda(options.cudart)
    try:
        if options.cpu is not None:
            os.sched_setaffinity(0, {options.cpu})
        if cuda_flags is not None:
            cuda.call("cudaSetDeviceFlags", cuda_flags)
        trainer = Trainer(cuda, int(options.batch_mib * 1048576))
        warm_up = run_steps(trainer, next_batch, 1, None, lambda index, ns: None)

        def keep(index, ns):
            times.append(ns)
            after_step(index, ns)

        figures = step_figures(run_steps(trainer, next_batch, options.steps, options.seconds, keep))
        figures["first_step_ms"] = round(warm_up[0][0] / 1e6, 3)
    except Interrupted as signal_:
        ended_by = signal_.args[0]
        figures = {"steps": len(times), "step_ms": {"median": _quantile_ms(times, 0.5), "p99": _quantile_ms(times, 0.99)}}
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        roles[os.getpid()] = "main loop"
        threads = children.thread_list(roles) + rows
        stop_loader()
    truth = {"pid": os.getpid(), "cpu": options.cpu, "start_ns": start_ns, "end_ns": time.monotonic_ns()}
    truth.update(figures, threads=threads, ended_by_signal=ended_by, device=cuda.version(), **simcuda.calls_summary(cuda))
    return truth


def add_options(parser):
    parser.add_argument("--seconds", type=float, help="stop after so many seconds")
    parser.add_argument("--loader", choices=["thread", "process"], default="process", help="where batches are prepared")
    parser.add_argument("--load-ms", type=float, default=6, help="CPU time that one batch takes to prepare (6)")
    parser.add_argument("--batch-mib", type=float, default=24, help="size of the copy to the device (24)")
    parser.add_argument("--cpu", type=int, help="pin the loader and the main loop to this CPU")
    parser.add_argument("--cudart", help="the CUDA runtime library (the simulated one)")


def finish(truth):
    """Prints the truth and ends the process, with 128 + the signal when one ended the run."""
    print(json.dumps(truth), flush=True)
    sys.exit(0 if truth["ended_by_signal"] is None else 128 + truth["ended_by_signal"])


def main():
    parser = argparse.ArgumentParser(description="A training-like loop on the simulated test device (no GPU).")
    parser.add_argument("--steps", type=int, help="stop after so many steps (100, unless --seconds is given)")
    parser.add_argument("--verbose", type=int, metavar="N", help="print a line every N steps")
    add_options(parser)
    options = parser.parse_args()
    if options.steps is None and options.seconds is None:
        options.steps = 100
    # Kernel and lazy-load times that make a step of about 15 ms, unless the caller chose others.
    os.environ.setdefault("CUDASIM_KERNEL_US", "200")

    def say(index, ns):
        if options.verbose and index % options.verbose == 0:
            print(f"step {index}: {ns / 1e6:.1f} ms", file=sys.stderr)

    finish(train(options, say))


if __name__ == "__main__":
    main()
