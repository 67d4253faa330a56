"""What is no face model is refused at start, in one sentence; and nobody is told where the model or a film lies."""
import os
import pathlib
import subprocess
import sys
import time

import conftest
import pytest
from botocore.exceptions import ClientError

from conftest import own_engine  # noqa: F401: whose engine it is makes no difference here, so once is enough
from e2e.bright_films import MODEL, film

VISION = pathlib.Path(conftest.PROGRAM).parent / "cumulet-vision"


def run(*command, **environment):
    return subprocess.run([str(part) for part in command], env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=30)


def wrong_files(folder):
    whole = MODEL.read_bytes()
    content = {"README.md": b"# Cumulet\n\nA small serverless cloud.\n", "empty.onnx": b"", "half.onnx": whole[: len(whole) // 2],
               "last-byte.onnx": whole[:-1], "other.onnx": whole.replace(b"kps_32", b"qps_32"),
               "lfs.onnx": b"version https://git-lfs.github.com/spec/v1\noid sha256:8f23\nsize 232589\n"}
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in content] + [folder / "absent.onnx", folder]


def test_up_refuses_what_is_no_model(tmp_path):
    for file in wrong_files(tmp_path):
        for arguments, environment in ((["--face-model", file], {}), ([], {"CUMULET_FACE_MODEL": str(file)})):
            done = run(conftest.PROGRAM, "up", "--port", "0", "--ephemeral", *arguments, **environment)
            assert done.returncode == 1, (file, done)
            assert "ready" not in done.stdout
            lines = done.stderr.splitlines()
            assert len(lines) == 1 and lines[0].startswith(f"cumulet up: the face model {file} "), done.stderr


def test_up_refuses_a_kept_model_that_is_damaged(tmp_path):
    kept = tmp_path / "cumulet/models/face_detection_yunet_2023mar.onnx"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(MODEL.read_bytes()[:1000])
    done = run(conftest.PROGRAM, "up", "--port", "0", "--ephemeral", XDG_DATA_HOME=str(tmp_path), CUMULET_FACE_MODEL="")
    assert done.returncode == 1
    assert done.stderr == f"cumulet up: the face model {kept} is damaged or cut short\n"


def test_the_program_for_media_refuses_it_too(tmp_path):
    film(tmp_path / "film.mp4", seconds=0.4)
    for file in wrong_files(tmp_path):
        for command, environment in ((["detector", "--model", file], {}),
                                     (["blur", tmp_path / "film.mp4", tmp_path / "out.mp4"], {"CUMULET_FACE_MODEL": str(file)})):
            done = run(VISION, *command, **environment)
            assert done.returncode == 1, (file, done)
            assert done.stdout == "" and f"{file}: The face model " in done.stderr, done.stderr
            assert not (tmp_path / "out.mp4").exists()
    assert run(VISION, "detector", "--model", MODEL).stdout == "detector: YuNet 2023mar\n"


def test_no_message_names_a_path(own_engine, tmp_path):
    """A model that becomes another after the engine began: jobs and pictures fail without a word of where things lie."""
    model = tmp_path / "model.onnx"
    model.write_bytes(MODEL.read_bytes())
    engine = own_engine(["--face-model", str(model)])
    s3, rekognition = engine.client("s3"), engine.client("rekognition")
    s3.create_bucket(Bucket="media")
    s3.put_object(Bucket="media", Key="film.mp4", Body=film(tmp_path / "film.mp4", seconds=0.4))
    picture = subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=white:size=64x64", "-frames:v", "1", "-f",
                              "image2pipe", "-c:v", "png", "-"], capture_output=True, check=True).stdout
    for change in (lambda: model.write_bytes(b"no model"), lambda: model.write_bytes(b""), model.unlink):
        change()
        job = rekognition.start_face_detection(Video={"S3Object": {"Bucket": "media", "Name": "film.mp4"}})["JobId"]
        end = time.time() + 60
        while (answer := rekognition.get_face_detection(JobId=job))["JobStatus"] == "IN_PROGRESS":
            assert time.time() < end
            time.sleep(0.05)
        assert answer["JobStatus"] == "FAILED"
        with pytest.raises(ClientError) as error:
            rekognition.detect_faces(Image={"Bytes": picture})
        for message in (answer["StatusMessage"], error.value.response["Error"]["Message"]):
            assert message and "/" not in message and ".onnx" not in message, message


def test_the_model_of_our_own_is_what_its_script_writes(tmp_path):
    run(sys.executable, MODEL.with_name("make_bright_spots.py"), tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == MODEL.read_bytes()
