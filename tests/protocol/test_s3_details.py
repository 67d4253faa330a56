"""Small print of S3 that client suites check: what is answered, word for word, in the corners."""
import base64
import datetime
import hashlib
import http.client
import re
import socket
import uuid
import zlib

import pytest
from botocore.exceptions import ClientError

from protocol.s3_wire import request


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
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=120)
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
    # A text that looks like a word itself would be read as one if it were given back as it is.
    (b"=?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=", "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?="),
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


def error_of(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]


def test_errors_have_the_members_of_s3s_and_no_more(s3, bucket):
    assert error_of(s3.get_object, Bucket=bucket, Key="absent") == {
        "Code": "NoSuchKey", "Key": "absent", "Message": "The specified key does not exist."}
    assert error_of(s3.list_objects_v2, Bucket="no-such-" + bucket) == {
        "Code": "NoSuchBucket", "BucketName": "no-such-" + bucket, "Message": "The specified bucket does not exist"}
    s3.put_object(Bucket=bucket, Key="k", Body=b"12345678")
    assert error_of(s3.get_object, Bucket=bucket, Key="k", Range="bytes=1024-4096") == {
        "Code": "InvalidRange", "Message": "The requested range is not satisfiable", "ActualObjectSize": "8",
        "RangeRequested": "bytes=1024-4096"}
    assert error_of(s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"') == {
        "Code": "PreconditionFailed", "Condition": "If-Match",
        "Message": "At least one of the pre-conditions you specified did not hold"}
    assert error_of(s3.put_object, Bucket=bucket, Key="k", StorageClass="OUTPOSTS") == {
        "Code": "InvalidStorageClass", "Message": "The storage class you specified is not valid",
        "StorageClassRequested": "OUTPOSTS"}
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    parts = [{"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=b"x")["ETag"]} for n in (2, 1)]
    assert error_of(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts}) == {
        "Code": "InvalidPartOrder", "UploadId": upload["UploadId"],
        "Message": "The list of parts was not in ascending order. Parts must be ordered by part number."}


def conflict(header):
    return {"Code": "ConditionalRequestConflict", "Condition": header, "Key": "k", "Message":
            "The conditional request cannot succeed due to a conflicting operation against this resource."}


def complete(engine, bucket, upload, part, **headers):
    body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part}</ETag></Part></CompleteMultipartUpload>"
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(engine, "POST", f"/{bucket}/k?uploadId={upload}", body.encode(), fields)


def begin(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    return upload, s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]


def test_completions_over_what_changed_meanwhile(engine, s3, bucket):
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    upload, part = begin(s3, bucket)
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["ETag"]
    status, _, text = complete(engine, bucket, upload, part, If_Match=first)
    assert (status, element(text, "Code")) == (412, "PreconditionFailed")
    status, _, text = complete(engine, bucket, upload, part, If_Match=second)
    assert (status, {name: element(text, name) for name in conflict("")}) == (409, conflict("If-Match"))
    upload, part = begin(s3, bucket)
    assert complete(engine, bucket, upload, part, If_Match=second)[0] == 200

    upload, part = begin(s3, bucket)
    assert complete(engine, bucket, upload, part, If_None_Match="*")[0] == 412
    s3.delete_object(Bucket=bucket, Key="k")
    status, _, text = complete(engine, bucket, upload, part, If_None_Match="*")
    assert (status, {name: element(text, name) for name in conflict("")}) == (409, conflict("If-None-Match"))
    assert complete(engine, bucket, upload, part, If_Match=second)[0] == 404
    upload, part = begin(s3, bucket)
    assert complete(engine, bucket, upload, part, If_None_Match="*")[0] == 200


@pytest.mark.parametrize("headers,header,why", [
    ({"If-None-Match": '"x"'}, "If-None-Match", "We don't accept the provided value of If-None-Match header for this API"),
    ({"If-Match": "*"}, "If-Match", "We don't accept the provided value of If-Match header for this API"),
    ({"If-Match": '"x"', "If-None-Match": "*"}, "If-Match,If-None-Match",
     "Multiple conditional request headers present in the request"),
])
def test_conditions_that_writes_do_not_know(engine, bucket, headers, header, why):
    status, _, text = request(engine, "PUT", f"/{bucket}/k", b"x", headers)
    assert (status, element(text, "Code"), element(text, "Header")) == (501, "NotImplemented", header)
    assert element(text, "additionalMessage") == why


