"""Every SQS command of the AWS CLI."""
import json
import os
import shutil
import subprocess

import pytest

from protocol.queues import md5_of_attributes, unique


@pytest.fixture
def aws(engine):
    if not shutil.which("aws"):
        pytest.skip("no AWS CLI here: the commands of `aws sqs` were not tried")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
                   "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}

    def run(command, *arguments, check=True):
        done = subprocess.run(["aws", "--endpoint-url", engine.endpoint, "sqs", command, "--output", "json", *map(str, arguments)],
                              env=environment, capture_output=True, text=True, timeout=60)
        if not check:
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None
    return run


def test_the_life_of_a_message(aws):
    name = unique("cli")
    url = aws("create-queue", "--queue-name", name, "--attributes", '{"VisibilityTimeout":"60"}', "--tags", "a=b")["QueueUrl"]
    assert aws("get-queue-url", "--queue-name", name)["QueueUrl"] == url
    given = {"chat_id": {"DataType": "String", "StringValue": "42"}}
    sent = aws("send-message", "--queue-url", url, "--message-body", "hello", "--message-attributes", json.dumps(given))
    assert sent["MD5OfMessageAttributes"] == md5_of_attributes(given)
    [message] = aws("receive-message", "--queue-url", url, "--message-attribute-names", "All", "--attribute-names", "All",
                    "--wait-time-seconds", "1")["Messages"]
    assert (message["Body"], message["MessageAttributes"], message["Attributes"]["ApproximateReceiveCount"]) == ("hello", given, "1")
    aws("change-message-visibility", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"], "--visibility-timeout", "0")
    [message] = aws("receive-message", "--queue-url", url)["Messages"]
    aws("delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    assert aws("receive-message", "--queue-url", url) is None
    assert aws("list-queue-tags", "--queue-url", url)["Tags"] == {"a": "b"}
    assert aws("list-queues", "--queue-name-prefix", name)["QueueUrls"] == [url]
    aws("purge-queue", "--queue-url", url)
    aws("delete-queue", "--queue-url", url)
    assert "AWS.SimpleQueueService.NonExistentQueue" in aws("get-queue-url", "--queue-name", name, check=False)


def test_attributes_tags_and_permissions(aws):
    url = aws("create-queue", "--queue-name", unique("cli"))["QueueUrl"]
    aws("set-queue-attributes", "--queue-url", url, "--attributes", "DelaySeconds=3,VisibilityTimeout=77")
    asked = ("--attribute-names", "VisibilityTimeout", "DelaySeconds")
    assert aws("get-queue-attributes", "--queue-url", url, *asked)["Attributes"] == {"VisibilityTimeout": "77", "DelaySeconds": "3"}
    aws("tag-queue", "--queue-url", url, "--tags", "team=blue,stage=test")
    aws("untag-queue", "--queue-url", url, "--tag-keys", "stage")
    assert aws("list-queue-tags", "--queue-url", url)["Tags"] == {"team": "blue"}
    aws("add-permission", "--queue-url", url, "--label", "partner", "--aws-account-ids", "111122223333", "--actions", "SendMessage")
    policy = json.loads(aws("get-queue-attributes", "--queue-url", url, "--attribute-names", "Policy")["Attributes"]["Policy"])
    assert [s["Sid"] for s in policy["Statement"]] == ["partner"]
    aws("remove-permission", "--queue-url", url, "--label", "partner")
    left = aws("get-queue-attributes", "--queue-url", url, "--attribute-names", "Policy")
    assert not left or "partner" not in left["Attributes"].get("Policy", "")
    aws("delete-queue", "--queue-url", url)


def test_batches_tell_what_failed(aws):
    url = aws("create-queue", "--queue-name", unique("cli"))["QueueUrl"]
    entries = [{"Id": "good", "MessageBody": "one"}, {"Id": "late", "MessageBody": "two", "DelaySeconds": 901}]
    sent = aws("send-message-batch", "--queue-url", url, "--entries", json.dumps(entries))
    assert [e["Id"] for e in sent["Successful"]] == ["good"]
    assert [(e["Id"], e["SenderFault"], e["Code"]) for e in sent["Failed"]] == [("late", True, "InvalidParameterValue")]
    [message] = aws("receive-message", "--queue-url", url)["Messages"]
    handle = {"Id": "a", "ReceiptHandle": message["ReceiptHandle"]}
    changed = aws("change-message-visibility-batch", "--queue-url", url, "--entries", json.dumps([{**handle, "VisibilityTimeout": 100}]))
    assert changed["Successful"] == [{"Id": "a"}]
    deleted = aws("delete-message-batch", "--queue-url", url, "--entries", json.dumps([handle, {"Id": "b", "ReceiptHandle": "none"}]))
    assert deleted["Successful"] == [{"Id": "a"}]
    assert [(e["Id"], e["Code"]) for e in deleted["Failed"]] == [("b", "ReceiptHandleIsInvalid")]
    aws("delete-queue", "--queue-url", url)


def test_dead_letters_and_their_way_back(aws):
    name = unique("cli")
    dead = aws("create-queue", "--queue-name", name + "-dead")["QueueUrl"]
    arn = aws("get-queue-attributes", "--queue-url", dead, "--attribute-names", "QueueArn")["Attributes"]["QueueArn"]
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})}
    url = aws("create-queue", "--queue-name", name, "--attributes", json.dumps(redrive))["QueueUrl"]
    assert aws("list-dead-letter-source-queues", "--queue-url", dead)["queueUrls"] == [url]
    aws("send-message", "--queue-url", url, "--message-body", "poison")
    aws("receive-message", "--queue-url", url, "--visibility-timeout", "0")
    assert aws("receive-message", "--queue-url", url) is None
    count = aws("get-queue-attributes", "--queue-url", dead, "--attribute-names", "ApproximateNumberOfMessages")
    assert count["Attributes"]["ApproximateNumberOfMessages"] == "1"
    if "InvalidChoice" in (told := aws("list-message-move-tasks", "--source-arn", arn, check=False)) or "Invalid choice" in told:
        aws("delete-queue", "--queue-url", url)
        pytest.skip("this AWS CLI is older than move tasks: they were tried without it")
    task = aws("start-message-move-task", "--source-arn", arn)["TaskHandle"]
    [message] = aws("receive-message", "--queue-url", url, "--wait-time-seconds", "10")["Messages"]
    assert message["Body"] == "poison"
    for _ in range(20):
        result = aws("list-message-move-tasks", "--source-arn", arn)["Results"][0]
        if result["Status"] != "RUNNING":
            break
    assert (result["Status"], result["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert "Only active tasks can be cancelled." in aws("cancel-message-move-task", "--task-handle", task, check=False)
    for queue in (url, dead):
        aws("delete-queue", "--queue-url", queue)
