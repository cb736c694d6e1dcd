"""Classes, generators and coroutines from which the runtime is called."""
import asyncio

import device


class Shape:
    def __init__(self, name):
        self.name = name
        if name == "call":
            device.allocate("constructor")

    @classmethod
    def of(cls, name):
        return cls.fixed(name)

    @staticmethod
    def fixed(name):
        return device.allocate(name)

    def make(self):
        return self.of(self.name)

    def __add__(self, other):
        device.allocate(self.name)
        return self

    @property
    def measured(self):
        return device.allocate(self.name)

    def __call__(self):
        return device.allocate(self.name)


def numbers(name):
    yield 1
    yield device.allocate(name)


def delegating(name):
    yield 0
    yield from numbers(name)


def generated():
    for _ in numbers("generator"):
        pass
    list(delegating("yield from"))
    made = numbers("next")
    next(made)
    next(made)
    made.close()


async def leaf(name):
    device.allocate(name)


async def awaiting(name):
    await leaf(name)
    await asyncio.gather(leaf(name + " of a task"))


def run_coroutine(coroutine):
    asyncio.run(coroutine)


async def ticks(name):
    yield 1
    device.allocate(name)
    yield 2


async def consume(name):
    async for _ in ticks(name):
        pass


def stream_of(name):
    run_coroutine(consume(name))
