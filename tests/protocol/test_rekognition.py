"""Rekognition by boto3, with the real program that looks at media."""
import pathlib
import subprocess
import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "samples/faces.mp4"


@pytest.fixture(scope="module")
def rekognition(engine):
    return engine.client("rekognition")


@pytest.fixture(scope="module")
def bucket(engine):
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="rekognition-media")
    s3.upload_file(str(SAMPLE), "rekognition-media", "faces.mp4")
    s3.put_object(Bucket="rekognition-media", Key="text.mp4", Body=b"This is no video, whatever its name says.")
    s3.put_object(Bucket="rekognition-media", Key="empty.mp4", Body=b"")
    s3.put_object(Bucket="rekognition-media", Key="half.mp4", Body=SAMPLE.read_bytes()[:150_000])
    picture = subprocess.run(["ffmpeg", "-v", "error", "-ss", "2", "-i", str(SAMPLE), "-frames:v", "1", "-f", "image2pipe",
                              "-c:v", "png", "-"], capture_output=True, check=True).stdout
    s3.put_object(Bucket="rekognition-media", Key="face.png", Body=picture)
    return "rekognition-media"


def video(bucket, key):
    return {"S3Object": {"Bucket": bucket, "Name": key}}


def finish(rekognition, job):
    end = time.time() + 180
    while time.time() < end:
        answer = rekognition.get_face_detection(JobId=job, MaxResults=1)
        if answer["JobStatus"] != "IN_PROGRESS":
            return answer
        time.sleep(0.1)
    raise AssertionError("the job did not end in a minute")


def code_of(error):
    return error.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def job(rekognition, bucket):
    job = rekognition.start_face_detection(Video=video(bucket, "faces.mp4"))["JobId"]
    answer = finish(rekognition, job)
    assert answer["JobStatus"] == "SUCCEEDED", answer.get("StatusMessage")
    return job


def test_a_job_finds_the_faces_of_the_sample(rekognition, job):
    answer = rekognition.get_face_detection(JobId=job)
    metadata = answer["VideoMetadata"]
    assert (metadata["Codec"], metadata["FrameWidth"], metadata["FrameHeight"]) == ("h264", 640, 360)
    assert metadata["Format"] == "QuickTime / MOV" and metadata["DurationMillis"] == 10000
    assert metadata["FrameRate"] == 25 and metadata["ColorRange"] == "LIMITED"
    # The portrait stands at the left from second 1.5 to 3.
    there = [face for face in answer["Faces"] if 1500 <= face["Timestamp"] <= 3000
             and face["Face"]["BoundingBox"]["Left"] < 0.3 < face["Face"]["BoundingBox"]["Left"]
             + face["Face"]["BoundingBox"]["Width"]]
    assert len(there) >= 5
    times = [face["Timestamp"] for face in answer["Faces"]]
    assert times == sorted(times)
    assert all(0 <= face["Face"]["Confidence"] <= 100 for face in answer["Faces"])


def test_pages_bring_each_face_once(rekognition, job):
    whole = rekognition.get_face_detection(JobId=job)["Faces"]
    paged, token = [], ""
    while token is not None:
        page = rekognition.get_face_detection(JobId=job, MaxResults=7, NextToken=token)
        assert len(page["Faces"]) <= 7
        paged += page["Faces"]
        token = page.get("NextToken")
    assert paged == whole


@pytest.mark.parametrize("key", ["text.mp4", "empty.mp4"])
def test_no_video_fails_the_job_as_on_aws(rekognition, bucket, key):
    answer = finish(rekognition, rekognition.start_face_detection(Video=video(bucket, key))["JobId"])
    assert answer["JobStatus"] == "FAILED"
    assert answer["StatusMessage"] == "Unsupported codec/format."


def test_a_video_cut_short_fails_the_job(rekognition, bucket):
    answer = finish(rekognition, rekognition.start_face_detection(Video=video(bucket, "half.mp4"))["JobId"])
    assert answer["JobStatus"] == "FAILED"
    assert "cut short" in answer["StatusMessage"]


