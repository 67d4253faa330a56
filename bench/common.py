"""What the benchmarks share: an engine on a durable data folder, a thin client, and how figures are told."""
import http.client
import json
import os
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from conftest import Engine, PROGRAM  # noqa: E402,F401


class JsonClient:
    """One keep-alive connection speaking an awsJson service unsigned (accepted on loopback): what remains is the engine."""

    def __init__(self, engine, target, version="1.0"):
        self.connection = http.client.HTTPConnection("127.0.0.1", engine.port)
        self.target, self.content_type = target, f"application/x-amz-json-{version}"

    def call(self, operation, **parameters):
        self.connection.request("POST", "/", json.dumps(parameters),
                                {"X-Amz-Target": f"{self.target}.{operation}", "Content-Type": self.content_type})
        answer = self.connection.getresponse()
        body = json.loads(answer.read() or b"{}")
        if answer.status != 200:
            raise RuntimeError(f"{operation}: {answer.status} {body}")
        return body


def peak_rss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def rss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def tell(name, values, unit, goal=""):
    """One line: median (minimum to maximum) of n runs."""
    print(f"{name}: {statistics.median(values):.3g} {unit} ({min(values):.3g} to {max(values):.3g}, n={len(values)})"
          + (f"; goal {goal}" if goal else ""), flush=True)


def runs(default=5):
    return int(os.environ.get("CUMULET_BENCH_RUNS", default))
