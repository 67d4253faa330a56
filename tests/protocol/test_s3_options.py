"""Members of S3's requests that SDKs send of themselves or that people set seldom: digests of documents, ACLs by name, part checksums."""
import base64
import datetime
import hashlib
import json
import zlib

import pytest
from botocore.exceptions import ClientError

from protocol.s3_wire import request
from protocol.test_s3_answers import element, refused

MIB = 1 << 20
TAGS = {"TagSet": [{"Key": "a", "Value": "b"}]}
CORS = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
OWNERSHIP = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
KEY = base64.b64encode(b"k" * 32).decode()
KEY_MD5 = base64.b64encode(hashlib.md5(b"k" * 32).digest()).decode()


def policy(bucket):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "s3:GetObject",
                                                               "Resource": f"arn:aws:s3:::{bucket}/*"}]})


# Operation, what it puts, and whether botocore's model lets an algorithm be named.
DOCUMENTS = {
    "put_bucket_versioning": lambda bucket: {"VersioningConfiguration": {"Status": "Suspended"}},
    "put_bucket_acl": lambda bucket: {"ACL": "private"},
    "put_bucket_tagging": lambda bucket: {"Tagging": TAGS},
    "put_bucket_policy": lambda bucket: {"Policy": policy(bucket)},
    "put_bucket_cors": lambda bucket: {"CORSConfiguration": CORS},
    "put_bucket_encryption": lambda bucket: {"ServerSideEncryptionConfiguration": ENCRYPTION},
    "put_public_access_block": lambda bucket: {"PublicAccessBlockConfiguration": BLOCK},
    "put_bucket_ownership_controls": lambda bucket: {"OwnershipControls": OWNERSHIP},
    "put_object_acl": lambda bucket: {"Key": "k", "ACL": "private"},
    "put_object_tagging": lambda bucket: {"Key": "k", "Tagging": TAGS},
}
ONLY_MD5 = {"put_bucket_ownership_controls"}


