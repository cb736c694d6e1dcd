"""Two hosts in network namespaces of their own, A - B, that talk as healthy hosts do: HTTP, TCP, UDP and questions to a name
server, over the cable between them and over loopback, with IPv4 and IPv6.

Reads "traffic SECONDS" and answers "done" with how much of each went well; all of it has to. Ends with this process.
"""
import http.client
import http.server
import os
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
from hosts import HAS_SIX, echo, host, ip, kept, new_namespace, obey, serve_each  # noqa: E402

# Of loopback an address that no other program of a machine uses.
LO, A, B = "127.77.0.1", "10.78.1.1", "10.78.1.2"
LO6, A6, B6 = "::1", "fd78::1", "fd78::2"
PAUSE = 0.02
HTTP, TCP, UDP, NAMES = 8080, 7000, 7001, 53


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"x" * 20_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64


class ServerSix(Server):
    address_family = socket.AF_INET6


def answer(server, reply):
    def serve():
        while True:
            data, peer = server.recvfrom(2048)
            server.sendto(reply(data), peer)

    kept.append(server)
    threading.Thread(target=serve, daemon=True).start()


def name_reply(question):
    """The question with one address for its name."""
    record = struct.pack("!HHHIH4s", 0xC00C, 1, 1, 60, 4, socket.inet_aton(B))
    return question[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + question[12:] + record


def serve_all(*addresses):
    for address in addresses:
        page = (ServerSix if ":" in address else Server)((address, HTTP), Page)
        threading.Thread(target=page.serve_forever, daemon=True).start()
        serve_each(socket.create_server((address, TCP), family=of(address), backlog=64), echo)
        for port, reply in ((UDP, lambda data: data), (NAMES, name_reply)):
            server = socket.socket(of(address), socket.SOCK_DGRAM)
            server.bind((address, port))
            answer(server, reply)


def ask_pages(address):
    """Some pages over one connection, which is then closed."""
    client = http.client.HTTPConnection(address, HTTP, timeout=5)
    for _ in range(5):
        client.request("GET", "/")
        if len(client.getresponse().read()) != 20_000:
            raise OSError("a page was too short")
    client.close()


def ask_echo(address):
    with socket.create_connection((address, TCP), 5) as client:
        for size in (10, 1000, 30_000):
            client.sendall(b"y" * size)
            while size > 0:
                size -= len(client.recv(size)) or 10**9
        client.shutdown(socket.SHUT_WR)
        client.recv(1)


def ask_datagrams(address):
    with socket.socket(of(address), socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        for size in (1, 500, 1400):
            client.sendto(b"z" * size, (address, UDP))
            if len(client.recv(2048)) != size:
                raise OSError("a datagram was too short")


number = iter(range(1, 10**9))


def ask_name(address):
    ident = next(number) & 0xFFFF
    question = struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + b"\x03www\x07example\0\0\1\0\1"
    with socket.socket(of(address), socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(question, (address, NAMES))
        if struct.unpack("!HH", client.recv(512)[:4]) != (ident, 0x8180):
            raise OSError("a wrong answer")


def traffic(seconds, *addresses):
    """All of it at once for so long; fails when any of it does."""
    end = time.monotonic() + float(seconds)
    counts, failures = {}, []

    def again(act, address):
        while time.monotonic() < end and not failures:
            try:
                act(address)
                counts[act.__name__] = counts.get(act.__name__, 0) + 1
            except OSError as error:
                failures.append(f"{act.__name__} {address}: {error!r}")
            time.sleep(PAUSE)

    threads = [
        threading.Thread(target=again, args=(act, address))
        for act in (ask_pages, ask_echo, ask_datagrams, ask_name)
        for address in addresses
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise OSError(failures[0])
    return " ".join(f"{name}={count}" for name, count in sorted(counts.items()))


def configure(address, address6):
    ip("addr", "add", address + "/24", "dev", "eth0")
    if HAS_SIX:
        ip("addr", "add", address6 + "/64", "dev", "eth0")
    ip("link", "set", "eth0", "up")
    if HAS_SIX:
        # An address can be used once it is known that nobody else has it.
        for _ in range(100):
            with open("/proc/net/if_inet6") as file:
                tentative = [line for line in file if int(line.split()[4], 16) & 0x40]
            if not tentative:
                return
            time.sleep(0.1)


def main():
    # Makes the cable in a namespace of its own, so that this machine's has none of it.
    new_namespace()
    (a_pid, a), (b_pid, b) = host(globals()), host(globals())
    ip("link", "add", "near", "type", "veth", "peer", "name", "far")
    for name, pid in (("near", a_pid), ("far", b_pid)):
        ip("link", "set", name, "netns", str(pid), "name", "eth0")
    # Both at once: a link is up when both of its ends are.
    ends = [threading.Thread(target=side, args=("configure", *addresses)) for side, *addresses in ((a, A, A6), (b, B, B6))]
    for end in ends:
        end.start()
    for end in ends:
        end.join()
    near, far = [LO] + [LO6] * HAS_SIX, [B] + [B6] * HAS_SIX
    a("serve_all", *near)
    b("serve_all", *far)
    obey(["traffic"], lambda name, seconds: a("traffic", seconds, *near, *far), [a_pid, b_pid])


main()
