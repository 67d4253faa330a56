"""Function URLs: their configurations, who may call, the event and the answer. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html"""
import base64
import http.client
import json
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from protocol.lambda_functions import unique
from protocol.managed_functions import Node, Python

ECHO = """
    def lambda_handler(event, context):
        event["context"] = context.invoked_function_arn
        return event
"""


def ask(engine, url, method="GET", path="/", body=None, **headers):
    """(status, headers by small names, body as bytes)"""
    address = urllib.parse.urlsplit(engine.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    host = urllib.parse.urlsplit(url).netloc
    connection.request(method, path, body, {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}})
    answer = connection.getresponse()
    found = {}
    for name, value in answer.getheaders():
        found[name.lower()] = f"{found[name.lower()]},{value}" if name.lower() in found else value
    return answer.status, found, answer.read()


def public(function, qualifier=None, **more):
    """The URL of a function that anybody may call."""
    at = {"Qualifier": qualifier} if qualifier else {}
    function.client.add_permission(FunctionName=function.name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
                                   FunctionUrlAuthType="NONE", **at)
    return function.client.create_function_url_config(FunctionName=function.name, AuthType="NONE", **at, **more)["FunctionUrl"]


def test_the_event(engine):
    with Python(engine, ECHO) as function:
        url = public(function)
        host = urllib.parse.urlsplit(url).netloc
        id, _, rest = host.partition(".")
        assert len(id) == 32 and rest == f"lambda-url.us-east-1.localhost:{engine.endpoint.rsplit(':', 1)[1]}" and url.endswith("/")
        status, headers, body = ask(engine, url, "POST", "/a%20b/c?x=1&x=2&y=%C3%A9+z&flag", '{"k": "ü"}'.encode(), Content_Type="application/json",
                                    Cookie="one=1; two=2", X_Two="a", User_Agent="me")
        event = json.loads(body)
        assert status == 200 and headers["content-type"] == "application/json" and headers["x-amzn-requestid"]
        assert event["version"] == "2.0" and event["routeKey"] == "$default"
        assert event["rawPath"] == "/a%20b/c" and event["rawQueryString"] == "x=1&x=2&y=%C3%A9+z&flag"
        assert event["queryStringParameters"] == {"x": "1,2", "y": "é z", "flag": ""}
        assert event["cookies"] == ["one=1", "two=2"] and "cookie" not in event["headers"]
        assert event["headers"]["x-two"] == "a" and event["headers"]["host"] == host and event["headers"]["x-forwarded-proto"] == "http"
        assert event["body"] == '{"k": "ü"}' and event["isBase64Encoded"] is False
        context = event["requestContext"]
        assert (context["accountId"], context["apiId"], context["domainPrefix"]) == ("anonymous", id, id)
        assert context["domainName"] == host.rpartition(":")[0] and (context["stage"], context["routeKey"]) == ("$default", "$default")
        assert context["http"] == {"method": "POST", "path": "/a%20b/c", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "me"}
        assert context["requestId"] == headers["x-amzn-requestid"] and context["timeEpoch"] > 0 and context["time"].endswith(" +0000")
        assert "authorizer" not in context and event["context"] == function.arn

        for type, sent, encoded in [("application/octet-stream", b"\0\xff", True), ("text/plain", b"a", False), ("text/plain", b"\xff", True),
                                    ("application/x-www-form-urlencoded", b"a=b", True)]:
            event = json.loads(ask(engine, url, "PUT", "/", sent, Content_Type=type)[2])
            assert event["isBase64Encoded"] is encoded
            assert (base64.b64decode(event["body"]) if encoded else event["body"].encode()) == sent
        event = json.loads(ask(engine, url)[2])
        assert "body" not in event and "cookies" not in event and "queryStringParameters" not in event and event["rawPath"] == "/"


