"""CloudFormation as its clients speak it: stacks by boto3, waiters included, and what a killed engine leaves of one."""
import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError, WaiterError

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 45}}


@pytest.fixture
def cloudformation(engine):
    return engine.client("cloudformation")


@pytest.fixture
def name():
    return "stack-" + uuid.uuid4().hex[:10]


def template(resources, **sections):
    return json.dumps({"Resources": resources, **sections})


def wait(client, waiter, name):
    client.get_waiter(waiter).wait(StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})


def create(client, name, resources, sections=None, **options):
    made = client.create_stack(StackName=name, TemplateBody=template(resources, **(sections or {})), **options)["StackId"]
    wait(client, "stack_create_complete", name)
    return made


def settled(client, name):
    for _ in range(600):
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(0.1)
    raise AssertionError(f"{name} is still in {stack['StackStatus']}")


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_stack_is_made_told_of_and_deleted(cloudformation, sqs, name):
    outputs = {"Url": {"Value": {"Ref": "Work"}, "Description": "where work waits"}, "Arn": {"Value": {"Fn::GetAtt": ["Work", "Arn"]}}}
    id = create(cloudformation, name, {"Work": QUEUE}, {"Description": "one queue", "Outputs": outputs}, Tags=[{"Key": "k", "Value": "v"}])
    assert id.startswith(f"arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/")
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert (stack["StackId"], stack["StackStatus"], stack["Description"], stack["Tags"]) == (id, "CREATE_COMPLETE", "one queue", [{"Key": "k", "Value": "v"}])
    told = {one["OutputKey"]: one for one in stack["Outputs"]}
    assert told["Url"]["Description"] == "where work waits"
    url = told["Url"]["OutputValue"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "45"
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert [(r["LogicalResourceId"], r["PhysicalResourceId"], r["ResourceStatus"]) for r in resources] == [("Work", url, "CREATE_COMPLETE")]
    assert cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Work")["StackResourceDetail"]["ResourceType"] == "AWS::SQS::Queue"
    assert cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"][0]["PhysicalResourceId"] == url
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert [(e["LogicalResourceId"], e["ResourceStatus"]) for e in reversed(events)] == [
        (name, "CREATE_IN_PROGRESS"), ("Work", "CREATE_IN_PROGRESS"), ("Work", "CREATE_COMPLETE"), (name, "CREATE_COMPLETE")]
    assert len({e["EventId"] for e in events}) == len(events)

    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", name)
    assert refused(cloudformation.describe_stacks, StackName=name) == ("ValidationError", f"Stack with id {name} does not exist", 400)
    assert cloudformation.describe_stacks(StackName=id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError):
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    cloudformation.delete_stack(StackName=name)  # says nothing of what is not there


def test_a_name_is_taken_once(cloudformation, name):
    create(cloudformation, name, {"Work": QUEUE})
    assert refused(cloudformation.create_stack, StackName=name, TemplateBody=template({"Work": QUEUE})) == (
        "AlreadyExistsException", f"Stack [{name}] already exists", 400)
    cloudformation.delete_stack(StackName=name)


def test_an_update_changes_what_changed(cloudformation, sqs, name):
    create(cloudformation, name, {"Work": QUEUE, "Spare": {"Type": "AWS::SQS::Queue"}})
    assert refused(cloudformation.update_stack, StackName=name, TemplateBody=template({"Work": QUEUE, "Spare": {"Type": "AWS::SQS::Queue"}})) == (
        "ValidationError", "No updates are to be performed.", 400)
    url = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Work")["StackResourceDetail"]["PhysicalResourceId"]
    cloudformation.update_stack(StackName=name, TemplateBody=template({"Work": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 50}}}))
    wait(cloudformation, "stack_update_complete", name)
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "50"
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["LastUpdatedTime"] > stack["CreationTime"]
    assert [r["LogicalResourceId"] for r in cloudformation.describe_stack_resources(StackName=name)["StackResources"]] == ["Work"]
    cloudformation.delete_stack(StackName=name)
    assert refused(cloudformation.update_stack, StackName="no-such", TemplateBody=template({"Work": QUEUE})) == (
        "ValidationError", "Stack [no-such] does not exist", 400)


