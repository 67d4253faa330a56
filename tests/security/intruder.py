"""A function that does whatever its event says, as hostile code would: Python, shell and C of the attack's own."""
import base64
import json
import pathlib
import shutil
import subprocess
import tempfile
import textwrap

import pytest

from protocol.lambda_functions import Function, package

# On the bare Runtime API, so that attacks meet the sandbox alone and no library.
BOOTSTRAP = b'''#!/usr/bin/python3
import base64, http.client, json, os, subprocess, tempfile, traceback
address = os.environ["AWS_LAMBDA_RUNTIME_API"]

def ask(method, path, body=None):
    api = http.client.HTTPConnection(address)
    api.request(method, "/2018-06-01/runtime/" + path, body)
    answer = api.getresponse()
    return dict((k.lower(), v) for k, v in answer.getheaders()), answer.read().decode()

def run(command, timeout):
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout)
        return {"status": done.returncode, "out": done.stdout.decode(errors="replace"), "err": done.stderr.decode(errors="replace")}
    except subprocess.TimeoutExpired:
        return {"status": None, "out": "", "err": "timed out"}

def perform(event, request_id):
    if "python" in event:
        names = {"given": event.get("given"), "request_id": request_id}
        exec(compile(event["python"], "attack", "exec"), names)
        return {"value": names["attack"]()}
    if "sh" in event:
        return run(["/bin/sh", "-c", event["sh"]], event["timeout"])
    path = tempfile.mktemp(dir="/tmp")
    with open(path, "wb") as program:
        program.write(base64.b64decode(event["program"]))
    os.chmod(path, 0o755)
    try:
        return run([path, *event["arguments"]], event["timeout"])
    finally:
        os.unlink(path)

while True:
    head, event = ask("GET", "invocation/next")
    try:
        result = perform(json.loads(event), head["lambda-runtime-aws-request-id"])
    except BaseException as failure:
        result = {"raised": type(failure).__name__ + ": " + str(failure), "trace": traceback.format_exc()}
    ask("POST", "invocation/" + head["lambda-runtime-aws-request-id"] + "/response", json.dumps(result))
'''


class Raised(Exception):
    """The attack's own Python code raised this: "PermissionError: [Errno 13] ..."."""


class Died(Exception):
    """The function ended during the attack (killed for its memory, say): Lambda's error document."""


class Intruder(Function):
    """One hostile function. `more` are CreateFunction's parameters (MemorySize, Timeout, Environment, ...)."""

    def __init__(self, engine, **more):
        if not shutil.which("python3", path="/usr/bin"):
            pytest.skip("no /usr/bin/python3 for functions to run: the sandbox was not attacked")
        super().__init__(engine, **{"code": package({"bootstrap": BOOTSTRAP}), "Timeout": 60, "MemorySize": 512, **more})

    def _send(self, event):
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event))
        result = json.loads(answer["Payload"].read() or "null")
        if answer.get("FunctionError"):
            raise Died(json.dumps(result))
        if "raised" in result:
            raise Raised(f"{result['raised']}\n{result['trace']}")
        return result

    def python(self, code, given=None):
        """The JSON value that the code's attack() returns; raises Raised with what the code raised. `given` and `request_id`, the
        invocation's, are names in it.
        Code without an attack() is taken as the body of one."""
        code = textwrap.dedent(code)
        if "def attack(" not in code:
            code = "def attack():\n" + textwrap.indent(code, "    ")
        return self._send({"python": code, "given": given})["value"]

    def sh(self, code, timeout=20):
        """{"status", "out", "err"} of the code, run by /bin/sh; status None when it did not end in time."""
        return self._send({"sh": textwrap.dedent(code), "timeout": timeout})

    def c(self, code, *arguments, timeout=20):
        """The same of a C program, compiled here and run there from /tmp."""
        if not shutil.which("cc"):
            pytest.skip("no C compiler (cc): an attack written in C was not tried")
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "attack.c")
            source.write_text(textwrap.dedent(code))
            subprocess.run(["cc", "-O1", "-pthread", "-o", f"{folder}/attack", str(source)], check=True)
            program = base64.b64encode(pathlib.Path(folder, "attack").read_bytes()).decode()
        return self._send({"program": program, "arguments": list(arguments), "timeout": timeout})
