"""Three hosts in network namespaces of their own, A - R - B, and one fault of a network at a time between them.

Reads names of faults, one a line, and answers "done". All ends with this process: nothing is left behind.
"""
import ctypes
import os
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from hosts import HAS_SIX, echo, host, ip, kept, libc, new_namespace, obey, run  # noqa: E402

MAC = {"A": "02:00:00:00:01:02", "RA": "02:00:00:00:01:01", "RB": "02:00:00:00:02:01", "B": "02:00:00:00:02:02"}
A, RA, RB, B = "10.77.1.2", "10.77.1.1", "10.77.2.1", "10.77.2.2"
A6, RA6, RB6, B6 = "fd77:1::2", "fd77:1::1", "fd77:2::1", "fd77:2::2"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(text):
    return bytes(int(part, 16) for part in text.split(":"))


def ip_header(source, target, protocol, payload, *, ttl=64, ihl=5, length=None, check=None, options=b"", flags=0, ident=1):
    total = (20 + len(options) + len(payload)) if length is None else length
    words = ihl + len(options) // 4
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, total, ident, flags, ttl, protocol, 0, socket.inet_aton(source), socket.inet_aton(target)) + options
    value = checksum(head) if check is None else check
    return head[:10] + struct.pack("!H", value) + head[12:] + payload


def pseudo(source, target, protocol, payload):
    return socket.inet_aton(source) + socket.inet_aton(target) + struct.pack("!BBH", 0, protocol, len(payload)) + payload


def udp(source, target, from_port, to_port, data, *, check=None, length=None):
    size = 8 + len(data) if length is None else length
    head = struct.pack("!HHHH", from_port, to_port, size, 0) + data
    value = checksum(pseudo(source, target, 17, head)) if check is None else check
    return head[:6] + struct.pack("!H", value) + head[8:]


def tcp(source, target, from_port, to_port, seq, ack, flags, data=b"", *, check=None, offset=5):
    head = struct.pack("!HHIIBBHHH", from_port, to_port, seq, ack, offset << 4, flags, 8192, 0, 0) + data
    value = checksum(pseudo(source, target, 6, head)) if check is None else check
    return head[:16] + struct.pack("!H", value) + head[18:]


def six_header(next_header, payload, *, source=RA6, target=A6, hops=64):
    head = struct.pack("!IHBB", 6 << 28, len(payload), next_header, hops)
    return head + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target) + payload


def six_udp(source, target, from_port, to_port, data, *, check=None):
    head = struct.pack("!HHHH", from_port, to_port, 8 + len(data), 0) + data
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
    value = checksum(ends + struct.pack("!II", len(head), 17) + head) if check is None else check
    return head[:6] + struct.pack("!H", value) + head[8:]


def inject(device, target_mac, packet, kind=0x0800, times=1):
    """Puts a frame on the wire of a device of R."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as wire:
        wire.bind((device, 0))
        for _ in range(times):
            wire.send(mac(target_mac) + mac(MAC["RA"]) + struct.pack("!H", kind) + packet)


def to_a(packet, **more):
    inject("ra", more.pop("target_mac", MAC["A"]), packet, **more)


def no_offload(device):
    """Has checksums made and checked in software (linux/ethtool.h: ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in (0x15, 0x17):
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = ctypes.create_string_buffer(struct.pack("16sQ", device.encode(), ctypes.addressof(value)), 40)
            libc.ioctl(control.fileno(), 0x8946, request)


# What hosts do when they are told.
def configure(device, address, gateway, side, address6, gateway6):
    ip("link", "set", device, "address", MAC[side])
    ip("addr", "add", address, "dev", device)
    ip("link", "set", device, "up")
    ip("route", "add", "default", "via", gateway)
    if HAS_SIX:
        # Without the wait for others that have it: there are none.
        ip("addr", "add", address6 + "/64", "dev", device, "nodad")
        ip("-6", "route", "add", "default", "via", gateway6)
    no_offload(device)




def serve_tcp(port, how):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if how == "small":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    server.bind(("0.0.0.0", int(port)))
    server.listen(0 if how == "full" else 16)
    kept.append(server)

    def serve():
        while True:
            peer, _ = server.accept()
            kept.append(peer)
            if how == "linger":
                peer.recv(10)
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.close()
            elif how == "echo":
                threading.Thread(target=echo, args=(peer,), daemon=True).start()

    if how not in ("full",):
        threading.Thread(target=serve, daemon=True).start()


def ask(address, port, size, timeout="1.5"):
    """Sends bytes to an echo and reads them back, for as long as the time lets."""
    with socket.socket() as client:
        client.settimeout(float(timeout))
        try:
            client.connect((address, int(port)))
            client.sendall(b"x" * int(size))
            left = int(size)
            while left > 0:
                data = client.recv(65536)
                if not data:
                    break
                left -= len(data)
        except OSError:
            pass


def transfer(address, port, size, rounds="20"):
    """Sends bytes to an echo and reads them back, a part at a time."""
    part = int(size) // int(rounds)
    with socket.create_connection((address, int(port)), 10) as client:
        for _ in range(int(rounds)):
            client.sendall(b"x" * part)
            left = part
            while left > 0:
                left -= len(client.recv(left)) or left


def connect_only(address, port, times):
    for _ in range(int(times)):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((address, int(port)))
        kept.append(client)


def send_udp(address, port, times, size="10"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(int(times)):
            try:
                client.sendto(b"y" * int(size), (address, int(port)))
            except OSError:
                pass


def send_six(address, size="10", hops="64", whole="no"):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, int(hops))
        if whole == "whole":
            client.setsockopt(socket.IPPROTO_IPV6, 23, 2)  # IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO
        for _ in range(2):
            try:
                client.sendto(b"s" * int(size), (address, 9))
            except OSError:
                pass


def open_udp(port, buffer):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(buffer))
    server.bind(("0.0.0.0", int(port)))
    kept.append(server)