def test_a_completion_needs_a_part(engine, s3, bucket):
    upload, _ = begin(s3, bucket)
    status, _, text = request(engine, "POST", f"/{bucket}/k?uploadId={upload}")
    assert (status, element(text, "Code"), element(text, "Message")) == (
        400, "InvalidRequest", "You must specify at least one part")
    status, _, text = request(engine, "POST", f"/{bucket}/k?uploadId={upload}", b"<CompleteMultipartUpload/>")
    assert (status, element(text, "Code")) == (400, "MalformedXML")


def test_a_copy_onto_itself_must_change_something(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    copy = {"Bucket": bucket, "Key": "k", "CopySource": f"{bucket}/k"}
    assert code_of(s3.copy_object, **copy) == "InvalidRequest"
    s3.copy_object(**copy, StorageClass="STANDARD")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.copy_object(**copy)


def test_dates_in_the_future_are_no_condition(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    future = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k", CopySourceIfModifiedSince=future)
    assert s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=future)["Body"].read() == b"x"


def test_ranges_of_part_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    part = {"Bucket": bucket, "Key": "c", "PartNumber": 1, "CopySource": f"{bucket}/k",
            "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]}
    assert error_of(s3.upload_part_copy, **part, CopySourceRange="bytes=0-100") == {
        "Code": "InvalidArgument", "Message": "Range specified is not valid for source object of size: 10",
        "ArgumentName": "x-amz-copy-source-range", "ArgumentValue": "bytes=0-100"}
    assert error_of(s3.upload_part_copy, **part, CopySourceRange="bytes=100-200") == {
        "Code": "InvalidRequest", "Message": "The specified copy range is invalid for the source object size"}


def test_a_token_overrules_start_after(s3, bucket):
    for n in range(5):
        s3.put_object(Bucket=bucket, Key=f"k{n}")
    token = s3.list_objects_v2(Bucket=bucket, MaxKeys=2)["NextContinuationToken"]
    page = s3.list_objects_v2(Bucket=bucket, StartAfter="k3", ContinuationToken=token)
    assert [o["Key"] for o in page["Contents"]] == ["k2", "k3", "k4"] and "StartAfter" not in page


def test_tags_in_headers_and_of_absent_objects(engine, s3, bucket):
    for text in ("key1=val1&key1=val2", "key1=val1,key2=val2", "key=%FF", "%C3=val"):
        assert error_of(s3.put_object, Bucket=bucket, Key="k", Tagging=text) == {
            "Code": "InvalidArgument", "ArgumentName": "x-amz-tagging", "ArgumentValue": text, "Message":
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
            "duplicates."}
    assert error_of(s3.get_object_tagging, Bucket=bucket, Key="k")["Key"] == f"{bucket}/k"
    assert error_of(s3.delete_object_tagging, Bucket=bucket, Key="k")["Key"] == "k"
    s3.put_object(Bucket=bucket, Key="k")
    system = tags(("aws:prefixed", "v"))
    assert error_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=system)["Message"] == \
        "Your TagKey cannot be prefixed with aws:"
    assert error_of(s3.put_bucket_tagging, Bucket=bucket, Tagging=system)["Message"] == \
        "System tags cannot be added/updated by requester"


def test_bytes_that_are_no_text_are_told_readably(engine, bucket):
    """XML has none of them: a reader would take nothing of the answer."""
    for path, status in ((f"/{bucket}?list-type=2&prefix=%FF", 200), (f"/{bucket}?uploads&delimiter=%C3", 200), ("/%FF", 400)):
        found = request(engine, "GET", path)
        assert found[0] == status and "\ufffd" in found[2].decode(), found
    found = request(engine, "PUT", f"/{bucket}/k", b"", {"x-amz-storage-class": "\xff"})  # signed as if it were UTF-8
    assert found[0] == 403 and "x-amz-storage-class:\ufffd" in found[2].decode()


def test_there_is_no_lock_to_bypass(s3, bucket):
    expected = {"Code": "InvalidArgument", "ArgumentName": "x-amz-bypass-governance-retention", "Message":
                "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets."}
    assert error_of(s3.delete_object, Bucket=bucket, Key="k", BypassGovernanceRetention=True) == expected
    assert error_of(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": "k"}]},
                    BypassGovernanceRetention=True) == expected


def test_object_ownership(engine, s3):
    name = "details-" + uuid.uuid4().hex[:8]
    status, _, text = request(engine, "PUT", f"/{name}", b"", {"x-amz-object-ownership": "RandomValue"})
    assert (status, element(text, "Message")) == (400, "Invalid x-amz-object-ownership header: RandomValue")
    assert request(engine, "PUT", f"/{name}", b"", {"x-amz-object-ownership": "BucketOwnerPreferred"})[0] == 200

    def rules():
        return s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"]
    assert rules() == [{"ObjectOwnership": "BucketOwnerPreferred"}]
    one = {"ObjectOwnership": "ObjectWriter"}
    for bad in ([one, one], [{"ObjectOwnership": "Other"}], []):
        assert code_of(s3.put_bucket_ownership_controls, Bucket=name, OwnershipControls={"Rules": bad}) == "MalformedXML"
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [one]})
    assert rules() == [one]


