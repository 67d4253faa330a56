"""Where authentication is required, what everybody knows opens nothing; and a signature is for the service it was made for."""
import base64
import hashlib
import http.client
import json
import os
import re
import stat
import subprocess
import time
import urllib.parse

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from conftest import PROGRAM, Engine

CLOSED = [pytest.param(["--require-authentication"], id="asked for"), pytest.param(["--host", "0.0.0.0"], id="other addresses")]
NO_KEYS = {name: "" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "CUMULET_ROOT_ACCESS_KEY_ID",
                                 "CUMULET_ROOT_SECRET_ACCESS_KEY", "CUMULET_DATA")}


def ask(engine, target, headers=None, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=30)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def key_of(engine):
    text = (engine.data / "root-credentials").read_text()
    return re.search(r"^aws_access_key_id = (AKIA[A-Z2-7]{16})$", text, re.M).group(1), re.search(
        r"^aws_secret_access_key = (\S{40})$", text, re.M).group(1)


def as_root(engine):
    key, secret = key_of(engine)
    return {"aws_access_key_id": key, "aws_secret_access_key": secret}


@pytest.fixture
def closed(own_engine):
    def start(arguments):
        engine = own_engine(arguments, NO_KEYS)
        engine.endpoint = engine.endpoint.replace("0.0.0.0", "127.0.0.1")
        return engine
    return start


@pytest.mark.parametrize("arguments", CLOSED)
def test_the_well_known_key_is_none(closed, arguments):
    engine = closed(arguments)
    for service, call, code in (("sts", "get_caller_identity", "InvalidClientTokenId"), ("s3", "list_buckets", "InvalidAccessKeyId"),
                                ("lambda", "list_functions", "UnrecognizedClientException"), ("sqs", "list_queues", None)):
        with pytest.raises(ClientError) as refused:
            getattr(engine.client(service), call)()
        assert code in (None, refused.value.response["Error"]["Code"])
        getattr(engine.client(service, **as_root(engine)), call)()
        with pytest.raises(ClientError):
            getattr(engine.client(service, aws_access_key_id=key_of(engine)[0]), call)()
    assert ask(engine, "/")[0] == 403


def test_the_key_is_kept_and_private(closed):
    engine = closed(["--require-authentication"])
    file = engine.data / "root-credentials"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(file) in engine.ready_lines[2] and key_of(engine)[1] not in "".join(engine.ready_lines) + engine.log_text()
    before = key_of(engine)
    engine.kill()
    file.chmod(0o644)
    (engine.data / "root-credentials.new").write_text("half")  # as a kill could leave it
    engine.start()
    assert key_of(engine) == before and stat.S_IMODE(file.stat().st_mode) == 0o600
    engine.client("sts", **as_root(engine)).get_caller_identity()
    # It is a shared credentials file, as other clients read it.
    session = boto3.session.Session
    os.environ["AWS_SHARED_CREDENTIALS_FILE"], kept = str(file), os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    try:
        found = session().get_credentials()
        if not os.environ.get("AWS_ACCESS_KEY_ID"):
            assert (found.access_key, found.secret_key) == before
    finally:
        os.environ.pop("AWS_SHARED_CREDENTIALS_FILE")
        if kept:
            os.environ["AWS_SHARED_CREDENTIALS_FILE"] = kept
    engine.stop()
    file.write_text("nothing\n")
    with pytest.raises(RuntimeError, match="holds no access key; delete it"):
        engine.start()
    file.unlink()
    engine.start()
    assert key_of(engine) != before


def test_no_key_is_made_where_none_is_needed(own_engine):
    engine = own_engine(environment=NO_KEYS)
    assert not (engine.data / "root-credentials").exists() and not any(line.startswith("Root key") for line in engine.ready_lines)
    assert len(engine.ready_lines) == 3
    engine.client("sts").get_caller_identity()


def test_commands_find_the_key(closed, user):
    folder = user.make_folder()
    engine = closed(["--require-authentication"])
    where = {**NO_KEYS, "CUMULET_DATA": str(engine.data)}
    status = engine.run("status", environment=where)
    assert "functions   0" in status.stdout and "(" + "InvalidClientTokenId" not in status.stdout
    exported = engine.run("env", environment=where).stdout
    assert f"AWS_ACCESS_KEY_ID='{key_of(engine)[0]}'" in exported and f"AWS_SECRET_ACCESS_KEY='{key_of(engine)[1]}'" in exported
    template = folder / "t.yaml"
    template.write_text("Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: jobs}\n")
    assert "created" in engine.run("deploy", template, environment=where).stdout
    assert re.search(r"jobs +0 visible", engine.run("status", environment=where).stdout)  # from the metrics, which need the key
    assert "jobs" in engine.run("aws", "sqs", "list-queues", environment=where).stdout
    refused = engine.run("status", environment=NO_KEYS | {"CUMULET_DATA": str(folder)}, check=False)
    assert refused.returncode == 1 and "does not take the access key test: point CUMULET_DATA" in refused.stderr
    # The default folder needs no variable.
    home = {**NO_KEYS, "XDG_DATA_HOME": str(folder)}
    (folder / "cumulet").symlink_to(engine.data)
    assert "functions   0" in engine.run("status", environment=home).stdout


def test_a_chosen_key_goes_before(own_engine):
    chosen = {**NO_KEYS, "CUMULET_ROOT_ACCESS_KEY_ID": "AKIDROOT", "CUMULET_ROOT_SECRET_ACCESS_KEY": "very-secret"}
    engine = own_engine(["--require-authentication"], chosen)
    assert not (engine.data / "root-credentials").exists()
    engine.client("sts", aws_access_key_id="AKIDROOT", aws_secret_access_key="very-secret").get_caller_identity()
    assert "functions   0" in engine.run("status", environment=chosen).stdout
    for secret in ("test",):
        refused = subprocess.run([PROGRAM, "up", "--port", "0", "--ephemeral", "--require-authentication"], capture_output=True, text=True,
                                 timeout=20, env={**os.environ, **chosen, "CUMULET_ROOT_SECRET_ACCESS_KEY": secret})
        assert refused.returncode == 1 and "everybody knows it" in refused.stderr


