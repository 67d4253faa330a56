"""What S3 was recorded to answer where people and other engines' client suites stumbled."""
import base64
import datetime
import hashlib
import hmac
import json
import re
import urllib.parse
import uuid
import zlib

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

import s3_matrix
from protocol import queues
from protocol.s3_wire import request
from protocol.test_presigned import fetch, signing_key

MIB = 1 << 20
CRC32_OF_NOTHING = "AAAAAA=="


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def crc64(data):
    crc = (1 << 64) - 1
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x9A6C9329AC4BC9B5 if crc & 1 else 0)
    return base64.b64encode((crc ^ ((1 << 64) - 1)).to_bytes(8, "big")).decode()


def element(body, name):
    found = re.search(f"<{name}>(.*?)</{name}>".encode(), body, re.S)
    return found.group(1).decode() if found else None


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


def presigned(engine, method, path, **query):
    """A version 4 URL with anything in its query, as SDKs make them that move headers there."""
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
    parameters = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", "X-Amz-Credential": f"test/{scope}",
                  "X-Amz-Date": stamp, "X-Amz-Expires": "900", "X-Amz-SignedHeaders": "host", **query}
    text = urllib.parse.urlencode(sorted(parameters.items()), quote_via=urllib.parse.quote, safe="")
    host = urllib.parse.urlsplit(engine.endpoint).netloc
    canonical = f"{method}\n{path}\n{text}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(signing_key(stamp[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{engine.endpoint}{path}?{text}&X-Amz-Signature={signature}"


# -- presigned URLs

def test_a_checksum_in_a_presigned_query_is_passed_over(engine, s3, bucket):
    """The JavaScript SDK presigns without a body: it puts the checksum of an empty one into the URL."""
    sums = {"x-amz-checksum-crc32": CRC32_OF_NOTHING, "x-amz-sdk-checksum-algorithm": "CRC32"}
    assert fetch(presigned(engine, "PUT", f"/{bucket}/k", **{**sums, "x-id": "PutObject"}), "PUT", b"hello")[0] == 200
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    url = presigned(engine, "PUT", f"/{bucket}/parts", partNumber="1", uploadId=upload, **{**sums, "x-id": "UploadPart"})
    assert fetch(url, "PUT", b"hello")[0] == 200
    for algorithm, value in (("crc32c", CRC32_OF_NOTHING), ("sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="), ("crc64nvme", "AAAAAAAAAAA="),
                             ("sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")):
        assert fetch(presigned(engine, "PUT", f"/{bucket}/k", **{f"x-amz-checksum-{algorithm}": value}), "PUT", b"again")[0] == 200
    # A header's is meant.
    status, _, body = request(engine, "PUT", f"/{bucket}/k", b"hello", {"x-amz-checksum-crc32": CRC32_OF_NOTHING})
    assert status == 400 and element(body, "Code") == "BadDigest"
    # What chooses a checksum stays a header.
    status, body = fetch(presigned(engine, "POST", f"/{bucket}/m", uploads="", **{"x-amz-checksum-algorithm": "SHA256"}), "POST", b"")
    assert status == 200
    uploads = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [u["ChecksumAlgorithm"] for u in uploads if u["Key"] == "m"] == ["SHA256"]


def test_conditions_in_a_presigned_query_are_conditions(engine, s3, bucket):
    for name in ("if-none-match", "If-None-Match"):
        key = name.lower() + str(name.islower())
        url = presigned(engine, "PUT", f"/{bucket}/{key}", **{name: "*"})
        assert fetch(url, "PUT", b"first")[0] == 200
        status, body = fetch(url, "PUT", b"second")
        assert (status, element(body, "Code"), element(body, "Condition")) == (412, "PreconditionFailed", "If-None-Match")
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"first"
    etag = s3.put_object(Bucket=bucket, Key="m", Body=b"1")["ETag"]
    url = presigned(engine, "PUT", f"/{bucket}/m", **{"if-match": etag})
    assert fetch(url, "PUT", b"2")[0] == 200
    assert fetch(url, "PUT", b"3")[0] == 412
    assert fetch(presigned(engine, "DELETE", f"/{bucket}/m", **{"if-match": '"0"'}), "DELETE")[0] == 412
    assert s3.get_object(Bucket=bucket, Key="m")["Body"].read() == b"2"


