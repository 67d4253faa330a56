"""Event source mappings from queues to functions: the API, and what reaches a function."""
import http.client
import json
import uuid

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from protocol import queues
from protocol.lambda_functions import Function, create, eventually, needs_sandbox
from protocol.queues import arn_of, counts, make, md5, md5_of_attributes, redrive, unique

PATH = "/2015-03-31/event-source-mappings"


@pytest.fixture(scope="module")
def client(engine):
    return engine.client("lambda", config=Config(parameter_validation=False))


@pytest.fixture(scope="module")
def function(engine):
    """The name of a function that is never invoked."""
    return create(engine, Timeout=5)["FunctionName"]


def rest(engine, method, path, body=None):
    """(status, answer); for what the installed boto3 does not know."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=120)
    connection.request(method, path, json.dumps(body) if body is not None else None)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


def in_state(client, mapping, state):
    return eventually(lambda: (found := client.get_event_source_mapping(UUID=mapping))["State"] == state and found)


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_the_life_of_a_mapping(client, sqs, queue, function):
    arn = arn_of(sqs, queue)
    made = client.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, Enabled=False)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    number = made["UUID"]
    assert uuid.UUID(number) and made["State"] in ("Creating", "Disabled") and made["StateTransitionReason"] == "USER_INITIATED"
    assert made["FunctionArn"].endswith(f":function:{function}") and made["EventSourceArn"] == arn
    assert (made["BatchSize"], made["MaximumBatchingWindowInSeconds"], made["FunctionResponseTypes"]) == (10, 0, [])
    assert made["LastModified"].year >= 2024
    found = in_state(client, number, "Disabled")
    skip = {"State", "ResponseMetadata", "LastModified"}
    assert {k: v for k, v in found.items() if k not in skip} == {k: v for k, v in made.items() if k not in skip}

    changed = client.update_event_source_mapping(UUID=number, BatchSize=1, FunctionResponseTypes=["ReportBatchItemFailures"], Enabled=True)
    assert changed["ResponseMetadata"]["HTTPStatusCode"] == 202 and changed["State"] in ("Updating", "Enabling", "Enabled")
    found = in_state(client, number, "Enabled")
    assert (found["BatchSize"], found["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])
    assert client.update_event_source_mapping(UUID=number, Enabled=False)["State"] in ("Disabling", "Updating", "Disabled")
    in_state(client, number, "Disabled")

    gone = client.delete_event_source_mapping(UUID=number)
    assert (gone["ResponseMetadata"]["HTTPStatusCode"], gone["State"]) == (202, "Deleting")

    def is_gone():
        try:
            client.get_event_source_mapping(UUID=number)
        except client.exceptions.ResourceNotFoundException:
            return True
    eventually(is_gone)


def test_lists(client, sqs, engine):
    name = create(engine, Timeout=5)["FunctionName"]
    other = create(engine, Timeout=5)["FunctionName"]
    urls = [make(sqs) for _ in range(3)]
    made = {client.create_event_source_mapping(EventSourceArn=arn_of(sqs, url), FunctionName=name, Enabled=False)["UUID"]: url for url in urls}
    beside = client.create_event_source_mapping(EventSourceArn=arn_of(sqs, urls[0]), FunctionName=other, Enabled=False)["UUID"]

    def listed(**by):
        return {m["UUID"] for page in client.get_paginator("list_event_source_mappings").paginate(**by) for m in page["EventSourceMappings"]}

    assert listed(FunctionName=name) == listed(FunctionName=name, PaginationConfig={"PageSize": 1}) == set(made)
    assert listed(EventSourceArn=arn_of(sqs, urls[0])) == {beside} | {u for u, url in made.items() if url == urls[0]}
    assert listed(EventSourceArn=arn_of(sqs, urls[0]), FunctionName=other) == {beside}
    assert set(made) | {beside} <= listed()
    assert listed(FunctionName="no-such-function-" + name) == set()


def test_what_is_refused(client, sqs, queue, fifo, function):
    arn = arn_of(sqs, queue)

    def create_with(**more):
        return client.create_event_source_mapping(**{"EventSourceArn": arn, "FunctionName": function, "Enabled": False, **more})

    for more, text in [
            ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"),
            ({"BatchSize": 0}, None), ({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, None),
            ({"MaximumBatchingWindowInSeconds": 301}, None),
            ({"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
            ({"FunctionResponseTypes": ["Colour"]}, None),
            ({"EventSourceArn": arn_of(sqs, fifo), "MaximumBatchingWindowInSeconds": 1}, "Batching window is not supported for FIFO queues"),
            ({"EventSourceArn": arn_of(sqs, fifo), "BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}, None),
            ({"EventSourceArn": arn + "-none"}, None), ({"EventSourceArn": "arn:aws:sns:us-east-1:000000000000:topic"}, None)]:
        status, code, message = refused(create_with, **more)
        assert status == 400 and code in ("InvalidParameterValueException", "ValidationException"), (more, code, message)
        assert text in (None, message)
    status, code, _ = refused(create_with, FunctionName="no-such-function")
    assert (status, code) in ((400, "InvalidParameterValueException"), (404, "ResourceNotFoundException"))

    number = create_with()["UUID"]
    status, code, message = refused(create_with)
    assert (status, code) == (409, "ResourceConflictException")
    assert message == (f'An event source mapping with SQS arn (" {arn} ") and function (" {function} ") already exists. '
                       f"Please update or delete the existing mapping with UUID {number}")
    assert refused(client.update_event_source_mapping, UUID=number, BatchSize=11)[:2] == (400, "InvalidParameterValueException")
    none = str(uuid.uuid4())
    for call in (client.get_event_source_mapping, client.delete_event_source_mapping, client.update_event_source_mapping):
        assert refused(call, UUID=none) == (404, "ResourceNotFoundException", "The resource you requested does not exist.")


def test_large_batches_need_a_window(client, sqs, queue, function):
    made = client.create_event_source_mapping(EventSourceArn=arn_of(sqs, queue), FunctionName=function, Enabled=False, BatchSize=10_000,
                                              MaximumBatchingWindowInSeconds=300)
    assert (made["BatchSize"], made["MaximumBatchingWindowInSeconds"]) == (10_000, 300)
    client.delete_event_source_mapping(UUID=made["UUID"])


def test_a_function_may_not_outlast_the_queues_visibility(client, sqs, engine):
    url = make(sqs, VisibilityTimeout="30")
    name = create(engine, Timeout=31)["FunctionName"]
    given = {"EventSourceArn": arn_of(sqs, url), "FunctionName": name, "Enabled": False}
    assert refused(client.create_event_source_mapping, **given) == (
        400, "InvalidParameterValueException", "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds")
    client.update_function_configuration(FunctionName=name, Timeout=30)
    client.create_event_source_mapping(**given)


def test_maximum_concurrency(engine, sqs, queue, function):
    given = {"EventSourceArn": arn_of(sqs, queue), "FunctionName": function, "Enabled": False}
    for wrong in (1, 0, 1001):
        status, _ = rest(engine, "POST", PATH, {**given, "ScalingConfig": {"MaximumConcurrency": wrong}})
        assert status == 400
    status, made = rest(engine, "POST", PATH, {**given, "ScalingConfig": {"MaximumConcurrency": 2}})
    assert (status, made["ScalingConfig"]) == (202, {"MaximumConcurrency": 2})
    status, changed = rest(engine, "PUT", f"{PATH}/{made['UUID']}", {"ScalingConfig": {"MaximumConcurrency": 1000}})
    assert (status, changed["ScalingConfig"]) == (202, {"MaximumConcurrency": 1000})
    status, changed = rest(engine, "PUT", f"{PATH}/{made['UUID']}", {"ScalingConfig": {}})
    assert status == 202 and not changed.get("ScalingConfig")
    rest(engine, "DELETE", f"{PATH}/{made['UUID']}")


@pytest.mark.parametrize("pattern", [
    "", "text", "[]", "null", "{", '{"body": {"a": "b"}}', '{"body": "b"}', '{"body": {"a": [{"colour": 1}]}}', '{"body": {"a": [{"prefix": 1}]}}',
    '{"body": {"a": [{"numeric": [">"]}]}}', '{"body": {"a": [{"numeric": ["~", 1]}]}}', '{"body": {"a": [{"exists": "yes"}]}}',
    '{"body": {"a": []}}',
])
def test_filters_that_are_none(client, sqs, queue, function, pattern):
    status, code, message = refused(client.create_event_source_mapping, EventSourceArn=arn_of(sqs, queue), FunctionName=function,
                                    FilterCriteria={"Filters": [{"Pattern": pattern}]})
    assert (status, code) == (400, "InvalidParameterValueException") and message.startswith("Invalid filter pattern definition.")


def events_of(function):
    return [json.loads(line[6:]) for line in function.log().splitlines() if line.startswith("EVENT ")]


def printing(engine, **more):
    """A function that prints its events."""
    return Function(engine, Environment={"Variables": {"PROBE_PRINT_EVENT": "1"}}, Timeout=10, **more)


def test_records(engine, client, sqs, queue):
    arn = arn_of(sqs, queue)
    attributes = {"chat_id": {"DataType": "String", "StringValue": "42"}, "n": {"DataType": "Number", "StringValue": "1.5"},
                  "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    with printing(engine) as function:
        mapping = client.create_event_source_mapping(EventSourceArn=arn, FunctionName=function.name)["UUID"]
        sent = sqs.send_message(QueueUrl=queue, MessageBody='{"a": "ä\\n\\"€"}', MessageAttributes=attributes, MessageSystemAttributes={
            "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}})
        [event] = eventually(lambda: events_of(function))
        assert list(event) == ["Records"]
        [record] = event["Records"]
        system = record.pop("attributes")
        assert set(system) == {"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp", "AWSTraceHeader"}
        assert system["ApproximateReceiveCount"] == "1" and system["SentTimestamp"].isdigit()
        assert record.pop("receiptHandle")
        plain = {"stringListValues": [], "binaryListValues": []}
        assert record == {
            "messageId": sent["MessageId"], "body": '{"a": "ä\\n\\"€"}', "md5OfBody": md5('{"a": "ä\\n\\"€"}'),
            "md5OfMessageAttributes": md5_of_attributes(attributes), "eventSource": "aws:sqs", "eventSourceARN": arn, "awsRegion": "us-east-1",
            "messageAttributes": {"chat_id": {"stringValue": "42", "dataType": "String", **plain},
                                  "n": {"stringValue": "1.5", "dataType": "Number", **plain},
                                  "b": {"binaryValue": "AP8=", "dataType": "Binary", **plain}}}
        eventually(lambda: counts(sqs, queue) == (0, 0, 0))
        client.delete_event_source_mapping(UUID=mapping)


def test_fifo_records(engine, client, sqs, fifo):
    with printing(engine) as function:
        sent = [sqs.send_message(QueueUrl=fifo, MessageBody=str(n), MessageGroupId="g", MessageDeduplicationId=f"d{n}") for n in range(3)]
        mapping = client.create_event_source_mapping(EventSourceArn=arn_of(sqs, fifo), FunctionName=function.name)["UUID"]
        eventually(lambda: counts(sqs, fifo) == (0, 0, 0))
        records = eventually(lambda: len(found := [r for event in events_of(function) for r in event["Records"]]) == 3 and found)
        assert [r["messageId"] for r in records] == [s["MessageId"] for s in sent]
        for n, record in enumerate(records):
            system = record["attributes"]
            assert (system["MessageGroupId"], system["MessageDeduplicationId"], system["SequenceNumber"]) == (
                "g", f"d{n}", sent[n]["SequenceNumber"])
        client.delete_event_source_mapping(UUID=mapping)


FILTERS = [  # pattern, bodies that pass, bodies that are left out (and deleted)
    ({"body": {"item": ["a", "b"], "go": ["x"]}}, [{"item": "b", "go": "x"}, {"item": "a", "go": "x", "more": 1}], [{"item": "a"}, {"item": "c", "go": "x"}]),
    ({"body": {"a": [{"exists": True}]}}, [{"a": 1}, {"a": ""}], [{"b": 1}]),
    ({"body": {"a": [{"exists": False}]}}, [{"b": 1}], [{"a": 1}]),
    ({"body": {"a": [{"numeric": [">", 100]}]}}, [{"a": 100.5}, {"a": 1e9}], [{"a": 100}, {"a": "101"}, {}]),
    ({"body": {"a": [{"numeric": [">=", 100, "<", 200]}]}}, [{"a": 100}, {"a": 199.9}], [{"a": 99}, {"a": 200}]),
    ({"body": {"a": [{"numeric": ["=", 3]}]}}, [{"a": 3}, {"a": 3.0}], [{"a": 4}]),
    ({"body": {"a": [{"prefix": "us-"}]}}, [{"a": "us-1"}], [{"a": "eu-us-"}]),
    ({"body": {"a": [{"suffix": ".mp4"}]}}, [{"a": "x.mp4"}], [{"a": "x.mp4.txt"}]),
    ({"body": {"a": [{"anything-but": ["x", "y"]}]}}, [{"a": "z"}], [{"a": "x"}, {"a": "y"}]),
    ({"body": {"a": [{"anything-but": {"prefix": "no"}}]}}, [{"a": "yes"}], [{"a": "no way"}]),
    ({"body": {"a": [{"equals-ignore-case": "YES"}]}}, [{"a": "Yes"}], [{"a": "no"}]),
    ({"body": {"a": [None]}}, [{"a": None}], [{"a": "null"}, {"a": 0}]),
    ({"body": {"a": [True, 7]}}, [{"a": True}, {"a": 7}], [{"a": False}, {"a": "7"}]),
    ({"body": {"a": {"b": ["c"]}}}, [{"a": {"b": "c"}}, {"a": {"b": ["x", "c"]}}], [{"a": "c"}, {"a": {"b": "d"}}]),
    ({"body": {"$or": [{"a": [1]}, {"b": [2]}]}}, [{"a": 1}, {"b": 2, "a": 3}], [{"a": 2}]),
    ({"body": ["plain text"]}, ["plain text"], ["other text", {"a": 1}]),
]


def test_filters(engine, client, sqs):
    """One function, a queue for each pattern: messages that do not pass are deleted and reach nobody."""
    with printing(engine) as function:
        expected, urls, mappings = [], [], []
        for number, (pattern, good, bad) in enumerate(FILTERS):
            url = make(sqs, unique(f"filter-{number}"))
            urls.append(url)
            for body in good + bad:
                sqs.send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))
            expected += [(number, json.dumps(body)) for body in good]
            mappings.append(client.create_event_source_mapping(
                EventSourceArn=arn_of(sqs, url), FunctionName=function.name,
                FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": ["never this"]})}, {"Pattern": json.dumps(pattern)}]})["UUID"])
        for url in urls:
            eventually(lambda: counts(sqs, url) == (0, 0, 0))

        def passed():
            found = []
            for event in events_of(function):
                for record in event["Records"]:
                    number = int(record["eventSourceARN"].rsplit(":", 1)[1].split("-")[1])
                    body = record["body"]
                    found.append((number, body if body[0] == "{" else json.dumps(body)))
            return found

        eventually(lambda: len(passed()) >= len(expected))
        assert sorted(passed()) == sorted(expected)
        for mapping in mappings:
            client.delete_event_source_mapping(UUID=mapping)


def test_filters_of_attributes(engine, client, sqs, queue):
    """Beside the body, a record's other members can be asked for."""
    with printing(engine) as function:
        mapping = client.create_event_source_mapping(
            EventSourceArn=arn_of(sqs, queue), FunctionName=function.name,
            FilterCriteria={"Filters": [{"Pattern": json.dumps({"messageAttributes": {"kind": {"stringValue": ["blur"]}}})}]})["UUID"]
        for kind in ("blur", "plain"):
            sqs.send_message(QueueUrl=queue, MessageBody=kind, MessageAttributes={"kind": {"DataType": "String", "StringValue": kind}})
        eventually(lambda: counts(sqs, queue) == (0, 0, 0))
        [event] = eventually(lambda: events_of(function))
        assert [r["body"] for r in event["Records"]] == ["blur"]
        client.delete_event_source_mapping(UUID=mapping)


