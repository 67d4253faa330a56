"""What Lambda's control plane refuses, in AWS's own words (as recorded against AWS): code, text, and under which name the
body carries the text ("Message" or "message")."""
import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from protocol.lambda_functions import call, create, package, role, unique

CODE = package({"bootstrap": b"#!/bin/sh\nexit 1\n"})
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture(scope="module")
def client(engine):
    return engine.client("lambda", config=Config(parameter_validation=False))


@pytest.fixture(scope="module")
def name(engine, client):
    made = create(engine, code=CODE)["FunctionName"]
    yield made
    client.delete_function(FunctionName=made)


def refused(call, **arguments):
    """(code, text, HTTP status) and the whole answer."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    error = answer["Error"]
    return (error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]), answer


def given(engine, **change):
    return {"FunctionName": unique(), "Runtime": "provided.al2023", "Handler": "h", "Role": role(engine), "Code": {"ZipFile": CODE}, **change}


def test_the_text_has_the_models_name(client, name):
    _, answer = refused(client.get_function, FunctionName="absent")
    assert answer["Message"] == f"Function not found: {ARN}absent" and answer["Type"] == "User" and "message" not in answer
    _, answer = refused(client.delete_function, FunctionName=name, Qualifier="$LATEST")
    assert answer["message"] == "$LATEST version cannot be deleted without deleting the function." and answer["Type"] == "User"
    assert "Message" not in answer


@pytest.mark.parametrize("change, code, text", [
    ({"Role": "arn:aws:iam::000000000000:role/no-such-role"}, "InvalidParameterValueException",
     "The role defined for the function cannot be assumed by Lambda."),
    ({"Role": "r1"}, "ValidationException",
     "1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: "
     r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"),
    ({"Code": {"ZipFile": b"this is no zip"}}, "InvalidParameterValueException",
     "Could not unzip uploaded file. Please check your file, then try to upload again."),
    ({"Code": {"ZipFile": package({})}}, "InvalidParameterValueException", "Uploaded file must be a non-empty zip"),
    ({"Code": {}}, "InvalidParameterValueException", "Please provide a source for function code."),
    ({"MemorySize": 127}, "ValidationException",
     "1 validation error detected: Value '127' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"),
    ({"Timeout": 0}, "ValidationException",
     "1 validation error detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    ({"EphemeralStorage": {"Size": 511}}, "ValidationException",
     "1 validation error detected: Value '511' at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value greater than or "
     "equal to 512"),
    ({"Architectures": ["X86_64"]}, "ValidationException",
     "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: "
     "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"),
    ({"Architectures": ["x86_64", "arm64"]}, "ValidationException",
     "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than "
     "or equal to 1"),
    ({"FunctionName": "a" * 65}, "InvalidParameterValueException",
     f"1 validation error detected: Value '{'a' * 65}' at 'functionName' failed to satisfy constraint: Member must have length less than or "
     "equal to 64"),
    ({"FunctionName": "arn:aws:lambda:ap-southeast-1:000000000000:function:f"}, "ResourceNotFoundException",
     "Functions from 'ap-southeast-1' are not reachable in this region ('us-east-1')"),
    ({"FunctionName": "invalid:function:name"}, "ValidationException",
     "1 validation error detected: Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: Member must satisfy regular "
     r"expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
     r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"),
    ({"Environment": {"Variables": {"BIG": "x" * 4097}}}, "InvalidParameterValueException",
     "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. "
     "String measured: " + json.dumps({"BIG": "x" * 4097}, separators=(",", ":"))),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException",
     "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that "
     "are currently not supported for modification. Reserved keys used in this request: AWS_REGION"),
    ({"Runtime": "go1.x"}, "InvalidParameterValueException",
     "The runtime parameter of go1.x is no longer supported for creating or updating AWS Lambda functions. We recommend you use the new runtime "
     "(provided.al2023) while creating or updating functions."),
    ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, "InvalidParameterValueException",
     "provided.al2023 is not supported for SnapStart enabled functions."),
    ({"SnapStart": {"ApplyOn": "invalidOption"}}, "ValidationException",
     "1 validation error detected: Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: "
     "[PublishedVersions, None]"),
    ({"Tags": {f"k{i}": "v" for i in range(51)}}, "InvalidParameterValueException", "Number of tags exceeds resource tag limit."),
])
def test_create(engine, client, change, code, text):
    found, _ = refused(client.create_function, **given(engine, **change))
    assert found == (code, text, 404 if code == "ResourceNotFoundException" else 400)


def test_create_with_a_runtime_that_is_none(engine, client):
    (code, text, status), _ = refused(client.create_function, **given(engine, Runtime="non-existent"))
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert text.startswith("Value non-existent at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [")
    assert text.endswith("] or be a valid ARN") and "provided.al2023" in text


def test_packages_over_the_limit(engine, client):
    found, _ = refused(client.create_function, **given(engine, Code={"ZipFile": b"PK" + b"\0" * 52_428_800}))
    assert found == ("RequestEntityTooLargeException", "Zipped size must be smaller than 52428800 bytes", 413)


def test_another_account(client):
    found, _ = refused(client.get_function, FunctionName="arn:aws:lambda:us-east-1:123456789012:function:f")
    assert found[0] == "AccessDeniedException" and found[2] == 403


def test_qualifiers(client, name):
    text = "The derived qualifier from the function name does not match the specified qualifier."
    for call in (client.get_function, client.get_function_configuration, client.delete_function):
        assert refused(call, FunctionName=f"{name}:$LATEST", Qualifier="1")[0] == ("InvalidParameterValueException", text, 400)
    for call in (client.get_function, client.get_function_configuration):
        assert refused(call, FunctionName=name, Qualifier="1221")[0] == ("ResourceNotFoundException", f"Function not found: {ARN}{name}:1221", 404)
    assert refused(client.delete_function, FunctionName="absent", Qualifier="1")[0][1] == f"Function not found: {ARN}absent"
    assert client.delete_function(FunctionName=name, Qualifier="1221")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.get_function_configuration(FunctionName=name)["FunctionArn"] == ARN + name
    assert client.get_function_configuration(FunctionName=name, Qualifier="$LATEST")["FunctionArn"] == f"{ARN}{name}:$LATEST"
    assert client.get_function(FunctionName=f"{name}:$LATEST")["Configuration"]["FunctionArn"] == f"{ARN}{name}:$LATEST"


def test_states_and_revisions(engine, client):
    made = create(engine, code=CODE)
    name = made["FunctionName"]
    assert (made["State"], made["StateReason"], made["StateReasonCode"]) == ("Pending", "The function is being created.", "Creating")
    assert "LastUpdateStatus" not in made
    for waiter in ("function_active_v2", "function_updated_v2"):
        client.get_waiter(waiter).wait(FunctionName=name)
    active = client.get_function_configuration(FunctionName=name)
    assert (active["State"], active["LastUpdateStatus"]) == ("Active", "Successful") and "StateReason" not in active
    assert active["RevisionId"] != made["RevisionId"]
    stale = ("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
             "retrieve the latest Revision Id", 412)
    assert refused(client.update_function_code, FunctionName=name, ZipFile=CODE, RevisionId=made["RevisionId"])[0] == stale
    updated = client.update_function_code(FunctionName=name, ZipFile=CODE, RevisionId=active["RevisionId"])
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    assert (updated["LastUpdateStatusReason"], updated["LastUpdateStatusReasonCode"]) == ("The function is being created.", "Creating")
    # One revision for configuration, policy and tags.
    assert refused(client.add_permission, FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                   RevisionId=updated["RevisionId"])[0] == stale
    revision = client.get_function_configuration(FunctionName=name)["RevisionId"]
    client.add_permission(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", RevisionId=revision)
    after = client.get_policy(FunctionName=name)["RevisionId"]
    assert after != revision and after == client.get_function_configuration(FunctionName=name)["RevisionId"]
    assert refused(client.remove_permission, FunctionName=name, StatementId="s", RevisionId=revision)[0] == stale
    client.tag_resource(Resource=ARN + name, Tags={"a": "b"})
    assert client.get_function_configuration(FunctionName=name)["RevisionId"] != after
    client.delete_function(FunctionName=name)


def test_logging_configuration(engine, client):
    name = create(engine, code=CODE)["FunctionName"]
    group, page = f"/aws/lambda/{name}", f"/2015-03-31/functions/{name}/configuration"
    assert call(engine, "GET", page)["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": group}
    for change, expected in [
        ({"LogFormat": "JSON"}, {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": group}),
        ({"ApplicationLogLevel": "DEBUG"}, {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "INFO", "LogGroup": group}),
        ({"LogGroup": "cool"}, {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "INFO", "LogGroup": "cool"}),
        ({"LogFormat": "Text"}, {"LogFormat": "Text", "LogGroup": "cool"}),
    ]:
        assert call(engine, "PUT", page, {"LoggingConfig": change})["LoggingConfig"] == expected
        assert call(engine, "GET", page)["LoggingConfig"] == expected
    client.delete_function(FunctionName=name)


def test_concurrency(client, name):
    assert refused(client.put_function_concurrency, FunctionName="absent", ReservedConcurrentExecutions=10_000)[0] == (
        "ResourceNotFoundException", f"Function not found: {ARN}absent:$LATEST", 404)
    assert refused(client.put_function_concurrency, FunctionName=f"{ARN}{name}:$LATEST", ReservedConcurrentExecutions=1)[0] == (
        "InvalidParameterValueException", "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
        "Please specify either a function name or an unqualified function ARN.", 400)
    found, answer = refused(client.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=901)
    assert found == ("InvalidParameterValueException", "Specified ReservedConcurrentExecutions for function decreases account's "
                     "UnreservedConcurrentExecution below its minimum value of [100].", 400) and "Type" not in answer
    assert client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)["ReservedConcurrentExecutions"] == 0
    assert client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    client.delete_function_concurrency(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)


def test_event_invoke_config(engine, client, name):
    put, get = client.put_function_event_invoke_config, client.get_function_event_invoke_config
    gone = ("ResourceNotFoundException", "The function doesn't exist.", 404)
    assert refused(put, FunctionName="absent", MaximumRetryAttempts=1)[0] == gone
    assert refused(client.update_function_event_invoke_config, FunctionName="absent", MaximumRetryAttempts=1)[0] == gone
    assert refused(client.list_function_event_invoke_configs, FunctionName="absent")[0] == gone
    assert refused(put, FunctionName=name, Qualifier="absent", MaximumRetryAttempts=1)[0] == gone
    for call in (get, client.delete_function_event_invoke_config):
        for function, qualifier in (("absent", None), (name, None), (name, "1221")):
            more = {"Qualifier": qualifier} if qualifier else {}
            assert refused(call, FunctionName=function, **more)[0] == (
                "ResourceNotFoundException", f"The function {ARN}{function}:{qualifier or '$LATEST'} doesn't have an EventInvokeConfig", 404)
    bad = "InvalidParameterValueException"
    assert refused(put, FunctionName=name)[0] == (bad, "You must specify at least one of error handling or destination setting.", 400)

    def to(arn, side="OnSuccess"):
        return {"FunctionName": name, "DestinationConfig": {side: {"Destination": arn}}}

    assert refused(put, **to(ARN + "absent"))[0] == (bad, f"The destination ARN {ARN}absent is invalid.", 400)
    assert refused(put, **to(ARN + name))[0] == (bad, "You can't specify the function as a destination for itself.", 400)
    iam = f"arn:aws:iam:us-east-1:000000000000:function:{name}"
    assert refused(put, **to(iam))[0] == (
        bad, f"The provided destination config DestinationConfig(onSuccess=OnSuccess(destination={iam}), onFailure=null) is invalid.", 400)
    assert refused(put, **to("arn:aws:_-/!lambda:us-east-1:000000000000:function:f", "OnFailure"))[0][1].startswith(
        "1 validation error detected: Value 'arn:aws:_-/!lambda:us-east-1:000000000000:function:f' at 'destinationConfig.onFailure.destination' "
        "failed to satisfy constraint: Member must satisfy regular expression pattern: ")
    assert refused(put, FunctionName=name, MaximumRetryAttempts=3)[0][1] == (
        "1 validation error detected: Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 2")
    assert refused(put, FunctionName=name, MaximumEventAgeInSeconds=59)[0][0] == "ValidationException"
    made = put(FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {}})
    assert made["DestinationConfig"] == {"OnFailure": {}, "OnSuccess": {}} and made["FunctionArn"] == f"{ARN}{name}:$LATEST"
    assert put(FunctionName=name, MaximumEventAgeInSeconds=60).get("MaximumRetryAttempts") is None, "what is not named is removed"
    client.delete_function_event_invoke_config(FunctionName=name)


def test_tags(client, name):
    bad = "InvalidParameterValueException"
    only = "Tags on function aliases and versions are not supported. Please specify a function ARN."
    (code, text, status), _ = refused(client.tag_resource, Resource="arn:aws:something", Tags={"a": "b"})
    assert (code, status) == ("ValidationException", 400)
    assert text.startswith("1 validation error detected: Value 'arn:aws:something' at 'resource' failed to satisfy constraint: ")
    assert refused(client.tag_resource, Resource=f"{ARN}absent", Tags={"a": "b"})[0] == (
        "ResourceNotFoundException", f"Function not found: {ARN}absent", 404)
    assert refused(client.tag_resource, Resource=f"{ARN}{name}:$LATEST", Tags={"a": "b"})[0] == (bad, only, 400)
    assert refused(client.tag_resource, Resource=ARN + name, Tags={})[0] == (bad, "An error occurred and the request cannot be processed.", 400)
    assert refused(client.tag_resource, Resource=ARN + name, Tags={f"k{i}": "v" for i in range(51)})[0] == (
        bad, "Number of tags exceeds resource tag limit.", 400)
    assert refused(client.untag_resource, Resource=ARN + name, TagKeys=[])[0] == (
        "ValidationException", "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null", 400)
    assert client.untag_resource(Resource=ARN + name, TagKeys=["none"])["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.list_tags(Resource=ARN + name)["Tags"] == {}


def test_permissions(client, name):
    def add(sid, **more):
        return json.loads(client.add_permission(FunctionName=name, StatementId=sid, Action="lambda:InvokeFunction", **more)["Statement"])

    assert add("account", Principal="000000000000")["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}
    assert add("any", Principal="*", SourceAccount="000000000000") == {
        "Sid": "any", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": ARN + name,
        "Condition": {"StringEquals": {"AWS:SourceAccount": "000000000000"}}}
    assert add("org", Principal="*", PrincipalOrgID="o-1234567890")["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    assert refused(client.add_permission, FunctionName=name, StatementId="any", Action="lambda:InvokeFunction", Principal="*")[0] == (
        "ResourceConflictException", "The statement id (any) provided already exists. Please provide a new statement id, or remove the existing "
        "statement.", 409)
    assert refused(client.remove_permission, FunctionName=name, StatementId="non-existent")[0] == (
        "ResourceNotFoundException", "Statement non-existent is not found in resource policy.", 404)
    for sid in ("account", "any", "org"):
        client.remove_permission(FunctionName=name, StatementId=sid)
    assert refused(client.get_policy, FunctionName=name)[0] == ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    assert refused(client.remove_permission, FunctionName=name, StatementId="any")[0][0] == "ResourceNotFoundException"


def test_invoke(client, name):
    (code, text, status), _ = refused(client.invoke, FunctionName="arn:aws:lambda:us-east-1:123400000000@function:f")
    assert (code, status) == ("ValidationException", 400) and "at 'functionName' failed to satisfy constraint: Member must satisfy regular" in text
    assert refused(client.invoke, FunctionName=name, Qualifier="absent")[0] == (
        "ResourceNotFoundException", f"Function not found: {ARN}{name}:absent", 404)
    (code, text, status), answer = refused(client.invoke, FunctionName=name, Payload=b"n\x87r")
    assert (code, status) == ("InvalidRequestContentException", 400) and answer["Type"] == "User"
    assert text == ("Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 start byte 0x87\n"
                    " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 3]")
    assert refused(client.invoke, FunctionName=name, Payload=b'"' + b"x" * 6_291_456 + b'"')[0] == (
        "RequestEntityTooLargeException", "Request must be smaller than 6291456 bytes for the InvokeFunction operation", 413)