# -- deletes

@pytest.fixture
def told(s3, sqs, bucket):
    """A queue that is told of all that happens in the bucket: call for the records."""
    url = queues.make(sqs)
    arn = queues.arn_of(sqs, url)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [
        {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]}]})
    queues.drain(sqs, url, 1)  # s3:TestEvent

    def records(count):
        bodies = queues.drain(sqs, url, count)
        assert len(bodies) == count
        return [json.loads(body)["Records"][0] for body in bodies]
    return records


def test_deletes_of_what_is_not_there_are_told(s3, bucket, told):
    s3.delete_object(Bucket=bucket, Key="never")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "neither"}]})
    records = told(2)
    assert [(r["eventName"], r["s3"]["object"]["key"]) for r in records] == [("ObjectRemoved:Delete", "never"), ("ObjectRemoved:Delete", "neither")]
    assert all(set(r["s3"]["object"]) == {"key", "sequencer"} for r in records)


def test_conditions_that_only_directory_buckets_know_are_not_passed_over(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1234")
    for header, value in (("x-amz-if-match-size", "9"), ("x-amz-if-match-last-modified-time", "Wed, 21 Oct 2015 07:28:00 GMT")):
        status, _, body = request(engine, "DELETE", f"/{bucket}/k", headers={header: value})
        assert (status, element(body, "Code"), element(body, "Header")) == (501, "NotImplemented", header)
    for condition in ("<Size>9</Size>", "<LastModifiedTime>2015-10-21T07:28:00Z</LastModifiedTime>"):
        text = f"<Delete><Object><Key>other</Key></Object><Object><Key>k</Key>{condition}</Object></Delete>".encode()
        digest = base64.b64encode(hashlib.md5(text).digest()).decode()
        status, _, body = request(engine, "POST", f"/{bucket}?delete=", text, {"Content-MD5": digest})
        assert (status, element(body, "Code")) == (501, "NotImplemented")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1234"


def test_what_nothing_here_would_do_is_not_promised(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1234")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    writes = (("PUT", f"/{bucket}/k"), ("POST", f"/{bucket}/m?uploads="), ("PUT", f"/{bucket}/m?partNumber=1&uploadId={upload}"))
    for header, value, expected in (
            ("x-amz-object-lock-mode", "GOVERNANCE", (400, "InvalidRequest")), ("x-amz-object-lock-legal-hold", "ON", (400, "InvalidRequest")),
            ("x-amz-write-offset-bytes", "4", (501, "NotImplemented")), ("x-amz-checksum-sha512", "AAAA", (501, "NotImplemented")),
            ("x-amz-checksum-xxhash64", "AAAA", (501, "NotImplemented"))):
        for method, path in writes:
            status, _, body = request(engine, method, path, b"56" if method == "PUT" else b"", {header: value})
            assert (status, element(body, "Code")) == expected, (header, path)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1234"
    status, _, body = request(engine, "DELETE", f"/{bucket}/m?uploadId={upload}", headers={"x-amz-if-match-initiated-time": "Wed, 21 Oct 2015 07:28:00 GMT"})
    assert (status, element(body, "Code")) == (501, "NotImplemented")
    assert s3.list_parts(Bucket=bucket, Key="m", UploadId=upload)["UploadId"] == upload


def test_reading_asks_for_no_encryption(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1234")
    for path, more in ((f"/{bucket}/k", {}), (f"/{bucket}/k?attributes=", {"x-amz-object-attributes": "ETag"})):
        status, _, body = request(engine, "GET", path, headers={"x-amz-server-side-encryption-customer-algorithm": "AES256", **more})
        assert (status, element(body, "Message")) == (400, "The encryption parameters are not applicable to this object.")
        status, _, body = request(engine, "GET", path, headers={"x-amz-server-side-encryption": "AES256", **more})
        assert (status, element(body, "Code"), element(body, "ArgumentName")) == (400, "InvalidArgument", "x-amz-server-side-encryption")


def test_directory_buckets_are_not_made_into_others(engine, s3):
    name = "directory-" + uuid.uuid4().hex[:12]
    body = b"<CreateBucketConfiguration><Location><Name>usw2-az1</Name><Type>AvailabilityZone</Type></Location></CreateBucketConfiguration>"
    assert element(request(engine, "PUT", f"/{name}", body)[2], "Code") == "NotImplemented"
    assert element(request(engine, "PUT", f"/{name}", b"", {"x-amz-bucket-namespace": "account-regional"})[2], "Code") == "NotImplemented"
    assert refused(s3.head_bucket, Bucket=name)["Code"] == "404"


# -- copies

@pytest.mark.parametrize("source", ["{b}%2Ftest+key.txt", "/{b}/test+key.txt", "{b}/test%20key.txt", "http://{h}/{b}/test+key.txt",
                                    "https://s3.amazonaws.com/{b}/test%20key.txt", "{b}/test+key.txt?versionId=null"])
def test_copy_sources(engine, s3, bucket, source):
    s3.put_object(Bucket=bucket, Key="test key.txt", Body=b"content")
    header = {"x-amz-copy-source": source.format(b=bucket, h=urllib.parse.urlsplit(engine.endpoint).netloc)}
    status, _, body = request(engine, "PUT", f"/{bucket}/copy", headers=header)
    assert status == 200, body
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"content"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    status, _, body = request(engine, "PUT", f"/{bucket}/m?partNumber=1&uploadId={upload}", headers=header)
    assert status == 200 and b"<CopyPartResult" in body


def test_a_plus_in_a_source_is_written_as_2b(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a+b", Body=b"plus")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a+b"})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"plus"
    for bad in ("https://host", "https://host/", f"http://host/{bucket}", "http:/x"):
        status, _, body = request(engine, "PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": bad})
        assert (status, element(body, "Code")) in ((400, "InvalidArgument"), (400, "InvalidBucketName")), bad


# -- tags

def test_tags_of_a_new_bucket(engine, s3):
    name = "tagged-" + uuid.uuid4().hex[:12]
    body = b"<CreateBucketConfiguration><Tags><Tag><Key>team</Key><Value>films</Value></Tag></Tags></CreateBucketConfiguration>"
    status, headers, _ = request(engine, "PUT", f"/{name}", body)
    assert (status, headers["x-amz-bucket-arn"]) == (200, f"arn:aws:s3:::{name}")
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "films"}]
    status, _, answer = request(engine, "PUT", f"/{name}x", body.replace(b"team", b"aws:team"))
    assert (status, element(answer, "Code")) == (400, "InvalidTag")
    assert refused(s3.head_bucket, Bucket=name + "x")["Code"] == "404"


