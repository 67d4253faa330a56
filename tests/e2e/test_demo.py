"""The two walks from nothing to a blurred video: scripts/demo.sh, and the exercise's steps by AWS CLI."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import urllib.request

import pytest

from e2e.check_output import real_model


@pytest.fixture
def build(root_folder):
    folder = pathlib.Path(os.environ.get("CUMULET_PROGRAM", root_folder / "build/release/bin/cumulet")).parent.parent
    if not (folder / "packages/blur-faces.zip").exists():
        pytest.skip(f"{folder}/packages is not built: the walk was not tested")
    if not real_model():
        pytest.skip("no face model is here (scripts/setup.sh fetches one): the walk was not tested")
    return folder


def run(root_folder, build, *words):
    environment = {**os.environ, "CUMULET_BUILD": str(build), "CUMULET_FACE_MODEL": real_model()}
    return subprocess.run([str(w) for w in words], cwd=root_folder, env=environment, capture_output=True, text=True,
                          timeout=400)


def test_demo_blurs_its_sample(root_folder, build):
    result = pathlib.Path(root_folder) / "out/faces.mp4"
    result.unlink(missing_ok=True)
    done = run(root_folder, build, "scripts/demo.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert result.stat().st_size > 10_000
    for said in ("event ", "job ", "state    Check Job Status", "state    Blur Faces on Video", "state    Execution Succeeded", " 100 %",
                 "execution  arn:aws:states:", "detector ", "recall: ", "result     out/faces.mp4", "no frame of it shows a face"):
        assert said in done.stdout, f"{said!r} is not in\n{done.stdout}"


def test_demo_fails_loudly_and_leaves_no_result(root_folder, build, tmp_path):
    video = tmp_path / "no-video-at-all.mp4"
    video.write_text("this is a text file\n" * 100)
    done = run(root_folder, build, "scripts/demo.sh", video)
    assert done.returncode != 0
    assert "the execution failed" in done.stderr and "the last lines of /aws/lambda/face-detection" in done.stdout
    assert not (pathlib.Path(root_folder) / "out" / video.name).exists()


def test_demo_refuses_what_is_no_video(root_folder, build):
    assert "there is no file" in run(root_folder, build, "scripts/demo.sh", "/nonexistent.mp4").stderr
    assert "neither .mp4 nor .mov" in run(root_folder, build, "scripts/demo.sh", "README.md").stderr


def test_the_exercise_step_by_step(root_folder, build):
    if not shutil.which("aws"):
        pytest.skip("no AWS CLI on the PATH: the exercise's steps were not tested")
    done = run(root_folder, build, "tests/e2e/seed_steps.sh")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    assert "every step of the exercise works" in done.stdout


def test_demo_of_polybot_blurs_a_video_through_the_chat(root_folder, build):
    if not (build / "packages/polybot-worker.zip").exists():
        pytest.skip(f"{build}/packages/polybot-worker.zip is not built: the walk was not tested")
    result = pathlib.Path(root_folder) / "out/polybot-faces.mp4"
    result.unlink(missing_ok=True)
    done = run(root_folder, build, "scripts/demo.sh", "--polybot", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert result.stat().st_size > 10_000
    for said in ("the bot listens", "sent       faces.mp4", "bot        Blurring faces...", "result     out/polybot-faces.mp4", "checked    "):
        assert said in done.stdout, f"{said!r} is not in\n{done.stdout}"


def test_demo_of_polybot_fails_loudly(root_folder, build, tmp_path):
    if not (build / "packages/polybot-worker.zip").exists():
        pytest.skip(f"{build}/packages/polybot-worker.zip is not built: the walk was not tested")
    video = tmp_path / "text.mp4"
    video.write_text("this is a text file\n" * 100)
    done = run(root_folder, build, "scripts/demo.sh", "--polybot", "--once", video)
    assert done.returncode != 0
    assert "no blurred video came back" in done.stderr and "I can only blur MP4 and MOV" in done.stdout
    assert not (pathlib.Path(root_folder) / "out/polybot-text.mp4").exists()


def test_demo_of_polybot_stays_until_it_is_interrupted(root_folder, build):
    if not (build / "packages/polybot-worker.zip").exists():
        pytest.skip(f"{build}/packages/polybot-worker.zip is not built: the walk was not tested")
    environment = {**os.environ, "CUMULET_BUILD": str(build)}
    environment.pop("DISPLAY", None)
    demo = subprocess.Popen(["scripts/demo.sh", "--polybot"], cwd=root_folder, env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True)
    said = ""
    for line in demo.stdout:
        said += line
        if "Ctrl-C ends it all" in line:
            break
    page = re.search(r"talk to it at (http://\S+)", said)
    assert page, said
    with urllib.request.urlopen(page.group(1), timeout=10) as answer:
        assert answer.status == 200
    os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
    assert "stopped" in demo.stdout.read()
    assert demo.wait(timeout=30) == 0  # how it is meant to end
    with pytest.raises(OSError):
        urllib.request.urlopen(page.group(1), timeout=2)
