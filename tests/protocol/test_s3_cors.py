"""A bucket's CORS configuration, evaluated as S3 does it: preflights, answers, errors. What was recorded on AWS is in
localstack's tests/aws/services/s3/test_s3_cors.snapshot.json."""
import http.client
import urllib.parse

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

PAGE = "https://app.example"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
NOT_ALLOWED = (b"<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
               b"Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's "
               b"CORS spec.</Message>")


def ask(engine, method, target, headers=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=30)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def preflight(engine, target, origin=PAGE, method="PUT", headers=None):
    asked = {"Access-Control-Request-Headers": headers} if headers else {}
    return ask(engine, "OPTIONS", target, {"Origin": origin, "Access-Control-Request-Method": method, **asked})


def cors_of(headers):
    return {name: value for name, value in headers.items() if name.startswith("access-control-") or name == "vary"}


def path_of(url):
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def shared_bucket(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"test-cors")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": [PAGE], "AllowedMethods": ["GET", "PUT", "POST"], "AllowedHeaders": ["x-amz-*", "Content-Type"],
         "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]}]})
    return bucket


def test_preflights_are_answered_by_the_first_rule_that_fits(engine, shared_bucket):
    status, headers, body = preflight(engine, f"/{shared_bucket}/new", headers="X-Amz-Meta-A, content-type")
    assert (status, body) == (200, b"") and headers["server"] == "AmazonS3"
    assert cors_of(headers) == {
        "access-control-allow-origin": PAGE, "access-control-allow-methods": "GET, PUT, POST",
        "access-control-allow-headers": "x-amz-meta-a, content-type", "access-control-expose-headers": "ETag",
        "access-control-max-age": "3000", "access-control-allow-credentials": "true", "vary": VARY}
    status, headers, _ = preflight(engine, f"/{shared_bucket}/new", "https://anybody.example", "HEAD")
    assert status == 200
    assert cors_of(headers) == {"access-control-allow-origin": "*", "access-control-allow-methods": "HEAD", "vary": VARY}
    by_host = ask(engine, "OPTIONS", "/new", {"Host": f"{shared_bucket}.localhost:{engine.port}", "Origin": PAGE,
                                              "Access-Control-Request-Method": "PUT"})
    assert by_host[0] == 200 and by_host[1]["access-control-allow-origin"] == PAGE


def test_preflights_that_no_rule_fits_are_refused(engine, shared_bucket):
    for origin, method, headers in (("https://app.example.evil", "PUT", None), (PAGE, "DELETE", None), (PAGE, "PUT", "authorization"),
                                    ("http://app.example", "GET", None), ("null", "PUT", None), ("http://localhost:3000", "PUT", None)):
        status, answered, body = preflight(engine, f"/{shared_bucket}/k", origin, method, headers)
        assert status == 403 and NOT_ALLOWED in body and not cors_of(answered), (origin, method, headers)
        assert f"<Method>{method}</Method><ResourceType>OBJECT</ResourceType>".encode() in body
    assert b"<ResourceType>BUCKET</ResourceType>" in preflight(engine, f"/{shared_bucket}", "https://evil.example", "PUT")[2]


def test_preflights_without_a_configuration(engine, bucket):
    status, _, body = preflight(engine, f"/{bucket}")
    assert status == 403 and b"<Message>CORSResponse: CORS is not enabled for this bucket.</Message><Method>PUT</Method>" in body
    status, _, body = ask(engine, "OPTIONS", f"/{bucket}", {"Origin": PAGE})
    assert status == 403 and b"CORS is not enabled for this bucket.</Message><Method>OPTIONS</Method><ResourceType>BUCKET" in body
    status, _, body = ask(engine, "OPTIONS", f"/{bucket}")
    assert status == 400 and b"<Code>BadRequest</Code><Message>Insufficient information. Origin request header needed." in body
    status, _, body = ask(engine, "OPTIONS", "/no-such-bucket-here/k", {"Origin": PAGE})
    assert status == 403 and b"<Message>CORSResponse: Bucket not found</Message><Method>OPTIONS</Method>" in body


