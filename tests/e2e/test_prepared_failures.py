"""Fourteen things that go wrong for everybody once: one command names the cause of each.

Each test prepares a failure in an engine of its own and asks a single `cumulet status`, or `cumulet trace` where an upload, a
message or an execution is at hand."""
import json
import os
import shutil
import time

import pytest

from conftest import PROGRAM, ROOT, Engine
from protocol.lambda_functions import TRUST, eventually, needs_sandbox, role
from protocol.managed_functions import Python, sources


@pytest.fixture(scope="module")
def engine():
    running = Engine().start()
    yield running
    running.stop()
    running.discard()


def told(engine, *command, cause, seconds=60):
    """The command's text once it names the cause."""
    text = ""

    def names_it():
        nonlocal text
        text = engine.run(*command).stdout
        return cause in text

    try:
        eventually(names_it, seconds)
    except AssertionError:
        raise AssertionError(f"{' '.join(command)} does not say {cause!r}:\n{text}") from None
    return text


def queue(engine, name, **attributes):
    sqs = engine.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def mapping(engine, function, arn, **more):
    return engine.client("lambda").create_event_source_mapping(FunctionName=function.name, EventSourceArn=arn, BatchSize=1, **more)["UUID"]


def machine(engine, name, definition):
    states = engine.client("stepfunctions")
    return states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role(engine))["stateMachineArn"]


FAILS = "def lambda_handler(event, context):\n    raise ValueError('no such customer')\n"
FINE = "def lambda_handler(event, context):\n    return 1\n"


def test_01_a_suffix_in_the_other_case(engine):
    with Python(engine, FINE) as function:
        engine.client("lambda").add_permission(FunctionName=function.name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
        s3 = engine.client("s3")
        s3.create_bucket(Bucket="films-in")
        s3.put_bucket_notification_configuration(Bucket="films-in", NotificationConfiguration={"LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": function.arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".mov"}]}}}]})
        s3.put_object(Bucket="films-in", Key="IMG_0001.MOV", Body=b"x")
        told(engine, "trace", "s3://films-in/IMG_0001.MOV", cause="no trigger matched: 'IMG_0001.MOV' does not end with '.mov': suffixes are case-sensitive")
        told(engine, "status", cause="suffixes are case-sensitive")
        near = engine.run("trace", "s3://films-in/IMG_0001.mov", check=False)
        assert near.returncode == 1 and "did you mean s3://films-in/IMG_0001.MOV?" in near.stderr


def test_02_a_timeout(engine):
    with Python(engine, "import time\ndef lambda_handler(event, context):\n    time.sleep(30)\n", Timeout=1) as function:
        function.run()
        text = told(engine, "status", cause="Task timed out after 1.00 seconds")
        assert function.name in text
        assert "Task timed out" in engine.log_text()  # the engine's log has a line for each function error


def test_03_out_of_memory(engine):
    with Python(engine, "def lambda_handler(event, context):\n    return len(bytearray(1 << 30))\n", MemorySize=128, Timeout=30) as function:
        function.run()
        told(engine, "status", cause="it needed more memory than its MemorySize")


def test_04_a_module_that_is_not_there(engine):
    with Python(engine, "import reqwests\n" + FINE) as function:
        function.run()
        told(engine, "status", cause="Unable to import module 'lambda_function': No module named 'reqwests'")


def test_05_a_permission_that_is_missing(engine):
    with Python(engine, FINE) as function:
        s3 = engine.client("s3")
        s3.create_bucket(Bucket="not-permitted")
        with pytest.raises(s3.exceptions.ClientError):
            s3.put_bucket_notification_configuration(Bucket="not-permitted", NotificationConfiguration={"LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": function.arn, "Events": ["s3:ObjectCreated:*"]}]})
        told(engine, "status", cause="Not authorized to invoke function")


