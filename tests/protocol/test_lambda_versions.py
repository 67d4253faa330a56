"""Published versions and aliases. https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html, configuration-aliases.html"""
import json

import pytest
from botocore.exceptions import ClientError

from protocol.lambda_functions import create, eventually, unique
from protocol.managed_functions import Python, sources

SAYS = "def lambda_handler(event, context): return ['%s', context.function_version, context.invoked_function_arn.split(':')[7:]]"


def refused(call, **given):
    with pytest.raises(ClientError) as error:
        call(**given)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.fixture
def function(engine):
    with Python(engine, SAYS % "one") as made:
        yield made


def says(function, qualifier=None):
    answer = function.client.invoke(FunctionName=function.name, Payload=b"{}", **({"Qualifier": qualifier} if qualifier else {}))
    return json.loads(answer["Payload"].read()), answer["ExecutedVersion"]


def test_publish_and_call(function):
    client = function.client
    first = client.publish_version(FunctionName=function.name, Description="the first")
    assert (first["Version"], first["FunctionArn"], first["Description"]) == ("1", function.arn + ":1", "the first")
    assert first["State"] == "Active"
    assert client.publish_version(FunctionName=function.name)["Version"] == "1", "nothing changed"
    client.update_function_code(FunctionName=function.name, ZipFile=sources({"lambda_function.py": SAYS % "two"}))
    assert says(function) == (["two", "$LATEST", []], "$LATEST")
    assert says(function, "$LATEST") == (["two", "$LATEST", ["$LATEST"]], "$LATEST")
    assert says(function, "1") == (["one", "1", ["1"]], "1")
    second = client.update_function_configuration(FunctionName=function.name, Timeout=5)
    assert client.publish_version(FunctionName=function.name, CodeSha256=second["CodeSha256"])["Version"] == "2"
    assert [v["Version"] for v in client.list_versions_by_function(FunctionName=function.name)["Versions"]] == ["$LATEST", "1", "2"]
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function.name, PaginationConfig={"PageSize": 1})
    assert [v["FunctionArn"] for page in pages for v in page["Versions"]] == [f"{function.arn}:{v}" for v in ("$LATEST", "1", "2")]
    got = client.get_function(FunctionName=function.arn + ":2")
    assert (got["Configuration"]["FunctionArn"], got["Configuration"]["Timeout"]) == (function.arn + ":2", 5)
    assert client.get_function_configuration(FunctionName=function.name, Qualifier="1")["Timeout"] == 3
    listed = [f["FunctionArn"] for page in client.get_paginator("list_functions").paginate(FunctionVersion="ALL") for f in page["Functions"]]
    assert [arn for arn in listed if arn.startswith(function.arn + ":")] == [f"{function.arn}:{v}" for v in ("$LATEST", "1", "2")]
    client.delete_function(FunctionName=function.name, Qualifier="1")
    assert refused(client.get_function, FunctionName=function.name, Qualifier="1") == (
        "ResourceNotFoundException", f"Function not found: {function.arn}:1")
    client.update_function_configuration(FunctionName=function.name, Timeout=6)
    assert client.publish_version(FunctionName=function.name)["Version"] == "3", "numbers are not used again"
    log = eventually(lambda: "Version: 1\n" in function.log() and function.log())
    assert "Version: $LATEST\n" in log


def test_publishing_with_a_create_or_an_update(engine):
    client = engine.client("lambda")
    made = create(engine, Publish=True)
    assert made["Version"] == "1" and not made["FunctionArn"].endswith(":1")
    updated = client.update_function_code(FunctionName=made["FunctionName"], ZipFile=sources({"bootstrap": "#!/bin/sh"}), Publish=True)
    assert updated["Version"] == "2" and updated["FunctionArn"] == made["FunctionArn"] + ":2"
    client.delete_function(FunctionName=made["FunctionName"])


def test_bad_publishing(function):
    client, name = function.client, function.name
    sha = client.get_function_configuration(FunctionName=name)["CodeSha256"]
    assert refused(client.publish_version, FunctionName=name, CodeSha256="x") == (
        "InvalidParameterValueException", f"CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha}). "
        "Please try again with the CodeSHA256 in $LATEST.")
    assert refused(client.publish_version, FunctionName=name, RevisionId="x")[0] == "PreconditionFailedException"
    assert refused(client.publish_version, FunctionName="not-there")[0] == "ResourceNotFoundException"
    assert refused(client.update_function_configuration, FunctionName=function.arn + ":1", Timeout=4)[0] == "InvalidParameterValueException"
    assert refused(client.delete_function, FunctionName=name, Qualifier="$LATEST")[1] == (
        "$LATEST version cannot be deleted without deleting the function.")


