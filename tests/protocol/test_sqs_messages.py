"""Messages of standard queues: what is sent is received, once at a time, until it is deleted."""
import base64
import json
import os
import random
import select
import socket
import threading
import time

import pytest

from protocol import queues
from protocol.lambda_functions import eventually
from protocol.queues import counts, drain, make, md5, md5_of_attributes, receive

ATTRIBUTES = {"Help.Me": {"DataType": "String", "StringValue": "Me"}, "Hello": {"DataType": "Number.long", "StringValue": "12"},
              "General": {"DataType": "Binary.x", "BinaryValue": b"\x00\xff\n"}, "ß1": {"DataType": "String", "StringValue": "ü\n"}}
TRACE = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}}


def system_attributes(message):
    return message.get("Attributes", {})


def test_sent_and_received(sqs, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="message")
    assert sent["MD5OfMessageBody"] == "78e731027d8fd50ed642340b7c9a63b3" and "MD5OfMessageAttributes" not in sent
    assert "SequenceNumber" not in sent
    [message] = receive(sqs, queue)
    assert set(message) == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}
    assert (message["MessageId"], message["MD5OfBody"], message["Body"]) == (sent["MessageId"], sent["MD5OfMessageBody"], "message")
    assert receive(sqs, queue) == []
    for _ in range(3):  # a second delete is no error
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, queue) == (0, 0, 0)


@pytest.mark.parametrize("body", ["ä€😀𝄞", "\t \r\n", '"&quot;&amp;<>\r', "\ud7ff\ue000\ufffd\U0010ffff", " leading and trailing ", "%2B+&="])
def test_bodies_come_back_as_they_were(sqs, wire, queue, body):
    assert sqs.send_message(QueueUrl=queue, MessageBody=body)["MD5OfMessageBody"] == md5(body)
    assert wire.call("SendMessage", QueueUrl=queue, MessageBody=body)["MD5OfMessageBody"] == md5(body)
    for message in [*receive(sqs, queue), *wire.call("ReceiveMessage", QueueUrl=queue)["Messages"]]:
        assert (message["Body"], message["MD5OfBody"]) == (body, md5(body))


