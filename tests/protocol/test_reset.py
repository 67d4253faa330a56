"""POST /_cumulet/v1/reset and `cumulet reset`: an empty engine, for test suites."""
import json
import threading
import time
import urllib.error
import urllib.request

import pytest

from conftest import Engine


def reset(engine, method="POST"):
    request = urllib.request.Request(engine.endpoint + "/_cumulet/v1/reset", method=method, data=b"" if method == "POST" else None)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def fill(engine):
    s3, sqs = engine.client("s3"), engine.client("sqs")
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="small", Body=b"x")
    s3.put_object(Bucket="full", Key="large", Body=bytes(1 << 20))
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName="q")["QueueUrl"], MessageBody="x")


def is_empty(engine):
    return engine.client("s3").list_buckets()["Buckets"] == [] and "QueueUrls" not in engine.client("sqs").list_queues()


@pytest.mark.parametrize("kept", [True, False])
def test_everything_is_gone_and_the_engine_goes_on(own_engine, kept):
    engine = own_engine() if kept else Engine().start()
    try:
        for _ in range(3):
            fill(engine)
            assert not is_empty(engine)
            assert reset(engine) == {"reset": "everything"}
            assert is_empty(engine)  # the very next request
        fill(engine)
        if kept:  # what came after the reset is as durable as before
            engine.kill()
            engine.start()
            assert engine.client("s3").get_object(Bucket="full", Key="large")["Body"].read() == bytes(1 << 20)
        assert engine.stop() == 0
    finally:
        if not kept:
            engine.discard()


def test_what_was_killed_while_it_emptied_is_emptied_at_the_next_start(own_engine):
    engine = own_engine()
    fill(engine)
    engine.kill()
    (engine.data / "emptying").touch()  # as begun, and nothing moved yet
    engine.start()
    assert is_empty(engine)
    assert not (engine.data / "emptying").exists()


def test_it_is_asked_for_by_post_and_never_by_a_page(own_engine):
    engine = own_engine()
    fill(engine)
    with pytest.raises(urllib.error.HTTPError) as refused:
        reset(engine, "GET")
    assert refused.value.code == 405
    request = urllib.request.Request(engine.endpoint + "/_cumulet/v1/reset", method="POST", data=b"", headers={"Origin": "http://evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 403
    assert not is_empty(engine)


def test_connections_that_wait_do_not_hold_it_up(own_engine):
    engine = own_engine()
    fill(engine)
    sqs = engine.client("sqs")
    url = sqs.create_queue(QueueName="quiet")["QueueUrl"]

    def poll():
        try:
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        except Exception:  # its queue is gone, and so is its connection
            pass

    waiting = threading.Thread(target=poll)
    waiting.start()
    time.sleep(0.5)
    began = time.time()
    reset(engine)
    assert is_empty(engine)
    assert time.time() - began < 10
    waiting.join()


def test_the_command_asks_and_can_empty_one_service(own_engine):
    engine = own_engine()
    fill(engine)
    unasked = engine.run("reset", check=False)
    assert unasked.returncode == 1 and "--yes" in unasked.stderr and not is_empty(engine)
    assert "1 buckets, 2 objects" in engine.run("reset", "s3", "--yes").stdout
    assert engine.client("s3").list_buckets()["Buckets"] == [] and not is_empty(engine)
    assert f"the engine at {engine.endpoint} is empty" in engine.run("reset", "--yes").stdout
    assert is_empty(engine)