def test_a_disabled_mapping_takes_nothing(engine, client, sqs, queue):
    needs_sandbox()
    with printing(engine) as function:
        mapping = client.create_event_source_mapping(EventSourceArn=arn_of(sqs, queue), FunctionName=function.name)["UUID"]
        in_state(client, mapping, "Enabled")
        client.update_event_source_mapping(UUID=mapping, Enabled=False)
        in_state(client, mapping, "Disabled")
        sqs.send_message(QueueUrl=queue, MessageBody="stays")
        [message] = eventually(lambda: queues.receive(sqs, queue, VisibilityTimeout=0, WaitTimeSeconds=1))
        assert message["Body"] == "stays"
        client.update_event_source_mapping(UUID=mapping, Enabled=True)
        eventually(lambda: counts(sqs, queue) == (0, 0, 0))
        client.delete_event_source_mapping(UUID=mapping)


def test_a_dead_letter_queue_may_feed_a_function(engine, client, sqs):
    dead = make(sqs)
    source = make(sqs, RedrivePolicy=redrive(sqs, dead))
    with printing(engine) as function:
        mapping = client.create_event_source_mapping(EventSourceArn=arn_of(sqs, dead), FunctionName=function.name)["UUID"]
        sqs.send_message(QueueUrl=source, MessageBody="x")
        for _ in range(2):
            queues.receive(sqs, source, VisibilityTimeout=0)
        [event] = eventually(lambda: events_of(function))
        assert event["Records"][0]["attributes"]["DeadLetterQueueSourceArn"] == arn_of(sqs, source)
        client.delete_event_source_mapping(UUID=mapping)
