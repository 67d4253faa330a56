"""Query services answer JSON to a client that accepts JSON before all else, as API Gateway and curl do; and a trace id that travels with a message."""
import json
import urllib.parse

import pytest

from protocol import queues

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def ask(wire):
    """Sends a form; (status, content type, parsed answer)."""
    def ask(path="/", accept="application/json", **parameters):
        form = urllib.parse.urlencode([(name.replace("__", "."), value) for name, value in parameters.items()])
        status, fields, body = wire.send("POST", path, form, {"Content-Type": "application/x-www-form-urlencoded", **({"Accept": accept} if accept else {})})
        text = body.decode()
        return status, fields["content-type"], json.loads(text) if text.startswith("{") else text
    return ask


def test_a_message_and_back(ask, sqs, queue):
    path = urllib.parse.urlsplit(queue).path
    status, kind, sent = ask(path, Action="SendMessage", MessageBody='a "b"', MessageAttribute__1__Name="n", MessageAttribute__1__Value__DataType="String",
                             MessageAttribute__1__Value__StringValue="v")
    assert (status, kind) == (200, "application/json")
    result = sent["SendMessageResponse"]["SendMessageResult"]
    assert result["MD5OfMessageBody"] == queues.md5('a "b"') and result["SequenceNumber"] is None
    assert sent["SendMessageResponse"]["ResponseMetadata"]["RequestId"]
    got = ask(path, Action="ReceiveMessage", AttributeName__1="SenderId", MessageAttributeName__1="All")[2]
    [message] = got["ReceiveMessageResponse"]["ReceiveMessageResult"]["messages"]
    assert (message["Body"], message["MessageId"]) == ('a "b"', result["MessageId"])
    assert message["Attributes"] == [{"Name": "SenderId", "Value": "000000000000"}] or message["Attributes"][0]["Name"] == "SenderId"
    [attribute] = message["MessageAttributes"]
    assert (attribute["Name"], attribute["Value"]["StringValue"]) == ("n", "v")
    assert ask(path, Action="ReceiveMessage")[2]["ReceiveMessageResponse"]["ReceiveMessageResult"] == {"messages": None}
    assert set(ask(path, Action="DeleteMessage", ReceiptHandle=message["ReceiptHandle"])[2]["DeleteMessageResponse"]) == {"ResponseMetadata"}


def test_queues_and_their_attributes(ask, sqs, queue):
    name = queue.rpartition("/")[2]
    listed = ask(Action="ListQueues", Version="2012-11-05", QueueNamePrefix=name)[2]["ListQueuesResponse"]["ListQueuesResult"]
    assert [url.rpartition("/")[2] for url in listed["queueUrls"]] == [name]
    told = ask(urllib.parse.urlsplit(queue).path, Action="GetQueueAttributes", AttributeName__1="QueueArn")[2]
    assert told["GetQueueAttributesResponse"]["GetQueueAttributesResult"] == {"Attributes": [{"Name": "QueueArn", "Value": queues.arn_of(sqs, queue)}]}


def test_errors(ask):
    status, kind, body = ask(Action="GetQueueUrl", Version="2012-11-05", QueueName="no-such-queue")
    assert (status, kind, set(body), set(body["Error"])) == (400, "application/json", {"Error", "RequestId"}, {"Code", "Message", "Type"})
    assert (body["Error"]["Code"], body["Error"]["Type"]) == ("AWS.SimpleQueueService.NonExistentQueue", "Sender")


def test_other_query_services(ask):
    status, _, body = ask(Action="GetCallerIdentity", Version="2011-06-15")
    result = body["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert (status, result["Account"], result["Arn"]) == (200, "000000000000", "arn:aws:iam::000000000000:root")
    status, _, body = ask(Action="GetRole", Version="2010-05-08", RoleName="nobody")
    assert (status, body["Error"]["Code"]) == (404, "NoSuchEntity")
    status, _, body = ask(Action="ListMetrics", Version="2010-08-01")
    assert status == 200 and "ListMetricsResult" in body["ListMetricsResponse"]


@pytest.mark.parametrize("accept", [None, "*/*", "text/xml", "text/xml, application/json"])
def test_others_get_xml(ask, accept):
    status, kind, body = ask(accept=accept, Action="GetCallerIdentity", Version="2011-06-15")
    assert (status, kind) == (200, "text/xml") and body.startswith("<GetCallerIdentityResponse")


@pytest.mark.parametrize("protocol", ["json", "query"])
def test_the_trace_of_a_send_travels_with_the_message(wire, sqs, queue, protocol):
    for operation, json_body, form in (
            ("SendMessage", {"MessageBody": "x"}, {"MessageBody": "x"}),
            ("SendMessageBatch", {"Entries": [{"Id": "1", "MessageBody": "x"}]},
             {"SendMessageBatchRequestEntry.1.Id": "1", "SendMessageBatchRequestEntry.1.MessageBody": "x"})):
        if protocol == "json":
            status, _, body = wire.send("POST", "/", json.dumps({"QueueUrl": queue, **json_body}),
                                        {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}", "X-Amzn-Trace-Id": TRACE})
        else:
            status, _, body = wire.send("POST", urllib.parse.urlsplit(queue).path, urllib.parse.urlencode({"Action": operation, **form}),
                                        {"Content-Type": "application/x-www-form-urlencoded", "X-Amzn-Trace-Id": TRACE})
        assert status == 200, body
        [message] = queues.receive(sqs, queue, AttributeNames=["AWSTraceHeader"])
        assert message["Attributes"] == {"AWSTraceHeader": TRACE}
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
