"""Dead-letter queues, who may use them, and moving messages back."""
import base64
import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from protocol.lambda_functions import eventually
from protocol.queues import arn_of, attribute, counts, make, receive, redrive


def pair(sqs, most=1, fifo=False, **more):
    """(source, its dead-letter queue)"""
    dead = make(sqs, fifo=fifo)
    return make(sqs, fifo=fifo, RedrivePolicy=redrive(sqs, dead, most), **more), dead


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_after_maxReceiveCount_a_message_is_moved(sqs):
    source, dead = pair(sqs, 2)
    given = {"a": {"DataType": "String", "StringValue": "b"}}
    sent = sqs.send_message(QueueUrl=source, MessageBody="x", MessageAttributes=given)
    for count in ("1", "2"):
        [message] = receive(sqs, source, VisibilityTimeout=0, AttributeNames=["All"])
        assert message["Attributes"]["ApproximateReceiveCount"] == count
        first_sent = message["Attributes"]["SentTimestamp"]
    assert receive(sqs, source) == []
    assert (counts(sqs, source), counts(sqs, dead)) == ((0, 0, 0), (1, 0, 0))
    [message] = receive(sqs, dead, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert (message["MessageId"], message["Body"], message["MessageAttributes"]) == (sent["MessageId"], "x", given)
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn_of(sqs, source)
    assert message["Attributes"]["SentTimestamp"] == first_sent  # its age goes on
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"


def test_a_waiting_call_does_not_get_it(sqs):
    source, dead = pair(sqs)
    sqs.send_message(QueueUrl=source, MessageBody="x")
    assert len(receive(sqs, source, VisibilityTimeout=1)) == 1
    assert receive(sqs, source, WaitTimeSeconds=2) == []
    end = time.time() + 60
    while counts(sqs, dead) != (1, 0, 0) and time.time() < end:  # only a receive moves it: this one, or the next
        assert receive(sqs, source, WaitTimeSeconds=1) == []
    assert counts(sqs, dead) == (1, 0, 0)


def test_what_is_deleted_in_time_is_not_moved(sqs):
    source, dead = pair(sqs)
    for body in ("kept", "moved"):
        sqs.send_message(QueueUrl=source, MessageBody=body)
    for message in receive(sqs, source, MaxNumberOfMessages=10):
        if message["Body"] == "kept":
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        else:
            sqs.change_message_visibility(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert receive(sqs, source, MaxNumberOfMessages=10) == []
    assert [m["Body"] for m in receive(sqs, dead, MaxNumberOfMessages=10)] == ["moved"]


def test_a_chain(sqs):
    last = make(sqs)
    middle = make(sqs, RedrivePolicy=redrive(sqs, last))
    first = make(sqs, RedrivePolicy=redrive(sqs, middle))
    sqs.send_message(QueueUrl=first, MessageBody="x")
    for url in (first, middle):
        assert len(receive(sqs, url, VisibilityTimeout=0)) == 1
        assert receive(sqs, url) == []
    assert len(receive(sqs, last)) == 1


def test_fifo_keeps_group_and_order(sqs):
    source, dead = pair(sqs, fifo=True)
    for n in range(3):
        sqs.send_message(QueueUrl=source, MessageBody=str(n), MessageGroupId="g")
    assert len(receive(sqs, source, MaxNumberOfMessages=10, VisibilityTimeout=0)) == 3
    assert receive(sqs, source, MaxNumberOfMessages=10) == []
    messages = receive(sqs, dead, MaxNumberOfMessages=10, AttributeNames=["All"])
    assert [(m["Body"], m["Attributes"]["MessageGroupId"]) for m in messages] == [("0", "g"), ("1", "g"), ("2", "g")]


@pytest.mark.parametrize("policy", [
    {"maxReceiveCount": 5}, {"deadLetterTargetArn": "DEAD"}, {"deadLetterTargetArn": "DEAD", "maxReceiveCount": 0},
    {"deadLetterTargetArn": "DEAD", "maxReceiveCount": 1001}, {"deadLetterTargetArn": "DEAD", "maxReceiveCount": "x"},
    {"deadLetterTargetArn": "dummy", "maxReceiveCount": 5}, {"deadLetterTargetArn": "DEAD-none", "maxReceiveCount": 5},
    {"deadLetterTargetArn": "FIFO", "maxReceiveCount": 5}, {"deadLetterTargetArn": "DEAD", "maxReceiveCount": 5, "colour": "red"},
])
def test_policies_that_are_none(sqs, queue, fifo, policy):
    dead = make(sqs)
    text = json.dumps(policy).replace("DEAD", arn_of(sqs, dead)).replace("FIFO", arn_of(sqs, fifo))
    code, message = refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"RedrivePolicy": text})
    assert code == "InvalidParameterValue" and message.startswith(f"Value {text} for parameter RedrivePolicy is invalid. Reason: ")
    assert attribute(sqs, queue, "RedrivePolicy") is None