def test_an_empty_set_of_tags_takes_them_away(engine, s3, bucket):
    for body in (b"<Tagging><TagSet></TagSet></Tagging>", b"<Tagging/>"):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        assert request(engine, "PUT", f"/{bucket}?tagging=", body)[0] == 204
        assert refused(s3.get_bucket_tagging, Bucket=bucket)["Code"] == "NoSuchTagSet"
        s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=b")
        assert request(engine, "PUT", f"/{bucket}/k?tagging=", body)[0] == 200
        assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


@pytest.mark.parametrize("header,tags", [("key1&&&key2", {"key1": "", "key2": ""}), ("&a=1&", {"a": "1"}), ("&", {})])
def test_empty_places_in_a_list_of_tags(engine, s3, bucket, header, tags):
    assert request(engine, "PUT", f"/{bucket}/k", b"x", {"x-amz-tagging": header})[0] == 200
    assert {t["Key"]: t["Value"] for t in s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]} == tags
    assert s3.get_object(Bucket=bucket, Key="k").get("TagCount", 0) == len(tags)


# -- checksums of multipart uploads

def upload_part(engine, bucket, key, upload, number, data, **headers):
    status, fields, body = request(engine, "PUT", f"/{bucket}/{key}?partNumber={number}&uploadId={upload}", data,
                                   {name.replace("_", "-"): value for name, value in headers.items()})
    assert status == 200, body
    return fields


