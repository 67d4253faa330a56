"""The exercise's functions in Python (samples/face-blur-lambdas, written from its description), made by hand as it says: runtime Python 3.9, boto3
as it stands in the runtime, the exercise's own state machine. Blurring itself is an image there; here it is FaceBlur's function."""
import json

from e2e import bright_films
from e2e.check_output import check_output, find_model
from e2e.faceblur import ROOT, broken_history, short_clip
from e2e.test_seed_machine import SeedFaceBlur
from protocol.managed_functions import sources

FOLDER = ROOT / "samples" / "face-blur-lambdas"
PYTHON = ("face-detection", "check-rekognition-job-status", "get-rekognized-faces")


class PythonFaceBlur(SeedFaceBlur):
    """The three functions that are plain source replace FaceBlur's own under their names."""

    def __init__(self, engine):
        super().__init__(engine)
        functions = engine.client("lambda")
        for name in PYTHON:
            functions.update_function_code(FunctionName=name, ZipFile=sources(
                {file.name: file.read_bytes() for file in (FOLDER / name).glob("*.py")}))
            functions.update_function_configuration(FunctionName=name, Runtime="python3.9", Handler="lambda_function.lambda_handler",
                                                    Timeout=60, MemorySize=256)


def test_a_video_goes_through_functions_in_python(own_engine, tmp_path):
    blur = PythonFaceBlur(own_engine(["--face-model", find_model() or str(bright_films.MODEL)]))
    clip = short_clip(tmp_path)
    blur.upload(clip, "a clip.mp4")
    assert blur.wait_for_output("a clip.mp4") is None
    blur.wait_until_ended()
    execution = blur.execution_of("a clip.mp4")
    assert execution["status"] == "SUCCEEDED" and broken_history(blur.history(execution["executionArn"])) == []
    log = "".join(e["message"] for e in blur.engine.client("logs").filter_log_events(logGroupName="/aws/lambda/face-detection")["events"])
    assert "INIT_START Runtime Version: python:3.9.v" in log and "[INFO]\t" in log and "looks at s3://" in log
    result = tmp_path / "result.mp4"
    blur.engine.client("s3").download_file(blur.output, "a clip.mp4", str(result))
    if find_model():
        job = json.loads(execution["input"])["body"]["job_id"]
        faces = blur.engine.client("rekognition").get_face_detection(JobId=job)["Faces"]
        report = check_output(clip, result, faces=faces)
        assert report.figures["faces still found"] == 0 and report.figures["frames"] == 50, str(report)
    else:
        assert result.stat().st_size > 0
