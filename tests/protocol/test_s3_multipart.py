"""Multipart uploads and their edges."""
import base64
import hashlib
import os
import uuid

import pytest
from botocore.exceptions import ClientError

MIB = 1 << 20


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


def begin(s3, bucket, key, **more):
    return {"Bucket": bucket, "Key": key, "UploadId": s3.create_multipart_upload(Bucket=bucket, Key=key, **more)["UploadId"]}


def upload(s3, at, number, data):
    return {"PartNumber": number, "ETag": s3.upload_part(**at, PartNumber=number, Body=data)["ETag"]}


def complete(s3, at, parts, **more):
    return s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts}, **more)


def test_parts_become_an_object(s3, bucket):
    first, second, last = os.urandom(5 * MIB), os.urandom(5 * MIB + 7), os.urandom(1000)
    at = begin(s3, bucket, "big", ContentType="video/mp4", Metadata={"m": "1"})
    parts = [upload(s3, at, 1, b"replaced"), upload(s3, at, 1, first), upload(s3, at, 5, second), upload(s3, at, 9, last)][1:]
    upload(s3, at, 10, b"left out")
    listed = s3.list_parts(**at, MaxParts=2)
    assert [(p["PartNumber"], p["Size"]) for p in listed["Parts"]] == [(1, 5 * MIB), (5, 5 * MIB + 7)]
    assert listed["IsTruncated"] and listed["NextPartNumberMarker"] == 5
    assert [p["PartNumber"] for p in s3.list_parts(**at, PartNumberMarker=5)["Parts"]] == [9, 10]
    done = complete(s3, at, parts)
    digest = hashlib.md5(b"".join(hashlib.md5(p).digest() for p in (first, second, last))).hexdigest()
    assert done["ETag"] == f'"{digest}-3"'
    assert done["Location"].endswith(f"/{bucket}/big")
    whole = first + second + last
    got = s3.get_object(Bucket=bucket, Key="big")
    assert (got["ContentType"], got["Metadata"], got["ContentLength"]) == ("video/mp4", {"m": "1"}, len(whole))
    assert got["Body"].read() == whole
    border = 5 * MIB
    assert s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={border - 3}-{border + 2}")["Body"].read() == whole[border - 3:border + 3]
    part = s3.get_object(Bucket=bucket, Key="big", PartNumber=2)
    assert part["Body"].read() == second
    assert (part["PartsCount"], part["ContentRange"]) == (3, f"bytes {border}-{border + len(second) - 1}/{len(whole)}")
    assert s3.head_object(Bucket=bucket, Key="big", PartNumber=3)["ContentLength"] == 1000
    assert refused(s3.head_object, Bucket=bucket, Key="big", PartNumber=4)["Code"] == "416"
    assert refused(s3.get_object, Bucket=bucket, Key="big", PartNumber=4)["Code"] == "InvalidPartNumber"
    # A client that missed the answer asks again.
    assert complete(s3, at, parts)["ETag"] == done["ETag"]
    assert refused(s3.list_parts, **at)["Code"] == "NoSuchUpload"
    # A copy of it is one object: its ETag is the MD5.
    copy = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "big"})
    assert copy["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(whole).hexdigest()}"'
    s3.delete_object(Bucket=bucket, Key="big")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == whole


def test_completions_are_refused(s3, bucket):
    at = begin(s3, bucket, "refused")
    small, other = upload(s3, at, 1, b"small"), upload(s3, at, 2, b"other")
    assert refused(complete, s3=s3, at=at, parts=[other, small])["Code"] == "InvalidPartOrder"
    assert refused(complete, s3=s3, at=at, parts=[small, small])["Code"] == "InvalidPartOrder"
    too_small = refused(complete, s3=s3, at=at, parts=[small, other])
    assert (too_small["Code"], too_small["ProposedSize"], too_small["MinSizeAllowed"]) == ("EntityTooSmall", "5", str(5 * MIB))
    assert refused(complete, s3=s3, at=at, parts=[{"PartNumber": 3, "ETag": small["ETag"]}])["Code"] == "InvalidPart"
    assert refused(complete, s3=s3, at=at, parts=[{"PartNumber": 1, "ETag": other["ETag"]}])["Code"] == "InvalidPart"
    assert refused(complete, s3=s3, at=at, parts=[])["Code"] == "MalformedXML"
    assert refused(complete, s3=s3, at={**at, "UploadId": "none"}, parts=[small])["Code"] == "NoSuchUpload"
    assert refused(s3.upload_part, **{**at, "UploadId": "none"}, PartNumber=1, Body=b"")["Code"] == "NoSuchUpload"
    for number in (0, 10_001):
        assert refused(s3.upload_part, **at, PartNumber=number, Body=b"")["Code"] == "InvalidArgument"
    assert complete(s3, at, [{"PartNumber": 1, "ETag": small["ETag"].strip('"')}])["ETag"].endswith('-1"')


def test_abort(s3, bucket):
    at = begin(s3, bucket, "aborted")
    upload(s3, at, 1, b"x")
    assert at["UploadId"] in [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]]
    s3.abort_multipart_upload(**at)
    assert at["UploadId"] not in [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]
    assert refused(s3.abort_multipart_upload, **at)["Code"] == "NoSuchUpload"


