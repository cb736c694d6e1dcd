import device


def größe_messen(name):
    return device.allocate(name)


class Maß:
    def 測る(self, name):
        return device.allocate(name)


def maß(name):
    return Maß().測る(name)
