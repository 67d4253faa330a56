"""What SQS refuses: the same request in both protocols, each protocol's code, status and text; and bytes no SDK would send."""
import re

import pytest
from botocore.exceptions import ClientError

from protocol.queues import NAMESPACE, counts, element

ID_RULE = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
NAME_RULE = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
RANGES = "Value {} for parameter {} is invalid. Reason: {}"
BIG = "a" * 524_288

# Shapes of errors (JSON's __type, without its namespace): the Query protocol's code and the HTTP status.
KINDS = {
    "InvalidParameterValueException": ("InvalidParameterValue", 400),
    "MissingRequiredParameterException": ("MissingParameter", 400),
    "InvalidAttributeName": ("InvalidAttributeName", 400),
    "InvalidAttributeValue": ("InvalidAttributeValue", 400),
    "InvalidMessageContents": ("InvalidMessageContents", 400),
    "ReceiptHandleIsInvalid": ("ReceiptHandleIsInvalid", 404),
    "QueueDoesNotExist": ("AWS.SimpleQueueService.NonExistentQueue", 400),
    "QueueNameExists": ("QueueAlreadyExists", 400),
    **{name: ("AWS.SimpleQueueService." + name, 400) for name in (
        "EmptyBatchRequest", "TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct", "InvalidBatchEntryId", "BatchRequestTooLong")},
}


def attributes(**value):
    return {"MessageBody": "x", "MessageAttributes": {"name": value}}


def named(name):
    return {"MessageBody": "x", "MessageAttributes": {name: {"DataType": "String", "StringValue": "x"}}}


def entries(*ids, **more):
    return {"Entries": [{"Id": i, "MessageBody": "x", **more} for i in ids]}