def test_aliases(function):
    client, name, arn = function.client, function.name, function.arn
    client.publish_version(FunctionName=name)
    live = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert {k: live[k] for k in ("AliasArn", "Name", "FunctionVersion", "Description")} == {
        "AliasArn": arn + ":live", "Name": "live", "FunctionVersion": "1", "Description": ""} and "RoutingConfig" not in live
    client.create_alias(FunctionName=name, Name="newest", FunctionVersion="$LATEST", Description="what changes")
    assert says(function, "live") == (["one", "1", ["live"]], "1") and says(function, "newest")[1] == "$LATEST"
    client.update_function_code(FunctionName=name, ZipFile=sources({"lambda_function.py": SAYS % "two"}), Publish=True)
    moved = client.update_alias(FunctionName=name, Name="live", FunctionVersion="2", Description="d", RevisionId=live["RevisionId"])
    assert (moved["FunctionVersion"], moved["Description"]) == ("2", "d") and moved["RevisionId"] != live["RevisionId"]
    assert says(function, "live") == (["two", "2", ["live"]], "2")
    assert client.get_alias(FunctionName=arn, Name="live")["RevisionId"] == moved["RevisionId"]
    assert [a["Name"] for a in client.list_aliases(FunctionName=name)["Aliases"]] == ["live", "newest"]
    assert [a["Name"] for a in client.list_aliases(FunctionName=name, FunctionVersion="2")["Aliases"]] == ["live"]
    weighted = client.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
    assert weighted["RoutingConfig"] == {"AdditionalVersionWeights": {"1": 0.5}}
    assert {says(function, "live")[1] for _ in range(40)} == {"1", "2"}
    assert refused(client.delete_function, FunctionName=name, Qualifier="1") == (
        "ResourceConflictException", "Unable to delete version because the following aliases reference it: [live]")
    assert "RoutingConfig" not in client.update_alias(FunctionName=name, Name="live", RoutingConfig={})
    got = client.get_function(FunctionName=name, Qualifier="live")["Configuration"]
    assert (got["FunctionArn"], got["Version"]) == (arn + ":live", "2")
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_alias(FunctionName=name, Name="live")
    assert refused(client.get_alias, FunctionName=name, Name="live") == (
        "ResourceNotFoundException", f"Cannot find alias arn: {arn}:live")


@pytest.mark.parametrize("given, code, text", [
    ({"Name": "1"}, "ValidationException", "(?!^[0-9]+$)([a-zA-Z0-9-_]+)"),
    ({"FunctionVersion": "7"}, "ResourceNotFoundException", "Function not found: "),
    ({"FunctionVersion": "live"}, "ValidationException", "(\\$LATEST|[0-9]+)"),
    ({"Name": "taken"}, "ResourceConflictException", "Alias already exists: "),
    ({"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}}, "InvalidParameterValueException",
     "Invalid function version 1. Function version 1 is already included in routing configuration."),
    ({"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}}, "InvalidParameterValueException",
     "$LATEST is not supported for an alias pointing to more than 1 version"),
    ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5, "3": 0.1}}}, "InvalidParameterValueException",
     "Number of items in AdditionalVersionWeights cannot be greater than 1"),
    ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}}}, "ValidationException", "Value '{2=1.5}'"),
    ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.5}}}, "ResourceNotFoundException", "Function not found: ")])
def test_bad_aliases(function, given, code, text):
    client = function.client
    client.publish_version(FunctionName=function.name)
    client.create_alias(FunctionName=function.name, Name="taken", FunctionVersion="1")
    from botocore.config import Config

    unchecked = function.engine.client("lambda", config=Config(parameter_validation=False))
    found = refused(unchecked.create_alias, **{"FunctionName": function.name, "Name": "new", "FunctionVersion": "1", **given})
    assert found[0] == code and text in found[1], found


