"""kill -9 of the engine while everything is at work at once: objects are written, replaced, copied, deleted and uploaded in parts,
each write is told to a queue, functions are invoked asynchronously and executions run tasks. What was acknowledged is there
afterwards, with its bytes; what was accepted is done; nothing comes back that was deleted.

CUMULET_LOAD_KILLS says how many kills (6 here; 120 for the full proof), CUMULET_KILL_SEED the seed.
"""
import collections
import hashlib
import json
import os
import random
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError

from e2e.faceblur import broken_history
from protocol import queues
from protocol.lambda_functions import Function, eventually, package
from protocol.queues import arn_of, make

KILLS = int(os.environ.get("CUMULET_LOAD_KILLS", "6"))
SEED = int(os.environ.get("CUMULET_KILL_SEED", "2026"))
OPERATIONS = 300  # acknowledged between two kills, at most
WRITERS, KEYS = 3, 12
SIZES = (0, 100, 16 * 1024, 16 * 1024 + 1, 300_000)
MIB = 1 << 20

# Leaves an object for each piece of work: what a function did is then as durable as the engine says.
WORKER = b"""#!/usr/bin/python3
import http.client, json, os, urllib.parse
api, engine = os.environ["AWS_LAMBDA_RUNTIME_API"], urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc

def ask(where, method, path, body=None):
    connection = http.client.HTTPConnection(where)
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()

while True:
    _, head, event = ask(api, "GET", "/2018-06-01/runtime/invocation/next")
    status, _, text = ask(engine, "PUT", "/done/" + json.loads(event)["work"], b"done")
    assert status == 200, text
    ask(api, "POST", "/2018-06-01/runtime/invocation/" + head["lambda-runtime-aws-request-id"] + "/response", event)
"""