BROKEN = {"Type": "AWS::Lambda::EventSourceMapping", "DependsOn": "Work",
          "Properties": {"FunctionName": "no-such-function", "EventSourceArn": {"Fn::GetAtt": ["Work", "Arn"]}}}


def test_what_fails_is_rolled_back(cloudformation, sqs, name):
    cloudformation.create_stack(StackName=name, TemplateBody=template({"Work": QUEUE, "Broken": BROKEN}))
    with pytest.raises(WaiterError):
        wait(cloudformation, "stack_create_complete", name)
    assert settled(cloudformation, name)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = {(e["LogicalResourceId"], e["ResourceStatus"]): e.get("ResourceStatusReason") for e in events}
    assert "Function does not exist" in reasons["Broken", "CREATE_FAILED"]
    assert reasons[name, "ROLLBACK_IN_PROGRESS"] == "The following resource(s) failed to create: [Broken]. Rollback requested by user."
    assert ("Work", "DELETE_COMPLETE") in reasons
    assert not [url for url in sqs.list_queues().get("QueueUrls", []) if name in url]
    code, message, _ = refused(cloudformation.update_stack, StackName=name, TemplateBody=template({"Work": QUEUE}))
    assert code == "ValidationError" and message.endswith("is in ROLLBACK_COMPLETE state and can not be updated.")
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", name)


def test_an_update_that_fails_leaves_all_as_it_was(cloudformation, sqs, name):
    create(cloudformation, name, {"Work": QUEUE})
    cloudformation.update_stack(StackName=name, TemplateBody=template({"Work": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 1}}, "Broken": BROKEN}))
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    url = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Work")["StackResourceDetail"]["PhysicalResourceId"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "45"
    assert cloudformation.get_template(StackName=name)["TemplateBody"] == json.loads(template({"Work": QUEUE}))
    cloudformation.delete_stack(StackName=name)


@pytest.mark.parametrize("option", [{"DisableRollback": True}, {"OnFailure": "DO_NOTHING"}])
def test_a_failure_may_be_left_to_look_at(cloudformation, sqs, name, option):
    cloudformation.create_stack(StackName=name, TemplateBody=template({"Work": QUEUE, "Broken": BROKEN}), **option)
    assert settled(cloudformation, name)["StackStatus"] == "CREATE_FAILED"
    assert [url for url in sqs.list_queues().get("QueueUrls", []) if name in url]
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", name)


def test_a_failure_may_delete_the_stack(cloudformation, name):
    id = cloudformation.create_stack(StackName=name, TemplateBody=template({"Work": QUEUE, "Broken": BROKEN}), OnFailure="DELETE")["StackId"]
    for _ in range(300):
        status = cloudformation.describe_stacks(StackName=id)["Stacks"][0]["StackStatus"]
        if status == "DELETE_COMPLETE":
            return
        time.sleep(0.1)
    raise AssertionError(status)