def test_default_encryption_is_checked(s3, bucket):
    def rule(**default):
        return {"ApplyServerSideEncryptionByDefault": default}
    kms, mixed = rule(SSEAlgorithm="aws:kms"), rule(SSEAlgorithm="AES256", KMSMasterKeyID="k")

    def put(*rules):
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": list(rules)})
    for bad, code in (([], "MalformedXML"), ([kms, kms], "MalformedXML"), ([mixed], "InvalidArgument")):
        with pytest.raises(ClientError) as caught:
            put(*bad)
        assert caught.value.response["Error"]["Code"] == code
    put(kms)


@pytest.mark.parametrize("policy,message", [
    ("", "Policies must be valid JSON and the first byte must be '{'"),
    ("random", "Policies must be valid JSON and the first byte must be '{'"),
    ("{}", "Missing required field Statement"),
])
def test_policies_are_checked(engine, bucket, policy, message):
    status, _, text = request(engine, "PUT", f"/{bucket}?policy", policy.encode())
    assert (status, element(text, "Code"), element(text, "Message")) == (400, "MalformedPolicy", message)


def test_listings_of_uploads_say_where_they_end(s3, bucket):
    empty = s3.list_multipart_uploads(Bucket=bucket)
    assert (empty["NextKeyMarker"], empty["NextUploadIdMarker"], empty["IsTruncated"]) == ("", "", False)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    page = s3.list_multipart_uploads(Bucket=bucket)
    assert (page["NextKeyMarker"], page["NextUploadIdMarker"], page["IsTruncated"]) == ("k", upload, False)
    s3.create_multipart_upload(Bucket=bucket, Key="folder/k")
    page = s3.list_multipart_uploads(Bucket=bucket, Prefix="fold", Delimiter="/")
    assert (page["NextKeyMarker"], page["NextUploadIdMarker"]) == ("", "")
    assert error_of(s3.list_multipart_uploads, Bucket=bucket, KeyMarker="folder/k", UploadIdMarker=upload) == {
        "Code": "InvalidArgument", "Message": "Invalid uploadId marker", "ArgumentName": "upload-id-marker",
        "ArgumentValue": upload}


def test_headers_of_buckets(engine, bucket):
    assert request(engine, "GET", f"/{bucket}/absent")[1]["server"] == "AmazonS3"
    _, headers, _ = request(engine, "HEAD", f"/{bucket}")
    assert (headers["content-type"], headers["x-amz-access-point-alias"]) == ("application/xml", "false")
    for path in (f"/{bucket}", f"/{bucket}?list-type=2"):
        assert request(engine, "GET", path)[1]["x-amz-bucket-region"] == "us-east-1"


def test_the_location_of_a_bucket_elsewhere_is_a_url(engine):
    name = "details-" + uuid.uuid4().hex[:8]
    s3 = engine.client("s3", region_name="eu-west-1")
    made = s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert re.fullmatch(f"http://{name}\\.[a-z0-9.]+(:[0-9]+)?/", made["Location"])


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
    with socket.create_connection(("127.0.0.1", engine.port), timeout=120) as connection:
        connection.sendall(f"PUT /{bucket}/k HTTP/1.1\r\nHost: localhost\r\nExpect: {expect}\r\nContent-Length: 3\r\n"
                           "Connection: close\r\n\r\nabc".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_key_that_is_no_text_is_refused_in_text(engine, bucket):
    status, _, text = request(engine, "GET", f"/{bucket}/%ff", sign=False)
    assert status == 400 and element(text, "Code") == "InvalidArgument"
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
