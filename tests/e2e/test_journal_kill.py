"""The journal after kill -9: what was acknowledged is told, with its failures and traces; what was not is told by nobody."""
import json
import random
import threading
import time
import uuid

from botocore.exceptions import BotoCoreError, ClientError

from protocol import queues
from protocol.lambda_functions import Function, eventually
from protocol.read_api import every, read
from protocol.test_read_api import notify, trace_id, traced
from protocol.test_states import create as create_machine, finished


def test_every_acknowledged_upload_and_message_is_told(own_engine):
    engine = own_engine()
    engine.client("s3").create_bucket(Bucket="kept")
    url = queues.make(queues.client(engine), "kept")
    acknowledged, lock, enough = [], threading.Lock(), threading.Event()
    wanted = random.Random(uuid.uuid4().int).randint(150, 400)

    def work(number):
        s3, sqs = engine.client("s3"), queues.client(engine)
        for i in range(100_000):
            try:
                key = f"{number}/{i}"
                s3.put_object(Bucket="kept", Key=key, Body=b"x")
                message = sqs.send_message(QueueUrl=url, MessageBody=key)["MessageId"]
            except (BotoCoreError, ClientError, OSError):
                return
            with lock:
                acknowledged.extend([f"kept/{key}@null", f"kept/{message}"])
                if len(acknowledged) >= wanted:
                    enough.set()

    workers = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for worker in workers:
        worker.start()
    assert enough.wait(120)
    port = engine.port
    engine.kill()
    for worker in workers:
        worker.join(60)
    engine.start(port)
    told = {row["what"] for row in every(engine, "journal", "rows", limit=1000)}
    assert set(acknowledged) <= told
    # And nothing more than there is.
    keys = [o["Key"] for o in engine.client("s3").get_paginator("list_objects_v2").paginate(Bucket="kept").search("Contents")]
    assert {what for what in told if what.endswith("@null")} == {f"kept/{key}@null" for key in keys}


def test_failures_and_traces_are_told_after_a_kill(own_engine):
    engine = own_engine()
    states = engine.client("stepfunctions")
    engine.client("s3").create_bucket(Bucket="inbox")
    function = Function(engine)
    notify(engine, "inbox", function)
    upload, run = trace_id(), trace_id()
    s3 = traced(engine.client("s3"), upload)
    s3.put_object(Bucket="inbox", Key="a.mp4", Body=b"x")
    s3.put_object(Bucket="inbox", Key="a.txt", Body=b"x")
    machine = create_machine(states, {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": function.arn, "End": True}}})
    execution = traced(states, run).start_execution(stateMachineArn=machine, input=json.dumps({"do": "fail"}))["executionArn"]
    assert finished(states, execution)["status"] == "FAILED"
    # Its note goes with the log lines that are written soon after it.
    eventually(lambda: any(row["outcome"] == "succeeded" for row in read(engine, f"traces/{upload}")["rows"]))
    before = {name: read(engine, name) for name in (f"traces/{upload}", f"traces/{run}", "failures", "unmatched-uploads")}
    engine.kill()
    engine.start()
    for name, document in before.items():
        assert read(engine, name) == document
    failed = before["failures"]["failures"]
    assert {row["subject"] for row in failed} == {"execution", "invocation"} and {row["trace"] for row in failed} == {run}
    assert [row["what"] for row in before["unmatched-uploads"]["uploads"]] == ["inbox/a.txt@null"]
