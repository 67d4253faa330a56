"""Step Functions with boto3: state machines, executions, histories, and executions that outlive a kill -9."""
import json
import threading
import time
import urllib.request
import uuid

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from protocol.lambda_functions import Function

ROLE = "arn:aws:iam::000000000000:role/states"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"a": 1}, "End": True}}}


def wait_machine(seconds):
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "Next": "P"}, "P": {"Type": "Pass", "End": True}}}


def create(client, definition, **options):
    name = options.pop("name", "m-" + uuid.uuid4().hex[:12])
    return client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE, **options)["stateMachineArn"]


def finished(client, execution, seconds=120):
    end = time.time() + seconds
    while True:
        found = client.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING" or time.time() > end:
            return found
        time.sleep(0.02)


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def raw(engine, operation, body):
    """For what the old boto3 does not know: (status, JSON)."""
    request = AWSRequest("POST", engine.endpoint + "/", data=body,
                         headers={"X-Amz-Target": "AWSStepFunctions." + operation, "Content-Type": "application/x-amz-json-1.0"})
    SigV4Auth(Credentials("test", "test"), "states", "us-east-1").add_auth(request)
    sent = urllib.request.Request(request.url, data=body.encode(), headers=dict(request.headers.items()), method="POST")
    try:
        with urllib.request.urlopen(sent, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.fixture
def states(engine):
    return engine.client("stepfunctions")


def test_a_machine_from_creation_to_deletion(states):
    arn = create(states, PASS, tags=[{"key": "k", "value": "v"}])
    found = states.describe_state_machine(stateMachineArn=arn)
    assert json.loads(found["definition"]) == PASS and found["status"] == "ACTIVE" and found["type"] == "STANDARD"
    assert found["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "k", "value": "v"}]
    assert arn in [m["stateMachineArn"] for p in states.get_paginator("list_state_machines").paginate() for m in p["stateMachines"]]
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(wait_machine(1)))
    assert json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"]) == wait_machine(1)
    states.delete_state_machine(stateMachineArn=arn)
    assert refused(states.describe_state_machine, stateMachineArn=arn) == (
        "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def test_the_same_content_is_the_same_machine(states):
    arn = create(states, PASS, name="same-" + uuid.uuid4().hex[:8])
    name = arn.rsplit(":", 1)[1]
    assert create(states, PASS, name=name) == arn
    assert refused(states.create_state_machine, name=name, definition=json.dumps(wait_machine(1)), roleArn=ROLE) == (
        "StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")


def test_definitions_that_do_not_validate(engine, states):
    bad = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Succeed"}}}
    message = ("Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next, "
               "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C'")
    assert refused(states.create_state_machine, name="bad", definition=json.dumps(bad), roleArn=ROLE) == ("InvalidDefinition", message)
    status, found = raw(engine, "ValidateStateMachineDefinition", json.dumps({"definition": "{}"}))
    assert status == 200
    assert found == {"result": "FAIL", "truncated": False, "diagnostics": [
        {"severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "message": "These fields are required: [States, StartAt]", "location": "/"}]}


def test_an_execution_and_its_history(states):
    execution = states.start_execution(stateMachineArn=create(states, PASS), input='{"x": 1}')["executionArn"]
    found = finished(states, execution)
    assert (found["status"], found["input"], found["output"]) == ("SUCCEEDED", '{"x": 1}', '{"a":1}')
    events = states.get_execution_history(executionArn=execution)["events"]
    assert [(e["id"], e["previousEventId"], e["type"]) for e in events] == [
        (1, 0, "ExecutionStarted"), (2, 0, "PassStateEntered"), (3, 2, "PassStateExited"), (4, 3, "ExecutionSucceeded")]
    assert events[0]["executionStartedEventDetails"]["roleArn"] == ROLE
    newest = states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)
    assert newest["events"][0]["type"] == "ExecutionSucceeded" and newest["nextToken"]
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution, PaginationConfig={"PageSize": 3})
    assert [e["id"] for p in pages for e in p["events"]] == [1, 2, 3, 4]


def test_names_inputs_and_arns_are_checked(states):
    machine = create(states, wait_machine(30))
    first = states.start_execution(stateMachineArn=machine, name="e", input="{}")
    assert states.start_execution(stateMachineArn=machine, name="e", input="{}")["executionArn"] == first["executionArn"]
    assert refused(states.start_execution, stateMachineArn=machine, name="e", input="[]")[0] == "ExecutionAlreadyExists"
    assert refused(states.start_execution, stateMachineArn=machine, input="not json") == (
        "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting "
        "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')'")
    assert refused(states.describe_execution, executionArn="nonsense") == ("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'")
    assert refused(states.list_executions, stateMachineArn=machine, maxResults=1001) == (
        "ValidationException", "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000")
    stopped = states.stop_execution(executionArn=first["executionArn"], error="E", cause="C")
    found = states.describe_execution(executionArn=first["executionArn"])
    assert (found["status"], found["error"], found["stopDate"]) == ("ABORTED", "E", stopped["stopDate"])
    listed = states.list_executions(stateMachineArn=machine, statusFilter="ABORTED")["executions"]
    assert [e["name"] for e in listed] == ["e"]


def test_a_missing_function_fails_the_task(states):
    machine = create(states, {"StartAt": "T", "States": {"T": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "no-such-function"}, "End": True}}})
    found = finished(states, states.start_execution(stateMachineArn=machine)["executionArn"])
    assert (found["status"], found["error"]) == ("FAILED", "Lambda.ResourceNotFoundException")
    assert "Function not found: arn:aws:lambda:us-east-1:000000000000:function:no-such-function" in found["cause"]


def types_of(client, execution):
    return [e["type"] for e in client.get_execution_history(executionArn=execution, maxResults=1000)["events"]]


def test_functions_run_as_tasks_in_both_forms(engine, states):
    with Function(engine) as function:
        machine = create(states, {"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": function.arn, "Next": "B"},
            "B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                  "Parameters": {"FunctionName": function.arn + ":$LATEST", "Payload.$": "$"}, "End": True}}})
        event = {"do": "echo", "text": "hello"}
        execution = states.start_execution(stateMachineArn=machine, input=json.dumps(event))["executionArn"]
        output = json.loads(finished(states, execution)["output"])
        assert output["Payload"] == event and output["StatusCode"] == 200 and output["ExecutedVersion"] == "$LATEST"
        assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200 and output["SdkResponseMetadata"]["RequestId"]
        assert types_of(states, execution) == [
            "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded",
            "TaskStateExited", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]


def test_a_function_that_fails_is_retried_then_caught(engine, states):
    with Function(engine) as function:
        machine = create(states, {"StartAt": "T", "States": {
            "T": {"Type": "Task", "Resource": function.arn, "End": True,
                  "Retry": [{"ErrorEquals": ["ProbeError"], "IntervalSeconds": 1, "MaxAttempts": 1}],
                  "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "C"}]},
            "C": {"Type": "Pass", "End": True}}})
        execution = states.start_execution(stateMachineArn=machine, input='{"do": "fail", "text": "no"}')["executionArn"]
        output = json.loads(finished(states, execution)["output"])
        assert output["error"]["Error"] == "ProbeError" and json.loads(output["error"]["Cause"])["errorMessage"] == "no"
        assert types_of(states, execution).count("LambdaFunctionFailed") == 2


def test_a_task_times_out(engine, states):
    with Function(engine) as function:
        machine = create(states, {"StartAt": "T", "States": {"T": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 1, "End": True,
            "Parameters": {"FunctionName": function.name, "Payload": {"do": "hang"}}}}})
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        found = finished(states, execution)
        assert (found["status"], found["error"]) == ("FAILED", "States.Timeout")
        assert types_of(states, execution)[-2:] == ["TaskTimedOut", "ExecutionFailed"]


def test_only_the_task_in_flight_runs_again_after_kill_9(own_engine):
    engine = own_engine()
    function = Function(engine)
    states = engine.client("stepfunctions")
    slow = {"Type": "Task", "Resource": function.arn, "Parameters": {"do": "sleep", "n": 1500}, "ResultPath": None}
    machine = create(states, {"StartAt": "A", "States": {
        "A": {**slow, "Parameters": {"do": "echo"}, "Next": "B"}, "B": {**slow, "Next": "C"}, "C": {**slow, "End": True}}})
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    end = time.time() + 120
    while "TaskStateExited" not in types_of(states, execution) and time.time() < end:
        time.sleep(0.02)
    engine.kill()
    engine.start()
    states = engine.client("stepfunctions")
    assert finished(states, execution, seconds=40)["status"] == "SUCCEEDED"
    types = types_of(states, execution)
    assert types.count("LambdaFunctionScheduled") == 3 and types.count("LambdaFunctionSucceeded") == 3


def test_every_history_event_reaches_the_log(engine, states):
    logs = engine.client("logs")
    group = "/aws/vendedlogs/states/" + uuid.uuid4().hex[:8]
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    machine = create(states, PASS, loggingConfiguration={
        "level": "ALL", "includeExecutionData": True, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]})
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    end, lines = time.time() + 120, []
    while len(lines) < 4 and time.time() < end:
        lines = [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName=group)["events"]]
        time.sleep(0.02)
    assert [(line["id"], line["type"]) for line in lines] == [
        ("1", "ExecutionStarted"), ("2", "PassStateEntered"), ("3", "PassStateExited"), ("4", "ExecutionSucceeded")]
    assert all(line["execution_arn"] == execution for line in lines)
    assert lines[2]["details"] == {"name": "P", "output": '{"a":1}', "outputDetails": {"truncated": False}}


