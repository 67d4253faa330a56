#!/usr/bin/python3
"""Invoke of a C++ function in its sandbox (tests/functions/probe.cpp): warm on one environment, and cold (a new environment
for each), the whole way over HTTP as one keep-alive client sees it, and the function's own duration as the engine reports
it. Every answer is compared with what was sent before its time counts."""
import base64
import http.client
import json
import re
import statistics
import sys
import time

from common import Engine, ROOT, peak_rss_mb, rss_mb, tell

sys.path.insert(0, str(ROOT / "tests/protocol"))
from protocol.lambda_functions import create  # noqa: E402

WARM, COLD = 3000, 40


class Caller:
    def __init__(self, engine, name):
        self.connection = http.client.HTTPConnection("127.0.0.1", engine.port)
        self.path = f"/2015-03-31/functions/{name}/invocations"

    def invoke(self, event, tail=False):
        """Milliseconds, and the log's tail."""
        body = json.dumps(event)
        began = time.perf_counter()
        self.connection.request("POST", self.path, body, {"X-Amz-Log-Type": "Tail" if tail else "None"})
        answer = self.connection.getresponse()
        got = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200 or answer.getheader("X-Amz-Function-Error") or json.loads(got) != event:
            raise RuntimeError(f"{answer.status} {got[:300]}")
        return took, base64.b64decode(answer.getheader("X-Amz-Log-Result", "")).decode()


def main():
    engine = Engine().start()
    try:
        client = engine.client("lambda")
        idle = rss_mb(engine.process.pid)
        name = create(engine)["FunctionName"]
        caller = Caller(engine, name)
        caller.invoke({"do": "echo"})
        warm, reported = [], []
        for i in range(WARM):
            took, log = caller.invoke({"do": "echo", "i": i}, tail=True)
            warm.append(took)
            reported.append(float(re.search(r"\tDuration: ([\d.]+) ms", log).group(1)))
        cold, init = [], []
        for i in range(COLD):
            client.update_function_configuration(FunctionName=name, Description=str(i))
            time.sleep(0.05)  # the environments before are gone
            took, log = caller.invoke({"do": "echo", "i": i}, tail=True)
            cold.append(took)
            init.append(float(re.search(r"Init Duration: ([\d.]+) ms", log).group(1)))
        tell("warm invoke, HTTP round trip", warm, "ms", "p50 0.5")
        tell("warm invoke, REPORT's duration", reported, "ms")
        print(f"warm invoke p99: {statistics.quantiles(warm, n=100)[98]:.3g} ms; {1000 / statistics.mean(warm):.0f} invokes/s on one connection")
        tell("cold invoke, HTTP round trip", cold, "ms", "p50 15")
        tell("cold invoke, Init Duration", init, "ms")
        print(f"engine: {idle:.0f} MB idle, {peak_rss_mb(engine.process.pid):.0f} MB at most")
    finally:
        engine.stop()
        engine.discard()


if __name__ == "__main__":
    main()
