"""HTTP/1.1 on the raw wire, against the whole engine: bytes in, bytes out. The server's own cases are in
src/net/http_server_test.cpp; these say that the composed program keeps them, and what the gateway adds."""
import http.client
import io
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError


class Wire:
    def __init__(self, engine, timeout=120):
        self.socket = socket.create_connection(("127.0.0.1", engine.port), timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def until(self, mark):
        got = b""
        while mark not in got:
            piece = self.socket.recv(65536)
            if not piece:
                break
            got += piece
        return got

    def rest(self):
        got = b""
        try:
            while piece := self.socket.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
        return got


def ask(engine, text):
    with Wire(engine) as wire:
        wire.send(text)
        return wire.rest()


def resident_kb(engine):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{engine.process.pid}/status").read()).group(1))


def test_health_and_metrics(engine):
    health = json.load(urllib.request.urlopen(engine.endpoint + "/_cumulet/health"))
    assert health["version"] and health["uptime"] > 0
    assert {"s3", "lambda", "states", "sts", "iam", "logs", "rekognition"} <= set(health["services"])
    engine.client("sts").get_caller_identity()
    metrics = urllib.request.urlopen(engine.endpoint + "/_cumulet/metrics").read().decode()
    assert re.search(r'cumulet_requests_total\{operation="GetCallerIdentity",service="sts",status="200"\} \d', metrics)


def test_every_answer_has_a_request_id(engine, bucket):
    ids = set()
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /no-such-bucket-here HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        f"GET /{bucket}?torrent HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ]:
        answer = ask(engine, request)
        ids.add(re.search(rb"x-amz-request-id: (\w{16})\r\n", answer).group(1))
        assert b"x-amz-id-2: " in answer
    assert len(ids) == 3
    for request in [
        'POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
        'POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: Nobody.Knows\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
        'GET /2015-03-31/functions/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ]:
        assert re.search(rb"x-amzn-RequestId: [0-9a-f-]{36}\r\n", ask(engine, request), re.I), request


@pytest.mark.parametrize("request_, status, code", [
    (b"hello\r\n\r\n", 400, "BadRequest"),
    (b"GET / HTTP/1.1\r\n\r\n", 400, "BadRequest"),
    (b"GET / HTTP/7.3\r\nHost: localhost\r\n\r\n", 505, "HTTPVersionNotSupported"),
    (b"PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", 413, "EntityTooLarge"),
    (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "RequestURITooLong"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431, "RequestHeaderSectionTooLarge"),
])
def test_what_is_no_request_has_an_id_too(engine, request_, status, code):
    answer = ask(engine, request_)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    request_id = re.search(rb"x-amz-request-id: (\w{16})\r\n", answer).group(1)
    assert f"<Code>{code}</Code>".encode() in answer and b"<RequestId>" + request_id + b"</RequestId>" in answer
    assert request_id.decode() in engine.log_text()


def test_failed_requests_are_in_the_log_with_id_and_code(engine):
    answer = ask(engine, "GET /no-such-bucket-here?location HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    request_id = re.search(rb"x-amz-request-id: (\w{16})\r\n", answer).group(1).decode()
    assert re.search(rf" info s3 GetBucketLocation 404 NoSuchBucket \d+us {request_id}\n", engine.log_text())


def test_every_request_is_in_the_log_at_debug(own_engine):
    engine = own_engine(["--log-level", "debug"])
    answer = ask(engine, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    request_id = re.search(rb"x-amz-request-id: (\w{16})\r\n", answer).group(1).decode()
    assert re.search(rf" debug s3 ListBuckets 200 \d+us {request_id}\n", engine.log_text())


def test_uris_that_cannot_be_read(engine, bucket):
    for target in (f"/{bucket}/%zz", f"/{bucket}?prefix=%4"):
        answer = ask(engine, f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ") and b"<Code>InvalidURI</Code>" in answer


def test_another_sites_page_changes_nothing(engine, bucket):
    def put(origin):
        return ask(engine, f"PUT /{bucket}/page HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    assert put("https://example.com").startswith(b"HTTP/1.1 403 ")
    assert put("http://localhost:3000").startswith(b"HTTP/1.1 200 ")


def test_a_service_we_lack_is_named_with_its_operation(engine):
    with pytest.raises(ClientError) as caught:
        engine.client("ec2").describe_regions()
    assert "The service 'ec2' is not implemented (DescribeRegions)." in caught.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as caught:
        engine.client("dynamodb").list_tables()
    assert "DynamoDB_20120810.ListTables" in caught.value.response["Error"]["Message"]


def test_pipelined_requests_are_answered_in_order(engine, s3, bucket):
    for i in range(20):
        s3.put_object(Bucket=bucket, Key=str(i), Body=f"<{i}>".encode())
    requests = "".join(f"GET /{bucket}/{i} HTTP/1.1\r\nHost: localhost\r\n\r\n" for i in range(20))
    answer = ask(engine, requests + f"GET /{bucket}/0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert re.findall(rb"<\d+>", answer) == [b"<%d>" % i for i in range(20)] + [b"<0>"]


def test_continue_is_sent_before_the_body(engine, s3, bucket):
    with Wire(engine) as wire:
        wire.send(f"PUT /{bucket}/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert wire.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send("body")
        assert wire.until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"body"


def test_no_continue_for_a_request_refused_by_its_head(engine):
    with Wire(engine) as wire:
        wire.send("PUT /b HTTP/9.9\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert wire.rest().startswith(b"HTTP/1.1 505")


@pytest.mark.parametrize("fields, status", [
    ("", 404),  # no such bucket
    ("x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nx-amz-date: {now}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=test/{day}/us-east-1/s3/"
     "aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + "0" * 64 + "\r\n", 403),
])
def test_a_refused_upload_is_not_asked_for(engine, fields, status):
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    with Wire(engine) as wire:
        wire.send("PUT /no-such-bucket-here/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n"
                  + fields.format(now=now, day=now[:8]) + "\r\n")
        assert wire.rest().startswith(b"HTTP/1.1 %d " % status)  # no "100 Continue" before it, and the connection ends


def test_many_idle_and_slow_connections_take_little_memory(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="large", Body=bytes(20_000_000))
    before = resident_kb(engine)
    idle = [Wire(engine) for _ in range(400)]
    for wire in idle:
        wire.send("GET /_cumulet/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for wire in idle:
        assert wire.until(b"ok").startswith(b"HTTP/1.1 200")
    slow = [Wire(engine) for _ in range(50)]
    for wire in slow:  # a gigabyte in all, of which nobody reads a byte
        wire.send(f"GET /{bucket}/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with Wire(engine) as piping:  # and one that asks without end and reads no answer
        piping.socket.setblocking(False)
        try:
            for _ in range(5_000):
                piping.send(f"GET /{bucket}?list-type=2 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        except BlockingIOError:
            pass
        assert json.load(urllib.request.urlopen(engine.endpoint + "/_cumulet/health"))["version"]
        assert resident_kb(engine) - before < 20_000
    for wire in idle + slow:
        wire.socket.close()


def test_a_header_of_10_mb_takes_no_memory(engine):
    before = resident_kb(engine)
    for _ in range(5):
        answer = ask(engine, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 10_000_000 + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 431 ")
    assert ask(engine, b"GET /" + b"a" * 10_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP/1.1 414 ")
    assert resident_kb(engine) - before < 8_000


@pytest.mark.parametrize("fields", [
    "Content-Length: 4\r\nContent-Length: 4\r\n",
    "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Content-Length: 0x4\r\n",
    "Content-Length: 4, 4\r\n",
])
def test_what_could_smuggle_a_request_is_refused(engine, bucket, fields):
    answer = ask(engine, f"PUT /{bucket}/smuggled HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n0\r\n\r\nGET /{bucket} HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_truncated_bodies_store_nothing(engine, s3, bucket):
    for key, head, body in [
        ("chunked", "Transfer-Encoding: chunked\r\n", b"5\r\nhel"),
        ("no-last-chunk", "Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n"),
        ("sized", "Content-Length: 10\r\n", b"hello"),
        ("broken", "Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\nnonsense\r\n"),
    ]:
        with Wire(engine) as wire:
            wire.send(f"PUT /{bucket}/{key} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n")
            wire.send(body)
            wire.socket.shutdown(socket.SHUT_WR)
            assert not wire.rest().startswith(b"HTTP/1.1 200")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_slow_clients_do_not_hold_others_up(engine):
    slow = [Wire(engine) for _ in range(100)]
    for wire in slow:
        wire.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Drip: ")
    for round_ in range(5):
        for wire in slow:
            wire.send("a")
        assert json.load(urllib.request.urlopen(engine.endpoint + "/_cumulet/health"))["version"]
    for wire in slow:
        wire.socket.close()


def test_one_connection_carries_many_requests(engine, bucket):
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=120)
    local = None
    for i in range(50):
        connection.request("PUT", f"/{bucket}/{i % 5}", body=b"x" * i)
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        local = local or connection.sock.getsockname()
        assert connection.sock.getsockname() == local
    connection.request("HEAD", f"/{bucket}/4")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Length"), answer.read()) == (200, "49", b"")
    connection.close()


def test_http_1_0(engine):
    answer = ask(engine, "GET /_cumulet/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and b"Connection: close" in answer


def test_a_client_that_reads_slowly_gets_every_byte(engine, s3, bucket):
    body = bytes(range(256)) * 40_000  # far more than the sockets hold
    s3.put_object(Bucket=bucket, Key="large", Body=body)
    with Wire(engine) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
        wire.send(f"GET /{bucket}/large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        time.sleep(0.3)
        assert json.load(urllib.request.urlopen(engine.endpoint + "/_cumulet/health"))["version"]
        answer = wire.rest()
    assert answer.split(b"\r\n\r\n", 1)[1] == body


def test_many_clients_at_once(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"shared")
    wrong = []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=120)
        for _ in range(20):
            connection.request("GET", f"/{bucket}/k")
            answer = connection.getresponse()
            if (answer.status, answer.read()) != (200, b"shared"):
                wrong.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_virtual_hosts_name_the_bucket(engine, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"by host")
    for host in [f"{bucket}.localhost:{engine.port}", f"{bucket}.s3.localhost", f"{bucket}.s3.us-east-1.localhost:{engine.port}"]:
        answer = ask(engine, f"GET /k HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
        assert answer.endswith(b"\r\n\r\nby host"), host


def test_sub_resources_we_lack_are_named(engine, bucket):
    answer = ask(engine, f"GET /{bucket}?torrent HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 501 ")
    assert b"<Code>NotImplemented</Code>" in answer and b"torrent" in answer


def test_a_functions_package_is_given_back(engine):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    name = f"packed-{uuid.uuid4().hex[:8]}"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = engine.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    functions = engine.client("lambda")
    functions.create_function(FunctionName=name, Role=role, Runtime="provided.al2023", Handler="h", Code={"ZipFile": packed.getvalue()})
    location = functions.get_function(FunctionName=name)["Code"]["Location"]
    assert urllib.request.urlopen(location).read() == packed.getvalue()
    functions.delete_function(FunctionName=name)
    for wrong in ["/_cumulet/packages/none.zip", "/_cumulet/packages/..%2f..%2fstate.db", "/_cumulet/packages/.zip"]:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(engine.endpoint + wrong)
        assert refused.value.code == 404
