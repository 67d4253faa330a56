"""Queues that feed functions: what happens to a message when its function succeeds, fails in part or whole, is throttled, hangs or
dies; and queues that are told of what happens elsewhere: uploads, failed and finished asynchronous invocations."""
import json
import time

import pytest

from e2e.queue_workers import Witness, Workers
from protocol import queues
from protocol.lambda_functions import Function, eventually, unique
from protocol.queues import arn_of, counts, make, md5, receive

PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def test_success_deletes(engine):
    with Workers(engine, visibility=30).start() as workers:
        workers.send(*[f"note {n}" for n in range(25)])
        workers.await_empty()
        assert sorted(workers.await_done(25)) == sorted(f"note {n}" for n in range(25))
        assert sum(workers.batches()) == 25


def test_batches_are_as_large_as_asked(engine):
    with Workers(engine, visibility=30, batch=4) as workers:
        workers.send(*[f"note {n}" for n in range(10)])
        workers.start()
        workers.await_empty()
        workers.await_done(10)
        assert max(workers.batches()) <= 4


def test_a_window_gathers_a_batch(engine):
    """More than a receive gives (10), within the window."""
    with Workers(engine, visibility=30, batch=25, mapping={"MaximumBatchingWindowInSeconds": 1}) as workers:
        workers.send(*[f"note {n}" for n in range(25)])
        workers.start()
        workers.await_empty()
        workers.await_done(25)
        assert sum(workers.batches()) == 25 and max(workers.batches()) > 10


def test_an_error_brings_the_batch_back_and_then_to_the_dead_letters(engine):
    with Workers(engine, visibility=1, max_receives=2).start() as workers:
        workers.send("fail")
        [(body, count)] = workers.dead_letters(1)
        assert body == "fail" and workers.batches() == [1, 1]
        assert workers.done() == [] and counts(workers.sqs, workers.url) == (0, 0, 0)


def test_an_error_that_passes(engine):
    with Workers(engine, visibility=1, max_receives=5, batch=1).start() as workers:
        workers.send("fail 3", "note good")
        workers.await_empty()
        assert sorted(workers.await_done(2)) == ["fail 3", "note good"]
        assert workers.dead_letters() == []


def test_partial_failures(engine):
    """Only what is reported comes back; what is never accepted goes to the dead letters."""
    with Workers(engine, visibility=1, max_receives=3, mapping=PARTIAL) as workers:
        workers.send("reject", "reject 2", *[f"note {n}" for n in range(6)])
        workers.start()
        assert [body for body, _ in workers.dead_letters(1)] == ["reject"]
        assert sorted(workers.await_done(7)) == sorted(["reject 2", *[f"note {n}" for n in range(6)]])
        assert counts(workers.sqs, workers.url) == (0, 0, 0)


def test_without_the_response_type_an_answer_is_a_success(engine):
    with Workers(engine, visibility=60, max_receives=2).start() as workers:
        workers.send("reject")
        workers.await_empty()
        assert workers.dead_letters() == [] and workers.batches() == [1]


def test_fifo_partial_failures_come_again_in_order(engine):
    """A function on a FIFO queue stops at the first failure and reports all from there on; until they are done, nothing overtakes them."""
    with Workers(engine, visibility=1, max_receives=5, fifo=True, mapping=PARTIAL) as workers:
        workers.send("note 1", "reject 2 a", "reject 2 b", MessageGroupId="g")
        workers.start()
        eventually(lambda: workers.done() == ["note 1"])
        workers.send("note 4", MessageGroupId="g")
        workers.await_empty()
        assert workers.await_done(4) == ["note 1", "reject 2 a", "reject 2 b", "note 4"]


def test_fifo_groups_are_worked_in_order(engine):
    """Each message takes 3 ms: the log tells milliseconds, and two environments' lines of the same one have no order."""
    with Workers(engine, visibility=30, fifo=True, batch=3).start() as workers:
        for n in range(15):
            for group in "abc":
                workers.sqs.send_message(QueueUrl=workers.url, MessageBody=f"sleep 3 {group}{n}", MessageGroupId=group)
        workers.await_empty()
        done = [body.split()[2] for body in workers.await_done(45)]
        for group in "abc":
            assert [body for body in done if body[0] == group] == [f"{group}{n}" for n in range(15)]


def test_a_timeout_is_a_failure(engine):
    with Workers(engine, visibility=1, max_receives=2, function={"Timeout": 1}).start() as workers:
        workers.send("hang")
        assert [body for body, _ in workers.dead_letters(1)] == ["hang"]
        assert workers.function.log().count("Task timed out after 1.00 seconds") == 2


def test_a_function_that_dies_is_a_failure(engine):
    with Workers(engine, visibility=1, max_receives=3, batch=1).start() as workers:
        workers.send("exit", "exit 2")
        assert [body for body, _ in workers.dead_letters(1)] == ["exit"]
        assert workers.await_done(1) == ["exit 2"]
        workers.await_empty()


def test_throttles_dead_letter_nothing(engine):
    """One at a time, thirty messages of 0.1 s that may be received twice only: a throttled batch is not a failed one."""
    with Workers(engine, visibility=30, max_receives=2, batch=1) as workers:
        workers.client.put_function_concurrency(FunctionName=workers.function.name, ReservedConcurrentExecutions=1)
        workers.start()
        workers.send(*[f"sleep 100 {n}" for n in range(30)])
        workers.await_empty()
        assert sorted(workers.await_done(30)) == sorted(f"sleep 100 {n}" for n in range(30))
        assert workers.dead_letters() == []


