"""InvokeWithResponseStream, read from the wire: boto3 of Debian does not know it (the JavaScript SDK reads it in tests/js)."""
import base64
import http.client
import json
import struct
import urllib.parse
import zlib

import pytest

from protocol.managed_functions import Node, Python


def messages(raw):
    """[(event type, payload)] of an event stream; every checksum is looked at."""
    found = []
    while raw:
        total, fields, prelude = struct.unpack(">III", raw[:12])
        assert zlib.crc32(raw[:8]) == prelude and zlib.crc32(raw[:total - 4]) == struct.unpack(">I", raw[total - 4:total])[0]
        head, headers = raw[12:12 + fields], {}
        while head:
            name = head[1:1 + head[0]].decode()
            at = 1 + head[0]
            assert head[at] == 7
            size = struct.unpack(">H", head[at + 1:at + 3])[0]
            headers[name] = head[at + 3:at + 3 + size].decode()
            head = head[at + 3 + size:]
        assert headers[":message-type"] == "event"
        found.append((headers[":event-type"], raw[12 + fields:total - 4]))
        raw = raw[total:]
    return found


def stream(engine, name, event=None, query="", **headers):
    address = urllib.parse.urlsplit(engine.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", f"/2021-11-15/functions/{name}/response-streaming-invocations{query}", json.dumps(event),
                       {key.replace("_", "-"): value for key, value in headers.items()})
    answer = connection.getresponse()
    raw = answer.read()
    return answer, messages(raw) if answer.status == 200 else raw


def told(found):
    assert [kind for kind, _ in found[:-1]] == ["PayloadChunk"] * (len(found) - 1) and found[-1][0] == "InvokeComplete"
    return b"".join(payload for _, payload in found[:-1]), json.loads(found[-1][1])


WRITER = """
    exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
      if (event === 'at once') throw new TypeError('before a word');
      stream.write('first,');
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (event === 'half way') throw new RangeError('in between');
      if (event === 'exit') process.exit(3);
      if (event === 'hang') await new Promise((resolve) => setTimeout(resolve, 60000));
      for (let i = 0; i < 40; ++i) stream.write(Buffer.alloc(100000, 'y'));
      stream.end('last');
    });
"""


def test_what_a_function_streams(engine):
    with Node(engine, WRITER, Timeout=3) as function:
        answer, found = stream(engine, function.name, "go", X_Amz_Log_Type="Tail")
        body, end = told(found)
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
        assert answer.headers["X-Amz-Executed-Version"] == "$LATEST"
        assert body == b"first," + b"y" * 4_000_000 + b"last" and found[0][1].startswith(b"first,")
        assert "REPORT RequestId" in base64.b64decode(end["LogResult"]).decode() and "ErrorCode" not in end
        assert b"y" * 100 in function.client.invoke(FunctionName=function.name, Payload=b'"go"')["Payload"].read(), "gathered for Invoke"

        body, end = told(stream(engine, function.name, "at once")[1])
        assert body == b"" and end["ErrorCode"] == "Unhandled" and json.loads(end["ErrorDetails"])["errorType"] == "TypeError"
        body, end = told(stream(engine, function.name, "half way")[1])
        assert body == b"first," and json.loads(end["ErrorDetails"])["errorMessage"] == "in between"
        assert function.run("half way")[1] == "Unhandled", "what breaks off is an error for Invoke too"
        body, end = told(stream(engine, function.name, "exit")[1])
        assert body == b"first," and "exit status 3" in end["ErrorDetails"]
        body, end = told(stream(engine, function.name, "hang")[1])
        assert body == b"first," and "timed out after 3.00 seconds" in end["ErrorDetails"]


def test_what_does_not_stream(engine):
    with Python(engine, "def lambda_handler(e, c):\n  return e") as function:
        body, end = told(stream(engine, function.name, {"a": 1})[1])
        assert json.loads(body) == {"a": 1} and end == {}
        answer, raw = stream(engine, function.name, {}, X_Amz_Invocation_Type="DryRun")
        assert answer.status == 204 and raw == b"" and "X-Amz-Executed-Version" not in answer.headers
        version = function.client.publish_version(FunctionName=function.name)["Version"]
        assert stream(engine, function.name, {}, f"?Qualifier={version}")[0].headers["X-Amz-Executed-Version"] == version
        answer, raw = stream(engine, function.name, {}, X_Amz_Invocation_Type="Event")
        assert answer.status == 400 and answer.headers["x-amzn-ErrorType"].startswith("ValidationException")


@pytest.mark.parametrize("name, status", [("absent", 404), ("a!b", 400)])
def test_refusals_come_before_the_stream(engine, name, status):
    answer, raw = stream(engine, name)
    assert answer.status == status and answer.headers["Content-Type"].startswith("application/json")
