"""The applications as container images: built from this machine's Debian packages, pushed, deployed by the template's parameter, run in their own root."""
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import PROGRAM, ROOT
from e2e.check_output import check_output, engine_model
from e2e.faceblur import SAMPLE, FaceBlur
from protocol.container_images import ImageFunction
from protocol.lambda_functions import needs_sandbox


def built(engine, name):
    """The URI of an application's image."""
    needs_sandbox()
    if not shutil.which("buildah") and not shutil.which("podman"):
        pytest.skip("neither buildah nor podman is installed: no image was built")
    program = pathlib.Path(PROGRAM).resolve().parent / name
    if not program.exists():
        pytest.skip(f"{name} is not built: no image was made of it")
    environment = {**os.environ, "AWS_ENDPOINT_URL": engine.endpoint, "BUILD": str(program.parent.parent)}
    done = subprocess.run([ROOT / "scripts/build_images.sh", name], env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()[-1]


def test_blur_faces_as_an_image_in_the_chain(own_engine, tmp_path):
    engine = own_engine(["--face-model", engine_model()])
    uri = built(engine, "blur-faces")
    faceblur = FaceBlur(engine, "--parameter", f"BlurFacesImageUri={uri}")
    described = engine.client("lambda").get_function(FunctionName="blur-faces")
    assert described["Configuration"]["PackageType"] == "Image" and described["Code"]["ImageUri"] == uri
    faceblur.upload(SAMPLE, "faces.mp4")
    assert faceblur.wait_for_output("faces.mp4") is None
    result = tmp_path / "result.mp4"
    engine.client("s3").download_file(faceblur.output, "faces.mp4", str(result))
    report = check_output(SAMPLE, result)
    print(report)
    assert not report.problems, str(report)
    if report.skipped:
        pytest.skip("; ".join(report.skipped))


def test_the_image_holds_all_it_needs(own_engine):
    """Its own root alone: the loader finds every library there."""
    engine = own_engine()
    uri = built(engine, "blur-faces")
    with ImageFunction(engine, uri, Timeout=30, MemorySize=1024) as function:
        payload, error, answer = function.invoke("echo", tail=True)
        assert error == "Unhandled" and "errorType" in payload  # no video is named: its own words, not the loader's
        assert not payload["errorType"].startswith("Runtime."), payload
