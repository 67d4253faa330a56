#!/usr/bin/python3
"""SQS on a durable data folder: messages sent a second, messages sent, received and deleted a second, both with 32 connections
(bench/sqs_load.cpp makes the requests and checks every MD5, so generator and engine share the machine); memory with a
million messages of 1 KB; how long a long poll takes to wake, and from SendMessage to the START of a warm Lambda worker.

fauxqs, an SQS-compatible server from npm (bench/package.json), does the same sends and cycles in the same run, by the same generator
and with its queues in memory (it is not durable there, the engine is). Runs of the two alternate; the ratio is of the medians.

CUMULET_BENCH_PARTS chooses among rates, million, wake, worker, workers. Needs a C++ compiler; node and npm for the rival."""
import hashlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from common import Engine, JsonClient, ROOT, peak_rss_mb, rss_mb, runs, tell

sys.path.insert(0, str(ROOT / "tests/protocol"))
from protocol.lambda_functions import create, package, probe  # noqa: E402

BODY = os.urandom(512).hex()
MD5 = hashlib.md5(BODY.encode()).hexdigest()
CONNECTIONS, SECONDS = 32, 4
MILLION = int(os.environ.get("CUMULET_BENCH_MESSAGES", 1_000_000))
WAKES, STARTS = 200, 100
WORKERS, WORK_SECONDS = 20, 0.5


class Generator:
    def __init__(self, folder):
        self.program = folder / "sqs_load"
        subprocess.run(["c++", "-std=c++20", "-O2", "-o", self.program, str(ROOT / "bench/sqs_load.cpp")], check=True)

    def run(self, port, url, mode, amount, connections=CONNECTIONS):
        """(messages, messages a second, p50, p99 of a request in ms)"""
        out = subprocess.run([self.program, str(port), url, mode, str(connections), str(amount), BODY, MD5], capture_output=True, text=True)
        if out.returncode != 0:
            raise RuntimeError(out.stderr[-2000:])
        count, seconds, p50, p99 = map(float, out.stdout.split())
        return int(count), count / seconds, p50, p99


class Server:
    """What both servers are to the generator."""

    def __init__(self, port):
        class Where:
            pass
        Where.port = port
        self.port, self.client = port, JsonClient(Where, "AmazonSQS")

    def queue(self, name):
        return self.client.call("CreateQueue", QueueName=name, Attributes={"VisibilityTimeout": "600"})["QueueUrl"]

    def left(self, url):
        found = self.client.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])

    def one_run(self, generator, number):
        """Rates and 99th percentiles of sending and of the whole cycle; what was counted is compared with what the queue tells."""
        url = self.queue(f"send-{number}")
        sent, send_rate, _, send_p99 = generator.run(self.port, url, "send", SECONDS)
        if self.left(url) != (sent, 0):
            raise RuntimeError(f"{sent} messages were acknowledged, {self.left(url)} are there")
        generator.run(self.port, url, "drain", sent)
        if self.left(url) != (0, 0):
            raise RuntimeError(f"{self.left(url)} messages are left of {sent}")
        url = self.queue(f"cycle-{number}")
        _, cycle_rate, _, cycle_p99 = generator.run(self.port, url, "cycle", SECONDS)
        visible, in_flight = self.left(url)
        if in_flight or visible > CONNECTIONS:  # what was sent after the end has no receive
            raise RuntimeError(f"{visible} and {in_flight} messages are left")
        self.client.call("DeleteQueue", QueueUrl=url)
        return send_rate, send_p99, cycle_rate, cycle_p99


