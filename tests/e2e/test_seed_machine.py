"""The exercise's own state machine, unmodified but for the functions' ARNs, drives the four functions; and faces that are
too many for Step Functions' 256 KiB travel as an object."""
import json
import pathlib
import subprocess

import pytest

from e2e import bright_films
from e2e.check_output import check_output, find_model
from e2e.faceblur import SAMPLE, FaceBlur, broken_history, short_clip

FUNCTIONS = ("check-rekognition-job-status", "get-rekognized-faces", "blur-faces")


class SeedFaceBlur(FaceBlur):
    """FaceBlur with the exercise's machine in place of the template's, made as the exercise says: step by step, by hand."""

    def __init__(self, engine):
        super().__init__(engine)
        functions = engine.client("lambda")
        arns = {f["FunctionName"]: f["FunctionArn"] for f in functions.list_functions()["Functions"]}
        definition = (pathlib.Path(__file__).parent / "seed_state_machine.json").read_text()
        for name in FUNCTIONS:
            assert f"<{name} ARN>" in definition
            definition = definition.replace(f"<{name} ARN>", arns[name] + ":$LATEST")
        group = "/aws/vendedlogs/states/seed"
        engine.client("logs").create_log_group(logGroupName=group)
        self.log_group = group
        account = engine.client("sts").get_caller_identity()["Account"]
        self.machine = engine.client("stepfunctions").create_state_machine(
            name="seed", definition=definition, roleArn=f"arn:aws:iam::{account}:role/states", loggingConfiguration={
                "level": "ALL", "includeExecutionData": True, "destinations": [{"cloudWatchLogsLogGroup": {
                    "logGroupArn": f"arn:aws:logs:us-east-1:{account}:log-group:{group}:*"}}]})["stateMachineArn"]
        old = functions.get_function_configuration(FunctionName="face-detection")["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName="face-detection",
                                                Environment={"Variables": {**old, "STATE_MACHINE_ARN": self.machine}})

    def entered(self, execution):
        return [e["stateEnteredEventDetails"]["name"] for e in self.history(execution) if "stateEnteredEventDetails" in e]

    def logged(self):
        pages = self.engine.client("logs").get_paginator("filter_log_events").paginate(logGroupName=self.log_group)
        return [json.loads(e["message"]) for page in pages for e in page["events"]]


def crowd(folder, seconds=18):
    """Eighteen faces in every frame, so that their boxes in all looked-at frames pass 256 KiB."""
    video = pathlib.Path(folder) / "crowd.mp4"
    picture = ("crop=208:234:86:58,scale=106:120,split=6[a][b][c][d][e][f];[a][b][c][d][e][f]hstack=inputs=6,"
               "split=3[g][h][i];[g][h][i]vstack=inputs=3,pad=640:360")
    still = pathlib.Path(folder) / "crowd.png"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", "2", "-i", SAMPLE, "-frames:v", "1", "-vf", picture, still], check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-loop", "1", "-framerate", "25", "-i", still, "-t", str(seconds), "-c:v",
                    "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", video], check=True)
    return video


def bright_crowd(folder):
    """The like for the model of our own, which stands in where YuNet's file is not here."""
    video = pathlib.Path(folder) / "crowd.mp4"
    bright_films.film(video, seconds=20, size=(640, 360), square=[(x, y) for x in range(16, 600, 96) for y in (16, 144, 272)])
    return video


@pytest.fixture
def seed(own_engine):
    return SeedFaceBlur(own_engine(["--face-model", find_model() or str(bright_films.MODEL)]))


def test_the_exercises_machine_blurs_a_video_and_fails_on_a_text(seed, tmp_path):
    seed.upload(short_clip(tmp_path), "clip.mp4")
    assert seed.wait_for_output("clip.mp4") is None
    seed.wait_until_ended()
    execution = seed.execution_of("clip.mp4")
    assert execution["status"] == "SUCCEEDED" and execution["stateMachineArn"] == seed.machine
    history = seed.history(execution["executionArn"])
    assert broken_history(history) == []
    entered = seed.entered(execution["executionArn"])
    assert entered[0] == "Check Job Status" and entered[-4:] == [
        "Job finished?", "Get Timestamps and Faces", "Blur Faces on Video", "Execution Succeeded"]
    assert set(entered[2:-4]) <= {"Wait 1 Second", "Check Job Status", "Job finished?"}
    logged = [(e["id"], e["type"]) for e in seed.logged() if e["execution_arn"] == execution["executionArn"]]
    assert sorted(logged, key=lambda e: int(e[0])) == [(str(e["id"]), e["type"]) for e in history]

    text = tmp_path / "text.mp4"
    text.write_text("This is no video.")
    seed.upload(text, "text.mp4")
    assert seed.wait_for_output("text.mp4", seconds=60) == (
        "FAILED: Could not get job_status = 'SUCCEEDED': Face Detection Failed")
    assert seed.entered(seed.execution_of("text.mp4")["executionArn"])[-2:] == ["Job finished?", "Execution Failed"]


def test_faces_past_256_kib_travel_as_an_object(seed, tmp_path):
    video = crowd(tmp_path) if find_model() else bright_crowd(tmp_path)
    seed.upload(video, "crowd.mp4")
    assert seed.wait_for_output("crowd.mp4", seconds=180) is None
    seed.wait_until_ended()
    execution = seed.execution_of("crowd.mp4")
    assert execution["status"] == "SUCCEEDED"
    task = [json.loads(e["taskSucceededEventDetails"]["output"])["Payload"]["body"]
            for e in seed.history(execution["executionArn"]) if e["type"] == "TaskSucceeded"][-2]
    assert "timestamps" not in task
    where = task["timestamps_s3_object"]
    job = json.loads(execution["input"])["body"]["job_id"]
    assert (where["bucket"], where["key"]) == (seed.input, f".faceblur/{job}.json")
    # The faces alone pass what Step Functions would carry; their object is removed with the work done.
    rekognition, faces, token = seed.engine.client("rekognition"), [], ""
    while token is not None:
        page = rekognition.get_face_detection(JobId=job, NextToken=token, MaxResults=1000)
        faces += page["Faces"]
        token = page.get("NextToken")
    boxes = json.dumps([face["Face"]["BoundingBox"] for face in faces], separators=(",", ":"))
    assert len(boxes) > 262144
    assert [o["Key"] for o in seed.engine.client("s3").list_objects_v2(Bucket=seed.input)["Contents"]] == ["crowd.mp4"]
    result = tmp_path / "result.mp4"
    seed.engine.client("s3").download_file(seed.output, "crowd.mp4", str(result))
    if find_model():
        report = check_output(video, result, faces=faces)
        assert not report.problems, str(report)
    else:
        assert bright_films.shown(result)[0] == 0
