"""Functions in JavaScript from plain source, as AWS's managed runtimes run them.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html"""
import json
import re

import pytest

from protocol.lambda_functions import call, eventually
from protocol.managed_functions import Node

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.mark.parametrize("runtime", ["nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"])
def test_each_version(engine, runtime):
    code = "exports.handler = async (event) => ({ given: event, env: process.env.AWS_EXECUTION_ENV, cwd: process.cwd() });"
    with Node(engine, code, Runtime=runtime) as function:
        payload, error, _ = function.run({"a": [1, None, "ü"]})
        assert (payload, error) == ({"given": {"a": [1, None, "ü"]}, "env": f"AWS_Lambda_{runtime}", "cwd": "/var/task"}, None)
        eventually(lambda: f"INIT_START Runtime Version: nodejs:{runtime[6:8]}.v" in function.log())


@pytest.mark.parametrize("files, handler", [
    ({"index.js": "exports.handler = async () => 'here';"}, "index.handler"),
    ({"index.cjs": "exports.handler = async () => 'here';"}, "index.handler"),
    ({"index.mjs": "export const handler = async () => 'here';"}, "index.handler"),
    ({"index.js": "import fs from 'node:fs'; export const handler = async () => 'here';", "package.json": '{"type": "module"}'}, "index.handler"),
    ({"index.mjs": "const where = await Promise.resolve('here'); export const handler = async () => where;"}, "index.handler"),
    ({"src/deep/app.js": "exports.handlers = { first: async () => 'here' };"}, "src/deep/app.handlers.first"),
    ({"index.js": "const m = require('dep'); exports.handler = async () => m.word;", "node_modules/dep/index.js": "exports.word = 'here';"},
     "index.handler"),
    ({"node_modules/dep/index.js": "exports.handler = async () => 'here';"}, "dep.handler")])
def test_kinds_of_modules(engine, files, handler):
    with Node(engine, files, Handler=handler) as function:
        payload, error, log = function.run()
        assert (payload, error) == ("here", None), log


def test_kinds_of_handlers(engine):
    code = """
        const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        exports.handler = (event, context, callback) => {
            switch (event) {
                case 'callback': callback(null, 'called'); break;
                case 'late callback': setTimeout(() => callback(null, 'called'), 20); break;
                case 'waits': globalThis.count = 0; setTimeout(() => { globalThis.count += 1; }, 50); callback(null, 'called'); break;
                case 'count': callback(null, globalThis.count); break;
                case 'does not wait': context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 100000); callback(null, 'called'); break;
                case 'succeed': context.succeed('done'); break;
                case 'fail': context.fail(new Error('failed')); break;
                case 'error text': callback('a word'); break;
                case 'promise': return later(10).then(() => 'promised');
                case 'rejects': return Promise.reject(new RangeError('rejected'));
                case 'throws': throw new TypeError('thrown');
                case 'throws text': throw 'text';
                case 'nothing': break;
                case 'twice': callback(null, 'first'); callback(null, 'second'); break;
                case 'undefined': callback(null, undefined); break;
                case 'circular': { const a = {}; a.a = a; callback(null, a); break; }
            }
        };
    """
    with Node(engine, code, Timeout=10) as function:
        for event, expected in {"callback": "called", "late callback": "called", "waits": "called", "count": 1, "succeed": "done",
                                "promise": "promised", "nothing": None, "twice": "first", "undefined": None, "does not wait": "called"}.items():
            assert function.run(event)[:2] == (expected, None), event
        for event, expected in {"fail": ("Error", "failed"), "rejects": ("RangeError", "rejected"), "throws": ("TypeError", "thrown"),
                                "error text": ("string", "a word"), "throws text": ("string", "text")}.items():
            payload, error, _ = function.run(event)
            assert (error, payload["errorType"], payload["errorMessage"]) == ("Unhandled", *expected)
            assert payload["trace"] == [] if expected[0] == "string" else payload["trace"][0] == ": ".join(expected)
        assert "errorType" in function.run("circular")[0]


def test_a_promise_that_never_settles(engine):
    with Node(engine, "exports.handler = async () => { await new Promise(() => {}); };", Timeout=10) as function:
        payload, error, log = function.run()
        assert error == "Unhandled" and payload["errorType"] == "Runtime.NodeJsExit" and "never settled" in payload["errorMessage"]


