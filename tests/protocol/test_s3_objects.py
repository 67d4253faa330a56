"""Objects as boto3 sees them: bytes, headers, ranges, conditions, copies, deletes, tags."""
import base64
import datetime
import hashlib
import os
import urllib.request
import zlib

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


def code_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_put_and_get_keep_bytes_and_headers(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="a", Body=b"hello", ContentType="text/plain", CacheControl="no-store",
                        ContentDisposition="attachment", ContentEncoding="gzip", ContentLanguage="en",
                        Metadata={"Colour": "blue", "empty": ""}, StorageClass="STANDARD_IA", WebsiteRedirectLocation="/b",
                        Expires=datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc))
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert put["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=bucket, Key="a")
    assert got["Body"].read() == b"hello"
    for name, value in {"ContentType": "text/plain", "CacheControl": "no-store", "ContentDisposition": "attachment",
                        "ContentEncoding": "gzip", "ContentLanguage": "en", "StorageClass": "STANDARD_IA",
                        "WebsiteRedirectLocation": "/b", "ContentLength": 5, "AcceptRanges": "bytes"}.items():
        assert got[name] == value
    assert got["Metadata"] == {"colour": "blue", "empty": ""}
    assert got["Expires"].year == 2030
    head = s3.head_object(Bucket=bucket, Key="a")
    assert head["ContentLength"] == 5 and head["ETag"] == put["ETag"]


def test_content_type_has_s3s_default(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    assert s3.head_object(Bucket=bucket, Key="a")["ContentType"] == "binary/octet-stream"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b""


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1, 512 * 1024, 3_000_001])
def test_bodies_of_every_kind_of_storage(s3, bucket, size):
    data = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == data
    assert got["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize("key", ["../x", "../../../etc/passwd", "a//b", "//", "/", "trailing/", "emoji-😀", "a b+c%20d", "ü/é",
                                 "?query", "#hash", "a&b=c", "k" * 1024, "日" * 341, "ends.", "./.", "back\\slash", "\"'<>&"])
def test_any_key_is_stored_as_it_is(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_key_may_not_be_too_long(s3, bucket):
    assert code_of(s3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"") == "KeyTooLongError"


def test_what_is_not_there(s3, bucket):
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="no")
    error = caught.value.response["Error"]
    assert (error["Code"], error["Key"], error["Message"]) == ("NoSuchKey", "no", "The specified key does not exist.")
    assert code_of(s3.head_object, Bucket=bucket, Key="no") == "404"
    assert code_of(s3.get_object, Bucket="no-such-bucket-here", Key="k") == "NoSuchBucket"
    assert code_of(s3.head_bucket, Bucket="no-such-bucket-here") == "404"
    s3.delete_object(Bucket=bucket, Key="no")


def test_ranges(s3, bucket):
    data = os.urandom(100_000)
    for key, body in (("small", data[:1000]), ("large", data)):
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        n = len(body)
        for header, first, last in (("bytes=0-0", 0, 0), ("bytes=10-99", 10, 99), (f"bytes={n - 5}-", n - 5, n - 1),
                                    ("bytes=-7", n - 7, n - 1), (f"bytes=5-{n * 2}", 5, n - 1)):
            got = s3.get_object(Bucket=bucket, Key=key, Range=header)
            assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
            assert got["ContentRange"] == f"bytes {first}-{last}/{n}"
            assert got["Body"].read() == body[first:last + 1]
        with pytest.raises(ClientError) as caught:
            s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={n}-")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416
        assert caught.value.response["Error"]["Code"] == "InvalidRange"
        assert caught.value.response["Error"]["ActualObjectSize"] == str(n)
        assert s3.get_object(Bucket=bucket, Key=key, Range="bytes=9-2")["ContentLength"] == n
    head = s3.head_object(Bucket=bucket, Key="large", Range="bytes=0-9")
    assert head["ContentLength"] == 10


def test_conditional_reads(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    past, future = modified - datetime.timedelta(hours=1), modified + datetime.timedelta(hours=1)
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["ContentLength"] == 1
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"') == "PreconditionFailed"
    assert code_of(s3.head_object, Bucket=bucket, Key="k", IfMatch='"other"') == "412"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag) == "304"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfModifiedSince=modified) == "304"
    assert s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=past)["ContentLength"] == 1
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfUnmodifiedSince=past) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag, IfUnmodifiedSince=past)["ContentLength"] == 1
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag, IfModifiedSince=past) == "304"
    assert s3.get_object(Bucket=bucket, Key="k", IfNoneMatch='"other"', IfModifiedSince=future)["ContentLength"] == 1


def test_response_overrides_and_presigned_urls(engine, bucket):
    s3 = engine.client("s3", config=Config(signature_version="s3v4"))
    s3.put_object(Bucket=bucket, Key="k y", Body=b"body")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k y", "ResponseContentType": "text/css",
                                                           "ResponseContentDisposition": "inline"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"body"
        assert answer.headers["Content-Type"] == "text/css"
        assert answer.headers["Content-Disposition"] == "inline"
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "up"})
    with urllib.request.urlopen(urllib.request.Request(url, data=b"uploaded", method="PUT")) as answer:
        assert answer.status == 200
    assert s3.get_object(Bucket=bucket, Key="up")["Body"].read() == b"uploaded"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url[:-1] + ("0" if url[-1] != "0" else "1"))
    assert caught.value.code == 403


