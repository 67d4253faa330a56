"""Asynchronous invocations: the queue, destinations, and kill -9."""
import json
import os
import pathlib
import tempfile

import pytest
from botocore.exceptions import ClientError

from protocol.lambda_functions import Function, eventually, unique


def test_runs_once(engine):
    with Function(engine) as function:
        request = function.send("print", text="from an event")
        log = eventually(lambda: "REPORT" in function.log() and function.log())
        assert log.count("from an event") == 1 and f"START RequestId: {request}" in log


def test_large_events_are_refused(engine):
    with Function(engine) as function:
        with pytest.raises(ClientError) as caught:
            function.client.invoke(FunctionName=function.name, InvocationType="Event", Payload=b'"' + b"x" * 1_048_576 + b'"')
        assert caught.value.response["Error"]["Code"] == "RequestEntityTooLargeException"


def test_destinations(engine):
    with Function(engine, Environment={"Variables": {"PROBE_PRINT_EVENT": "1"}}) as target, Function(engine) as function:
        function.client.put_function_event_invoke_config(
            FunctionName=function.name, MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": target.arn}, "OnSuccess": {"Destination": target.arn}})
        expected = {function.send("fail", text="as planned"): ("RetriesExhausted", {"errorType": "ProbeError", "errorMessage": "as planned"}),
                    function.send("sleep", n=1): ("Success", "slept")}

        def records():
            found = [json.loads(line[6:]) for line in target.log().splitlines() if line.startswith("EVENT ")]
            return found if len(found) == 2 else None

        for record in eventually(records):
            condition, payload = expected.pop(record["requestContext"]["requestId"])
            assert record["version"] == "1.0"
            assert record["requestContext"]["condition"] == condition
            assert record["requestContext"]["functionArn"] == function.arn + ":$LATEST"
            assert record["requestContext"]["approximateInvokeCount"] == 1
            assert record["responsePayload"] == payload
            assert record["responseContext"]["executedVersion"] == "$LATEST"
            assert record["responseContext"].get("functionError") == ("Unhandled" if condition != "Success" else None)


def test_s3_event(engine):
    s3, bucket = engine.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    with Function(engine, Environment={"Variables": {"PROBE_PRINT_EVENT": "1"}}) as function:
        function.client.add_permission(FunctionName=function.name, StatementId="s3", Action="lambda:InvokeFunction",
                                       Principal="s3.amazonaws.com", SourceArn=f"arn:aws:s3:::{bucket}")
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": function.arn, "Events": ["s3:ObjectCreated:*"],
             "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".mp4"}]}}}]})
        s3.put_object(Bucket=bucket, Key="other.txt", Body=b"x")
        s3.put_object(Bucket=bucket, Key="a video.mp4", Body=b"12345")
        log = eventually(lambda: "REPORT" in function.log() and function.log())
        events = [json.loads(line[6:]) for line in log.splitlines() if line.startswith("EVENT ")]
        assert len(events) == 1 and len(events[0]["Records"]) == 1
        record = events[0]["Records"][0]
        assert record["eventName"] == "ObjectCreated:Put" and record["eventSource"] == "aws:s3"
        assert record["s3"]["bucket"]["name"] == bucket
        assert record["s3"]["object"]["key"] == "a+video.mp4" and record["s3"]["object"]["size"] == 5


def test_survives_kill(own_engine):
    engine = own_engine()
    function = Function(engine, Timeout=30)
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    busy = function.send("sleep", n=3000)  # the others wait behind it
    eventually(lambda: f"START RequestId: {busy}" in function.log())
    requests = [function.send("print", text=f"event-{i}-end") for i in range(20)]
    port = engine.port
    engine.kill()
    engine.start(port)
    function.client.delete_function_concurrency(FunctionName=function.name)
    log = eventually(lambda: all(f"event-{i}-end" in function.log() for i in range(20)) and function.log(), seconds=60)
    for request in requests:
        assert f"START RequestId: {request}" in log


def test_what_ran_at_the_kill_runs_again(own_engine):
    engine = own_engine()
    function = Function(engine, Timeout=30)
    request = function.send("sleep", n=3000)
    eventually(lambda: f"START RequestId: {request}" in function.log())
    port = engine.port
    engine.kill()
    engine.start(port)
    eventually(lambda: f"END RequestId: {request}" in function.log(), seconds=30)


def test_a_killed_engine_leaves_nothing(own_engine):
    """Neither the function's processes nor its /tmp nor the sandboxes' /etc."""
    engine = own_engine()
    with_file = Function(engine, Timeout=60)
    with_file.invoke("write", text="/tmp/kept")
    with_file.send("sleep", n=50_000)
    scratch, killed = engine.data / "lambda" / "tmp", engine.process.pid
    assert [folder for folder in scratch.iterdir() if (folder / "files" / "kept").exists()]
    etc = list(pathlib.Path(tempfile.gettempdir()).glob(f"cumulet-etc-{killed}-*"))
    assert len(etc) == 1
    children = {pid for pid in filter(str.isdigit, os.listdir("/proc")) if parent_of(pid) == killed}
    assert children
    with_file.client.put_function_concurrency(FunctionName=with_file.name, ReservedConcurrentExecutions=0)  # the event ends here
    engine.kill()
    eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children), seconds=5)
    engine.start()
    assert not [folder for folder in scratch.glob("*") if (folder / "kept").exists()]
    eventually(lambda: not etc[0].exists(), seconds=10)


def parent_of(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return None