def send_whole(address, size):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
        for _ in range(2):
            try:
                client.sendto(b"z" * int(size), (address, 9))
            except OSError:
                pass


def send_short_life(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
        client.sendto(b"t", (address, 9))


def flow(address, port):
    """A connection that stays, and one byte more when it is told so."""
    client = socket.create_connection((address, int(port)), 2)
    kept.append(client)
    globals()["flowing"] = client


def flow_more(size):
    flowing.setblocking(False)
    try:
        flowing.send(b"m" * int(size))
    except OSError:
        pass


def retransmitted():
    """Segments of the connection that stays which were sent again (linux/tcp.h: tcpi_total_retrans)."""
    return str(struct.unpack_from("I", flowing.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0])


answering = {}


def answer_names(how):
    """A name server that answers like this from now on."""
    answering["how"] = how
    if "server" in answering:
        return
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", 53))
    answering["server"] = server

    def serve():
        while True:
            question, asker = server.recvfrom(512)
            if answering["how"] == "slow":
                time.sleep(1.3)
            code = {"unknown": 3, "failing": 2, "slow": 0, "good": 0}[answering["how"]]
            server.sendto(question[:2] + struct.pack("!H", 0x8180 | code) + question[4:], asker)

    threading.Thread(target=serve, daemon=True).start()


def ask_name(address):
    question = struct.pack("!HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + b"\x03www\x07example\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.sendto(question, (address, 53))
        try:
            client.recv(512)
        except OSError:
            pass


def drop_at(device, where, program):
    run("tc", "qdisc", "add", "dev", device, "clsact")
    run("tc", "filter", "add", "dev", device, where, "bpf", "da", "bytecode", program.replace("_", " "))


def drop_no_more(device):
    run("tc", "qdisc", "del", "dev", device, "clsact")


def shell(*words):
    run(*words)


def fast_fragments():
    with open("/proc/sys/net/ipv4/ipfrag_time", "w") as file:
        file.write("1")


# All packets; one in five, by chance (SKF_AD_RANDOM). Classic BPF, whose answer is that of a filter of tc: linux/filter.h.
DROP_ALL = "1,6_0_0_2,"
DROP_A_FIFTH = "4,32_0_0_4294963256,37_0_1_3435973836,6_0_0_2,6_0_0_0,"


def main():
    new_namespace()
    hosts = {"A": host(globals()), "B": host(globals())}
    a, b = hosts["A"][1], hosts["B"][1]
    for name, device in (("A", "ra"), ("B", "rb")):
        ip("link", "add", device, "address", MAC["R" + name], "type", "veth", "peer", "name", "eth0")
        ip("link", "set", "eth0", "netns", str(hosts[name][0]))
    ip("addr", "add", RA + "/24", "dev", "ra")
    ip("addr", "add", RB + "/24", "dev", "rb")
    ip("link", "set", "ra", "up")
    ip("link", "set", "rb", "up")
    with open("/proc/sys/net/ipv4/ip_forward", "w") as file:
        file.write("1")
    if HAS_SIX:
        ip("addr", "add", RA6 + "/64", "dev", "ra", "nodad")
        ip("addr", "add", RB6 + "/64", "dev", "rb", "nodad")
        with open("/proc/sys/net/ipv6/conf/all/forwarding", "w") as file:
            file.write("1")
    a("configure", "eth0", A + "/24", RA, "A", A6, RA6)
    b("configure", "eth0", B + "/24", RB, "B", B6, RB6)
    for host_ in (a, b):
        host_("serve_tcp", 80, "echo")
    b("serve_tcp", 81, "full")
    b("serve_tcp", 82, "small")
    b("serve_tcp", 83, "linger")
    a("ask", B, 80, 100)

    def with_drop(device, where, program, act):
        drop_at(device, where, program)
        try:
            act()
        finally:
            drop_no_more(device)

    def ip_to_a(protocol, payload, **more):
        source = more.pop("source", RA)
        to_a(ip_header(source, A, protocol, payload, **more))

    good_udp = udp(RA, A, 5, 9999, b"data")

    def strict_reverse_path():
        for name in ("all", "eth0"):
            a("shell", "sysctl", "-qw", f"net.ipv4.conf.{name}.rp_filter=1")
        a("shell", "ip", "route", "add", "blackhole", "198.51.100.0/24")
        ip_to_a(17, udp("198.51.100.7", A, 5, 9999, b"data"), source="198.51.100.7")

    def bad_sequence():
        a("flow", B, 80)
        port = int(subprocess.run(["sh", "-c", f"nsenter -t {hosts['A'][0]} -n cat /proc/net/tcp | awk '$3 ~ /:0050$/ && $4 == \"01\" {{ split($2, p, \":\"); print p[2] }}' | tail -1"], capture_output=True, text=True, check=True).stdout.strip(), 16)
        # Whatever the connection's own number is, some of these lie before and some behind its window.
        for number in (0x10000000, 0x50000000, 0x90000000, 0xD0000000):
            for flags, data in ((0x18, b"injected"), (0x14, b"")):
                to_a(ip_header(B, A, 6, tcp(B, A, 80, port, number, 0x10, flags, data)))

    def dead_neighbour():
        ip("neigh", "flush", "dev", "rb")
        a("send_udp", "10.77.2.99", 9, 2)
        time.sleep(3.5)

    def lost_data():
        a("flow", B, 80)
        end = time.monotonic() + 15

        def lose():
            a("flow_more", 1000)
            # How often it tries depends on how fast the connection was before: on a busy machine it takes its time.
            while int(a("retransmitted")) < 4 and time.monotonic() < end:
                time.sleep(0.05)

        # Every packet towards B from now on.
        with_drop("rb", "egress", DROP_ALL, lose)

    def closed_window():
        a("flow", B, 82)
        for _ in range(60):
            a("flow_more", 4000)
            time.sleep(0.01)
        time.sleep(2.5)

    def six_back():
        # A device that is down, or too narrow for IPv6, loses its addresses.
        if HAS_SIX:
            ip("addr", "replace", RB6 + "/64", "dev", "rb", "nodad")

    def link_down():
        a("flow", B, 80)
        ip("link", "set", "rb", "down")
        a("flow_more", 100)
        time.sleep(2.2)
        ip("link", "set", "rb", "up")
        six_back()

    def names(how):
        b("answer_names", how)
        a("ask_name", B)

    def narrow():
        # So that B's address is known: else all packets wait for it and go when the narrow place is gone.
        a("ask", B, 80, 10)
        run("tc", "qdisc", "add", "dev", "rb", "root", "tbf", "rate", "1mbit", "burst", "2kb", "limit", "2kb")
        try:
            a("send_udp", B, 9998, 60, 1000)
            time.sleep(0.1)
        finally:
            run("tc", "qdisc", "del", "dev", "rb", "root")

    def small_mtu():
        ip("link", "set", "rb", "mtu", "900")
        try:
            a("send_whole", B, 1200)
        finally:
            ip("link", "set", "rb", "mtu", "1500")
            six_back()

    def six_to_a(next_header, payload, **more):
        to_a(six_header(next_header, payload, **more), kind=0x86DD)

    def six_too_big():
        ip("link", "set", "rb", "mtu", "1300")
        try:
            a("send_six", B6, 1350, 64, "whole")
        finally:
            ip("link", "set", "rb", "mtu", "1500")

    six_faults = {
        "six_short_life": lambda: a("send_six", B6, 10, 1),
        "six_unknown_header": lambda: six_to_a(253, b"payload!"),
        "six_udp_checksum": lambda: six_to_a(17, six_udp(RA6, A6, 5, 9999, b"data", check=0x4321)),
        "six_closed_port": lambda: a("send_six", B6),
        "six_no_route": lambda: a("send_six", "2001:db8::9"),
        "six_nobody": lambda: (a("send_six", "fd77:2::99"), time.sleep(3.5)),
        "six_too_big": six_too_big,
        # Options for the target, of which one is unknown and says: then drop me. And some that claim to be longer than all.
        "six_bad_option": lambda: six_to_a(60, bytes([17, 0, 0x5E, 4, 0, 0, 0, 0]) + six_udp(RA6, A6, 5, 9999, b"data")),
        "six_bad_length": lambda: six_to_a(60, bytes([17, 200, 1, 4, 0, 0, 0, 0]) + b"data"),
    }
    faults = {
        "ip_checksum": lambda: ip_to_a(17, good_udp, check=0x1234),
        "header_length": lambda: ip_to_a(17, good_udp, ihl=3),
        "total_length": lambda: ip_to_a(17, good_udp, length=900),
        "bad_option": lambda: ip_to_a(17, good_udp, options=b"\x07\x02\x00\x00"),
        "udp_checksum": lambda: ip_to_a(17, udp(RA, A, 5, 9999, b"data", check=0x4321)),
        "udp_length": lambda: ip_to_a(17, udp(RA, A, 5, 9999, b"data", length=500)),
        "udp_short": lambda: ip_to_a(17, good_udp[:4]),
        "tcp_checksum": lambda: ip_to_a(6, tcp(RA, A, 5, 80, 1, 0, 2, check=0x4321)),
        "tcp_offset": lambda: ip_to_a(6, tcp(RA, A, 5, 80, 1, 0, 2, offset=3)),
        "icmp_checksum": lambda: ip_to_a(1, struct.pack("!BBHHH", 8, 0, 0x1111, 1, 1)),
        "unknown_protocol": lambda: ip_to_a(253, b"payload!"),
        "unknown_ethertype": lambda: to_a(b"\0" * 46, kind=0x9999),
        "wrong_mac": lambda: to_a(ip_header(RA, A, 17, good_udp), target_mac="02:00:00:00:09:09"),
        "source_of_loopback": lambda: ip_to_a(17, udp("127.0.0.5", A, 5, 9999, b"x"), source="127.0.0.5"),
        "reverse_path": strict_reverse_path,
        "closed_udp_port": lambda: a("send_udp", B, 9997, 2),
        "closed_tcp_port": lambda: a("ask", B, 9996, 1),
        "short_life": lambda: a("send_short_life", B),
        "no_route": lambda: a("send_udp", "203.0.113.9", 9, 1),
        "dead_neighbour": dead_neighbour,
        "dropped_at_ingress": lambda: with_drop("rb", "egress", DROP_ALL, lambda: a("send_udp", B, 9995, 2)),
        "dropped_by_rule_in": lambda: with_drop("ra", "ingress", DROP_ALL, lambda: a("send_udp", B, 9995, 2)),
        "narrow_link": narrow,
        "receive_buffer": lambda: (b("open_udp", 9994, 2048), a("send_udp", B, 9994, 30, 500)),
        "accept_queue": lambda: (a("connect_only", B, 81, 5), time.sleep(1.2)),
        "black_hole": lambda: with_drop("rb", "egress", DROP_ALL, lambda: a("ask", B, 80, 1, 1.4)),
        "lost_data": lost_data,
        "abrupt_end": lambda: a("ask", B, 83, 5),
        "blind_injection": bad_sequence,
        "closed_window": closed_window,
        "too_big": small_mtu,
        "lone_fragment": lambda: (a("fast_fragments"), to_a(ip_header(RA, A, 17, b"12345678", flags=0x2000, ident=77)), time.sleep(1.6)),
        "link_down": link_down,
        "name_unknown": lambda: names("unknown"),
        "name_failing": lambda: names("failing"),
        "name_slow": lambda: names("slow"),
        "whole_transfer": lambda: a("transfer", B, 80, 100_000),
        "lossy_transfer": lambda: with_drop("rb", "egress", DROP_A_FIFTH, lambda: a("transfer", B, 80, 100_000)),
        **(six_faults if HAS_SIX else {}),
        "clean": lambda: (a("ask", B, 80, 5000), names("good")),
    }
    obey(faults, lambda name: faults[name](), [pid for pid, _ in hosts.values()])


main()