def test_policies_that_are_no_json(sqs, queue):
    for text in ("not a policy", "[]", "5"):
        assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"RedrivePolicy": text}) == (
            "InvalidAttributeValue", "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.")
        code, message = refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"RedriveAllowPolicy": text})
        assert code == "InvalidAttributeValue" and message.startswith("Invalid value for the parameter RedriveAllowPolicy.")
    assert attribute(sqs, queue, "RedrivePolicy") is None


def test_a_wrong_target_is_named(sqs, queue):
    text = json.dumps({"deadLetterTargetArn": "dummy", "maxReceiveCount": 42})
    assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"RedrivePolicy": text}) == (
        "InvalidParameterValue", f"Value {text} for parameter RedrivePolicy is invalid. Reason: Invalid value for deadLetterTargetArn.")


def test_counts_may_be_strings(sqs, queue):
    dead = make(sqs)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": json.dumps(
        {"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": "2"})})
    assert int(json.loads(attribute(sqs, queue, "RedrivePolicy"))["maxReceiveCount"]) == 2


def test_the_dead_letter_queue_may_refuse(sqs):
    """RedriveAllowPolicy: denyAll refuses all, byQueue all but ten at most, allowAll none."""
    dead, friend, stranger = make(sqs), make(sqs), make(sqs)
    use = {"RedrivePolicy": redrive(sqs, dead, 5)}

    def allow(**policy):
        sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(policy)})

    allow(redrivePermission="denyAll")
    assert refused(sqs.set_queue_attributes, QueueUrl=friend, Attributes=use)[0] == "InvalidParameterValue"
    allow(redrivePermission="byQueue", sourceQueueArns=[arn_of(sqs, friend)])
    sqs.set_queue_attributes(QueueUrl=friend, Attributes=use)
    assert refused(sqs.set_queue_attributes, QueueUrl=stranger, Attributes=use)[0] == "InvalidParameterValue"
    allow(redrivePermission="allowAll")
    sqs.set_queue_attributes(QueueUrl=stranger, Attributes=use)
    arns = [f"arn:aws:sqs:us-east-1:000000000000:x{n}" for n in range(11)]
    for policy in [{"redrivePermission": "byQueue", "sourceQueueArns": arns}, {"redrivePermission": "allowAll", "sourceQueueArns": arns[:1]},
                   {"redrivePermission": "denyAll", "sourceQueueArns": arns[:1]}, {"redrivePermission": "byQueue"}]:
        assert refused(allow, **policy)[0] == "InvalidParameterValue", policy
    for policy in [{"redrivePermission": "perhaps"}, {}, {"redrivePermission": "allowAll", "colour": "red"}]:
        assert refused(allow, **policy)[0] == "InvalidAttributeValue", policy


def test_sources_of_a_dead_letter_queue(sqs, wire):
    dead = make(sqs)
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead).get("queueUrls", []) == []
    urls = sorted(make(sqs, RedrivePolicy=redrive(sqs, dead, 5)) for _ in range(3))
    assert sorted(sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]) == urls
    pages, more = [], {}
    while more is not None:
        page = wire.call("ListDeadLetterSourceQueues", QueueUrl=dead, MaxResults=2, **more)
        pages.append(page["queueUrls"])
        more = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert list(map(len, pages)) == [2, 1] and sorted(sum(pages, [])) == urls


# ---- moving messages; the installed boto3 does not know these operations

def dead_letters(sqs, count, most=1):
    """(source, its dead-letter queue with `count` messages that went there)"""
    source, dead = pair(sqs, most)
    for n in range(count):
        sqs.send_message(QueueUrl=source, MessageBody=str(n))
    assert len([m for _ in range(count) for m in receive(sqs, source, VisibilityTimeout=0)]) == count
    assert receive(sqs, source, MaxNumberOfMessages=10) == []
    assert counts(sqs, dead) == (count, 0, 0)
    return source, dead


def ended(wire, arn):
    """The last task of a source when it runs no more."""
    def last():
        [task] = wire.call("ListMessageMoveTasks", SourceArn=arn)["Results"]
        return task["Status"] != "RUNNING" and task
    return eventually(last)


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_move_task(sqs, wire, elsewhere):
    source, dead = dead_letters(sqs, 5)
    arn, target = arn_of(sqs, dead), make(sqs) if elsewhere else source
    started = wire.call("StartMessageMoveTask", SourceArn=arn, **({"DestinationArn": arn_of(sqs, target)} if elsewhere else {}))
    handle = json.loads(base64.b64decode(started["TaskHandle"]))
    assert uuid.UUID(handle["taskId"]) and handle["sourceArn"] == arn
    task = ended(wire, arn)
    assert abs(task.pop("StartedTimestamp") - time.time() * 1000) < 60_000
    assert task == {"Status": "COMPLETED", "SourceArn": arn, "ApproximateNumberOfMessagesMoved": 5, "ApproximateNumberOfMessagesToMove": 5,
                    **({"DestinationArn": arn_of(sqs, target)} if elsewhere else {})}
    assert counts(sqs, dead) == (0, 0, 0)
    messages = receive(sqs, target, MaxNumberOfMessages=10, AttributeNames=["All"])
    assert sorted(m["Body"] for m in messages) == list("01234")
    assert {m["Attributes"]["ApproximateReceiveCount"] for m in messages} == {"1"}  # moved messages start again


