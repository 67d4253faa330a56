"""/_cumulet/v1: what AWS's APIs do not tell (docs/read-api.md)."""
import json
import re
import urllib.request
import uuid

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from protocol import queues
from protocol.lambda_functions import Function, eventually
from protocol.read_api import every, read, refused
from protocol.test_states import create as create_machine, finished

ROOT = "1-5759e988-" + "0" * 12


def trace_id():
    return ROOT + uuid.uuid4().hex[:12]


def traced(client, root):
    """Calls of `client` carry that trace."""
    def add(request, **_):
        request.headers["X-Amzn-Trace-Id"] = f"Root={root}"
    client.meta.events.register("before-send", add)
    return client


def notify(engine, bucket, function):
    function.client.add_permission(FunctionName=function.name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                                   SourceArn=f"arn:aws:s3:::{bucket}")
    engine.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function.arn, "Events": ["s3:ObjectCreated:*"],
                                          "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".mp4"}]}}}]})


def test_an_uploads_trace_leads_to_its_invocation(engine, bucket):
    with Function(engine) as function:
        notify(engine, bucket, function)
        root = trace_id()
        traced(engine.client("s3"), root).put_object(Bucket=bucket, Key="a.mp4", Body=b"x")
        rows = eventually(lambda: [r for r in read(engine, f"traces/{root}")["rows"] if r["outcome"] == "succeeded"]
                          and read(engine, f"traces/{root}")["rows"])
        told = [(row["subject"], row["outcome"]) for row in rows]
        assert told[:3] == [("object", "ObjectCreated:Put"), ("invocation", "queued"), ("notification", "delivered")]
        assert ("invocation", "succeeded") in told
        assert rows[0]["what"] == f"{bucket}/a.mp4@null" and function.arn in rows[0]["detail"]
        assert {row["what"] for row in rows if row["subject"] == "invocation"} == {rows[1]["what"]}
        assert rows[2]["detail"] == "as " + rows[1]["what"]
        [listed] = [t for t in every(engine, "traces", "traces") if t["trace"] == root]
        assert listed["what"] == rows[0]["what"] and listed["failed"] == 0


def test_uploads_that_matched_no_trigger(engine, bucket):
    s3 = engine.client("s3")
    with Function(engine) as function:
        notify(engine, bucket, function)
        s3.put_object(Bucket=bucket, Key="a.txt", Body=b"x")
        [row] = every(engine, "unmatched-uploads", "uploads", what=f"{bucket}/")
        assert row["what"] == f"{bucket}/a.txt@null" and row["verdict"] == "noTrigger" and row["outcome"] == "ObjectCreated:Put"


def test_failures_say_why(engine):
    with Function(engine) as function:
        _, error, answer = function.invoke("fail", text="broken on purpose")
        assert error
        request_id = answer["ResponseMetadata"]["RequestId"]
        [row] = eventually(lambda: every(engine, "failures", "failures", what=f"{function.name}/"))
        assert row["what"] == f"{function.name}/{request_id}" and row["subject"] == "invocation" and row["detail"]
    machine = create_machine(engine.client("stepfunctions"), {
        "StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Its.Name", "Cause": "its cause"}}})
    execution = engine.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]
    finished(engine.client("stepfunctions"), execution)
    [row] = every(engine, "failures", "failures", subject="execution", what=execution)
    assert row["outcome"] == "FAILED" and row["detail"] == "Its.Name: its cause"


def test_requests_that_failed(engine, bucket):
    s3 = engine.client("s3")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="NONE_SUCH")
    request_id = error.value.response["ResponseMetadata"]["RequestId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    [row] = every(engine, "failures", "failures", subject="request", what=f"s3:PutObject/{request_id}")
    assert row["outcome"] == "400" and row["detail"].startswith("InvalidStorageClass: ")
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="none")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert not every(engine, "failures", "failures", what="s3:GetObject/")


