#!/usr/bin/python3
"""Invoke of a C++ function in its sandbox (tests/functions/probe.cpp): warm on one environment, and cold (a new environment
for each), the whole way over HTTP as one keep-alive client sees it, and the function's own duration as the engine reports
it; and the time from an S3 object's acknowledgement to its function's START line. Every answer is compared with what was
sent before its time counts."""
import base64
import http.client
import json
import re
import statistics
import sys
import time

from common import Engine, ROOT, peak_rss_mb, rss_mb, tell

sys.path.insert(0, str(ROOT / "tests/protocol"))
from protocol.lambda_functions import create  # noqa: E402

WARM, COLD, EVENTS = 3000, 40, 100


class Caller:
    def __init__(self, engine, name):
        self.connection = http.client.HTTPConnection("127.0.0.1", engine.port)
        self.path = f"/2015-03-31/functions/{name}/invocations"

    def invoke(self, event, tail=False):
        """Milliseconds, and the log's tail."""
        body = json.dumps(event)
        began = time.perf_counter()
        self.connection.request("POST", self.path, body, {"X-Amz-Log-Type": "Tail" if tail else "None"})
        answer = self.connection.getresponse()
        got = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200 or answer.getheader("X-Amz-Function-Error") or json.loads(got) != event:
            raise RuntimeError(f"{answer.status} {got[:300]}")
        return took, base64.b64decode(answer.getheader("X-Amz-Log-Result", "")).decode()


def event_to_start(engine):
    """Milliseconds (the log's resolution) from PutObject's answer to the START line of the function it notifies, which is warm."""
    client, s3, logs = engine.client("lambda"), engine.client("s3"), engine.client("logs")
    made = create(engine)
    name, bucket = made["FunctionName"], f"bench-{time.time_ns()}"
    s3.create_bucket(Bucket=bucket)
    client.add_permission(FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [
        {"LambdaFunctionArn": made["FunctionArn"], "Events": ["s3:ObjectCreated:*"]}]})
    client.invoke(FunctionName=name, Payload=b'{"do":"echo"}')
    acknowledged = []
    for i in range(EVENTS):
        s3.put_object(Bucket=bucket, Key=f"k{i}", Body=b"x")
        acknowledged.append(time.time() * 1000)
        time.sleep(0.02)
    for _ in range(100):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}", filterPattern='"START RequestId"')
        started = sorted(event["timestamp"] for page in pages for event in page["events"])
        if len(started) == EVENTS + 1:
            break
        time.sleep(0.1)
    if len(started) != EVENTS + 1:
        raise RuntimeError(f"{EVENTS} objects, {len(started) - 1} invocations")
    return [max(0.0, start - ack) for ack, start in zip(acknowledged, started[1:])]


def main():
    engine = Engine().start()
    try:
        client = engine.client("lambda")
        idle = rss_mb(engine.process.pid)
        name = create(engine)["FunctionName"]
        caller = Caller(engine, name)
        caller.invoke({"do": "echo"})
        warm, reported = [], []
        for i in range(WARM):
            took, log = caller.invoke({"do": "echo", "i": i}, tail=True)
            warm.append(took)
            reported.append(float(re.search(r"\tDuration: ([\d.]+) ms", log).group(1)))
        cold, init = [], []
        for i in range(COLD):
            client.update_function_configuration(FunctionName=name, Description=str(i))
            time.sleep(0.05)  # the environments before are gone
            took, log = caller.invoke({"do": "echo", "i": i}, tail=True)
            cold.append(took)
            init.append(float(re.search(r"Init Duration: ([\d.]+) ms", log).group(1)))
        tell("warm invoke, HTTP round trip", warm, "ms", "p50 0.5")
        tell("warm invoke, REPORT's duration", reported, "ms")
        print(f"warm invoke p99: {statistics.quantiles(warm, n=100)[98]:.3g} ms; {1000 / statistics.mean(warm):.0f} invokes/s on one connection")
        tell("cold invoke, HTTP round trip", cold, "ms", "p50 15")
        tell("cold invoke, Init Duration", init, "ms")
        tell("S3 event to its function's START, warm", event_to_start(engine), "ms", "10")
        print(f"engine: {idle:.0f} MB idle, {peak_rss_mb(engine.process.pid):.0f} MB at most")
    finally:
        engine.stop()
        engine.discard()


if __name__ == "__main__":
    main()
