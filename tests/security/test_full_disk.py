"""A full disk: writes are refused in clear words, nothing acknowledged is lost, deletions go on, and when there is room
again the engine goes on without a restart. On a small tmpfs in a mount namespace of the engine's own (root only)."""
import os
import pathlib
import random
import shutil
import subprocess

import pytest
from botocore.exceptions import ClientError

from conftest import PROGRAM, Engine

MB = 1 << 20


def can_mount():
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"], capture_output=True)
    return tried.returncode == 0


class OnASmallDisk(Engine):
    """The engine with its data folder on a tmpfs that nobody else sees; it ends with the process."""

    def start(self, port=0):
        script = 'mount -t tmpfs -o size=64m tmpfs "$1" && shift && exec "$@"'
        mounted = ["unshare", "-m", "sh", "-c", script, "sh", str(self.data.parent), PROGRAM]
        real, program = subprocess.Popen, PROGRAM

        def started(command, **options):
            return real(mounted + command[1:] if command[0] == program else command, **options)

        subprocess.Popen = started
        try:
            return super().start(port)
        finally:
            subprocess.Popen = real

    def inside(self):
        """The data folder, seen from here."""
        return pathlib.Path(f"/proc/{self.process.pid}/root{self.data}")


@pytest.fixture
def engine(tmp_path):
    if not can_mount():
        pytest.skip("no tmpfs can be mounted here (root only): a full disk was not tested")
    (tmp_path / "disk").mkdir()
    running = OnASmallDisk(tmp_path / "disk" / "data").start()
    yield running
    running.discard()


def refused(call):
    """What is said when it is refused, at last: each refusal makes the log begin anew, which may have room for one more."""
    for _ in range(1000):
        try:
            call()
        except ClientError as error:
            return error.response
    raise AssertionError("it is never refused")


def fill(s3, prefix, size):
    """Puts objects until none is taken; their bodies by key, and the refusal."""
    bodies = {}
    source = random.Random(size)
    for n in range(100_000):
        body = source.randbytes(size)
        try:
            s3.put_object(Bucket="bucket", Key=f"{prefix}{n}", Body=body)
        except ClientError as error:
            return bodies, error.response
        bodies[f"{prefix}{n}"] = body
    raise AssertionError("the disk is never full")


def test_deletions_go_on_and_make_room(engine):
    s3, sqs = engine.client("s3"), engine.client("sqs")
    s3.create_bucket(Bucket="bucket")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="before")
    large, answer = fill(s3, "large/", MB)
    assert len(large) > 20
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503 and answer["Error"]["Code"] == "ServiceUnavailable", answer
    assert "disk is full" in answer["Error"]["Message"] and str(engine.data) not in answer["Error"]["Message"]
    small, answer = fill(s3, "small/", 10_000)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert "disk is full" in answer["Error"]["Message"]
    answer = refused(lambda: sqs.send_message(QueueUrl=url, MessageBody="x" * 200_000))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    # Nothing that was acknowledged is lost, and reading goes on.
    for key, body in {**large, **small}.items():
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == body
    message = sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert message["Body"] == "before"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    # Every deletion is taken, one by one and many at once; then there is room, without a restart.
    for key in small:
        s3.delete_object(Bucket="bucket", Key=key)
    gone = list(large)
    s3.delete_object(Bucket="bucket", Key=gone[0])
    done = s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in gone[1:]]})
    assert len(done["Deleted"]) == len(gone) - 1 and "Errors" not in done
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 0
    s3.put_object(Bucket="bucket", Key="again", Body=os.urandom(20 * MB))
    sqs.send_message(QueueUrl=url, MessageBody="x" * 200_000)
    # The reserve is there again for the next time.
    assert (engine.inside() / "reserve").stat().st_size >= 8 * MB


def test_a_disk_that_others_filled_is_no_reason_to_stop(engine):
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="bucket")
    bodies = {f"k{n}": os.urandom(9_000) for n in range(100)}
    for key, body in bodies.items():
        s3.put_object(Bucket="bucket", Key=key, Body=body)
    other = engine.inside().parent / "other"
    with open(other, "wb", buffering=0) as file:
        with pytest.raises(OSError):
            while True:
                file.write(b"x" * 65536)
    more, answer = fill(s3, "more/", 10_000)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    for key in list(bodies)[:50]:
        s3.delete_object(Bucket="bucket", Key=key)
    other.unlink()
    s3.put_object(Bucket="bucket", Key="again", Body=os.urandom(5 * MB))
    for key, body in {**dict(list(bodies.items())[50:]), **more}.items():
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == body