def test_a_move_task_is_slowed_and_cancelled(sqs, wire):
    _, dead = dead_letters(sqs, 10)
    arn, target = arn_of(sqs, dead), make(sqs)
    handle = wire.call("StartMessageMoveTask", SourceArn=arn, DestinationArn=arn_of(sqs, target), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    [task] = wire.call("ListMessageMoveTasks", SourceArn=arn)["Results"]
    assert (task["Status"], task["TaskHandle"], task["MaxNumberOfMessagesPerSecond"]) == ("RUNNING", handle, 1)
    assert task["ApproximateNumberOfMessagesToMove"] == 10
    status, fields, body = wire.json("StartMessageMoveTask", {"SourceArn": arn})
    assert (status, fields["x-amzn-query-error"], body["message"]) == (
        400, "InvalidParameterValue;Sender",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
    moved = wire.call("CancelMessageMoveTask", TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert moved <= 3
    task = eventually(lambda: (found := ended(wire, arn))["Status"] != "CANCELLING" and found)
    assert task["Status"] == "CANCELLED" and "TaskHandle" not in task
    in_target, in_dead = counts(sqs, target)[0], counts(sqs, dead)[0]
    assert in_target + in_dead == 10 and in_dead >= 7
    status, fields, body = wire.json("CancelMessageMoveTask", {"TaskHandle": handle})
    assert status in (400, 404)


def test_a_move_task_fails_with_its_destination(sqs, wire):
    _, dead = dead_letters(sqs, 5)
    arn, target = arn_of(sqs, dead), make(sqs)
    wire.call("StartMessageMoveTask", SourceArn=arn, DestinationArn=arn_of(sqs, target), MaxNumberOfMessagesPerSecond=1)
    sqs.delete_queue(QueueUrl=target)
    task = ended(wire, arn)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert counts(sqs, dead)[0] >= 3


def test_what_was_sent_to_the_dead_letter_queue_itself_has_no_source(sqs, wire):
    _, dead = pair(sqs)
    sqs.send_message(QueueUrl=dead, MessageBody="never elsewhere")
    arn = arn_of(sqs, dead)
    wire.call("StartMessageMoveTask", SourceArn=arn)
    task = ended(wire, arn)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert counts(sqs, dead) == (1, 0, 0)


def test_move_tasks_that_cannot_be(sqs, wire, queue, fifo):
    _, dead = pair(sqs)
    arn, plain = arn_of(sqs, dead), arn_of(sqs, queue)
    task = base64.b64encode(json.dumps({"taskId": str(uuid.uuid4()), "sourceArn": plain}).encode()).decode()
    lost = base64.b64encode(json.dumps({"taskId": str(uuid.uuid4()), "sourceArn": plain + "-none"}).encode()).decode()
    no_source = "The resource that you specified for the SourceArn parameter doesn't exist."
    for operation, parameters, status, code, text in [
            ("StartMessageMoveTask", {"SourceArn": plain}, 400, "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."),
            ("StartMessageMoveTask", {"SourceArn": arn + "-none"}, 404, "ResourceNotFoundException", no_source),
            ("StartMessageMoveTask", {"SourceArn": arn, "DestinationArn": arn + "-none"}, 404, "ResourceNotFoundException",
             "The resource that you specified for the DestinationArn parameter doesn't exist."),
            ("StartMessageMoveTask", {"SourceArn": arn, "DestinationArn": arn}, 400, "InvalidParameterValue",
             "Source queue arn and destination queue arn cannot be the same."),
            ("StartMessageMoveTask", {"SourceArn": arn, "DestinationArn": arn_of(sqs, fifo)}, 400, "InvalidParameterValue",
             "The source queue and destination queue must be of the same queue type."),
            ("StartMessageMoveTask", {"SourceArn": arn, "MaxNumberOfMessagesPerSecond": 501}, 400, "InvalidParameterValue",
             "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 and 500."),
            ("CancelMessageMoveTask", {"TaskHandle": "foobared"}, 400, "InvalidParameterValue", "Value for parameter TaskHandle is invalid."),
            ("CancelMessageMoveTask", {"TaskHandle": lost}, 404, "ResourceNotFoundException", no_source),
            ("CancelMessageMoveTask", {"TaskHandle": task}, 404, "ResourceNotFoundException", "Task does not exist."),
            ("ListMessageMoveTasks", {"SourceArn": arn + "-none"}, 404, "ResourceNotFoundException", no_source)]:
        found, fields, body = wire.json(operation, parameters)
        assert (found, fields["x-amzn-query-error"], body["message"]) == (status, f"{code};Sender", text), (operation, parameters)