@pytest.mark.parametrize("size", [1, 16_384, 16_385, 262_145, 1_048_576])
def test_bodies_of_every_size(sqs, queue, size):
    body = ("abcdefgh" * (size // 8 + 1))[:size]
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    [message] = receive(sqs, queue)
    assert message["Body"] == body


def test_message_attributes(sqs, wire, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=ATTRIBUTES, MessageSystemAttributes=TRACE)
    assert sent["MD5OfMessageAttributes"] == md5_of_attributes(ATTRIBUTES)
    assert sent["MD5OfMessageSystemAttributes"] == md5_of_attributes(TRACE) == "5ae4d5d7636402d80f4eb6d213245a88"
    [message] = receive(sqs, queue, MessageAttributeNames=["All"], AttributeNames=["AWSTraceHeader"], VisibilityTimeout=0)
    assert message["MessageAttributes"] == ATTRIBUTES and message["MD5OfMessageAttributes"] == md5_of_attributes(ATTRIBUTES)
    assert system_attributes(message) == {"AWSTraceHeader": TRACE["AWSTraceHeader"]["StringValue"]}
    [message] = wire.call("ReceiveMessage", QueueUrl=queue, MessageAttributeNames=["General", "Hello"])["Messages"]
    assert message["MessageAttributes"] == {"General": {"DataType": "Binary.x", "BinaryValue": base64.b64encode(b"\x00\xff\n").decode()},
                                            "Hello": {"DataType": "Number.long", "StringValue": "12"}}


@pytest.mark.parametrize("names,expected", [
    ([], []), (["All"], list(ATTRIBUTES)), ([".*"], list(ATTRIBUTES)), (["*"], list(ATTRIBUTES)), (["Hel.*"], ["Help.Me", "Hello"]),
    (["Hel*"], ["Help.Me", "Hello"]), (["Foo", "Help"], []), (["Hello", "Foo"], ["Hello"]), (["hello"], []), (["Help.*"], ["Help.Me"]),
    (["AWS."], []), (["..foo"], []), (["Hello", "General", "Hello"], ["Hello", "General"]),
])
def test_attribute_names_choose(sqs, queue, names, expected):
    sqs.send_message(QueueUrl=queue, MessageBody="msg", MessageAttributes=ATTRIBUTES)
    [message] = receive(sqs, queue, MessageAttributeNames=names)
    chosen = {name: ATTRIBUTES[name] for name in expected}
    assert message.get("MessageAttributes", {}) == chosen
    assert message.get("MD5OfMessageAttributes") == (md5_of_attributes(chosen) if chosen else None)


def test_system_attributes(sqs, wire, queue):
    before = int(time.time() * 1000)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    first_received = set()
    for count in ("1", "2"):
        [message] = receive(sqs, queue, AttributeNames=["All"], VisibilityTimeout=0)
        found = system_attributes(message)
        first_received.add(found["ApproximateFirstReceiveTimestamp"])
        assert set(found) == {"SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"}
        assert found["ApproximateReceiveCount"] == count
        assert before - 1 <= int(found["SentTimestamp"]) <= int(found["ApproximateFirstReceiveTimestamp"]) <= time.time() * 1000 + 1
    assert len(first_received) == 1
    [message] = wire.call("ReceiveMessage", QueueUrl=queue, VisibilityTimeout=0, MessageSystemAttributeNames=["SentTimestamp"])["Messages"]
    assert message["Attributes"] == {"SentTimestamp": found["SentTimestamp"]}
    [message] = receive(sqs, queue, AttributeNames=["SenderId", "SequenceNumber"])
    assert set(system_attributes(message)) == {"SenderId"}


def test_batches(sqs, wire, queue):
    sent = sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": f"m_{n}", "MessageBody": f"body {n}"} for n in range(10)])
    assert [(s["Id"], s["MD5OfMessageBody"]) for s in sent["Successful"]] == [(f"m_{n}", md5(f"body {n}")) for n in range(10)]
    assert "Failed" not in sent
    messages = receive(sqs, queue, MaxNumberOfMessages=10)
    assert {m["MessageId"] for m in messages} == {s["MessageId"] for s in sent["Successful"]}
    handles = [m["ReceiptHandle"] for m in messages]
    changed = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[
        {"Id": "a", "ReceiptHandle": handles[0], "VisibilityTimeout": 0}, {"Id": "b", "ReceiptHandle": "garbage", "VisibilityTimeout": 0},
        {"Id": "c", "ReceiptHandle": handles[1], "VisibilityTimeout": 43_201}])
    assert [c["Id"] for c in changed["Successful"]] == ["a"]
    assert [(c["Id"], c["Code"], c["SenderFault"]) for c in changed["Failed"]] == [
        ("b", "ReceiptHandleIsInvalid", True), ("c", "InvalidParameterValue", True)]
    assert counts(sqs, queue) == (1, 9, 0)
    deleted = wire.call("DeleteMessageBatch", QueueUrl=queue, Entries=[
        {"Id": "a", "ReceiptHandle": handles[2]}, {"Id": "b", "ReceiptHandle": "garbage"}])
    assert deleted["Successful"] == [{"Id": "a"}]
    [failed] = deleted["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("b", "ReceiptHandleIsInvalid", True)
    assert counts(sqs, queue) == (1, 8, 0)


def test_a_batch_may_fail_in_part(sqs, queue):
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": "good", "MessageBody": "good", "DelaySeconds": 0}, {"Id": "character", "MessageBody": "\x01"},
        {"Id": "delay", "MessageBody": "x", "DelaySeconds": 901}, {"Id": "empty", "MessageBody": ""},
        {"Id": "attribute", "MessageBody": "x", "MessageAttributes": {"a": {"DataType": "Number", "StringValue": "x"}}},
        {"Id": "last", "MessageBody": "last"}])
    assert [s["Id"] for s in answer["Successful"]] == ["good", "last"]
    assert {f["Id"]: (f["Code"], f["SenderFault"]) for f in answer["Failed"]} == {
        "character": ("InvalidMessageContents", True), "delay": ("InvalidParameterValue", True), "empty": ("MissingParameter", True),
        "attribute": ("InvalidParameterValue", True)}
    assert sorted(m["Body"] for m in receive(sqs, queue, MaxNumberOfMessages=10)) == ["good", "last"]


def test_the_limit_counts_attributes_too(sqs, wire):
    url = make(sqs, MaximumMessageSize="1024")
    given = {"k": {"DataType": "String", "StringValue": "x"}}  # 8 bytes: name, type and value
    sqs.send_message(QueueUrl=url, MessageBody="a" * 1024)
    sqs.send_message(QueueUrl=url, MessageBody="a" * 1016, MessageAttributes=given)
    sqs.send_message(QueueUrl=url, MessageBody="ä" * 512)
    for body, attributes in [("a" * 1025, {}), ("a" * 1017, given), ("ä" * 513, {})]:
        status, _, answer = wire.json("SendMessage", {"QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes})
        assert (status, answer["message"]) == (
            400, "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.")
    assert counts(sqs, url) == (3, 0, 0)


def test_an_entry_may_be_too_long(sqs):
    url = make(sqs, MaximumMessageSize="1024")
    answer = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "a" * 1024}, {"Id": "2", "MessageBody": "a" * 1025}])
    assert [s["Id"] for s in answer["Successful"]] == ["1"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("2", "InvalidParameterValue", True)
    assert failed["Message"] == "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."


def test_a_batch_shares_the_limit(sqs, queue):
    half = "a" * 524_288
    assert len(sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "MessageBody": half}, {"Id": "2", "MessageBody": half}])
               ["Successful"]) == 2
    assert counts(sqs, queue) == (2, 0, 0)


