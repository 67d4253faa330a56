"""`cumulet up --detach` and `cumulet stop`."""
import os
import re
import subprocess
import urllib.request

import pytest

from conftest import PROGRAM, Engine


@pytest.fixture
def cumulet(tmp_path):
    """Runs a command of a user whose data folder is tmp_path/data; what it started is stopped."""
    environment = {**os.environ, "CUMULET_DATA": str(tmp_path / "data"), "TMPDIR": str(tmp_path), "CUMULET_ENDPOINT": "", "AWS_ENDPOINT_URL": ""}

    def run(*arguments):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, env=environment)

    run.data, run.environment = tmp_path / "data", environment
    yield run
    run("stop")


def process_of(folder):
    return int((folder / "lock").read_text().split()[0])


def test_detached_it_answers_when_the_command_returns(cumulet):
    up = cumulet("up", "--detach", "--port", 0)
    assert up.returncode == 0, up.stderr
    endpoint = re.search(r"ready at (http://\S+)", up.stdout).group(1)
    assert urllib.request.urlopen(endpoint + "/_cumulet/live").read() == b"ok"
    assert (cumulet.data / "lock").read_text().splitlines()[1] == endpoint
    assert endpoint in cumulet("status").stdout  # by the data folder alone
    second = cumulet("up", "--detach", "--port", 0)
    assert second.returncode == 1
    assert f"in use by another Cumulet (process {process_of(cumulet.data)}) at {endpoint}; stop it (cumulet stop)" in second.stderr
    process = process_of(cumulet.data)
    stop = cumulet("stop")
    assert stop.returncode == 0 and f"stopped the engine (process {process} at {endpoint})" in stop.stdout
    assert cumulet("stop").returncode == 1  # nobody holds the folder any more
    assert "stopping on SIGTERM" in (cumulet.data / "engine.log").read_text()


def test_there_may_be_nothing_to_stop(cumulet):
    stop = cumulet("stop")
    assert stop.returncode == 1 and f"no engine runs on the data folder {cumulet.data}" in stop.stderr


def test_a_number_that_now_is_anothers_is_not_signalled(cumulet):
    cumulet.data.mkdir()
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (cumulet.data / "lock").write_text(f"{bystander.pid}\nhttp://127.0.0.1:1\n")
        assert cumulet("stop").returncode == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_start_that_fails_says_so(cumulet):
    failed = cumulet("up", "--detach", "--port", 0, "--face-model", __file__)
    assert failed.returncode == 1 and "neither an ONNX nor a TensorFlow Lite model" in failed.stderr


def test_a_temporary_engine_is_found_and_stopped(cumulet):
    assert cumulet("up", "--detach", "--ephemeral", "--port", 0).returncode == 0
    other = cumulet("up", "--detach", "--ephemeral", "--port", 0)
    endpoint = re.search(r"ready at (http://\S+)", other.stdout).group(1)
    which = cumulet("stop")
    assert which.returncode == 1 and f"cumulet stop --endpoint {endpoint}" in which.stderr
    assert cumulet("stop", "--endpoint", endpoint).returncode == 0
    assert cumulet("stop").returncode == 0  # the one that is left


def test_one_in_the_foreground_can_be_stopped_too(cumulet):
    engine = Engine(cumulet.data, environment=cumulet.environment).start()
    try:
        assert cumulet("stop", "--data", cumulet.data).returncode == 0
        assert engine.process.wait(timeout=60) == 0
    finally:
        engine.discard()
