"""Fixtures of the black-box tests: engines started from the built program, and real clients for them.

CUMULET_PROGRAM names the program (default: build/release/bin/cumulet). Everything a test creates should carry a name of
its own (fixture `unique`): the session's engine is shared.
"""
import os
import pathlib
import select
import shutil
import signal
import subprocess
import time
import uuid

import boto3
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("CUMULET_PROGRAM", ROOT / "build/release/bin/cumulet"))
REGION = "us-east-1"


class Engine:
    """One `cumulet up` process. Knows its endpoint; is stopped, killed and started again by pid."""

    def __init__(self, *arguments, environment=None):
        self.arguments = [str(a) for a in arguments]
        self.environment = dict(os.environ, **(environment or {}))
        self.process = None
        self.endpoint = None
        self.lines = []

    def start(self):
        command = [str(PROGRAM), "up", "--port", "0", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=self.environment, text=True)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if not select.select([self.process.stdout], [], [], 1)[0]:
                continue
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"{' '.join(command)} ended with {self.process.wait()}")
            self.lines.append(line.rstrip("\n"))
            if " is ready at " in line:
                self.endpoint = line.split(" is ready at ")[1].strip()
                return self
        raise RuntimeError("the engine did not get ready in 30 s")

    @property
    def port(self):
        return int(self.endpoint.rsplit(":", 1)[1])

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        """SIGTERM; the exit status."""
        if self.process is None or self.process.poll() is not None:
            return None if self.process is None else self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def kill(self):
        """kill -9, as a crash."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.endpoint = None
        return self.start()

    def client(self, service, *, key="test", secret="test", token=None, region=REGION, **config):
        config.setdefault("retries", {"max_attempts": 0})
        config.setdefault("read_timeout", 60)
        if service == "s3":
            config.setdefault("s3", {"addressing_style": "path"})
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token, config=Config(**config))


@pytest.fixture(scope="session")
def engine():
    """The shared engine of this run: ephemeral, any port."""
    if not PROGRAM.exists():
        pytest.skip(f"there is no {PROGRAM}: build it or set CUMULET_PROGRAM")
    one = Engine("--ephemeral", "--log-level", os.environ.get("CUMULET_TEST_LOG", "warn")).start()
    yield one
    one.stop()


@pytest.fixture
def make_engine(tmp_path):
    """make_engine(*flags, environment={}) starts an engine of the test's own; stopped at the end."""
    if not PROGRAM.exists():
        pytest.skip(f"there is no {PROGRAM}: build it or set CUMULET_PROGRAM")
    made = []

    def make(*flags, environment=None):
        one = Engine(*flags, "--log-level", os.environ.get("CUMULET_TEST_LOG", "warn"), environment=environment)
        made.append(one)
        return one.start()

    yield make
    for one in made:
        if one.process is not None and one.process.poll() is None:
            one.stop()


@pytest.fixture
def durable_engine(make_engine, tmp_path):
    """An engine with a data folder of its own: kill() it and restart() it."""
    return make_engine("--data", tmp_path / "data")


@pytest.fixture
def client(engine):
    """client("s3") -> boto3 client of the shared engine."""
    return engine.client


@pytest.fixture
def s3(engine):
    return engine.client("s3")


@pytest.fixture
def lambda_(engine):
    return engine.client("lambda")


@pytest.fixture
def iam(engine):
    return engine.client("iam")


@pytest.fixture
def sts(engine):
    return engine.client("sts")


@pytest.fixture
def logs(engine):
    return engine.client("logs")


@pytest.fixture
def states(engine):
    return engine.client("stepfunctions")


@pytest.fixture
def rekognition(engine):
    return engine.client("rekognition")


@pytest.fixture
def unique():
    """unique("bucket") -> "bucket-1a2b3c4d5e"."""
    return lambda prefix="t": f"{prefix}-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def bucket(s3, unique):
    """A fresh bucket, emptied and deleted afterwards."""
    name = unique("bucket")
    s3.create_bucket(Bucket=name)
    yield name
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for item in page.get("Contents", []):
                s3.delete_object(Bucket=name, Key=item["Key"])
        s3.delete_bucket(Bucket=name)
    except s3.exceptions.ClientError:
        pass  # the test deleted it itself


def has(program):
    return shutil.which(program) is not None
