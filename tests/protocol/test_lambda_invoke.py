"""Running functions: what they see, what they answer, and what happens when they misbehave. Real sandboxes."""
import concurrent.futures
import json
import os
import re
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError

from protocol.lambda_functions import Function, eventually, needs_sandbox, package, probe

REQUEST_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def metrics(engine):
    return urllib.request.urlopen(engine.endpoint + "/_cumulet/metrics", timeout=60).read().decode()


def has_group(controller):
    """Whether the engine can make control groups of it here."""
    return os.environ.get("CUMULET_CGROUPS") != "off" and any(
        os.access(path, os.W_OK) for path in (f"/sys/fs/cgroup/{controller}", "/sys/fs/cgroup/cgroup.procs"))


@pytest.fixture(scope="module")
def function(engine):
    with Function(engine) as one:
        yield one


def test_answers_and_is_reused(function):
    payload, error, answer = function.invoke("echo", text="hello")
    assert payload == {"do": "echo", "text": "hello"} and error is None
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/json"
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST"
    first = function.invoke("count")[0]
    assert function.invoke("count")[0] == first + 1


def test_names_that_lead_to_it(function):
    for name in (function.name, f"000000000000:function:{function.name}", function.arn, function.arn + ":$LATEST"):
        assert function.client.invoke(FunctionName=name)["StatusCode"] == 200
    assert function.client.invoke(FunctionName=function.name, Qualifier="$LATEST")["StatusCode"] == 200
    with pytest.raises(ClientError) as caught:
        function.client.invoke(FunctionName="no-such-function")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert "Function not found: arn:aws:lambda:us-east-1:000000000000:function:no-such-function" in str(caught.value)


def test_environment(function):
    seen = function.invoke("environment")[0]
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{function.name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "us-east-1"
    assert seen["AWS_ENDPOINT_URL"] == function.engine.endpoint
    identity = function.engine.client("sts", aws_access_key_id=seen["AWS_ACCESS_KEY_ID"],
                                      aws_secret_access_key=seen["AWS_SECRET_ACCESS_KEY"],
                                      aws_session_token=seen["AWS_SESSION_TOKEN"]).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::000000000000:assumed-role/lambda-tests/{function.name}"


def test_its_walls(function):
    status = function.invoke("status")[0]
    assert "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status
    assert function.invoke("write", text="/tmp/x")[0] is True
    for path in ("/var/task/x", "/x", "/usr/x", "/dev/shm/x"):
        assert function.invoke("write", text=path)[0] is False, path
    assert function.invoke("read", text="/etc/shadow")[0] == ""
    names = function.invoke("list", text="/")[0].split()
    assert not {"root", "home", "work"} & set(names), names
    assert len([n for n in function.invoke("list", text="/proc")[0].split() if n.isdigit()]) <= 3


def test_headers(function):
    import base64
    answer = function.client.invoke(FunctionName=function.name, Payload=b'{"do":"headers"}',
                                    ClientContext=base64.b64encode(b'{"custom": {"a": "1"}}').decode())
    head = json.loads(answer["Payload"].read())
    assert f"lambda-runtime-invoked-function-arn: {function.arn}\r\n" in head
    assert re.search(rf"lambda-runtime-aws-request-id: {REQUEST_ID}\r\n", head)
    assert answer["ResponseMetadata"]["RequestId"] in head
    assert 'lambda-runtime-client-context: {"custom":{"a":"1"}}' in head
    deadline = int(re.search(r"lambda-runtime-deadline-ms: (\d+)", head).group(1))
    assert 0 < deadline / 1000 - time.time() <= 3.1


def test_tail(function):
    answer = function.invoke("print", tail=True, text="to be seen")[2]
    request = answer["ResponseMetadata"]["RequestId"]
    assert re.fullmatch(
        rf"START RequestId: {request} Version: \$LATEST\nto be seen\nEND RequestId: {request}\n"
        rf"REPORT RequestId: {request}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\t(Init Duration: \d+\.\d\d ms\t)?\n", answer["Log"]), answer["Log"]


def test_log_group(engine):
    with Function(engine) as function:
        function.invoke("print", text="a line of mine")
        log = eventually(lambda: "REPORT" in function.log() and function.log())
        assert "a line of mine\n" in log and "Init Duration: " in log
        streams = engine.client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{function.name}")["logStreams"]
        assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", streams[0]["logStreamName"])


def test_function_error(function):
    payload, error, answer = function.invoke("fail", text="sorry")
    assert error == "Unhandled" and answer["StatusCode"] == 200
    assert payload == {"errorType": "ProbeError", "errorMessage": "sorry"}


@pytest.mark.parametrize("event, message", [
    ({"what": "exit", "n": 1}, "Runtime exited with error: exit status 1"),
    ({"what": "exit", "n": 0}, "Runtime exited without providing a reason"),
    ({"what": "crash"}, "Runtime exited with error: signal: segmentation fault"),
])
def test_crash(function, event, message):
    payload, error, answer = function.invoke(tail=True, **event)
    request = answer["ResponseMetadata"]["RequestId"]
    assert error == "Unhandled"
    assert payload == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request} Error: {message}"}
    assert f"RequestId: {request} Error: {message}\nRuntime.ExitError\n" in answer["Log"]
    assert function.invoke("count")[0] == 1, "a fresh environment follows"


