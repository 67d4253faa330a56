"""FIFO queues: order within a group, one holder of a group at a time, duplicates left out."""
import collections
import random
import threading
import time

import pytest
from botocore.exceptions import ClientError

from protocol import queues
from protocol.queues import counts, make, md5, receive


def send(sqs, url, body, group="g", **more):
    return sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **more)


def bodies(messages):
    return [m["Body"] for m in messages]


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_attributes_of_a_fifo_message(sqs, fifo):
    sent = send(sqs, fifo, "body", "group-1", MessageDeduplicationId="dedup-1")
    assert len(sent["SequenceNumber"]) == 20 and sent["SequenceNumber"].isdigit()
    [message] = receive(sqs, fifo, AttributeNames=["All"])
    found = message["Attributes"]
    assert set(found) == {"SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SequenceNumber",
                          "MessageGroupId", "MessageDeduplicationId"}
    assert (found["SequenceNumber"], found["MessageGroupId"], found["MessageDeduplicationId"]) == (sent["SequenceNumber"], "group-1", "dedup-1")


def test_content_gives_the_deduplication_id(sqs, fifo):
    send(sqs, fifo, "body")
    [message] = receive(sqs, fifo, AttributeNames=["MessageDeduplicationId"])
    assert message["Attributes"] == {"MessageDeduplicationId": "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"}


def test_sequence_numbers_grow(sqs, fifo):
    numbers = [int(send(sqs, fifo, str(n), str(n % 3))["SequenceNumber"]) for n in range(20)]
    assert numbers == sorted(set(numbers))


def test_order_and_blocking_in_a_group(sqs, fifo):
    for n in range(4):
        send(sqs, fifo, str(n))
    first = receive(sqs, fifo, MaxNumberOfMessages=2)
    assert bodies(first) == ["0", "1"]
    assert receive(sqs, fifo, MaxNumberOfMessages=10) == []  # the group waits for those two
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first[0]["ReceiptHandle"])
    assert receive(sqs, fifo) == []
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first[1]["ReceiptHandle"])
    assert bodies(receive(sqs, fifo, MaxNumberOfMessages=10)) == ["2", "3"]
    assert counts(sqs, fifo) == (0, 2, 0)


def test_groups_are_free_of_one_another(sqs, fifo):
    for body, group in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b"), ("c1", "c")]:
        send(sqs, fifo, body, group)
    assert bodies(receive(sqs, fifo)) == ["a1"]
    second = receive(sqs, fifo, MaxNumberOfMessages=10)
    assert bodies(m for m in second if m["Body"][0] == "b") == ["b1", "b2"] and sorted(bodies(second)) == ["b1", "b2", "c1"]


def test_a_receive_prefers_messages_of_one_group(sqs, fifo):
    for body, group in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("a3", "a")]:
        send(sqs, fifo, body, group)
    assert bodies(receive(sqs, fifo, MaxNumberOfMessages=10)) == ["a1", "a2", "a3", "b1"]