def test_the_context_and_the_environment(engine):
    code = """
        exports.handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis(),
            waits: context.callbackWaitsForEmptyEventLoop, env: process.env });
    """
    with Node(engine, code, MemorySize=256, Timeout=7) as function:
        answer = function.client.invoke(FunctionName=function.arn, Payload=b"{}")
        seen = json.loads(answer["Payload"].read())
        assert 0 < seen["left"] <= 7000 and seen["waits"] is True
        fixed = {"functionVersion": "$LATEST", "functionName": function.name, "memoryLimitInMB": "256",
                 "logGroupName": f"/aws/lambda/{function.name}", "invokedFunctionArn": function.arn,
                 "awsRequestId": answer["ResponseMetadata"]["RequestId"], "callbackWaitsForEmptyEventLoop": True}
        assert {name: seen.get(name) for name in fixed} == fixed and "clientContext" not in seen
        env = seen["env"]
        assert env["NODE_PATH"] == "/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
        assert env["LAMBDA_TASK_ROOT"] == "/var/task" and env["_HANDLER"] == "index.handler" and env["_X_AMZN_TRACE_ID"].startswith("Root=1-")
        assert env["PATH"] == "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"


def test_errors_have_awss_shape(engine):
    code = """
        class Mine extends Error { constructor(message) { super(message); this.name = 'Mine'; this.detail = 7; } }
        exports.handler = async () => { throw new Mine('it is over'); };
    """
    with Node(engine, code) as function:
        payload, error, log = function.run()
        id = re.search(r"START RequestId: (\S+)", log).group(1)
        assert error == "Unhandled" and list(payload) == ["errorType", "errorMessage", "trace"]
        assert payload["errorType"] == "Mine" and payload["errorMessage"] == "it is over"
        assert payload["trace"][0] == "Mine: it is over" and "/var/task/index.js:3" in payload["trace"][1]
        line = re.search(rf"{TIME}\t{id}\tERROR\tInvoke Error \t(.*)\n", log)
        logged = json.loads(line.group(1))
        assert logged["errorType"] == "Mine" and logged["detail"] == 7 and logged["stack"][0] == "Mine: it is over"


