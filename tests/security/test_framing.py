"""Attacks on HTTP's framing, against the engine, the chat and a function's Runtime API: what two readers could take for different
requests is refused, the connection ends there, and no request hidden in another is answered or carried out."""
import pathlib
import socket
import struct

import pytest

from conftest import Engine
from protocol.chat_server import ChatServer
from security import framing
from security.framing import Answers, Target, attack


@pytest.fixture(scope="module")
def engine_target():
    engine = Engine().start()
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="framing")

    def was_harmed():
        found = any(o["Key"] == "smuggled" for o in s3.list_objects_v2(Bucket="framing").get("Contents", []))
        s3.delete_object(Bucket="framing", Key="smuggled")  # each case is judged by itself
        return found

    target = Target(engine.port, "PUT /framing/carrier", "GET /_cumulet/live", "PUT /framing/smuggled", 200, 200, was_harmed)
    target.s3, target.engine = s3, engine
    yield target
    status = engine.stop()
    engine.discard()
    assert status == 0


@pytest.fixture(scope="module")
def chat_target():
    chat = ChatServer().start()
    person = chat.chats()[0]["id"]

    known = set()

    def was_harmed():
        new = {m["message_id"] for m in chat.messages(person) if "smuggled" in m.get("text", "")} - known
        known.update(new)
        return bool(new)

    bot = f"/bot{chat.token}"
    yield Target(chat.port, f"POST {bot}/getMe", f"GET {bot}/getMe", f"GET {bot}/sendMessage?chat_id={person}&text=smuggled", 200, 200, was_harmed)
    chat.discard()


def test_the_control_is_carried_out(engine_target, chat_target):
    """Frames as they should be: the second request is seen. So what is not seen below was not there."""
    for target in (engine_target, chat_target):
        with Answers(target.port) as wire:
            wire.send(target.bytes_of(framing.PIPELINED))
            assert [wire.next()[0], wire.next()[0]] == [200, 200]
        assert target.was_harmed()

@pytest.mark.parametrize("case", framing.ALL, ids=repr)
def test_the_engine(engine_target, case):
    attack(engine_target, case)


# The same server is under the chat: enough to see that nothing was put in front of it.
@pytest.mark.parametrize("case", [*framing.LENGTHS[:6], *framing.CODINGS[-6:], *framing.CHUNKS[:6], *framing.HEADS[:4], *framing.BODIES], ids=repr)
def test_the_chat(chat_target, case):
    attack(chat_target, case)


INSIDE = """
import os
framing = {}
exec(given["framing"], framing)

def attack():
    failures = []
    target = framing["Target"](int(os.environ["AWS_LAMBDA_RUNTIME_API"].rsplit(":", 1)[1]), "POST /2018-06-01/runtime/invocation/none/response",
        "GET /2018-06-01/runtime/none", "POST /2018-06-01/runtime/invocation/" + request_id + "/response", 400, 404, lambda: False,
        os.environ["AWS_LAMBDA_RUNTIME_API"])
    for case in framing["ALL"]:
        try:
            framing["attack"](target, case)
        except Exception as failure:
            failures.append(case.name + ": " + repr(failure))
    return {"tried": len(framing["ALL"]), "failures": failures}
"""


def test_the_runtime_api(intruder):
    """What would be smuggled here is the answer to the invocation itself, so that this very answer would not arrive."""
    found = intruder.python(INSIDE, given={"framing": pathlib.Path(framing.__file__).read_text()})
    assert found == {"tried": len(framing.ALL), "failures": []}


def statuses(target, data, heads=()):
    """Of all answers until the connection ends; `heads`: numbers of those that answer HEAD."""
    with Answers(target.port) as wire:
        wire.send(target.bytes_of(data))
        found = []
        while answer := wire.next(to_head=len(found) in heads):
            found.append(answer[0])
        return found


LAST = b"READ HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("first, status, is_head", [
    (b"HEAD /framing/there HTTP/1.1\r\nHost: HOST\r\n\r\n", 200, True),
    (b"HEAD /framing/none HTTP/1.1\r\nHost: HOST\r\n\r\n", 404, True),
    (b"HEAD /framing/there HTTP/1.1\r\nHost: HOST\r\nContent-Length: LENGTH\r\n\r\nSMUGGLED", 200, True),
    (b"DELETE /framing/none HTTP/1.1\r\nHost: HOST\r\n\r\n", 204, False),
    (b"DELETE /framing/none HTTP/1.1\r\nHost: HOST\r\nContent-Length: LENGTH\r\n\r\nSMUGGLED", 204, False),
    (b"GET /framing/there HTTP/1.1\r\nHost: HOST\r\nIf-None-Match: *\r\n\r\n", 304, False),
    (b"GET /framing/there HTTP/1.1\r\nHost: HOST\r\nRange: bytes=1-2\r\n\r\n", 206, False),
    (b"GET /framing/there HTTP/1.1\r\nHost: HOST\r\nRange: bytes=99-\r\n\r\n", 416, False),
])
def test_answers_without_a_body_have_none(engine_target, first, status, is_head):
    """A byte of a body there would be read as the beginning of the next answer."""
    engine_target.s3.put_object(Bucket="framing", Key="there", Body=b"HTTP/1.1 200 OK\r\n\r\n")
    assert statuses(engine_target, first + LAST, heads=[0] if is_head else []) == [status, 200]
    assert not engine_target.was_harmed()


@pytest.mark.parametrize("line, status", [
    (b"CONNECT localhost:80 HTTP/1.1", 400),
    (b"CONNECT HOST HTTP/1.1", 400),
    (b"GET localhost/framing HTTP/1.1", 400),
    (b"GET * HTTP/1.1", 400),
    (b"GET ../framing HTTP/1.1", 400),
    (b"GET ftp://localhost/framing HTTP/1.1", 400),
    (b"GET http:///framing HTTP/1.1", 400),
    (b"GET http://evil.example/_cumulet/live HTTP/1.1", 403),
    (b"GET http://localhost@evil.example/_cumulet/live HTTP/1.1", 400),
    (b"GET http://localhost/_cumulet/live HTTP/1.1", 200),
    (b"GET HTTP://localhost/_cumulet/live HTTP/1.1", 200),
])
def test_forms_of_the_target(engine_target, line, status):
    """An absolute target's host is the request's (RFC 9112, 3.2.2), and is checked as Host is."""
    found = statuses(engine_target, line + b"\r\nHost: HOST\r\nConnection: close\r\n\r\n")
    assert found == [status]


PUT = b"PUT /framing/cut HTTP/1.1\r\nHost: HOST\r\n"


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize("data", [
    PUT,
    PUT + b"Content-Length: 10\r\n\r\n",
    PUT + b"Content-Length: 10\r\n\r\nhello",
    PUT + b"Transfer-Encoding: chunked\r\n\r\n",
    PUT + b"Transfer-Encoding: chunked\r\n\r\n5",
    PUT + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello",
    PUT + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    PUT + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    PUT + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n",
    PUT + b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n",
], ids=repr)
def test_a_client_that_leaves_in_the_middle(engine_target, data, how):
    """What was not sent to its end is not stored, and its connection is let go."""
    wire = socket.create_connection(("127.0.0.1", engine_target.port))
    wire.sendall(engine_target.bytes_of(data))
    if how == "reset":
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        wire.shutdown(socket.SHUT_WR)
        wire.settimeout(15)
        while wire.recv(65536):
            pass
    wire.close()
    assert [o["Key"] for o in engine_target.s3.list_objects_v2(Bucket="framing", Prefix="cut").get("Contents", [])] == []
