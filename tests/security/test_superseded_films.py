"""A film that is written over or deleted while FaceBlur is at work on it: what comes out is what was looked at, covered, or
nothing; and the newest film's result is the one that stands.

With the bright spots' model (tests/e2e/bright_films.py): what is in question is which bytes are looked at, not how well."""
import contextlib
import json
import os
import pathlib
import signal
import time

import pytest

from conftest import own_engine  # noqa: F401: whose engine it is makes no difference here, so once is enough
from e2e.bright_films import MODEL, film, same_length, shown
from e2e.faceblur import FaceBlur


@pytest.fixture
def app(own_engine):
    return FaceBlur(own_engine(["--face-model", str(MODEL)]))


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two films of one length: with a square and without."""
    folder = tmp_path_factory.mktemp("films")
    return same_length(film(folder / "square.mp4"), film(folder / "none.mp4", square=None))


def put(app, key, body):
    app.engine.client("s3").put_object(Bucket=app.input, Key=key, Body=body)


def until(what, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing came of {what.__name__}")


def executions_of(app, key, count):
    """Descriptions of the key's executions, oldest first, when there are so many and all have ended."""
    client = app.engine.client("stepfunctions")

    def all_ended():
        described = [client.describe_execution(executionArn=e["executionArn"]) for e in app.executions()]
        ours = [d for d in described if json.loads(d["input"])["body"]["s3_object_key"] == key]
        return len(ours) == count and all(d["status"] != "RUNNING" for d in ours) and ours

    return sorted(until(all_ended, 120), key=lambda d: d["startDate"])


def result(app, key, folder):
    """The output as a file; None when there is none."""
    if not app.has_output(key):
        return None
    file = pathlib.Path(folder) / "result.mp4"
    app.engine.client("s3").download_file(app.output, key, str(file))
    return file


def expect_superseded(execution):
    assert (execution["status"], execution.get("error")) == ("FAILED", "Superseded"), execution
    assert execution["cause"]


def expect_covered(file, pictures=50):
    assert shown(file) == (0, pictures)


def children_of(pid):
    pids = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parts = stat.read_text().rsplit(")", 1)[1].split()
            if int(parts[1]) == pid:
                pids.append(int(stat.parent.name))
    return pids


def descendants(pid):
    found = children_of(pid)
    return found + [deeper for child in found for deeper in descendants(child)]


@contextlib.contextmanager
def eyes_busy(app, folder):
    """As long as it lasts every process that could look at a film is stopped, so that jobs wait."""
    long = pathlib.Path(folder) / "long.mp4"
    film(long, seconds=60, square=None)
    app.engine.client("s3").create_bucket(Bucket="busy")
    app.engine.client("s3").upload_file(str(long), "busy", "long.mp4")
    rekognition = app.engine.client("rekognition")
    places = os.cpu_count()

    def stopped():
        eyes = []
        for pid in descendants(app.engine.process.pid):
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "cumulet-vision":
                    os.kill(pid, signal.SIGSTOP)
                    eyes.append(pid)
        return len(eyes) >= places and eyes

    for _ in range(places):
        rekognition.start_face_detection(Video={"S3Object": {"Bucket": "busy", "Name": "long.mp4"}})
    eyes = until(stopped)
    try:
        yield
    finally:
        for pid in eyes:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)  # their jobs fail: nobody waits for them


def test_a_film_that_was_replaced_and_put_back_before_it_was_looked_at(app, films, tmp_path):
    square, none = films
    with eyes_busy(app, tmp_path):
        put(app, "film.mp4", square)
        execution = until(lambda: app.execution_of("film.mp4"))
        put(app, "film.mp4", none)
    job = json.loads(execution["input"])["body"]["job_id"]
    rekognition = app.engine.client("rekognition")
    until(lambda: rekognition.get_face_detection(JobId=job)["JobStatus"] != "IN_PROGRESS")
    put(app, "film.mp4", square)
    executions = executions_of(app, "film.mp4", 3)
    expect_superseded(executions[0])
    assert executions[2]["status"] == "SUCCEEDED", executions[2]
    expect_covered(result(app, "film.mp4", tmp_path))


def test_whatever_the_moment_no_square_comes_out(app, films, tmp_path):
    square, none = films
    for round_number in range(3):
        key = f"round-{round_number}.mp4"
        for body in (square, none, square):
            put(app, key, body)
            time.sleep(0.05 * round_number)  # any moment will do, also none at all
        executions = executions_of(app, key, 3)
        assert executions[-1]["status"] == "SUCCEEDED"
        for execution in executions[:-1]:
            if execution["status"] != "SUCCEEDED":
                expect_superseded(execution)
        expect_covered(result(app, key, tmp_path))


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A film that takes some seconds to be blurred."""
    folder = tmp_path_factory.mktemp("slow")
    # Many pictures that all look the same: quickly looked at, but each is decoded and encoded.
    return film(folder / "slow.mp4", seconds=10, square=(40, 40), rate=300)


def blurring(app, key):
    execution = app.execution_of(key)
    return execution and any(e.get("stateEnteredEventDetails", {}).get("name") == "Blur Faces on Video"
                             for e in app.history(execution["executionArn"]))


def test_the_newer_films_result_stands_when_the_older_one_ends_later(app, films, slow, tmp_path):
    put(app, "film.mp4", slow)
    until(lambda: blurring(app, "film.mp4"))
    put(app, "film.mp4", films[0])
    older, newer = executions_of(app, "film.mp4", 2)
    expect_superseded(older)
    assert newer["status"] == "SUCCEEDED", newer
    expect_covered(result(app, "film.mp4", tmp_path))


def test_a_film_deleted_while_it_is_blurred_has_no_result(app, slow):
    put(app, "film.mp4", slow)
    until(lambda: blurring(app, "film.mp4"))
    app.engine.client("s3").delete_object(Bucket=app.input, Key="film.mp4")
    expect_superseded(executions_of(app, "film.mp4", 1)[0])
    assert not app.has_output("film.mp4")


@pytest.mark.parametrize("moment", ["started", "blurring"])
def test_the_pin_outlives_a_kill(app, films, slow, tmp_path, moment):
    port = app.engine.port
    put(app, "film.mp4", slow)
    until(lambda: blurring(app, "film.mp4") if moment == "blurring" else app.execution_of("film.mp4"))
    app.engine.kill()
    app.engine.start(port)
    put(app, "film.mp4", films[1])
    put(app, "film.mp4", films[0])
    before_the_kill, *since = executions_of(app, "film.mp4", 3)
    expect_superseded(before_the_kill)
    # Of two that were put at once either's function may start first; the newest film's result stands.
    statuses = sorted(one["status"] for one in since)
    assert statuses in (["FAILED", "SUCCEEDED"], ["SUCCEEDED", "SUCCEEDED"]), since
    for one in since:
        if one["status"] == "FAILED":
            expect_superseded(one)
    expect_covered(result(app, "film.mp4", tmp_path))
