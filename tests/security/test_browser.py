"""What a web page elsewhere can do to the engine of whoever looks at it: nothing, but what a bucket's CORS configuration
lets it. "test" with the secret "test" is no secret, so the page signs as well as anybody; and by DNS rebinding it is the
engine's own origin."""
import json
import socket
import subprocess
import urllib.parse

import pytest

from conftest import PROGRAM
from plain_http import ask

ELSEWHERE = "https://evil.example"


def send(engine, text):
    """Raw bytes there, everything that comes back."""
    with socket.create_connection(("127.0.0.1", engine.port), timeout=30) as wire:
        wire.sendall(text if isinstance(text, bytes) else text.encode())
        got = b""
        while piece := wire.recv(65536):
            got += piece
        return got


def path_of(url):
    parts = urllib.parse.urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def attacked(own_engine):
    """An engine with a bucket, an object and a queue."""
    engine = own_engine()
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="private")
    s3.put_object(Bucket="private", Key="secret", Body=b"the secret")
    engine.queue = engine.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    return engine


def messages(engine):
    attributes = engine.client("sqs").get_queue_attributes(QueueUrl=engine.queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


REQUESTS = {
    "unsigned list": ("GET", "/", {}, b""),
    "object": ("GET", "/private/secret", {}, b""),
    "write": ("PUT", "/private/planted", {}, b"x"),
    "preflight": ("OPTIONS", "/private/secret", {"Origin": "http://localhost", "Access-Control-Request-Method": "PUT"}, b""),
    "json": ("POST", "/", {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Type": "application/x-amz-json-1.0"}, b"{}"),
    "form": ("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=GetCallerIdentity&Version=2011-06-15"),
    "query by GET": ("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {}, b""),
    "queue's own URL": ("GET", "/000000000000/jobs?Action=SendMessage&MessageBody=x&Version=2012-11-05", {}, b""),
    "functions": ("GET", "/2015-03-31/functions/", {}, b""),
    "health": ("GET", "/_cumulet/health", {}, b""),
    "live": ("GET", "/_cumulet/live", {}, b""),
    "metrics": ("GET", "/_cumulet/metrics", {}, b""),
    "packages": ("GET", "/_cumulet/packages/x.zip", {}, b""),
    "read API": ("GET", "/_cumulet/v1/failures", {}, b""),
    "feed": ("GET", "/_cumulet/v1/feed", {}, b""),
    "nothing known": ("BREW", "/coffee/pot", {}, b""),
    "another service": ("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"{}"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_dns_rebinding_finds_nobody(attacked, name):
    method, target, headers, body = REQUESTS[name]
    for host in (f"evil.example:{attacked.port}", "localhost.evil.example", "127.0.0.1.nip.io", "private.s3.amazonaws.com",
                 f"localhost.localstack.cloud:{attacked.port}", "localhost@evil.example"):
        status, answered, text = ask(attacked, method, target, {**headers, "Host": host}, body)
        assert status == 403 and b"the secret" not in text
        assert b"--allow-host" in text and host.split(":")[0].encode() in text
    assert messages(attacked) == 0
    assert [o["Key"] for o in attacked.client("s3").list_objects_v2(Bucket="private")["Contents"]] == ["secret"]


def test_a_signature_does_not_help_the_rebound(attacked):
    s3 = attacked.client("s3", endpoint_url=f"http://evil.example:{attacked.port}")
    url = urllib.parse.urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "private", "Key": "secret"}))
    status, _, text = ask(attacked, "GET", f"{url.path}?{url.query}", {"Host": url.netloc})
    assert status == 403 and b"--allow-host" in text


def test_odd_hosts(attacked):
    tail = "Connection: close\r\n\r\n"
    for request, status in (
            (f"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n{tail}", 400),
            (f"GET / HTTP/1.1\r\n{tail}", 400),
            (f"GET / HTTP/1.1\r\nHost:\r\n{tail}", 403),
            (f"GET / HTTP/1.0\r\n{tail}", 403),
            (f"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n{tail}", 403),
            (f"GET http://evil.example/_cumulet/health HTTP/1.1\r\nHost: localhost\r\n{tail}", 403),
            (f"GET http://localhost@evil.example/ HTTP/1.1\r\nHost: localhost\r\n{tail}", 400),
            (f"GET http://localhost:{attacked.port}/ HTTP/1.1\r\nHost: evil.example\r\n{tail}", 200),  # the authority replaces it
            (f"GET HTTP://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n{tail}", 403),
            (f"GET http:///x HTTP/1.1\r\nHost: localhost\r\n{tail}", 400),
            (f"GET / HTTP/1.1\r\nHost: [::1]:{attacked.port}\r\n{tail}", 200),
            (f"GET / HTTP/1.1\r\nHost: [::1\r\n{tail}", 403),
            (f"GET / HTTP/1.1\r\nHost: 127.1\r\n{tail}", 403),
            (f"GET / HTTP/1.1\r\nHost: 10.11.12.13:80\r\n{tail}", 200),
            (f"GET / HTTP/1.1\r\nHost: LOCALHOST:{attacked.port}\r\n{tail}", 200),
            (f"GET /secret HTTP/1.1\r\nHost: private.localhost\r\n{tail}", 200)):
        assert send(attacked, request).startswith(f"HTTP/1.1 {status} ".encode()), request


def test_names_can_be_allowed(own_engine):
    engine = own_engine(["--allow-host", "engine.lan", "--allow-host", "localhost.localstack.cloud"])
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="k", Body=b"by name")
    for host, target in ((f"engine.lan:{engine.port}", "/photos/k"), ("photos.engine.lan", "/k"), ("photos.s3.engine.lan", "/k"),
                         (f"photos.s3.localhost.localstack.cloud:{engine.port}", "/k"), (f"127.0.0.1:{engine.port}", "/photos/k")):
        assert ask(engine, "GET", target, {"Host": host})[2] == b"by name", host
    for host in ("lan", "evil.lan", "engine.lan.evil.example"):
        assert ask(engine, "GET", "/photos/k", {"Host": host})[0] == 403
    for name in ("http://engine.lan", "engine.lan:4566", "*", "*.lan", ""):
        refused = subprocess.run([PROGRAM, "up", "--port", "0", "--ephemeral", "--allow-host", name], capture_output=True, text=True, timeout=20)
        assert refused.returncode != 0 and "--allow-host" in refused.stderr, name


def presigned(engine, service, operation, **parameters):
    client = engine.client(service)
    return path_of(client.generate_presigned_url(operation, Params=parameters))


def test_a_page_that_signs_gets_nothing(attacked):
    """Presigned requests that a browser sends without asking first ("simple" ones)."""
    as_form = {"Content-Type": "text/plain"}
    iam = attacked.client("iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    function = json.dumps({"FunctionName": "planted", "Role": role, "Runtime": "provided.al2023", "Handler": "h",
                           "Code": {"S3Bucket": "private", "S3Key": "secret"}}).encode()
    attempts = [
        ("POST", presigned(attacked, "lambda", "create_function", FunctionName="planted", Role=role, Code={"ZipFile": b"x"}), as_form, function),
        ("POST", presigned(attacked, "lambda", "invoke", FunctionName="planted"), as_form, b"{}"),
        ("GET", "/000000000000/jobs?Action=SendMessage&MessageBody=planted&Version=2012-11-05", {}, None),
        ("POST", "/000000000000/jobs", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=SendMessage&MessageBody=planted"),
        ("POST", presigned(attacked, "s3", "create_multipart_upload", Bucket="private", Key="planted"), as_form, b""),
        ("PUT", presigned(attacked, "s3", "put_object", Bucket="private", Key="planted"), {}, b"planted"),
        ("GET", presigned(attacked, "s3", "get_object", Bucket="private", Key="secret"), {}, None),
        ("DELETE", presigned(attacked, "s3", "delete_object", Bucket="private", Key="secret"), {}, None),
    ]
    pages = [{"Origin": ELSEWHERE}, {"Origin": "null"}, {"Origin": "http://192.168.0.9:8000"}, {"Origin": "http://localhost.evil.example"},
             {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}]
    for method, target, headers, body in attempts:
        for page in pages:
            status, answered, text = ask(attacked, method, target, {**headers, **page}, body)
            assert status == 403 and b"Pages of other sites reach what its owner has opened" in text, (method, target, page, status, text)
            assert not any(name.lower().startswith("access-control-") for name in answered)
    # A link that is followed may read, but not act.
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert ask(attacked, "GET", attempts[2][1], link)[0] == 403
    assert ask(attacked, "GET", attempts[6][1], link)[2] == b"the secret"
    assert attacked.client("lambda").list_functions()["Functions"] == []
    assert messages(attacked) == 0
    assert [o["Key"] for o in attacked.client("s3").list_objects_v2(Bucket="private")["Contents"]] == ["secret"]


def test_pages_of_this_machine_and_other_clients_work_as_before(attacked):
    for headers in ({}, {"Origin": "http://localhost:3000"}, {"Origin": "http://127.0.0.1:8081"}, {"Origin": f"http://127.0.0.1:{attacked.port}"},
                    {"Origin": "http://app.localhost:5173"}, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
                    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Referer": "http://localhost:3000/"}):
        assert ask(attacked, "GET", "/private/secret", headers)[2] == b"the secret", headers
        assert ask(attacked, "GET", "/000000000000/jobs?Action=SendMessage&MessageBody=x&Version=2012-11-05", headers)[0] == 200, headers


def test_cors_rules_are_the_only_way_in(attacked):
    s3 = attacked.client("s3")
    s3.create_bucket(Bucket="shared")
    s3.put_object(Bucket="shared", Key="film", Body=b"for pages")
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["GET", "PUT"]}]})
    page = {"Origin": "https://app.example"}
    status, headers, text = ask(attacked, "GET", presigned(attacked, "s3", "get_object", Bucket="shared", Key="film"), page)
    assert (status, text, headers["Access-Control-Allow-Origin"]) == (200, b"for pages", "https://app.example")
    assert ask(attacked, "PUT", presigned(attacked, "s3", "put_object", Bucket="shared", Key="new"), page, b"new")[0] == 200
    # Neither another method, nor another site, nor another bucket, nor another service.
    assert ask(attacked, "DELETE", "/shared/film", page)[0] == 403
    assert ask(attacked, "GET", "/shared/film", {"Origin": ELSEWHERE})[0] == 403
    assert ask(attacked, "GET", "/private/secret", page)[0] == 403
    assert ask(attacked, "GET", "/", page)[0] == 403
    assert ask(attacked, "GET", "/2015-03-31/functions/", page)[0] == 403
    assert ask(attacked, "GET", "/_cumulet/metrics", page)[0] == 403
    # An image or a film in the page, which sends no Origin.
    shown = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert ask(attacked, "GET", "/shared/film", {**shown, "Referer": "https://app.example/"})[2] == b"for pages"
    assert ask(attacked, "GET", "/shared/film", {**shown, "Referer": "https://evil.example/"})[0] == 403
    assert ask(attacked, "GET", "/shared/film", shown)[0] == 403


