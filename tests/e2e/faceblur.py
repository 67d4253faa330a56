"""FaceBlur on an engine, as its users run it: deployed from its template, a video put into the input bucket."""
import json
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "samples" / "faces.mp4"


def short_clip(folder, seconds=2):
    """The first seconds of the shipped sample, re-encoded so that it starts and ends cleanly."""
    clip = pathlib.Path(folder) / f"clip-{seconds}s.mp4"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", SAMPLE, "-t", str(seconds), "-c:v", "libx264", "-preset",
                    "veryfast", "-c:a", "aac", clip], check=True)
    return clip


class FaceBlur:
    def __init__(self, engine, *options):
        self.engine = engine
        told = engine.run("deploy", ROOT / "apps/faceblur/template.yaml", "--stack", "faceblur", *options, timeout=120).stdout
        outputs = dict(line.split(None, 1) for line in told.partition("outputs")[2].splitlines() if len(line.split()) == 2)
        self.input = outputs["InputBucketName"]
        self.output = outputs["OutputBucketName"]
        self.machine = outputs["StateMachineArn"]
        self.keys = {}  # execution -> its video's key

    def upload(self, video, key):
        self.engine.client("s3").upload_file(str(video), self.input, key)

    def executions(self):
        return self.engine.client("stepfunctions").list_executions(stateMachineArn=self.machine)["executions"]

    def history(self, arn):
        pages = self.engine.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def execution_of(self, key):
        """The description of the object's execution, None before it started."""
        client = self.engine.client("stepfunctions")
        for execution in self.executions():
            if execution["executionArn"] not in self.keys:
                described = client.describe_execution(executionArn=execution["executionArn"])
                self.keys[execution["executionArn"]] = json.loads(described["input"]).get("body", {}).get("s3_object_key")
            if self.keys[execution["executionArn"]] == key:
                return client.describe_execution(executionArn=execution["executionArn"])
        return None

    def has_output(self, key):
        found = self.engine.client("s3").list_objects_v2(Bucket=self.output, Prefix=key).get("Contents", [])
        return any(o["Key"] == key for o in found)

    def wait_for_output(self, key, seconds=300):
        """Until the video is there; None when it came, else why not."""
        end = time.time() + seconds
        while time.time() < end:
            if self.has_output(key):
                return None
            described = self.execution_of(key)
            if described and described["status"] not in ("RUNNING", "SUCCEEDED"):
                return f"{described['status']}: {described.get('error')}: {described.get('cause')}"
            time.sleep(0.05)
        return f"no output after {seconds} s; executions: {[(e['name'], e['status']) for e in self.executions()]}"

    def wait_until_ended(self, seconds=300):
        end = time.time() + seconds
        while time.time() < end and any(e["status"] == "RUNNING" for e in self.executions()):
            time.sleep(0.05)
        return self.executions()


def broken_history(events):
    """What is wrong with a finished execution's history, as a list of texts: ids in sequence, every scheduled task ended
    exactly once, exactly one end."""
    found = []
    if [e["id"] for e in events] != list(range(1, len(events) + 1)):
        found.append("ids are not 1, 2, 3, ...")
    if any(e["previousEventId"] >= e["id"] for e in events):
        found.append("a previousEventId does not lie before its event")
    ends = [e for e in events if e["type"] in ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")]
    if len(ends) != 1 or ends[0] is not events[-1]:
        found.append(f"ends: {[e['type'] for e in ends]}")
    open_tasks = 0
    for event in events:
        kind = event["type"]
        if kind in ("TaskScheduled", "LambdaFunctionScheduled"):
            open_tasks += 1
        elif kind in ("TaskSucceeded", "TaskFailed", "TaskTimedOut", "LambdaFunctionSucceeded", "LambdaFunctionFailed",
                      "LambdaFunctionTimedOut"):
            open_tasks -= 1
        if open_tasks not in (0, 1):
            found.append(f"{open_tasks} tasks open after event {event['id']} ({kind})")
            break
    return found
