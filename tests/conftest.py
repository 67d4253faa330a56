"""One engine for a whole pytest run (of each worker of pytest-xdist), on a free port, with its own ephemeral data; and engines of a test's own that can be
killed and started again on the same data folder."""
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import boto3
import pytest
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import function_ports  # noqa: E402  (in tests/)
import lambda_matrix  # noqa: E402
import s3_matrix  # noqa: E402
from e2e.check_output import engine_model  # noqa: E402

PROGRAM = os.environ.get("CUMULET_PROGRAM", str(ROOT / "build/release/bin/cumulet"))
SHARED = pathlib.Path(os.environ.get("CUMULET_SHARED", ROOT.parent / "shared"))
S3_RECORDER = s3_matrix.recorder()  # None: nobody wants to know
LAMBDA_RECORDER = lambda_matrix.recorder()
READY_SECONDS = 120  # limits are for what hangs; how fast things are is told by bench/


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: cannot bear other tests beside it; scripts/test.sh runs it by itself")


class Engine:
    """A running `cumulet up`. `data` None: ephemeral. `command`: how the program is run (as another user, say)."""

    def __init__(self, data=None, arguments=(), environment=None, command=(PROGRAM,), folder=None):
        self.command, self.folder = list(command), folder
        self.data = data
        self.arguments = list(arguments)
        self.environment = {**os.environ, **(environment or {})}
        if self.command == [PROGRAM]:  # another user may not read it
            self.environment["CUMULET_FACE_MODEL"] = self.environment.get("CUMULET_FACE_MODEL") or engine_model()
        self.process = None
        self.endpoint = None
        self.ready_lines = []
        self.log = tempfile.NamedTemporaryFile(prefix="cumulet-engine-", suffix=".log", delete=False)

    def start(self, port=0):
        where = ["--data", str(self.data)] if self.data else ["--ephemeral"]
        self.process = subprocess.Popen([*self.command, "up", "--port", str(port), *where, *function_ports.ENGINE_OPTIONS, *self.arguments], stdout=subprocess.PIPE,
                                        stderr=self.log, stdin=subprocess.DEVNULL, env=self.environment, cwd=self.folder)
        self.ready_lines = []
        text, end = b"", time.time() + READY_SECONDS
        while b"http://" not in text or not text.endswith(b"\n"):
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.time()))
            piece = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            if not piece:
                self.kill()
                raise RuntimeError(f"the engine did not get ready: {text.decode()}\n{self.log_text()[-4000:]}")
            text += piece
        self.ready_lines = text.decode().splitlines()
        self.endpoint = re.search(r"http://[^\s\"]+", text.decode()).group(0)
        return self

    @property
    def port(self):
        return int(self.endpoint.rsplit(":", 1)[1])

    def client(self, service, **options):
        config = Config(retries={"max_attempts": 0}, inject_host_prefix=False, read_timeout=120,
                        s3={"addressing_style": "path"}).merge(options.pop("config", Config()))
        given = {"endpoint_url": self.endpoint, "region_name": "us-east-1", "aws_access_key_id": "test",
                 "aws_secret_access_key": "test", "config": config}
        made = boto3.session.Session().client(service, **{**given, **options})
        if S3_RECORDER and service == "s3":
            S3_RECORDER.watch(made)
        if LAMBDA_RECORDER and service == "lambda":
            LAMBDA_RECORDER.watch(made)
        return made

    def run(self, *arguments, check=True, timeout=120, environment=None):
        """A cumulet subcommand against this engine; returns the CompletedProcess with text output."""
        environment = {**self.environment, "AWS_ENDPOINT_URL": self.endpoint, **(environment or {})}
        done = subprocess.run([*self.command, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=timeout,
                              cwd=self.folder)
        if check and done.returncode != 0:
            raise AssertionError(f"cumulet {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def kill(self):
        """kill -9, and wait until it is gone."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait(timeout=60)
            self.process.stdout.close()
            self.process = None

    def stop(self):
        """SIGTERM; the exit status."""
        if not self.process:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the engine did not stop within a minute of SIGTERM:\n" + self.log_text()[-4000:])
        self.process.stdout.close()
        self.process = None
        return status

    def log_text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def discard(self):
        self.kill()
        self.log.close()
        os.unlink(self.log.name)


@pytest.fixture(scope="session")
def engine():
    """The engine that the tests of a run share: use names of your own in it."""
    if not os.access(PROGRAM, os.X_OK):
        pytest.exit(f"{PROGRAM} is not built: run scripts/setup.sh", returncode=1)
    running = Engine().start()
    yield running
    try:
        assert running.stop() == 0
    finally:
        running.discard()


@pytest.fixture
def own_engine():
    """Makes engines with a data folder of their own: own_engine() starts one; kill() and start() it at will."""
    made = []

    def make(arguments=(), environment=None, port=0):
        folder = tempfile.mkdtemp(prefix="cumulet-data-")
        made.append((Engine(pathlib.Path(folder) / "data", arguments, environment), folder))
        return made[-1][0].start(port)

    yield make
    for one, folder in made:
        one.discard()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def root_folder():
    return ROOT


@pytest.fixture(scope="session")
def shared():
    """Folder of the data that is not shipped; tests of it are skipped visibly where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared data at {SHARED}: what depends on it was not tested")
    return SHARED