def test_uploads_are_listed_by_key_and_age(s3):
    bucket = "uploads-" + uuid.uuid4().hex[:12]
    s3.create_bucket(Bucket=bucket)
    made = [begin(s3, bucket, key) for key in ("b", "a/1", "a/2", "b", "c")]
    expected = [made[1], made[2], made[0], made[3], made[4]]
    found, markers = [], {}
    for _ in range(10):
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2, **markers)
        found += [(u["Key"], u["UploadId"]) for u in page["Uploads"]]
        if not page["IsTruncated"]:
            break
        markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert found == [(at["Key"], at["UploadId"]) for at in expected]
    folded = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in folded["CommonPrefixes"]] == ["a/"]
    assert [u["Key"] for u in folded["Uploads"]] == ["b", "b", "c"]
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("size", [1000, 6 * MIB])
def test_upload_part_copy(s3, bucket, size):
    data = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="source", Body=data)
    source = {"Bucket": bucket, "Key": "source"}
    at = begin(s3, bucket, "assembled")
    head = os.urandom(5 * MIB)
    parts = [upload(s3, at, 1, head)]
    copied = s3.upload_part_copy(**at, PartNumber=2, CopySource=source, CopySourceRange="bytes=10-999")["CopyPartResult"]
    assert copied["ETag"] == f'"{hashlib.md5(data[10:1000]).hexdigest()}"'
    assert refused(s3.upload_part_copy, **at, PartNumber=3, CopySource=source, CopySourceRange=f"bytes=0-{size}")["Code"] == "InvalidArgument"
    assert refused(s3.upload_part_copy, **at, PartNumber=3, CopySource=source, CopySourceRange="bytes=0-")["Code"] == "InvalidArgument"
    assert refused(s3.upload_part_copy, **at, PartNumber=3, CopySource={"Bucket": bucket, "Key": "no"})["Code"] == "NoSuchKey"
    s3.delete_object(Bucket=bucket, Key="source")
    complete(s3, at, parts + [{"PartNumber": 2, "ETag": copied["ETag"]}])
    assert s3.get_object(Bucket=bucket, Key="assembled")["Body"].read() == head + data[10:1000]


def test_composite_checksums(s3, bucket):
    at = begin(s3, bucket, "sums", ChecksumAlgorithm="SHA256")
    datas = [os.urandom(5 * MIB), b"end"]
    parts, raw = [], b""
    for number, data in enumerate(datas, 1):
        digest = hashlib.sha256(data).digest()
        raw += digest
        value = base64.b64encode(digest).decode()
        put = s3.upload_part(**at, PartNumber=number, Body=data, ChecksumSHA256=value)
        parts.append({"PartNumber": number, "ETag": put["ETag"], "ChecksumSHA256": value})
    assert refused(s3.upload_part, **at, PartNumber=3, Body=b"x", ChecksumSHA1="EfatjsUqBrRmugAwrWmJMsMqSXI=")["Code"] == "InvalidRequest"
    without = [{k: p[k] for k in ("PartNumber", "ETag")} for p in parts]
    assert refused(complete, s3=s3, at=at, parts=without)["Code"] == "InvalidRequest"
    wrong = [{**parts[0], "ChecksumSHA256": parts[1]["ChecksumSHA256"]}, parts[1]]
    assert refused(complete, s3=s3, at=at, parts=wrong)["Code"] == "InvalidPart"
    expected = base64.b64encode(hashlib.sha256(raw).digest()).decode() + "-2"
    assert complete(s3, at, parts)["ChecksumSHA256"] == expected
    assert s3.head_object(Bucket=bucket, Key="sums", ChecksumMode="ENABLED")["ChecksumSHA256"] == expected
    attributes = s3.get_object_attributes(Bucket=bucket, Key="sums", ObjectAttributes=["ObjectParts", "Checksum"])
    assert attributes["ObjectParts"]["TotalPartsCount"] == 2
    assert [p["Size"] for p in attributes["ObjectParts"]["Parts"]] == [5 * MIB, 3]


def test_file_transfers_of_boto3(s3, bucket, tmp_path):
    data = os.urandom(20 * MIB)
    (tmp_path / "in").write_bytes(data)
    s3.upload_file(str(tmp_path / "in"), bucket, "file")
    assert s3.head_object(Bucket=bucket, Key="file")["ETag"].endswith('-3"')
    s3.download_file(bucket, "file", str(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == data
