"""CloudWatch's metrics by boto3 (Query), the AWS CLI, and JSON 1.0 as newer SDKs speak it."""
import datetime
import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from protocol import queues
from protocol.lambda_functions import Function, eventually
from protocol.test_states import PASS, create as create_machine


def times():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now - datetime.timedelta(minutes=10), now + datetime.timedelta(minutes=2)


def query(namespace, metric, dimension, value, stat="Sum", name="q", period=60):
    return {"Id": name, "MetricStat": {"Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": [{"Name": dimension, "Value": value}]},
                                       "Period": period, "Stat": stat}}


def total(client, *where, stat="Sum"):
    start, end = times()
    answer = client.get_metric_data(MetricDataQueries=[query(*where, stat=stat)], StartTime=start, EndTime=end)
    [result] = answer["MetricDataResults"]
    assert result["StatusCode"] == "Complete" and len(result["Timestamps"]) == len(result["Values"])
    return sum(result["Values"])


@pytest.fixture(scope="module")
def cloudwatch(engine):
    return engine.client("cloudwatch")


def test_functions(engine, cloudwatch):
    with Function(engine) as function:
        function.invoke()
        function.invoke("fail")
        where = ("FunctionName", function.name)
        assert total(cloudwatch, "AWS/Lambda", "Invocations", *where) == 2
        assert total(cloudwatch, "AWS/Lambda", "Errors", *where) == 1
        assert total(cloudwatch, "AWS/Lambda", "Duration", *where, stat="SampleCount") == 2
        assert total(cloudwatch, "AWS/Lambda", "ConcurrentExecutions", *where, stat="Maximum") >= 1
        function.client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
        with pytest.raises(ClientError):
            function.invoke()
        assert total(cloudwatch, "AWS/Lambda", "Throttles", *where) == 1
        listed = cloudwatch.list_metrics(Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": function.name}])["Metrics"]
        assert {m["MetricName"] for m in listed} == {"Invocations", "Errors", "Duration", "ConcurrentExecutions", "Throttles"}
        assert listed[0]["Dimensions"] == [{"Name": "FunctionName", "Value": function.name}]


def test_queues(cloudwatch, sqs):
    url = queues.make(sqs)
    name = url.rsplit("/", 1)[1]
    for n in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(n))
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    where = ("QueueName", name)
    assert total(cloudwatch, "AWS/SQS", "NumberOfMessagesSent", *where) == 3
    assert total(cloudwatch, "AWS/SQS", "NumberOfMessagesReceived", *where) == total(cloudwatch, "AWS/SQS", "NumberOfMessagesDeleted", *where) > 0


def test_state_machines(engine, cloudwatch):
    states = engine.client("stepfunctions")
    good = create_machine(states, PASS)
    bad = create_machine(states, {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}})
    for machine in (good, good, bad):
        states.start_execution(stateMachineArn=machine)
    where = ("StateMachineArn", good)
    assert total(cloudwatch, "AWS/States", "ExecutionsStarted", *where) == 2
    eventually(lambda: total(cloudwatch, "AWS/States", "ExecutionsSucceeded", *where) == 2)
    eventually(lambda: total(cloudwatch, "AWS/States", "ExecutionsFailed", "StateMachineArn", bad) == 1)
    assert total(cloudwatch, "AWS/States", "ExecutionTime", *where, stat="SampleCount") == 2


def test_statistics(cloudwatch, sqs):
    url = queues.make(sqs)
    name = url.rsplit("/", 1)[1]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    start, end = times()
    given = {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent", "Dimensions": [{"Name": "QueueName", "Value": name}],
             "StartTime": start, "EndTime": end, "Period": 60}
    answer = cloudwatch.get_metric_statistics(**given, Statistics=["SampleCount", "Average", "Sum", "Minimum", "Maximum"])
    [point] = answer["Datapoints"]
    assert answer["Label"] == "NumberOfMessagesSent" and point["Unit"] == "Count"
    assert [point[s] for s in ("SampleCount", "Average", "Sum", "Minimum", "Maximum")] == [1.0] * 5
    assert point["Timestamp"].second == 0
    with pytest.raises(ClientError) as error:
        cloudwatch.get_metric_statistics(**{**given, "Period": 90}, Statistics=["Sum"])
    assert error.value.response["Error"]["Code"] == "InvalidParameterValue"
    with pytest.raises(ClientError) as error:
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "a", "Expression": "1+1"}], StartTime=start, EndTime=end)
    assert error.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError) as error:
        cloudwatch.put_metric_data(Namespace="mine", MetricData=[{"MetricName": "m", "Value": 1}])
    assert error.value.response["Error"]["Code"] == "InvalidAction"