@pytest.mark.parametrize("code, handler, error_type, message", [
    ("exports.other = 1;", "index.handler", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
    ("exports.handler = 1;", "index.handler", "Runtime.HandlerNotFound", "index.handler is not a function"),
    ("exports.handler = 1;", "nowhere.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'nowhere'"),
    ("require('not-there');", "index.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'not-there'"),
    ("exports.handler = (", "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input"),
    ("exports.handler = 1;", "nodot", "Runtime.MalformedHandlerName", "Bad handler"),
    ("exports.handler = 1;", "../index.handler", "Runtime.MalformedHandlerName", "'../index.handler' is not a valid handler name."),
    ("throw new RangeError('at init');", "index.handler", "RangeError", "at init"),
    ("Promise.reject(new Error('nobody waits')); exports.handler = async () => new Promise(() => {});", "index.handler",
     "Runtime.UnhandledPromiseRejection", "Error: nobody waits")])
def test_inits_that_fail(engine, code, handler, error_type, message):
    with Node(engine, {"index.js": code}, Handler=handler) as function:
        payload, error, log = function.run()
        assert error == "Unhandled" and payload["errorType"] == error_type and payload["errorMessage"].startswith(message), payload
        assert payload["trace"] and "\tERROR\tUn" in log, log
        assert re.search(rf"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: (init|invoke)\tStatus: error\tError Type: {error_type}\n", log)


def test_crashes_and_exits(engine):
    code = """
        exports.handler = async (event) => {
            if (event === 'exit') process.exit(7);
            if (event === 'later') setTimeout(() => { throw new Error('in a timer'); }, 1);
            if (event === 'later') await new Promise((resolve) => setTimeout(resolve, 1000));
            return 'fine';
        };
    """
    with Node(engine, code) as function:
        payload = function.run("exit")[0]
        assert payload["errorType"] == "Runtime.ExitError" and payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")
        payload, error, log = function.run("later")
        assert (payload["errorType"], payload["errorMessage"]) == ("Error", "in a timer") and "\tERROR\tUncaught Exception \t" in log
        assert function.run("")[0] == "fine"


def test_what_is_logged_as_text(engine):
    code = """
        console.log('at init');
        exports.handler = async () => {
            console.log('several\\nlines of %s', 'text', { a: 1 });
            console.error('bad');
            console.debug('fine');
            console.warn(new Map([[1, 2]]));
            process.stdout.write('raw\\n');
        };
    """
    with Node(engine, code) as function:
        _, error, log = function.run()
        id = re.search(r"START RequestId: (\S+)", log).group(1)
        assert error is None and re.match(rf"{TIME}\tundefined\tINFO\tat init\n", log)
        assert re.search(rf"{TIME}\t{id}\tINFO\tseveral\nlines of text {{ a: 1 }}\n{TIME}\t{id}\tERROR\tbad\n{TIME}\t{id}\tDEBUG\tfine\n"
                         rf"{TIME}\t{id}\tWARN\tMap\(1\) {{ 1 => 2 }}\n(raw\n)?", log), log
        logs = engine.client("logs")
        messages = eventually(lambda: [e["message"] for e in logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
                                       if "several" in e["message"]])
        assert messages[0].endswith("\tseveral\nlines of text { a: 1 }\n")


def test_logs_in_json(engine):
    code = """
        exports.handler = async () => {
            console.info('hello %s', 'you');
            console.debug('not seen');
            console.warn({ a: 1 });
            console.error('it', new TypeError('went wrong'));
            throw new RangeError('no');
        };
    """
    with Node(engine, code) as function:
        call(engine, "PUT", f"/2015-03-31/functions/{function.name}/configuration",
             {"LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}})
        payload, error, log = function.run()
        lines = [json.loads(line) for line in log.splitlines() if line.startswith('{"timestamp"')]
        assert [line["level"] for line in lines] == ["INFO", "WARN", "ERROR", "ERROR"]
        assert lines[0]["message"] == "hello you" and lines[1]["message"] == {"a": 1} and re.fullmatch(TIME, lines[0]["timestamp"])
        assert lines[2]["errorType"] == "TypeError" and lines[2]["errorMessage"] == "went wrong" and lines[2]["stackTrace"]
        assert lines[3]["message"]["errorType"] == "RangeError" and lines[3]["message"]["errorMessage"] == "no"


def test_large_events_and_answers(engine):
    with Node(engine, "exports.handler = async (event) => event;", MemorySize=512) as function:
        event = {"ü": "x" * 2_900_000}
        assert function.run(event)[0] == event


def test_a_streaming_handler_invoked_as_others_are(engine):
    code = """
        exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
            stream.setContentType('text/plain');
            if (event === 'fail') { stream.write('begun '); throw new Error('half way'); }
            if (event === 'open') return;
            for (let i = 0; i < 3; i += 1) { stream.write(`"${i}`.slice(i && 1)); await new Promise((resolve) => setTimeout(resolve, 5)); }
            stream.end('"');
        });
    """
    with Node(engine, code) as function:
        assert function.run()[:2] == ("012", None)
        assert function.run()[:2] == ("012", None)


def test_the_sdk_that_is_not_there_says_how(engine):
    with Node(engine, "const { S3Client } = require('@aws-sdk/client-s3'); exports.handler = async () => typeof S3Client;", MemorySize=256) as function:
        payload, error, _ = function.run()
        assert payload == "function" or "`cumulet doctor` tells how" in payload["errorMessage"]


@pytest.mark.parametrize("name, code", [
    ("index.js", "const { S3Client, ListBucketsCommand } = require('@aws-sdk/client-s3');\nexports.handler = %s"),
    ("index.mjs", "import { S3Client, ListBucketsCommand } from '@aws-sdk/client-s3';\nexport const handler = %s")])
def test_the_sdk_reaches_the_engine(own_engine, root_folder, name, code):
    modules = root_folder / "tests/js/node_modules"
    if not (modules / "@aws-sdk/client-s3").is_dir():
        pytest.skip(f"{modules} is not installed: functions with the AWS SDK were not run")
    engine = own_engine(environment={"CUMULET_NODE_MODULES": str(modules)})
    engine.client("s3").create_bucket(Bucket="seen-by-a-function")
    code %= "async () => (await new S3Client({}).send(new ListBucketsCommand({}))).Buckets.map((bucket) => bucket.Name);"
    with Node(engine, {name: code}, MemorySize=512, Timeout=60) as function:
        payload, error, log = function.run()
        assert (payload, error) == (["seen-by-a-function"], None), log