def complete(engine, bucket, key, upload, parts, **headers):
    """`parts`: (number, ETag, further XML)"""
    text = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag>{more}</Part>" for n, e, more in parts)
    status, _, body = request(engine, "POST", f"/{bucket}/{key}?uploadId={upload}", f"<CompleteMultipartUpload>{text}</CompleteMultipartUpload>".encode(),
                              {name.replace("_", "-"): value for name, value in headers.items()})
    return status, body


@pytest.mark.parametrize("sent", [{}, {"x_amz_checksum_crc32": True}])
def test_an_upload_without_an_algorithm_gets_a_crc64nvme(engine, s3, bucket, sent):
    first, last = b"a" * 5 * MIB, b"the end"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = []
    for number, data in enumerate((first, last), 1):
        headers = {name: crc32(data) for name in sent}
        fields = upload_part(engine, bucket, "k", upload, number, data, **headers)
        if sent:
            assert fields["x-amz-checksum-crc32"] == crc32(data)
        parts.append((number, fields["etag"], ""))
    # The client's own sum of the whole says nothing here.
    status, body = complete(engine, bucket, "k", upload, parts, **({"x_amz_checksum_crc32": "AAAAAQ=="} if sent else {}))
    assert (status, element(body, "ChecksumType")) == (200, "FULL_OBJECT"), body
    value = element(body, "ChecksumCRC64NVME")
    assert value and element(body, "ChecksumCRC32") is None
    once = request(engine, "PUT", f"/{bucket}/once", first + last, {})[1]
    assert once["x-amz-checksum-crc64nvme"] == value, "that of the same bytes put at once"
    for method in ("HEAD", "GET"):
        fields = request(engine, method, f"/{bucket}/k", headers={"x-amz-checksum-mode": "ENABLED"})[1]
        assert (fields["x-amz-checksum-crc64nvme"], fields["x-amz-checksum-type"]) == (value, "FULL_OBJECT")
    body = request(engine, "GET", f"/{bucket}/k?attributes=", headers={"x-amz-object-attributes": "Checksum,ObjectParts"})[2]
    assert (element(body, "ChecksumCRC64NVME"), element(body, "ChecksumType")) == (value, "FULL_OBJECT")
    body = request(engine, "PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": f"{bucket}/k"})[2]
    assert (element(body, "ChecksumCRC64NVME"), element(body, "ChecksumType")) == (value, "FULL_OBJECT")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="k")["Contents"][0]
    assert listed["ChecksumAlgorithm"] == ["CRC64NVME"]
    # A part of it has none: the checksum is the whole object's.
    fields = request(engine, "GET", f"/{bucket}/k?partNumber=2", headers={"x-amz-checksum-mode": "ENABLED"})[1]
    assert not [name for name in fields if name.startswith("x-amz-checksum")]