def test_a_preflight_names_its_method(engine, shared_bucket):
    status, _, body = ask(engine, "OPTIONS", f"/{shared_bucket}/k", {"Origin": PAGE})
    assert status == 400 and b"<Message>Invalid Access-Control-Request-Method: null</Message>" in body


def test_a_page_reads_answers_and_errors(engine, s3, shared_bucket):
    expected = {"access-control-allow-origin": PAGE, "access-control-allow-methods": "GET, PUT, POST", "access-control-expose-headers": "ETag",
                "access-control-max-age": "3000", "access-control-allow-credentials": "true", "vary": VARY}
    get = path_of(s3.generate_presigned_url("get_object", Params={"Bucket": shared_bucket, "Key": "k"}))
    status, headers, body = ask(engine, "GET", get, {"Origin": PAGE})
    assert (status, body, cors_of(headers)) == (200, b"test-cors", expected)
    status, headers, body = ask(engine, "GET", get.replace("Signature=", "Signature=x"), {"Origin": PAGE})
    assert status == 403 and b"SignatureDoesNotMatch" in body and cors_of(headers) == expected
    missing = path_of(s3.generate_presigned_url("get_object", Params={"Bucket": shared_bucket, "Key": "absent"}))
    status, headers, body = ask(engine, "GET", missing, {"Origin": PAGE})
    assert status == 404 and b"NoSuchKey" in body and cors_of(headers) == expected
    # What the request says its preflight asked is looked at too (recorded on AWS).
    status, headers, _ = ask(engine, "GET", get, {"Origin": "http://localhost:3000", "Access-Control-Request-Headers": "x-other"})
    assert status == 200 and not cors_of(headers)
    assert not cors_of(ask(engine, "GET", get)[1])


def test_a_page_uploads_by_presigned_urls(engine, s3, shared_bucket):
    signer = engine.client("s3", config=Config(signature_version="s3v4"))
    put = path_of(signer.generate_presigned_url("put_object", Params={"Bucket": shared_bucket, "Key": "up"}))
    status, headers, _ = ask(engine, "PUT", put, {"Origin": PAGE}, b"from a page")
    assert status == 200 and headers["access-control-allow-origin"] == PAGE
    assert s3.get_object(Bucket=shared_bucket, Key="up")["Body"].read() == b"from a page"
    start = path_of(signer.generate_presigned_url("create_multipart_upload", Params={"Bucket": shared_bucket, "Key": "parts"}))
    status, headers, body = ask(engine, "POST", start, {"Origin": PAGE})
    assert status == 200 and b"<UploadId>" in body and headers["access-control-allow-origin"] == PAGE


def test_configurations_are_checked(s3, bucket):
    for rule, code, words in (
            ({"AllowedOrigins": ["*"], "AllowedMethods": ["MYMETHOD"]}, "InvalidRequest",
             "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD"),
            ({"AllowedOrigins": ["http://*.*"], "AllowedMethods": ["GET"]}, "InvalidRequest", "can not have more than one wildcard."),
            ({"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["x-*"]}, "InvalidRequest", "contains wildcard"),
            ({"AllowedOrigins": [], "AllowedMethods": ["GET"]}, "MalformedXML", "")):
        with pytest.raises(ClientError) as refused:
            s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
        assert refused.value.response["Error"]["Code"] == code and words in refused.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as refused:
        s3.get_bucket_cors(Bucket=bucket)
    assert refused.value.response["Error"]["Code"] == "NoSuchCORSConfiguration"


def test_rules_survive_a_restart_and_end_with_their_deletion(own_engine):
    engine = own_engine()
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_cors(Bucket="kept", CORSConfiguration={"CORSRules": [{"AllowedOrigins": [PAGE], "AllowedMethods": ["PUT"]}]})
    engine.kill()
    engine.start()
    assert preflight(engine, "/kept/k")[0] == 200
    engine.client("s3").delete_bucket_cors(Bucket="kept")
    assert b"CORS is not enabled for this bucket." in preflight(engine, "/kept/k")[2]
    engine.kill()
    engine.start()
    assert preflight(engine, "/kept/k")[0] == 403
