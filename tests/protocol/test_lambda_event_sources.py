"""Event source mappings beside their API (test_sqs_mappings.py): what stays over a restart, what is wrong with one, tags, figures, templates."""
import json
import re
import urllib.request

import pytest
from botocore.exceptions import ClientError

from protocol import queues
from protocol.lambda_functions import Function, call, create, eventually, unique
from protocol.queues import arn_of, counts, make

PATH = "/2015-03-31/event-source-mappings"


def mapped(engine, url, function, **more):
    sqs = queues.client(engine)
    return call(engine, "POST", PATH + "/", {"EventSourceArn": arn_of(sqs, url), "FunctionName": function, **more})


def mapping(engine, uuid):
    return call(engine, "GET", f"{PATH}/{uuid}")


def metrics(engine):
    """{line without value: value}"""
    with urllib.request.urlopen(engine.endpoint + "/_cumulet/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}


def test_the_answer_on_the_wire(engine):
    """Members, and the time as a number of seconds with its fraction."""
    function = create(engine)["FunctionName"]
    made = mapped(engine, make(queues.client(engine)), function, Enabled=False)
    assert set(made) == {"UUID", "BatchSize", "MaximumBatchingWindowInSeconds", "EventSourceArn", "EventSourceMappingArn", "FunctionArn",
                         "FunctionResponseTypes", "LastModified", "State", "StateTransitionReason"}
    assert isinstance(made["LastModified"], float) and made["LastModified"] > 1_700_000_000
    assert made["EventSourceMappingArn"] == f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{made['UUID']}"
    assert mapped(engine, make(queues.client(engine)), function)["State"] == "Creating"


def test_tags(engine):
    function = create(engine)["FunctionName"]
    made = mapped(engine, make(queues.client(engine)), function, Enabled=False, Tags={"team": "bot"})
    tags = "/2017-03-31/tags/" + urllib.request.quote(made["EventSourceMappingArn"], safe="")
    assert call(engine, "GET", tags) == {"Tags": {"team": "bot"}}
    call(engine, "POST", tags, {"Tags": {"stage": "test"}})
    call(engine, "DELETE", tags + "?tagKeys=team")
    assert call(engine, "GET", tags) == {"Tags": {"stage": "test"}}


def test_a_functions_timeout_may_not_outgrow_its_queues(engine):
    name = create(engine, Timeout=30)["FunctionName"]
    mapped(engine, make(queues.client(engine), VisibilityTimeout="30"), name, Enabled=False)
    with pytest.raises(ClientError) as caught:
        engine.client("lambda").update_function_configuration(FunctionName=name, Timeout=60)
    assert caught.value.response["Error"]["Message"] == "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"


def test_mappings_survive_kill_9(own_engine):
    engine = own_engine()
    sqs = queues.client(engine)
    function = Function(engine, Timeout=10)
    url, other = make(sqs), make(sqs)
    given = {"BatchSize": 3, "FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 7},
             "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"body": [{"prefix": "note"}]})}]}}
    made = mapped(engine, url, function.name, **given)
    disabled = mapped(engine, other, function.name, Enabled=False)["UUID"]
    gone = mapped(engine, make(sqs), function.name)["UUID"]
    call(engine, "DELETE", f"{PATH}/{gone}")
    port = engine.port
    engine.kill()
    engine.start(port)
    found = mapping(engine, made["UUID"])
    assert {key: found[key] for key in given} == given and found["State"] == "Enabled"
    assert mapping(engine, disabled)["State"] == "Disabled"
    assert {m["UUID"] for m in call(engine, "GET", PATH)["EventSourceMappings"]} == {made["UUID"], disabled}
    sqs.send_message(QueueUrl=url, MessageBody="note after")
    eventually(lambda: "DONE note after" in function.log())


def test_without_its_queue_or_function_a_mapping_says_so(engine):
    sqs = queues.client(engine)
    name = unique()
    with Function(engine, name=name, Timeout=5) as function:
        url, lost = make(sqs), make(sqs)
        uuid, of_lost = mapped(engine, url, function.name)["UUID"], mapped(engine, lost, function.name)["UUID"]
        assert "LastProcessingResult" not in mapping(engine, uuid)
        sqs.delete_queue(QueueUrl=lost)
        result = eventually(lambda: mapping(engine, of_lost).get("LastProcessingResult"))
        assert result.startswith("PROBLEM: Error occurred while ReceiveMessage.") and "NonExistentQueue" in result
        assert mapping(engine, of_lost)["State"] == "Enabled"
    sqs.send_message(QueueUrl=url, MessageBody="note")
    assert eventually(lambda: mapping(engine, uuid).get("LastProcessingResult")).startswith("PROBLEM: Function not found")
    assert counts(sqs, url) == (1, 0, 0)
    with Function(engine, name=name, Timeout=5) as again:  # goes on where it stopped
        eventually(lambda: "DONE note" in again.log())
    for one in (uuid, of_lost):
        call(engine, "DELETE", f"{PATH}/{one}")


def test_messages_are_worked_on_by_warm_workers(engine):
    """One after the other: the same worker takes them all (how soon is told by bench/sqs.py)."""
    sqs = queues.client(engine)
    with Function(engine, Timeout=10, Environment={"Variables": {"PROBE_PRINT_EVENT": "1"}}) as function:
        url = make(sqs)
        uuid = mapped(engine, url, function.name, BatchSize=1)["UUID"]
        for n in range(20):
            sqs.send_message(QueueUrl=url, MessageBody=str(n))
            eventually(lambda: counts(sqs, url) == (0, 0, 0))
        logs = engine.client("logs")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function.name}", filterPattern="EVENT")
        events = eventually(lambda: len(found := [e for page in pages for e in page["events"]]) == 20 and found)
        assert len({e["logStreamName"] for e in events}) == 1
        call(engine, "DELETE", f"{PATH}/{uuid}")


def test_the_machines_memory_bounds_workers(engine):
    """Batches wait for room; none is thrown back to be counted as received once more."""
    sqs = queues.client(engine)
    memory = 10_240
    room = int(metrics(engine)["cumulet_function_memory_budget_bytes"]) // (memory << 20)
    with Function(engine, Timeout=10, MemorySize=memory) as function:
        dead = make(sqs)
        url = make(sqs, VisibilityTimeout="60", RedrivePolicy=queues.redrive(sqs, dead, 1))
        uuid = mapped(engine, url, function.name, BatchSize=1)["UUID"]
        for n in range(12):
            sqs.send_message(QueueUrl=url, MessageBody=f"sleep 200 {n}")
        eventually(lambda: counts(sqs, url) == (0, 0, 0))
        log = eventually(lambda: (text := function.log()).count("\nDONE ") == 12 and text)
        assert 1 <= log.count("INIT_START") <= max(1, min(5, room)) and counts(sqs, dead) == (0, 0, 0)
        call(engine, "DELETE", f"{PATH}/{uuid}")


def test_figures(engine):
    """Backlog, batches and environments, in the metrics and for people."""
    sqs = queues.client(engine)
    with Function(engine, Timeout=30) as function:
        url = make(sqs)
        arn = arn_of(sqs, url)
        uuid = mapped(engine, url, function.name, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})["UUID"]
        for n in range(6):
            sqs.send_message(QueueUrl=url, MessageBody=f"sleep 2000 {n}")
        sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=600)

        def value(name, **labels):
            for line, number in metrics(engine).items():
                if line.startswith(name + "{") and all(f'{k}="{v}"' in line for k, v in labels.items()):
                    return number

        eventually(lambda: value("cumulet_event_source_batches", mapping=uuid) == 2)
        assert value("cumulet_event_source_batches_limit", mapping=uuid, queue=arn) == 2
        assert [value("cumulet_queue_messages", queue=arn, state=state) for state in ("visible", "in_flight", "delayed")] == [4, 2, 1]
        assert value("cumulet_function_environments", function=function.name, state="busy") == 2
        assert metrics(engine)["cumulet_function_memory_bytes"] >= 2 * 128 * 2**20
        status = engine.run("status").stdout
        assert re.search(rf"{arn.rsplit(':')[-1]} +4 visible, 2 in flight, 1 delayed", status)
        assert re.search(rf"{arn.rsplit(':')[-1]} → {function.name} +Enabled +2 of 2 batches", status)
        assert re.search(rf"{function.name} .*environments: 2 busy, 0 idle", status)
        call(engine, "DELETE", f"{PATH}/{uuid}")


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Size: {Type: Number, Default: 1}, Sets: {Type: String, Default: "no"}}
Conditions: {Told: !Equals [!Ref Sets, "yes"]}
Resources:
  Dead: {Type: "AWS::SQS::Queue", Properties: {MessageRetentionPeriod: 1209600}}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
  Ordered: {Type: "AWS::SQS::Queue", Properties: {FifoQueue: true, ContentBasedDeduplication: true}}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: s3.amazonaws.com}, Action: "sqs:SendMessage", Resource: !GetAtt Jobs.Arn}]
  In:
    Type: AWS::S3::Bucket
    DependsOn: Policy
    Properties:
      NotificationConfiguration:
        Fn::If: [Told, {QueueConfigurations: [{Queue: !GetAtt Jobs.Arn, Event: "s3:ObjectCreated:*"}]}, !Ref "AWS::NoValue"]
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: code.zip
      Timeout: 10
      Policies: [{SQSSendMessagePolicy: {QueueName: !GetAtt Dead.QueueName}}, {SQSPollerPolicy: {QueueName: !GetAtt Jobs.QueueName}}]
      Environment: {Variables: {QUEUE: !Ref Jobs}}
      Events:
        Job:
          Type: SQS
          Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: !Ref Size, FunctionResponseTypes: [ReportBatchItemFailures],
                       ScalingConfig: {MaximumConcurrency: 4}, Tags: {size: !Sub "s${Size}"}, FilterCriteria: {Filters: [{Pattern: '{"body":[{"prefix":"note"}]}'}]}}
        Other: {Type: SQS, Properties: {Queue: !GetAtt Ordered.Arn, Enabled: false}}
