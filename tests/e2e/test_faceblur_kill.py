"""kill -9 of the engine at random moments of the chain: the output appears all the same, and what was recorded stays.

CUMULET_KILLS says how many (6 here; 100 for the full proof), CUMULET_KILL_SEED the seed.
"""
import os
import random
import time

import pytest

from e2e.faceblur import FaceBlur, broken_history, short_clip

KILLS = int(os.environ.get("CUMULET_KILLS", "6"))
SEED = int(os.environ.get("CUMULET_KILL_SEED", "2026"))


def test_the_chain_survives_kill_9(own_engine, tmp_path):
    engine = own_engine()
    port = engine.port
    app = FaceBlur(engine)
    clip = short_clip(tmp_path, 1)
    started = time.time()
    app.upload(clip, "calm.mp4")
    assert app.wait_for_output("calm.mp4") is None
    chain_seconds = time.time() - started

    moments = random.Random(SEED)
    for number in range(KILLS):
        key = f"killed-{number}.mp4"
        moment = moments.uniform(0, chain_seconds * 1.1)
        app.upload(clip, key)
        time.sleep(moment)
        recorded = {e["executionArn"]: app.history(e["executionArn"]) for e in app.executions()}
        engine.kill()
        engine.start(port)
        problem = app.wait_for_output(key)
        assert problem is None, f"kill {number} after {moment:.3f} s: {problem}\n{engine.log_text()[-3000:]}"
        app.wait_until_ended()
        for execution in app.executions():
            events = app.history(execution["executionArn"])
            assert execution["status"] == "SUCCEEDED", f"kill {number} after {moment:.3f} s: {execution['status']}"
            assert broken_history(events) == [], f"kill {number} after {moment:.3f} s: {[e['type'] for e in events]}"
            before = recorded.get(execution["executionArn"], [])
            assert events[: len(before)] == before, f"kill {number} after {moment:.3f} s changed what was recorded"


def test_a_stopped_engine_goes_on_where_it_was(own_engine, tmp_path):
    engine = own_engine()
    port = engine.port
    app = FaceBlur(engine)
    app.upload(short_clip(tmp_path, 1), "video.mp4")
    time.sleep(0.3)
    assert engine.stop() == 0
    engine.start(port)
    assert app.wait_for_output("video.mp4") is None


@pytest.mark.parametrize("signal_first", [True, False])
def test_the_data_folder_belongs_to_one_process(own_engine, signal_first):
    engine = own_engine()
    other = engine.run("up", "--port", "0", "--data", engine.data, check=False, timeout=60)
    assert other.returncode != 0
    assert str(engine.data) in other.stderr + other.stdout
    assert (engine.data.stat().st_mode & 0o777) == 0o700
    assert engine.stop() == 0 if signal_first else engine.kill() is None
    engine.start()  # the lock went with the process
