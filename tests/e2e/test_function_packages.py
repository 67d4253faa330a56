"""The packages of the small functions run in a root that holds nothing but their contents, /proc, /dev and /tmp."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["face-detection", "check-rekognition-job-status", "get-rekognized-faces", "polybot-worker"]
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:faceblur"
JOB = {"job_id": "j", "s3_object_bucket": "input", "s3_object_key": "k.mp4"}


def packages_folder():
    program = os.environ.get("CUMULET_PROGRAM", str(ROOT / "build/release/bin/cumulet"))
    return pathlib.Path(program).parents[1] / "packages"


@pytest.fixture
def package(request, tmp_path):
    """The unpacked package of the function that the test names."""
    archive = packages_folder() / f"{request.param}.zip"
    if not archive.exists():
        pytest.skip(f"{archive} is missing (scripts/package_functions.sh makes it): {request.param} in an empty root was not tested")
    if not shutil.which("bwrap"):
        pytest.skip("bubblewrap is missing: the packages were not tested in an empty root")
    folder = tmp_path / "package"
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            path = opened.extract(member, folder)
            mode = member.external_attr >> 16
            if mode:
                os.chmod(path, mode)
    return folder


class Cloud:
    """The Runtime API and the services a function calls, in one server: one invocation, then silence."""

    def __init__(self, event):
        self.event = json.dumps(event).encode()
        self.answer = None
        self.calls = []
        self.given = False
        self.done = threading.Event()
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def reply(self, body, status=200, headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                if cloud.given:
                    cloud.done.wait(30)
                    self.close_connection = True
                    return
                cloud.given = True
                self.reply(cloud.event, headers=[("Lambda-Runtime-Aws-Request-Id", "r-1"),
                                                 ("Lambda-Runtime-Deadline-Ms", "4102444800000")])

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if "/runtime/" in self.path:
                    cloud.answer = (self.path.rsplit("/", 1)[1], json.loads(body))
                    self.reply(b"", 202)
                    cloud.done.set()
                    return
                target = self.headers.get("X-Amz-Target", "")
                assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA/")
                cloud.calls.append((target.split(".")[1], json.loads(body)))
                self.reply(json.dumps({
                    "RekognitionService.StartFaceDetection": {"JobId": "j"},
                    "AWSStepFunctions.StartExecution": {"executionArn": "arn:execution", "startDate": 1},
                    "RekognitionService.GetFaceDetection": {
                        "JobStatus": "SUCCEEDED", "VideoMetadata": {"FrameRate": 25.0},
                        "Faces": [{"Timestamp": 40, "Face": {"BoundingBox": {"Left": 0.5, "Top": 0.5, "Width": 0.25, "Height": 0.25}}}]},
                }[target]).encode())

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def run(self, package):
        address = f"127.0.0.1:{self.server.server_port}"
        environment = {
            "AWS_LAMBDA_RUNTIME_API": address, "AWS_ENDPOINT_URL": f"http://{address}", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "STATE_MACHINE_ARN": MACHINE,
            "TELEGRAM_TOKEN": "1:T", "VIDEOS_BUCKET": "videos",
        }
        command = ["bwrap", "--clearenv", "--die-with-parent", "--tmpfs", "/", "--ro-bind", str(package), "/var/task",
                   "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        for name, value in environment.items():
            command += ["--setenv", name, value]
        function = subprocess.Popen(command + ["/var/task/bootstrap"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            answered = self.done.wait(30)
            function.terminate()
            output = function.communicate(timeout=60)[0]
        finally:
            function.kill()
            self.server.shutdown()
            self.server.server_close()
        assert answered, f"the function gave no answer; it printed: {output}"
        kind, answer = self.answer
        assert kind == "response", answer
        return answer


@pytest.mark.parametrize("package", ["face-detection"], indirect=True)
def test_face_detection(package):
    record = {"s3": {"bucket": {"name": "input"}, "object": {"key": "k.mp4", "size": 5, "sequencer": "1"}}}
    cloud = Cloud({"Records": [record]})
    answer = cloud.run(package)
    assert answer["statusCode"] == 200
    assert [name for name, _ in cloud.calls] == ["StartFaceDetection", "StartExecution"]
    assert json.loads(cloud.calls[1][1]["input"]) == {"body": JOB}
    assert cloud.calls[1][1]["stateMachineArn"] == MACHINE


@pytest.mark.parametrize("package", ["check-rekognition-job-status"], indirect=True)
def test_check_rekognition_job_status(package):
    assert Cloud(JOB).run(package) == {"statusCode": 200, "body": {**JOB, "job_status": "SUCCEEDED"}}


@pytest.mark.parametrize("package", ["get-rekognized-faces"], indirect=True)
def test_get_rekognized_faces(package):
    body = Cloud(JOB).run(package)["body"]
    assert body["timestamps"] == {"40": [{"Left": 0.5, "Top": 0.5, "Width": 0.25, "Height": 0.25}]}
    assert body["response"] == {"JobStatus": "SUCCEEDED", "VideoMetadata": {"FrameRate": 25.0}}


@pytest.mark.parametrize("package", ["polybot-worker"], indirect=True)
def test_polybot_worker(package):
    assert Cloud({"Records": [{"messageId": "m", "body": "for nobody"}]}).run(package) == {"batchItemFailures": []}


@pytest.mark.parametrize("package", NAMES, indirect=True)
def test_packages_are_small_enough_and_complete(package):
    assert {entry.name for entry in package.iterdir()} == {"bootstrap", "function", "lib"}
    assert (package / "bootstrap").read_bytes()[:4] == b"\x7fELF"
    size = sum(entry.stat().st_size for entry in package.rglob("*") if entry.is_file())
    assert size < 40 << 20
