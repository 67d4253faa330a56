"""S3 byte by byte: aws-chunked, trailers, broken bodies, errors, and what newer SDKs send."""
import base64
import hashlib
import socket
import zlib

import pytest

from protocol.s3_wire import chunked, request


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def streaming(data, **more):
    return {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(len(data)), "x-amz-trailer": "x-amz-checksum-crc32",
            "x-amz-sdk-checksum-algorithm": "CRC32", **more}


@pytest.mark.parametrize("size", [0, 5, 40_000, 700_000])
def test_unsigned_chunks_with_a_trailing_checksum(engine, bucket, size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    body = chunked(data, [("x-amz-checksum-crc32", crc32(data))])
    status, headers, text = request(engine, "PUT", f"/{bucket}/trailed", body, streaming(data))
    assert status == 200, text
    assert headers["x-amz-checksum-crc32"] == crc32(data)
    assert headers["x-amz-checksum-type"] == "FULL_OBJECT"
    status, headers, text = request(engine, "GET", f"/{bucket}/trailed", headers={"x-amz-checksum-mode": "ENABLED"})
    assert (status, text) == (200, data)
    assert headers["x-amz-checksum-crc32"] == crc32(data)
    assert "content-encoding" not in headers


def test_a_wrong_trailing_checksum_stores_nothing(engine, bucket):
    for data in (b"abc", b"abc" * 20_000):
        body = chunked(data, [("x-amz-checksum-crc32", crc32(b"other"))])
        status, _, text = request(engine, "PUT", f"/{bucket}/wrong", body, streaming(data))
        assert (status, b"<Code>BadDigest</Code>" in text) == (400, True), text
        assert request(engine, "GET", f"/{bucket}/wrong")[0] == 404


def test_a_missing_trailer_and_a_wrong_length_store_nothing(engine, bucket):
    assert request(engine, "PUT", f"/{bucket}/none", chunked(b"abc"), streaming(b"abc"))[0] == 400
    body = chunked(b"abc", [("x-amz-checksum-crc32", crc32(b"abc"))])
    assert request(engine, "PUT", f"/{bucket}/none", body, streaming(b"abcd"))[0] == 400
    assert request(engine, "GET", f"/{bucket}/none")[0] == 404


def test_other_encodings_stay(engine, bucket):
    data = b"abc"
    body = chunked(data, [("x-amz-checksum-crc32", crc32(data))])
    status, _, _ = request(engine, "PUT", f"/{bucket}/enc", body, streaming(data, **{"content-encoding": "gzip,aws-chunked"}))
    assert status == 200
    assert request(engine, "HEAD", f"/{bucket}/enc")[1]["content-encoding"] == "gzip"


def test_crc64nvme_is_known_and_the_default(engine, bucket):
    value = base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode()
    status, headers, _ = request(engine, "PUT", f"/{bucket}/crc64", b"123456789", {"x-amz-checksum-crc64nvme": value})
    assert (status, headers["x-amz-checksum-crc64nvme"]) == (200, value)
    status, headers, _ = request(engine, "PUT", f"/{bucket}/default", b"123456789")
    assert headers["x-amz-checksum-crc64nvme"] == value
    bad = base64.b64encode(b"\0" * 8).decode()
    assert request(engine, "PUT", f"/{bucket}/bad", b"123456789", {"x-amz-checksum-crc64nvme": bad})[0] == 400


def test_full_object_checksums_of_uploads(engine, bucket):
    first, last = b"f" * (5 << 20), b"last"
    status, headers, text = request(engine, "POST", f"/{bucket}/full?uploads=", b"",
                                    {"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT"})
    assert (headers["x-amz-checksum-algorithm"], headers["x-amz-checksum-type"]) == ("CRC32", "FULL_OBJECT")
    upload = text.split(b"<UploadId>")[1].split(b"<")[0].decode()
    listing = "<CompleteMultipartUpload>"
    for number, data in ((1, first), (2, last)):
        status, headers, text = request(engine, "PUT", f"/{bucket}/full?partNumber={number}&uploadId={upload}", data,
                                        {"x-amz-checksum-crc32": crc32(data)})
        assert status == 200, text
        listing += f"<Part><PartNumber>{number}</PartNumber><ETag>{headers['etag']}</ETag></Part>"
    body = (listing + "</CompleteMultipartUpload>").encode()
    wrong = request(engine, "POST", f"/{bucket}/full?uploadId={upload}", body, {"x-amz-checksum-crc32": crc32(b"no")})
    assert wrong[0] == 400 and b"BadDigest" in wrong[2]
    status, _, text = request(engine, "POST", f"/{bucket}/full?uploadId={upload}", body, {"x-amz-checksum-crc32": crc32(first + last)})
    assert status == 200 and f"<ChecksumCRC32>{crc32(first + last)}</ChecksumCRC32>".encode() in text, text
    assert b"<ChecksumType>FULL_OBJECT</ChecksumType>" in text


@pytest.mark.parametrize("headers,code", [
    ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="}, "InvalidRequest"),
    ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest"),
    ({"x-amz-sdk-checksum-algorithm": "MD4"}, "InvalidRequest"),
    ({"x-amz-storage-class": "SHINY"}, "InvalidStorageClass"),
    ({"x-amz-acl": "everyone"}, "InvalidArgument"),
    ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, "NotImplemented"),
    ({"if-none-match": '"x"'}, "NotImplemented"),
    ({"x-amz-expected-bucket-owner": "111122223333"}, "AccessDenied"),
    ({"x-amz-content-sha256": hashlib.sha256(b"other").hexdigest()}, "XAmzContentSHA256Mismatch"),
])
def test_bad_headers_of_put(engine, bucket, headers, code):
    status, _, text = request(engine, "PUT", f"/{bucket}/bad", b"", headers)
    assert f"<Code>{code}</Code>".encode() in text
    assert request(engine, "GET", f"/{bucket}/bad")[0] == 404


