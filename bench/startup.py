#!/usr/bin/python3
"""Engine start to ready (first answered health request), idle memory; against `python3 -c pass` as the floor of a process."""
import shutil
import subprocess
import tempfile
import time
import urllib.request

from common import Engine, PROGRAM, rss_mb, runs, tell

ready, idle, floor = [], [], []
for _ in range(runs(11)):
    folder = tempfile.mkdtemp(prefix="cumulet-bench-")
    started = time.perf_counter()
    engine = Engine(folder + "/data").start()
    with urllib.request.urlopen(engine.endpoint + "/_cumulet/health") as answer:
        assert b'"version"' in answer.read()
    ready.append((time.perf_counter() - started) * 1000)
    time.sleep(0.3)
    idle.append(rss_mb(engine.process.pid))
    assert engine.stop() == 0
    engine.discard()
    shutil.rmtree(folder)
    started = time.perf_counter()
    subprocess.run(["/usr/bin/python3", "-c", "pass"], check=True)
    floor.append((time.perf_counter() - started) * 1000)
print(f"program: {PROGRAM}")
tell("start to ready", ready, "ms", "50")
tell("python3 -c pass", floor, "ms")
tell("idle RSS", idle, "MB", "under 30")
