"""What is no video, or a broken one: the execution ends in Fail with a cause a person understands, and no object appears."""
import subprocess
import time

import pytest

from e2e.faceblur import FaceBlur, short_clip


@pytest.fixture(scope="module")
def app(engine):
    return FaceBlur(engine)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return short_clip(tmp_path_factory.mktemp("clips"), 2)


def outcome(app, key, seconds=300):
    """The execution of the object `key`, ended."""
    end = time.time() + seconds
    while time.time() < end:
        described = app.execution_of(key)
        if described and described["status"] != "RUNNING":
            return described
        time.sleep(0.05)
    raise AssertionError(f"no execution for {key} ended; function log:\n" + app.engine.run("logs", "face-detection", check=False).stdout[-3000:])


def put(app, key, content):
    app.engine.client("s3").put_object(Bucket=app.input, Key=key, Body=content)


@pytest.mark.parametrize("name, content", [("text.mp4", b"this is no video, but text\n" * 100), ("empty.mp4", b"")], ids=["text", "empty"])
def test_what_is_no_video_fails_with_a_cause(app, name, content):
    put(app, name, content)
    described = outcome(app, name)
    assert described["status"] == "FAILED"
    assert described.get("cause"), described
    assert not app.has_output(name)


def test_half_a_file_leaves_no_output(app, clip):
    whole = clip.read_bytes()
    put(app, "half.mp4", whole[: len(whole) // 2])
    described = outcome(app, "half.mp4")
    assert described["status"] == "FAILED"
    assert described.get("cause")
    assert not app.has_output("half.mp4")


def test_a_damaged_frame_leaves_no_output(app, tmp_path, clip):
    # Zeros over bytes in the middle of the video's data: the container still reads, a frame does not decode.
    fast = tmp_path / "fast.mp4"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", clip, "-c", "copy", "-movflags", "+faststart", fast], check=True)
    data = bytearray(fast.read_bytes())
    middle = len(data) * 2 // 3
    data[middle : middle + 3000] = bytes(3000)
    put(app, "damaged.mp4", bytes(data))
    described = outcome(app, "damaged.mp4")
    assert described["status"] == "FAILED"
    assert described.get("cause")
    assert not app.has_output("damaged.mp4")


def test_a_record_without_a_video_suffix_starts_nothing(app):
    before = len(app.executions())
    put(app, "notes.txt", b"no video")
    put(app, "after-the-notes.mp4", b"")  # events are delivered in their order: with this one the other was, too
    outcome(app, "after-the-notes.mp4")
    assert len(app.executions()) == before + 1


def test_keys_that_need_encoding_come_back_under_the_same_key(app, clip):
    key = "a folder/ünï + 100%/ÄÖ.mp4"
    app.upload(clip, key)
    assert app.wait_for_output(key) is None
