"""Bad input gets a clear error and loses nothing: what a client can get wrong, said in AWS's words."""
import base64
import datetime
import hashlib
import json
import socket
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError


def send(engine, method, path, body=b"", headers=None):
    request = urllib.request.Request(engine.endpoint + path, data=body or None, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def code_of(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def raw(engine, data, seconds=10):
    """Sends bytes, returns all that comes back until the engine closes or is silent."""
    with socket.create_connection(("127.0.0.1", engine.port), timeout=seconds) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused while we were still sending: the answer may be there all the same
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer


def test_a_wrong_secret_is_refused(engine):
    assert code_of(engine.client("s3", aws_secret_access_key="wrong").list_buckets) == ("SignatureDoesNotMatch", 403)
    assert code_of(engine.client("sts", aws_secret_access_key="wrong").get_caller_identity)[0] == "SignatureDoesNotMatch"
    assert code_of(engine.client("stepfunctions", aws_secret_access_key="wrong").list_state_machines)[0] == "InvalidSignatureException"


def test_an_unknown_key_is_accepted_on_loopback(engine):
    assert "Buckets" in engine.client("s3", aws_access_key_id="AKIAUNKNOWN", aws_secret_access_key="any").list_buckets()


def test_an_unsigned_request_is_accepted_on_loopback(engine):
    assert send(engine, "GET", "/")[0] == 200


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_off_by_more_than_15_minutes_is_refused(engine, monkeypatch, minutes):
    import botocore.auth

    class Shifted(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)

    class Module:
        timedelta = datetime.timedelta
        datetime = Shifted

    request = AWSRequest(method="GET", url=engine.endpoint + "/", headers={})
    with monkeypatch.context() as patched:
        patched.setattr(botocore.auth, "datetime", Module)
        S3SigV4Auth(Credentials("test", "test"), "s3", "us-east-1").add_auth(request)
    status, text = send(engine, "GET", "/", headers=dict(request.headers.items()))
    assert status == 403 and "RequestTimeTooSkewed" in text, text


def test_a_changed_body_is_refused(engine):
    request = AWSRequest(method="POST", url=engine.endpoint + "/", data=b"Action=GetCallerIdentity&Version=2011-06-15",
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials("test", "test"), "sts", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    good, _ = send(engine, "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", headers)
    bad, text = send(engine, "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-16", headers)
    assert good == 200
    assert bad == 403 and "SignatureDoesNotMatch" in text


def test_a_header_of_10_mb(engine):
    answer = raw(engine, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 10_000_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_truncated_chunked_body_stores_nothing(engine, bucket):
    raw(engine, f"PUT /{bucket}/cut HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel".encode())
    assert code_of(engine.client("s3").head_object, Bucket=bucket, Key="cut")[1] == 404


def test_a_body_shorter_than_announced_stores_nothing(engine, bucket):
    raw(engine, f"PUT /{bucket}/short HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly this".encode())
    assert code_of(engine.client("s3").head_object, Bucket=bucket, Key="short")[1] == 404


@pytest.mark.parametrize("header, code", [
    ({"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "BadDigest"),
    ({"Content-MD5": "no md5"}, "InvalidDigest"),
    ({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
    ({"x-amz-checksum-sha256": "A" * 43 + "="}, "BadDigest"),
])
def test_a_wrong_checksum_stores_nothing(engine, bucket, header, code):
    status, text = send(engine, "PUT", f"/{bucket}/sum", b"bytes", header)
    assert status == 400 and f"<Code>{code}</Code>" in text, text
    assert code_of(engine.client("s3").head_object, Bucket=bucket, Key="sum")[1] == 404


def md5_of(body):
    return {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}


def test_an_xml_bomb(engine, bucket):
    bomb = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)) + "]>"
    bomb += "<Delete><Object><Key>&j;</Key></Object></Delete>"
    status, text = send(engine, "POST", f"/{bucket}?delete", bomb.encode(), md5_of(bomb.encode()))
    assert status == 400 and "<Code>MalformedXML</Code>" in text


def test_deep_xml(engine, bucket):
    deep = b"<a>" * 100_000
    status, text = send(engine, "POST", f"/{bucket}?delete", deep, md5_of(deep))
    assert status == 400 and "<Code>MalformedXML</Code>" in text


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 200_000, b"{", b"null x", b"\xff\xfe"])
def test_deep_and_malformed_json(engine, body):
    status, text = send(engine, "POST", "/", body, {"X-Amz-Target": "AWSStepFunctions.ListStateMachines",
                                                    "Content-Type": "application/x-amz-json-1.0"})
    assert status == 400 and "SerializationException" in text


def test_a_wrong_type_in_json(engine):
    status, text = send(engine, "POST", "/", b'{"maxResults": "many"}', {
        "X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Type": "application/x-amz-json-1.0"})
    assert status == 400 and "SerializationException" in text


def test_what_does_not_exist_is_named(engine):
    assert code_of(engine.client("s3").list_objects_v2, Bucket="no-such-bucket-anywhere") == ("NoSuchBucket", 404)
    assert code_of(engine.client("lambda").invoke, FunctionName="no-such-function") == ("ResourceNotFoundException", 404)
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:none"
    assert code_of(engine.client("stepfunctions").start_execution, stateMachineArn=machine)[0] == "StateMachineDoesNotExist"


def test_an_operation_we_lack_is_named(engine):
    for target, kind in (("AWSStepFunctions.FlyToTheMoon", "1.0"), ("Logs_20140328.FlyToTheMoon", "1.1")):
        status, text = send(engine, "POST", "/", b"{}", {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{kind}"})
        assert status in (400, 404, 501) and "FlyToTheMoon" in text, text
    status, text = send(engine, "POST", "/", b"Action=FlyToTheMoon&Version=2010-05-08",
                        {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 400 and "<Code>InvalidAction</Code>" in text and "FlyToTheMoon" in text


@pytest.mark.parametrize("definition, words", [
    ("no json", "INVALID_JSON_DESCRIPTION"),
    ({"States": {}}, "SCHEMA_VALIDATION_FAILED"),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "MISSING_TRANSITION_TARGET"),
    ({"StartAt": "X", "States": {"A": {"Type": "Pass", "End": True}}}, "MISSING_TRANSITION_TARGET"),
    ({"StartAt": "A", "States": {"A": {"Type": "Teleport", "End": True}}}, "SCHEMA_VALIDATION_FAILED"),
])
def test_a_definition_that_does_not_validate(engine, definition, words):
    text = definition if isinstance(definition, str) else json.dumps(definition)
    with pytest.raises(ClientError) as caught:
        engine.client("stepfunctions").create_state_machine(name="bad-" + uuid.uuid4().hex[:8], definition=text,
                                                            roleArn="arn:aws:iam::000000000000:role/states")
    assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
    assert words in caught.value.response["Error"]["Message"]
