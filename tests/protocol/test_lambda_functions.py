"""The control plane of Lambda with boto3."""
import base64
import hashlib
import json
import re
import urllib.error

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from protocol.lambda_functions import call, create, package, role, unique

CODE = package({"bootstrap": b"#!/bin/sh\nexit 1\n"})


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response


@pytest.fixture
def name(engine):
    made = create(engine, code=CODE)["FunctionName"]
    yield made
    try:
        engine.client("lambda").delete_function(FunctionName=made)
    except ClientError:
        pass


def test_create_and_get(engine):
    client = engine.client("lambda")
    name = unique()
    made = create(engine, name, CODE, Description="d", Timeout=10, MemorySize=256, Environment={"Variables": {"KEY": "1"}}, Tags={"t": "v"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["FunctionArn"] == f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(CODE).digest()).decode()
    assert made["CodeSize"] == len(CODE) and made["Version"] == "$LATEST" and made["PackageType"] == "Zip"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", made["LastModified"])
    assert made["Architectures"] == ["x86_64"] and made["EphemeralStorage"] == {"Size": 512}
    assert made["TracingConfig"] == {"Mode": "PassThrough"} and made["MemorySize"] == 256 and made["Timeout"] == 10
    client.get_waiter("function_active").wait(FunctionName=name)
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    found = client.get_function(FunctionName=name)
    assert found["Configuration"]["State"] == "Active" and found["Configuration"]["LastUpdateStatus"] == "Successful"
    assert found["Tags"] == {"t": "v"} and found["Code"]["RepositoryType"] == "S3" and found["Code"]["Location"].startswith("http")
    assert client.get_function_configuration(FunctionName=name)["Environment"] == {"Variables": {"KEY": "1"}}
    assert name in [f["FunctionName"] for page in client.get_paginator("list_functions").paginate() for f in page["Functions"]]
    assert client.list_versions_by_function(FunctionName=name)["Versions"][0]["Version"] == "$LATEST"
    assert client.delete_function(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    error = refused(client.get_function, FunctionName=name)
    assert error["Error"]["Code"] == "ResourceNotFoundException" and error["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_name_is_taken_once(engine, name):
    with pytest.raises(ClientError) as caught:
        create(engine, name, CODE)
    assert caught.value.response["Error"]["Code"] == "ResourceConflictException"
    assert f"Function already exist: {name}" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("change, code", [
    ({"Role": "arn:aws:iam::000000000000:role/no-such-role"}, "InvalidParameterValueException"),
    ({"Code": {"ZipFile": b"this is no zip"}}, "InvalidParameterValueException"),
    ({"MemorySize": 127}, "ValidationException"),
    ({"MemorySize": 10241}, "ValidationException"),
    ({"Timeout": 901}, "ValidationException"),
    ({"Timeout": 0}, "ValidationException"),
    ({"FunctionName": "x" * 65}, "InvalidParameterValueException"),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException"),
    ({"Environment": {"Variables": {"BIG": "x" * 4097}}}, "InvalidParameterValueException"),
    ({"Runtime": "java21"}, "InvalidParameterValueException"),
])
def test_refusals(engine, change, code):
    given = {"FunctionName": unique(), "Runtime": "provided.al2023", "Handler": "h", "Role": role(engine), "Code": {"ZipFile": CODE}, **change}
    client = engine.client("lambda", config=Config(parameter_validation=False))
    error = refused(client.create_function, **given)
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["Error"]["Code"] == code


def test_code_from_s3(engine):
    s3, client, bucket = engine.client("s3"), engine.client("lambda"), unique("code")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="f.zip", Body=CODE)
    name = unique()
    made = client.create_function(FunctionName=name, Runtime="provided.al2", Handler="h", Role=role(engine),
                                  Code={"S3Bucket": bucket, "S3Key": "f.zip"})
    assert made["CodeSize"] == len(CODE)
    error = refused(client.update_function_code, FunctionName=name, S3Bucket=bucket, S3Key="absent.zip")
    assert error["Error"]["Code"] == "InvalidParameterValueException" and "NoSuchKey" in error["Error"]["Message"]
    client.delete_function(FunctionName=name)


def test_update(engine, name):
    client = engine.client("lambda")
    before = client.get_function_configuration(FunctionName=name)
    after = client.update_function_configuration(FunctionName=name, Timeout=42, MemorySize=512, RevisionId=before["RevisionId"])
    assert after["Timeout"] == 42 and after["MemorySize"] == 512 and after["RevisionId"] != before["RevisionId"]
    error = refused(client.update_function_configuration, FunctionName=name, Timeout=43, RevisionId=before["RevisionId"])
    assert error["Error"]["Code"] == "PreconditionFailedException" and error["ResponseMetadata"]["HTTPStatusCode"] == 412
    newer = package({"bootstrap": b"#!/bin/sh\nexit 2\n"})
    assert client.update_function_code(FunctionName=name, ZipFile=newer)["CodeSha256"] == base64.b64encode(hashlib.sha256(newer).digest()).decode()


def test_concurrency(engine, name):
    client = engine.client("lambda")
    assert client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)["ReservedConcurrentExecutions"] == 5
    assert client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 5
    assert client.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    error = refused(client.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=901)
    assert error["Error"]["Code"] == "InvalidParameterValueException"
    client.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)


def test_event_invoke_config(engine, name):
    client = engine.client("lambda")
    error = refused(client.get_function_event_invoke_config, FunctionName=name)
    assert error["Error"]["Code"] == "ResourceNotFoundException"
    made = client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    assert made["FunctionArn"].endswith(f"{name}:$LATEST") and made["MaximumRetryAttempts"] == 1
    client.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=120)
    found = client.get_function_event_invoke_config(FunctionName=name)
    assert found["MaximumRetryAttempts"] == 1 and found["MaximumEventAgeInSeconds"] == 120
    assert len(client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]) == 1
    client.delete_function_event_invoke_config(FunctionName=name)
    refused(client.get_function_event_invoke_config, FunctionName=name)


def test_permissions(engine, name):
    client = engine.client("lambda")
    assert refused(client.get_policy, FunctionName=name)["Error"]["Code"] == "ResourceNotFoundException"
    given = dict(FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                 SourceArn="arn:aws:s3:::bucket", SourceAccount="000000000000")
    made = client.add_permission(**given)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = json.loads(made["Statement"])
    assert statement == {
        "Sid": "s3", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
        "Condition": {"StringEquals": {"AWS:SourceAccount": "000000000000"}, "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}}}
    error = refused(client.add_permission, **given)
    assert error["Error"]["Code"] == "ResourceConflictException" and error["ResponseMetadata"]["HTTPStatusCode"] == 409
    policy = json.loads(client.get_policy(FunctionName=name)["Policy"])
    assert policy["Version"] == "2012-10-17" and policy["Id"] == "default" and policy["Statement"] == [statement]
    assert client.remove_permission(FunctionName=name, StatementId="s3")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client.remove_permission, FunctionName=name, StatementId="s3")["Error"]["Code"] == "ResourceNotFoundException"


def test_tags(engine, name):
    client = engine.client("lambda")
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def test_account_settings(engine):
    settings = engine.client("lambda").get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000


def test_an_absent_operation_is_named(engine, name):
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(engine, "POST", "/2025-11-30/capacity-providers", {"CapacityProviderName": name})
    assert caught.value.code == 404 and "POST /2025-11-30/capacity-providers" in caught.value.read().decode()