def test_an_ephemeral_engine_has_a_key_too():
    engine = Engine(arguments=["--require-authentication"], environment=NO_KEYS).start()
    try:
        folder = re.search(r"CUMULET_DATA=(\S+)", engine.ready_lines[2]).group(1)
        assert "functions   0" in engine.run("status", environment={**NO_KEYS, "CUMULET_DATA": folder}).stdout
        assert engine.stop() == 0
        assert not os.path.exists(folder)
    finally:
        engine.discard()


@pytest.mark.parametrize("arguments", CLOSED)
def test_pages_beside_aws_need_a_key(closed, arguments):
    engine = closed(arguments)
    key, secret = key_of(engine)
    engine.client("sqs", **as_root(engine)).create_queue(QueueName="confidential-name")
    assert ask(engine, "/_cumulet/live") == (200, b"ok")
    assert ask(engine, "/_cumulet/health")[0] == 200
    basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
    status, text = ask(engine, "/_cumulet/metrics", {"Authorization": f"Basic {basic}"})
    assert status == 200 and b"confidential-name" in text
    for headers in ({}, {"Authorization": "Basic " + base64.b64encode(b"test:test").decode()},
                    {"Authorization": "Basic " + base64.b64encode(f"{key}:test".encode()).decode()}, {"Authorization": "Bearer x"}):
        for target in ("/_cumulet/metrics", "/_cumulet/metrics?x", "/_cumulet/packages/x.zip", "/_cumulet/v1/queues", "/_cumulet/v1/feed"):
            status, text = ask(engine, target, headers)
            assert status == 403 and b"confidential" not in text, (target, headers)


def test_a_packages_url_is_presigned(closed):
    from protocol.lambda_functions import package
    engine = closed(["--require-authentication"])
    root = as_root(engine)
    role = engine.client("iam", **root).create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    functions = engine.client("lambda", **root)
    packed = package({"bootstrap": b"#!/bin/sh\n"})
    functions.create_function(FunctionName="f", Role=role, Runtime="provided.al2023", Handler="h", Code={"ZipFile": packed})
    location = urllib.parse.urlsplit(functions.get_function(FunctionName="f")["Code"]["Location"])
    assert ask(engine, f"{location.path}?{location.query}") == (200, packed)
    assert "X-Amz-Expires=600" in location.query and key_of(engine)[1] not in location.query
    assert ask(engine, location.path)[0] == 403
    assert ask(engine, f"{location.path}?{location.query}0")[0] == 403


def signed_for(engine, service, target, body=b"{}", region="us-east-1"):
    """A JSON request to SQS, signed well for whatever service."""
    request = AWSRequest("POST", f"http://127.0.0.1:{engine.port}/", data=body,
                         headers={"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target})
    if service == "s3":
        request.headers["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
    SigV4Auth(Credentials("test", "test"), service, region).add_auth(request)
    return dict(request.headers)


def test_a_signature_is_for_one_service(engine):
    for service in ("s3", "sts", "lambda", "states", "iam"):
        status, text = ask(engine, "/", signed_for(engine, service, "AmazonSQS.ListQueues"), "POST", b"{}")
        assert status == 400 and b"InvalidSignatureException" in text, (service, text)
        assert b"Credential should be scoped to correct service: 'sqs'. " in text
    assert ask(engine, "/", signed_for(engine, "sqs", "AmazonSQS.ListQueues"), "POST", b"{}")[0] == 200
    for region in ("us east", "eu:west", ""):
        status, text = ask(engine, "/", signed_for(engine, "sqs", "AmazonSQS.ListQueues", region=region), "POST", b"{}")
        assert status in (400, 403) and b"QueueUrls" not in text, (region, text)


def test_version_2_is_s3s_alone(engine):
    """It signs neither the body nor most of the head: a presigned URL of S3 must say nothing to other services."""
    s3 = engine.client("s3", config=Config(signature_version="s3"))
    url = urllib.parse.urlsplit(s3.generate_presigned_url("list_buckets", HttpMethod="GET"))
    assert ask(engine, f"{url.path}?{url.query}")[0] == 200
    status, text = ask(engine, f"/2015-03-31/functions?{url.query}")
    assert status == 403 and b"Functions" not in text
    status, text = ask(engine, f"/?Action=ListRoles&Version=2010-05-08&{url.query}")
    assert status == 403 and b"Roles" not in text


def test_the_terminal_shows_what_functions_wrote(engine):
    logs = engine.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/rude")
    logs.create_log_stream(logGroupName="/aws/lambda/rude", logStreamName="s")
    rude = "a\x1b]0;title\x07\x1b[2Jb\rc\x9b31md\u202ee\x7f\tfür 日本\nnext"
    logs.put_log_events(logGroupName="/aws/lambda/rude", logStreamName="s",
                        logEvents=[{"timestamp": int(time.time() * 1000), "message": rude}])
    shown = engine.run("logs", "rude").stdout
    assert "a\\x1b]0;title\\x07\\x1b[2Jb\\x0dc\\u009b31md\\u202ee\\x7f\tfür 日本\n" + 13 * " " + "next\n" in shown
    failed = engine.run("logs", "/nobody\x1b[31m", check=False)
    assert failed.returncode == 1 and "\x1b" not in failed.stderr and "\\x1b[31m" in failed.stderr
