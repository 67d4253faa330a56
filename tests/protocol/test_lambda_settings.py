"""What is kept beside a function as on AWS (answers as recorded there): code signing, provisioned concurrency, recursion, runtime management,
and the forms in which a function is named."""
import json

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from protocol.lambda_functions import call, create, package

CODE = package({"bootstrap": b"#!/bin/sh\nexit 1\n"})
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture(scope="module")
def client(engine):
    return engine.client("lambda", config=Config(parameter_validation=False))


@pytest.fixture
def name(engine, client):
    made = create(engine, code=CODE)["FunctionName"]
    yield made
    client.delete_function(FunctionName=made)


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_functions_name_has_many_forms(client, name):
    for form in (name, f"function:{name}", f"000000000000:{name}", f"000000000000:function:{name}", f"us-east-1:000000000000:function:{name}",
                 ARN + name, f"us-east-1:function:{name}"):
        assert client.get_function_configuration(FunctionName=form)["FunctionArn"] == ARN + name, form
        assert client.get_function_configuration(FunctionName=f"{form}:$LATEST")["FunctionArn"] == f"{ARN}{name}:$LATEST", form
    assert refused(client.get_function, FunctionName=f"111111111111:{name}")[::2] == ("AccessDeniedException", 403)
    assert refused(client.get_function, FunctionName=f"eu-west-1:000000000000:function:{name}")[1] == (
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
    for form in (f"arn:aws:ec2:us-east-1:000000000000:function:{name}", f"{name}:1:2", f"arn:aws:lambda:us-east-1::function:{name}"):
        assert refused(client.get_function, FunctionName=form)[::2] == ("ValidationException", 400), form


def test_every_violation_is_told_at_once(client):
    long, bad = "a" * 257, "b!" * 65
    code, text, status = refused(client.get_function, FunctionName=f"{long}!", Qualifier=bad)
    assert (code, status) == ("ValidationException", 400) and text.startswith("4 validation errors detected: ")
    assert [part.split("'")[3] for part in text.split("; ")] == ["qualifier", "qualifier", "functionName", "functionName"]
    assert "((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?" in text


def test_invoke_names_the_version_that_is_not_there(client, name):
    assert refused(client.invoke, FunctionName="absent")[1] == f"Function not found: {ARN}absent:$LATEST"
    assert refused(client.invoke, FunctionName="absent", Qualifier="1")[1] == f"Function not found: {ARN}absent:1"
    answer = client.invoke(FunctionName=name, InvocationType="DryRun")
    assert answer["StatusCode"] == 204 and "ExecutedVersion" not in answer


def test_permissions_and_what_they_name(client, name):
    add = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    latest = ("InvalidParameterValueException", "We currently do not support adding policies for $LATEST.", 400)
    assert refused(client.add_permission, FunctionName=name, Qualifier="$LATEST", **add) == latest
    assert refused(client.add_permission, FunctionName=f"{name}:$LATEST", **add) == latest
    assert refused(client.add_permission, FunctionName=name, **{**add, "Principal": "s3.nowhere.example"})[:2] == (
        "InvalidParameterValueException", "The provided principal was invalid. Please check the principal and try again.")
    gone = "ResourceNotFoundException"
    assert refused(client.add_permission, FunctionName="absent", **add) == (gone, f"Function not found: {ARN}absent", 404)
    assert refused(client.add_permission, FunctionName=name, Qualifier="none", **add)[1] == f"Cannot find alias arn: {ARN}{name}:none"
    assert refused(client.add_permission, FunctionName=name, Qualifier="42", **add)[1] == f"Function not found: {ARN}{name}:42"
    assert refused(client.add_permission, FunctionName=name, Qualifier="with-$-in", **add)[1] == f"Function not found: {ARN}{name}:with-$-in"
    assert refused(client.remove_permission, FunctionName="absent", StatementId="s") == (gone, f"No policy found for: {ARN}absent", 404)
    assert refused(client.remove_permission, FunctionName=name, Qualifier="none", StatementId="s")[1] == f"Cannot find alias arn: {ARN}{name}:none"
    assert refused(client.get_policy, FunctionName=name, Qualifier="42") == (gone, "The resource you requested does not exist.", 404)
    assert refused(client.get_policy, FunctionName="absent")[1] == f"Function not found: {ARN}absent"


def test_tags_of_a_mapping_that_is_not_there(client):
    arn = "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:01234567-89ab-cdef-0123-456789abcdef"
    for ask, more in ((client.list_tags, {}), (client.tag_resource, {"Tags": {"a": "b"}}), (client.untag_resource, {"TagKeys": ["a"]})):
        code, text, status = refused(ask, Resource=arn, **more)
        assert (code, status) == ("ResourceNotFoundException", 404) and text.endswith(arn)
    assert "|layer:([a-zA-Z0-9-_]+)|" in refused(client.list_tags, Resource="arn:aws:something")[1]


def test_code_signing(engine, client, name):
    publishers = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/test"]}
    made = client.create_code_signing_config(Description="d", AllowedPublishers=publishers, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    config = made["CodeSigningConfig"]
    arn = config["CodeSigningConfigArn"]
    assert arn == f"arn:aws:lambda:us-east-1:000000000000:code-signing-config:{config['CodeSigningConfigId']}" and config["AllowedPublishers"] == publishers
    updated = client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"})["CodeSigningConfig"]
    assert updated["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"} and updated["Description"] == "d"
    assert client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == updated
    assert updated in client.list_code_signing_configs()["CodeSigningConfigs"]

    assert "CodeSigningConfigArn" not in client.get_function_code_signing_config(FunctionName=name)
    put = client.put_function_code_signing_config(CodeSigningConfigArn=arn, FunctionName=name)
    assert (put["CodeSigningConfigArn"], put["FunctionName"]) == (arn, name)
    assert client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == arn
    assert client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"] == [ARN + name]
    assert refused(client.delete_code_signing_config, CodeSigningConfigArn=arn)[::2] == ("ResourceConflictException", 409)
    for _ in range(2):
        assert client.delete_function_code_signing_config(FunctionName=name)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.delete_code_signing_config(CodeSigningConfigArn=arn)["ResponseMetadata"]["HTTPStatusCode"] == 204

    gone = ("ResourceNotFoundException", f"The Lambda code signing configuration {arn} can not be found.", 404)
    for ask in (client.get_code_signing_config, client.update_code_signing_config, client.delete_code_signing_config,
                client.list_functions_by_code_signing_config):
        assert refused(ask, CodeSigningConfigArn=arn) == gone
    for function in (name, "absent"):
        assert refused(client.put_function_code_signing_config, CodeSigningConfigArn=arn, FunctionName=function) == (
            "CodeSigningConfigNotFoundException",
            f"The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}.", 404)
    for ask in (client.get_function_code_signing_config, client.delete_function_code_signing_config):
        assert refused(ask, FunctionName="absent")[1] == f"Function not found: {ARN}absent"
    assert refused(client.get_code_signing_config, CodeSigningConfigArn="arn:aws:lambda:nowhere")[0] == "ValidationException"


def test_provisioned_concurrency(client, name):
    put, get = client.put_provisioned_concurrency_config, client.get_provisioned_concurrency_config
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    bad, gone = "InvalidParameterValueException", "ResourceNotFoundException"
    none = ("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function", 404)
    assert refused(get, FunctionName=name, Qualifier=version) == none
    assert refused(get, FunctionName="absent", Qualifier="noalias") == (gone, f"Cannot find alias arn: {ARN}absent:noalias", 404)
    assert refused(get, FunctionName=name, Qualifier="10") == (gone, f"Function not found: {ARN}{name}:10", 404)
    latest = (bad, "The function resource provided must be an alias or a published version.", 400)
    assert refused(get, FunctionName=name, Qualifier="$LATEST") == latest
    assert refused(client.delete_provisioned_concurrency_config, FunctionName=name, Qualifier="$LATEST") == latest
    assert refused(put, FunctionName=name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1) == (
        bad, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.", 400)
    assert refused(put, FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=0)[1] == (
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or "
        "equal to 1")
    assert client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
    assert refused(client.list_provisioned_concurrency_configs, FunctionName="absent")[1] == f"Function not found: {ARN}absent"

    made = put(FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=2)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202 and made["Status"] == "IN_PROGRESS"
    assert (made["RequestedProvisionedConcurrentExecutions"], made["AvailableProvisionedConcurrentExecutions"]) == (2, 0)
    got = get(FunctionName=name, Qualifier=version)
    assert got["Status"] == "READY" and got["AllocatedProvisionedConcurrentExecutions"] == 2
    assert refused(put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1) == (
        "ResourceConflictException", "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version", 409)
    assert client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"][0]["FunctionArn"] == f"{ARN}{name}:{version}"
    for _ in range(2):
        client.delete_provisioned_concurrency_config(FunctionName=name, Qualifier=version)
    put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    assert refused(put, FunctionName=name, Qualifier=version, ProvisionedConcurrentExecutions=1) == (
        "ResourceConflictException", "Version is pointed by a Provisioned Concurrency alias", 409)
    client.delete_alias(FunctionName=name, Name="live")
    assert refused(get, FunctionName=name, Qualifier="live")[1] == f"Cannot find alias arn: {ARN}{name}:live"
    assert client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []


def test_recursion_and_runtime_management(engine, name):
    page = f"/2024-08-31/functions/{name}/recursion-config"
    assert call(engine, "GET", page) == {"RecursiveLoop": "Terminate"}
    assert call(engine, "PUT", page, {"RecursiveLoop": "Allow"}) == {"RecursiveLoop": "Allow"} == call(engine, "GET", page)
    page = f"/2021-07-20/functions/{name}/runtime-management-config"
    assert call(engine, "GET", page)["UpdateRuntimeOn"] == "Auto"
    assert call(engine, "PUT", page, {"UpdateRuntimeOn": "FunctionUpdate"})["UpdateRuntimeOn"] == "FunctionUpdate" == call(engine, "GET", page)["UpdateRuntimeOn"]
    arn = "arn:aws:lambda:us-east-1::runtime:" + "0" * 64
    assert call(engine, "PUT", page, {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": arn})["RuntimeVersionArn"] == arn


def test_settings_outlive_the_engine(own_engine):
    engine = own_engine()
    client = engine.client("lambda")
    name = create(engine, code=CODE)["FunctionName"]
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    config = client.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/t"]})
    client.put_function_code_signing_config(CodeSigningConfigArn=config["CodeSigningConfig"]["CodeSigningConfigArn"], FunctionName=name)
    engine.kill()
    engine.start()
    client = engine.client("lambda")
    assert client.get_function_url_config(FunctionName=name)["FunctionUrl"].split(".")[0] == url.split(".")[0]
    assert client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == config["CodeSigningConfig"]["CodeSigningConfigArn"]


@pytest.mark.parametrize("runtime, says", [("nodejs14.x", "We recommend you use the new runtime (nodejs20.x)"), ("python3.7", "(python3.12)"),
                                           ("java8", "(java21)"), ("provided", "(provided.al2023)")])
def test_runtimes_that_aws_takes_no_more(engine, runtime, says):
    with pytest.raises(ClientError) as caught:
        create(engine, code=CODE, Runtime=runtime)
    text = caught.value.response["Error"]["Message"]
    assert text.startswith(f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. ") and says in text
    assert text.endswith(" while creating or updating functions.")


@pytest.mark.parametrize("runtime", ["python3.8", "python3.9", "nodejs16.x", "nodejs18.x"])
def test_deprecated_runtimes_are_taken_as_on_aws(engine, client, runtime):
    made = create(engine, code=CODE, Runtime=runtime)
    assert made["Runtime"] == runtime
    client.delete_function(FunctionName=made["FunctionName"])


def test_snap_start(engine, client):
    made = create(engine, code=CODE, Runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"})
    assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    assert client.publish_version(FunctionName=made["FunctionName"])["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    client.delete_function(FunctionName=made["FunctionName"])


def test_code_that_is_published_at_once_is_told_as_a_version(client, name):
    answer = client.update_function_code(FunctionName=name, ZipFile=package({"bootstrap": b"#!/bin/sh\nexit 2\n"}), Publish=True)
    assert answer["Version"] == "1" and answer["FunctionArn"] == f"{ARN}{name}:1"
    assert (answer["State"], answer["StateReasonCode"]) == ("Pending", "Creating") and "LastUpdateStatus" not in answer
    assert client.get_function(FunctionName=name, Qualifier="1")["Configuration"]["RevisionId"] == answer["RevisionId"]