def test_a_part_that_is_all_has_the_objects_checksum(engine, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    etag = upload_part(engine, bucket, "k", upload, 1, b"123456789")["etag"]
    # lib-storage of the JavaScript SDK gives back the checksum that the part's answer told.
    status, body = complete(engine, bucket, "k", upload, [(1, etag, f"<ChecksumCRC64NVME>{crc64(b'123456789')}</ChecksumCRC64NVME>")])
    assert (status, element(body, "ChecksumCRC64NVME")) == (200, crc64(b"123456789"))
    fields = request(engine, "GET", f"/{bucket}/k?partNumber=1", headers={"x-amz-checksum-mode": "ENABLED"})[1]
    assert fields["x-amz-checksum-crc64nvme"] == crc64(b"123456789")


def test_what_contradicts_the_upload_is_refused(engine, s3, bucket):
    data, sha = b"data", base64.b64encode(hashlib.sha256(b"data").digest()).decode()
    other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()

    def one(**create):
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **create)["UploadId"]
        named = {"x_amz_checksum_sha256": sha} if create else {}
        return upload, upload_part(engine, bucket, "k", upload, 1, data, **named)["etag"]

    def answer(upload, parts, **headers):
        status, body = complete(engine, bucket, "k", upload, parts, **headers)
        return status, element(body, "Code"), element(body, "Message")

    # No algorithm was named.
    upload, etag = one()
    crc = f"<ChecksumCRC32>{crc32(data)}</ChecksumCRC32>"
    assert answer(upload, [(1, etag, crc)])[:2] == (400, "InvalidPart")
    assert answer(upload, [(1, etag, "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>")])[:2] == (400, "InvalidPart")
    assert answer(upload, [(1, etag, "")], x_amz_checksum_type="FULL_OBJECT") == (
        400, "InvalidRequest", "The upload was created using the null checksum mode. The complete request must use the same checksum mode.")
    assert answer(upload, [(1, etag, "")], x_amz_checksum_crc32="rubbish")[1:] == ("InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid.")
    assert answer(upload, [(1, etag, "")])[0] == 200
    # SHA256, which can be of the parts alone.
    upload, etag = one(ChecksumAlgorithm="SHA256")
    good = f"<ChecksumSHA256>{sha}</ChecksumSHA256>"
    assert answer(upload, [(1, etag, crc)]) == (400, "BadDigest", "The crc32 you specified for part 1 did not match what we received.")
    assert answer(upload, [(1, etag, "<ChecksumSHA256>rubbish</ChecksumSHA256>")]) == (
        400, "InvalidArgument", "Invalid Base64 or multiple checksums present in request")
    assert answer(upload, [(1, etag, good + crc)])[1] == "InvalidArgument"
    assert answer(upload, [(1, etag, f"<ChecksumSHA256>{other}</ChecksumSHA256>")])[1] == "InvalidPart"
    assert answer(upload, [(1, etag, good)], x_amz_checksum_type="FULL_OBJECT")[:2] == (400, "InvalidRequest")
    bad_digest = (400, "BadDigest", "The sha256 you specified did not match the calculated checksum.")
    assert answer(upload, [(1, etag, good)], x_amz_checksum_sha256=other) == bad_digest
    whole = base64.b64encode(hashlib.sha256(hashlib.sha256(data).digest()).digest()).decode()
    assert answer(upload, [(1, etag, good)], x_amz_checksum_sha256=whole + "-2") == bad_digest
    assert answer(upload, [(1, etag, good)], x_amz_checksum_sha256=whole + "-a")[1:] == ("InvalidRequest", "Value for x-amz-checksum-sha256 header is invalid.")
    assert answer(upload, [(9, etag, good)], x_amz_checksum_sha256=other) == bad_digest, "told before the part that is not there"
    assert answer(upload, [(1, etag, good)], x_amz_checksum_sha256=whole, x_amz_checksum_crc32=crc32(data))[1] == "InvalidRequest"
    status, body = complete(engine, bucket, "k", upload, [(1, etag, good)], x_amz_checksum_sha256=whole, x_amz_checksum_type="COMPOSITE")
    assert (status, element(body, "ChecksumSHA256")) == (200, whole + "-1")


