"""Functions in Python from plain source, as AWS's managed runtimes run them.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from protocol.lambda_functions import Function, create, eventually
from protocol.managed_functions import Python, sources

NBSP = "\u00a0"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.mark.parametrize("runtime", ["python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"])
def test_each_version(engine, runtime):
    code = """
        import os
        def lambda_handler(event, context):
            return {"given": event, "env": os.environ["AWS_EXECUTION_ENV"], "text": "ü"}
    """
    with Python(engine, code, Runtime=runtime) as function:
        payload, error, log = function.run({"a": [1, None, True, 2.5, "ü"]})
        assert error is None
        assert payload == {"given": {"a": [1, None, True, 2.5, "ü"]}, "env": f"AWS_Lambda_{runtime}", "text": "ü"}
        raw = function.client.invoke(FunctionName=function.name, Payload=b"{}")["Payload"].read()
        assert ("ü".encode() in raw) == (runtime not in ("python3.9", "python3.10", "python3.11")), raw
        version = runtime.removeprefix("python")
        eventually(lambda: f"INIT_START Runtime Version: python:{version}.v" in function.log())


def test_the_context(engine):
    code = """
        def lambda_handler(event, context):
            client = context.client_context
            return {"all": {name: getattr(context, name) for name in (
                        "aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb", "function_version",
                        "invoked_function_arn")},
                    "left": context.get_remaining_time_in_millis(), "kind": type(context).__name__, "shown": repr(context),
                    "client": client and {"title": client.client.app_title, "env": client.env, "custom": client.custom},
                    "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id]}
    """
    import base64

    with Python(engine, code, MemorySize=256, Timeout=7) as function:
        answer = function.client.invoke(FunctionName=function.arn, Payload=b"{}", ClientContext=base64.b64encode(
            json.dumps({"client": {"app_title": "t\u00fc"}, "env": {"locale": "de"}, "custom": {"a": 1}}).encode()).decode())
        seen = json.loads(answer["Payload"].read())
        all = seen["all"]
        assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", all.pop("log_stream_name"))
        assert all == {"aws_request_id": answer["ResponseMetadata"]["RequestId"], "log_group_name": f"/aws/lambda/{function.name}",
                       "function_name": function.name, "memory_limit_in_mb": "256", "function_version": "$LATEST",
                       "invoked_function_arn": function.arn}
        assert 0 < seen["left"] <= 7000 and seen["kind"] == "LambdaContext" and seen["shown"].startswith("LambdaContext([aws_request_id=")
        assert seen["client"] == {"title": "t\u00fc", "env": {"locale": "de"}, "custom": {"a": 1}} and seen["identity"] == [None, None]
        assert function.run()[0]["client"] is None


def test_the_environment(engine):
    code = """
        import os, sys
        def lambda_handler(event, context):
            return {"env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "task": sorted(os.listdir("/var/task")),
                    "opt": os.listdir("/opt"), "writable": [p for p in ("/var/task", "/var/runtime", "/opt", "/tmp") if os.access(p, os.W_OK)]}
    """
    with Python(engine, code, Runtime="python3.9", Environment={"Variables": {"MINE": "ü"}}) as function:
        seen = function.run()[0]
        env = seen["env"]
        assert seen["opt"] == [] and "AWS_ACCESS_KEY" not in env
        assert seen["cwd"] == "/var/task" and seen["task"] == ["lambda_function.py"] and seen["writable"] == ["/tmp"]
        fixed = {"_HANDLER": "lambda_function.lambda_handler", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.9", "MINE": "ü",
                 "LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime", "PYTHONPATH": "/var/runtime", "TZ": ":UTC",
                 "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000", "SHLVL": "0", "PWD": "/var/task",
                 "LANG": "en_US.UTF-8", "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin", "AWS_REGION": "us-east-1",
                 "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"}
        assert {name: env.get(name) for name in fixed} == fixed
        assert re.fullmatch(r"Root=1-.*;Parent=.*;Sampled=0;Lineage=1:[0-9a-f]{8}:0", env["_X_AMZN_TRACE_ID"])
        path = seen["path"]
        order = [path.index(p) for p in ("/var/task", "/opt/python/lib/python3.9/site-packages", "/opt/python", "/var/runtime")]
        assert order == sorted(order) and path[0] == "/var/task"
        assert not [p for p in path if "dist-packages" in p], path


def test_nested_modules_and_packages(engine):
    files = {"app/__init__.py": "", "app/handlers/__init__.py": "print('package runs')", "app/words.py": "HELLO = 'hello'",
             "app/handlers/first.py": "from ..words import HELLO\ndef run(event, context): return HELLO"}
    for handler in ("app.handlers.first.run", "app/handlers/first.run"):
        with Python(engine, files, Handler=handler) as function:
            payload, error, log = function.run()
            assert (payload, error) == ("hello", None) and "package runs\n" in log
    with Python(engine, {"space/module.py": "def run(event, context): return __name__"}, Handler="space.module.run") as function:
        assert function.run()[0] == "space.module"  # a folder without __init__.py


def test_errors_have_awss_shape(engine):
    code = """
        class Mine(Exception): pass
        def inner():
            raise Mine("it is over\\nin two lines")
        def lambda_handler(event, context):
            inner()
    """
    with Python(engine, code) as function:
        payload, error, log = function.run()
        id = re.search(r"START RequestId: (\S+)", log).group(1)
        assert error == "Unhandled"
        assert list(payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
        assert payload == {"errorMessage": "it is over\nin two lines", "errorType": "Mine", "requestId": id, "stackTrace": [
            '  File "/var/task/lambda_function.py", line 6, in lambda_handler\n    inner()\n',
            '  File "/var/task/lambda_function.py", line 4, in inner\n    raise Mine("it is over\\nin two lines")\n']}
        assert (f'[ERROR] Mine: it is over\nin two lines\nTraceback (most recent call last):\n{NBSP * 2}File "/var/task/lambda_function.py", '
                f'line 6, in lambda_handler\n{NBSP * 4}inner()\n') in log
        assert "Status:" not in log
        # One event of the log, however many lines it has.
        logs = engine.client("logs")
        messages = eventually(lambda: [e["message"] for e in logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
                                       if "[ERROR]" in e["message"]])
        assert len(messages) == 1 and messages[0].count("\n") >= 5 and not messages[0].endswith("\n")


@pytest.mark.parametrize("code, handler, error_type, message", [
    ("x = 1", "lambda_function.nothing", "Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'lambda_function'"),
    ("x = 1", "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other': No module named 'other'"),
    ("import nowhere_at_all", "lambda_function.handler", "Runtime.ImportModuleError",
     "Unable to import module 'lambda_function': No module named 'nowhere_at_all'"),
    ("def f(:\n  pass", "lambda_function.handler", "Runtime.UserCodeSyntaxError",
     "Syntax error in module 'lambda_function': invalid syntax (lambda_function.py, line 1)"),
    ("x = 1", "nodot", "Runtime.MalformedHandlerName", "Bad handler 'nodot': not enough values to unpack (expected 2, got 1)"),
    ("x = 1", "sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
    ("raise KeyError('k')", "lambda_function.handler", "KeyError", "'k'")])
def test_inits_that_fail(engine, code, handler, error_type, message):
    with Python(engine, {"lambda_function.py": code}, Handler=handler) as function:
        payload, error, log = function.run()
        assert error == "Unhandled" and payload["errorType"] == error_type and payload["errorMessage"] == message
        assert payload["requestId"] == ""
        assert f"[ERROR] {error_type}: {message}" in log and "[WARNING]\t" in log and "LAMBDA_WARNING: Unhandled exception." in log
        assert re.search(rf"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: (init|invoke)\tStatus: error\tError Type: {error_type}\n", log)
        assert ("stackTrace" in payload) and (len(payload["stackTrace"]) > 0) == (error_type in ("KeyError", "Runtime.UserCodeSyntaxError"))


def test_exits_and_answers_that_are_no_json(engine):
    code = """
        import datetime, decimal, os, sys
        def lambda_handler(event, context):
            if event == "exit": sys.exit(3)
            if event == "quit": quit()
            if event == "abort": os.abort()
            return {"datetime": datetime.datetime(2026, 1, 1), "set": {1}, "decimal": [decimal.Decimal("1.10"), decimal.Decimal("NaN")],
                    "bytes": b"raw {", "keys": {(1, 2): 3}, "none": None, "float": 1e400, "bytesin": [b"x"]}[event]
    """
    with Python(engine, code) as function:
        def says(event):
            payload, error, _ = function.run(event)
            return payload["errorType"], payload["errorMessage"]

        assert says("datetime") == ("Runtime.MarshalError", "Unable to marshal response: Object of type datetime is not JSON serializable")
        assert says("set")[1] == "Unable to marshal response: Object of type set is not JSON serializable"
        assert says("keys")[1] == "Unable to marshal response: keys must be str, int, float, bool or None, not tuple"
        assert function.run("bytesin")[0] == ["x"], "AWS's encoder reads bytes as UTF-8"
        def raw(event):
            return function.client.invoke(FunctionName=function.name, Payload=json.dumps(event))["Payload"].read()

        assert raw("decimal") == b"[1.10, NaN]" and raw("bytes") == b"raw {" and raw("none") == b"null" and raw("float") == b"Infinity"
        kind, text = says("exit")
        assert kind == "Runtime.ExitError" and re.fullmatch(r"RequestId: \S+ Error: Runtime exited with error: exit status 3", text)
        assert says("quit")[1].endswith("Error: Runtime exited without providing a reason")
        assert says("abort")[1].endswith("Error: Runtime exited with error: signal: aborted")
        assert raw("none") == b"null", "a new environment serves the next one"


def test_large_events_and_answers(engine):
    with Python(engine, "def lambda_handler(event, context): return event", MemorySize=512) as function:
        event = {"ü": "x" * 2_900_000}
        assert function.run(event)[0] == event
    with Python(engine, "def lambda_handler(event, context): return 'x' * 6291555", MemorySize=512) as function:
        payload, error, _ = function.run({})
        assert error == "Unhandled" and payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_what_is_printed_and_logged_as_text(engine):
    code = """
        import logging, os, subprocess, sys
        print("at init")
        logger = logging.getLogger()
        logger.setLevel(logging.INFO)
        def lambda_handler(event, context):
            print("one\\ntwo")
            print("no newline", end="")
            logger.info("several\\nlines of %s", "text")
            logging.getLogger("named").warning("careful")
            logger.debug("not seen")
            print("to stderr", file=sys.stderr)
            subprocess.run(["/bin/echo", "of a child"])
            context.log("by the context")
            try:
                1 / 0
            except ZeroDivisionError:
                logger.exception("caught")
    """
    with Python(engine, code) as function:
        _, error, log = function.run()
        id = re.search(r"START RequestId: (\S+)", log).group(1)
        assert error is None and log.startswith("at init\nSTART RequestId: ")
        assert re.search(rf"one\ntwo\nno newline\[INFO\]\t{TIME}\t{id}\tseveral\nlines of text\n\[WARNING\]\t{TIME}\t{id}\tcareful\n"
                         rf"to stderr\nof a child\nby the context\[ERROR\]\t{TIME}\t{id}\tcaught\nTraceback \(most recent call last\):\n"
                         r'  File "/var/task/lambda_function.py", line \d+, in lambda_handler\n    1 / 0\n', log), log
        assert "\nZeroDivisionError: division by zero" in log and "not seen" not in log


def test_logs_in_json(engine):
    code = """
        import logging
        logger = logging.getLogger("mine")
        def lambda_handler(event, context):
            logger.info("hello %s", "you", extra={"order": 7})
            logger.debug("not seen")
            print("plain")
            try:
                {}["k"]
            except KeyError:
                logger.exception("caught")
            raise ValueError("no")
    """
    with Python(engine, code) as function:
        from protocol.lambda_functions import call

        call(engine, "PUT", f"/2015-03-31/functions/{function.name}/configuration", {"LoggingConfig": {"LogFormat": "JSON"}})
        payload, error, log = function.run()
        lines = [json.loads(line) for line in log.replace("}{", "}\n{").splitlines() if line.startswith("{") and '"type":' not in line]
        assert "plain\n" in log and "not seen" not in log
        hello, caught, failed = lines
        id = payload["requestId"]
        assert re.fullmatch(TIME, hello.pop("timestamp"))
        assert hello == {"level": "INFO", "message": "hello you", "logger": "mine", "requestId": id, "order": 7}
        assert caught["level"] == "ERROR" and caught["errorType"] == "KeyError" and caught["errorMessage"] == "'k'"
        assert caught["stackTrace"][0].startswith('  File "/var/task/lambda_function.py"') and caught["location"].endswith(":lambda_handler:11")
        assert failed["level"] == "ERROR" and failed["errorType"] == "ValueError" and failed["requestId"] == id and failed["stackTrace"]


def test_boto3_reaches_the_engine(engine):
    """Debian's boto3 does not know AWS_ENDPOINT_URL: the runtime's hook tells it."""
    pytest.importorskip("boto3")
    code = """
        import boto3
        def lambda_handler(event, context):
            boto3.resource("s3").Object(event["bucket"], "made/by a function").put(Body=b"text")
            queue = boto3.client("sqs").create_queue(QueueName=event["bucket"])["QueueUrl"]
            boto3.client("sqs", region_name="us-east-1").send_message(QueueUrl=queue, MessageBody="m")
            return {"who": boto3.client("sts").get_caller_identity()["Arn"], "from": boto3.__file__,
                    "url": boto3.client("stepfunctions").meta.endpoint_url}
    """
    with Python(engine, code, Timeout=30, MemorySize=256) as function:
        bucket = function.name.lower()
        engine.client("s3").create_bucket(Bucket=bucket)
        payload, error, log = function.run({"bucket": bucket})
        assert error is None, log
        assert engine.client("s3").get_object(Bucket=bucket, Key="made/by a function")["Body"].read() == b"text"
        assert payload["who"].endswith(f":assumed-role/lambda-tests/{function.name}") and payload["from"].startswith("/var/runtime/boto3/")
        assert payload["url"].startswith("http://127.0.0.1:")


def test_what_is_importable(engine):
    """boto3 and what it needs; not whatever this machine's Python has."""
    code = """
        def lambda_handler(event, context):
            out = {}
            for name in event:
                try:
                    __import__(name)
                    out[name] = True
                except ImportError:
                    out[name] = False
            return out
    """
    with Python(engine, code, Timeout=30, MemorySize=256) as function:
        names = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "urllib3", "pytest", "numpy", "yaml", "PIL", "pip", "cryptography"]
        assert function.run(names)[0] == {name: name in names[:6] for name in names}


