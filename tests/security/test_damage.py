"""A damaged disk: what is lost is said, what is there is never deleted, and wrong bytes are never given for right ones."""
import hashlib
import os
import random
import shutil
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from conftest import PROGRAM
from protocol.registry import Registry, digest_of
from security.alone import own_engine  # noqa: F401: a fixture

KB = 1024


def put_objects(engine, sizes=(0, 10, 500, 4 * KB, 16 * KB, 40 * KB, 300 * KB)):
    """Objects of these sizes in bucket "bucket"; their bodies by key."""
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="bucket")
    source = random.Random(7)
    bodies = {f"of-{size}": source.randbytes(size) for size in sizes}
    for key, body in bodies.items():
        s3.put_object(Bucket="bucket", Key=key, Body=body)
    return bodies


def assert_all_there(engine, bodies):
    s3 = engine.client("s3")
    for key, body in bodies.items():
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == body


def refusal(engine, *arguments):
    """The engine does not start; what it says."""
    done = subprocess.run([PROGRAM, "up", "--port", "0", "--data", engine.data, *arguments], capture_output=True, text=True,
                          timeout=60, env=engine.environment)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


def start_with(engine, *arguments):
    engine.arguments = list(arguments)
    try:
        return engine.start()
    finally:
        engine.arguments = []


def scrub(engine):
    return subprocess.run([PROGRAM, "scrub", "--data", engine.data], capture_output=True, text=True, timeout=120,
                          env=engine.environment)


def flip(file, marker, at=0):
    """One bit of the bytes that follow, wherever they stand in the file; there they are once."""
    data = bytearray(file.read_bytes())
    place = data.find(marker)
    assert place >= 0 and data.find(marker, place + 1) < 0
    data[place + at] ^= 1
    file.write_bytes(data)


def blob_names(engine):
    return sorted(one.name for one in (engine.data / "blobs").iterdir())


# --- a lost database ---

@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_lost_database_is_said_and_no_file_is_deleted(own_engine, how):
    engine = own_engine()
    bodies = put_objects(engine)
    assert engine.stop() == 0
    blobs = blob_names(engine)
    assert len(blobs) == 2
    (engine.data / "state.db").rename(engine.data / "kept")
    if how == "empty":
        (engine.data / "state.db").touch()
    said = refusal(engine)
    assert f"state.db is {how}" in said and "2 files" in said and "--start-anew" in said
    assert blob_names(engine) == blobs
    # The right one put back, all is there.
    (engine.data / "kept").rename(engine.data / "state.db")
    engine.start()
    assert_all_there(engine, bodies)


def test_starting_anew_moves_what_was_there_aside(own_engine):
    engine = own_engine()
    put_objects(engine)
    assert engine.stop() == 0
    blobs = blob_names(engine)
    (engine.data / "state.db").unlink()
    start_with(engine, "--start-anew")
    assert engine.client("s3").list_buckets()["Buckets"] == []
    assert sorted(one.name for one in (engine.data / "set-aside/1/blobs").iterdir()) == blobs
    assert blob_names(engine) == []
    # Without effect on a folder that is whole.
    bodies = put_objects(engine)
    assert engine.stop() == 0
    start_with(engine, "--start-anew")
    assert_all_there(engine, bodies)


def test_an_older_database_is_not_taken_for_the_folders(own_engine):
    engine = own_engine()
    put_objects(engine)
    assert engine.stop() == 0
    shutil.copy(engine.data / "state.db", engine.data.parent / "copy")
    engine.start()
    s3 = engine.client("s3")
    for n in range(3):
        s3.put_object(Bucket="bucket", Key=f"newer-{n}", Body=os.urandom(50 * KB))
    assert engine.stop() == 0
    blobs = blob_names(engine)
    shutil.copy(engine.data.parent / "copy", engine.data / "state.db")
    said = refusal(engine)
    assert "older than the folder" in said and "--trust-database" in said
    assert blob_names(engine) == blobs
    start_with(engine, "--trust-database")
    aside = [one.name for one in (engine.data / "set-aside/1").iterdir()]
    assert sorted(blob_names(engine) + aside) == blobs and len(aside) == 3


def test_another_folders_database_is_not_taken(own_engine):
    one, other = own_engine(), own_engine()
    put_objects(one)
    put_objects(other, sizes=(10,))
    assert one.stop() == 0 and other.stop() == 0
    blobs = blob_names(one)
    shutil.copy(other.data / "state.db", one.data / "state.db")
    assert "belongs to another data folder" in refusal(one)
    assert blob_names(one) == blobs


def test_a_lost_log_is_noticed_after_a_kill(own_engine):
    engine = own_engine()
    put_objects(engine)
    engine.kill()
    blobs = blob_names(engine)
    log = engine.data / "state.db-wal"
    log.rename(engine.data / "kept")
    assert "state.db-wal" in refusal(engine)
    assert blob_names(engine) == blobs
    (engine.data / "kept").rename(log)
    engine.start()


