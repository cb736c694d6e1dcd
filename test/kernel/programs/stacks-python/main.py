"""Calls the simulated CUDA runtime from many kinds of Python code and prints, as JSON lines, from where it did.

main.py LIBCUDART [SECONDS [wait]]: SECONDS between calls; `wait` for a line on standard input before it begins.
Python 3.9+, standard library only.
"""
import ctypes
import functools
import json
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.setrecursionlimit(5000)

import device
import größe
from shapes import Shape, awaiting, generated, run_coroutine, stream_of


def plain():
    device.middle(lambda: device.allocate("plain"))


def comprehension():
    return [
        device.allocate("list comprehension")
        for _ in range(1)
    ] + list(device.allocate("generator expression") for _ in range(1)) + [
        value for value in {key: device.allocate("dict comprehension") for key in "a"}.values()
    ]


def combine(*values):
    return sum(values)


def multi_line():
    return combine(
        1,
        combine(
            2,
            device.allocate("multi-line"),
        ),
        3,
    ) + combine(
        4,
        device.inner(
            "multi-line through a function",
        ),
    )


def through_c():
    sorted([2, 1], key=lambda value: device.allocate("sorted") if value == 1 else value)
    functools.partial(device.allocate, "partial")()
    list(map(device.allocate, ["map"]))
    functools.reduce(lambda total, name: total + device.allocate(name), ["reduce"], 0)
    max("x", "y", key=functools.cmp_to_key(lambda a, b: device.allocate("cmp_to_key")))
    device.through_qsort("qsort")


def statements():
    try:
        with device.Managed("with") as managed:
            managed.fail()
    except ValueError:
        device.allocate("except")
    finally:
        device.allocate("finally")
    for name in ("while", "loop"):
        while True:
            device.allocate(name); break
    x = 1 if device.allocate("conditional") else 2
    return f"{device.allocate('f-string')} {x}"


def generated_code():
    for line in (1, 3, 9):
        source = "\n" * line + "def made(name):\n    x = 1\n    return allocate(name)\nmade('exec %d')" % line
        exec(compile(source, "<generated>", "exec"), {"allocate": device.allocate})
    eval("allocate('eval')", {"allocate": device.allocate})
    import late
    return late


def deep(depth, name):
    if depth == 0:
        return device.allocate(name)
    return deep(depth - 1, name)


def in_thread():
    thread = threading.Thread(target=device.middle, args=(functools.partial(device.allocate, "thread"),))
    thread.start()
    thread.join()


def outermost_unreadable(name):
    """While the call is made, the code of the outermost frame is none by its type."""
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
    kind = ctypes.c_size_t.from_address(id(frame.f_code) + 8)
    right, wrong = kind.value, id(object)
    pointer, size = ctypes.c_void_p(), 4096 * (len(device.truth) + 1)
    put = kind.__setattr__
    time.sleep(device.PAUSE)
    device.note(name, size), put("value", wrong), device.library.cudaMalloc(pointer, size), put("value", right)


def on_signal(number, frame):
    device.allocate("signal")


def main():
    print(os.getpid(), flush=True)
    if len(sys.argv) > 3:
        sys.stdin.readline()
    # Twice: what was executed often is executed in another way.
    for warm in range(60):
        device.only_now = warm in (0, 59)
        plain()
        comprehension()
        multi_line()
        Shape("class method").make()
        Shape.of("static method")
        Shape("operator") + Shape("operand")
        Shape("property").measured
        Shape("call")()
        generated()
    device.only_now = True
    device.decorated("decorator")
    through_c()
    statements()
    generated_code()
    größe.größe_messen("non-ASCII")
    größe.maß("ﬁle 漢字 \U0001f40d")
    run_coroutine(awaiting("coroutine"))
    stream_of("asynchronous generator")
    deep(30, "deep")
    deep(200, "deeper than is kept")
    outermost_unreadable("outermost is unreadable")
    in_thread()
    signal.signal(signal.SIGUSR1, on_signal)
    signal.raise_signal(signal.SIGUSR1)
    for row in device.truth:
        print(json.dumps(row))
    print("done", flush=True)


main()
