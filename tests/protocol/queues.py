"""Queues for tests: making them, both wire protocols without an SDK, and the digests that SDKs check."""
import hashlib
import http.client
import json
import re
import struct
import time
import urllib.parse
import uuid

from botocore.config import Config

NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"


def client(engine):
    """boto3's, which speaks Query/XML in the installed version, leaving all checks to the service."""
    return engine.client("sqs", config=Config(parameter_validation=False))


def unique(prefix="q", fifo=False):
    return f"{prefix}-{uuid.uuid4().hex[:10]}" + (".fifo" if fifo else "")


def make(sqs, name=None, fifo=False, **attributes):
    """The URL of a new queue."""
    if fifo:
        attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", **attributes}
    return sqs.create_queue(QueueName=name or unique(fifo=fifo), Attributes=attributes)["QueueUrl"]


def attribute(sqs, url, name):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]).get("Attributes", {}).get(name)


def arn_of(sqs, url):
    return attribute(sqs, url, "QueueArn")


def counts(sqs, url):
    """(visible, in flight, delayed)"""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return tuple(int(found[name]) for name in names)


def redrive(sqs, dead_letter_url, most=1):
    return json.dumps({"deadLetterTargetArn": arn_of(sqs, dead_letter_url), "maxReceiveCount": most})


def receive(sqs, url, **more):
    return sqs.receive_message(QueueUrl=url, **more).get("Messages", [])


def drain(sqs, url, count, seconds=120):
    """Receives and deletes until `count` messages came or the time is over; their bodies in order of arrival."""
    bodies, end = [], time.time() + seconds
    while len(bodies) < count and time.time() < end:
        messages = receive(sqs, url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            bodies.append(message["Body"])
    return bodies


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def md5_of_attributes(attributes):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""
    digest = hashlib.md5()

    def put(piece):
        digest.update(struct.pack(">I", len(piece)) + piece)

    for name, value in sorted(attributes.items()):
        put(name.encode())
        put(value["DataType"].encode())
        is_binary = value["DataType"].startswith("Binary")
        digest.update(b"\2" if is_binary else b"\1")
        put(value["BinaryValue"] if is_binary else value["StringValue"].encode())
    return digest.hexdigest()


class Wire:
    """One connection on which requests are written out; unsigned, which loopback allows."""

    def __init__(self, engine):
        self.connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=60)

    def send(self, method, path, body, fields):
        """(status, header fields with lower-case names, body)"""
        self.connection.request(method, path, body, fields)
        answer = self.connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def json(self, operation, parameters):
        """(status, header fields, parsed body)"""
        status, fields, body = self.send("POST", "/", parameters if isinstance(parameters, (str, bytes)) else json.dumps(parameters),
                                         {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}"})
        return status, fields, json.loads(body) if body else None

    def call(self, operation, **parameters):
        """The answer of an operation over JSON that must succeed."""
        status, _, body = self.json(operation, parameters)
        assert status == 200, (operation, status, body)
        return body

    def query(self, path="/", method="POST", **parameters):
        """(status, header fields, body as text); dots in parameter names are written as __."""
        form = urllib.parse.urlencode([(name.replace("__", "."), value) for name, value in parameters.items()])
        if method == "GET":
            status, fields, body = self.send("GET", f"{path}?{form}" if form else path, None, {})
        else:
            status, fields, body = self.send("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        return status, fields, body.decode()


def element(text, name):
    """The text of the first XML element of that name, or None."""
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.S)
    return found and found.group(1)