def test_many_kills_are_no_damage(own_engine):
    engine = own_engine()
    bodies = put_objects(engine)
    for _ in range(5):
        engine.kill()
        engine.start()
    assert_all_there(engine, bodies)
    assert not (engine.data / "set-aside").exists()


def test_a_chats_lost_database_is_said(tmp_path):
    folder = tmp_path / "chat"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / ("a" * 32)).write_bytes(b"x")
    done = subprocess.run([PROGRAM, "chat", "--port", "0", "--data", folder], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "chat.db is missing" in done.stderr and "--start-anew" in done.stderr
    assert (folder / "files" / ("a" * 32)).exists()


# --- flipped bits ---

@pytest.mark.parametrize("size", [10, 500, 16 * KB])
def test_a_flipped_bit_of_a_body_is_an_error(own_engine, size):
    engine = own_engine()
    bodies = put_objects(engine)
    assert engine.stop() == 0
    key = f"of-{size}"
    # SQLite cuts long bodies into pages: the first bytes stand together.
    flip(engine.data / "state.db", bodies[key][:8])
    engine.start()
    s3 = engine.client("s3")
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="bucket", Key=key)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert refused.value.response["Error"]["Code"] == "InternalError"
    assert f"object {key} is damaged" in engine.log_text()
    assert_all_there(engine, {k: body for k, body in bodies.items() if k != key})
    # It is named by a scrub, and can be put again or deleted.
    assert engine.stop() == 0
    found = scrub(engine)
    assert found.returncode == 1 and key in found.stdout and "1 damaged" in found.stdout
    engine.start()
    s3 = engine.client("s3")
    s3.put_object(Bucket="bucket", Key=key, Body=bodies[key])
    assert_all_there(engine, bodies)
    s3.delete_object(Bucket="bucket", Key=key)
    assert engine.stop() == 0
    found = scrub(engine)
    assert found.returncode == 0, found.stdout


def test_flipped_metadata_is_an_error(own_engine):
    engine = own_engine()
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"x", Metadata={"owner": "somebody-unmistakable"})
    assert engine.stop() == 0
    flip(engine.data / "state.db", b"somebody-unmistakable")
    engine.start()
    s3 = engine.client("s3")
    for read in (s3.get_object, s3.head_object, s3.get_object_tagging):
        with pytest.raises(ClientError) as refused:
            read(Bucket="bucket", Key="k")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_a_bit_anywhere_never_gives_wrong_bytes(own_engine):
    """Twenty times one bit of the whole database: whatever is answered with 200 is what was put."""
    engine = own_engine()
    bodies = put_objects(engine, sizes=[n * 700 for n in range(1, 24)])
    assert engine.stop() == 0
    whole = (engine.data / "state.db").read_bytes()
    identity = engine.data / "identity"
    noted = identity.read_bytes() if identity.exists() else None
    chance = random.Random(11)
    refused = wrong = 0
    for _ in range(20):
        data = bytearray(whole)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (engine.data / "state.db").write_bytes(data)
        if noted:
            identity.write_bytes(noted)
        try:
            engine.start()
        except RuntimeError:
            refused += 1
            continue
        s3 = engine.client("s3")
        for key, body in bodies.items():
            try:
                wrong += s3.get_object(Bucket="bucket", Key=key)["Body"].read() != body
            except ClientError:
                refused += 1
        engine.kill()
        (engine.data / "state.db-wal").unlink()
    assert wrong == 0


def test_a_damaged_message_is_not_delivered(own_engine):
    engine = own_engine()
    sqs = engine.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"unmistakable-{n}")
    assert engine.stop() == 0
    flip(engine.data / "state.db", b"unmistakable-1", 13)
    engine.start()
    sqs = engine.client("sqs")
    got = set()
    for _ in range(3):
        got |= {m["Body"] for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])}
    assert got == {"unmistakable-0", "unmistakable-2"}
    assert "is damaged" in engine.log_text()
    for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=m["ReceiptHandle"])
    with pytest.raises(ClientError) as refused:
        sqs.receive_message(QueueUrl=url)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert engine.stop() == 0
    found = scrub(engine)
    assert found.returncode == 1 and "message" in found.stdout


