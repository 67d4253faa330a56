"""CloudWatch Logs, by boto3 and by `aws logs tail`."""
import os
import select
import signal
import subprocess
import time
import uuid

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


@pytest.fixture
def logs(engine):
    return engine.client("logs")


@pytest.fixture
def group(logs):
    name = f"/test/{uuid.uuid4().hex[:12]}"
    logs.create_log_group(logGroupName=name)
    yield name
    try:
        logs.delete_log_group(logGroupName=name)
    except logs.exceptions.ResourceNotFoundException:
        pass


@pytest.fixture
def stream(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    return "s"


def now():
    return int(time.time() * 1000)


def put(logs, group, stream, *messages, at=None):
    at = now() if at is None else at
    events = [{"timestamp": at + i, "message": m} for i, m in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_groups(logs, group):
    assert refused(logs.create_log_group, logGroupName=group) == ("ResourceAlreadyExistsException", "The specified log group already exists", 400)
    found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert len(found) == 1
    assert found[0]["arn"] == f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    assert found[0]["storedBytes"] == 0 and "retentionInDays" not in found[0]
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    logs.delete_log_group(logGroupName=group)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
    assert refused(logs.delete_log_group, logGroupName=group) == ("ResourceNotFoundException", "The specified log group does not exist.", 400)


def test_names_and_retentions_are_checked(logs, group):
    code, message, _ = refused(logs.create_log_group, logGroupName="a b")
    assert code == "InvalidParameterException"
    assert message == ("1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: "
                       r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+")
    code, message, _ = refused(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert code == "InvalidParameterException" and "Value '2' at 'retentionInDays'" in message


def test_what_names_a_group(engine, group, stream):
    logs = engine.client("logs", config=Config(parameter_validation=False))
    long = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
    assert refused(logs.create_log_group, logGroupName="g" * 513) == ("InvalidParameterException", long, 400)
    assert refused(logs.create_log_stream, logGroupName=group, logStreamName="s" * 513) == ("InvalidParameterException", long, 400)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    assert [s["logStreamName"] for s in logs.describe_log_streams(logGroupIdentifier=arn)["logStreams"]] == [stream]
    assert refused(logs.describe_log_streams, logGroupName=group, logGroupIdentifier=arn) == (
        "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.", 400)
    assert refused(logs.get_log_events, logGroupName=group, logStreamName=stream, limit=10001) == (
        "InvalidParameterException",
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000", 400)
    assert refused(logs.get_log_events, logGroupName=group, logStreamName=stream, nextToken="bad") == (
        "InvalidParameterException", "The specified nextToken is invalid.", 400)
    assert refused(logs.filter_log_events, logGroupName=group, nextToken="bad") == (
        "InvalidParameterException", "The specified nextToken is invalid.", 400)


def test_large_events(logs, group, stream):
    put(logs, group, stream, "x" * (1_048_576 - 26))
    assert len(logs.get_log_events(logGroupName=group, logStreamName=stream)["events"][0]["message"]) == 1_048_550
    assert refused(logs.put_log_events, logGroupName=group, logStreamName=stream,
                   logEvents=[{"timestamp": now(), "message": "x" * (1_048_576 - 25)}])[0] == "InvalidParameterException"


def test_put_and_get(logs, group, stream):
    answer = put(logs, group, stream, "one", "two", "三 \U0001f600\n\ttabbed")
    assert answer["nextSequenceToken"] and "rejectedLogEventsInfo" not in answer
    got = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    assert [e["message"] for e in got["events"]] == ["one", "two", "三 \U0001f600\n\ttabbed"]
    assert all(e["ingestionTime"] >= e["timestamp"] - 10 for e in got["events"])
    again = logs.get_log_events(logGroupName=group, logStreamName=stream, nextToken=got["nextForwardToken"])
    assert again["events"] == [] and again["nextForwardToken"] == got["nextForwardToken"]
    back = logs.get_log_events(logGroupName=group, logStreamName=stream, nextToken=got["nextBackwardToken"])
    assert back["events"] == [] and back["nextBackwardToken"] == got["nextBackwardToken"]
    last = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=1)
    assert [e["message"] for e in last["events"]] == ["三 \U0001f600\n\ttabbed"]
    assert refused(logs.get_log_events, logGroupName=group, logStreamName="none")[:2] == (
        "ResourceNotFoundException", "The specified log stream does not exist.")


def test_old_events_are_rejected_by_index(logs, group, stream):
    answer = put(logs, group, stream, "old", at=now() - 15 * 24 * 3600 * 1000)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    answer = put(logs, group, stream, "new", at=now() + 3 * 3600 * 1000)
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}


def test_events_must_be_in_order(logs, group, stream):
    events = [{"timestamp": now(), "message": "a"}, {"timestamp": now() - 1000, "message": "b"}]
    assert refused(logs.put_log_events, logGroupName=group, logStreamName=stream, logEvents=events)[:2] == (
        "InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order.")


def filtered(logs, group, pattern, **more):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=pattern, **more)
    return [e["message"] for page in pages for e in page["events"]]


def test_filtering(logs, group, stream):
    logs.create_log_stream(logGroupName=group, logStreamName="t")
    base = now()
    put(logs, group, stream, "ERROR disk full", "WARN slow", at=base)
    put(logs, group, "t", '{"level":"ERROR","code":500}', '{"level":"INFO","code":200}', at=base + 10)
    assert filtered(logs, group, "ERROR") == ["ERROR disk full", '{"level":"ERROR","code":500}']
    assert filtered(logs, group, "?WARN ?full") == ["ERROR disk full", "WARN slow"]
    assert filtered(logs, group, "ERROR -disk") == ['{"level":"ERROR","code":500}']
    assert filtered(logs, group, '"disk full"') == ["ERROR disk full"]
    assert filtered(logs, group, '{ $.level = "ERR*" && $.code >= 500 }') == ['{"level":"ERROR","code":500}']
    assert len(filtered(logs, group, "", PaginationConfig={"PageSize": 1})) == 4
    assert filtered(logs, group, "", logStreamNames=["t"], startTime=base + 11) == ['{"level":"INFO","code":200}']
    assert filtered(logs, group, "", logStreamNamePrefix="s", endTime=base + 1) == ["ERROR disk full"]
    assert filtered(logs, group, "[level=ERROR, what, ...]") == ["ERROR disk full"]
    assert filtered(logs, group, "[level, what]") == ["WARN slow"]
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="{ $.x")[0] == "InvalidParameterException"
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="[a, b")[0] == "InvalidParameterException"
    events = logs.filter_log_events(logGroupName=group)["events"]
    assert len({e["eventId"] for e in events}) == 4 and {e["logStreamName"] for e in events} == {"s", "t"}


