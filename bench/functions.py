#!/usr/bin/python3
"""Functions in Python and Node.js from plain source: warm on one environment, and cold (a new environment for each), the whole way
over HTTP as one keep-alive client sees it; beside them, in the same run, what the interpreters alone take to start. Every answer is
compared with what was sent before its time counts."""
import subprocess
import sys
import time

from common import Engine, ROOT, tell
from invoke import Caller

sys.path.insert(0, str(ROOT / "tests/protocol"))
from protocol.lambda_functions import create  # noqa: E402
from protocol.managed_functions import sources  # noqa: E402

WARM, COLD = 2000, 30
PYTHON = "def lambda_handler(event, context): return event"
NODE = "exports.handler = async (event) => event;"


def started(*command):
    """Milliseconds that a program takes from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return (time.perf_counter() - began) * 1000


def measure(engine, what, runtime, handler, file, code):
    client = engine.client("lambda")
    name = create(engine, Runtime=runtime, Handler=handler, code=sources({file: code}), MemorySize=256)["FunctionName"]
    caller = Caller(engine, name)
    caller.invoke({"first": True})
    tell(f"{what} warm", [caller.invoke({"i": i})[0] for i in range(WARM)], "ms", "< 0.6")
    cold = []
    for i in range(COLD):
        client.update_function_configuration(FunctionName=name, Description=str(i))
        cold.append(caller.invoke({"cold": i})[0])
    return cold


def main():
    engine = Engine().start()
    try:
        tell("python3 alone", [started("/usr/bin/python3", "-S", "-c", "pass") for _ in range(COLD)], "ms")
        tell("Python cold", measure(engine, "Python", "python3.12", "lambda_function.lambda_handler", "lambda_function.py", PYTHON), "ms", "< 60")
        tell("node importing node:http alone", [started("/usr/bin/node", "-e", "require('node:http')") for _ in range(COLD)], "ms")
        tell("Node.js cold", measure(engine, "Node.js", "nodejs20.x", "index.handler", "index.js", NODE), "ms", "within 15 of node importing node:http")
    finally:
        engine.stop()


if __name__ == "__main__":
    main()
