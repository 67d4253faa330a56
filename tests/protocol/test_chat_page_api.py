"""What the page in the browser calls: who may, how it follows a chat, what a crash leaves."""
import concurrent.futures
import json
import re
import threading
import time
import urllib.parse

import pytest

from protocol.chat_server import ChatServer, Refused


@pytest.fixture
def chat():
    running = ChatServer().start()
    yield running
    running.discard()


def test_only_its_own_page_may_ask(chat):
    own = f"127.0.0.1:{chat.port}"
    for headers, status in [({}, 200), ({"Host": f"localhost:{chat.port}"}, 200), ({"Origin": chat.url}, 200), ({"Sec-Fetch-Site": "same-origin"}, 200),
                            ({"Host": "evil.example"}, 403), ({"Host": f"127.0.0.1.evil.example:{chat.port}"}, 403), ({"Host": "localhost.evil.example"}, 403),
                            ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://localhost:1"}, 403),
                            ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403)]:
        assert chat.request("/chat/api/changes", headers={"Host": own, **headers})[0] == status, headers
    person = chat.chats()[0]["id"]
    for path, data in ((f"chats/{person}/messages", b'{"text":"x"}'), ("chats", b'{"name":"x"}'), (f"chats/{person}/files?name=x", b"x")):
        assert chat.request("/chat/api/" + path, data, {"Origin": "http://evil.example"})[0] == 403
    assert chat.messages(person) == [] and len(chat.chats()) == 1
    assert chat.request("/", headers={"Host": "evil.example"})[0] == 403


def test_the_page_is_cached_by_its_content(chat):
    status, headers, plain = chat.request("/")
    assert status == 200 and headers["Cache-Control"] == "no-cache" and "script-src 'self'" in headers["Content-Security-Policy"]
    assert chat.request("/", headers={"If-None-Match": headers["ETag"]})[0] == 304
    if b"/assets/" not in plain:
        pytest.skip("this program was built without Node: the page itself was not tried")
    # The largest of its scripts: the first one only begins.
    entry = chat.request(urllib.parse.urljoin("/", plain.decode().split('src="')[1].split('"')[0]))[2].decode()
    names = re.findall(r'"\./([\w.-]+\.js)"', entry)
    script = max((f"/assets/{name}" for name in names), key=lambda path: len(chat.request(path)[2]))
    status, headers, bytes_ = chat.request(script)
    assert status == 200 and "immutable" in headers["Cache-Control"] and headers["Content-Type"].startswith("text/javascript")
    status, headers, packed = chat.request(script, headers={"Accept-Encoding": "br, gzip"})
    import gzip
    assert headers["Content-Encoding"] == "gzip" and gzip.decompress(packed) == bytes_ and len(packed) < len(bytes_) / 2
    assert chat.request("/assets/none.js")[0] == 404
    assert chat.request("/../../etc/passwd")[0] == 404


def test_changes_come_as_they_happen(chat):
    person = chat.chats()[0]["id"]
    now = chat.page(f"changes?chat={person}")
    got = {}

    def follow():
        got.update(chat.page(f"changes?chat={person}&since={now['revision']}&seen={now['seen']}&wait=20"))

    waiting = threading.Thread(target=follow)
    waiting.start()
    time.sleep(0.3)
    message = chat.bot("sendMessage", chat_id=person, text="news")
    waiting.join()
    assert [m["text"] for m in got["messages"]] == ["news"]
    chat.bot("editMessageText", chat_id=person, message_id=message["message_id"], text="newer")
    chat.bot("sendChatAction", chat_id=person, action="typing")
    more = chat.page(f"changes?chat={person}&since={got['revision']}&seen={got['seen']}&wait=5")
    assert [m["text"] for m in more["messages"]] == ["newer"] and more["action"]["name"] == "typing"
    chat.bot("deleteMessage", chat_id=person, message_id=message["message_id"])
    assert chat.page(f"changes?chat={person}&since={more['revision']}")["messages"] == [{"message_id": message["message_id"], "is_deleted": True}]
    began = time.monotonic()
    last = chat.page(f"changes?chat={person}&since=0")
    chat.page(f"changes?chat={person}&since={last['revision']}&seen={last['seen']}&wait=1")
    assert time.monotonic() - began > 0.9


def test_more_changes_than_one_answer_holds_follow_at_once(chat):
    person = chat.chats()[0]["id"]
    begin = chat.page(f"changes?chat={person}&since=0")
    chat.say(person, "first")
    begin = chat.page(f"changes?chat={person}&since=0&seen={begin['seen']}")
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda i: chat.say(person, f"message {i}"), range(600)))
    got, parts, now = [], 0, begin
    while len(got) < 600:
        now = chat.page(f"changes?chat={person}&since={now['revision']}&seen={now['seen']}&wait=20")
        got += [m["text"] for m in now["messages"]]
        parts += 1
    assert parts == 2
    assert sorted(got) == sorted(f"message {i}" for i in range(600))
    began = time.monotonic()
    assert chat.page(f"changes?chat={person}&since={now['revision']}&seen={now['seen']}&wait=1")["messages"] == []
    assert time.monotonic() - began > 0.9  # it is up to date: no hot loop