def digest_of(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


@pytest.mark.parametrize("operation", DOCUMENTS)
def test_a_documents_digest_is_checked(s3, bucket, operation):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    arguments = {"Bucket": bucket, **DOCUMENTS[operation](bucket)}
    call = getattr(s3, operation)
    assert refused(call, **arguments, ContentMD5=digest_of(b"other"))["Code"] == "BadDigest"
    assert refused(call, **arguments, ContentMD5="bm90IGEgZGlnZXN0")["Code"] == "InvalidDigest"
    assert call(**arguments)["ResponseMetadata"]["HTTPStatusCode"] in (200, 204)


@pytest.mark.parametrize("operation", [name for name in DOCUMENTS if name not in ONLY_MD5])
@pytest.mark.parametrize("algorithm", ["CRC32", "SHA256"])
def test_a_documents_algorithm_may_be_named(s3, bucket, operation, algorithm):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    arguments = {"Bucket": bucket, **DOCUMENTS[operation](bucket)}
    answer = getattr(s3, operation)(**arguments, ChecksumAlgorithm=algorithm)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in (200, 204)


@pytest.mark.parametrize("path, body", [("?tagging", b"<Tagging><TagSet/></Tagging>"), ("?acl", b""), ("?versioning", b"<VersioningConfiguration/>"),
                                        ("?cors", b"<CORSConfiguration/>"), ("/k?tagging", b"<Tagging><TagSet/></Tagging>")])
def test_a_documents_wrong_checksum_is_refused(engine, s3, bucket, path, body):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    wrong = base64.b64encode(zlib.crc32(b"other").to_bytes(4, "big")).decode()
    headers = {"x-amz-checksum-crc32": wrong, "x-amz-sdk-checksum-algorithm": "CRC32", **({"x-amz-acl": "private"} if path == "?acl" else {})}
    status, _, text = request(engine, "PUT", f"/{bucket}{path}", body, headers)
    assert (status, element(text, "Code")) == (400, "BadDigest"), text


def test_a_bucket_may_be_made_with_an_acls_name(s3, bucket):
    s3.create_bucket(Bucket=bucket + "-private", ACL="private")
    assert len(s3.get_bucket_acl(Bucket=bucket + "-private")["Grants"]) == 1
    assert refused(s3.create_bucket, Bucket=bucket + "-no", ACL="no-such-acl")["Code"] == "InvalidArgument"
    assert refused(s3.head_bucket, Bucket=bucket + "-no")["Code"] == "404"
    # ACLs are disabled: a name that is one is taken, and opens nothing (docs/differences.md).
    s3.create_bucket(Bucket=bucket + "-public", ACL="public-read")
    assert len(s3.get_bucket_acl(Bucket=bucket + "-public")["Grants"]) == 1


def test_a_lock_that_nothing_would_keep_is_refused(s3, bucket):
    """A bucket that said it locks objects and did not would lose what somebody relies on."""
    assert refused(s3.create_bucket, Bucket=bucket + "-locked", ObjectLockEnabledForBucket=True)["Code"] == "NotImplemented"
    assert refused(s3.head_bucket, Bucket=bucket + "-locked")["Code"] == "404"
    s3.create_bucket(Bucket=bucket + "-free", ObjectLockEnabledForBucket=False)


def test_acls_by_name(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")["Code"] == "AccessControlListNotSupported"
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="private", VersionId="null")
    assert refused(s3.put_object_acl, Bucket=bucket, Key="k", ACL="private", VersionId="3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY")["Code"] in (
        "InvalidArgument", "NoSuchVersion")


def test_a_copy_of_what_was_not_written_since(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    written = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    copy = {"Bucket": bucket, "Key": "c", "CopySource": f"{bucket}/k"}
    assert refused(s3.copy_object, **copy, CopySourceIfUnmodifiedSince=written - datetime.timedelta(hours=1))["Code"] == "PreconditionFailed"
    s3.copy_object(**copy, CopySourceIfUnmodifiedSince=written + datetime.timedelta(seconds=1))
    # As RFC 9110 has it for If-Match: where that holds, the date does not count.
    etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    s3.copy_object(**copy, CopySourceIfMatch=etag, CopySourceIfUnmodifiedSince=written - datetime.timedelta(hours=1))


def test_keys_of_the_clients_are_refused_wherever_they_are_given(s3, bucket):
    """An object that seems encrypted and is not would be a lie."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY, "SSECustomerKeyMD5": KEY_MD5}
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    of_upload = {"Bucket": bucket, "Key": "m", "UploadId": upload}
    part = s3.upload_part(**of_upload, PartNumber=1, Body=b"x")
    calls = [
        (s3.put_object, {"Bucket": bucket, "Key": "p", "Body": b"x"}),
        (s3.get_object, {"Bucket": bucket, "Key": "k"}),
        (s3.head_object, {"Bucket": bucket, "Key": "k"}),
        (s3.upload_part, {**of_upload, "PartNumber": 1, "Body": b"y"}),
        (s3.upload_part_copy, {**of_upload, "PartNumber": 2, "CopySource": f"{bucket}/k"}),
        (s3.list_parts, of_upload),
        (s3.complete_multipart_upload, {**of_upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}),
    ]
    for call, arguments in calls:
        with pytest.raises(ClientError) as caught:
            call(**arguments, **customer)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 501), call.__name__
    s3.complete_multipart_upload(**of_upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.get_object(Bucket=bucket, Key="m")["Body"].read() == b"x"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_many_deletes_with_an_algorithm(s3, bucket, algorithm):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]}, ChecksumAlgorithm=algorithm)
    assert [one["Key"] for one in answer["Deleted"]] == ["k"]


# Of nine digits "123456789": the check values that the catalogue of CRCs and FIPS 180 give.
CHECKS = {"CRC32": (0xCBF43926).to_bytes(4, "big"), "CRC32C": (0xE3069283).to_bytes(4, "big"),
          "SHA1": hashlib.sha1(b"123456789").digest(), "SHA256": hashlib.sha256(b"123456789").digest()}


@pytest.mark.parametrize("algorithm", CHECKS)
def test_parts_with_checksums(engine, s3, bucket, algorithm):
    name = "Checksum" + algorithm
    value = base64.b64encode(CHECKS[algorithm]).decode()
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm)["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=b"123456789", **{name: value})
    assert part[name] == value
    assert refused(s3.upload_part, **upload, PartNumber=2, Body=b"another", **{name: value})["Code"] == "BadDigest"
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], name: value}]}
    whole = base64.b64encode(combined(algorithm, CHECKS[algorithm])).decode() + "-1"
    wrong = base64.b64encode(combined(algorithm, CHECKS[algorithm][::-1])).decode() + "-1"
    assert refused(s3.complete_multipart_upload, **upload, MultipartUpload=parts, **{name: wrong})["Code"] == "BadDigest"
    assert s3.complete_multipart_upload(**upload, MultipartUpload=parts, **{name: whole})[name] == whole
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[name] == whole


def combined(algorithm, digest):
    """The checksum of the parts' checksums; that of CRC32C by its polynomial, for Python has none."""
    if algorithm == "CRC32":
        return zlib.crc32(digest).to_bytes(4, "big")
    if algorithm != "CRC32C":
        return hashlib.new(algorithm.lower(), digest).digest()
    crc = 0xFFFFFFFF
    for byte in digest:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "big")


def test_a_parts_algorithm_may_be_named(s3, bucket):
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")["UploadId"]}
    part = s3.upload_part(**upload, PartNumber=1, Body=b"123456789", ChecksumAlgorithm="SHA256")
    assert part["ChecksumSHA256"] == base64.b64encode(CHECKS["SHA256"]).decode()