def test_no_concurrency_at_all_keeps_messages(engine):
    with Workers(engine, visibility=1, max_receives=2) as workers:
        workers.client.put_function_concurrency(FunctionName=workers.function.name, ReservedConcurrentExecutions=0)
        workers.start()
        workers.send("note kept")
        time.sleep(3)  # three visibility timeouts
        assert counts(workers.sqs, workers.dead) == (0, 0, 0) and sum(counts(workers.sqs, workers.url)) == 1
        workers.client.delete_function_concurrency(FunctionName=workers.function.name)
        assert workers.await_done(1) == ["note kept"]


def test_a_mapping_goes_on_after_kill_9(own_engine):
    """Killed in the middle of the second round of five. A function's last 100 ms of log may be lost by a kill: a witness counts."""
    engine = own_engine()
    port = engine.port
    with Witness() as witness:
        workers = Workers(engine, visibility=600, max_receives=5, batch=1,
                          function={"Timeout": 60, "Environment": {"Variables": {"PROBE_REPORT_TO": witness.address}}}).start()
        bodies = {f"sleep 1000 {n}" for n in range(15)}
        workers.send(*bodies)
        eventually(lambda: len(witness.done) >= 5)
        time.sleep(0.4)
        engine.kill()
        engine.start(port)
        workers.await_empty()
        assert set(witness.done) == bodies
        assert workers.dead_letters() == []


def test_a_mapping_outlives_its_queue(engine):
    """It tells what is wrong, and goes on when there is a queue of that name again."""
    with Workers(engine, visibility=30).start() as workers:
        workers.send("note 1")
        workers.await_done(1)
        workers.sqs.delete_queue(QueueUrl=workers.url)

        def result():
            return workers.client.get_event_source_mapping(UUID=workers.mapping).get("LastProcessingResult", "")
        eventually(lambda: result().startswith("PROBLEM: ") and "AWS.SimpleQueueService.NonExistentQueue" in result())
        make(workers.sqs, workers.url.rsplit("/", 1)[1], VisibilityTimeout="30")
        workers.send("note 2")
        assert workers.await_done(2) == ["note 1", "note 2"]


def test_uploads_are_told_to_a_queue(engine, tmp_path):
    s3, sqs, bucket = engine.client("s3"), queues.client(engine), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    url = make(sqs)
    arn = arn_of(sqs, url)
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"],
                                       "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".mp4"}]}}}]}
    with pytest.raises(s3.exceptions.ClientError) as caught:  # the queue does not allow S3 to send
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"
    assert caught.value.response["Error"]["Message"] == "Unable to validate the following destination configurations"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
         "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}}}]})})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"][0]["QueueArn"] == arn
    [test] = receive(sqs, url, WaitTimeSeconds=5)  # S3 sends one when it is set up
    body = json.loads(test["Body"])
    assert (body["Service"], body["Event"], body["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=test["ReceiptHandle"])
    s3.put_object(Bucket=bucket, Key="other.txt", Body=b"x")
    s3.put_object(Bucket=bucket, Key="a video.mp4", Body=b"12345")
    [message] = receive(sqs, url, WaitTimeSeconds=10, MaxNumberOfMessages=10)
    assert message["MD5OfBody"] == md5(message["Body"])
    [record] = json.loads(message["Body"])["Records"]
    assert (record["eventSource"], record["eventName"], record["awsRegion"]) == ("aws:s3", "ObjectCreated:Put", "us-east-1")
    assert (record["s3"]["bucket"]["name"], record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == (bucket, "a+video.mp4", 5)
    assert receive(sqs, url) == []


def test_an_upload_reaches_a_worker_by_its_queue(engine):
    """bucket → queue → function."""
    s3, bucket = engine.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    with Workers(engine, visibility=30, function={"Environment": {"Variables": {"PROBE_PRINT_EVENT": "1"}}}) as workers:
        arn = arn_of(workers.sqs, workers.url)
        workers.sqs.set_queue_attributes(QueueUrl=workers.url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "SQS:SendMessage", "Resource": arn}]})})
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
        workers.start()
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        eventually(lambda: "ObjectCreated:Put" in workers.function.log())


def test_failure_and_success_destinations(engine):
    sqs = queues.client(engine)
    failed, done = make(sqs), make(sqs)
    with Function(engine) as function:
        function.client.put_function_event_invoke_config(
            FunctionName=function.name, MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": arn_of(sqs, failed)}, "OnSuccess": {"Destination": arn_of(sqs, done)}})
        requests = {failed: function.send("fail", text="as planned"), done: function.send("sleep", n=1)}
        for url, condition in ((failed, "RetriesExhausted"), (done, "Success")):
            [message] = receive(sqs, url, WaitTimeSeconds=20)
            record = json.loads(message["Body"])
            assert record["version"] == "1.0" and record["requestContext"]["requestId"] == requests[url]
            assert record["requestContext"]["condition"] == condition
            assert record["requestContext"]["functionArn"] == function.arn + ":$LATEST"
        assert record["responsePayload"] == "slept" and record["requestPayload"] == {"do": "sleep", "n": 1}


def test_a_functions_dead_letter_queue(engine):
    sqs = queues.client(engine)
    url = make(sqs)
    with Function(engine, DeadLetterConfig={"TargetArn": arn_of(sqs, url)}) as function:
        assert function.client.get_function_configuration(FunctionName=function.name)["DeadLetterConfig"] == {"TargetArn": arn_of(sqs, url)}
        function.client.put_function_event_invoke_config(FunctionName=function.name, MaximumRetryAttempts=0)
        request = function.send("fail", text="as planned")
        [message] = receive(sqs, url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
        assert json.loads(message["Body"]) == {"do": "fail", "text": "as planned"}
        assert message["MessageAttributes"] == {
            "RequestID": {"DataType": "String", "StringValue": request}, "ErrorCode": {"DataType": "Number", "StringValue": "200"},
            "ErrorMessage": {"DataType": "String", "StringValue": "as planned"}}