@pytest.mark.parametrize("what", ["hang", "fork"])
def test_deadline(engine, what):
    with Function(engine, Timeout=1) as function:
        function.invoke("count")
        began = time.time()
        payload, error, answer = function.invoke(what, tail=True, n=5)
        took = time.time() - began
        request = answer["ResponseMetadata"]["RequestId"]
        assert error == "Unhandled" and took >= 1
        assert payload == {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request} Error: Task timed out after 1.00 seconds"}
        assert re.search(rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z {request} Task timed out after 1.00 seconds\n", answer["Log"])
        assert function.invoke("count")[0] == 1


def test_memory(engine):
    with Function(engine) as function:
        assert function.invoke("memory", n=60)[0] == "had it"
    with Function(engine) as function:
        payload, error, answer = function.invoke("memory", n=400, tail=True)
        request = answer["ResponseMetadata"]["RequestId"]
        assert error == "Unhandled" and payload["errorType"] == "Runtime.ExitError"
        if has_group("memory"):  # else the function's allocation fails before anything kills it
            assert payload["errorMessage"] == f"RequestId: {request} Error: Runtime exited with error: signal: killed"
            assert re.search(r"\tMax Memory Used: 1\d\d MB\t.*Status: error\tError Type: Runtime.OutOfMemory\n$", answer["Log"]), answer["Log"]
        assert function.invoke("count")[0] == 1, "a fresh environment follows"


def test_tmp_is_bounded(engine):
    with Function(engine, Timeout=60) as function:
        payload, error, _ = function.invoke("fill", n=3000)
        assert error == "Unhandled"
        assert "full" in payload["errorMessage"]
        assert function.invoke("list", text="/tmp")[0].split() in ([".", ".."], ["..", "."]), "a new one is empty"


def test_tmp_stays_while_warm(function):
    function.invoke("write", text="/tmp/kept")
    assert function.invoke("read", text="/tmp/kept")[0] == "written"


def test_fork_bomb(engine):
    with Function(engine, Timeout=20) as function:
        made, error, _ = function.invoke("fork_bomb", n=5000)
        counted = os.geteuid() != 0 or has_group("pids")  # rlimits do not bind root
        assert error == "Unhandled" or made < 1100 or not counted
        function.invoke("count")
        assert engine.client("lambda").get_function(FunctionName=function.name), "the engine lives"


def test_a_hundred_megabytes_of_output(engine):
    with Function(engine, Timeout=60) as function:
        payload, error, answer = function.invoke("print_bytes", n=100_000_000, tail=True)
        assert error is None and payload == "printed"
        assert len(answer["Log"]) <= 4096 and "REPORT RequestId" in answer["Log"]
        assert engine.client("lambda").get_function(FunctionName=function.name), "the engine lives"


def test_large_payloads(function):
    text = "x" * 5_000_000
    assert function.invoke("echo", text=text)[0]["text"] == text
    payload, error, _ = function.invoke("answer_bytes", n=7_000_000)
    assert error == "Unhandled" and payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert payload["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    with pytest.raises(ClientError) as caught:
        function.client.invoke(FunctionName=function.name, Payload=b'"' + b"x" * 6_291_456 + b'"')
    assert caught.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_bad_payload(function):
    with pytest.raises(ClientError) as caught:
        function.client.invoke(FunctionName=function.name, Payload=b"{not json")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"
    assert "Could not parse request body into json" in caught.value.response["Error"]["Message"]


def test_dry_run(function):
    assert function.client.invoke(FunctionName=function.name, InvocationType="DryRun")["StatusCode"] == 204


@pytest.mark.parametrize("start, kind", [("exit", "Runtime.ExitError"), ("crash", "Runtime.ExitError"), ("error", "Probe.Init")])
def test_failing_start(engine, start, kind):
    with Function(engine, Environment={"Variables": {"PROBE_INIT": start}}) as function:
        payload, error, answer = function.invoke(tail=True)
        assert error == "Unhandled" and payload["errorType"] == kind
        if start == "exit":
            assert payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
        log = eventually(lambda: "REPORT" in function.log() and function.log())
        assert "Phase: init\tStatus: error\tError Type: " + kind in log


def test_no_entrypoint(engine):
    needs_sandbox()
    with Function(engine, code=package({"other": b"x"})) as function:
        payload, error, _ = function.invoke()
        assert error == "Unhandled" and payload["errorType"] == "Runtime.InvalidEntrypoint"
        assert "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]" in payload["errorMessage"]


def test_many_at_once(engine):
    with Function(engine, Timeout=30) as function, concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: function.invoke("sleep", n=1000)[0], range(8)))
        assert done == ["slept"] * 8
        # One environment does one thing at a time: several of them is several at once.
        logs, group = engine.client("logs"), f"/aws/lambda/{function.name}"
        eventually(lambda: len(logs.describe_log_streams(logGroupName=group)["logStreams"]) > 1)


def test_reserved_concurrency(engine):
    with Function(engine, Timeout=30) as function, concurrent.futures.ThreadPoolExecutor(2) as pool:
        function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
        running = pool.submit(function.invoke, "sleep", n=5000)
        busy = f'cumulet_function_environments{{function="{function.name}"'
        eventually(lambda: any(line.startswith(busy) and 'state="busy"' in line and line.endswith(" 1")
                               for line in metrics(engine).splitlines()))
        with pytest.raises(ClientError) as caught:
            function.invoke()
        assert caught.value.response["Error"]["Code"] == "TooManyRequestsException"
        assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert running.result()[0] == "slept"
        assert function.invoke("echo")[1] is None


def test_updates_replace_warm_environments(engine):
    with Function(engine) as function:
        function.invoke("count")
        assert function.invoke("count")[0] == 2
        function.client.update_function_configuration(FunctionName=function.name, Environment={"Variables": {"NEW": "1"}})
        function.client.get_waiter("function_updated").wait(FunctionName=function.name)
        assert function.invoke("environment")[0]["NEW"] == "1"
        assert function.invoke("count")[0] == 2
        function.client.update_function_code(FunctionName=function.name, ZipFile=package({"bootstrap": probe(), "data": b"two"}))
        assert function.invoke("read", text="/var/task/data")[0] == "two"