def test_parameters(cloudformation, sqs, name):
    parameters = {"Timeout": {"Type": "Number", "Default": "30", "AllowedValues": ["30", "60"], "Description": "seconds"},
                  "Secret": {"Type": "String", "NoEcho": True}}
    sections = {"Parameters": parameters, "Outputs": {"Secret": {"Value": {"Ref": "Secret"}}}}
    resources = {"Work": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Timeout"}}}}
    body = template(resources, **sections)
    assert refused(cloudformation.create_stack, StackName=name, TemplateBody=body)[:2] == ("ValidationError", "Parameters: [Secret] must have values")
    code, message, _ = refused(cloudformation.create_stack, StackName=name, TemplateBody=body,
                               Parameters=[{"ParameterKey": "Secret", "ParameterValue": "s"}, {"ParameterKey": "Timeout", "ParameterValue": "31"}])
    assert code == "ValidationError" and "Timeout" in message
    create(cloudformation, name, resources, sections, Parameters=[{"ParameterKey": "Secret", "ParameterValue": "hush"}])
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]} == {"Timeout": "30", "Secret": "****"}
    cloudformation.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=[
        {"ParameterKey": "Secret", "UsePreviousValue": True}, {"ParameterKey": "Timeout", "ParameterValue": "60"}])
    wait(cloudformation, "stack_update_complete", name)
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    assert {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]} == {"Timeout": "60", "Secret": "****"}
    assert stack["Outputs"][0]["OutputValue"] == "hush"
    cloudformation.delete_stack(StackName=name)


ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
    "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}


def test_capabilities_must_be_acknowledged(cloudformation, name):
    body = template({"Role": ROLE})
    assert refused(cloudformation.create_stack, StackName=name, TemplateBody=body) == (
        "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]", 400)
    named = {"Role": {**ROLE, "Properties": {**ROLE["Properties"], "RoleName": name}}}
    assert refused(cloudformation.create_stack, StackName=name, TemplateBody=template(named), Capabilities=["CAPABILITY_IAM"])[1] == (
        "Requires capabilities : [CAPABILITY_NAMED_IAM]")
    create(cloudformation, name, named, Capabilities=["CAPABILITY_NAMED_IAM"])
    cloudformation.delete_stack(StackName=name)


