"""Listings and their edges."""
import uuid

import pytest
from botocore.exceptions import ClientError

from protocol.s3_wire import request

KEYS = ["a", "b/", "b/1", "b/2/x", "b/2/y", "c d", "c+d", "d/e/f", "z", "é", "😀"]


@pytest.fixture(scope="module")
def bucket(s3):
    name = "lists-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name)
    for key in KEYS:
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


def keys(page):
    return [o["Key"] for o in page.get("Contents", [])]


def prefixes(page):
    return [p["Prefix"] for p in page.get("CommonPrefixes", [])]


def test_order_is_bytewise(s3, bucket):
    assert keys(s3.list_objects_v2(Bucket=bucket)) == sorted(KEYS, key=lambda k: k.encode())


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
@pytest.mark.parametrize("prefix,delimiter", [("", ""), ("", "/"), ("b/", "/"), ("b/2", "/"), ("", " "), ("", "2/"), ("nothing", "/")])
def test_pages_make_up_the_whole(s3, bucket, size, prefix, delimiter):
    """Every way of paging yields what a plain model of S3's rules yields."""
    expected_keys, expected_prefixes = [], []
    for key in sorted(KEYS, key=lambda k: k.encode()):
        if not key.startswith(prefix):
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        if at < 0:
            expected_keys.append(key)
        elif key[:at + len(delimiter)] not in expected_prefixes:
            expected_prefixes.append(key[:at + len(delimiter)])
    found_keys, found_prefixes, token = [], [], {}
    for _ in range(50):
        page = s3.list_objects_v2(Bucket=bucket, MaxKeys=size, Prefix=prefix, Delimiter=delimiter, **token)
        assert page["KeyCount"] == len(keys(page)) + len(prefixes(page)) <= size
        found_keys += keys(page)
        found_prefixes += prefixes(page)
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert (found_keys, found_prefixes) == (expected_keys, expected_prefixes)
    found_keys, found_prefixes, marker = [], [], ""
    for _ in range(50):
        page = s3.list_objects(Bucket=bucket, MaxKeys=size, Prefix=prefix, Delimiter=delimiter, Marker=marker)
        found_keys += keys(page)
        found_prefixes += prefixes(page)
        if not page["IsTruncated"]:
            break
        assert ("NextMarker" in page) == bool(delimiter)
        marker = page.get("NextMarker") or keys(page)[-1]
    assert (found_keys, found_prefixes) == (expected_keys, expected_prefixes)


def test_edges(s3, bucket):
    nothing = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (nothing["KeyCount"], nothing["IsTruncated"], nothing["MaxKeys"]) == (0, False, 0)
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)["MaxKeys"] == 1000
    assert keys(s3.list_objects_v2(Bucket=bucket, StartAfter="z")) == ["é", "😀"]
    assert keys(s3.list_objects(Bucket=bucket, Marker="zzz")) == ["é", "😀"]
    assert "Delimiter" not in s3.list_objects(Bucket=bucket, Delimiter="")
    assert "Owner" not in s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert "Owner" in s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]
    assert "Owner" in s3.list_objects(Bucket=bucket)["Contents"][0]
    for arguments in ({"MaxKeys": -1}, {"ContinuationToken": "!"}, {"EncodingType": "rot13"}):
        with pytest.raises(ClientError) as caught:
            s3.list_objects_v2(Bucket=bucket, **arguments)
        assert caught.value.response["Error"]["Code"] == "InvalidArgument"


def test_versions_of_an_unversioned_bucket(s3, bucket):
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=3)
    assert [(v["Key"], v["VersionId"], v["IsLatest"]) for v in page["Versions"]] == [(k, "null", True) for k in ["a", "b/", "b/1"]]
    assert (page["NextKeyMarker"], page["NextVersionIdMarker"]) == ("b/1", "null")
    rest = s3.list_object_versions(Bucket=bucket, KeyMarker="b/1", VersionIdMarker="null")
    assert len(rest["Versions"]) == len(KEYS) - 3


def test_keys_that_xml_cannot_hold(engine, s3):
    name = "lists-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=name)
    status, _, _ = request(engine, "PUT", f"/{name}/%01%0B%7Fx", b"odd")
    assert status == 200
    assert keys(s3.list_objects_v2(Bucket=name)) == ["\x01\x0b\x7fx"]  # boto3 asks for encoding-type=url
    status, _, body = request(engine, "GET", f"/{name}?encoding-type=url")
    assert status == 200 and b"<Key>%01%0B%7Fx</Key>" in body
