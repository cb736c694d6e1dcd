"""Python's way to a CUDA runtime library through ctypes: finding it, its few calls, and the time each one took.

Made for the simulated test device of lab/cudasim (no GPU). Python 3.9+, standard library only.
"""
import ctypes
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("CUDASIM_OUT") or os.path.join(os.path.dirname(HERE), "cudasim", "build")
HOST_TO_DEVICE = 1


class Dim3(ctypes.Structure):
    """cudaLaunchKernel takes this 12-byte struct by value."""

    _fields_ = [("x", ctypes.c_uint), ("y", ctypes.c_uint), ("z", ctypes.c_uint)]


_POINTER = ctypes.c_void_p
_SIGNATURES = {
    "cudaSetDevice": [ctypes.c_int],
    "cudaSetDeviceFlags": [ctypes.c_uint],
    "cudaMalloc": [ctypes.POINTER(_POINTER), ctypes.c_size_t],
    "cudaFree": [_POINTER],
    "cudaMemcpyAsync": [_POINTER, _POINTER, ctypes.c_size_t, ctypes.c_int, _POINTER],
    "cudaLaunchKernel": [_POINTER, Dim3, Dim3, _POINTER, ctypes.c_size_t, _POINTER],
    "cudaStreamCreate": [ctypes.POINTER(_POINTER)],
    "cudaStreamSynchronize": [_POINTER],
}


def stop_with(message):
    """Ends the program with one line that says what failed, why, and what to do."""
    sys.exit(os.path.basename(sys.argv[0]) + ": " + message)


class Cuda:
    """The calls of one libcudart, each checked and timed; `slow` keeps those that took at least slow_ns."""

    def __init__(self, path=None, slow_ns=10_000_000):
        path = path or os.path.join(BUILD, "libcudart.so.12")
        try:
            self._library = ctypes.CDLL(path)
        except OSError as error:
            stop_with(f"cannot load the CUDA runtime {path}: {error}; run lab/cudasim/build.sh, or give --cudart PATH")
        self._library.cudaGetErrorString.restype = ctypes.c_char_p
        for name, arguments in _SIGNATURES.items():
            getattr(self._library, name).argtypes = arguments
        self.slow_ns = slow_ns
        self.counts = dict.fromkeys(_SIGNATURES, 0)
        self.slow = []

    def call(self, name, *arguments):
        """Makes the call; an error code ends the program."""
        function = getattr(self._library, name)
        start = time.monotonic_ns()
        code = function(*arguments)
        end = time.monotonic_ns()
        self.counts[name] += 1
        if end - start >= self.slow_ns:
            self.slow.append({"op": name, "start_ns": start, "end_ns": end})
        if code != 0:
            words = self._library.cudaGetErrorString(code).decode()
            stop_with(f"{name} failed: {words} (code {code}); this program is made for the simulated device of lab/cudasim")

    def version(self):
        """What the library says that it is; a real one does not have this call."""
        try:
            function = self._library.cudaSimVersion
        except AttributeError:
            return "not the simulated device"
        function.restype = ctypes.c_char_p
        return function().decode()


def calls_summary(cuda):
    """Counts of all calls, and of the slow ones with the longest, by name."""
    slow = {}
    for row in cuda.slow:
        entry = slow.setdefault(row["op"], {"count": 0, "longest_ms": 0.0})
        entry["count"] += 1
        entry["longest_ms"] = max(entry["longest_ms"], round((row["end_ns"] - row["start_ns"]) / 1e6, 3))
    return {"calls": {k: v for k, v in cuda.counts.items() if v}, "slow_ms": cuda.slow_ns / 1e6, "slow_calls": slow}
