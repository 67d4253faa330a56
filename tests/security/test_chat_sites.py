"""The chat that the engine serves: its page speaks as the person and tells the bot's token, so it is for who sits at this
machine. Functions, pages of other sites and other machines get what the bot's token gives them, and no more."""
import base64
import http.client
import http.server
import json
import threading

import pytest

from plain_http import ask
from protocol.chat_server import EngineChat
from security.intruder import Intruder
from security.test_open_doors import CLOSED, NO_KEYS, key_of

PAGE = ["/_cumulet/chat/", "/_cumulet/chat", "/_cumulet/chat/api/changes", "/_cumulet/chat/api/chats/1/messages", "/_cumulet/chat/icon.svg"]


@pytest.fixture(scope="module")
def chat(engine):
    return EngineChat(engine)


def texts(chat, person):
    return [m.get("text") for m in chat.messages(person)]


# In a function: status and body of one request, whatever they are.
ASK = """
    import http.client, json, os, urllib.parse
    engine = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
    def ask(method, path, body=None, headers={}):
        connection = http.client.HTTPConnection(engine.hostname, engine.port, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return [answer.status, answer.read().decode(errors="replace")]
"""


def test_a_function_is_nobodys_person(engine, chat):
    person = chat.new_chat("victim")
    chat.say(person, "a secret of mine")
    with Intruder(engine) as one:
        told = one.python(ASK + """
    out = []
    for path in given["paths"]:
        for headers in ({}, {"Host": "localhost"}, {"Host": "[::1]"}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://" + engine.netloc},
                        {"X-Forwarded-For": "127.0.0.1"}, {"Authorization": "Basic dGVzdDp0ZXN0"}):
            out.append(ask("GET", path, None, headers))
    for path, body in given["posts"]:
        out.append(ask("POST", path, body))
    out.append(ask("GET", "http://localhost" + given["paths"][2]))
    return out
    """, given={"paths": [*PAGE, f"/_cumulet/chat/api/chats/{person}/messages"],
                "posts": [(f"/_cumulet/chat/api/chats/{person}/messages", '{"text":"forged"}'), ("/_cumulet/chat/api/chats", '{"name":"forged"}'),
                          (f"/_cumulet/chat/api/chats/{person}/files?name=x", "forged")]})
    assert {status for status, _ in told} == {403}, told
    assert not any(chat.token in text or "secret of mine" in text for _, text in told)
    assert texts(chat, person) == ["a secret of mine"] and "forged" not in [c["name"] for c in chat.chats()]


def test_a_function_with_the_token_is_a_bot_and_without_it_nobody(engine, chat):
    person = chat.new_chat("customer")
    with Intruder(engine) as one:
        told = one.python(ASK + """
    as_json = {"Content-Type": "application/json"}
    def bot(token, method, **parameters):
        return ask("POST", "/_cumulet/bot/bot" + token + "/" + method, json.dumps(parameters), as_json)
    return [bot(given["token"], "getMe"), bot(given["token"], "sendMessage", chat_id=given["person"], text="from a function"),
            bot("1:wrong", "getMe"), bot("", "getMe"), ask("GET", "/_cumulet/bot/"), ask("GET", "/_cumulet/bot/../chat/api/changes"),
            ask("GET", "/_cumulet/bot/%2e%2e/chat/"), ask("GET", "/_cumulet/bot/file/bot1:wrong/documents/file_1.bin"),
            ask("GET", "/_cumulet/bot/file/bot" + given["token"] + "/../../../chat.db")]
    """, given={"token": chat.token, "person": person})
    assert [status for status, _ in told] == [200, 200, 401, 401, 404, 404, 404, 401, 404], told
    assert texts(chat, person) == ["from a function"]


def test_the_bot_api_fetches_nothing_for_a_function(engine, chat):
    """By a link the engine would fetch for it what its sandbox keeps from it: loopback, the chat's page among it."""
    asked = []

    class Loopback(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"secret")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Loopback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    person = chat.new_chat("target")
    links = [f"http://127.0.0.1:{server.server_port}/secret", f"http://localhost:{engine.port}/_cumulet/chat/api/changes", "http://192.0.2.1/"]
    try:
        with Intruder(engine) as one:
            told = one.python(ASK + """
    out = []
    for link in given["links"]:
        for method in ("sendDocument", "sendVideo", "sendPhoto", "sendAudio", "sendVoice", "sendAnimation"):
            field = method[4:].lower()
            out.append(ask("POST", "/_cumulet/bot/bot" + given["token"] + "/" + method, json.dumps({"chat_id": given["person"], field: link}),
                           {"Content-Type": "application/json"}))
    return out
    """, given={"links": links, "token": chat.token, "person": person})
        assert all(status == 400 and "links are not fetched" in text for status, text in told), told
        assert asked == [] and chat.messages(person) == []
        # A bot of this machine reaches it anyway.
        sent = chat.bot("sendDocument", chat_id=person, document=links[0])
        assert sent["document"]["file_size"] == 6 and asked == ["/secret"]
    finally:
        server.shutdown()


