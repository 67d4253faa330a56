"""Memory stays flat while large bodies go in and out (5 GB with CUMULET_LARGE=1, 1 GB otherwise: the path is the same)."""
import hashlib
import http.client
import os
import pathlib

from botocore.awsrequest import AWSRequest

from protocol.s3_wire import Signer

BLOCK = os.urandom(1 << 20)
SIZE = (5 << 30) if os.environ.get("CUMULET_LARGE") else (1 << 30)


def memory(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise AssertionError(field)


def signed_headers(engine, path):
    """Of a PUT whose body is hashed on its way in, as SDKs have it over plain HTTP."""
    digest = hashlib.sha256()
    for _ in range(SIZE // len(BLOCK)):
        digest.update(BLOCK)
    request = AWSRequest(method="PUT", url=engine.endpoint + path)
    Signer(digest.hexdigest()).add_auth(request)
    return request.headers.items()


def test_large_bodies_take_no_memory(own_engine):
    engine = own_engine()
    engine.client("s3").create_bucket(Bucket="large")
    idle = memory(engine.process.pid, "VmRSS")
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=300)
    connection.putrequest("PUT", "/large/object")
    for name, value in signed_headers(engine, "/large/object"):
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(SIZE))
    connection.endheaders()
    for _ in range(SIZE // len(BLOCK)):
        connection.send(BLOCK)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    got = 0
    connection.request("GET", "/large/object")
    answer = connection.getresponse()
    buffer = bytearray(1 << 20)
    while n := answer.readinto(buffer):
        if got % len(BLOCK) == 0 and n == len(BLOCK):
            assert buffer == BLOCK
        got += n
    assert got == SIZE
    peak = memory(engine.process.pid, "VmHWM")
    print(f"{SIZE >> 30} GB in and out: {idle:.1f} MB idle, {peak:.1f} MB at most")
    assert peak - idle < 64, f"{idle:.0f} MB idle, {peak:.0f} MB at most"
