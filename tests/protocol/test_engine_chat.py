"""The chat that the engine serves below /_cumulet/: what `cumulet chat` does, beside AWS. Who is kept out: tests/security/test_chat_sites.py."""
import json
import subprocess
import threading
import warnings

import pytest

from conftest import PROGRAM
from plain_http import ask
from protocol.chat_server import EngineChat

warnings.simplefilter("ignore")


@pytest.fixture(scope="module")
def chat(engine):
    return EngineChat(engine)


def test_a_person_and_a_bot_talk(engine, chat):
    person = chat.new_chat("Ada")
    chat.say(person, "/start")
    update = chat.bot("getUpdates", timeout=30, allowed_updates=["message"])[-1]
    assert (update["message"]["text"], update["message"]["chat"]["id"]) == ("/start", person)
    sent = chat.bot("sendMessage", chat_id=person, text="hello")
    assert [m["text"] for m in chat.messages(person)] == ["/start", "hello"]
    chat.bot("editMessageText", chat_id=person, message_id=sent["message_id"], text="hello, Ada")
    assert [m["text"] for m in chat.messages(person)] == ["/start", "hello, Ada"]
    bot = chat.page("changes")["bot"]
    assert bot["api_path"] == "/_cumulet/bot" and bot["is_connected"]
    assert chat.request("/_cumulet/bot/bot1:x/getMe")[0] == 401


def test_files_stream_both_ways(engine, chat):
    person = chat.new_chat("Sender")
    data = bytes(range(256)) * 120_000  # 30 MB
    file_id = chat.send_file(person, "large.html", data, "text/html")["document"]["file_id"]
    path = chat.bot("getFile", file_id=file_id)["file_path"]
    url = f"/_cumulet/bot/file/bot{chat.token}/{path}"
    assert chat.request(url)[2] == data
    status, headers, part = chat.request(url, headers={"Range": "bytes=1000000-1000099"})
    assert (status, part) == (206, data[1_000_000:1_000_100])
    status, headers, shown = chat.request(f"/_cumulet/chat/api/files/{file_id}")
    assert shown == data and headers["Content-Security-Policy"].startswith("sandbox") and headers["Content-Disposition"].startswith("attachment")


def test_an_old_client_library(engine, chat):
    telegram = pytest.importorskip("telegram", reason="no python-telegram-bot: the engine's Bot API was not tried with it")
    bot = telegram.Bot(chat.token, base_url=chat.bot_url + "/bot", base_file_url=chat.bot_url + "/file/bot")
    person = chat.new_chat("Reader")
    sent = bot.send_document(person, b"some bytes", filename="a.bin")
    assert bot.get_me().username == "polybot_local_bot"
    assert bytes(bot.get_file(sent.document.file_id).download_as_bytearray()) == b"some bytes"


def test_what_was_said_survives_a_kill(own_engine):
    engine = own_engine()
    assert not (engine.data / "chat").exists(), "nobody has asked for it"
    chat = EngineChat(engine)
    assert (engine.data / "chat" / "chat.db").exists()
    person = chat.new_chat("Marta")
    said = chat.say(person, "remember this")["message_id"]
    chat.send_file(person, "a.bin", b"and this")
    port, token = engine.port, chat.token
    engine.kill()
    engine.start(port)
    again = EngineChat(engine)
    assert again.token == token
    first, second = again.messages(person)
    assert (first["message_id"], first["text"]) == (said, "remember this")
    assert again.request(f"/_cumulet/chat/api/files/{second['document']['file_id']}")[2] == b"and this"
    assert [u["message"]["message_id"] for u in again.bot("getUpdates")] == [said, said + 1]
    assert engine.stop() == 0


def test_the_token_can_be_chosen(own_engine):
    engine = own_engine(["--chat-token", "123456:chosen-token_1"])
    assert EngineChat(engine).token == "123456:chosen-token_1"
    for token in ("no token", "123456", "0:x", "123:a/b"):
        refused = subprocess.run([PROGRAM, "up", "--port", "0", "--ephemeral", "--chat-token", token], capture_output=True, text=True, timeout=60)
        assert refused.returncode == 1 and "--chat-token looks like" in refused.stderr, token


def test_a_poll_that_waits_is_answered_when_the_engine_stops(own_engine):
    engine = own_engine()
    chat = EngineChat(engine)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(chat.bot("getUpdates", timeout=50)))
    waiting.start()
    while not chat.page("changes")["bot"]["is_connected"]:
        pass
    assert engine.stop() == 0
    waiting.join()
    assert answers == [[]]  # no updates, not a broken connection


def test_buckets_stay_where_they_are(engine, s3):
    for name in ("chat", "bot", "cumulet"):
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="_cumulet/chat/api/changes", Body=b"an object")
        assert s3.get_object(Bucket=name, Key="_cumulet/chat/api/changes")["Body"].read() == b"an object"
        # The Host names the bucket: the path is all key.
        for host in (f"{name}.localhost:{engine.port}", f"{name}.s3.localhost", f"{name}.s3.us-east-1.localhost"):
            assert ask(engine, "GET", "/_cumulet/chat/api/changes", {"Host": host})[2] == b"an object", host
            assert ask(engine, "PUT", "/_cumulet/bot/x", {"Host": host}, b"another")[0] == 200
            assert s3.get_object(Bucket=name, Key="_cumulet/bot/x")["Body"].read() == b"another"
        for key in ("_cumulet/chat/api/changes", "_cumulet/bot/x"):
            s3.delete_object(Bucket=name, Key=key)
        s3.delete_bucket(Bucket=name)


def test_the_page_is_where_the_engine_says(engine):
    line = next(line for line in engine.ready_lines if line.startswith("Chat: "))
    assert line == f"Chat: {engine.endpoint}/_cumulet/chat/"
    status, headers, text = ask(engine, "GET", "/_cumulet/chat?x=y")
    assert (status, headers["Location"]) == (308, "/_cumulet/chat/?x=y")
    status, headers, text = ask(engine, "GET", "/_cumulet/chat/")
    assert status == 200 and headers["Cache-Control"] == "no-cache" and f"script-src {engine.endpoint.removeprefix('http://')}/_cumulet/chat/;" in headers["Content-Security-Policy"]
    assert ask(engine, "GET", "/_cumulet/chat/", {"If-None-Match": headers["ETag"]})[0] == 304
    if b"/assets/" not in text:
        pytest.skip("this program was built without Node: the page itself was not tried")
    script = text.decode().split('src="./')[1].split('"')[0]
    status, headers, _ = ask(engine, "GET", f"/_cumulet/chat/{script}")
    assert status == 200 and "immutable" in headers["Cache-Control"] and headers["Content-Type"].startswith("text/javascript")
    assert json.loads(ask(engine, "GET", "/_cumulet/chat/api/changes")[2])["chats"]
