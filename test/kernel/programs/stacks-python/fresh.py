"""Calls the simulated CUDA runtime from code that was just compiled, and prints from where, as main.py does.

fresh.py LIBCUDART. Python 3.9+, standard library only.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import device

DEPTH = 40
CHILDREN = 3


def chain():
    """Functions that each call the next: none of their code has run before."""
    made = {"allocate": device.allocate}
    source = "".join("def f%d(name):\n    return f%d(name)\n" % (i, i + 1) for i in range(DEPTH))
    exec(compile(source + "def f%d(name):\n    return allocate(name)\n" % DEPTH, "/srv/chain.py", "exec"), made)
    return made["f0"]


def child(letter):
    """Code that lies where that of another child does, and is as long as that."""
    name = "child_" + letter
    source = "def %s(allocate):\n    return allocate('%s')\nfor _ in range(3): %s(allocate)\n" % (name, name, name)
    exec(compile(source, "/srv/%s.py" % name, "exec"), {"allocate": device.allocate})


def tell():
    for row in device.truth:
        print(json.dumps(row), flush=True)
    device.truth.clear()


def main():
    time.sleep(0.5)  # until it is known where its frames are
    for i in range(CHILDREN):
        device.first = 1000 * (i + 1)
        pid = os.fork()
        if pid == 0:
            child(chr(ord("a") + i))
            tell()
            os._exit(0)
        os.waitpid(pid, 0)
    # After them: a child cannot use what its parent has begun with the runtime.
    device.first = 0
    call = chain()
    for i in range(10):
        call("chain %d" % i)
    tell()
    print("done", flush=True)


main()
