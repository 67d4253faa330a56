"""The AWS CLI's SQS commands, and a policy read as people write it."""
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