def test_a_bot_that_goes_away_is_noticed(chat):
    assert chat.page("changes")["bot"]["is_connected"] is False
    import socket
    raw = socket.create_connection(("127.0.0.1", chat.port))
    raw.sendall(f"GET /bot{chat.token}/getUpdates?timeout=50 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    end = time.time() + 60
    while not chat.page("changes")["bot"]["is_connected"]:
        assert time.time() < end
        time.sleep(0.02)
    raw.close()
    end = time.time() + 60
    while chat.page("changes")["bot"]["is_connected"]:
        assert time.time() < end
        time.sleep(0.1)


def test_files_are_shown_safely(chat):
    person = chat.chats()[0]["id"]
    script = chat.send_file(person, 'a"b\r\nX: y.html', b"<script>alert(1)</script>", "text/html")["document"]
    status, headers, _ = chat.request(f"/chat/api/files/{script['file_id']}")
    assert status == 200 and headers["Content-Type"] == "application/octet-stream" and "X" not in headers
    assert headers["Content-Disposition"].startswith("attachment") and headers["X-Content-Type-Options"] == "nosniff"
    picture = chat.send_file(person, "a.svg", b"<svg/>", "image/svg+xml")["document"]
    assert chat.request(f"/chat/api/files/{picture['file_id']}")[1]["Content-Type"] == "application/octet-stream"
    assert chat.request("/chat/api/files/nope")[0] == 404
    with pytest.raises(Refused) as caught:
        chat.send_file(person, "empty.mp4", b"")
    assert caught.value.body["description"] == "Bad Request: file must be non-empty"
    assert chat.send_file(person, "broken.mp4", b"\0\0\0\x18ftypmp42" + b"\xff" * 5000, "video/mp4")["document"]["mime_type"] == "video/mp4"


def test_the_same_message_sent_twice_is_one(chat):
    person = chat.chats()[0]["id"]
    first = chat.say(person, "once", nonce="n1")
    assert chat.say(person, "once", nonce="n1")["message_id"] == first["message_id"]
    assert len(chat.messages(person)) == 1 and len(chat.bot("getUpdates")) == 1


def test_a_hundred_messages_at_once_and_a_kill_lose_nothing(chat):
    people = [chat.chats()[0]["id"], chat.new_chat("Ada"), chat.new_chat("Bob")]
    sent = {}
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        def say(i):
            person = people[i % 3]
            sent[i] = (person, chat.say(person, f"message {i}")["message_id"])
        list(pool.map(say, range(100)))
    chat.kill()
    chat.start()
    updates = []
    while True:
        some = chat.bot("getUpdates", offset=updates[-1]["update_id"] + 1 if updates else 0)
        if not some:
            break
        updates += some
    assert [u["update_id"] for u in updates] == list(range(updates[0]["update_id"], updates[0]["update_id"] + 100))
    assert {(u["message"]["chat"]["id"], u["message"]["message_id"], u["message"]["text"]) for u in updates} == {(p, m, f"message {i}") for i, (p, m) in sent.items()}
    for n, person in enumerate(people):
        assert {m["text"] for m in chat.messages(person)} == {f"message {i}" for i in range(100) if i % 3 == n}


def test_kills_while_everybody_talks_lose_nothing(chat):
    """Five kills -9 during sends by person and bot, uploads, edits, and confirmations."""
    person, token = chat.chats()[0]["id"], chat.token
    data = b"film" * 50_000
    said, answered, uploaded, confirmed = [], [], {}, 0
    edited = {}
    stop = threading.Event()

    def keep(work):
        n = 0
        while not stop.is_set():
            n += 1
            try:
                work(n)
            except (OSError, Refused, json.JSONDecodeError, ValueError):
                time.sleep(0.01)
            except Exception as error:  # http.client's, of a connection that broke
                if type(error).__module__ != "http.client":
                    raise
                time.sleep(0.01)

    def talk(n):
        said.append(chat.say(person, f"said {n}")["message_id"])

    def answer(n):
        sent = chat.bot("sendMessage", chat_id=person, text=f"answer {n}")["message_id"]
        answered.append(sent)
        chat.bot("editMessageText", chat_id=person, message_id=sent, text=f"edited {n}")
        edited[sent] = f"edited {n}"

    def upload(n):
        uploaded[chat.send_file(person, f"{n}.bin", data)["document"]["file_id"]] = n

    threads = [threading.Thread(target=keep, args=(work,)) for work in (talk, talk, answer, upload)]
    for one in threads:
        one.start()
    received = {}
    for _ in range(5):
        time.sleep(0.5)
        chat.kill()
        chat.start(chat.port)
        assert chat.token == token
        # Taken and confirmed between two kills: none of these may come back, none of the others be gone.
        updates = chat.bot("getUpdates", offset=confirmed)
        assert not set(received) & {u["update_id"] for u in updates}
        received.update({u["update_id"]: u["message"]["message_id"] for u in updates})
        if updates:
            confirmed = updates[-1]["update_id"] + 1
            chat.bot("getUpdates", offset=confirmed, limit=1)
    stop.set()
    for one in threads:
        one.join()
    chat.kill()
    chat.start(chat.port)
    while updates := chat.bot("getUpdates", offset=confirmed):
        received.update({u["update_id"]: u["message"]["message_id"] for u in updates})
        confirmed = updates[-1]["update_id"] + 1
    assert said and answered and uploaded
    assert set(said) <= set(received.values())
    assert len(received) == len(set(received.values()))
    stored, before = {}, 0
    while found := chat.page(f"chats/{person}/messages?before={before}")["messages"]:
        stored.update({m["message_id"]: m for m in found})
        before = found[0]["message_id"]
    assert set(said) | set(answered) <= set(stored)
    assert all(stored[m]["text"] == text for m, text in edited.items())
    for file_id in uploaded:
        assert chat.request(f"/chat/api/files/{file_id}")[2] == data
    # Of uploads that a kill cut off nothing is left.
    assert len(list((chat.folder / "data" / "files").iterdir())) == sum("document" in m for m in stored.values())
