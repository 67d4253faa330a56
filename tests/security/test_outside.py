"""Functions reach other machines: a host in a network namespace of the test's own stands for one."""
import contextlib
import os
import shutil
import socket
import struct
import subprocess
import threading

import pytest

from conftest import PROGRAM, Engine
from security.intruder import Intruder

# A name, a cable and a resolver of this run's own: another suite may run beside it. The cable's ends are of a /30 of
# 198.19.0.0/16, which is nobody's (RFC 2544).
NAME, THIRD, FOURTH = f"cumulet-{os.getpid()}", os.getpid() // 64 % 256, os.getpid() % 64 * 4
HERE, THERE, RESOLVER = (f"198.19.{THIRD}.{FOURTH + 1}", f"198.19.{THIRD}.{FOURTH + 2}", f"127.53.{THIRD}.{FOURTH + 1}")

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="not root: no other machine can be made; that functions reach the outside was not tested"),
    pytest.mark.skipif(not shutil.which("ip"), reason="no ip (package iproute2): that functions reach the outside was not tested"),
    pytest.mark.skipif(not shutil.which("slirp4netns"), reason="no slirp4netns: that functions reach the outside was not tested"),
]

SERVER = f"""
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from " + self.client_address[0].encode())
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("{THERE}", 80), Handler)
print("ready", flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def machine():
    """Another machine, one cable away, that serves HTTP."""
    def ip(*words, check=True):
        return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)

    made = ip("netns", "add", NAME, check=False)
    if made.returncode != 0:
        pytest.skip(f"no network namespace by ip netns ({made.stderr.strip()}): that functions reach the outside was not tested")
    server = None
    try:
        link = f"cu{os.getpid()}"
        ip("link", "add", link, "type", "veth", "peer", "name", "far", "netns", NAME)
        ip("addr", "add", f"{HERE}/30", "dev", link)
        ip("link", "set", link, "up")
        ip("-n", NAME, "addr", "add", f"{THERE}/30", "dev", "far")
        ip("-n", NAME, "link", "set", "far", "up")
        server = subprocess.Popen(["ip", "netns", "exec", NAME, "/usr/bin/python3", "-c", SERVER], stdout=subprocess.PIPE, text=True)
        assert server.stdout.readline() == "ready\n"
        yield THERE
    finally:
        if server:
            server.kill()
            server.wait()
        ip("netns", "del", NAME, check=False)


def test_another_machine_is_reached_and_this_one_is_not(machine):
    engine = Engine().start()
    try:
        with Intruder(engine) as one:
            assert one.python(f"""
                import socket, urllib.request
                said = urllib.request.urlopen("http://{THERE}/", timeout=20).read().decode()
                with socket.socket() as s:
                    s.settimeout(5)
                    return [said, s.connect_ex(("{HERE}", {engine.port})) != 0]
                """) == [f"from {HERE}", True]
    finally:
        engine.discard()


@contextlib.contextmanager
def resolver(address, answer):
    """A DNS server (UDP) that knows one address for every name."""
    def reply(query):
        end = query.index(b"\0", 12) + 5  # of the question
        is_a = query[end - 4:end - 2] == b"\0\1"  # AAAA finds nothing
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(answer)
        return query[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, is_a, 0, 0) + query[12:end] + (record if is_a else b"")

    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.bind((address, 53))
    except OSError as taken:
        udp.close()
        pytest.skip(f"{address}:53 is taken ({taken}): a resolver on the host's loopback was not tried")

    def serve():
        with contextlib.suppress(OSError):
            while True:
                query, client = udp.recvfrom(4096)
                udp.sendto(reply(query), client)

    threading.Thread(target=serve, daemon=True).start()
    yield
    udp.close()


def test_names_are_found_by_a_resolver_on_this_machines_loopback(machine, tmp_path):
    (tmp_path / "resolv.conf").write_text(f"nameserver {RESOLVER}\noptions edns0\nsearch example.test\n")
    own_resolver = ["unshare", "-m", "sh", "-c", f'mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && exec "$0" "$@"', PROGRAM]
    with resolver(RESOLVER, THERE):
        engine = Engine(command=own_resolver).start()
        try:
            with Intruder(engine) as one:
                assert one.python("""
                    import urllib.request
                    return urllib.request.urlopen("http://far.example.test/", timeout=20).read().decode()
                    """) == f"from {HERE}"
        finally:
            engine.discard()
