"""Queues themselves: names, attributes, listings, tags, permissions."""
import json
import time

import pytest
from botocore.exceptions import ClientError

from protocol import queues
from protocol.queues import arn_of, attribute, counts, make, receive, redrive, unique

DEFAULTS = {"VisibilityTimeout": "30", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "DelaySeconds": "0",
            "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "ApproximateNumberOfMessages": "0",
            "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0"}


def attributes(sqs, url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names or ["All"])).get("Attributes", {})


def refused(call, **parameters):
    """(code, text) of the error that the call must give."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_queue_has_the_documented_defaults(sqs, engine):
    name = unique()
    url = make(sqs, name)
    assert url == f"{engine.endpoint}/000000000000/{name}"
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    found = attributes(sqs, url)
    created, modified = int(found.pop("CreatedTimestamp")), int(found.pop("LastModifiedTimestamp"))
    assert abs(created - time.time()) < 60 and created == modified
    assert found == {**DEFAULTS, "QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{name}"}


def test_a_fifo_queue_has_four_more(sqs):
    url = sqs.create_queue(QueueName=unique(fifo=True), Attributes={"FifoQueue": "true"})["QueueUrl"]
    found = attributes(sqs, url)
    assert {name: found[name] for name in set(found) - set(DEFAULTS) - {"QueueArn", "CreatedTimestamp", "LastModifiedTimestamp"}} == {
        "FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}


def test_only_the_attributes_asked_for_are_told(sqs, queue):
    assert attributes(sqs, queue, "QueueArn", "DelaySeconds") == {"QueueArn": arn_of(sqs, queue), "DelaySeconds": "0"}
    assert attributes(sqs, queue, "Policy", "RedrivePolicy") == {}
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue)


def test_attributes_are_kept_and_changed(sqs):
    dead = make(sqs)
    given = {"VisibilityTimeout": "0", "MaximumMessageSize": "1024", "MessageRetentionPeriod": "60", "DelaySeconds": "900",
             "ReceiveMessageWaitTimeSeconds": "20", "SqsManagedSseEnabled": "false", "RedrivePolicy": redrive(sqs, dead, 1000),
             "RedriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"}),
             "Policy": json.dumps({"Version": "2012-10-17", "Statement": [
                 {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:SendMessage", "Resource": "'$queue_arn'",
                  "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:topic"}}}]})}
    url = make(sqs, **given)
    assert attributes(sqs, url, *given) == given
    changed = {"VisibilityTimeout": "43200", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "1209600", "DelaySeconds": "1",
               "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "RedrivePolicy": redrive(sqs, dead, 7)}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
    assert attributes(sqs, url, *given) == {**given, **changed}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": "", "RedriveAllowPolicy": "", "Policy": ""})
    assert attributes(sqs, url, "RedrivePolicy", "RedriveAllowPolicy", "Policy") == {}


@pytest.mark.parametrize("name,values", [
    ("VisibilityTimeout", ["-1", "43201", "x", "", "1.5", " 6"]),
    ("MaximumMessageSize", ["1023", "1048577", "x"]),
    ("MessageRetentionPeriod", ["59", "1209601"]),
    ("DelaySeconds", ["-1", "901", "true"]),
    ("ReceiveMessageWaitTimeSeconds", ["-1", "21"]),
    ("KmsDataKeyReusePeriodSeconds", ["59", "86401"]),
    ("SqsManagedSseEnabled", ["maybe"]),
])
def test_values_out_of_range(sqs, queue, name, values):
    for value in values:
        expected = ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
        assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={name: value}) == expected, value
        assert refused(sqs.create_queue, QueueName=unique(), Attributes={name: value}) == expected, value


@pytest.mark.parametrize("name", ["Colour", "QueueArn", "ApproximateNumberOfMessages", "CreatedTimestamp", "FifoQueue",
                                  "ContentBasedDeduplication"])
def test_attributes_that_cannot_be_set(sqs, queue, name):
    expected = ("InvalidAttributeName", f"Unknown Attribute {name}.")
    assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={name: "true"}) == expected


def test_a_queue_stays_of_its_kind(sqs, fifo):
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"FifoQueue": "true"})
    assert refused(sqs.set_queue_attributes, QueueUrl=fifo, Attributes={"FifoQueue": "false"}) == (
        "InvalidAttributeValue", "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")


def test_one_kind_of_encryption(sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "false"})
    assert attributes(sqs, queue, "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled") == {
        "KmsMasterKeyId": "alias/aws/sqs", "KmsDataKeyReusePeriodSeconds": "300", "SqsManagedSseEnabled": "false"}
    assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"KmsMasterKeyId": "a", "SqsManagedSseEnabled": "true"}) == (
        "InvalidAttributeName", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")


@pytest.mark.parametrize("name", ["", "a b", "a.b", "x" * 81, "a/b", "ä", "q.fifo"])
def test_names_that_are_none(sqs, name):
    assert refused(sqs.create_queue, QueueName=name)[0] == "InvalidParameterValue"


@pytest.mark.parametrize("name", ["no-suffix", "x" * 76 + ".fifo", "a.b.fifo", ".fifo"])
def test_fifo_names_that_are_none(sqs, name):
    assert refused(sqs.create_queue, QueueName=name, Attributes={"FifoQueue": "true"})[0] == "InvalidParameterValue"


def test_names_at_the_limit_and_in_other_case(sqs):
    stem = unique()
    for name in [stem.ljust(80, "x"), stem.upper(), "_" + stem]:
        assert make(sqs, name).endswith("/" + name)
    assert make(sqs, stem.ljust(75, "x") + ".fifo", fifo=True).endswith(".fifo")


def test_creating_again(sqs):
    name = unique()
    url = make(sqs, name, VisibilityTimeout="45", DelaySeconds="1")
    assert make(sqs, name) == make(sqs, name, DelaySeconds="1") == url
    sqs.send_message(QueueUrl=url, MessageBody="changes no attribute that counts")
    assert make(sqs, name, VisibilityTimeout="45") == url
    taken = ("QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute DelaySeconds")
    assert refused(make, sqs=sqs, name=name, DelaySeconds="2") == taken
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "2"})
    assert make(sqs, name, DelaySeconds="2") == url
    assert refused(make, sqs=sqs, name=name, DelaySeconds="1") == taken


def test_a_deleted_queue_is_gone_with_its_messages(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="lost")
    sqs.delete_queue(QueueUrl=queue)
    gone = "AWS.SimpleQueueService.NonExistentQueue"
    for call, more in [(sqs.send_message, {"MessageBody": "x"}), (sqs.receive_message, {}), (sqs.delete_queue, {}),
                       (sqs.get_queue_attributes, {"AttributeNames": ["All"]}), (sqs.purge_queue, {}), (sqs.list_queue_tags, {}),
                       (sqs.delete_message, {"ReceiptHandle": "x"}), (sqs.set_queue_attributes, {"Attributes": {"DelaySeconds": "1"}})]:
        assert refused(call, QueueUrl=queue, **more)[0] == gone
    assert refused(sqs.get_queue_url, QueueName=queue.rsplit("/", 1)[1])[0] == gone


def test_a_deleted_queues_name(sqs, own_engine):
    """Free at once, or when asked for held for a minute as on AWS."""
    name = unique()
    sqs.delete_queue(QueueUrl=make(sqs, name))
    make(sqs, name)
    strict = queues.client(own_engine(["--sqs-hold-names"]))
    strict.delete_queue(QueueUrl=make(strict, name))
    assert refused(make, sqs=strict, name=name) == (
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.")


def test_regions_have_queues_of_their_own(sqs, engine):
    name = unique()
    here = make(sqs, name)
    other = engine.client("sqs", region_name="eu-central-1")
    assert refused(other.get_queue_url, QueueName=name)[0] == "AWS.SimpleQueueService.NonExistentQueue"
    there = make(other, name, VisibilityTimeout="77")
    assert attribute(other, there, "QueueArn") == f"arn:aws:sqs:eu-central-1:000000000000:{name}"
    sqs.send_message(QueueUrl=here, MessageBody="here")
    assert receive(other, there) == []
    assert attribute(sqs, here, "VisibilityTimeout") == "30"


def test_a_queue_is_reached_by_any_host_name_and_by_its_name(sqs, engine, queue):
    name = queue.rsplit("/", 1)[1]
    for number, url in enumerate([name, f"http://localhost:{engine.port}/000000000000/{name}", f"http://cumulet:1/000000000000/{name}",
                                  f"https://sqs.us-east-1.amazonaws.com/000000000000/{name}",
                                  f"https://us-east-1.queue.amazonaws.com/000000000000/{name}"]):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    assert sorted(m["Body"] for m in receive(sqs, queue, MaxNumberOfMessages=10)) == list("01234")


def test_lists_by_prefix_and_page(sqs):
    prefix = unique("list")
    urls = [make(sqs, f"{prefix}-{n:02}") for n in range(7)]
    assert sqs.list_queues(QueueNamePrefix=prefix)["QueueUrls"] == urls
    assert set(urls) <= set(sqs.list_queues()["QueueUrls"])
    pages, more = [], {}
    while more is not None:
        page = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=3, **more)
        pages.append(page["QueueUrls"])
        more = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert pages == [urls[:3], urls[3:6], urls[6:]]
    assert "NextToken" not in sqs.list_queues(QueueNamePrefix=prefix, MaxResults=7)
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=prefix + "-none")
    for wrong in (-1, 1001):
        assert refused(sqs.list_queues, MaxResults=wrong)[0] == "InvalidParameterValue"
    assert refused(sqs.list_queues, QueueNamePrefix=prefix, MaxResults=3, NextToken="x")[0] == "InvalidParameterValue"


def test_tags(sqs):
    name = unique()
    url = sqs.create_queue(QueueName=name, tags={"a": "1", "A": "2"})["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1", "A": "2"}
    sqs.tag_queue(QueueUrl=url, Tags={"a": "3", "empty": "", "ä ö": "+"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "3", "A": "2", "empty": "", "ä ö": "+"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["a", "empty", "never"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"A": "2", "ä ö": "+"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["A", "ä ö"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    assert refused(sqs.tag_queue, QueueUrl=url, Tags={str(n): "" for n in range(51)})[0] == "InvalidParameterValue"
    assert refused(sqs.tag_queue, QueueUrl=url, Tags={"x" * 129: ""})[0] == "InvalidParameterValue"
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)


def test_permissions(sqs, queue):
    arn = arn_of(sqs, queue)

    def policy():
        text = attribute(sqs, queue, "Policy")
        return text and json.loads(text)

    def statement(label, principals, actions):
        return {"Sid": label, "Effect": "Allow", "Principal": {"AWS": principals}, "Action": actions, "Resource": arn}

    me, other = "arn:aws:iam::000000000000:root", "arn:aws:iam::668614515564:root"
    sqs.add_permission(QueueUrl=queue, Label="one", AWSAccountIds=["000000000000"], Actions=["ReceiveMessage"])
    assert policy() == {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy", "Statement": [statement("one", me, "SQS:ReceiveMessage")]}
    assert refused(sqs.add_permission, QueueUrl=queue, Label="one", AWSAccountIds=["668614515564"], Actions=["ReceiveMessage"]) == (
        "InvalidParameterValue", "Value one for parameter Label is invalid. Reason: Already exists.")
    sqs.add_permission(QueueUrl=queue, Label="two", AWSAccountIds=["000000000000", "668614515564"], Actions=["SendMessage", "DeleteMessage"])
    second = policy()["Statement"][1]
    assert set(second["Principal"]["AWS"]) == {me, other} and set(second["Action"]) == {"SQS:SendMessage", "SQS:DeleteMessage"}
    sqs.remove_permission(QueueUrl=queue, Label="one")
    assert [s["Sid"] for s in policy()["Statement"]] == ["two"]
    sqs.remove_permission(QueueUrl=queue, Label="two")
    assert policy() is None
    code, text = refused(sqs.remove_permission, QueueUrl=queue, Label="two")
    assert code == "InvalidParameterValue" and text.startswith("Value two for parameter Label is invalid. Reason: can't find label")
    assert refused(sqs.add_permission, QueueUrl=queue, Label="x", AWSAccountIds=["000000000000"], Actions=["CreateQueue"]) == (
        "InvalidParameterValue",
        "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.")
    assert refused(sqs.add_permission, QueueUrl=queue, Label="x", AWSAccountIds=["000000000000"], Actions=["Dance"])[0] == "InvalidParameterValue"
    assert policy() is None


def test_a_policy_must_be_one(sqs, queue):
    for text in ["{", "[]", '"x"']:
        assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"Policy": text})[0] == "InvalidAttributeValue", text
    assert attribute(sqs, queue, "Policy") is None


def test_counts(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=100)
    for n in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(n))
    assert counts(sqs, queue) == (3, 0, 1)
    first, second = receive(sqs, queue, MaxNumberOfMessages=2)
    assert counts(sqs, queue) == (1, 2, 1)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    assert counts(sqs, queue) == (2, 0, 1)


def test_purge(sqs, engine):
    name = unique()
    url = make(sqs, name)
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(n), DelaySeconds=n % 2)
    held = receive(sqs, url)[0]["ReceiptHandle"]
    sqs.purge_queue(QueueUrl=url)
    assert counts(sqs, url) == (0, 0, 0)
    assert receive(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held)
    sqs.send_message(QueueUrl=url, MessageBody="after")
    assert [m["Body"] for m in receive(sqs, url)] == ["after"]
    assert refused(sqs.purge_queue, QueueUrl=url) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress", f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.")