def test_conditional_writes(engine, bucket):
    put = lambda **h: request(engine, "PUT", f"/{bucket}/cond", b"x", {k.replace("_", "-"): v for k, v in h.items()})
    assert put(if_match='"x"')[0] == 404
    status, headers, _ = put(if_none_match="*")
    assert status == 200
    status, _, text = put(if_none_match="*")
    assert status == 412 and b"<Condition>If-None-Match</Condition>" in text
    assert put(if_match=headers["etag"])[0] == 200
    assert put(if_match='"0"')[0] == 412


def test_errors_look_like_s3s(engine, bucket):
    status, headers, text = request(engine, "GET", f"/{bucket}/absent%20key")
    assert status == 404
    for part in (b"<Code>NoSuchKey</Code>", b"<Key>absent key</Key>", b"<RequestId>", b"<HostId>"):
        assert part in text
    assert headers["x-amz-request-id"].encode() in text
    status, headers, text = request(engine, "HEAD", f"/{bucket}/absent")
    assert (status, text) == (404, b"")
    status, headers, text = request(engine, "GET", f"/{bucket}/absent", headers={"if-none-match": "*"})
    assert status == 404
    request(engine, "PUT", f"/{bucket}/there", b"x")
    status, headers, text = request(engine, "GET", f"/{bucket}/there", headers={"if-none-match": "*"})
    assert (status, text) == (304, b"") and headers["etag"] == f'"{hashlib.md5(b"x").hexdigest()}"'
    assert request(engine, "GET", f"/{bucket}/there?versionId=abc")[0] == 400
    assert request(engine, "GET", f"/{bucket}/there?versionId=null")[0] == 200
    assert b"<Code>MalformedXML</Code>" in request(engine, "PUT", f"/{bucket}?tagging=", b"<Tagging><TagSet>")[2]
    status, _, text = request(engine, "GET", f"/{bucket}?analytics=&id=1")
    assert status == 501 and b"<Code>NotImplemented</Code>" in text


def raw(engine, text):
    with socket.create_connection(("127.0.0.1", engine.port), timeout=120) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_a_truncated_body_stores_nothing(engine, bucket):
    raw(engine, f"PUT /{bucket}/cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n".encode() + b"x" * 50_000)
    raw(engine, f"PUT /{bucket}/cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n".encode() + b"x" * 5)
    assert request(engine, "GET", f"/{bucket}/cut")[0] == 404


def test_a_put_needs_a_length(engine, bucket):
    answer = raw(engine, f"PUT /{bucket}/k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 411") and b"MissingContentLength" in answer
    answer = raw(engine, f"PUT /{bucket}/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6000000000\r\nConnection: close\r\n\r\n".encode())
    assert b"EntityTooLarge" in answer


def test_plain_http_chunks_are_taken(engine, bucket):
    answer = raw(engine, f"PUT /{bucket}/te HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200")
    assert request(engine, "GET", f"/{bucket}/te")[2] == b"hello"