Outputs:
  Url: {Value: !Ref Jobs}
  Name: {Value: !GetAtt Jobs.QueueName}
  Function: {Value: !Ref Work}
  Mapping: {Value: !Ref WorkJob}
"""


def test_a_template(own_engine, tmp_path):
    from protocol.lambda_functions import needs_sandbox, probe_package
    needs_sandbox()
    engine = own_engine()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "code.zip").write_bytes(probe_package())

    def deploy(*more):
        done = engine.run("deploy", tmp_path / "template.yaml", "--stack", "jobs", *more).stdout
        return dict(re.findall(r"^\s*(Url|Name|Function|Mapping)\s*[:=]?\s+(\S+)$", done, re.M)), done

    outputs, text = deploy()
    assert set(outputs) == {"Url", "Name", "Function", "Mapping"}, text
    sqs = queues.client(engine)
    found = mapping(engine, outputs["Mapping"])
    assert (found["BatchSize"], found["ScalingConfig"], found["State"]) == (1, {"MaximumConcurrency": 4}, "Enabled")
    attributes = sqs.get_queue_attributes(QueueUrl=outputs["Url"], AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "60" and json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 3
    assert "s3.amazonaws.com" in attributes["Policy"]
    others = [m for m in call(engine, "GET", PATH)["EventSourceMappings"] if m["UUID"] != outputs["Mapping"]]
    assert [(m["State"], m["EventSourceArn"][-5:]) for m in others] == [("Disabled", ".fifo")]
    sqs.send_message(QueueUrl=outputs["Url"], MessageBody="note hello")
    logs = engine.client("logs")
    eventually(lambda: any("DONE note hello" in e["message"] for e in logs.filter_log_events(
        logGroupName=f"/aws/lambda/{outputs['Function']}")["events"]))
    text = deploy()[1]
    assert not re.search(r"^ *(created|changed|replaced)\b", text, re.M), text
    deploy("--parameter", "Size=5", "--parameter", "Sets=yes")
    found = mapping(engine, outputs["Mapping"])
    assert found["BatchSize"] == 5
    tags = "/2017-03-31/tags/" + urllib.request.quote(found["EventSourceMappingArn"], safe="")
    assert call(engine, "GET", tags) == {"Tags": {"size": "s5"}}
    s3 = engine.client("s3")
    [bucket] = [b["Name"] for b in s3.list_buckets()["Buckets"] if not b["Name"].startswith("cumulet-")]
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    engine.run("destroy", "jobs")
    assert "QueueUrls" not in sqs.list_queues() and call(engine, "GET", PATH)["EventSourceMappings"] == []