def test_a_module_of_the_functions_own_wins(engine):
    files = {"boto3.py": "MINE = True", "lambda_function.py": "import boto3\ndef lambda_handler(e, c): return boto3.MINE"}
    with Python(engine, files) as function:
        assert function.run()[0] is True


def test_a_wrapper_script(engine):
    files = {"wrap": b"#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n", "lambda_function.py": b"import os\ndef lambda_handler(e, c): return os.environ['WRAPPED']"}
    from protocol.lambda_functions import package

    with Function(engine, code=package(files), Runtime="python3.12", Handler="lambda_function.lambda_handler",
                  Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap"}}) as function:
        assert function.invoke()[0] == "yes"


def test_the_time_limit(engine):
    with Python(engine, "import time\ndef lambda_handler(e, c):\n  print('begun')\n  time.sleep(30)", Timeout=1) as function:
        payload, error, log = function.run()
        assert payload["errorType"] == "Sandbox.Timedout" and "begun\n" in log and "Status: timeout" in log


@pytest.mark.parametrize("runtime, words", [("java21", "container image"), ("ruby3.3", "container image"), ("dotnet8", "container image"),
                                            ("python3.7", "is no longer supported"), ("go1.x", "is no longer supported")])
def test_runtimes_that_are_refused(engine, runtime, words):
    with pytest.raises(ClientError) as refused:
        create(engine, code=sources({"a.py": ""}), Runtime=runtime)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException" and words in str(refused.value)


def test_many_at_a_time_are_not_crossed(engine):
    """Each invocation gets its own answer, its own context."""
    import concurrent.futures

    code = "def lambda_handler(event, context): return [event, context.aws_request_id]"
    with Python(engine, code) as function, concurrent.futures.ThreadPoolExecutor(64) as pool:
        clients = [engine.client("lambda", config=Config(max_pool_connections=8)) for _ in range(8)]

        def one(i):
            answer = clients[i % 8].invoke(FunctionName=function.name, Payload=json.dumps(i))
            return json.loads(answer["Payload"].read()) == [i, answer["ResponseMetadata"]["RequestId"]]

        for _ in range(3):
            assert all(pool.map(one, range(1000)))


def test_answers_are_written_as_by_the_encoder_of_aws(engine):
    """simplejson: a tuple with names is an object, bytes are text."""
    code = """
        import collections, datetime
        Point = collections.namedtuple("Point", "x y")
        ring = []
        ring.append(ring)
        ANSWERS = {"point": Point(1, (2, 3)), "nested": {"at": [Point(1, None)]}, "bytes inside": {"a": b"\\xc3\\xa9"}, "keys": {1: 2, None: 3, b"k": 4},
                   "set": {1}, "ring": ring, "tuple key": {(1, 2): 3}, "broken bytes": [b"\\xff"], "date": datetime.date(2026, 1, 1),
                   "numbers": [1 << 70, 1.5, -0.0], "generator": (i for i in "ab"), "empty": [{}, [], ""]}
        def lambda_handler(event, context):
            return ANSWERS[event]
    """
    with Python(engine, code) as function:
        def answered(what):
            return function.run(what)[0]

        assert answered("point") == {"x": 1, "y": [2, 3]} and answered("nested") == {"at": [{"x": 1, "y": None}]}
        assert answered("bytes inside") == {"a": "é"} and answered("keys") == {"1": 2, "null": 3, "k": 4}
        assert answered("numbers") == [1 << 70, 1.5, 0.0] and answered("empty") == [{}, [], ""]
        for what, says in [("set", "Object of type set is not JSON serializable"), ("ring", "Circular reference detected"),
                           ("tuple key", "keys must be str, int, float, bool or None, not tuple"), ("date", "Object of type date is not JSON serializable"),
                           ("broken bytes", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
                           ("generator", "Object of type generator is not JSON serializable")]:
            payload, error, log = function.run(what)
            assert error == "Unhandled" and payload["errorType"] == "Runtime.MarshalError" and payload["stackTrace"] == [], what
            assert payload["errorMessage"] == "Unable to marshal response: " + says
            assert f"[ERROR] Runtime.MarshalError: Unable to marshal response: {says}\nTraceback (most recent call last):" in log


def test_a_newer_boto3_in_the_package_reaches_the_engine(engine):
    """What a function bundles comes first, and finds the engine by AWS_ENDPOINT_URL alone."""
    with tempfile.TemporaryDirectory() as folder:
        got = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check", "--target", folder, "boto3>=1.34"],
                             capture_output=True, text=True)
        if got.returncode != 0:
            pytest.skip(f"no newer boto3 is to be had here ({got.stderr.strip().splitlines()[-1:]}): one in the package was not tried")
        files = {"lambda_function.py": "import boto3\ndef lambda_handler(e, c):\n  return boto3.__version__, len(boto3.client('s3').list_buckets()['Buckets'])"}
        keep = ("botocore/data/s3/", "botocore/data/endpoints.json", "botocore/data/partitions.json", "botocore/data/_retry.json", "botocore/data/sdk-default")
        for path in pathlib.Path(folder).rglob("*"):
            name = str(path.relative_to(folder))
            if path.is_file() and ("botocore/data/" not in name or name.startswith(keep)):
                files[name] = path.read_bytes()
        with Python(engine, files, Timeout=60, MemorySize=512) as function:
            version, buckets = function.run()[0]
            assert tuple(map(int, version.split(".")[:2])) >= (1, 34) and isinstance(buckets, int)


def test_names_of_files_may_hold_any_letters(engine):
    """As Python's zipfile and others write them: flag 0x800 of a member says that its name is UTF-8."""
    files = {"lambda_function.py": "import os\ndef lambda_handler(e, c):\n  return sorted(os.listdir('häuser')), open('häuser/日本.txt').read()",
             "häuser/日本.txt": "text", "häuser/été.txt": ""}
    with Python(engine, files) as function:
        assert function.run()[0] == [["été.txt", "日本.txt"], "text"]