def test_who_may_write_to_one_bucket_copies_from_no_other(attacked):
    s3 = attacked.client("s3")
    s3.create_bucket(Bucket="shared")
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}]})
    page = {"Origin": "https://app.example"}
    copy = presigned(attacked, "s3", "copy_object", Bucket="shared", Key="stolen", CopySource="private/secret")
    for target, headers in ((copy, page), (copy, {**page, "x-amz-copy-source": "private/secret"}),
                            ("/shared/stolen", {**page, "x-amz-copy-source": "/private/secret"})):
        assert ask(attacked, "PUT", target, headers)[0] == 403
    assert "Contents" not in s3.list_objects_v2(Bucket="shared")
    s3.put_object(Bucket="shared", Key="own", Body=b"own")
    assert ask(attacked, "PUT", "/shared/copied", {**page, "x-amz-copy-source": "/shared/own"})[0] == 200


def test_an_object_that_is_a_page_is_not_the_engines_own(attacked):
    """Whoever can store an HTML file would else act as the engine's own page once somebody opens it."""
    s3 = attacked.client("s3")
    s3.put_object(Bucket="private", Key="page", Body=b"<script>fetch('/')</script>", ContentType="text/html")
    opened = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for headers in (opened, {"Accept": "text/html,application/xhtml+xml"}):
        status, answered, text = ask(attacked, "GET", "/private/page", headers)
        assert status == 200 and text.startswith(b"<script>")
        assert answered["Content-Security-Policy"].startswith("sandbox ") and "same-origin" not in answered["Content-Security-Policy"]
    assert "Content-Security-Policy" not in ask(attacked, "GET", "/private/page")[1]