def test_json(engine, sqs):
    """As botocore from 1.42.7 on speaks."""
    url = queues.make(sqs)
    name = url.rsplit("/", 1)[1]
    sqs.send_message(QueueUrl=url, MessageBody="x")

    def ask(operation, body):
        text = json.dumps(body).encode()
        request = AWSRequest("POST", engine.endpoint + "/", data=text, headers={
            "X-Amz-Target": "GraniteServiceVersion20100801." + operation, "Content-Type": "application/x-amz-json-1.0", "X-Amzn-Query-Mode": "true"})
        SigV4Auth(Credentials("test", "test"), "monitoring", "us-east-1").add_auth(request)
        try:
            with urllib.request.urlopen(urllib.request.Request(request.url, data=text, headers=dict(request.headers.items()))) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers
    start, end = (int(time.timestamp()) for time in times())
    status, answer, _ = ask("GetMetricData", {"MetricDataQueries": [query("AWS/SQS", "NumberOfMessagesSent", "QueueName", name)], "StartTime": start, "EndTime": end})
    assert status == 200 and answer["MetricDataResults"][0]["Values"] == [1]
    assert answer["MetricDataResults"][0]["Timestamps"][0] % 60 == 0
    status, answer, _ = ask("ListMetrics", {"Dimensions": [{"Name": "QueueName", "Value": name}]})
    assert {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent", "Dimensions": [{"Name": "QueueName", "Value": name}]} in answer["Metrics"]
    status, answer, headers = ask("GetMetricStatistics", {"Namespace": "AWS/SQS", "MetricName": "m", "StartTime": end, "EndTime": start, "Period": 60, "Statistics": ["Sum"]})
    assert status == 400 and answer["__type"].endswith("InvalidParameterValueException")
    assert headers["x-amzn-query-error"].startswith("InvalidParameterValue;")


def test_the_cli(engine, sqs):
    if not shutil.which("aws"):
        pytest.skip("no AWS CLI here: the commands of `aws cloudwatch` were not tried")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
                   "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}

    def aws(*arguments):
        done = subprocess.run(["aws", "--endpoint-url", engine.endpoint, "cloudwatch", *arguments, "--output", "json"], env=environment,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    name = "cli-" + uuid.uuid4().hex[:10]
    sqs.send_message(QueueUrl=queues.make(sqs, name), MessageBody="x")
    start, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in times())
    assert any(m["MetricName"] == "NumberOfMessagesSent" for m in aws("list-metrics", "--dimensions", f"Name=QueueName,Value={name}")["Metrics"])
    [point] = aws("get-metric-statistics", "--namespace", "AWS/SQS", "--metric-name", "NumberOfMessagesSent", "--dimensions",
                  f"Name=QueueName,Value={name}", "--start-time", start, "--end-time", end, "--period", "300", "--statistics", "Sum")["Datapoints"]
    assert point["Sum"] == 1
    data = aws("get-metric-data", "--metric-data-queries", json.dumps([query("AWS/SQS", "NumberOfMessagesSent", "QueueName", name)]),
               "--start-time", start, "--end-time", end)
    assert sum(data["MetricDataResults"][0]["Values"]) == 1


def test_sums_outlive_a_restart(own_engine):
    engine = own_engine()
    sqs = queues.client(engine)
    sqs.send_message(QueueUrl=queues.make(sqs, "kept"), MessageBody="x")
    assert engine.stop() == 0
    engine.start()
    assert total(engine.client("cloudwatch"), "AWS/SQS", "NumberOfMessagesSent", "QueueName", "kept") == 1