def test_executions_outlive_kill_9(own_engine):
    engine = own_engine()
    states = engine.client("stepfunctions")
    machine = create(states, wait_machine(2))
    executions = [states.start_execution(stateMachineArn=machine, input=json.dumps(i))["executionArn"] for i in range(20)]
    for _ in range(3):
        engine.kill()
        engine.start()
    states = engine.client("stepfunctions")
    for i, execution in enumerate(executions):
        found = finished(states, execution)
        assert (found["status"], found["output"]) == ("SUCCEEDED", str(i))
        types = [e["type"] for e in states.get_execution_history(executionArn=execution)["events"]]
        assert types == ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]


def test_acknowledged_executions_are_whole_after_kill_9(own_engine):
    """StartExecution answers once the execution and what it went through are durable: of a machine of 100 Pass states that
    is the whole history. Killed under load, nothing acknowledged is missing, and nothing is there by half."""
    engine = own_engine()
    states = engine.client("stepfunctions")
    graph = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(99)}
    machine = create(states, {"StartAt": "S0", "States": {**graph, "S99": {"Type": "Pass", "End": True}}}, name="hundred")
    acknowledged = []

    def load(client):
        for i in range(100_000):
            try:
                acknowledged.append(client.start_execution(stateMachineArn=machine, input=json.dumps(i))["executionArn"])
            except Exception:  # the engine was killed
                return

    threads = [threading.Thread(target=load, args=(engine.client("stepfunctions"),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    end = time.time() + 120
    while len(acknowledged) < 200 and time.time() < end:
        time.sleep(0.01)
    engine.kill()
    for thread in threads:
        thread.join()
    engine.start()
    states = engine.client("stepfunctions")
    found = {e["executionArn"]: e["status"] for page in states.get_paginator("list_executions").paginate(stateMachineArn=machine)
             for e in page["executions"]}
    assert len(acknowledged) >= 200 and set(acknowledged) <= set(found)
    assert set(found.values()) == {"SUCCEEDED"}
    for execution in found:
        last = states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
        assert (last["id"], last["type"]) == (202, "ExecutionSucceeded")


def test_what_older_sdks_cannot_ask(engine, states):
    machine = create(states, PASS)
    execution = states.start_execution(stateMachineArn=machine, traceHeader="Root=1-2")["executionArn"]
    status, found = raw(engine, "DescribeExecution", json.dumps({"executionArn": execution, "includedData": "METADATA_ONLY"}))
    assert status == 200 and found["traceHeader"] == "Root=1-2" and found["outputDetails"] == {"included": False}
    assert "input" not in found and "output" not in found
    status, found = raw(engine, "DescribeStateMachine", json.dumps({"stateMachineArn": machine, "includedData": "METADATA_ONLY"}))
    assert status == 200 and found["definition"] == "{}" and found["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
    status, found = raw(engine, "CreateStateMachine", json.dumps({
        "name": "v", "definition": json.dumps(PASS), "roleArn": ROLE, "versionDescription": "first"}))
    assert (status, found["message"]) == (400, "Version description can only be set when publish is true")


def test_what_the_levels_let_through(engine, states):
    logs = engine.client("logs")
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
    for level, expected in (("ERROR", ["FailStateEntered", "ExecutionFailed"]), ("FATAL", ["ExecutionFailed"])):
        group = "/aws/vendedlogs/states/" + uuid.uuid4().hex[:8]
        logs.create_log_group(logGroupName=group)
        arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
        machine = create(states, failing, loggingConfiguration={
            "level": level, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]})
        finished(states, states.start_execution(stateMachineArn=machine)["executionArn"])
        end, lines = time.time() + 120, []
        while len(lines) < len(expected) and time.time() < end:
            lines = [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName=group)["events"]]
            time.sleep(0.02)
        assert [line["type"] for line in lines] == expected
        assert lines[-1]["details"] == {"cause": "C", "error": "E"}