def test_what_is_set_by_qualifier(function):
    client, name, arn = function.client, function.name, function.arn
    client.publish_version(FunctionName=name)
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    statement = json.loads(client.add_permission(FunctionName=name, Qualifier="live", RevisionId=alias["RevisionId"], **permission)["Statement"])
    assert statement["Resource"] == arn + ":live"
    assert client.get_alias(FunctionName=name, Name="live")["RevisionId"] != alias["RevisionId"]
    assert json.loads(client.get_policy(FunctionName=name, Qualifier="live")["Policy"])["Statement"] == [statement]
    assert refused(client.get_policy, FunctionName=name)[0] == "ResourceNotFoundException"
    assert refused(client.add_permission, FunctionName=name, Qualifier="$LATEST", **permission) == (
        "InvalidParameterValueException", "We currently do not support adding policies for $LATEST.")
    assert refused(client.add_permission, FunctionName=name, Qualifier="no", **permission)[0] == "ResourceNotFoundException"
    client.remove_permission(FunctionName=name, Qualifier="live", StatementId="s")

    client.put_function_event_invoke_config(FunctionName=name, Qualifier="live", MaximumRetryAttempts=0)
    client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    configs = client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
    assert [(c["FunctionArn"], c["MaximumRetryAttempts"]) for c in configs] == [(arn + ":$LATEST", 1), (arn + ":live", 0)]
    client.delete_function_event_invoke_config(FunctionName=name, Qualifier="live")
    assert refused(client.get_function_event_invoke_config, FunctionName=name, Qualifier="live")[0] == "ResourceNotFoundException"


def test_triggers_name_an_alias(engine, function):
    """A bucket's notification, a queue's mapping and a state machine's task by alias or version."""
    client, name, arn = function.client, function.name, function.arn
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    s3, sqs, states = engine.client("s3"), engine.client("sqs"), engine.client("stepfunctions")
    bucket = unique("b")
    s3.create_bucket(Bucket=bucket)
    notify = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn + ":live", "Events": ["s3:ObjectCreated:*"]}]}
    client.add_permission(FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    with pytest.raises(ClientError):  # the permission is the function's, not the alias's
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notify)
    client.add_permission(FunctionName=name, Qualifier="live", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notify)
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    eventually(lambda: function.log().count("Version: 1\n") == 1)

    queue = sqs.create_queue(QueueName=unique("q"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = client.create_event_source_mapping(FunctionName=name + ":live", EventSourceArn=queue_arn)
    assert mapping["FunctionArn"] == arn + ":live"
    assert refused(client.create_event_source_mapping, FunctionName=name + ":no", EventSourceArn=queue_arn)[0] == "InvalidParameterValueException"
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    eventually(lambda: function.log().count("Version: 1\n") == 2)
    client.delete_event_source_mapping(UUID=mapping["UUID"])

    machine = states.create_state_machine(name=unique("m"), roleArn="arn:aws:iam::000000000000:role/states", definition=json.dumps({
        "StartAt": "T", "States": {"T": {"Type": "Task", "Resource": arn + ":1", "End": True}}}))["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    done = eventually(lambda: "output" in states.describe_execution(executionArn=execution) and states.describe_execution(executionArn=execution))
    assert json.loads(done["output"]) == ["one", "1", ["1"]]
    client.invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload=b"{}")
    eventually(lambda: function.log().count("Version: 1\n") == 4)


def test_versions_survive_a_restart(own_engine):
    engine = own_engine()
    with Python(engine, SAYS % "one") as function:
        function.client.publish_version(FunctionName=function.name)
        function.client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
        function.client.update_function_code(FunctionName=function.name, ZipFile=sources({"lambda_function.py": SAYS % "two"}))
        port = engine.port
        engine.kill()
        engine.start(port)
        assert says(function, "live") == (["one", "1", ["live"]], "1") and says(function)[0][0] == "two"
        function.client.update_function_configuration(FunctionName=function.name, Timeout=9)
        assert function.client.publish_version(FunctionName=function.name)["Version"] == "2"


def test_what_nobody_changed(function):
    """What tools like Terraform ask of every function."""
    from protocol.lambda_functions import call

    at = f"/functions/{function.name}"
    assert call(function.engine, "GET", f"/2020-06-30{at}/code-signing-config") == {}
    assert call(function.engine, "GET", f"/2024-08-31{at}/recursion-config") == {"RecursiveLoop": "Terminate"}
    assert call(function.engine, "GET", f"/2021-07-20{at}/runtime-management-config") == {"UpdateRuntimeOn": "Auto", "FunctionArn": function.arn}
    assert call(function.engine, "GET", f"/2021-07-20{at}/runtime-management-config?Qualifier=%24LATEST")["FunctionArn"] == function.arn + ":$LATEST"
    assert refused(function.client.get_function_code_signing_config, FunctionName="not-there")[0] == "ResourceNotFoundException"