def test_06_a_filter_that_drops_everything(engine):
    with Python(engine, FINE) as function:
        url, arn = queue(engine, "filtered")
        uuid = mapping(engine, function, arn, FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": {"kind": ["order"]}})}]})
        message = engine.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"kind": "Order"}))["MessageId"]
        told(engine, "status", cause=f"the filter of the mapping to {function.name} does not want it")
        told(engine, "trace", message, cause=f"the filter of the mapping to {function.name} does not want it: it is deleted")
        engine.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_07_a_mapping_that_is_disabled(engine):
    with Python(engine, FINE) as function:
        url, arn = queue(engine, "switched-off")
        uuid = mapping(engine, function, arn, Enabled=False)
        engine.client("sqs").send_message(QueueUrl=url, MessageBody="x")
        line = next(one for one in told(engine, "status", cause="1 message waits").splitlines() if "1 message waits" in one)
        assert f"switched-off → {function.name}" in line and "Disabled" in line
        engine.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_08_a_message_that_comes_back_for_ever(engine):
    with Python(engine, FAILS, Timeout=1) as function:
        url, arn = queue(engine, "poisoned", VisibilityTimeout="1")
        uuid = mapping(engine, function, arn)
        message = engine.client("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
        text = told(engine, "status", cause="and will for ever, the queue has no dead-letter queue")
        assert f"poisoned → {function.name}" in text and "ValueError: no such customer" in text
        assert "ValueError: no such customer" in told(engine, "trace", message, cause="it failed at")
        engine.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_09_a_dead_letter(engine):
    with Python(engine, FAILS, Timeout=1) as function:
        _, dead = queue(engine, "dead-letters")
        url, arn = queue(engine, "work", VisibilityTimeout="1", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1}))
        uuid = mapping(engine, function, arn)
        message = engine.client("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
        text = told(engine, "status", cause="work → dead-letters")
        assert "it was received 1 times" in text
        text = told(engine, "trace", message, cause="deadLettered")
        assert "ValueError: no such customer" in text
        engine.client("lambda").delete_event_source_mapping(UUID=uuid)


def test_10_a_wrong_arn(engine):
    arn = machine(engine, "points-nowhere", {"StartAt": "Go", "States": {"Go": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:moved-away", "End": True}}})
    execution = engine.client("stepfunctions").start_execution(stateMachineArn=arn, name="nowhere")["executionArn"]
    told(engine, "trace", execution, cause="Function not found: arn:aws:lambda:us-east-1:000000000000:function:moved-away")


def test_11_a_bad_package(engine):
    client = engine.client("lambda")
    with pytest.raises(client.exceptions.ClientError):
        client.create_function(FunctionName="bad-package", Runtime="python3.12", Handler="a.b", Role=role(engine), Code={"ZipFile": sources({"a.py": FINE})[:-40]})
    text = told(engine, "status", cause="lambda:CreateFunction")
    assert "Could not unzip uploaded file" in text


def test_12_a_full_tmp(engine):
    code = """
        def lambda_handler(event, context):
            for number in range(10):
                with open("/tmp/%d" % number, "wb") as out:
                    for _ in range(100):
                        out.write(bytes(1 << 20))
        """
    with Python(engine, code, MemorySize=1024, Timeout=60) as function:
        function.run()
        told(engine, "status", cause="/tmp is full: the function wrote more than its 512 MB")


def test_13_a_state_that_fails(engine):
    arn = machine(engine, "fails", {"StartAt": "Check", "States": {"Check": {"Type": "Pass", "Next": "Give up"},
                                                                     "Give up": {"Type": "Fail", "Error": "NoFaces", "Cause": "there was nobody in the film"}}})
    engine.client("stepfunctions").start_execution(stateMachineArn=arn, name="lonely")
    told(engine, "status", cause="NoFaces: there was nobody in the film")
    text = told(engine, "trace", "lonely", cause="it failed at fails/lonely: NoFaces: there was nobody in the film")
    assert "Give up (Fail)" in text


def test_14_a_film_that_is_corrupt(engine):
    needs_sandbox()
    if not (ROOT / "build/release/packages/blur-faces.zip").exists():
        pytest.skip("no function packages at build/release/packages: FaceBlur was not deployed")
    engine.run("deploy", str(ROOT / "apps/faceblur/template.yaml"), "--stack", "faceblur")
    film = bytearray((ROOT / "samples/faces.mp4").read_bytes())
    film[1000:len(film) // 2] = bytes(len(film) // 2 - 1000)
    engine.client("s3").put_object(Bucket="faceblur-input-000000000000", Key="broken.mp4", Body=bytes(film))
    told(engine, "trace", "s3://faceblur-input-000000000000/broken.mp4", cause="it failed at", seconds=120)