CASES = [  # operation, parameters beside QueueUrl, shape and text (None: any)
    ("SendMessage", {"QueueUrl": "http://127.0.0.1/000000000000/none", "MessageBody": "x"}, "QueueDoesNotExist", "The specified queue does not exist."),
    ("GetQueueUrl", {"QueueName": "none"}, "QueueDoesNotExist", "The specified queue does not exist."),
    ("CreateQueue", {"QueueName": "in.fo"}, "InvalidParameterValueException", NAME_RULE),
    ("CreateQueue", {"QueueName": "x", "Attributes": {"Foo": "1"}}, "InvalidAttributeName", "Unknown Attribute Foo."),
    ("GetQueueAttributes", {"AttributeNames": ["Foobar"]}, "InvalidAttributeName", "Unknown Attribute Foobar."),
    ("SetQueueAttributes", {"Attributes": {"VisibilityTimeout": "x"}}, "InvalidAttributeValue",
     "Invalid value for the parameter VisibilityTimeout."),

    ("ReceiveMessage", {"MaxNumberOfMessages": 0}, "InvalidParameterValueException",
     RANGES.format(0, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")),
    ("ReceiveMessage", {"MaxNumberOfMessages": 11}, "InvalidParameterValueException",
     RANGES.format(11, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")),
    ("ReceiveMessage", {"WaitTimeSeconds": 21}, "InvalidParameterValueException",
     RANGES.format(21, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")),
    ("ReceiveMessage", {"VisibilityTimeout": 43_201}, "InvalidParameterValueException",
     RANGES.format(43_201, "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.")),

    ("SendMessage", {"MessageBody": ""}, "MissingRequiredParameterException", "The request must contain the parameter MessageBody."),
    ("SendMessage", {}, "MissingRequiredParameterException", "The request must contain the parameter MessageBody."),
    ("SendMessage", {"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValueException",
     RANGES.format(901, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")),
    ("SendMessage", {"MessageBody": "x", "DelaySeconds": -1}, "InvalidParameterValueException",
     RANGES.format(-1, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")),
    ("SendMessage", {"MessageBody": "a" * 1_048_577}, "InvalidParameterValueException",
     "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."),
    *[("SendMessage", {"MessageBody": f"x{character}"}, "InvalidMessageContents", None) for character in "\x00\x01\x08\x0b\x1f\ufffe\uffff"],

    ("SendMessage", attributes(DataType="String", StringValue=""), "InvalidParameterValueException",
     "Message (user) attribute 'name' must contain a non-empty value of type 'String'."),
    ("SendMessage", attributes(DataType="Number", StringValue="x"), "InvalidParameterValueException",
     "Can't cast the value of message (user) attribute 'name' to a number."),
    ("SendMessage", attributes(DataType="Colour", StringValue="x"), "InvalidParameterValueException",
     "The type of message (user) attribute 'name' is invalid. You must use only the following supported type prefixes: Binary, Number, String."),
    ("SendMessage", attributes(DataType="String", StringValue="\x08"), "InvalidParameterValueException", None),
    ("SendMessage", attributes(DataType="Number." + "x" * 257, StringValue="1"), "InvalidParameterValueException", None),
    *[("SendMessage", named(name), "InvalidParameterValueException", None)
      for name in ("aWs.x", "AMAZON.x", ".x", "x.", "a..b", "a!", "a b", "a(", "x" * 257)],
    ("SendMessage", {"MessageBody": "x", "MessageAttributes": {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)}},
     "InvalidParameterValueException", "Number of message attributes [11] exceeds the allowed maximum [10]."),

    ("SendMessageBatch", entries(), "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."),
    ("SendMessageBatch", entries(*map(str, range(11))), "TooManyEntriesInBatchRequest",
     "Maximum number of entries per request are 10. You have sent 11."),
    ("SendMessageBatch", entries("a", "b", "a"), "BatchEntryIdsNotDistinct", "Id a repeated."),
    *[("SendMessageBatch", entries("a", bad), "InvalidBatchEntryId", ID_RULE) for bad in ("a:b", "x" * 81, "ä", "")],
    ("SendMessageBatch", {"Entries": [{"Id": "1", "MessageBody": BIG}, {"Id": "2", "MessageBody": BIG + "a"}]}, "BatchRequestTooLong",
     "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."),
    ("SendMessageBatch", {"Entries": [{"Id": "1", "MessageBody": "x"}, {"MessageBody": "x"}]}, "MissingRequiredParameterException",
     "The request must contain the parameter SendMessageBatchRequestEntry.2.Id."),
    ("DeleteMessageBatch", {"Entries": []}, "EmptyBatchRequest", None),
    ("DeleteMessageBatch", {"Entries": [{"Id": str(n), "ReceiptHandle": "x"} for n in range(20)]}, "TooManyEntriesInBatchRequest",
     "Maximum number of entries per request are 10. You have sent 20."),
    ("DeleteMessageBatch", {"Entries": [{"Id": "a", "ReceiptHandle": "x"}] * 2}, "BatchEntryIdsNotDistinct", "Id a repeated."),
    ("ChangeMessageVisibilityBatch", {"Entries": [{"Id": "a b", "ReceiptHandle": "x", "VisibilityTimeout": 1}]}, "InvalidBatchEntryId", ID_RULE),

    ("SetQueueAttributes", {"Attributes": {}}, "MissingRequiredParameterException", "The request must contain the parameter Attribute.Name."),
    ("SetQueueAttributes", {"Attributes": {"FifoThroughputLimit": "perQueue"}}, None,
     "You can specify the FifoThroughputLimit only when FifoQueue is set to true."),
    ("SetQueueAttributes", {"Attributes": {"DeduplicationScope": "queue"}}, None,
     "You can specify the DeduplicationScope only when FifoQueue is set to true."),
    ("SendMessage", {"MessageBody": "x", "MessageDeduplicationId": "d"}, "InvalidParameterValueException", None),
    ("RemovePermission", {}, "MissingRequiredParameterException", "The request must contain the parameter Label."),
    ("AddPermission", {"Label": "x", "AWSAccountIds": ["123456789012"]}, "MissingRequiredParameterException",
     "The request must contain the parameter ActionName."),
    ("AddPermission", {"Label": "x", "Actions": ["SendMessage"]}, "MissingRequiredParameterException",
     "The request must contain the parameter AWSAccountIds."),
    ("ListDeadLetterSourceQueues", {"MaxResults": 1001}, "InvalidParameterValueException",
     "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000."),
    ("ListDeadLetterSourceQueues", {"NextToken": "none"}, "InvalidParameterValueException", "Invalid or expired next token."),

    ("DeleteMessage", {"ReceiptHandle": "garbage"}, "ReceiptHandleIsInvalid", 'The input receipt handle "garbage" is not a valid receipt handle.'),
    ("ChangeMessageVisibility", {"ReceiptHandle": "garbage", "VisibilityTimeout": 1}, "ReceiptHandleIsInvalid",
     'The input receipt handle "garbage" is not a valid receipt handle.'),
    ("ChangeMessageVisibility", {"ReceiptHandle": "garbage", "VisibilityTimeout": 43_201}, "InvalidParameterValueException",
     RANGES.format(43_201, "VisibilityTimeout", "Must be between 0 and 43200.")),
]


def name_of(case):
    return f"{case[0]}-{case[2]}"


def method(operation):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_both_protocols(sqs, wire, queue, case):
    operation, parameters, shape, text = case
    if operation not in ("GetQueueUrl", "CreateQueue"):
        parameters = {"QueueUrl": queue, **parameters}
    status, fields, body = wire.json(operation, parameters)
    found = body.get("__type", "").split("#")[-1]
    code, expected = KINDS[shape or found]
    assert (status, fields.get("x-amzn-query-error"), found) == (expected, f"{code};Sender", shape or found)
    assert fields["content-type"] == "application/x-amz-json-1.0" and fields["x-amzn-requestid"]
    assert body["message"] and text in (None, body["message"])

    with pytest.raises(ClientError) as caught:
        getattr(sqs, method(operation))(**parameters)
    answer = caught.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Type"]) == (expected, code, "Sender")
    if shape == "QueueDoesNotExist":
        text = "The specified queue does not exist for this wsdl version."
    assert text in (None, answer["Error"]["Message"])
    assert counts(sqs, queue) == (0, 0, 0)


def test_query_bytes(wire, queue):
    name = queue.rsplit("/", 1)[1]
    status, fields, text = wire.query(Action="GetQueueUrl", QueueName=name, Version="2012-11-05")
    assert (status, fields["content-type"].split(";")[0]) == (200, "text/xml")
    request = element(text, "RequestId")
    assert fields["x-amzn-requestid"] == request
    assert re.sub(r"^<\?xml.*?\?>", "", text) == (f'<GetQueueUrlResponse xmlns="{NAMESPACE}"><GetQueueUrlResult><QueueUrl>{queue}</QueueUrl>'
                    f"</GetQueueUrlResult><ResponseMetadata><RequestId>{request}</RequestId></ResponseMetadata></GetQueueUrlResponse>")
    status, fields, text = wire.query(Action="GetQueueUrl", QueueName="none", Version="2012-11-05")
    assert (status, fields["content-type"].split(";")[0]) == (400, "text/xml")
    assert f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>' in text
    assert element(text, "RequestId")


def test_json_bytes(wire, queue):
    status, fields, body = wire.send("POST", "/", b'{"QueueName":"' + queue.rsplit("/", 1)[1].encode() + b'"}', {
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.GetQueueUrl"})
    assert (status, fields["content-type"], body) == (200, "application/x-amz-json-1.0", b'{"QueueUrl":"' + queue.encode() + b'"}')
    status, fields, body = wire.send("POST", "/", b'{"QueueUrl":"' + queue.encode() + b'"}', {
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ReceiveMessage"})
    assert (status, body) == (200, b"{}")


def test_query_on_the_queues_own_url(wire, queue):
    """The older way: the action is sent to the queue's URL, by GET or POST, without QueueUrl."""
    path = "/" + queue.split("/", 3)[3]
    for method in ("GET", "POST"):
        status, _, text = wire.query(path, method, Action="SendMessage", MessageBody="foo bar")
        assert status == 200 and element(text, "MD5OfMessageBody") == "327b6f07435811239bc47e1544353273"
        status, _, text = wire.query(path, method, Action="ReceiveMessage", AttributeName__1="All")
        assert status == 200 and element(text, "Body") == "foo bar"
        assert "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>" in text
        status, _, text = wire.query(path, method, Action="ReceiveMessage")
        assert (status, element(text, "Body")) == (200, None) and re.search(r"<ReceiveMessageResult ?/>", text)
        status, _, text = wire.query(path, method, Action="GetQueueAttributes", AttributeName__1="QueueArn")
        assert re.search(r"<Attribute><Name>QueueArn</Name><Value>arn:aws:sqs:us-east-1:000000000000:", text)
    status, _, text = wire.query(path, "GET", Action="FooBar", Version="2012-11-05")
    assert (status, element(text, "Code"), element(text, "Message")) == (
        400, "InvalidAction", "The action FooBar is not valid for this endpoint.")
    status, _, text = wire.query(path, "GET", Action="SendMessage")
    assert (status, element(text, "Code"), element(text, "Message")) == (
        400, "MissingParameter", "The request must contain the parameter MessageBody.")
    status, _, text = wire.query(path, "GET", Action="DeleteQueue")
    assert status == 200 and "<DeleteQueueResponse " in text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"QueueUrl":5}', b'{"QueueUrl":{}}', b"\xff\xfe", b"{" * 10_000], ids=range(9))
def test_json_that_is_none(wire, body):
    for operation in ("SendMessage", "ReceiveMessage", "CreateQueue", "SendMessageBatch"):
        status, fields, _ = wire.json(operation, body)
        assert status == 400 and fields["content-type"].startswith("application/x-amz-json-1.0")


@pytest.mark.parametrize("parameters", [
    {"MaxNumberOfMessages": "x"}, {"MaxNumberOfMessages": 1e300}, {"MaxNumberOfMessages": {}}, {"MaxNumberOfMessages": []},
    {"WaitTimeSeconds": "soon"}, {"MessageAttributeNames": "All"}, {"AttributeNames": {"a": 1}}, {"VisibilityTimeout": 9_999_999_999},
])
def test_parameters_of_another_kind(wire, queue, parameters):
    status, fields, body = wire.json("ReceiveMessage", {"QueueUrl": queue, **parameters})
    assert status == 400 and body["__type"] and body.get("message", body.get("Message")) is not None


def test_an_operation_that_is_none(wire):
    status, fields, body = wire.json("Dance", {})
    assert status in (400, 404) and "UnknownOperation" in body["__type"]
    status, _, text = wire.query(Action="Dance", Version="2012-11-05")
    assert (status, element(text, "Code")) == (400, "InvalidAction")


@pytest.mark.parametrize("form", [
    "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.999999999.MessageBody=x",
    "Action=SendMessage&MessageBody=x&MessageAttribute.1.Name=a", "Action=SendMessage&MessageBody=%zz&DelaySeconds=",
    "Action=SetQueueAttributes&Attribute.1.Name=DelaySeconds", "Action=" + "x" * 5000, "Action=CreateQueue&QueueName=",
], ids=range(6))
def test_forms_that_are_none(wire, queue, form):
    status, _, text = wire.send("POST", "/" + queue.split("/", 3)[3], form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status in (400, 404) and element(text.decode(), "Code")  # 404: MalformedQueryString
