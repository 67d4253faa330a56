"""Packages and roles for the Lambda tests. The probe (tests/functions/probe.cpp) does what its event says."""
import base64
import functools
import io
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from conftest import PROGRAM, ROOT

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
_probe = []


def needs_sandbox():
    """Why functions cannot run here, as a skip."""
    if not shutil.which("bwrap"):
        pytest.skip("bubblewrap (bwrap) is not installed: functions were not run")
    done = subprocess.run(["bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no sandbox here ({done.stderr.strip()}): functions were not run")


def probe():
    """The bytes of the probe: the build's, else compiled now."""
    if not _probe:
        built = pathlib.Path(PROGRAM).resolve().parent.parent / "tests" / "probe_function"
        if built.exists():
            _probe.append(built.read_bytes())
        else:
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run(["c++", "-std=c++20", "-O1", "-static", "-o", f"{folder}/probe",
                                str(ROOT / "tests/functions/probe.cpp")], check=True)
                _probe.append(pathlib.Path(folder, "probe").read_bytes())
    return _probe[0]


def package(files):
    """A zip of {name: bytes}; all executable."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.external_attr = 0o100755 << 16
            archive.writestr(info, content)
    return out.getvalue()


@functools.cache
def probe_package():
    return package({"bootstrap": probe()})


def role(engine):
    iam = engine.client("iam")
    try:
        return iam.create_role(RoleName="lambda-tests", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    except ClientError as error:
        assert error.response["Error"]["Code"] == "EntityAlreadyExists"
        return iam.get_role(RoleName="lambda-tests")["Role"]["Arn"]


def call(engine, method, path, body=None):
    """A REST call of Lambda without an SDK, for what the installed boto3 does not know yet."""
    request = urllib.request.Request(engine.endpoint + path, json.dumps(body).encode() if body is not None else None, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def unique(prefix="f"):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def create(engine, name=None, code=None, **more):
    given = {"FunctionName": name or unique(), "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": role(engine),
             "Code": {"ZipFile": code or probe_package()}, **more}
    return engine.client("lambda").create_function(**given)


class Function:
    """A function with the probe as its code, removed at the end."""

    def __init__(self, engine, **more):
        needs_sandbox()
        self.engine = engine
        self.client = engine.client("lambda")
        made = create(engine, **more)
        self.name, self.arn = made["FunctionName"], made["FunctionArn"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.delete_function(FunctionName=self.name)

    def invoke(self, what="echo", tail=False, **event):
        """(payload, function error or None, whole answer)"""
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps({"do": what, **event}),
                                    LogType="Tail" if tail else "None")
        text = answer["Payload"].read().decode()
        if tail:
            answer["Log"] = base64.b64decode(answer["LogResult"]).decode()
        return (json.loads(text) if text else None), answer.get("FunctionError"), answer

    def send(self, what="echo", **event):
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps({"do": what, **event}), InvocationType="Event")
        assert answer["StatusCode"] == 202
        return answer["ResponseMetadata"]["RequestId"]

    def log(self):
        """All messages of the function's log group, in order of time."""
        logs = self.engine.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{self.name}")
            return "".join(event["message"] for page in pages for event in page["events"])
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            return ""


def eventually(holds, seconds=120):
    """Polls until holds() is true."""
    end = time.time() + seconds
    while time.time() < end:
        value = holds()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come true")
