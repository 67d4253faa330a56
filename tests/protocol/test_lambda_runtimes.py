"""Runtimes of one's own, as people write them for provided.al2023: a shell script, a Python program. What the Runtime API
answers is told by the function itself."""
import base64
import json
import os
import re
import shutil
import time

import pytest

from protocol.lambda_functions import Function, call, eventually, package

# Speaks the Runtime API with nothing but the standard library; handle(event, ask, head) is each test's own.
PYTHON = b"""#!/usr/bin/env python3
import http.client, json, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def ask(method, path, body=None, headers={}):
    api.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = api.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()
%s
while True:
    status, head, event = ask("GET", "invocation/next")
    head = {name.lower(): value for name, value in head.items()}
    id = head["lambda-runtime-aws-request-id"]
    os.environ["_X_AMZN_TRACE_ID"] = head["lambda-runtime-trace-id"]
    answer = handle(json.loads(event), ask, head)
    if answer is not None:
        ask("POST", "invocation/" + id + "/response", json.dumps(answer))
"""
SHELL = b"""#!/bin/bash
set -euo pipefail
api="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime"
while true; do
  headers="$(mktemp)"
  event=$(curl -sS -LD "$headers" "$api/invocation/next")
  id=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
  echo "shell level $SHLVL in $PWD" >&2
  curl -sS -X POST "$api/invocation/$id/response" -d "$event"
done
"""


def python(body, **more):
    return package({"bootstrap": PYTHON % body.encode(), **more})


def test_a_shell_script(engine):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed: the shell's runtime was not run")
    with Function(engine, code=package({"bootstrap": SHELL})) as function:
        payload, error, answer = function.invoke("echo", text="from bash", tail=True)
        assert payload == {"do": "echo", "text": "from bash"} and error is None
        assert "in /var/task\n" in answer["Log"]


def test_a_python_program_and_its_variables(engine):
    with Function(engine, code=python("def handle(event, ask, head): return {'env': dict(os.environ), 'head': head, 'cwd': os.getcwd()}"),
                  MemorySize=256, Handler="app.handler", Environment={"Variables": {"MINE": "ü"}}) as function:
        answer = function.client.invoke(FunctionName=function.arn + ":$LATEST", Payload=b"{}",
                                        ClientContext=base64.b64encode(b'{"client":{"app_title":"t"}}').decode())
        seen = json.loads(answer["Payload"].read())
        env, head = seen["env"], seen["head"]
        assert seen["cwd"] == "/var/task"
        fixed = {"_HANDLER": "app.handler", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "LAMBDA_TASK_ROOT": "/var/task",
                 "LAMBDA_RUNTIME_DIR": "/var/runtime", "AWS_LAMBDA_FUNCTION_NAME": function.name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                 "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "TZ": ":UTC", "LANG": "en_US.UTF-8",
                 "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}", "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "PWD": "/var/task",
                 "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin", "MINE": "ü",
                 "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"}
        assert {name: env.get(name) for name in fixed} == fixed
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API"):
            assert env[name], name
        assert "AWS_EXECUTION_ENV" not in env, "OS-only runtimes have none"
        assert head["lambda-runtime-aws-request-id"] == answer["ResponseMetadata"]["RequestId"]
        assert head["lambda-runtime-invoked-function-arn"] == function.arn + ":$LATEST"
        assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0(;Lineage=.*)?", head["lambda-runtime-trace-id"])
        assert json.loads(head["lambda-runtime-client-context"]) == {"client": {"app_title": "t"}}
        assert 0 < int(head["lambda-runtime-deadline-ms"]) / 1000 - time.time() <= 3.1
        assert "lambda-runtime-cognito-identity" not in head and env["_X_AMZN_TRACE_ID"] == head["lambda-runtime-trace-id"]


def test_wrong_calls(engine):
    body = """
seen = {}
def handle(event, ask, head):
    id = head["lambda-runtime-aws-request-id"]
    if event.get("report"): return seen
    seen["other id"] = ask("POST", "invocation/00000000-0000-4000-8000-000000000000/response", "1")
    seen["next twice"] = ask("GET", "invocation/next")
    seen["init error too late"] = ask("POST", "init/error", '{"errorType":"E","errorMessage":"m"}')
    seen["nowhere"] = ask("POST", "invocation/" + id + "/nothing", "1")
    seen["response"] = ask("POST", "invocation/" + id + "/response", '"first"')
    seen["response twice"] = ask("POST", "invocation/" + id + "/response", '"second"')
    seen["error after it"] = ask("POST", "invocation/" + id + "/error", '{}')
"""
    with Function(engine, code=python(body)) as function:
        assert function.invoke()[0] == "first"
        seen = function.invoke(report=True)[0]
        assert {what: answer[0] for what, answer in seen.items()} == {
            "other id": 400, "next twice": 403, "init error too late": 403, "nowhere": 404, "response": 202, "response twice": 403,
            "error after it": 403}
        assert json.loads(seen["other id"][2])["errorType"] == "InvalidRequestID"
        assert json.loads(seen["response"][2]) == {"status": "OK"}


