"""Calls while it is imported."""
import device


class Body:
    device.allocate("class body")


device.allocate("import")
