"""Requests that two readers could frame differently, and what must come of each of them. Used against every HTTP server here.

In the bytes, CARRIER stands for method and target of a request with a body that the server takes (or refuses in its own words),
READ for those of one without, HOST for the server's name and SMUGGLED for a whole request that must never be carried out.
"""
import socket

OK = "ok"  # the carrier's own status, whatever it is there
READ_OK = "read"
OPEN, CLOSED = "open", "closed"
A_CHUNKED = b"CARRIER HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n"


class Case:
    """`statuses`: of all answers, in order. `after`: whether the connection then takes another request."""

    def __init__(self, name, data, statuses, after):
        self.name, self.data, self.statuses, self.after = name, data, statuses, after

    def __repr__(self):
        return self.name


def refused(name, data, status=400):
    return Case(name, data, [status], CLOSED)


def taken(name, data, *statuses, after=OPEN):
    return Case(name, data, list(statuses) or [OK], after)


def with_fields(fields, body=b"0\r\n\r\nSMUGGLED"):
    return b"CARRIER HTTP/1.1\r\nHost: HOST\r\n" + fields + b"\r\n" + body


def in_chunks(body):
    return A_CHUNKED + body


# A control: were the frames as an attacker wants them, this is what would be seen.
PIPELINED = b"CARRIER HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\n\r\nbodySMUGGLED"

