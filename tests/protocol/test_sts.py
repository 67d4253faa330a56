"""STS: who calls, and sessions of roles."""
import json
import subprocess
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})


@pytest.fixture(scope="module")
def role(engine):
    name = f"assumed-{uuid.uuid4().hex[:8]}"
    return engine.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]


def session(role, engine, name="s1", **options):
    return engine.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName=name, **options)


def client_of(engine, credentials, service="sts", **changed):
    given = {"aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"],
             "aws_session_token": credentials["SessionToken"]}
    return engine.client(service, **{**given, **changed})


def test_the_root_is_known(engine):
    got = engine.client("sts").get_caller_identity()
    assert (got["Account"], got["Arn"], got["UserId"]) == ("000000000000", "arn:aws:iam::000000000000:root", "000000000000")


def test_an_assumed_role_is_who_it_says(engine, role):
    made = session(role, engine, DurationSeconds=900)
    arn = f"arn:aws:sts::000000000000:assumed-role/{role['RoleName']}/s1"
    assert made["AssumedRoleUser"] == {"AssumedRoleId": f"{role['RoleId']}:s1", "Arn": arn}
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")
    got = client_of(engine, made["Credentials"]).get_caller_identity()
    assert (got["Arn"], got["UserId"]) == (arn, f"{role['RoleId']}:s1")


def test_sessions_must_sign_right(engine, role):
    credentials = session(role, engine)["Credentials"]
    with pytest.raises(ClientError) as caught:
        client_of(engine, credentials, aws_secret_access_key="wrong").get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    with pytest.raises(ClientError) as caught:
        client_of(engine, credentials, aws_session_token="wrong").get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_an_unknown_role_is_not_assumed(engine):
    with pytest.raises(ClientError) as caught:
        engine.client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/nobody", RoleSessionName="s1")
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    assert error["Message"] == ("User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: "
                                "arn:aws:iam::000000000000:role/nobody")


def test_a_session_gets_no_session_token(engine, role):
    with pytest.raises(ClientError) as caught:
        client_of(engine, session(role, engine)["Credentials"]).get_session_token()
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["Error"]["Message"] == "Cannot call GetSessionToken with session credentials"


def test_session_tokens(engine):
    credentials = engine.client("sts").get_session_token()["Credentials"]
    assert client_of(engine, credentials).get_caller_identity()["Arn"].endswith(":root")


def test_sessions_outlive_a_crash(own_engine):
    engine = own_engine()
    role = engine.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]
    credentials = session(role, engine)["Credentials"]
    engine.kill()
    engine.start()
    assert client_of(engine, credentials).get_caller_identity()["Arn"].endswith("assumed-role/r/s1")


def raw(engine, body):
    request = urllib.request.Request(engine.endpoint + "/", data=body.encode(), headers={
        "Content-Type": "application/x-www-form-urlencoded", "Authorization":
            "AWS4-HMAC-SHA256 Credential=anyone/20300101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=" + "0" * 64,
        "X-Amz-Date": "20300101T000000Z"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_what_is_missing_is_named(engine):
    status, body = raw(engine, "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fx")
    assert status == 400
    assert "<Code>ValidationError</Code>" in body
    assert ("1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null") in body


def test_an_unknown_action_is_named(engine):
    status, body = raw(engine, "Action=DecodeAuthorizationMessage&Version=2011-06-15&EncodedMessage=x")
    assert status >= 400
    assert "<ErrorResponse" in body and "DecodeAuthorizationMessage" in body


def test_the_cli_agrees(engine):
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", engine.endpoint, "--region", "us-east-1", "sts", "get-caller-identity"],
                          env={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Account"] == "000000000000"