def test_metadata_has_a_limit(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"k": "v" * 2047})
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"", Metadata={"k": "v" * 2048}) == "MetadataTooLarge"


def test_content_md5(s3, bucket):
    good = base64.b64encode(hashlib.md5(b"x").digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5=good)
    assert code_of(s3.put_object, Bucket=bucket, Key="bad", Body=b"y", ContentMD5=good) == "BadDigest"
    assert code_of(s3.put_object, Bucket=bucket, Key="bad", Body=b"y", ContentMD5="AAAA") == "InvalidDigest"
    assert code_of(s3.head_object, Bucket=bucket, Key="bad") == "404"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_checksums_are_verified_stored_and_returned(s3, bucket, algorithm):
    digest = {"CRC32": lambda b: zlib.crc32(b).to_bytes(4, "big"), "CRC32C": lambda b: bytes.fromhex("364b3fb7"),
              "SHA1": lambda b: hashlib.sha1(b).digest(), "SHA256": lambda b: hashlib.sha256(b).digest()}[algorithm](b"abc")
    value = base64.b64encode(digest).decode()
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"abc", **{"Checksum" + algorithm: value})
    assert put["Checksum" + algorithm] == value
    assert "Checksum" + algorithm not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Checksum" + algorithm] == value
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Body"].read() == b"abc"
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass"])
    assert attributes["Checksum"]["Checksum" + algorithm] == value
    assert (attributes["ObjectSize"], attributes["StorageClass"]) == (3, "STANDARD")
    assert code_of(s3.put_object, Bucket=bucket, Key="bad", Body=b"abd", **{"Checksum" + algorithm: value}) == "BadDigest"
    assert code_of(s3.put_object, Bucket=bucket, Key="bad", Body=b"abc", **{"Checksum" + algorithm: "AAA"}) == "InvalidRequest"
    assert code_of(s3.head_object, Bucket=bucket, Key="bad") == "404"


@pytest.mark.parametrize("size", [10, 200_000])
def test_copy(s3, bucket, size):
    data = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="from/a b", Body=data, ContentType="text/x", Metadata={"m": "1"}, Tagging="t=1")
    etag = s3.head_object(Bucket=bucket, Key="from/a b")["ETag"]
    copy = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from/a b"})
    assert copy["CopyObjectResult"]["ETag"] == etag
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/x", {"m": "1"}, 1)
    s3.delete_object(Bucket=bucket, Key="from/a b")
    assert got["Body"].read() == data
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == data
    replaced = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "to"}, MetadataDirective="REPLACE",
                              Metadata={"n": "2"}, ContentType="text/y")
    assert replaced["CopyObjectResult"]["ETag"] == etag
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["ContentType"], got["Metadata"]) == ("text/y", {"n": "2"})
    assert got["Body"].read() == data


def test_copy_is_refused(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["ETag"]
    source = {"Bucket": bucket, "Key": "a"}
    assert code_of(s3.copy_object, Bucket=bucket, Key="a", CopySource=source) == "InvalidRequest"
    assert code_of(s3.copy_object, Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "no"}) == "NoSuchKey"
    assert code_of(s3.copy_object, Bucket=bucket, Key="b", CopySource={"Bucket": "no-such-bucket-x", "Key": "a"}) == "NoSuchBucket"
    assert code_of(s3.copy_object, Bucket=bucket, Key="b", CopySource=source, CopySourceIfMatch='"no"') == "PreconditionFailed"
    assert code_of(s3.copy_object, Bucket=bucket, Key="b", CopySource=source, CopySourceIfNoneMatch=etag) == "PreconditionFailed"
    assert code_of(s3.copy_object, Bucket=bucket, Key="b", CopySource=source, MetadataDirective="WHAT") == "InvalidArgument"


def test_delete_objects(s3, bucket):
    for key in ("a", "b", "c/ü"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 20_000)
    done = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "never"}, {"Key": "c/ü"}]})
    assert [d["Key"] for d in done["Deleted"]] == ["a", "never", "c/ü"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert code_of(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": f"k{i}"} for i in range(1001)]}) == "MalformedXML"


def test_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=1&b=x%20y")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "x y"}]
    assert s3.head_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "2"
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "c", "Value": ""}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    many = {"TagSet": [{"Key": f"k{i}", "Value": "v"} for i in range(11)]}
    assert code_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=many) == "BadRequest"


def test_virtual_host_addressing(engine, bucket):
    import http.client
    where = engine.endpoint.split("//")[1]
    connection = http.client.HTTPConnection(where)
    engine.client("s3").put_object(Bucket=bucket, Key="v/k", Body=b"virtual")
    connection.request("GET", "/v/k", headers={"Host": f"{bucket}.localhost:{engine.port}"})
    assert connection.getresponse().read() == b"virtual"
    connection.close()
