#!/usr/bin/python3
"""Pushes and pulls of layers: a durable push against what the disk and the hash alone take, and everything against Debian's docker-registry.

  bench/registry.py                     a layer of 1 GB, five rounds of each, the median told
  bench/registry.py --mb 64 --rounds 3
  bench/registry.py --floor             only the first part

Two comparisons, each in the same run and turn by turn, so that a noisy machine is noisy for all:
  durable    one layer pushed to `cumulet up` with a data folder, against SHA-256 and write and fdatasync of the same bytes in the same folder by this
             program: the floor. The goal: at least 0.9 of it.
  ephemeral  the same layer pushed and pulled with `cumulet up --ephemeral`, against docker-registry (apt-get install docker-registry; left out, visibly,
             where it is not there). The goal: at least its speed.
What comes back is compared with what was sent before anything is told. Run it on a quiet machine.
"""
import argparse
import hashlib
import http.client
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("CUMULET_PROGRAM", str(ROOT / "build/release/bin/cumulet"))
BLOCK = 1 << 20
MB = 1_000_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A registry that listens; ended with the block."""

    def __init__(self, words, port, environment=None):
        self.port, self.words, self.environment = port, words, {**os.environ, **(environment or {})}

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment)
        end = time.time() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.time() > end or self.process.poll() is not None:
                    raise SystemExit(f"{self.words[0]} does not listen")
                time.sleep(0.05)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600, blocksize=BLOCK)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return connection, answer

    def push(self, name, layer, digest):
        """Seconds of a push as tools do it: POST, PATCH with all bytes, PUT with the digest."""
        began = time.perf_counter()
        _, answer = self.ask("POST", f"/v2/{name}/blobs/uploads/", headers={"Content-Length": "0"})
        assert answer.status == 202, answer.status
        location = path_of(answer)
        with open(layer, "rb") as source:
            _, answer = self.ask("PATCH", location, source, {"Content-Length": str(os.path.getsize(layer)), "Content-Type": "application/octet-stream"})
            assert answer.status == 202, (answer.status, answer.read())
        location = path_of(answer)
        between = "&" if "?" in location else "?"
        _, answer = self.ask("PUT", location + between + urllib.parse.urlencode({"digest": digest}), headers={"Content-Length": "0"})
        assert answer.status == 201, (answer.status, answer.read())
        return time.perf_counter() - began

    def pull(self, name, digest, check):
        """Seconds of a pull; the bytes are hashed where `check` says so, in a pull that is not told."""
        began = time.perf_counter()
        _, answer = self.ask("GET", f"/v2/{name}/blobs/{digest}")
        assert answer.status == 200, answer.status
        hashed, buffer = hashlib.sha256(), bytearray(BLOCK)
        while count := answer.readinto(buffer):
            if check:
                hashed.update(memoryview(buffer)[:count])
        took = time.perf_counter() - began
        assert not check or "sha256:" + hashed.hexdigest() == digest, "other bytes came back"
        return took


def path_of(answer):
    answer.read()
    location = urllib.parse.urlsplit(answer.headers["Location"])
    return location.path + ("?" + location.query if location.query else "")


def floor(layer, folder):
    """Seconds of what cannot be saved: read, hash, write, sync."""
    target = os.path.join(folder, "floor")
    began = time.perf_counter()
    hashed = hashlib.sha256()
    with open(layer, "rb") as source, open(target, "wb", buffering=0) as out:
        while block := source.read(BLOCK):
            hashed.update(block)
            out.write(block)
        os.fdatasync(out.fileno())
    took = time.perf_counter() - began
    os.unlink(target)
    return took


def create(server, name):
    subprocess.run([PROGRAM, "aws", "--endpoint", f"http://127.0.0.1:{server.port}", "ecr", "create-repository", "--repository-name", name],
                   check=True, stdout=subprocess.DEVNULL)


def fresh_layer(folder, size):
    """Bytes that no registry has yet."""
    layer = os.path.join(folder, "layer")
    hashed = hashlib.sha256()
    with open(layer, "wb") as out:
        for at in range(0, size, BLOCK):
            block = os.urandom(min(BLOCK, size - at))
            hashed.update(block)
            out.write(block)
    return layer, "sha256:" + hashed.hexdigest()


def told(name, seconds, size):
    middle = statistics.median(seconds)
    print(f"{name:34} {size / MB / middle:8.0f} MB/s  (median of {len(seconds)}; {min(seconds):.2f} to {max(seconds):.2f} s)", flush=True)
    return middle


def durable(folder, size, rounds):
    port = free_port()
    ours, lowest = [], []
    with Server([PROGRAM, "up", "--port", str(port), "--data", os.path.join(folder, "data")], port) as engine:
        create(engine, "bench")
        for _ in range(rounds):
            layer, digest = fresh_layer(folder, size)
            lowest.append(floor(layer, folder))
            ours.append(engine.push("bench", layer, digest))
            engine.pull("bench", digest, check=True)
    a, b = told("floor: SHA-256, write, fdatasync", lowest, size), told("durable push", ours, size)
    print(f"durable push is {a / b:.2f} of the floor's speed (goal: 0.9)")


def ephemeral(folder, size, rounds):
    rival = shutil.which("docker-registry")
    times = {}
    port, other = free_port(), free_port()
    configuration = os.path.join(folder, "registry.yml")
    pathlib.Path(configuration).write_text(f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/rival\nhttp:\n  addr: 127.0.0.1:{other}\n")
    servers = {"cumulet --ephemeral": Server([PROGRAM, "up", "--port", str(port), "--ephemeral"], port, {"TMPDIR": folder})}
    if rival:
        servers["docker-registry"] = Server([rival, "serve", configuration], other)
    else:
        print("docker-registry is not installed: nothing to compare with", file=sys.stderr)
    try:
        for server in servers.values():
            server.__enter__()
        create(servers["cumulet --ephemeral"], "bench")
        for _ in range(rounds):
            layer, digest = fresh_layer(folder, size)
            for name, server in servers.items():
                times.setdefault((name, "push"), []).append(server.push("bench", layer, digest))
                server.pull("bench", digest, check=True)
                times.setdefault((name, "pull"), []).append(server.pull("bench", digest, check=False))
    finally:
        for server in servers.values():
            server.__exit__()
    medians = {key: told(f"{key[0]}, {key[1]}", seconds, size) for key, seconds in times.items()}
    if rival:
        for way in ("push", "pull"):
            print(f"{way}: {medians['docker-registry', way] / medians['cumulet --ephemeral', way]:.2f} times docker-registry's speed (goal: 1)")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mb", type=int, default=1000, help="size of the layer")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--floor", action="store_true", help="only the durable push against the floor")
    flags = options.parse_args()
    folder = tempfile.mkdtemp(prefix="cumulet-bench-")
    try:
        durable(folder, flags.mb * MB, flags.rounds)
        if not flags.floor:
            ephemeral(folder, flags.mb * MB, flags.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