def test_what_gets_visible_again_keeps_its_place(sqs):
    url = make(sqs, fifo=True, VisibilityTimeout="1")
    for n in range(3):
        send(sqs, url, str(n))
    assert bodies(receive(sqs, url, MaxNumberOfMessages=2)) == ["0", "1"]
    again = receive(sqs, url, MaxNumberOfMessages=10, WaitTimeSeconds=20, VisibilityTimeout=600)
    assert bodies(again) == ["0", "1", "2"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=again[0]["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(receive(sqs, url, MaxNumberOfMessages=10, VisibilityTimeout=30)) == ["0"]


def test_a_zero_visibility_timeout_leaves_the_group_open(sqs, fifo):
    for n in range(3):
        send(sqs, fifo, str(n))
    assert bodies(receive(sqs, fifo, MaxNumberOfMessages=2, VisibilityTimeout=0)) == ["0", "1"]
    assert bodies(receive(sqs, fifo, MaxNumberOfMessages=10)) == ["0", "1", "2"]


@pytest.mark.parametrize("by_content", [True, False])
def test_duplicates(sqs, by_content):
    url = make(sqs, fifo=True, ContentBasedDeduplication="true" if by_content else "false")
    more = {} if by_content else {"MessageDeduplicationId": "same"}
    first = send(sqs, url, "body", "g", **more)
    again = send(sqs, url, "body" if by_content else "other", "another-group", **more)
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert again["MD5OfMessageBody"] == md5("body" if by_content else "other")
    [message] = receive(sqs, url, MaxNumberOfMessages=10)
    assert message["Body"] == "body"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    send(sqs, url, "body", "g", **more)  # five minutes, whether or not the first was deleted
    assert receive(sqs, url) == []
    assert counts(sqs, url) == (0, 0, 0)


def test_an_id_goes_before_content(sqs, fifo):
    send(sqs, fifo, "same", MessageDeduplicationId="1")
    send(sqs, fifo, "same", MessageDeduplicationId="2")
    send(sqs, fifo, "same")
    assert bodies(receive(sqs, fifo, MaxNumberOfMessages=10)) == ["same"] * 3


def test_duplicates_by_group(sqs):
    url = make(sqs, fifo=True, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    for group in ("a", "b", "a"):
        send(sqs, url, "same", group)
    assert counts(sqs, url) == (2, 0, 0)


def test_duplicates_within_a_batch(sqs, fifo):
    answer = sqs.send_message_batch(QueueUrl=fifo, Entries=[
        {"Id": str(n), "MessageBody": "same" if n != 1 else "other", "MessageGroupId": "g"} for n in range(3)])
    one, other, two = answer["Successful"]
    assert one["MessageId"] == two["MessageId"] != other["MessageId"]
    assert bodies(receive(sqs, fifo, MaxNumberOfMessages=10)) == ["same", "other"]


def test_a_purge_forgets_duplicates(sqs, fifo):
    send(sqs, fifo, "body")
    sqs.purge_queue(QueueUrl=fifo)
    send(sqs, fifo, "body")
    assert bodies(receive(sqs, fifo)) == ["body"]


def test_rules(sqs):
    url = sqs.create_queue(QueueName=queues.unique(fifo=True), Attributes={"FifoQueue": "true"})["QueueUrl"]
    no_id = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    no_group = "The request must contain the parameter MessageGroupId."
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="g") == ("InvalidParameterValue", no_id)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x", MessageDeduplicationId="d") == ("MissingParameter", no_group)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d", DelaySeconds=2) == (
        "InvalidParameterValue",
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.")
    good = {"Id": "good", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    for missing, text in [("MessageDeduplicationId", no_id), ("MessageGroupId", no_group)]:
        bad = {name: value for name, value in {**good, "Id": "bad"}.items() if name != missing}
        assert refused(sqs.send_message_batch, QueueUrl=url, Entries=[good, bad])[1] == text
    for more, text in [({"DelaySeconds": 3}, "Value 3 for parameter DelaySeconds is invalid. Reason: The request include parameter that is "
                        "not valid for this queue type."),
                       ({"MessageBody": ""}, "The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody.")]:
        bad = {**good, "Id": "bad", "MessageDeduplicationId": "other", **more}
        assert refused(sqs.send_message_batch, QueueUrl=url, Entries=[good, bad])[1] == text
    assert counts(sqs, url) == (0, 0, 0)  # a FIFO batch that breaks the rules sends nothing
    for name, value in [("MessageGroupId", "x" * 129), ("MessageGroupId", "a b"), ("MessageDeduplicationId", "x" * 129),
                        ("MessageDeduplicationId", "\u00e4")]:
        given = {"MessageGroupId": "g", "MessageDeduplicationId": "d", name: value}
        assert refused(sqs.send_message, QueueUrl=url, MessageBody="x", **given)[0] == "InvalidParameterValue", (name, value)
    allowed = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~aZ09"
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId=allowed, MessageDeduplicationId=allowed, DelaySeconds=0)
    assert counts(sqs, url) == (1, 0, 0)


def test_an_expired_handle_deletes_nothing(sqs):
    url = make(sqs, fifo=True, VisibilityTimeout="1")
    send(sqs, url, "x")
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    end = time.time() + 60
    while counts(sqs, url) != (1, 0, 0) and time.time() < end:
        time.sleep(0.02)
    assert refused(sqs.delete_message, QueueUrl=url, ReceiptHandle=handle) == (
        "InvalidParameterValue", f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
    assert counts(sqs, url) == (1, 0, 0)


def test_delays_are_the_queues(sqs):
    url = make(sqs, fifo=True, DelaySeconds="5")
    for n in range(3):
        send(sqs, url, str(n))
    assert counts(sqs, url) == (0, 0, 3) and receive(sqs, url) == []
    arrived = receive(sqs, url, WaitTimeSeconds=20)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=arrived[0]["ReceiptHandle"])
    arrived += receive(sqs, url, WaitTimeSeconds=20, MaxNumberOfMessages=10)
    assert bodies(arrived)[:2] == ["0", "1"]


def test_an_attempt_may_be_repeated(sqs, fifo):
    """ReceiveRequestAttemptId: the same messages again, with new handles, as long as none of them was touched."""
    for n in range(3):
        send(sqs, fifo, str(n))
    first = receive(sqs, fifo, MaxNumberOfMessages=2, ReceiveRequestAttemptId="attempt")
    again = receive(sqs, fifo, MaxNumberOfMessages=2, ReceiveRequestAttemptId="attempt")
    assert bodies(first) == bodies(again) == ["0", "1"]
    assert receive(sqs, fifo, ReceiveRequestAttemptId="other") == []


def test_order_under_eight_consumers(engine, sqs, fifo):
    """400 messages in 10 groups; the eight give some back. Every group's are deleted in the order in which they were sent."""
    groups, each = 10, 40
    sent = collections.defaultdict(list)
    for start in range(0, groups * each, 10):
        entries = [{"Id": str(i), "MessageBody": str(start + i), "MessageGroupId": f"g{i}"} for i in range(10)]
        assert len(sqs.send_message_batch(QueueUrl=fifo, Entries=entries)["Successful"]) == 10
        for i in range(10):
            sent[f"g{i}"].append(str(start + i))
    handled, held, lock, failures = collections.defaultdict(list), collections.Counter(), threading.Lock(), []

    def consume(seed):
        mine, chance = queues.client(engine), random.Random(seed)
        try:
            while sum(map(len, handled.values())) < groups * each:
                messages = receive(mine, fifo, MaxNumberOfMessages=chance.randint(1, 10), WaitTimeSeconds=1, AttributeNames=["MessageGroupId"])
                mine_now = {m["Attributes"]["MessageGroupId"] for m in messages}
                with lock:
                    assert not [g for g in mine_now if held[g]], "a group was given out twice"
                    held.update(mine_now)
                keep = [m for m in messages if chance.random() < 0.9]
                for group in mine_now:  # what follows one that is given back is given back with it
                    own = [m for m in messages if m["Attributes"]["MessageGroupId"] == group]
                    good = own[:next((i for i, m in enumerate(own) if m not in keep), len(own))]
                    with lock:
                        handled[group] += bodies(good)
                        held[group] -= 1
                    for m in good:
                        mine.delete_message(QueueUrl=fifo, ReceiptHandle=m["ReceiptHandle"])
                    for m in reversed(own[len(good):]):
                        mine.change_message_visibility(QueueUrl=fifo, ReceiptHandle=m["ReceiptHandle"], VisibilityTimeout=0)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=consume, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures
    assert handled == sent
    assert counts(sqs, fifo) == (0, 0, 0)
