#!/usr/bin/python3
"""Durable state transitions: executions of a machine of 100 Pass states, each checked for its output and history length.
StartExecution answers after the commit that holds the execution's whole history (an execution that waits for nothing ends
in its first step), so a transition counts when its execution was acknowledged, and one commit carries 100 of them.

Executions with one Task (a warm C++ function in its sandbox), each client waiting for its execution's end before the next:
two commits each, the second only after the function's answer.

Memory of 10,000 waiting executions, and the engine's start with them.

Against the floor of the same disk: single-row commits by SQLite, one after the other.
"""
import json
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

from common import Engine, JsonClient, ROOT, rss_mb, runs, tell

sys.path.insert(0, str(ROOT / "tests/protocol"))
from protocol.lambda_functions import create  # noqa: E402

STATES, EXECUTIONS, CLIENTS = 100, 600, 8
TASKS, WAITING = 800, 10_000
ROLE = "arn:aws:iam::000000000000:role/bench"


def machine():
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(STATES - 1)}
    states[f"S{STATES - 1}"] = {"Type": "Pass", "End": True}
    return json.dumps({"StartAt": "S0", "States": states})


def together(work, items):
    """work(part) on CLIENTS threads."""
    failed = []

    def part(i):
        try:
            work(items[i::CLIENTS])
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=part, args=(i,)) for i in range(CLIENTS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed:
        raise failed[0]


def one_run(engine, number):
    setup = JsonClient(engine, "AWSStepFunctions")
    arn = setup.call("CreateStateMachine", name=f"pass-{number}", definition=machine(),
                     roleArn=ROLE)["stateMachineArn"]
    names = [f"e{i}" for i in range(EXECUTIONS)]

    def client(part):
        mine = JsonClient(engine, "AWSStepFunctions")
        for name in part:
            mine.call("StartExecution", stateMachineArn=arn, name=name, input=json.dumps({"n": name}))

    started = time.perf_counter()
    together(client, names)
    while setup.call("ListExecutions", stateMachineArn=arn, statusFilter="RUNNING", maxResults=1)["executions"]:
        time.sleep(0.005)
    seconds = time.perf_counter() - started
    for name in names:
        execution = arn.replace(":stateMachine:", ":execution:") + ":" + name
        described = setup.call("DescribeExecution", executionArn=execution)
        assert described["status"] == "SUCCEEDED" and json.loads(described["output"]) == {"n": name}, described
        last = setup.call("GetExecutionHistory", executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
        assert last["id"] == 2 * STATES + 2 and last["type"] == "ExecutionSucceeded", last
    return EXECUTIONS * STATES / seconds


def tasks_per_second(engine, function, number):
    setup = JsonClient(engine, "AWSStepFunctions")
    definition = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": function, "End": True}}}
    arn = setup.call("CreateStateMachine", name=f"task-{number}", definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]

    def client(part):
        mine = JsonClient(engine, "AWSStepFunctions")
        for n in part:
            event = {"do": "echo", "n": n}
            execution = mine.call("StartExecution", stateMachineArn=arn, input=json.dumps(event))["executionArn"]
            while (found := mine.call("DescribeExecution", executionArn=execution))["status"] == "RUNNING":
                time.sleep(0.0005)
            assert found["status"] == "SUCCEEDED" and json.loads(found["output"]) == event, found

    together(client, list(range(CLIENTS)))  # warm environments
    started = time.perf_counter()
    together(client, list(range(TASKS)))
    return TASKS / (time.perf_counter() - started)


def waiting(folder):
    """Megabytes that WAITING executions add while they wait, after a restart, and the seconds that the restart takes."""
    engine = Engine(folder + "/waiting").start()
    try:
        setup = JsonClient(engine, "AWSStepFunctions")
        definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86400, "End": True}}}
        arn = setup.call("CreateStateMachine", name="wait", definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
        idle = rss_mb(engine.process.pid)

        def client(part):
            mine = JsonClient(engine, "AWSStepFunctions")
            for n in part:
                mine.call("StartExecution", stateMachineArn=arn, input=json.dumps({"n": n}))

        together(client, list(range(WAITING)))
        added = rss_mb(engine.process.pid) - idle
        engine.kill()
        began = time.perf_counter()
        engine.start()
        ready = time.perf_counter() - began
        again, count, token = JsonClient(engine, "AWSStepFunctions"), 0, {}
        while token is not None:
            page = again.call("ListExecutions", stateMachineArn=arn, statusFilter="RUNNING", maxResults=1000, **token)
            count, token = count + len(page["executions"]), {"nextToken": page["nextToken"]} if "nextToken" in page else None
        assert count == WAITING, count
        return added, rss_mb(engine.process.pid) - idle, ready
    finally:
        engine.discard()


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
    function = create(engine)["FunctionArn"]
    tell("executions with one Task, 8 clients", [tasks_per_second(engine, function, i) for i in range(runs())], "/s")
    added, restored, ready = waiting(folder)
    print(f"{WAITING} waiting executions: {added:.0f} MB, {restored:.0f} MB after a restart, which takes {ready:.2f} s", flush=True)
finally:
    engine.discard()
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(0)