class Ledger:
    """What was acknowledged and what may have happened besides, over all kills."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = 0
        self.held = {}  # key -> ETag, or None: deleted; as acknowledged
        self.tried = {}  # key -> what the operation in flight would leave
        self.told = collections.Counter()  # key -> acknowledged writes, each of which a message tells
        self.work, self.executions = set(), set()

    def count(self):
        with self.lock:
            self.acknowledged += 1


class Load:
    """Clients of one engine at work until it is killed. Every writer has keys of its own."""

    def __init__(self, engine, ledger, kill, function, machine):
        self.engine, self.ledger, self.kill = engine, ledger, kill
        self.function, self.machine = function, machine
        self.failures = []
        self.threads = [threading.Thread(target=self.until_killed, args=(step, n)) for n, step in enumerate(
            [*[self.write] * WRITERS, self.upload_in_parts, self.invoke, self.execute])]

    def until_killed(self, step, number):
        chance = random.Random(SEED * 10_000 + self.kill * 100 + number)
        try:
            do = step(number, chance)
            while True:
                do()
                self.ledger.count()
        except ClientError as failure:  # an answer, and none that was asked for
            self.failures.append(failure)
        except (BotoCoreError, OSError):
            pass  # the kill
        except Exception as failure:
            self.failures.append(failure)

    def settle(self, key, etag, act):
        """One operation on a key; whether it happened is known when it was acknowledged."""
        self.ledger.tried[key] = etag
        act()
        if etag is not None:
            with self.ledger.lock:
                self.ledger.told[key] += 1
        self.ledger.held[key] = etag
        del self.ledger.tried[key]

    def write(self, number, chance):
        s3, held = self.engine.client("s3"), self.ledger.held

        def do():
            key = f"{number}/{chance.randrange(KEYS)}"
            what = chance.random()
            if held.get(key) and what < 0.2:
                self.settle(key, None, lambda: s3.delete_object(Bucket="load", Key=key))
            elif held.get(key) and what < 0.4:
                self.settle(other := f"{number}/copy-{chance.randrange(KEYS)}", held[key],
                            lambda: s3.copy_object(Bucket="load", Key=other, CopySource={"Bucket": "load", "Key": key}))
            else:
                body = chance.randbytes(chance.choice(SIZES))
                self.settle(key, hashlib.md5(body).hexdigest(), lambda: s3.put_object(Bucket="load", Key=key, Body=body))
        return do

    def upload_in_parts(self, number, chance):
        s3 = self.engine.client("s3")

        def do():
            key = f"{number}/{chance.randrange(3)}"
            parts = [chance.randbytes(5 * MIB + chance.randrange(100)), chance.randbytes(1 + chance.randrange(MIB))][chance.randrange(2):]
            upload = s3.create_multipart_upload(Bucket="load", Key=key)["UploadId"]
            made = [{"PartNumber": n, "ETag": s3.upload_part(Bucket="load", Key=key, UploadId=upload, PartNumber=n, Body=part)["ETag"]}
                    for n, part in enumerate(parts, 1)]
            if chance.random() < 0.2:
                s3.abort_multipart_upload(Bucket="load", Key=key, UploadId=upload)
                return
            etag = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest() + f"-{len(parts)}"
            self.settle(key, etag, lambda: s3.complete_multipart_upload(Bucket="load", Key=key, UploadId=upload, MultipartUpload={"Parts": made}))
        return do

    def invoke(self, number, chance):
        client, names = self.engine.client("lambda"), iter(range(1_000_000))

        def do():
            work = f"async-{self.kill}-{next(names)}"
            client.invoke(FunctionName=self.function, InvocationType="Event", Payload=json.dumps({"work": work}))
            self.ledger.work.add(work)
            time.sleep(0.02)  # functions keep up: it is their end under load that is wanted, not their queue
        return do

    def execute(self, number, chance):
        client, names = self.engine.client("stepfunctions"), iter(range(1_000_000))

        def do():
            work = f"task-{self.kill}-{next(names)}"
            started = client.start_execution(stateMachineArn=self.machine, input=json.dumps({"work": work}))
            self.ledger.executions.add(started["executionArn"])
            self.ledger.work.add(work)
            time.sleep(0.02)
        return do


def check_objects(engine, ledger, where):
    """Every key holds what was acknowledged last, or what was in flight at the kill; its bytes are those of its ETag."""
    s3 = engine.client("s3")
    there = {o["Key"]: o["ETag"].strip('"') for page in s3.get_paginator("list_objects_v2").paginate(Bucket="load")
             for o in page.get("Contents", [])}
    for key in set(ledger.held) | set(ledger.tried) | set(there):
        allowed = {ledger.held.get(key)} | ({ledger.tried[key]} if key in ledger.tried else set())
        assert there.get(key) in allowed, f"{where}: {key} is {there.get(key)}, acknowledged was {ledger.held.get(key)}"
        ledger.held[key] = there.get(key)
    ledger.tried.clear()
    for key, etag in there.items():
        body = s3.get_object(Bucket="load", Key=key)["Body"].read()
        if "-" not in etag:
            assert hashlib.md5(body).hexdigest() == etag, f"{where}: {key} has other bytes"
        elif etag.endswith("-1"):
            assert hashlib.md5(hashlib.md5(body).digest()).hexdigest() + "-1" == etag, f"{where}: {key} has other bytes"
    assert not [b.name for b in (engine.data / "blobs").iterdir() if b.name.endswith(".part")], f"{where}: litter"


def drain_events(sqs, url, told):
    """Takes all messages off the queue that tells of writes; counts them by key."""
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for message in messages:
            for record in json.loads(message["Body"]).get("Records", []):
                told[record["s3"]["object"]["key"]] += 1
        sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])


def test_nothing_acknowledged_is_lost(own_engine):
    engine = own_engine()
    port, ledger, chance, told = engine.port, Ledger(), random.Random(SEED), collections.Counter()
    s3, sqs, states = engine.client("s3"), queues.client(engine), engine.client("stepfunctions")
    for bucket in ("load", "done"):
        s3.create_bucket(Bucket=bucket)
    url = make(sqs)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn_of(sqs, url)}]})})
    s3.put_bucket_notification_configuration(Bucket="load", NotificationConfiguration={"QueueConfigurations": [
        {"QueueArn": arn_of(sqs, url), "Events": ["s3:ObjectCreated:*"]}]})
    function = Function(engine, code=package({"bootstrap": WORKER}), Timeout=30, MemorySize=256)
    # What a kill interrupts is tried again at once: no retries of the function's own are needed for that, and none hide a loss.
    function.client.put_function_event_invoke_config(FunctionName=function.name, MaximumRetryAttempts=0)
    function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=8)
    machine = states.create_state_machine(name="load", roleArn="arn:aws:iam::000000000000:role/load", definition=json.dumps({
        "StartAt": "Before", "States": {"Before": {"Type": "Pass", "Next": "Work"}, "Work": {
            "Type": "Task", "Resource": function.arn, "Next": "After", "Retry": [
                {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "MaxAttempts": 100, "BackoffRate": 1.0}]},
            "After": {"Type": "Pass", "End": True}}}))["stateMachineArn"]

    for kill in range(KILLS):
        where = f"kill {kill} (seed {SEED})"
        load = Load(engine, ledger, kill, function.name, machine)
        wanted, end = ledger.acknowledged + chance.randint(OPERATIONS // 8, OPERATIONS), time.time() + 60
        for thread in load.threads:
            thread.start()
        while ledger.acknowledged < wanted and not load.failures and time.time() < end:
            time.sleep(0.001)
        engine.kill()
        for thread in load.threads:
            thread.join(60)
        assert not load.failures, (where, load.failures)
        assert ledger.acknowledged >= wanted, f"{where}: the load did not get that far"
        engine.start(port)
        check_objects(engine, ledger, where)

    s3, sqs, states = engine.client("s3"), queues.client(engine), engine.client("stepfunctions")

    def missing():
        done = {o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="done") for o in page.get("Contents", [])}
        return ledger.work - done

    eventually(lambda: not missing(), 120)
    running = states.get_paginator("list_executions")
    eventually(lambda: not [e for page in running.paginate(stateMachineArn=machine, statusFilter="RUNNING") for e in page["executions"]], 60)
    ended = {e["executionArn"]: e["status"] for page in running.paginate(stateMachineArn=machine) for e in page["executions"]}
    assert ledger.executions <= set(ended)
    assert set(ended.values()) == {"SUCCEEDED"}
    for execution in ended:
        events = states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        assert broken_history(events) == [], [e["type"] for e in events]
    drain_events(sqs, url, told)
    untold = {key: count - told[key] for key, count in ledger.told.items() if told[key] < count}
    assert not untold, f"writes that no message told of (seed {SEED}): {untold}"
    assert ledger.work and ledger.executions and sum(ledger.told.values()) > 0
