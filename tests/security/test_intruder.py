"""The attackers' tools work: an attack that finds nothing because its tool is broken proves nothing."""
import os
import pathlib

import pytest

from security.intruder import Died, Intruder, Raised


def test_the_engine_runs_as_the_user_that_is_named(engine, user):
    owner = pathlib.Path(f"/proc/{engine.process.pid}").stat().st_uid
    assert owner == (os.geteuid() if user.uid is None else user.uid)


def test_code_runs_inside_and_tells_what_it_found(intruder):
    assert intruder.python("import os\nreturn [os.getcwd(), given]", given=7) == ["/var/task", 7]
    assert intruder.sh("echo out; echo err >&2; exit 3") == {"status": 3, "out": "out\n", "err": "err\n"}
    assert intruder.c('#include <stdio.h>\nint main(int n, char** a) { printf("%d %s", n, a[1]); return 4; }', "x") == {
        "status": 4, "out": "2 x", "err": ""}
    with pytest.raises(Raised, match="^ZeroDivisionError"):
        intruder.python("return 1 / 0")


def test_who_dies_of_an_attack_says_so_and_comes_again(intruder):
    with pytest.raises(Died, match="Runtime.ExitError"):
        intruder.python("import os\nos.kill(os.getpid(), 9)")
    assert intruder.sh("echo again")["out"] == "again\n"


def test_an_engine_of_the_users_own_keeps_its_data(own_engine, user):
    engine = own_engine()
    engine.client("s3").create_bucket(Bucket="kept")
    engine.kill()
    engine.start()
    assert [b["Name"] for b in engine.client("s3").list_buckets()["Buckets"]] == ["kept"]
    assert engine.data.stat().st_uid == (os.geteuid() if user.uid is None else user.uid)
    with Intruder(engine) as one:
        assert one.sh("echo in")["out"] == "in\n"
