"""Small print of S3 that client suites check: what is answered, word for word, in the corners."""
import base64
import hashlib
import http.client
import re
import socket
import uuid
import zlib

import pytest
from botocore.exceptions import ClientError

from protocol.s3_wire import request


@pytest.fixture
def s3(engine):
    return engine.client("s3")


@pytest.fixture
def bucket(s3):
    name = "details-" + uuid.uuid4().hex[:8]
    s3.create_bucket(Bucket=name)
    return name


def element(text, name):
    found = re.search(f"<{name}>(.*?)</{name}>".encode(), text, re.S)
    return found and found.group(1).decode()


def code_of(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def md5(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def put_with_fields(engine, path, fields):
    """A PUT of an empty object whose header fields are sent as they are, repeated ones too."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=30)
    connection.putrequest("PUT", path)
    for name, value in [*fields, ("Content-Length", "0")]:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("query,message,name", [
    ("max-keys=-1", "Argument maxKeys must be an integer between 0 and 2147483647", "maxKeys"),
    ("max-keys=blah", "Provided max-keys not an integer or within integer range", "max-keys"),
    ("uploads&max-uploads=-1", "Argument max-uploads must be an integer between 0 and 2147483647", "max-uploads"),
    ("encoding-type=hex", "Invalid Encoding Method specified in Request", "encoding-type"),
    ("list-type=2&continuation-token=", "The continuation token provided is incorrect", "continuation-token"),
])
def test_arguments_of_listings(engine, bucket, query, message, name):
    status, _, text = request(engine, "GET", f"/{bucket}?{query}")
    assert (status, element(text, "Code"), element(text, "Message")) == (400, "InvalidArgument", message)
    assert element(text, "ArgumentName") == name


def test_listings_and_heads_tell_the_same_time(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    head = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["LastModified"] == head
    assert re.search(rb"<LastModified>[-0-9T:]{19}\.000Z</LastModified>", request(engine, "GET", f"/{bucket}")[2])
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k")["CopyObjectResult"]["LastModified"]
    assert s3.head_object(Bucket=bucket, Key="c")["LastModified"] == copied


def test_repeated_metadata_is_joined(engine, s3, bucket):
    fields = [("x-amz-meta-a", "1"), ("x-amz-meta-b", "x"), ("X-Amz-Meta-A", "2")]
    assert put_with_fields(engine, f"/{bucket}/k", fields) == 200
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "1,2", "b": "x"}


@pytest.mark.parametrize("sent,given_back", [
    # The examples of the user guide: bytes are read as ISO-8859-1, RFC 2047 words are kept.
    ("ÄMÄZÕÑ S3".encode(), "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="),
    (b"=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?=", "=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?="),
    ("Hello World é".encode("latin-1"), "=?UTF-8?B?SGVsbG8gV29ybGQgw6k=?="),
    (b"=?utf-8?q?Hello_World_=C3=A9?=", "=?UTF-8?B?SGVsbG8gV29ybGQgw6k=?="),
    (b"=?UTF-8?Q?plain?= =?utf-8?q?text?=", "plaintext"),
    (b"=?UTF-8?Q?broken", "=?UTF-8?Q?broken"),
    (b"a =?b?= c", "a =?b?= c"),
])
def test_metadata_beyond_ascii(engine, bucket, sent, given_back):
    assert put_with_fields(engine, f"/{bucket}/k", [("x-amz-meta-name", sent), ("Cache-Control", "no-cache")]) == 200
    _, headers, _ = request(engine, "HEAD", f"/{bucket}/k")
    assert headers["x-amz-meta-name"] == given_back
    assert headers["cache-control"] == "no-cache"


def test_a_standard_header_that_is_no_text_keeps_the_others(engine, bucket):
    fields = [("Content-Disposition", b"attachment; filename=\xfc.txt"), ("x-amz-meta-a", "1")]
    assert put_with_fields(engine, f"/{bucket}/k", fields) == 200
    _, headers, _ = request(engine, "HEAD", f"/{bucket}/k")
    assert headers["x-amz-meta-a"] == "1" and headers["content-disposition"].startswith("attachment")


def test_unsigned_requests_may_not_choose_headers(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    status, _, text = request(engine, "GET", f"/{bucket}/k?response-content-type=a/b", sign=False)
    assert (status, element(text, "Code")) == (400, "InvalidRequest")
    assert element(text, "Message") == "Request specific response headers cannot be used for anonymous GET requests."
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k", "ResponseContentType": "a/b"})
    status, headers, _ = request(engine, "GET", url[len(engine.endpoint):], sign=False)
    assert (status, headers["content-type"]) == (200, "a/b")


DELETE = b"<Delete><Object><Key>k</Key></Object></Delete>"


@pytest.mark.parametrize("headers,code", [
    ({}, "InvalidRequest"),
    ({"Content-MD5": md5(b"other")}, "BadDigest"),
    ({"Content-MD5": "short"}, "InvalidDigest"),
    ({"x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(b"other").digest()).decode()}, "BadDigest"),
    ({"x-amz-checksum-crc32": "no"}, "InvalidRequest"),
])
def test_a_deletion_that_does_not_arrive_whole_deletes_nothing(engine, s3, bucket, headers, code):
    s3.put_object(Bucket=bucket, Key="k")
    status, _, text = request(engine, "POST", f"/{bucket}?delete", DELETE, headers)
    assert (status, element(text, "Code")) == (400, code)
    if not headers:
        assert element(text, "Message") == "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
    s3.head_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("headers", [
    {"Content-MD5": md5(DELETE)},
    {"x-amz-checksum-crc32": base64.b64encode(zlib.crc32(DELETE).to_bytes(4, "big")).decode()},
    {"x-amz-checksum-sha1": base64.b64encode(hashlib.sha1(DELETE).digest()).decode()},
])
def test_a_deletion_that_does(engine, s3, bucket, headers):
    s3.put_object(Bucket=bucket, Key="k")
    assert request(engine, "POST", f"/{bucket}?delete", DELETE, headers)[0] == 200
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


def test_configurations_are_checked_against_their_digest(engine, s3, bucket):
    tags = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    for path, body in ((f"/{bucket}?tagging", tags), (f"/{bucket}?notification", b"<NotificationConfiguration/>")):
        status, _, text = request(engine, "PUT", path, body, {"Content-MD5": md5(b"other")})
        assert (status, element(text, "Code")) == (400, "BadDigest"), path
        assert element(text, "ExpectedDigest") == md5(b"other") and element(text, "CalculatedDigest") == md5(body)
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    assert request(engine, "PUT", f"/{bucket}?tagging", tags, {"Content-MD5": md5(tags)})[0] == 204


def test_the_owner_of_a_copys_source_may_be_expected(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    copy = {"Bucket": bucket, "Key": "c", "CopySource": f"{bucket}/k"}
    assert code_of(s3.copy_object, **copy, ExpectedSourceBucketOwner="111111111111") == "AccessDenied"
    s3.copy_object(**copy, ExpectedSourceBucketOwner="000000000000", ExpectedBucketOwner="000000000000")
    part = {**copy, "PartNumber": 1, "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]}
    assert code_of(s3.upload_part_copy, **part, ExpectedSourceBucketOwner="111111111111") == "AccessDenied"


def tags(*pairs):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs]}


@pytest.mark.parametrize("pairs,code", [
    ([("k" * 129, "v")], "InvalidTag"), ([("k", "v" * 257)], "InvalidTag"), ([("a*b", "v")], "InvalidTag"),
    ([("k", "a;b")], "InvalidTag"), ([("aws:k", "v")], "InvalidTag"), ([("k", "v"), ("k", "w")], "InvalidTag"),
    ([(str(i), "v") for i in range(11)], "BadRequest"),
])
def test_tags_are_checked(s3, bucket, pairs, code):
    s3.put_object(Bucket=bucket, Key="k")
    assert code_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=tags(*pairs)) == code
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


def test_tags_up_to_the_limits(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k")
    limit = tags(("é" * 128, "ü" * 256), ("a b+c-d=e._:/@", ""))
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=limit)
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == limit["TagSet"]


@pytest.mark.parametrize("expect", ["200", "", "miracles"])
def test_other_expectations_are_passed_over(engine, bucket, expect):
    with socket.create_connection(("127.0.0.1", engine.port), timeout=30) as connection:
        connection.sendall(f"PUT /{bucket}/k HTTP/1.1\r\nHost: x\r\nExpect: {expect}\r\nContent-Length: 3\r\n"
                           "Connection: close\r\n\r\nabc".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_key_that_is_no_text_is_refused_in_text(engine, bucket):
    status, _, text = request(engine, "GET", f"/{bucket}/%ff", sign=False)
    assert status == 400 and element(text, "Resource") == f"/{bucket}/%ff"
    text.decode()


def test_the_arrival_of_large_signed_bodies(engine, s3, bucket):
    """Hashed beside the transfer: right ones are stored, wrong ones are not."""
    body = bytes(range(256)) * 20_000
    for size in (16_384, 262_144, 262_145, len(body)):
        piece = body[:size]
        assert request(engine, "PUT", f"/{bucket}/k{size}", piece)[0] == 200
        assert s3.get_object(Bucket=bucket, Key=f"k{size}")["Body"].read() == piece
        wrong = {"x-amz-content-sha256": hashlib.sha256(b"other").hexdigest()}
        status, _, text = request(engine, "PUT", f"/{bucket}/wrong", piece, wrong)
        assert (status, element(text, "Code")) == (400, "XAmzContentSHA256Mismatch")
    assert code_of(s3.head_object, Bucket=bucket, Key="wrong") == "404"