LENGTHS = [
    refused("length and coding", with_fields(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")),
    refused("coding and length", with_fields(b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n")),
    refused("length 0 and coding", with_fields(b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")),
    refused("length twice", with_fields(b"Content-Length: 5\r\nContent-Length: 5\r\n")),
    refused("two lengths", with_fields(b"Content-Length: 5\r\nContent-Length: 0\r\n")),
    refused("two lengths in two cases", with_fields(b"Content-Length: 0\r\ncontent-length: 5\r\n")),
    refused("a list of lengths", with_fields(b"Content-Length: 5, 5\r\n")),
    refused("a length with a sign", with_fields(b"Content-Length: +5\r\n")),
    refused("a negative length", with_fields(b"Content-Length: -5\r\n")),
    refused("a length in hexadecimal", with_fields(b"Content-Length: 0x5\r\n")),
    refused("a length with a fraction", with_fields(b"Content-Length: 5.0\r\n")),
    refused("a length with an exponent", with_fields(b"Content-Length: 5e0\r\n")),
    refused("a length in other digits", with_fields("Content-Length: ٥\r\n".encode())),
    refused("a length and a word", with_fields(b"Content-Length: 5 bytes\r\n")),
    refused("a length with a blank inside", with_fields(b"Content-Length: 0 5\r\n")),
    refused("an empty length", with_fields(b"Content-Length:\r\n")),
    refused("a length past 2^64", with_fields(b"Content-Length: 18446744073709551621\r\n")),
    refused("a length of 2^63", with_fields(b"Content-Length: 9223372036854775808\r\n"), 413),
]

CODINGS = [
    refused("coding: gzip before", with_fields(b"Transfer-Encoding: gzip, chunked\r\n")),
    refused("coding: chunked before", with_fields(b"Transfer-Encoding: chunked, identity\r\n")),
    refused("coding: chunked twice", with_fields(b"Transfer-Encoding: chunked, chunked\r\n")),
    refused("coding: on two lines", with_fields(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
    refused("coding: an unknown one on a second line", with_fields(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n")),
    refused("coding: identity", with_fields(b"Transfer-Encoding: identity\r\n")),
    refused("coding: xchunked", with_fields(b"Transfer-Encoding: xchunked\r\n")),
    refused("coding: with a parameter", with_fields(b"Transfer-Encoding: chunked;q=1\r\n")),
    refused("coding: quoted", with_fields(b'Transfer-Encoding: "chunked"\r\n')),
    refused("coding: an empty one", with_fields(b"Transfer-Encoding:\r\n")),
    refused("coding: a comma behind", with_fields(b"Transfer-Encoding: chunked,\r\n")),
    refused("coding: a vertical tab before", with_fields(b"Transfer-Encoding: \x0bchunked\r\n")),
    refused("coding: a NUL behind", with_fields(b"Transfer-Encoding: chunked\x00\r\n")),
    refused("coding: a Kelvin sign for a k", with_fields("Transfer-Encoding: chun\u212aed\r\n".encode())),
    refused("coding: a blank before the colon", with_fields(b"Transfer-Encoding : chunked\r\n")),
    refused("coding: a tab before the colon", with_fields(b"Transfer-Encoding\t: chunked\r\n")),
    refused("coding: a NUL in the name", with_fields(b"Transfer-\x00Encoding: chunked\r\n")),
    refused("coding: behind a bare line feed", with_fields(b"X: y\nTransfer-Encoding: chunked\r\n")),
    refused("coding: behind a bare carriage return", with_fields(b"X: y\rTransfer-Encoding: chunked\r\n")),
    refused("coding: on a folded line", with_fields(b"Transfer-Encoding:\r\n chunked\r\n")),
    refused("coding: folded behind another field", with_fields(b"X: y\r\n Transfer-Encoding: chunked\r\n")),
    refused("coding: in HTTP/1.0", b"CARRIER HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nSMUGGLED"),
    taken("coding: in capitals, with blanks", with_fields(b"TRANSFER-ENCODING:  ChunKed \t\r\n", b"4\r\nbody\r\n0\r\n\r\n")),
]

# The head was read and answered or not: what is no chunk ends the connection, and nothing behind it counts.
CHUNKS = [
    refused("chunk: a size past 2^64", in_chunks(b"10000000000000004\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a negative size", in_chunks(b"-4\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a size with a sign", in_chunks(b"+4\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a size with 0x", in_chunks(b"0x4\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a blank before the size", in_chunks(b" 4\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: no size", in_chunks(b"\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a size that is none", in_chunks(b"g\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: longer than its size", in_chunks(b"3\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: shorter than its size", in_chunks(b"5\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: no line end behind it", in_chunks(b"4\r\nbody0\r\n\r\nSMUGGLED")),
    refused("chunk: a bare line feed behind its size", in_chunks(b"4\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a bare line feed behind it", in_chunks(b"4\r\nbody\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a bare line feed in an extension", in_chunks(b"4;x\ny\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a bare carriage return in an extension", in_chunks(b"4;x\ry\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: a NUL in an extension", in_chunks(b"4;x=\x00\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("chunk: an extension without end", in_chunks(b"4;" + b"x" * 300_000)),
    refused("chunk: something between size and extension", in_chunks(b"4 x;y\r\nbody\r\n0\r\n\r\nSMUGGLED")),
    refused("trailer: no colon", in_chunks(b"4\r\nbody\r\n0\r\nSMUGGLED")),
    refused("trailer: a blank before the colon", in_chunks(b"4\r\nbody\r\n0\r\nX : y\r\n\r\nSMUGGLED")),
    refused("trailer: a bare line feed", in_chunks(b"4\r\nbody\r\n0\r\nX: y\n\nSMUGGLED")),
    refused("trailer: without end", in_chunks(b"4\r\nbody\r\n0\r\n" + b"X: yyyyyyyyyyyyyyyyyyyyyy\r\n" * 10_000)),
    refused("trailer: a length", in_chunks(b"4\r\nbody\r\n0\r\nContent-Length: 999\r\n\r\nSMUGGLED")),
    refused("trailer: a coding", in_chunks(b"4\r\nbody\r\n0\r\nTransfer-Encoding: gzip\r\n\r\nSMUGGLED")),
    taken("trailer: a host, and one that is folded, change nothing",
          in_chunks(b"4\r\nbody\r\n0\r\nHost: evil.example\r\nX: y\r\n z\r\n\r\n")),
    taken("chunk: an extension", in_chunks(b"4;name=value;other=\"quoted\"\r\nbody\r\n0;last\r\n\r\n")),
    taken("chunk: zeros before the size", in_chunks(b"0004\r\nbody\r\n000\r\n\r\n")),
]

HEADS = [
    refused("line: bare line feeds", b"CARRIER HTTP/1.1\nHost: HOST\nContent-Length: 0\n\nSMUGGLED", 505),
    refused("line: a bare line feed behind a field", b"CARRIER HTTP/1.1\r\nHost: HOST\nContent-Length: 0\r\n\r\nSMUGGLED"),
    refused("line: a bare line feed at the end", b"CARRIER HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\nSMUGGLED"),
    refused("line: a bare carriage return behind a field", b"CARRIER HTTP/1.1\r\nHost: HOST\rContent-Length: 0\r\n\r\nSMUGGLED"),
    refused("line: a blank before the first field", b"CARRIER HTTP/1.1\r\n Host: HOST\r\nContent-Length: 0\r\n\r\nSMUGGLED"),
    refused("line: a folded host", b"CARRIER HTTP/1.1\r\nHost:\r\n HOST\r\nContent-Length: 0\r\n\r\nSMUGGLED"),
    refused("field: no colon", with_fields(b"Content-Length 5\r\n")),
    refused("field: no name", with_fields(b": 5\r\n")),
    refused("field: a blank in its name", with_fields(b"Content Length: 5\r\n")),
    refused("field: a blank before the colon", with_fields(b"Content-Length : 5\r\n")),
    refused("field: a NUL in its value", with_fields(b"X: a\x00b\r\n")),
    refused("field: a control character in its value", with_fields(b"X: a\x01b\r\n")),
    refused("field: DEL in its value", with_fields(b"X: a\x7fb\r\n")),
    refused("field: a letter that is none in its name", with_fields("Cöntent: 5\r\n".encode())),
    refused("fields: more than 64 KiB", with_fields(b"X: " + b"a" * 70_000 + b"\r\n"), 431),
    refused("fields: ten thousand", with_fields(b"X: aaaaaaaaaa\r\n" * 10_000), 431),
    refused("host: none", b"CARRIER HTTP/1.1\r\nContent-Length: 0\r\n\r\nSMUGGLED"),
    refused("host: two", with_fields(b"Host: HOST\r\n")),
    refused("host: two in two cases", with_fields(b"hOST: evil.example\r\n")),
    refused("version: 0.9", b"GET /\r\n\r\nSMUGGLED"),
    refused("version: 1.2", b"READ HTTP/1.2\r\nHost: HOST\r\n\r\nSMUGGLED", 505),
    refused("version: 2.0", b"READ HTTP/2.0\r\nHost: HOST\r\n\r\nSMUGGLED", 505),
    refused("version: the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nSMUGGLED", 505),
    refused("version: 1.10", b"READ HTTP/1.10\r\nHost: HOST\r\n\r\nSMUGGLED", 505),
    refused("version: 1", b"READ HTTP/1\r\nHost: HOST\r\n\r\nSMUGGLED", 505),
    refused("version: small letters", b"READ http/1.1\r\nHost: HOST\r\n\r\nSMUGGLED", 505),
    refused("version: something behind it", b"READ HTTP/1.1 x\r\nHost: HOST\r\n\r\nSMUGGLED", 505),
    refused("version: TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\nSMUGGLED"),
    refused("line: two blanks", b"GET  / HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED"),
    refused("line: a tab", b"GET\t/ HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED"),
    refused("line: a blank before it", b" READ HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED"),
    refused("line: no target", b"GET HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED"),
    refused("line: a method with a colon", b"GET: / HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED"),
    refused("target: a NUL", b"GET /\x00 HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED"),
    refused("target: a control character", b"GET /\x01 HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED"),
    refused("target: a blank", b"GET /a b HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED", 505),
    refused("target: more than 16 KiB", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\nSMUGGLED", 414),
]

BODIES = [
    taken("body: a request that is one's body", b"CARRIER HTTP/1.1\r\nHost: HOST\r\nContent-Length: LENGTH\r\n\r\nSMUGGLED"),
    taken("body: of a read", b"READ HTTP/1.1\r\nHost: HOST\r\nContent-Length: LENGTH\r\n\r\nSMUGGLED", READ_OK),
    taken("body: of a read, in chunks",
          b"READ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nHEXLENGTH\r\nSMUGGLED\r\n0\r\n\r\n", READ_OK),
    taken("continue: the body comes at once", with_fields(b"Content-Length: LENGTH\r\nExpect: 100-continue\r\n", b"SMUGGLED")),
    taken("expect: something else", with_fields(b"Content-Length: LENGTH\r\nExpect: 200-ok\r\n", b"SMUGGLED")),
    taken("upgrade: to a web socket", b"READ HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", READ_OK),
    taken("upgrade: to HTTP/2", b"READ HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
          b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", READ_OK),
    taken("connection: names the length", with_fields(b"Connection: Content-Length\r\nContent-Length: LENGTH\r\n", b"SMUGGLED")),
    taken("connection: close, and more behind it", b"READ HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\nSMUGGLED", READ_OK, after=CLOSED),
    taken("version: 1.0, and more behind it", b"READ HTTP/1.0\r\nHost: HOST\r\n\r\nSMUGGLED", READ_OK, after=CLOSED),
    taken("line: empty ones before it", b"\r\n\r\nREAD HTTP/1.1\r\nHost: HOST\r\n\r\n", READ_OK),
]

ALL = [*LENGTHS, *CODINGS, *CHUNKS, *HEADS, *BODIES]


class Target:
    """A server under attack: how its requests read, what they answer, and whether the smuggled one was carried out."""

    def __init__(self, port, carrier, read, smuggled, carrier_status, read_status, was_harmed, host="localhost"):
        self.port, self.carrier, self.read, self.smuggled, self.host = port, carrier, read, smuggled, host
        self.status_of = {OK: carrier_status, READ_OK: read_status}
        self.was_harmed = was_harmed

    def bytes_of(self, data):
        smuggled = f"{self.smuggled} HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: 0\r\n\r\n".encode()
        for name, text in [(b"CARRIER", self.carrier.encode()), (b"READ", self.read.encode()), (b"HOST", self.host.encode()),
                           (b"HEXLENGTH", b"%x" % len(smuggled)), (b"LENGTH", b"%d" % len(smuggled)), (b"SMUGGLED", smuggled)]:
            data = data.replace(name, text)
        return data


class Answers:
    """Reads answers off a connection one by one, framed as they say."""

    def __init__(self, port, timeout=20):
        self.wire, self.got = socket.create_connection(("127.0.0.1", port), timeout=timeout), b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def send(self, data):
        try:
            self.wire.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused while it was sent: the answer is there all the same

    def more(self):
        try:
            piece = self.wire.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.got += piece
        return bool(piece)

    def take(self, mark):
        """Up to and with the mark; None when the connection ends before it."""
        while mark not in self.got:
            if not self.more():
                return None
        piece, _, self.got = self.got.partition(mark)
        return piece + mark

    def take_bytes(self, count):
        while len(self.got) < count:
            assert self.more(), "the answer was cut"
        piece, self.got = self.got[:count], self.got[count:]
        return piece

    def next(self, to_head=False):
        """(status, head, body) of the next answer that is final; None at the end."""
        head = self.take(b"\r\n\r\n")
        if head is None:
            assert self.got == b"", self.got
            return None
        assert head.startswith(b"HTTP/1.1 "), head
        status = int(head[9:12])
        if status < 200:
            return self.next(to_head)
        fields = {n.strip().lower(): v.strip() for n, _, v in (line.partition(b":") for line in head.split(b"\r\n")[1:])}
        if to_head or status in (204, 304):
            return status, head, b""
        if fields.get(b"transfer-encoding") == b"chunked":
            body = b""
            while size := int(self.take(b"\r\n"), 16):
                body += self.take_bytes(size)
                assert self.take_bytes(2) == b"\r\n"
            assert self.take_bytes(2) == b"\r\n"
            return status, head, body
        return status, head, self.take_bytes(int(fields[b"content-length"]))


def attack(target, case):
    """Asserts what must come of the case: each answer's status, the connection's end, and that nothing was smuggled."""
    with Answers(target.port) as wire:
        wire.send(target.bytes_of(case.data))
        try:
            judge(target, case, wire)
        finally:
            harmed = target.was_harmed()
    assert not harmed, "the smuggled request was carried out"


def judge(target, case, wire):
    for status in case.statuses:
        answer = wire.next()
        assert answer is not None, "closed without an answer"
        assert answer[0] == target.status_of.get(status, status), answer
    if case.after == OPEN:  # and the next request is the one that we send next
        wire.send(target.bytes_of(b"READ HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"))
        answer = wire.next()
        assert answer is not None and answer[0] == target.status_of[READ_OK], answer
    assert wire.next() is None