def test_client_request_tokens(rekognition, bucket):
    first = rekognition.start_face_detection(Video=video(bucket, "faces.mp4"), ClientRequestToken="t-1")["JobId"]
    again = rekognition.start_face_detection(Video=video(bucket, "faces.mp4"), ClientRequestToken="t-1")["JobId"]
    assert first == again
    with pytest.raises(ClientError) as error:
        rekognition.start_face_detection(Video=video(bucket, "text.mp4"), ClientRequestToken="t-1")
    assert code_of(error) == "IdempotentParameterMismatchException"


def test_missing_objects_jobs_and_tokens(rekognition, bucket, job):
    for name in (video(bucket, "absent.mp4"), video("no-such-bucket-here", "faces.mp4")):
        with pytest.raises(ClientError) as error:
            rekognition.start_face_detection(Video=name)
        assert code_of(error) == "InvalidS3ObjectException"
        assert "Unable to get object metadata from S3" in str(error.value)
    with pytest.raises(ClientError) as error:
        rekognition.get_face_detection(JobId="0" * 64)
    assert code_of(error) == "ResourceNotFoundException"
    with pytest.raises(ClientError) as error:
        rekognition.get_face_detection(JobId=job, NextToken="bm9uc2Vuc2U=")
    assert code_of(error) == "InvalidPaginationTokenException"


def test_faces_of_pictures(rekognition, engine, bucket):
    from_s3 = rekognition.detect_faces(Image=video(bucket, "face.png"))["FaceDetails"]
    picture = engine.client("s3").get_object(Bucket=bucket, Key="face.png")["Body"].read()
    from_bytes = rekognition.detect_faces(Image={"Bytes": picture}, Attributes=["ALL"])["FaceDetails"]
    assert from_s3 == from_bytes and len(from_s3) >= 1
    box = from_s3[0]["BoundingBox"]
    assert 0 < box["Left"] < 0.4 and box["Width"] < 0.3


def test_texts_of_refusals(rekognition, engine, bucket, job):
    def refusal(call):
        with pytest.raises(ClientError) as error:
            call()
        return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]

    unchecked = engine.client("rekognition", config=Config(parameter_validation=False))
    picture = engine.client("s3").get_object(Bucket=bucket, Key="face.png")["Body"].read()
    assert refusal(lambda: unchecked.get_face_detection(JobId=job, MaxResults=0)) == (
        "ValidationException", "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must "
        "have value greater than or equal to 1")
    code, text = refusal(lambda: rekognition.detect_faces(Image={"Bytes": picture}, Attributes=["ALL", "HAT"]))
    assert code == "ValidationException"
    assert text.startswith("1 validation error detected: Value '[ALL, HAT]' at 'attributes' failed to satisfy constraint: Member "
                           "must satisfy constraint: [Member must satisfy enum value set: [")
    assert refusal(lambda: rekognition.get_face_detection(JobId="f" * 64)) == ("ResourceNotFoundException", "Could not find JobId")
    assert refusal(lambda: rekognition.detect_faces(Image=video(bucket, "text.mp4"))) == (
        "InvalidImageFormatException", "Request has invalid image format")


def test_pictures_that_are_none(rekognition, bucket):
    with pytest.raises(ClientError) as error:
        rekognition.detect_faces(Image={"Bytes": b"no picture"})
    assert code_of(error) == "InvalidImageFormatException"
    with pytest.raises(ClientError) as error:
        rekognition.detect_faces(Image={})
    assert code_of(error) == "InvalidParameterException"
    with pytest.raises(ClientError) as error:
        rekognition.detect_faces(Image={"Bytes": bytes(5_242_881)})
    assert code_of(error) == "ValidationException"


def test_a_job_goes_on_after_kill_9(own_engine):
    engine = own_engine()
    s3, rekognition = engine.client("s3"), engine.client("rekognition")
    s3.create_bucket(Bucket="media")
    s3.upload_file(str(SAMPLE), "media", "faces.mp4")
    job = rekognition.start_face_detection(Video=video("media", "faces.mp4"))["JobId"]
    time.sleep(0.3)
    engine.kill()
    engine.start()
    assert finish(engine.client("rekognition"), job)["JobStatus"] == "SUCCEEDED"