def test_exports_and_imports(cloudformation, name):
    user = name + "-user"
    create(cloudformation, name, {"Work": QUEUE}, {"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Work", "Arn"]}, "Export": {"Name": name + "-arn"}}}})
    exported = {e["Name"]: e for e in cloudformation.list_exports()["Exports"]}[name + "-arn"]
    assert exported["ExportingStackId"] == cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    dead = {"Other": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::ImportValue": name + "-arn"}, "maxReceiveCount": 3}}}}
    create(cloudformation, user, dead)
    assert cloudformation.list_imports(ExportName=name + "-arn")["Imports"] == [user]
    assert refused(cloudformation.delete_stack, StackName=name)[1] == (
        f"Delete canceled. Cannot delete export {name}-arn as it is in use by {user}.")
    cloudformation.delete_stack(StackName=user)
    wait(cloudformation, "stack_delete_complete", user)
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", name)
    code, message, _ = refused(cloudformation.create_stack, StackName=user, TemplateBody=template(dead))
    assert code == "ValidationError" and f"No export named {name}-arn found." in message


def test_what_is_protected_is_not_deleted(cloudformation, name):
    create(cloudformation, name, {"Work": QUEUE}, EnableTerminationProtection=True)
    assert refused(cloudformation.delete_stack, StackName=name)[1] == f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", name)


def test_change_sets(cloudformation, name):
    made = cloudformation.create_change_set(StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=template({"Work": QUEUE}))
    cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName="first", StackName=name, WaiterConfig={"Delay": 0.2})
    assert cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    told = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert [(c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"]) for c in told["Changes"]] == [("Add", "Work")]
    assert [s["ChangeSetName"] for s in cloudformation.list_change_sets(StackName=name)["Summaries"]] == ["first"]
    cloudformation.execute_change_set(ChangeSetName="first", StackName=name)
    wait(cloudformation, "stack_create_complete", name)

    cloudformation.create_change_set(StackName=name, ChangeSetName="same", TemplateBody=template({"Work": QUEUE}))
    told = cloudformation.describe_change_set(ChangeSetName="same", StackName=name)
    assert (told["Status"], told["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert told["StatusReason"].startswith("The submitted information didn't contain changes.")
    assert refused(cloudformation.execute_change_set, ChangeSetName="same", StackName=name)[0] == "InvalidChangeSetStatus"
    cloudformation.delete_change_set(ChangeSetName="same", StackName=name)

    longer = {"Work": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 99}}}
    cloudformation.create_change_set(StackName=name, ChangeSetName="longer", TemplateBody=template(longer))
    change = cloudformation.describe_change_set(ChangeSetName="longer", StackName=name)["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["Replacement"], change["Details"][0]["Target"]["Name"]) == ("Modify", "False", "VisibilityTimeout")
    cloudformation.execute_change_set(ChangeSetName="longer", StackName=name)
    wait(cloudformation, "stack_update_complete", name)
    assert refused(cloudformation.describe_change_set, ChangeSetName="none", StackName=name)[0] == "ChangeSetNotFound"
    cloudformation.delete_stack(StackName=name)


def test_templates_are_read_without_a_stack(cloudformation, s3, bucket):
    text = template({"Role": ROLE}, Description="d", Parameters={"A": {"Type": "String", "Default": "x", "AllowedValues": ["x", "y"]}})
    validated = cloudformation.validate_template(TemplateBody=text)
    assert (validated["Capabilities"], validated["Description"], validated["Parameters"][0]["DefaultValue"]) == (["CAPABILITY_IAM"], "d", "x")
    s3.put_object(Bucket=bucket, Key="t.json", Body=text)
    url = f"{s3.meta.endpoint_url}/{bucket}/t.json"
    summary = cloudformation.get_template_summary(TemplateURL=url)
    assert summary["ResourceTypes"] == ["AWS::IAM::Role"] and summary["Parameters"][0]["ParameterConstraints"]["AllowedValues"] == ["x", "y"]
    assert cloudformation.validate_template(TemplateURL=f"https://{bucket}.s3.us-east-1.amazonaws.com/t.json")["Description"] == "d"
    code, message, _ = refused(cloudformation.validate_template, TemplateURL=url + "x")
    assert code == "ValidationError" and message.startswith("S3 error: ")
    assert refused(cloudformation.validate_template, TemplateBody="{")[0] == "ValidationError"
    assert refused(cloudformation.validate_template)[1] == "Either Template URL or Template Body must be specified."


def test_deleted_stacks_are_listed(cloudformation, name):
    create(cloudformation, name, {"Work": QUEUE})
    cloudformation.delete_stack(StackName=name)
    wait(cloudformation, "stack_delete_complete", name)
    deleted = [s for page in cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"]) for s in page["StackSummaries"]]
    assert name in [s["StackName"] for s in deleted]
    assert name not in [s["StackName"] for page in cloudformation.get_paginator("describe_stacks").paginate() for s in page["Stacks"]]


def test_what_a_kill_cuts_off_is_rolled_back(own_engine, name):
    # Many queues, so that the kill falls among them.
    engine = own_engine()
    client = engine.client("cloudformation")
    resources = {f"Q{i}": {"Type": "AWS::SQS::Queue", **({"DependsOn": f"Q{i - 1}"} if i else {})} for i in range(120)}
    client.create_stack(StackName=name, TemplateBody=template(resources))
    while not [r for r in client.describe_stack_resources(StackName=name)["StackResources"] if r["ResourceStatus"] == "CREATE_COMPLETE"]:
        pass
    engine.kill()
    engine.start()
    client = engine.client("cloudformation")
    stack = settled(client, name)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert not engine.client("sqs").list_queues().get("QueueUrls")
    # A deletion that is cut off goes on.
    client.delete_stack(StackName=name)
    create(client, name + "-b", resources)
    client.delete_stack(StackName=name + "-b")
    engine.kill()
    engine.start()
    client = engine.client("cloudformation")
    for _ in range(600):
        if not client.describe_stacks()["Stacks"]:
            break
        time.sleep(0.1)
    assert not client.describe_stacks()["Stacks"]
    assert not engine.client("sqs").list_queues().get("QueueUrls")
