"""What the whole chain makes of videos, looked at frame by frame (check_output.py)."""
import json
import subprocess

import pytest

from e2e.check_output import check_output, engine_model
from e2e.faceblur import SAMPLE, FaceBlur


@pytest.fixture
def faceblur(own_engine):
    return FaceBlur(own_engine(["--face-model", engine_model()]))  # YuNet where it is: what the check looks with


def faces_of(faceblur, key):
    """What the video's face job found."""
    job = json.loads(faceblur.execution_of(key)["input"])["body"]["job_id"]
    rekognition, faces, token = faceblur.engine.client("rekognition"), [], ""
    while token is not None:
        page = rekognition.get_face_detection(JobId=job, NextToken=token)
        faces += page["Faces"]
        token = page.get("NextToken")
    return faces


def blurred(faceblur, video, key, folder):
    faceblur.upload(video, key)
    assert faceblur.wait_for_output(key) is None
    result = folder / "result"
    faceblur.engine.client("s3").download_file(faceblur.output, key, str(result))
    return result


def check(faceblur, video, key, folder):
    report = check_output(video, blurred(faceblur, video, key, folder), faces=faces_of(faceblur, key))
    print(report)
    assert not report.problems, str(report)
    if report.skipped:
        pytest.skip("; ".join(report.skipped))


def test_the_shipped_sample(faceblur, tmp_path):
    check(faceblur, SAMPLE, "faces.mp4", tmp_path)


def test_the_shared_street_scene(faceblur, shared, tmp_path):
    check(faceblur, shared / "media/sample-video.mp4", "street/people walking.mp4", tmp_path)


def test_a_silent_portrait_mov_with_turned_pictures(faceblur, tmp_path):
    lying, video = tmp_path / "lying.mov", tmp_path / "portrait.mov"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", "1.5", "-t", "1.5", "-i", SAMPLE, "-an", "-vf",
                    "crop=360:360:0:0,pad=360:640:0:140,transpose=cclock", "-c:v", "libx264", lying], check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", lying, "-c", "copy", "-metadata:s:v", "rotate=270", video], check=True)
    check(faceblur, video, "Ünïcode + (1).mov", tmp_path)


def test_no_faces_at_all(faceblur, tmp_path):
    video = tmp_path / "none.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=321x241:rate=30:duration=1", "-c:v",
                    "mpeg4", "-q:v", "2", video], check=True)
    result = blurred(faceblur, video, "none.mp4", tmp_path)
    sizes = [subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries",
                             "stream=width,height,nb_read_frames", "-of", "csv=p=0", file], capture_output=True, text=True,
                            check=True).stdout for file in (video, result)]
    assert sizes == ["321,241,30\n"] * 2