def test_an_answer_in_chunks(engine):
    """Without a length, as runtimes that stream into the Runtime API send it."""
    body = """
def handle(event, ask, head):
    def pieces():
        for i in range(1000): yield b'"' if i == 0 else b"x" * 1000
        yield b'"'
    ask("POST", "invocation/" + head["lambda-runtime-aws-request-id"] + "/response", pieces())
"""
    with Function(engine, code=python(body)) as function:
        assert function.invoke()[0] == "x" * 999_000


def test_an_error_with_a_stack_trace(engine):
    body = """
def handle(event, ask, head):
    document = {"errorMessage": "no", "errorType": "ValueError", "stackTrace": ["a", "b"]}
    ask("POST", "invocation/" + head["lambda-runtime-aws-request-id"] + "/error", json.dumps(document),
        {"Lambda-Runtime-Function-Error-Type": "Unhandled", "Lambda-Runtime-Function-XRay-Error-Cause": "{}"})
"""
    with Function(engine, code=python(body)) as function:
        payload, error, answer = function.invoke(tail=True)
        assert payload == {"errorMessage": "no", "errorType": "ValueError", "stackTrace": ["a", "b"]} and error == "Unhandled"
        assert answer["ExecutedVersion"] == "$LATEST" and "Status:" not in answer["Log"]


def test_an_answer_that_is_no_json(engine):
    """Lambda hands on what the runtime sends."""
    body = "def handle(event, ask, head): ask('POST', 'invocation/' + head['lambda-runtime-aws-request-id'] + '/response', 'plain <text>')"
    with Function(engine, code=python(body)) as function:
        answer = function.client.invoke(FunctionName=function.name)
        assert answer["Payload"].read() == b"plain <text>" and "FunctionError" not in answer


def test_an_init_that_takes_its_time(engine):
    body = "time.sleep(0.3); print('ready'); sys.stdout.flush()\ndef handle(event, ask, head): return 'ok'"
    with Function(engine, code=python(body)) as function:
        payload, _, answer = function.invoke(tail=True)
        assert payload == "ok"
        log = answer["Log"]
        assert log.startswith("ready\nSTART RequestId: "), log
        took = float(re.search(r"\tInit Duration: ([\d.]+) ms\t\n$", log).group(1))
        billed, duration = (float(re.search(rf"\t{what}: ([\d.]+) ms", log).group(1)) for what in ("Billed Duration", "Duration"))
        assert took >= 300 and took + duration <= billed < took + duration + 1.01


def test_log_format_json(engine):
    with Function(engine, code=python("def handle(event, ask, head): print('plain line', flush=True); return 'ok'")) as function:
        call(engine, "PUT", f"/2015-03-31/functions/{function.name}/configuration",
             {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "DEBUG"}})
        answer = function.invoke(tail=True)[2]
        id = answer["ResponseMetadata"]["RequestId"]
        log = eventually(lambda: "platform.report" in function.log() and function.log())
        lines = log.splitlines()
        assert "plain line" in lines
        events = [json.loads(line) for line in lines if line.startswith("{")]
        assert [event["type"] for event in events] == ["platform.initStart", "platform.start", "platform.runtimeDone", "platform.report"]
        for event in events:
            assert set(event) == {"time", "type", "record"} and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"])
        assert events[1]["record"]["requestId"] == id and events[1]["record"]["version"] == "$LATEST"
        metrics = events[3]["record"]["metrics"]
        assert metrics["memorySizeMB"] == 128 and metrics["maxMemoryUsedMB"] > 0 and metrics["billedDurationMs"] >= metrics["durationMs"]
        assert "initDurationMs" in metrics and events[3]["record"]["status"] == "success"
        assert "START RequestId" not in log and "plain line" in answer["Log"]


def test_no_process_outlives_its_invocation(engine):
    """At the deadline a Python runtime dies with the children that ignore every polite signal."""
    body = """
import subprocess
def handle(event, ask, head):
    subprocess.Popen(["/bin/sh", "-c", "trap '' TERM HUP; : " + event["mark"] + "; while true; do sleep 1; done"], start_new_session=True)
    time.sleep(60)
"""
    mark = f"mark-{os.getpid()}-{time.time_ns()}"

    def alive():
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if mark.encode() in file.read():
                        found.append(pid)
            except OSError:
                pass
        return found

    with Function(engine, code=python(body), Timeout=1) as function:
        payload, error, _ = function.invoke(mark=mark)
        assert error == "Unhandled" and payload["errorType"] == "Sandbox.Timedout"
        eventually(lambda: not alive())
