"""The way to the runtime: each call is written down with the frames from which it is made."""
import ctypes
import functools
import sys
import time

library = ctypes.CDLL(sys.argv[1])
library.cudaMalloc.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t]
truth = []
only_now = True
first = 0  # of the sizes that are asked for: children ask for others than their parent
PAUSE = float(sys.argv[2]) if len(sys.argv) > 2 else 0.005


def note(name, size):
    """Writes down the frames of the caller; lines are those that execute now."""
    frames = []
    frame = sys._getframe(1)
    while frame:
        code = frame.f_code
        frames.append([code.co_filename, getattr(code, "co_qualname", code.co_name), frame.f_lineno])
        frame = frame.f_back
    truth.append({"name": name, "size": size, "frames": frames})


def allocate(name):
    if not only_now:
        return 1
    pointer = ctypes.c_void_p()
    size = 4096 * (first + len(truth) + 1)
    time.sleep(PAUSE)
    note(name, size), library.cudaMalloc(ctypes.byref(pointer), size)
    return 1


def inner(
    name,
):
    return allocate(
        name,
    )


def middle(function):
    value = 1
    return value and function()


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper


@traced
@traced
def decorated(name):
    return allocate(name)


class Managed:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        allocate(self.name + " enter")
        return self

    def __exit__(self, *error):
        allocate(self.name + " exit")

    def fail(self):
        raise ValueError(self.name)


def through_qsort(name):
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    values = (ctypes.c_int * 2)(2, 1)
    ctypes.CDLL(None).qsort(values, 2, 4, kind(lambda a, b: allocate(name)))
