"""`cumulet up`: what it prints, refuses, leaves behind."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile

import pytest

from conftest import PROGRAM, Engine


def up(*arguments, environment=None):
    return subprocess.run([PROGRAM, "up", *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **(environment or {})})


def test_says_where_it_listens_and_which_detector_works(own_engine):
    engine = own_engine()
    assert re.fullmatch(r"Cumulet \d+\.\d+\.\d+ is ready at http://127\.0\.0\.1:\d+", engine.ready_lines[0])
    assert engine.stop() == 0


def test_a_running_engine_loads_no_libcurl(own_engine):
    """It brings some thirty libraries along, which cost 3 MB and a third of the start; commands that make requests load it
    (cmd/cumulet/curl_on_demand.cpp)."""
    needed = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
    assert "libsqlite3" in needed and "libcurl" not in needed
    engine = own_engine()
    assert "libcurl" not in pathlib.Path(f"/proc/{engine.process.pid}/maps").read_text()
    assert engine.run("status").stdout  # asks the engine by it


def test_the_data_folder_is_private_and_held_by_one(own_engine):
    engine = own_engine()
    assert oct(engine.data.stat().st_mode & 0o777) == "0o700"
    second = up("--port", 0, "--data", engine.data)
    assert second.returncode == 1
    assert f"in use by another Cumulet (process {engine.process.pid})" in second.stderr
    engine.kill()
    engine.start()  # a crash leaves no lock


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
    assert re.search(rf"Cannot listen on 127\.0\.0\.1:{engine.port}: .*in use; is another engine running there", taken.stderr)


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stops_cleanly_with_open_connections(own_engine, number):
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip(f"{number.name} is ignored here (nohup), and the engine keeps to that")
    engine = own_engine()
    engine.client("s3").create_bucket(Bucket="kept")
    connections = [socket.create_connection(("127.0.0.1", engine.port)) for _ in range(20)]
    connections[0].sendall(b"PUT /kept/half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc")
    connections[1].sendall(b"GET / HTTP/1.1\r\nHo")
    engine.process.send_signal(number)
    assert engine.process.wait(timeout=60) == 0
    assert f"stopping on {number.name}" in engine.log_text()
    for connection in connections:
        connection.close()
    engine.process.stdout.close()
    engine.start()
    assert [b["Name"] for b in engine.client("s3").list_buckets()["Buckets"]] == ["kept"]
    assert "Contents" not in engine.client("s3").list_objects_v2(Bucket="kept")


def test_says_what_is_wrong_with_the_data_folder(own_engine, tmp_path):
    file = tmp_path / "file"
    file.write_text("no folder")
    refused = up("--port", 0, "--data", file)
    assert refused.returncode == 1 and f"The data folder {file} is not a folder" in refused.stderr
    engine = own_engine()
    assert engine.stop() == 0
    (engine.data / "state.db").write_bytes(b"no database" * 1000)
    refused = up("--port", 0, "--data", engine.data)
    assert refused.returncode == 1 and "state.db: file is not a database" in refused.stderr
    if os.getuid() == 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        nobody = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "up", "--port", "0",
                                 "--data", closed / "data"], capture_output=True, text=True, timeout=120)
        assert nobody.returncode == 1 and "Permission denied" in nobody.stderr


def test_version():
    assert re.fullmatch(r"Cumulet \d+\.\d+\.\d+\n", subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout)


def test_wrong_flags_are_explained():
    loud = up("--log-level", "loud", "--ephemeral")
    assert loud.returncode == 1 and "--log-level is one of" in loud.stderr
    for arguments, word in ((("--ephemeral", "--data", "/tmp/x"), "--data"), (("--port", "99999"), "--port"), (("--nonsense",), "--nonsense")):
        refused = up(*arguments)
        assert refused.returncode == 2 and word in refused.stderr


def test_the_command_line_explains_itself():
    def run(*arguments):
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120)

    bare = run()
    assert bare.returncode == 2 and "Subcommands:" in bare.stderr and bare.stdout == ""
    wrong = run("start")
    assert wrong.returncode == 2 and "there is no command 'start'" in wrong.stderr
    for command in ("up", "deploy", "destroy", "status", "env", "logs", "doctor"):
        told = run(command, "--help")
        assert told.returncode == 0 and f"Usage: cumulet {command}" in told.stdout
    missing = run("deploy")
    assert missing.returncode == 1 and "there is no template.yaml" in missing.stderr