def test_damaged_executions_and_logs_are_errors(own_engine):
    engine = own_engine()
    iam, sfn, logs = engine.client("iam"), engine.client("stepfunctions"), engine.client("logs")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
                           '"Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}]}')["Role"]["Arn"]
    machine = sfn.create_state_machine(name="m", roleArn=role, definition='{"StartAt":"P","States":{"P":{"Type":"Pass",'
                                       '"Result":"the-unmistakable-result","End":true}}}')["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=machine, name="e", input='{"in":"put-unmistakable"}')["executionArn"]
    other = sfn.start_execution(stateMachineArn=machine, name="f", input='{}')["executionArn"]
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": "an-unmistakable-line"}])
    assert engine.stop() == 0
    data = bytearray((engine.data / "state.db").read_bytes())
    for marker in (b"put-unmistakable", b"an-unmistakable-line"):
        place = data.find(marker)
        assert place > 0
        while place > 0:  # the execution's own row, and its history
            data[place] ^= 1
            place = data.find(marker)
    (engine.data / "state.db").write_bytes(data)
    engine.start()
    sfn, logs = engine.client("stepfunctions"), engine.client("logs")
    calls = [lambda: sfn.describe_execution(executionArn=execution), lambda: sfn.get_execution_history(executionArn=execution),
             lambda: logs.get_log_events(logGroupName="g", logStreamName="s", startTime=0)]
    for call in calls:
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert sfn.describe_execution(executionArn=other)["status"] == "SUCCEEDED"
    assert engine.stop() == 0
    assert scrub(engine).returncode == 1


# --- files ---

@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_damaged_file_is_an_error_before_the_answer(own_engine, how):
    engine = own_engine()
    bodies = put_objects(engine)
    large = next(one for one in (engine.data / "blobs").iterdir() if one.stat().st_size == 300 * KB)
    if how == "cut":
        os.truncate(large, 299 * KB)
    else:
        large.unlink()
    s3 = engine.client("s3")
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="bucket", Key=f"of-{300 * KB}")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert_all_there(engine, {k: body for k, body in bodies.items() if k != f"of-{300 * KB}"})
    s3.delete_object(Bucket="bucket", Key=f"of-{300 * KB}")


def test_a_scrub_finds_what_reads_do_not_look_for(own_engine):
    engine = own_engine()
    bodies = put_objects(engine)
    s3 = engine.client("s3")
    upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
    parts = [{"PartNumber": n, "ETag": s3.upload_part(Bucket="bucket", Key="parts", UploadId=upload, PartNumber=n,
                                                      Body=os.urandom(5 << 20 if n == 1 else 100))["ETag"]} for n in (1, 2)]
    s3.complete_multipart_upload(Bucket="bucket", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    s3.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": "parts"})
    unfinished = s3.create_multipart_upload(Bucket="bucket", Key="unfinished")["UploadId"]
    s3.upload_part(Bucket="bucket", Key="unfinished", UploadId=unfinished, PartNumber=1, Body=os.urandom(70 * KB))
    busy = scrub(engine)
    assert busy.returncode == 1 and "in use" in busy.stderr
    assert engine.stop() == 0
    whole = scrub(engine)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "all is as it was written" in whole.stdout
    for size in (300 * KB, 5 << 20, 70 * KB):
        file = next(one for one in (engine.data / "blobs").iterdir() if one.stat().st_size == size)
        data = bytearray(file.read_bytes())
        data[size // 2] ^= 4
        file.write_bytes(data)
    found = scrub(engine)
    assert found.returncode == 1
    for name in (f"bucket/of-{300 * KB}", "bucket/parts", "bucket/copy", "an upload of unfinished, part 1"):
        assert name in found.stdout, found.stdout
    assert "4 damaged" in found.stdout
    engine.start()  # a scrub leaves a folder that starts
    assert_all_there(engine, {k: body for k, body in bodies.items() if len(body) < 300 * KB})
    assert hashlib.md5(bodies["of-500"]).hexdigest() in s3_etag(engine, "of-500")


def s3_etag(engine, key):
    return engine.client("s3").head_object(Bucket="bucket", Key=key)["ETag"]


def test_damaged_images_are_named(own_engine):
    engine = own_engine()
    repository = Registry(engine, "app")
    config = b'{"architecture": "amd64", "os": "linux", "author": "unmistakable author"}'
    layer = random.Random(7).randbytes(50_000)
    digest, manifest = repository.push_image("v1", [layer], config)
    assert engine.stop() == 0
    assert scrub(engine).returncode == 0
    for file in (engine.data / "registry/blobs").iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    flip(engine.data / "state.db", b'"schemaVersion": 2')
    found = scrub(engine)
    assert found.returncode == 1 and "3 damaged" in found.stdout, found.stdout
    for one in (digest, digest_of(layer), digest_of(config)):
        assert one in found.stdout
    # The manifest is checked as it is read; layers are by whoever pulls them.
    engine.start()
    assert repository.ask("GET", "manifests/v1").status == 500
    assert repository.ask("DELETE", f"manifests/{digest}").status == 202
    assert repository.push_manifest(manifest, "v1")[0].status == 201
    assert repository.ask("GET", "manifests/v1").body == manifest