def test_streams_by_name_and_by_time(logs, group):
    for name in ("a", "b", "c"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    put(logs, group, "b", "x")
    names = [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    assert names == ["a", "b", "c"]
    newest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1)
    assert newest["logStreams"][0]["logStreamName"] == "b" and newest["nextToken"]
    assert newest["logStreams"][0]["arn"] == f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:log-stream:b"
    assert refused(logs.create_log_stream, logGroupName=group, logStreamName="a")[0] == "ResourceAlreadyExistsException"
    logs.delete_log_stream(logGroupName=group, logStreamName="b")
    assert [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="b")["logStreams"]] == []


def test_tags(logs, group):
    logs.tag_log_group(logGroupName=group, tags={"a": "1"})
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"a": "1"}
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}


def test_events_outlive_a_crash(own_engine):
    engine = own_engine()
    logs = engine.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    put(logs, "g", "s", "acknowledged")
    engine.kill()
    engine.start()
    assert filtered(engine.client("logs"), "g", "") == ["acknowledged"]


def tail(engine, *arguments, **popen):
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
                   "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(["/usr/bin/aws", "--endpoint-url", engine.endpoint, "--region", "us-east-1", "logs", "tail", *arguments],
                            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)


def test_tail(engine, logs, group, stream):
    put(logs, group, stream, "first line", "second line")
    out, errors = tail(engine, group, "--format", "short").communicate(timeout=60)
    assert [line.split(" ", 1)[1] for line in out.splitlines()] == ["first line", "second line"], errors
    out, _ = tail(engine, group, "--filter-pattern", "second", "--format", "short").communicate(timeout=60)
    assert "second line" in out and "first line" not in out


def test_tail_follows(engine, logs, group, stream):
    """Each event once, those that come later too."""
    put(logs, group, stream, "before")
    following = tail(engine, group, "--follow", "--format", "short", start_new_session=True)
    try:
        seen, end, added = "", time.time() + 180, False
        while "after" not in seen and time.time() < end:
            readable, _, _ = select.select([following.stdout], [], [], 1)
            if readable:
                piece = os.read(following.stdout.fileno(), 65536).decode()
                assert piece, following.stderr.read()
                seen += piece
            if "before" in seen and not added:
                put(logs, group, stream, "after")
                added = True
        assert [line.split(" ", 1)[1] for line in seen.splitlines()] == ["before", "after"]
    finally:
        os.killpg(following.pid, signal.SIGKILL)
        following.wait(timeout=60)