def test_other_names_and_other_pages(engine, chat):
    person = chat.new_chat("reader")
    own = f"127.0.0.1:{engine.port}"
    posted = f"/_cumulet/chat/api/chats/{person}/messages"
    foreign = [{"Host": f"evil.example:{engine.port}"}, {"Host": "127.0.0.1.evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
               {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}]
    # Pages of this machine are let in to AWS, not here: another program's page may not speak as the person.
    neighbours = [{"Origin": "http://localhost:3000"}, {"Origin": f"http://localhost:{engine.port}"}, {"Host": "10.11.12.13"}]
    for headers in [{"Host": own, **one} for one in foreign + neighbours]:
        assert ask(engine, "GET", "/_cumulet/chat/api/changes", headers)[0] == 403, headers
        assert ask(engine, "POST", posted, headers, b'{"text":"forged"}')[0] == 403, headers
        assert ask(engine, "POST", f"/_cumulet/chat/api/chats/{person}/files?name=x", headers, b"forged")[0] == 403, headers
    for headers in foreign:
        headers = {"Host": own, **headers}
        assert ask(engine, "GET", "/_cumulet/chat/", headers)[0] == 403, headers
        assert ask(engine, "GET", f"/_cumulet/bot/bot{chat.token}/sendMessage?chat_id={person}&text=forged", headers)[0] == 403, headers
    # A link on another site leads to the page; it never acts.
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert ask(engine, "GET", "/_cumulet/chat/", link)[0] == 200
    assert ask(engine, "GET", f"/_cumulet/bot/bot{chat.token}/sendMessage?chat_id={person}&text=forged", link)[0] == 403
    assert ask(engine, "GET", "/_cumulet/chat/api/changes", link)[0] == 403
    assert chat.messages(person) == []
    for headers in ({"Host": own}, {"Host": f"localhost:{engine.port}"}, {"Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"}):
        assert ask(engine, "GET", "/_cumulet/chat/api/changes", headers)[0] == 200, headers


def test_the_page_is_framed_by_nobody_and_runs_nothing_inline(engine, chat):
    status, headers, text = ask(engine, "GET", "/_cumulet/chat/")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    for path in ("/_cumulet/chat/../state.db", "/_cumulet/chat/%2e%2e/state.db", "/_cumulet/chat/a%00b", "/_cumulet/chat/..%5cstate.db",
                 "/_cumulet/chat/assets/", "/_cumulet/chat/api", "/_cumulet/chat/index.html"):
        assert ask(engine, "GET", path)[0] == 404, path
    assert ask(engine, "DELETE", "/_cumulet/chat/")[0] == 405


@pytest.mark.parametrize("arguments", CLOSED)
def test_a_closed_engine_asks_for_the_roots_key(own_engine, arguments):
    engine = own_engine(arguments, NO_KEYS)
    engine.endpoint = engine.endpoint.replace("0.0.0.0", "127.0.0.1")
    basic = {"Authorization": "Basic " + base64.b64encode(":".join(key_of(engine)).encode()).decode()}
    wrong = {"Authorization": "Basic " + base64.b64encode((key_of(engine)[0] + ":test").encode()).decode()}
    for path in PAGE:
        for headers in ({}, wrong, {"Authorization": "Basic dGVzdDp0ZXN0"}):
            status, answered, text = ask(engine, "GET", path, headers)
            assert status == 401 and answered["WWW-Authenticate"].startswith("Basic "), (path, headers)
    assert not (engine.data / "chat").exists(), "nobody was let in, and nothing opened"
    status, _, text = ask(engine, "GET", "/_cumulet/chat/api/changes", basic)
    token = json.loads(text)["bot"]["token"]
    assert status == 200
    assert ask(engine, "POST", "/_cumulet/chat/api/chats", basic, b'{"name":"x"}')[0] == 200
    # A bot needs its token alone.
    assert ask(engine, "GET", f"/_cumulet/bot/bot{token}/getMe")[0] == 200
    assert ask(engine, "GET", "/_cumulet/bot/bot1:wrong/getMe")[0] == 401
    # The key opens the page; it is no signature for AWS.
    assert ask(engine, "GET", "/", basic)[0] in (400, 403)