@pytest.mark.parametrize("value", ["y/Q5Jh==", "short===", "shrt", "toolong=", "^^^^^^==", "y^/^Q5^J^g=="])
def test_a_checksum_has_one_spelling(engine, bucket, value):
    status, _, body = request(engine, "PUT", f"/{bucket}/k", b"123456789", {"x-amz-checksum-crc32": value})
    assert (status, element(body, "Code"), element(body, "Message")) == (400, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid.")


def test_checksum_mode_is_enabled_or_nothing(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    status, _, body = request(engine, "GET", f"/{bucket}/k", headers={"x-amz-checksum-mode": "INVALID"})
    assert (status, element(body, "Message")) == (400, "Value for x-amz-checksum-mode header is invalid.")
    assert request(engine, "HEAD", f"/{bucket}/k", headers={"x-amz-checksum-mode": "INVALID"})[0] == 400
    assert request(engine, "HEAD", f"/{bucket}/k", headers={"x-amz-checksum-mode": "enabled"})[0] == 200


def test_completing_an_unknown_upload(engine, bucket):
    for body in (b"", b"<CompleteMultipartUpload/>"):
        status, _, answer = request(engine, "POST", f"/{bucket}/k?uploadId=none", body)
        assert (status, element(answer, "Code")) == (404, "NoSuchUpload")


def test_completing_without_parts(engine, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    for body, code in ((b"", "InvalidRequest"), (b"<CompleteMultipartUpload/>", "MalformedXML")):
        status, _, answer = request(engine, "POST", f"/{bucket}/k?uploadId={upload}", body)
        assert (status, element(answer, "Code")) == (400, code)


# -- members and errors

def test_owners_have_no_display_name(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    for path in ("/", f"/{bucket}", f"/{bucket}?list-type=2&fetch-owner=true", f"/{bucket}?versions=", f"/{bucket}?acl=", f"/{bucket}/k?acl=",
                 f"/{bucket}?uploads=", f"/{bucket}/m?uploadId={upload}"):
        status, _, body = request(engine, "GET", path)
        assert status == 200 and b"<ID>" in body and b"DisplayName" not in body, path


def test_buckets_tell_their_arn(engine, s3, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    assert request(engine, "HEAD", f"/{bucket}")[1]["x-amz-bucket-arn"] == arn
    assert f"<Name>{bucket}</Name>".encode() in (body := request(engine, "GET", "/")[2])
    assert f"<BucketArn>{arn}</BucketArn>".encode() in body


def test_events_name_the_owner_by_no_account_and_tags_by_another_version(s3, bucket, told):
    s3.put_object(Bucket=bucket, Key="k", Body=b"12")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    made, *tagged = told(3)
    assert not re.fullmatch(r"\d{12}", made["s3"]["bucket"]["ownerIdentity"]["principalId"])
    assert (made["eventVersion"], set(made["s3"]["object"])) == ("2.1", {"key", "size", "eTag", "sequencer"})
    assert [r["eventName"] for r in tagged] == ["ObjectTagging:Put", "ObjectTagging:Delete"]
    assert all((r["eventVersion"], set(r["s3"]["object"])) == ("2.3", {"key", "eTag"}) for r in tagged)


@pytest.mark.parametrize("owner,expected", [("abc", (400, "InvalidBucketOwnerAWSAccountID")), ("", (400, "InvalidBucketOwnerAWSAccountID")),
                                            ("0000000000000", (400, "InvalidBucketOwnerAWSAccountID")), ("111111111111", (403, "AccessDenied")),
                                            ("000000000000", (200, None))])
def test_expected_owners(engine, s3, bucket, owner, expected):
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    for method, path, more in (("GET", f"/{bucket}/k", {}), ("PUT", f"/{bucket}/n", {}), ("GET", f"/{bucket}?list-type=2", {}), ("GET", f"/{bucket}?location=", {})):
        status, _, body = request(engine, method, path, b"", {"x-amz-expected-bucket-owner": owner, **more})
        assert (status, element(body, "Code")) == expected, path
    status, _, body = request(engine, "PUT", f"/{bucket}/copy", headers={"x-amz-copy-source": f"{bucket}/k", "x-amz-source-expected-bucket-owner": owner})
    assert (status, element(body, "Code")) == expected
    if expected[0] == 400:
        body = request(engine, "GET", f"/{bucket}x/k", headers={"x-amz-expected-bucket-owner": owner})[2]
        assert element(body, "Message") == f"The value of the expected bucket owner parameter must be an AWS Account ID... [{owner}]"


@pytest.mark.parametrize("listing", ["", "list-type=2", "versions=", "uploads="])
def test_an_empty_encoding_type_is_none(engine, bucket, listing):
    status, _, body = request(engine, "GET", f"/{bucket}?{listing}&encoding-type=".replace("?&", "?"))
    assert (status, element(body, "Code"), element(body, "Message"), element(body, "ArgumentName")) == (
        400, "InvalidArgument", "Invalid Encoding Method specified in Request", "encoding-type")


def test_settings_of_public_access_that_are_not_named_are_false(engine, s3, bucket):
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    status, _, body = request(engine, "PUT", f"/{bucket}?publicAccessBlock=",
                              b"<PublicAccessBlockConfiguration><BlockPublicAcls>maybe</BlockPublicAcls></PublicAccessBlockConfiguration>")
    assert (status, element(body, "Code")) == (400, "MalformedXML")


@pytest.mark.parametrize("rule", ["<Name>prefix</Name>", "<Value>a</Value>", ""])
def test_half_a_filter_rule_is_malformed(engine, s3, bucket, rule):
    body = f"""<NotificationConfiguration><CloudFunctionConfiguration><Id>x</Id><CloudFunction>arn:aws:lambda:us-east-1:000000000000:function:f</CloudFunction>
<Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule>{rule}</FilterRule></S3Key></Filter></CloudFunctionConfiguration></NotificationConfiguration>""".encode()
    status, _, answer = request(engine, "PUT", f"/{bucket}?notification=", body, {"x-amz-skip-destination-validation": "true"})
    assert (status, element(answer, "Code")) == (400, "MalformedXML")
    assert "LambdaFunctionConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_every_operation_looks_at_the_expected_owner(engine, bucket):
    """By AWS's model: what each operation requires, and an owner who is another."""
    api = s3_matrix.model()
    client = engine.client("s3", config=Config(parameter_validation=False))
    samples = {"Bucket": bucket, "Key": "k", "UploadId": "u", "PartNumber": 1, "CopySource": f"{bucket}/k", "Delete": {"Objects": [{"Key": "k"}]},
               "ObjectAttributes": ["ETag"], "Policy": '{"Statement": []}'}
    looked_at = 0
    for name in s3_matrix.operations(api):
        shape = api["shapes"].get(api["operations"][name].get("input", {}).get("shape"), {"members": {}})
        if "ExpectedBucketOwner" not in shape["members"]:
            continue
        given = {member: samples.get(member, {}) for member in shape.get("required", [])}
        said = refused(getattr(client, xform_name(name)), **given, ExpectedBucketOwner="111111111111")
        assert said["Code"] in ("AccessDenied", "403"), (name, said)
        looked_at += 1
    assert looked_at > 50


def test_what_is_not_there(s3, bucket):
    for call, more in ((s3.get_object_attributes, {"ObjectAttributes": ["ETag"]}), (s3.get_object_acl, {}), (s3.put_object_acl, {"ACL": "private"})):
        assert refused(call, Bucket=bucket, Key="none", **more)["Code"] == "NoSuchKey"
    for call in (s3.list_objects, s3.list_objects_v2, s3.list_object_versions, s3.list_multipart_uploads):
        assert refused(call, Bucket=bucket + "x")["Code"] == "NoSuchBucket"


def test_conditions_on_the_source_of_a_part(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="source", Body=b"1234")["ETag"]
    at = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"], "PartNumber": 1, "CopySource": f"{bucket}/source"}
    long_ago = datetime.datetime(2015, 10, 21, tzinfo=datetime.timezone.utc)
    for holds, fails in (({"CopySourceIfMatch": etag}, {"CopySourceIfMatch": '"0"'}), ({"CopySourceIfNoneMatch": '"0"'}, {"CopySourceIfNoneMatch": etag}),
                         ({"CopySourceIfModifiedSince": long_ago}, {"CopySourceIfUnmodifiedSince": long_ago})):
        assert s3.upload_part_copy(**at, **holds)["CopyPartResult"]["ETag"] == etag
        assert refused(s3.upload_part_copy, **at, **fails)["Code"] == "PreconditionFailed"


KEPT = {"CacheControl": "no-cache", "ContentDisposition": "inline", "ContentEncoding": "gzip", "ContentLanguage": "de", "ContentType": "text/css",
        "WebsiteRedirectLocation": "/there", "StorageClass": "STANDARD_IA", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "a-key", "Metadata": {"m": "1"}}
EXPIRES = datetime.datetime(2030, 10, 21, 7, 28, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize("way", ["put", "copy", "upload"])
def test_what_a_write_says_is_kept(s3, bucket, way):
    asked = {"Bucket": bucket, "Key": "k", **KEPT, "Expires": EXPIRES, "Tagging": "a=b&c=d", "ACL": "private"}
    if way == "put":
        s3.put_object(**asked, Body=b"x")
    elif way == "copy":
        s3.put_object(Bucket=bucket, Key="source", Body=b"x")
        copied = s3.copy_object(**asked, CopySource=f"{bucket}/source", MetadataDirective="REPLACE", TaggingDirective="REPLACE", ChecksumAlgorithm="SHA256")
        assert copied["CopyObjectResult"]["ChecksumSHA256"]
    else:
        at = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(**asked)["UploadId"]}
        part = s3.upload_part(**at, PartNumber=1, Body=b"x", ContentMD5=base64.b64encode(hashlib.md5(b"x").digest()).decode())
        s3.complete_multipart_upload(**at, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    head = s3.head_object(Bucket=bucket, Key="k")
    assert {name: head[name] for name in KEPT} == KEPT and head["Expires"] == EXPIRES
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId="null")["TagSet"] == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]


@pytest.mark.parametrize("way", ["put", "copy", "upload"])
@pytest.mark.parametrize("member,value,code", [("SSECustomerAlgorithm", "AES256", "NotImplemented"), ("ACL", "everybody", "InvalidArgument"),
                                               ("ObjectLockMode", "GOVERNANCE", "InvalidRequest"), ("ObjectLockRetainUntilDate", EXPIRES, "InvalidRequest"),
                                               ("ObjectLockLegalHoldStatus", "ON", "InvalidRequest"), ("StorageClass", "SHELF", "InvalidStorageClass")])
def test_what_no_write_may_say(s3, bucket, way, member, value, code):
    s3.put_object(Bucket=bucket, Key="source", Body=b"x")
    call, more = {"put": (s3.put_object, {"Body": b""}), "copy": (s3.copy_object, {"CopySource": f"{bucket}/source"}), "upload": (s3.create_multipart_upload, {})}[way]
    assert refused(call, Bucket=bucket, Key="k", **more, **{member: value})["Code"] == code


def test_a_read_may_say_its_headers_and_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="a/k", Body=b"x")["ETag"]
    at = {"Bucket": bucket, "Key": "a/k"}
    got = s3.get_object(**at, ResponseCacheControl="no-store", ResponseContentEncoding="br", ResponseContentLanguage="fr", ResponseExpires=EXPIRES)
    assert (got["CacheControl"], got["ContentEncoding"], got["ContentLanguage"], got["Expires"]) == ("no-store", "br", "fr", EXPIRES)
    long_ago = datetime.datetime(2015, 10, 21, tzinfo=datetime.timezone.utc)
    for fails, status in (({"IfNoneMatch": etag}, "304"), ({"IfUnmodifiedSince": long_ago}, "412"), ({"VersionId": "none"}, "400")):
        assert refused(s3.head_object, **at, **fails)["Code"] == status
    assert s3.head_object(**at, IfModifiedSince=long_ago, VersionId="null")["ETag"] == etag
    assert s3.get_object_attributes(**at, ObjectAttributes=["ETag"], VersionId="null", MaxParts=1, PartNumberMarker=0)["ETag"] == etag.strip('"')
    assert s3.get_object_acl(**at, VersionId="null")["Owner"]["ID"]
    assert s3.list_object_versions(Bucket=bucket, Prefix="a", Delimiter="/")["CommonPrefixes"] == [{"Prefix": "a/"}]
    s3.put_object_tagging(**at, VersionId="null", Tagging={"TagSet": []})
    s3.delete_object_tagging(**at, VersionId="null")
    s3.delete_object(**at, VersionId="null")
    assert refused(s3.head_object, **at)["Code"] == "404"
