# Two ways to keep the lock of Python from another thread: a call into C that does not give it back, and plain Python that
# only gives it back when asked. Argument: the library made of truth-gil.c.
import ctypes
import sys
import threading
import time

library = sys.argv[1]
free = ctypes.CDLL(library)  # gives the lock of Python back for the time of a call
held = ctypes.PyDLL(library)  # keeps it
held.nap_until_ns.restype = ctypes.c_uint64
held.tell_phase.argtypes = (ctypes.c_char_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_int)


def hold():
    """Another thread sleeps with the lock in its hands."""
    seen = {}

    def keep():
        seen["by"] = threading.get_native_id()
        time.sleep(0.01)
        seen["done"] = held.nap_until_ns(80_000)

    keeper = threading.Thread(target=keep)
    keeper.start()
    held.begin_phase()
    free.nap_apart(30_000)
    held.end_phase()
    keeper.join()
    held.tell_phase(b"gil-held", seen["by"], seen["done"], 1)


def compete():
    """Another thread computes in Python all the time."""
    seen = {"go": True}

    def compute():
        seen["by"] = threading.get_native_id()
        while seen["go"]:
            pass

    hog = threading.Thread(target=compute)
    hog.start()
    time.sleep(0.01)
    held.begin_phase()
    for _ in range(12):
        free.nap_apart(1000)
    held.end_phase()
    seen["go"] = False
    hog.join()
    held.tell_phase(b"gil-hog", seen["by"], 0, 12)


hold()
compete()
