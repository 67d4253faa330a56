"""`cumulet up`: what it prints, refuses, leaves behind."""
import os
import re
import subprocess
import tempfile

from conftest import PROGRAM, Engine


def up(*arguments, environment=None):
    return subprocess.run([PROGRAM, "up", *map(str, arguments)], capture_output=True, text=True, timeout=20,
                          env={**os.environ, **(environment or {})})


def test_says_where_it_listens_and_which_detector_works(own_engine):
    engine = own_engine()
    assert re.fullmatch(r"Cumulet \d+\.\d+\.\d+ is ready at http://127\.0\.0\.1:\d+", engine.ready_lines[0])
    assert engine.stop() == 0


def test_the_data_folder_is_private_and_held_by_one(own_engine):
    engine = own_engine()
    assert oct(engine.data.stat().st_mode & 0o777) == "0o700"
    second = up("--port", 0, "--data", engine.data)
    assert second.returncode == 1
    assert f"in use by another Cumulet (process {engine.process.pid})" in second.stderr
    engine.kill()
    engine.start()  # a crash leaves no lock


def test_refuses_other_addresses_without_credentials(tmp_path):
    refused = up("--host", "0.0.0.0", "--port", 0, "--data", tmp_path / "d")
    assert refused.returncode == 1
    assert "Refusing to listen on 0.0.0.0" in refused.stderr and "CUMULET_ROOT_ACCESS_KEY_ID" in refused.stderr


def test_other_addresses_need_the_root_key(own_engine):
    keys = {"CUMULET_ROOT_ACCESS_KEY_ID": "AKIDROOT", "CUMULET_ROOT_SECRET_ACCESS_KEY": "very-secret"}
    engine = own_engine(arguments=["--host", "0.0.0.0"], environment=keys)
    engine.endpoint = engine.endpoint.replace("0.0.0.0", "127.0.0.1")
    root = engine.client("sts", aws_access_key_id="AKIDROOT", aws_secret_access_key="very-secret")
    assert root.get_caller_identity()["Arn"].endswith(":root")
    try:
        engine.client("sts").get_caller_identity()  # test/test
        raise AssertionError("an unknown key was accepted")
    except root.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidClientTokenId"
    try:
        engine.client("s3").list_buckets()
        raise AssertionError("an unknown key was accepted")
    except root.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidAccessKeyId"


def test_says_why_a_port_cannot_be_had(engine, tmp_path):
    taken = up("--port", engine.port, "--data", tmp_path / "d")
    assert taken.returncode == 1
    assert re.search(rf"Cannot listen on 127\.0\.0\.1:{engine.port}: .*in use", taken.stderr)


def test_ephemeral_data_is_gone_afterwards(monkeypatch):
    folder = tempfile.mkdtemp(prefix="cumulet-up-test-")
    environment = {"TMPDIR": folder}
    parent = os.path.join(folder, f"cumulet-{os.getuid()}")
    killed = Engine(environment=environment).start()
    left = set(os.listdir(parent))
    assert len(left) == 1
    killed.kill()
    assert set(os.listdir(parent)) == left
    following = Engine(environment=environment).start()  # sweeps what the killed one left
    assert len(os.listdir(parent)) == 1 and set(os.listdir(parent)) != left
    assert following.stop() == 0
    assert os.listdir(parent) == []
    killed.discard()
    following.discard()


def test_version():
    assert re.fullmatch(r"Cumulet \d+\.\d+\.\d+\n", subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout)


def test_wrong_flags_are_explained():
    assert up("--log-level", "loud", "--ephemeral").returncode != 0
    both = up("--ephemeral", "--data", "/tmp/x")
    assert both.returncode != 0 and "--data" in both.stderr