def start_rival():
    """(process, Server), or a reason why there is none."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            return f"no {program}"
    if not (ROOT / "bench/node_modules/fauxqs").exists():
        if subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=ROOT / "bench").returncode != 0:
            return "npm could not install it"
    process = subprocess.Popen(["node", "fauxqs.mjs"], cwd=ROOT / "bench", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = process.stdout.readline().strip()
    return (process, Server(int(port))) if port else "it did not start"


def rates(folder, generator):
    engine = Engine(folder / "rates").start()
    rival = start_rival()
    try:
        ours, theirs, server = [], [], Server(engine.port)
        for number in range(runs()):
            ours.append(server.one_run(generator, number))
            if not isinstance(rival, str):
                theirs.append(rival[1].one_run(generator, number))
        for at, name, goal in ((0, f"SendMessage of 1 KB, {CONNECTIONS} connections", "15,000"),
                               (2, f"send + receive + delete, {CONNECTIONS} connections", "4,000")):
            tell(name, [run[at] for run in ours], "messages/s", goal)
            print(f"  p99 of a request: {statistics.median(run[at + 1] for run in ours):.3g} ms", flush=True)
            if theirs:
                tell(f"  fauxqs (in memory): {name}", [run[at] for run in theirs], "messages/s")
                ratio = statistics.median(run[at] for run in ours) / statistics.median(run[at] for run in theirs)
                print(f"  ratio: {ratio:.2f} times fauxqs", flush=True)
        if not theirs:
            print(f"  fauxqs was not measured: {rival}")
        print(f"engine after the rates: {peak_rss_mb(engine.process.pid):.0f} MB at most", flush=True)
    finally:
        engine.discard()
        if not isinstance(rival, str):
            rival[0].stdin.close()
            rival[0].wait(10)


def million(folder, generator):
    engine = Engine(folder / "million").start()
    try:
        server = Server(engine.port)
        idle, url = rss_mb(engine.process.pid), server.queue("million")
        sent, rate, _, _ = generator.run(engine.port, url, "fill", MILLION)
        if server.left(url) != (sent, 0):
            raise RuntimeError(f"{sent} messages were acknowledged, {server.left(url)} are there")
        now = rss_mb(engine.process.pid)
        print(f"{sent} queued messages of 1 KB: {now:.0f} MB ({idle:.0f} idle, {peak_rss_mb(engine.process.pid):.0f} at most; goal 300), "
              f"filled at {rate:.0f} messages/s in batches of 10", flush=True)
        engine.kill()
        began = time.perf_counter()
        engine.start()
        ready = time.perf_counter() - began
        server = Server(engine.port)
        if server.left(url) != (sent, 0):
            raise RuntimeError(f"after the restart {server.left(url)} messages are there")
        print(f"  killed and started again: ready in {ready:.2f} s, {rss_mb(engine.process.pid):.0f} MB", flush=True)
        amount = min(sent, 50_000)
        taken, rate, _, _ = generator.run(engine.port, url, "drain", amount)
        print(f"  receive and delete in batches of 10 from that queue: {rate:.0f} messages/s", flush=True)
    finally:
        engine.discard()


def wakes(folder):
    """Milliseconds from the first byte of SendMessage to the answer of a long poll that waits."""
    engine = Engine(folder / "wakes").start()
    try:
        server = Server(engine.port)
        url, took = server.queue("wakes"), []
        poll = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
        head = (f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\n"
                f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(poll)}\r\n\r\n").encode()
        with socket.create_connection(("127.0.0.1", engine.port)) as waiting:
            waiting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(WAKES):
                waiting.sendall(head + poll)
                time.sleep(0.01)
                began = time.perf_counter()
                server.client.call("SendMessage", QueueUrl=url, MessageBody=BODY)
                answer = waiting.recv(65536)
                took.append((time.perf_counter() - began) * 1000)
                if b"200 OK" not in answer or BODY.encode() not in answer:
                    raise RuntimeError(answer[:500])
        tell("a long poll wakes, SendMessage included", took, "ms", "10")
        print(f"  p99: {statistics.quantiles(took, n=100)[98]:.3g} ms")
    finally:
        engine.discard()


def mapped(engine, server, name, **more):
    """(queue URL, function's name) with a mapping of batch size 1 that is enabled."""
    url = server.queue(name)
    arn = server.client.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    made = create(engine, code=package({"bootstrap": probe()}), Timeout=30, **more)
    mappings = engine.client("lambda")
    mapping = mappings.create_event_source_mapping(EventSourceArn=arn, FunctionName=made["FunctionName"], BatchSize=1)["UUID"]
    while mappings.get_event_source_mapping(UUID=mapping)["State"] != "Enabled":
        time.sleep(0.02)
    return url, made["FunctionName"]


def log_times(engine, name, pattern, count, seconds=60):
    """Timestamps (ms) of `count` log lines of a function, in order."""
    logs, end = engine.client("logs"), time.time() + seconds
    while time.time() < end:
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}", filterPattern=pattern)
            found = sorted(event["timestamp"] for page in pages for event in page["events"])
        except logs.exceptions.ResourceNotFoundException:
            found = []
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise RuntimeError(f"{len(found)} of {count} lines in the log")


def worker(folder):
    engine = Engine(folder / "worker").start()
    try:
        server = Server(engine.port)
        url, name = mapped(engine, server, "worker")
        for _ in range(20):  # all pollers' first environments
            server.client.call("SendMessage", QueueUrl=url, MessageBody="sleep 100")
        log_times(engine, name, '"START RequestId"', 20)
        time.sleep(0.5)
        sent = []
        for _ in range(STARTS):
            sent.append(time.time() * 1000)
            server.client.call("SendMessage", QueueUrl=url, MessageBody="note")
            time.sleep(0.03)
        started = log_times(engine, name, '"START RequestId"', STARTS + 20)[20:]
        # The log tells whole milliseconds: at most this.
        tell("SendMessage to its warm worker's START", [s + 1 - began for began, s in zip(sent, started)], "ms", "10")
    finally:
        engine.discard()


def workers(folder):
    """Twenty messages whose work takes 0.5 s, one a batch: five at a time take 2 s."""
    took = []
    for number in range(runs(3)):
        engine = Engine(folder / f"workers-{number}").start()
        try:
            server = Server(engine.port)
            url, name = mapped(engine, server, "workers")
            server.client.call("SendMessage", QueueUrl=url, MessageBody="note")
            log_times(engine, name, '"REPORT RequestId"', 1)
            body = f"sleep {int(WORK_SECONDS * 1000)}"
            began = time.time()
            for at in range(0, WORKERS, 10):
                server.client.call("SendMessageBatch", QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": body} for i in range(10)])
            while server.left(url) != (0, 0):
                if time.time() - began > 60:
                    raise RuntimeError(f"{server.left(url)} messages are left after a minute")
                time.sleep(0.01)
            took.append(time.time() - began)
            if len(log_times(engine, name, '"REPORT RequestId"', WORKERS + 1)) != WORKERS + 1:
                raise RuntimeError("some messages were worked on twice")
        finally:
            engine.discard()
    tell(f"{WORKERS} messages of {WORK_SECONDS} s, batch size 1", took, "s", "2.3")


def main():
    parts = os.environ.get("CUMULET_BENCH_PARTS", "rates,wake,worker,workers,million").split(",")
    with tempfile.TemporaryDirectory(prefix="cumulet-bench-") as name:
        folder = pathlib.Path(name)
        generator = Generator(folder)
        if "rates" in parts:
            rates(folder, generator)
        if "wake" in parts:
            wakes(folder)
        if "worker" in parts:
            worker(folder)
        if "workers" in parts:
            workers(folder)
        if "million" in parts:
            million(folder, generator)


if __name__ == "__main__":
    main()