def test_an_executions_tasks_belong_to_its_trace(engine):
    states = engine.client("stepfunctions")
    with Function(engine) as function:
        machine = create_machine(states, {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": function.arn, "End": True}}})
        root = trace_id()
        execution = traced(states, root).start_execution(stateMachineArn=machine, input='{"do":"echo"}')["executionArn"]
        assert finished(states, execution)["status"] == "SUCCEEDED"
        rows = eventually(lambda: len(read(engine, f"traces/{root}")["rows"]) == 3 and read(engine, f"traces/{root}")["rows"])
        assert {(row["subject"], row["outcome"]) for row in rows} == {("execution", "started"), ("invocation", "succeeded"), ("execution", "SUCCEEDED")}


def test_messages_are_told_and_seen_without_receiving_them(engine, sqs):
    url = queues.make(sqs)
    name = url.rsplit("/", 1)[1]
    ids = [sqs.send_message(QueueUrl=url, MessageBody=f"body {n}")["MessageId"] for n in range(3)]
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=600)
    [held] = sqs.receive_message(QueueUrl=url)["Messages"]
    found = every(engine, f"queues/{name}/messages", "messages", limit=2)
    assert [message["body"] for message in found] == ["body 0", "body 1", "body 2", "late"]
    assert [message["messageId"] for message in found][:3] == ids
    assert sorted(message["state"] for message in found) == ["delayed", "inFlight", "visible", "visible"]
    assert [m["receives"] for m in found if m["messageId"] == held["MessageId"]] == [1]
    assert queues.counts(sqs, url) == (2, 1, 1), "nothing was received"
    assert read(engine, f"queues/{name}/messages", body=4)["messages"][0]["body"] == "body"
    [depth] = [q for q in every(engine, "queues", "queues") if q["queue"].endswith(":" + name)]
    assert (depth["visible"], depth["inFlight"], depth["delayed"]) == (2, 1, 1)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    sqs.send_message(QueueUrl=url, MessageBody="another commit")
    told = every(engine, "journal", "rows", what=f"{name}/{held['MessageId']}")
    assert [row["outcome"] for row in told] == ["deleted", "sent"]
    assert refused(engine, "queues/no-such-queue/messages") == (404, "NotFound")


def test_environments_and_pollers_that_live(engine, sqs):
    with Function(engine) as function:
        function.invoke()
        [one] = [e for e in every(engine, "environments", "environments") if e["function"] == function.name]
        assert one["state"] == "idle" and one["logGroup"] == f"/aws/lambda/{function.name}" and one["memoryMb"] == 128
        url = queues.make(sqs)
        arn = queues.arn_of(sqs, url)
        mapping = function.client.create_event_source_mapping(EventSourceArn=arn, FunctionName=function.name)["UUID"]
        [poller] = eventually(lambda: [p for p in every(engine, "pollers", "pollers") if p["mapping"] == mapping])
        assert poller["queue"] == arn and poller["function"] == function.arn and poller["limit"] == 5
        function.client.delete_event_source_mapping(UUID=mapping)


def test_the_feed_by_long_polls(engine, bucket, sqs):
    begin = read(engine, "feed")["next"]
    engine.client("s3").put_object(Bucket=bucket, Key="k", Body=b"123")
    url = queues.make(sqs)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    seen, after = [], begin
    while not {"objectEvent", "queueDepth"} <= {event["kind"] for event in seen}:
        page = read(engine, "feed", after=after, wait=20)
        assert page["next"] >= after
        seen, after = seen + page["events"], page["next"]
    [put] = [event for event in seen if event["kind"] == "objectEvent" and event["bucket"] == bucket]
    assert put["key"] == "k" and put["size"] == 3 and put["targets"] == 0 and put["sequence"] > begin


def test_the_feed_as_server_sent_events(engine, bucket):
    request = urllib.request.Request(engine.endpoint + "/_cumulet/v1/feed?kinds=objectEvent", headers={"Accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=60) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.readline().startswith(b":")

        def event_of_stream():
            lines = {}
            while b"data" not in lines:
                name, _, value = stream.readline().rstrip(b"\n").partition(b": ")
                lines[name] = value
            return lines

        assert event_of_stream()[b"event"] == b"run"  # which run of the engine it is: another one begins to count anew
        engine.client("s3").put_object(Bucket=bucket, Key="k", Body=b"123")
        lines = event_of_stream()
        assert lines[b"event"] == b"objectEvent"
        event = json.loads(lines[b"data"])
        assert event["bucket"] == bucket and event["sequence"] == int(lines[b"id"])


def test_an_engine_with_watchers_stops(own_engine):
    engine = own_engine()
    with urllib.request.urlopen(urllib.request.Request(engine.endpoint + "/_cumulet/v1/feed", headers={"Accept": "text/event-stream"})) as stream:
        stream.readline()
        assert engine.stop() == 0


def test_sums_per_minute(engine):
    with Function(engine) as function:
        function.invoke()
        function.invoke("fail")
        found = {s["metric"]: s["minutes"] for s in every(engine, "minutes", "series", namespace="AWS/Lambda", value=function.name)}
        assert sum(minute["sum"] for minute in found["Invocations"]) == 2
        assert sum(minute["sum"] for minute in found["Errors"]) == 1
        assert sum(minute["count"] for minute in found["Duration"]) == 2
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", found["Duration"][0]["time"])


def test_what_cannot_be_asked(engine):
    assert refused(engine, "nothing") == (404, "NotFound")
    assert refused(engine, "failures?limit=0") == (400, "InvalidParameter")
    assert refused(engine, "failures?x=1") == (400, "InvalidParameter")
    assert refused(engine, "failures", {"Host": "evil.example"}) == (403, None)
    assert refused(engine, "failures", {"Origin": "https://evil.example"}) == (403, None)
    for method in ("POST", "DELETE", "PUT"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(urllib.request.Request(engine.endpoint + "/_cumulet/v1/failures", method=method, data=b""))
        assert error.value.code == 405


def test_a_known_key_is_needed_where_it_is_for_everything(own_engine):
    engine = own_engine(["--require-authentication"])
    text = (engine.data / "root-credentials").read_text()
    key, secret = (re.search(name + r" *= *(\S+)", text).group(1) for name in ("aws_access_key_id", "aws_secret_access_key"))
    assert refused(engine, "failures") == (403, None)

    def signed(service, path="failures?limit=5"):
        request = AWSRequest("GET", f"{engine.endpoint}/_cumulet/v1/{path}")
        SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
        return dict(request.headers.items())
    assert read(engine, "failures", headers=signed("cumulet"), limit=5) == {"failures": []}
    assert refused(engine, "failures?limit=5", signed("sqs")) == (403, None)
    assert refused(engine, "failures?limit=6", signed("cumulet")) == (403, None)
