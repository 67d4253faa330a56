"""Presigned URLs as boto3 makes them, in both signature versions (its default is still version 2), and signed chunked
uploads as S3 clients in Java and Go send them."""
import datetime
import hashlib
import hmac
import http.client
import urllib.error
import urllib.parse
import urllib.request

import pytest
from botocore.config import Config

VERSIONS = [pytest.param(None, id="v2"), pytest.param("s3v4", id="v4")]


def fetch(url, method="GET", data=None, headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def signer(engine, version):
    return engine.client("s3", config=Config(signature_version=version) if version else Config())


@pytest.mark.parametrize("version", VERSIONS)
def test_get_and_put(engine, bucket, version):
    s3 = signer(engine, version)
    key = "a b/ü+.txt"
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key, "Metadata": {"colour": "light blue"}})
    assert fetch(put, "PUT", b"hello", {"Content-Type": "", **({"x-amz-meta-colour": "light blue"} if version else {})})[0] == 200
    assert s3.head_object(Bucket=bucket, Key=key)["Metadata"] == {"colour": "light blue"}
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key, "ResponseContentType": "text/css"})
    assert fetch(get) == (200, b"hello")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_changed_or_has_expired_is_refused(engine, bucket, version):
    s3 = signer(engine, version)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_object(Bucket=bucket, Key="other", Body=b"y")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    for changed, method in ((url.replace(f"/{bucket}/k", f"/{bucket}/other"), "GET"), (url, "DELETE")):
        status, body = fetch(changed, method)
        assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in body
    if version:  # signed a minute ago for a second
        expired = presigned_v4(engine, f"/{bucket}/k", datetime.datetime.utcnow() - datetime.timedelta(minutes=1), 1)
    else:
        expired = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-10)
    status, body = fetch(expired)
    assert status == 403 and b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in body


def signing_key(date):
    key = b"AWS4test"
    for part in (date, "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def sign(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def presigned_v4(engine, path, when, expires):
    stamp, date = when.strftime("%Y%m%dT%H%M%SZ"), when.strftime("%Y%m%d")
    scope = f"{date}/us-east-1/s3/aws4_request"
    query = urllib.parse.urlencode(sorted({
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"test/{scope}", "X-Amz-Date": stamp,
        "X-Amz-Expires": str(expires), "X-Amz-SignedHeaders": "host"}.items()), quote_via=urllib.parse.quote, safe="")
    host = urllib.parse.urlsplit(engine.endpoint).netloc
    request = f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return f"{engine.endpoint}{path}?{query}&X-Amz-Signature={sign(signing_key(date), text)}"


def test_malformed_presigned_queries_get_s3s_words(engine, bucket):
    good = presigned_v4(engine, f"/{bucket}/k", datetime.datetime.utcnow(), 60)
    for old, new, words in (
            ("X-Amz-Expires=60", "X-Amz-Expires=604801", b"must be less than a week"),
            ("X-Amz-Expires=60", "X-Amz-Expires=-1", b"X-Amz-Expires must be non-negative"),
            ("X-Amz-SignedHeaders=host", "X=1", b"Query-string authentication version 4 requires the X-Amz-Algorithm")):
        status, body = fetch(good.replace(old, new))
        assert status == 400 and b"<Code>AuthorizationQueryParametersError</Code>" in body and words in body


def signed_chunks(engine, path, chunks, spoil=None):
    """STREAMING-AWS4-HMAC-SHA256-PAYLOAD; `spoil` changes a byte of that chunk after it was signed."""
    now = datetime.datetime.utcnow()
    stamp, date = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope, key = f"{date}/us-east-1/s3/aws4_request", signing_key(date)
    where = urllib.parse.urlsplit(engine.endpoint)
    payload, empty = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", hashlib.sha256(b"").hexdigest()
    headers = {"content-encoding": "aws-chunked", "host": where.netloc, "x-amz-content-sha256": payload, "x-amz-date": stamp,
               "x-amz-decoded-content-length": str(sum(map(len, chunks)))}
    names = ";".join(sorted(headers))
    request = f"PUT\n{path}\n\n" + "".join(f"{n}:{headers[n]}\n" for n in sorted(headers)) + f"\n{names}\n{payload}"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = sign(key, text)
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={names}, Signature={signature}"
    body = b""
    for number, chunk in enumerate([*chunks, b""]):
        signature = sign(key, f"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{scope}\n{signature}\n{empty}\n{hashlib.sha256(chunk).hexdigest()}")
        if number == spoil:
            chunk = b"!" + chunk[1:]
        body += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk + b"\r\n"
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=120)
    try:
        connection.request("PUT", path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_signed_chunks(engine, bucket):
    chunks = [b"a" * 65536, b"b" * 1024]
    assert signed_chunks(engine, f"/{bucket}/good", chunks)[0] == 200
    s3 = engine.client("s3")
    stored = s3.get_object(Bucket=bucket, Key="good")
    assert stored["Body"].read() == b"".join(chunks)
    assert "aws-chunked" not in stored.get("ContentEncoding", "")
    status, body = signed_chunks(engine, f"/{bucket}/bad", chunks, spoil=1)
    assert status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in body
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["good"]