def test_answers(engine):
    with Python(engine, """
        import json
        def lambda_handler(event, context):
            what = json.loads(event["body"])
            if what == "fail":
                raise ValueError("no")
            return what
    """) as function:
        url = public(function)

        def answered(value):
            return ask(engine, url, "POST", "/", json.dumps(value), Content_Type="application/json")

        assert answered({"a": 1})[::2] == (200, b'{"a": 1}')
        assert answered("Hello")[::2] == (200, b'"Hello"')
        assert answered(None)[::2] == (200, b"null")
        status, headers, body = answered({"statusCode": 201, "headers": {"X-A": "b", "Content-Type": "text/plain"}, "body": "made",
                                          "cookies": ["a=1; Secure", "b=2"]})
        assert (status, body) == (201, b"made") and headers["x-a"] == "b" and headers["content-type"] == "text/plain"
        assert headers["set-cookie"] == "a=1; Secure,b=2"
        status, headers, body = answered({"statusCode": 200, "body": base64.b64encode(b"\0\1\xff").decode(), "isBase64Encoded": True})
        assert (status, body, headers["content-type"]) == (200, b"\0\1\xff", "application/json")
        assert answered({"statusCode": 404})[::2] == (404, b"")
        status, headers, _ = answered({"statusCode": 200, "headers": {"Connection": "close", "Content-Length": "1", "Transfer-Encoding": "x"}, "body": "abc"})
        assert headers["x-amzn-remapped-connection"] == "close" and headers["content-length"] == "3"
        for bad in ("fail", {"statusCode": "none"}, {"statusCode": 99}, {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
                    {"statusCode": 200, "headers": {"a b": "c"}}, {"statusCode": 200, "headers": ["a"]},
                    {"statusCode": 200, "body": "%%%", "isBase64Encoded": True}):
            status, headers, body = answered(bad)
            assert (status, body) == (502, b"Internal Server Error"), bad
        assert ask(engine, url, "HEAD")[2] == b""


def test_who_may(engine):
    with Python(engine, ECHO) as function:
        lambda_ = function.client
        url = lambda_.create_function_url_config(FunctionName=function.name, AuthType="NONE")["FunctionUrl"]
        assert ask(engine, url)[::2] == (403, b'{"Message":"Forbidden"}'), "nobody was permitted yet"
        lambda_.add_permission(FunctionName=function.name, StatementId="other", Action="lambda:InvokeFunctionUrl", Principal="*",
                               FunctionUrlAuthType="NONE", SourceAccount="111111111111")
        assert ask(engine, url)[0] == 403
        lambda_.add_permission(FunctionName=function.name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
        assert ask(engine, url)[0] == 200

        lambda_.update_function_url_config(FunctionName=function.name, AuthType="AWS_IAM")
        assert ask(engine, url)[::2] == (403, b'{"Message":"Forbidden"}'), "unsigned"

        def signed(secret, path="/?a=b", body=b"text", change=None):
            host = urllib.parse.urlsplit(url).netloc
            request = AWSRequest("POST", f"http://{host}{path}", data=body, headers={"Host": host, "Content-Type": "text/plain"})
            SigV4Auth(Credentials("test", secret), "lambda", "us-east-1").add_auth(request)
            return ask(engine, url, "POST", path, change or body, **dict(request.headers.items()))

        status, _, body = signed("test")
        context = json.loads(body)["requestContext"]
        assert status == 200 and context["accountId"] == "000000000000"
        assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:root" and context["authorizer"]["iam"]["accessKey"] == "test"
        assert signed("wrong")[0] == 403 and signed("test", change=b"other")[0] == 403
        lambda_.delete_function_url_config(FunctionName=function.name)
        assert ask(engine, url)[0] == 403
    other = url.replace(urllib.parse.urlsplit(url).netloc.split(".")[0], "a" * 32)
    assert ask(engine, other)[::2] == (403, b'{"Message":"Forbidden"}')


def test_cors(engine):
    with Python(engine, "def lambda_handler(e, c):\n  return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': 'x'}, 'body': e['requestContext']['http']['method']}") as function:
        url = public(function, Cors={"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-a", "content-type"],
                                     "ExposeHeaders": ["x-b"], "MaxAge": 60, "AllowCredentials": True})

        def preflight(origin, method="POST", headers="X-A, Content-Type"):
            status, found, body = ask(engine, url, "OPTIONS", Origin=origin, Access_Control_Request_Method=method, Access_Control_Request_Headers=headers)
            assert status == 200 and body == b""
            return {name: value for name, value in found.items() if name.startswith("access-control")}

        assert preflight("https://a.example") == {
            "access-control-allow-origin": "https://a.example", "access-control-allow-credentials": "true",
            "access-control-allow-methods": "GET,POST", "access-control-allow-headers": "x-a,content-type", "access-control-max-age": "60",
            "access-control-expose-headers": "x-b"}
        assert preflight("https://b.example") == {} == preflight("https://a.example", "DELETE") == preflight("https://a.example", headers="x-other")
        _, found, body = ask(engine, url, Origin="https://a.example")
        assert found["access-control-allow-origin"] == "https://a.example" and body == b"GET" and found["vary"] == "Origin"
        assert ask(engine, url, "OPTIONS")[2] == b"OPTIONS", "no preflight: the function's"
        function.client.update_function_url_config(FunctionName=function.name, Cors={"AllowOrigins": ["*"], "AllowMethods": ["*"]})
        assert ask(engine, url, Origin="https://b.example")[1]["access-control-allow-origin"] == "*"


def test_aliases_have_their_own(engine):
    with Python(engine, "def lambda_handler(e, c):\n  return c.function_version + ' ' + c.invoked_function_arn.rpartition(':')[2]") as function:
        lambda_ = function.client
        version = lambda_.publish_version(FunctionName=function.name)["Version"]
        lambda_.create_alias(FunctionName=function.name, Name="live", FunctionVersion=version)
        url, latest = public(function, "live"), public(function)
        assert url != latest and ask(engine, url)[2] == f'"{version} live"'.encode()
        assert ask(engine, latest)[2] == f'"$LATEST {function.name}"'.encode()
        listed = lambda_.list_function_url_configs(FunctionName=function.name)["FunctionUrlConfigs"]
        assert sorted(one["FunctionUrl"] for one in listed) == sorted([url, latest])
        assert {one["FunctionArn"] for one in listed} == {function.arn, function.arn + ":live"}
        lambda_.delete_alias(FunctionName=function.name, Name="live")
        assert ask(engine, url)[0] == 403
        lambda_.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
        assert ask(engine, latest)[0] == 429


def test_the_configuration(engine):
    lambda_ = engine.client("lambda", config=Config(parameter_validation=False))

    def refused(call, **arguments):
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        error = caught.value.response
        return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]

    gone = ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    none = ("ResourceNotFoundException", "Function does not exist", 404)
    assert refused(lambda_.get_function_url_config, FunctionName="absent") == gone == refused(lambda_.delete_function_url_config, FunctionName="absent")
    assert refused(lambda_.create_function_url_config, FunctionName="absent", AuthType="NONE") == none
    assert refused(lambda_.update_function_url_config, FunctionName="absent", AuthType="NONE") == none
    assert refused(lambda_.list_function_url_configs, FunctionName="absent") == none
    pattern = r"1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)"
    with Python(engine, ECHO) as function:
        for qualifier in ("1", "$LATEST"):
            for call in (lambda_.get_function_url_config, lambda_.delete_function_url_config):
                assert refused(call, FunctionName=function.name, Qualifier=qualifier)[:2] == ("ValidationException", pattern % qualifier)
        assert refused(lambda_.get_function_url_config, FunctionName=function.name) == gone
        assert refused(lambda_.create_function_url_config, FunctionName=function.name, AuthType="OTHER")[0] == "ValidationException"
        made = lambda_.create_function_url_config(FunctionName=function.name, AuthType="NONE")
        assert made["ResponseMetadata"]["HTTPStatusCode"] == 201 and made["FunctionArn"] == function.arn and made["AuthType"] == "NONE"
        assert "InvokeMode" not in made and "LastModifiedTime" not in made and made["CreationTime"]
        assert refused(lambda_.create_function_url_config, FunctionName=function.name, AuthType="NONE")[::2] == ("ResourceConflictException", 409)
        got = lambda_.get_function_url_config(FunctionName=function.name)
        assert got["FunctionUrl"] == made["FunctionUrl"] and got["LastModifiedTime"]
        assert refused(lambda_.update_function_url_config, FunctionName=function.name, Cors={"MaxAge": 86401})[1].startswith(
            "1 validation error detected: Value '86401' at 'cors.maxAge' failed to satisfy constraint")
        assert lambda_.delete_function_url_config(FunctionName=function.name)["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_an_answer_that_streams(engine):
    with Node(engine, """
        exports.handler = awslambda.streamifyResponse(async (event, stream) => {
          if (event.rawPath === '/plain') {
            stream.setContentType('text/plain');
          } else {
            stream = awslambda.HttpResponseStream.from(stream, { statusCode: 418, headers: { 'x-a': 'b' }, cookies: ['c=d'] });
          }
          stream.write('one ');
          await new Promise((resolve) => setTimeout(resolve, 300));
          if (event.rawPath === '/broken') throw new Error('half way');
          stream.write(Buffer.alloc(1 << 20, 'x'));
          stream.end();
        });
    """) as function:
        from protocol.lambda_functions import call

        function.client.add_permission(FunctionName=function.name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
        url = call(engine, "POST", f"/2021-10-31/functions/{function.name}/url", {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"})["FunctionUrl"]
        status, headers, body = ask(engine, url)
        assert (status, headers["x-a"], headers["set-cookie"]) == (418, "b", "c=d") and body == b"one " + b"x" * (1 << 20)
        assert headers["transfer-encoding"] == "chunked"
        status, headers, body = ask(engine, url, path="/plain")
        assert (status, headers["content-type"]) == (200, "text/plain") and body.startswith(b"one xxx")
        with pytest.raises(http.client.IncompleteRead):
            ask(engine, url, path="/broken")
