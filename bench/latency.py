#!/usr/bin/python3
"""One client's latency: what a test suite that calls one thing after another feels. Each small operation of SQS, S3, Logs and States over
one keep-alive connection, unsigned, beside an empty request (/_cumulet/live) and beside one fdatasync of 4 KB on the same
disk, all interleaved round by round, so that what disturbs the machine disturbs all alike. Every answer is checked before its time counts.

CUMULET_BENCH_ROUNDS (default 2000); --ephemeral engines and durable ones are both measured. Milliseconds, p50 and p99."""
import json
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import time

from common import Engine, rss_mb

ROUNDS = int(os.environ.get("CUMULET_BENCH_ROUNDS", 2000))
BODY = "b" * 1024


class Wire:
    """A raw connection: requests are bytes that stand ready, so that what is measured is the engine's."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def timed(self, request):
        """(milliseconds, status, body)"""
        began = time.perf_counter()
        self.socket.sendall(request)
        answer = self.socket.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if request.startswith(b"HEAD "):
            length = 0
        while len(body) < length:
            body += self.socket.recv(65536)
        return (time.perf_counter() - began) * 1000, int(head[9:12]), body

    def http(self, method, path, body=b"", headers=()):
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Content-Length: {len(body)}", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def json(self, target, operation, version="1.0", **parameters):
        return self.http("POST", "/", json.dumps(parameters).encode(),
                         [f"X-Amz-Target: {target}.{operation}", f"Content-Type: application/x-amz-json-{version}"])

    def ask(self, request):
        _, status, body = self.timed(request)
        if status >= 300:
            raise RuntimeError(f"{status} {body[:300]}")
        return body


def operations(wire, engine):
    """Name → function that gives the request's bytes and what its answer must hold."""
    sqs, logs, states = "AmazonSQS", "Logs_20140328", "AWSStepFunctions"
    queue = json.loads(wire.ask(wire.json(sqs, "CreateQueue", QueueName="q")))["QueueUrl"]
    wire.ask(wire.http("PUT", "/bucket"))
    wire.ask(wire.http("PUT", "/bucket/there", BODY.encode()))
    wire.ask(wire.json(logs, "CreateLogGroup", "1.1", logGroupName="g"))
    wire.ask(wire.json(logs, "CreateLogStream", "1.1", logGroupName="g", logStreamName="s"))
    trust = {"Version": "2012-10-17",
             "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = engine.client("iam").create_role(RoleName="latency", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    definition = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    machine = json.loads(wire.ask(wire.json(states, "CreateStateMachine", name="m", definition=definition, roleArn=role)))["stateMachineArn"]
    handles, executions, count = [], [], iter(range(10**9))

    def received(body):
        handles.append(json.loads(body)["Messages"][0]["ReceiptHandle"])

    def started(body):
        executions.append(json.loads(body)["executionArn"])

    def holds(text):
        def check(body):
            if text not in body:
                raise RuntimeError(f"{text} is not in {body[:300]}")
        return check

    return {
        "SQS SendMessage": (lambda: wire.json(sqs, "SendMessage", QueueUrl=queue, MessageBody=BODY), holds(b"MessageId")),
        "SQS ReceiveMessage": (lambda: wire.json(sqs, "ReceiveMessage", QueueUrl=queue), received),
        "SQS ChangeMessageVisibility": (lambda: wire.json(sqs, "ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=handles[-1],
                                                          VisibilityTimeout=60), None),
        "SQS DeleteMessage": (lambda: wire.json(sqs, "DeleteMessage", QueueUrl=queue, ReceiptHandle=handles.pop()), None),
        "SQS GetQueueUrl": (lambda: wire.json(sqs, "GetQueueUrl", QueueName="q"), holds(b"QueueUrl")),
        "SQS GetQueueAttributes": (lambda: wire.json(sqs, "GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"]), holds(b"QueueArn")),
        "S3 PutObject 1 KB": (lambda: wire.http("PUT", "/bucket/key", BODY.encode()), None),
        "S3 GetObject 1 KB": (lambda: wire.http("GET", "/bucket/there"), holds(BODY.encode())),
        "S3 HeadObject": (lambda: wire.http("HEAD", "/bucket/there"), None),
        "S3 ListObjectsV2": (lambda: wire.http("GET", "/bucket?list-type=2"), holds(b"there")),
        "S3 DeleteObject": (lambda: wire.http("DELETE", "/bucket/key"), None),
        "Logs PutLogEvents": (lambda: wire.json(logs, "PutLogEvents", "1.1", logGroupName="g", logStreamName="s",
                                                logEvents=[{"timestamp": int(time.time() * 1000), "message": f"line {next(count)}"}]),
                              holds(b"nextSequenceToken")),
        "Logs GetLogEvents": (lambda: wire.json(logs, "GetLogEvents", "1.1", logGroupName="g", logStreamName="s", limit=1), holds(b"line")),
        "States StartExecution": (lambda: wire.json(states, "StartExecution", stateMachineArn=machine, input="{}"), started),
        "States DescribeExecution": (lambda: wire.json(states, "DescribeExecution", executionArn=executions[-1]), holds(b"executionArn")),
    }


class Disk:
    def __init__(self, folder):
        self.file = os.open(folder / "fdatasync", os.O_RDWR | os.O_CREAT)
        os.pwrite(self.file, b"x" * (4 << 20), 0)
        os.fdatasync(self.file)
        self.at = 0

    def timed(self):
        began = time.perf_counter()
        os.pwrite(self.file, os.urandom(4096), self.at * 4096)
        os.fdatasync(self.file)
        self.at = (self.at + 1) % 1024
        return (time.perf_counter() - began) * 1000


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def measure(engine, disk):
    wire = Wire(engine.port)
    empty = wire.http("GET", "/_cumulet/live")
    asked = operations(wire, engine)
    times = {name: [] for name in ["an empty request", "fdatasync of 4 KB", *asked]}
    for number in range(ROUNDS + 50):
        warm = number >= 50
        took, status, _ = wire.timed(empty)
        if status != 200:
            raise RuntimeError(f"empty request: {status}")
        if warm:
            times["an empty request"].append(took)
        if disk and number % 4 == 0:
            took = disk.timed()
            if warm:
                times["fdatasync of 4 KB"].append(took)
        for name, (request, check) in asked.items():
            took, status, body = wire.timed(request())
            if status >= 300:
                raise RuntimeError(f"{name}: {status} {body[:300]}")
            if check:
                check(body)
            if warm:
                times[name].append(took)
    return times


def tell(times, floor, what):
    for name, values in times.items():
        if not values:
            continue
        p50, p99 = statistics.median(values), percentile(values, 0.99)
        print(f"  {name:<28} p50 {p50:.3f}  p99 {p99:.3f}   {p50 - floor:+.3f} beside {what}", flush=True)


def main():
    print(f"one connection, {ROUNDS} rounds; milliseconds", flush=True)
    for is_durable in (False, True):
        with tempfile.TemporaryDirectory(prefix="cumulet-latency-") as name:
            folder = pathlib.Path(name)
            engine = Engine(folder / "data" if is_durable else None).start()
            try:
                idle = rss_mb(engine.process.pid)
                times = measure(engine, Disk(folder) if is_durable else None)
            finally:
                engine.stop()
        print(f"{'durable' if is_durable else '--ephemeral'} ({idle:.1f} MB idle)")
        floor, what = statistics.median(times["an empty request"]), "an empty request"
        if is_durable:
            floor, what = floor + statistics.median(times["fdatasync of 4 KB"]), "an empty request and one fdatasync"
        tell(times, floor, what)


if __name__ == "__main__":
    main()