def test_visibility(sqs):
    url = make(sqs, VisibilityTimeout="5")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    [first] = receive(sqs, url)
    assert receive(sqs, url) == []
    [second] = receive(sqs, url, WaitTimeSeconds=20, VisibilityTimeout=600)  # a waiting call gets what becomes visible again
    assert second["ReceiptHandle"] != first["ReceiptHandle"] and second["MessageId"] == first["MessageId"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    [third] = receive(sqs, url, AttributeNames=["ApproximateReceiveCount"], VisibilityTimeout=600)
    assert system_attributes(third) == {"ApproximateReceiveCount": "3"}
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])  # an old handle still deletes on a standard queue
    assert counts(sqs, url) == (0, 0, 0)


def test_visibility_is_extended(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    [message] = receive(sqs, queue, VisibilityTimeout=2)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=600)
    assert receive(sqs, queue, WaitTimeSeconds=3) == []
    assert counts(sqs, queue) == (0, 1, 0)


def test_a_deleted_message_has_no_visibility_to_change(sqs, wire, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive(sqs, queue)[0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    status, fields, answer = wire.json("ChangeMessageVisibility", {"QueueUrl": queue, "ReceiptHandle": handle, "VisibilityTimeout": 5})
    assert (status, fields["x-amzn-query-error"]) == (400, "InvalidParameterValue;Sender")
    assert answer["message"] == (f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
                                 "available for visibility timeout change.")


def test_delays(sqs):
    url = make(sqs, DelaySeconds="5")
    sqs.send_message(QueueUrl=url, MessageBody="by the queue")
    sqs.send_message(QueueUrl=url, MessageBody="at once", DelaySeconds=0)
    assert counts(sqs, url) == (1, 0, 1)
    assert [m["Body"] for m in receive(sqs, url, MaxNumberOfMessages=10)] == ["at once"]
    assert [m["Body"] for m in receive(sqs, url, WaitTimeSeconds=20)] == ["by the queue"]


def later(work, *arguments, seconds=0.1, **more):
    timer = threading.Timer(seconds, work, arguments, more)
    timer.start()
    return timer


@pytest.mark.parametrize("by_queue", [True, False])
def test_a_long_poll_gets_what_comes(sqs, by_queue):
    url = make(sqs, ReceiveMessageWaitTimeSeconds="20" if by_queue else "0")
    sender = later(sqs.send_message, QueueUrl=url, MessageBody="came")
    messages = receive(sqs, url) if by_queue else receive(sqs, url, WaitTimeSeconds=20)
    assert [m["Body"] for m in messages] == ["came"]
    sender.join()
    if by_queue:
        assert receive(sqs, url, WaitTimeSeconds=0) == []  # the call's own value counts first


def test_a_long_poll_that_gets_nothing_ends(sqs, wire, queue):
    started = time.time()
    assert "Messages" not in wire.call("ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=1)
    assert time.time() - started > 0.9


def test_a_long_poll_takes_what_is_there(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="1")
    assert len(receive(sqs, queue, MaxNumberOfMessages=10, WaitTimeSeconds=20)) == 1


def test_waiting_calls_share_what_comes(engine, sqs, queue):
    """Ten wait, ten messages come: each is given out once."""
    found, lock = [], threading.Lock()

    def wait():
        mine = queues.client(engine)
        while True:
            messages = receive(mine, queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
            if not messages:
                return
            with lock:
                found.extend(m["Body"] for m in messages)

    waiting = [threading.Thread(target=wait) for _ in range(10)]
    for thread in waiting:
        thread.start()
    for n in range(30):
        sqs.send_message(QueueUrl=queue, MessageBody=str(n))
    for thread in waiting:
        thread.join()
    assert sorted(found, key=int) == [str(n) for n in range(30)]


def ask(engine, operation, **parameters):
    """A connection on which the operation was asked for; the answer is not read."""
    body = json.dumps(parameters).encode()
    head = (f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{engine.port}\r\nX-Amz-Target: AmazonSQS.{operation}\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    connection = socket.create_connection(("127.0.0.1", engine.port), timeout=120)
    connection.sendall(head + body)
    return connection


def poll(engine, url):
    return ask(engine, "ReceiveMessage", QueueUrl=url, WaitTimeSeconds=20)


def half_closed(engine):
    """How many clients hung up without the engine having noticed."""
    port, close_wait = f":{engine.port:04X}", "08"
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(row[1].endswith(port) and row[3] == close_wait for row in rows)


def test_a_caller_who_hangs_up_takes_nothing(engine, sqs, queue):
    for _ in range(5):
        with poll(engine, queue):
            time.sleep(0.02)
    while half_closed(engine):
        time.sleep(0.02)
    for n in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(n))
    assert counts(sqs, queue) == (3, 0, 0)
    assert sorted(m["Body"] for m in receive(sqs, queue, MaxNumberOfMessages=10)) == list("012")


def test_a_caller_who_hangs_up_leaves_the_next_one_served(engine, sqs):
    """Somebody hangs up in the very moment in which a message comes; another one still waits."""
    chance = random.Random(1)
    for n in range(40):
        queue = make(sqs)  # what a slow round leaves is not found by the next
        first, second = poll(engine, queue), poll(engine, queue)
        time.sleep(0.005)
        sender = ask(engine, "SendMessage", QueueUrl=queue, MessageBody=f"for {n}")
        time.sleep(chance.uniform(0, 0.002))
        first.close()
        assert b"200 OK" in sender.recv(65536)
        answered, _, _ = select.select([second], [], [], 0.05)
        if not answered and counts(sqs, queue) == (0, 1, 0):  # the first one took it before it left; one more for the second
            sqs.send_message(QueueUrl=queue, MessageBody=f"for {n}")
        assert f"for {n}".encode() in second.recv(65536)
        second.close()
        sender.close()
        queue = make(sqs)


def test_handles_belong_to_their_queue(sqs, queue):
    other = make(sqs)
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = receive(sqs, queue)[0]["ReceiptHandle"]
    answer = sqs.delete_message_batch(QueueUrl=other, Entries=[{"Id": "1", "ReceiptHandle": handle}])
    assert [f["Code"] for f in answer["Failed"]] == ["ReceiptHandleIsInvalid"]
    assert counts(sqs, queue) == (0, 1, 0)


def test_a_group_may_be_named_on_a_standard_queue(sqs, queue):
    """Fair queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html"""
    sent = sqs.send_message(QueueUrl=queue, MessageBody="x", MessageGroupId="tenant")
    assert "SequenceNumber" not in sent
    [message] = receive(sqs, queue, AttributeNames=["All"])
    assert system_attributes(message)["MessageGroupId"] == "tenant"


@pytest.mark.skipif(not os.environ.get("CUMULET_LARGE"), reason="CUMULET_LARGE=1 holds 120,000 messages in flight (half a minute)")
def test_so_many_may_be_in_flight(wire, queue):
    entries = [{"Id": str(i), "MessageBody": "x"} for i in range(10)]
    for _ in range(12_001):
        wire.call("SendMessageBatch", QueueUrl=queue, Entries=entries)
    for _ in range(12_000):
        messages = wire.call("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=600)["Messages"]
        assert len(messages) == 10
    status, fields, _ = wire.json("ReceiveMessage", {"QueueUrl": queue})
    assert (status, fields["x-amzn-query-error"]) == (403, "OverLimit;Sender")
    wire.call("DeleteMessage", QueueUrl=queue, ReceiptHandle=messages[0]["ReceiptHandle"])
    assert len(wire.call("ReceiveMessage", QueueUrl=queue)["Messages"]) == 1


def test_what_is_sent_is_there_after_a_restart(own_engine):
    engine = own_engine()
    sqs = queues.client(engine)
    url, port = make(sqs, VisibilityTimeout="60"), engine.port
    for n in range(20):
        sqs.send_message(QueueUrl=url, MessageBody=str(n), MessageAttributes=ATTRIBUTES, DelaySeconds=900 if n == 19 else 0)
    held = receive(sqs, url, MaxNumberOfMessages=5)
    for message in held[:2]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    engine.kill()
    engine.start(port)
    assert counts(sqs, url)[2] == 1
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held[2]["ReceiptHandle"])  # a handle from before still deletes
    expected = {str(n) for n in range(19)} - {m["Body"] for m in held[:3]}
    [message] = eventually(lambda: receive(sqs, url, MessageAttributeNames=["All"], VisibilityTimeout=0))
    assert message["MessageAttributes"] == ATTRIBUTES
    assert sorted(drain(sqs, url, len(expected)), key=int) == sorted(expected, key=int)
    assert counts(sqs, url) == (0, 0, 1)
