"""A line end in what becomes a header would let whoever stored it write the answers of others: cookies, redirects, pages."""
import datetime
import hashlib
import hmac
import json
import socket
import sqlite3
import urllib.parse

import pytest

INJECTED = b"\r\nSet-Cookie: planted"


def send(engine, text):
    with socket.create_connection(("127.0.0.1", engine.port), timeout=30) as wire:
        wire.sendall(text if isinstance(text, bytes) else text.encode())
        got = b""
        while piece := wire.recv(65536):
            got += piece
        return got


def presigned(engine, method, path, parameters):
    """A Version 4 presigned target with parameters that no SDK would write."""
    now = datetime.datetime.utcnow()
    stamp, date = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{date}/us-east-1/s3/aws4_request"
    query = urllib.parse.urlencode(sorted({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"test/{scope}", "X-Amz-Date": stamp, "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host", **parameters}.items()), quote_via=urllib.parse.quote, safe="")
    request = f"{method}\n{path}\n{query}\nhost:127.0.0.1:{engine.port}\n\nhost\nUNSIGNED-PAYLOAD"
    key = b"AWS4test"
    for part in (date, "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return f"{path}?{query}&X-Amz-Signature={hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def ask(engine, method, target):
    return send(engine, f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{engine.port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


ENDS = ["a\r\nSet-Cookie: planted", "a\nSet-Cookie: planted", "a\rSet-Cookie: planted", "a\0b", "a\x1b[2J", "a\x7f"]


@pytest.fixture
def s3(own_engine):
    engine = own_engine()
    client = engine.client("s3")
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="good", Body=b"x")
    client.engine = engine
    return client


@pytest.mark.parametrize("method, path, extra", [("PUT", "/bucket/k", {}), ("POST", "/bucket/k", {"uploads": ""}),
                                                 ("PUT", "/bucket/k", {"x-amz-copy-source": "bucket/good", "x-amz-metadata-directive": "REPLACE"})])
def test_stored_headers_hold_no_line_end(s3, method, path, extra):
    for end in ENDS:
        for parameters in ({f"x-amz-meta-{end}": "v"}, {"x-amz-meta-m": end}, {"x-amz-website-redirect-location": f"/{end}"},
                           {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": end}):
            answer = ask(s3.engine, method, presigned(s3.engine, method, path, {**extra, **parameters}))
            assert answer.startswith(b"HTTP/1.1 400 ") and b"<Code>InvalidArgument</Code>" in answer, (parameters, answer)
            assert b"\r\nSet-Cookie" not in answer and b"\nSet-Cookie" not in answer.split(b"\r\n\r\n")[0]
    for name in ("x-amz-meta-a b", "x-amz-meta-a:b", "x-amz-meta-ä", "x-amz-meta-a(b)"):
        assert ask(s3.engine, method, presigned(s3.engine, method, path, {**extra, name: "v"})).startswith(b"HTTP/1.1 400 "), name
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["good"]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bucket")


def test_overrides_hold_no_line_end(s3):
    for name in ("content-type", "content-disposition", "content-encoding", "content-language", "cache-control", "expires"):
        good = ask(s3.engine, "GET", presigned(s3.engine, "GET", "/bucket/good", {f"response-{name}": "a; b=\"c\""}))
        assert good.startswith(b"HTTP/1.1 200 ") and b': a; b="c"\r\n' in good
        for end in ENDS:
            answer = ask(s3.engine, "GET", presigned(s3.engine, "GET", "/bucket/good", {f"response-{name}": end}))
            assert answer.startswith(b"HTTP/1.1 400 ") and b"<Code>InvalidArgument</Code>" in answer, (name, end)
            assert INJECTED not in answer.split(b"\r\n\r\n")[0]


def test_what_an_older_engine_stored_is_left_out(s3):
    """Names that were stored before they were checked: the object can be read, the name is counted as S3 counts it."""
    s3.put_object(Bucket="bucket", Key="old", Body=b"old", Metadata={"good": "v"}, ContentType="text/plain")
    s3.engine.stop()
    with sqlite3.connect(s3.engine.data / "state.db") as state:
        for row, text in state.execute("SELECT id, attributes FROM s3_content").fetchall():
            attributes = json.loads(text)
            if "m" in attributes:
                attributes["m"]["a\r\nset-cookie: planted"] = "v"
                attributes["ct"] = "text/plain\r\nSet-Cookie: planted"
                state.execute("UPDATE s3_content SET attributes = ?, crc = NULL WHERE id = ?", (json.dumps(attributes), row))
    s3.engine.start()
    for method in ("GET", "HEAD"):
        head = ask(s3.engine, method, "/bucket/old").split(b"\r\n\r\n")[0]
        assert head.startswith(b"HTTP/1.1 200 ") and b"x-amz-meta-good: v" in head and b"x-amz-missing-meta: 1" in head
        assert b"planted" not in head
