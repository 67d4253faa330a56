#!/usr/bin/python3
"""Durable state transitions: executions of a machine of 100 Pass states, each checked for its output and history length.

Against the floor of the same disk: single-row commits by SQLite, one after the other.
"""
import json
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

from common import Engine, JsonClient, runs, tell

STATES, EXECUTIONS, CLIENTS = 100, 600, 8


def machine():
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(STATES - 1)}
    states[f"S{STATES - 1}"] = {"Type": "Pass", "End": True}
    return json.dumps({"StartAt": "S0", "States": states})


def one_run(engine, number):
    setup = JsonClient(engine, "AWSStepFunctions")
    arn = setup.call("CreateStateMachine", name=f"pass-{number}", definition=machine(),
                     roleArn="arn:aws:iam::000000000000:role/bench")["stateMachineArn"]
    names = [f"e{i}" for i in range(EXECUTIONS)]

    def client(part):
        mine = JsonClient(engine, "AWSStepFunctions")
        for name in part:
            mine.call("StartExecution", stateMachineArn=arn, name=name, input=json.dumps({"n": name}))

    threads = [threading.Thread(target=client, args=(names[i::CLIENTS],)) for i in range(CLIENTS)]
    started = time.perf_counter()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    while setup.call("ListExecutions", stateMachineArn=arn, statusFilter="RUNNING", maxResults=1)["executions"]:
        time.sleep(0.005)
    seconds = time.perf_counter() - started
    for name in names[:: EXECUTIONS // 10]:
        execution = arn.replace(":stateMachine:", ":execution:") + ":" + name
        described = setup.call("DescribeExecution", executionArn=execution)
        assert described["status"] == "SUCCEEDED" and json.loads(described["output"]) == {"n": name}, described
        last = setup.call("GetExecutionHistory", executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
        assert last["id"] == 2 * STATES + 2 and last["type"] == "ExecutionSucceeded", last
    return EXECUTIONS * STATES / seconds


def commits_per_second(folder):
    db = sqlite3.connect(folder + "/floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE t(x)")
    started, count = time.perf_counter(), 500
    for i in range(count):
        db.execute("INSERT INTO t VALUES(?)", (i,))
    return count / (time.perf_counter() - started)


folder = tempfile.mkdtemp(prefix="cumulet-bench-")
engine = Engine(folder + "/data").start()
try:
    rates = [one_run(engine, i) for i in range(runs())]
    floor = [commits_per_second(tempfile.mkdtemp(dir=folder)) for _ in range(3)]
    tell("durable Pass transitions", rates, "/s", "30,000")
    tell("floor: single SQLite commits", floor, "/s")
finally:
    engine.discard()
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(0)
