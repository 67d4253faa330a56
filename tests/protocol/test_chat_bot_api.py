"""The Bot API by hand: getUpdates, how parameters come in, what is refused and in which words."""
import json
import socket
import threading
import time
import urllib.parse

import pytest

from protocol.chat_server import ChatServer, Refused


@pytest.fixture(scope="module")
def chat():
    running = ChatServer().start()
    yield running
    try:
        assert running.stop() == 0
    finally:
        running.discard()


@pytest.fixture
def fresh():
    made = []

    def make(*arguments):
        made.append(ChatServer(arguments).start())
        return made[-1]

    yield make
    for one in made:
        one.discard()


def refusal(call, *arguments, **named):
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    body = caught.value.body
    assert body["ok"] is False and body["error_code"] == caught.value.status
    return caught.value.status, body["description"]


def multipart(fields, files, boundary="----b0undary"):
    out = b""
    for name, value in fields.items():
        out += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, (file_name, data) in files.items():
        out += (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
                f"Content-Type: application/octet-stream\r\n\r\n").encode() + data + b"\r\n"
    return out + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def test_updates_stay_until_confirmed(fresh):
    chat = fresh()
    person = chat.chats()[0]["id"]
    assert chat.bot("getUpdates") == []
    for i in range(5):
        chat.say(person, f"m{i}")
    first = chat.bot("getUpdates")
    assert [u["message"]["text"] for u in first] == [f"m{i}" for i in range(5)]
    assert chat.bot("getUpdates") == first  # asked without an offset, nothing is confirmed
    assert chat.bot("getUpdates", limit=2) == first[:2]
    assert chat.bot("getUpdates", offset=first[2]["update_id"]) == first[2:]
    assert chat.bot("getUpdates") == first[2:]  # the first two are forgotten
    assert chat.bot("getUpdates", offset=-1) == first[4:]  # from the end; what is before is forgotten
    assert chat.bot("getUpdates") == first[4:]
    assert chat.bot("getWebhookInfo")["pending_update_count"] == 1
    assert chat.bot("getUpdates", offset=first[4]["update_id"] + 1) == []
    chat.say(person, "later")
    assert chat.bot("getUpdates", offset=-100)[0]["update_id"] == first[4]["update_id"] + 1
    chat.bot("deleteWebhook", drop_pending_updates=True)
    assert chat.bot("getUpdates") == []


def await_poll(chat):
    """Until a bot's long poll waits."""
    while not chat.page("changes")["bot"]["is_connected"]:
        time.sleep(0.02)


def test_a_long_poll_wakes_at_once_and_ends_in_time(fresh):
    chat = fresh()
    person = chat.chats()[0]["id"]
    got = {}

    def poll():
        got["updates"] = chat.bot("getUpdates", timeout=50)

    waiting = threading.Thread(target=poll)
    waiting.start()
    await_poll(chat)
    chat.say(person, "wake up")
    waiting.join()
    assert [u["message"]["text"] for u in got["updates"]] == ["wake up"]
    began = time.monotonic()
    assert chat.bot("getUpdates", offset=got["updates"][0]["update_id"] + 1, timeout=1) == []
    assert time.monotonic() - began > 0.9


def test_a_second_poll_ends_the_first(fresh):
    chat = fresh()
    seen = {}

    def poll():
        seen["first"] = refusal(chat.bot, "getUpdates", timeout=50)

    waiting = threading.Thread(target=poll)
    waiting.start()
    await_poll(chat)
    assert chat.bot("getUpdates") == []
    waiting.join()
    assert seen["first"] == (409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")


def test_allowed_updates_are_kept(fresh):
    chat = fresh()
    person = chat.chats()[0]["id"]
    chat.bot("getUpdates", allowed_updates=["callback_query"])
    chat.say(person, "not asked for")
    assert chat.bot("getUpdates") == []
    chat.bot("getUpdates", allowed_updates=["message"])
    chat.say(person, "asked for")
    assert [u["message"]["text"] for u in chat.bot("getUpdates", allowed_updates=[])] == ["asked for"]


def test_parameters_come_in_every_way(chat):
    person = chat.chats()[0]["id"]
    root = f"/bot{chat.token}"
    text = "a b+c&d=é 😀"
    form = urllib.parse.urlencode({"chat_id": person, "text": text})
    ways = [
        (f"{root}/sendMessage?{form}", None, {}),
        (f"{root}/sendMessage", form.encode(), {"Content-Type": "application/x-www-form-urlencoded"}),
        (f"{root}/sendMessage", json.dumps({"chat_id": person, "text": text}).encode(), {"Content-Type": "application/json; charset=utf-8"}),
        (f"{root}/SENDMESSAGE", *multipart({"chat_id": person, "text": text}, {})),
        (f"{root.replace(':', '%3A')}/sendmessage?chat_id={person}", *multipart({"text": text}, {})),
    ]
    for path, data, headers in ways:
        status, _, body = chat.request(path, data, headers)
        assert status == 200, body
        assert json.loads(body)["result"]["text"] == text


def test_whole_numbers_with_a_fraction_are_integers(chat):
    person = chat.chats()[0]["id"]
    assert chat.bot("sendMessage", chat_id=float(person), text="x")["chat"]["id"] == person
    began = time.monotonic()
    assert chat.bot("getUpdates", offset=10**9, timeout=1.0) == []
    assert time.monotonic() - began > 0.9
    for strange in ("1.5", f"{person}.", f"{person}.0x", f"{person}.0.0", ".0"):
        assert refusal(chat.bot, "sendMessage", chat_id=strange, text="x") == (400, "Bad Request: chat not found")


def test_a_chat_has_what_libraries_require(chat):
    """The required fields of ChatFullInfo."""
    person = chat.chats()[0]["id"]
    assert chat.bot("getChat", chat_id=person) == {
        "id": person, "type": "private", "first_name": "You", "accent_color_id": 0, "max_reaction_count": 11,
        "accepted_gift_types": {"unlimited_gifts": False, "limited_gifts": False, "unique_gifts": False, "premium_subscription": False}}


def test_refusals(chat):
    person = chat.chats()[0]["id"]
    bad = lambda text: (400, "Bad Request: " + text)
    assert refusal(chat.bot, "sendMessage", text="x") == bad("chat_id is empty")
    assert refusal(chat.bot, "sendMessage", chat_id="@nobody", text="x") == bad("chat not found")
    assert refusal(chat.bot, "sendMessage", chat_id=5, text="x") == bad("chat not found")
    assert refusal(chat.bot, "sendMessage", chat_id=person) == bad("message text is empty")
    assert refusal(chat.bot, "sendMessage", chat_id=person, text=" \n") == bad("message text is empty")
    assert refusal(chat.bot, "sendMessage", chat_id=person, text="x" * 4097) == bad("message is too long")
    assert refusal(chat.bot, "sendMessage", chat_id=person, text="x", parse_mode="rtf") == bad("unsupported parse_mode")
    assert refusal(chat.bot, "sendMessage", chat_id=person, text="<b>x", parse_mode="HTML") == bad("can't parse entities: Can't find end tag corresponding to start tag \"b\"")
    assert refusal(chat.bot, "sendMessage", chat_id=person, text="x_y", parse_mode="Markdown") == bad("can't parse entities: Can't find end of Italic entity at byte offset 1")
    assert refusal(chat.bot, "sendMessage", chat_id=person, text="x.", parse_mode="MarkdownV2") == bad("can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'")
    assert refusal(chat.bot, "sendMessage", chat_id=person, text="x", reply_to_message_id=99_999_999) == bad("message to be replied not found")
    assert chat.bot("sendMessage", chat_id=person, text="x", reply_parameters={"message_id": 99_999_999, "allow_sending_without_reply": True})
    assert refusal(chat.bot, "editMessageText", chat_id=person, message_id=99_999_999, text="x") == bad("message to edit not found")
    assert refusal(chat.bot, "editMessageText", text="x") == bad("message identifier is not specified")
    assert refusal(chat.bot, "editMessageText", text="x", inline_message_id="i") == bad("MESSAGE_ID_INVALID")
    assert refusal(chat.bot, "editMessageText", text="x", message_id=1) == bad("chat_id is empty")
    assert refusal(chat.bot, "editMessageText", text="x", chat_id=5, message_id=1) == bad("chat not found")
    assert refusal(chat.bot, "editMessageText", chat_id=person, text="x") == bad("message to edit not found")
    own = chat.say(person, "a person's")["message_id"]
    assert refusal(chat.bot, "editMessageText", chat_id=person, message_id=own, text="x") == bad("message can't be edited")
    sent = chat.bot("sendMessage", chat_id=person, text="<b>same</b>", parse_mode="HTML")["message_id"]
    assert refusal(chat.bot, "editMessageText", chat_id=person, message_id=sent, text="<b>same</b>", parse_mode="HTML")[1].startswith("Bad Request: message is not modified")
    assert chat.bot("editMessageText", chat_id=person, message_id=sent, text="same")["text"] == "same"
    assert refusal(chat.bot, "editMessageCaption", chat_id=person, message_id=sent, caption="x") == bad("there is no caption in the message to edit")
    assert chat.bot("deleteMessage", chat_id=person, message_id=sent) is True
    assert refusal(chat.bot, "deleteMessage", chat_id=person, message_id=sent) == bad("message to delete not found")
    assert refusal(chat.bot, "deleteMessage", chat_id=person) == bad("message to delete not found")
    several = [chat.bot("sendMessage", chat_id=person, text="x")["message_id"] for _ in range(2)]
    assert refusal(chat.bot, "deleteMessages", chat_id=person) == bad("message identifiers are not specified")
    assert refusal(chat.bot, "deleteMessages", chat_id=person, message_ids=[0]) == bad("invalid message identifier specified")
    assert refusal(chat.bot, "deleteMessages", chat_id=person, message_ids=[1] * 101) == bad("too many message identifiers specified")
    assert chat.bot("deleteMessages", chat_id=person, message_ids=several + [99_999_999]) is True
    assert not {m["message_id"] for m in chat.messages(person)} & set(several)
    keys = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}
    keyed = chat.bot("sendMessage", chat_id=person, text="x", reply_markup=keys)
    assert keyed["reply_markup"] == keys
    assert refusal(chat.bot, "editMessageReplyMarkup", chat_id=person, message_id=keyed["message_id"], reply_markup=keys)[1].startswith("Bad Request: message is not modified")
    bare = chat.bot("editMessageReplyMarkup", chat_id=person, message_id=keyed["message_id"])
    assert "reply_markup" not in bare and "edit_date" not in bare
    assert refusal(chat.bot, "sendChatAction", chat_id=person, action="dance") == bad("wrong parameter action in request")
    assert refusal(chat.bot, "sendVideo", chat_id=person) == bad("there is no video in the request")
    assert refusal(chat.bot, "sendVideo", chat_id=person, video="x", caption="c" * 1025) == bad("message caption is too long")
    assert refusal(chat.bot, "getFile", file_id="nope") == bad("invalid file_id")
    assert refusal(chat.bot, "setWebhook", url="https://example.org/hook")[0] == 400
    assert chat.bot("setWebhook", url="") is True
    assert refusal(chat.bot, "noSuchMethod") == (404, "Not Found")
    for token in ("1:wrong", chat.token[:-1], chat.token + "x", "", "x" * 2000):
        status, _, body = chat.request(f"/bot{token}/getMe")
        assert (status, json.loads(body)) == (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    assert chat.request(f"/file/bot1:wrong/videos/file_1.mp4")[0] == 401
    assert chat.request(f"/file/bot{chat.token}/videos/file_99999.mp4")[0] == 404


def test_files(chat):
    person = chat.chats()[0]["id"]
    data = bytes(range(256)) * 1000
    body, headers = multipart({"chat_id": person, "video": "attach://clip", "caption": "c"}, {"clip": ("../../etc/My clip.mp4", data)})
    status, _, answer = chat.request(f"/bot{chat.token}/sendVideo", body, headers)
    assert status == 200, answer
    video = json.loads(answer)["result"]["video"]
    assert video["file_name"] == "My clip.mp4" and video["file_size"] == len(data) and video["width"] == 0
    file = chat.bot("getFile", file_id=video["file_id"])
    assert file["file_path"].startswith("videos/file_") and file["file_path"].endswith(".mp4")
    path = f"/file/bot{chat.token}/{file['file_path']}"
    status, headers, got = chat.request(path)
    assert (status, got) == (200, data) and headers["Accept-Ranges"] == "bytes"
    for asked, part in (("bytes=0-0", data[:1]), ("bytes=100-199", data[100:200]), ("bytes=255990-", data[255990:]), ("bytes=-10", data[-10:]), ("bytes=10-9999999", data[10:])):
        status, headers, got = chat.request(path, headers={"Range": asked})
        assert (status, got) == (206, part), asked
    status, headers, _ = chat.request(path, headers={"Range": "bytes=256000-"})
    assert status == 416 and headers["Content-Range"] == "bytes */256000"
    for strange in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=99999999999999999999-"):
        assert chat.request(path, headers={"Range": strange})[0] in (200, 416)
    # The same file again costs nothing: one blob, two messages.
    again = chat.bot("sendDocument", chat_id=person, document=video["file_id"])
    assert again["video"]["file_unique_id"] == video["file_unique_id"]
    assert refusal(chat.bot, "sendPhoto", chat_id=person, photo=video["file_id"])[1] == "Bad Request: can't use file of type Video as Photo"


def test_a_bot_sends_50_mb_and_no_more(chat):
    person = chat.chats()[0]["id"]
    whole = 50 * 1024 * 1024
    body, headers = multipart({"chat_id": person}, {"document": ("big.bin", b"\0" * whole)})
    status, _, answer = chat.request(f"/bot{chat.token}/sendDocument", body, headers)
    assert status == 200 and json.loads(answer)["result"]["document"]["file_size"] == whole
    blobs = list((chat.folder / "data" / "files").iterdir())
    body, headers = multipart({"chat_id": person}, {"document": ("big.bin", b"\0" * (whole + 1))})
    status, _, answer = chat.request(f"/bot{chat.token}/sendDocument", body, headers)
    assert (status, json.loads(answer)) == (413, {"ok": False, "error_code": 413, "description": "Request Entity Too Large"})
    end = time.time() + 60
    while list((chat.folder / "data" / "files").iterdir()) != blobs:  # nothing is left of it, soon after the answer
        assert time.time() < end
        time.sleep(0.02)


def test_cloud_limits(fresh):
    chat = fresh("--cloud-limits")
    person = chat.chats()[0]["id"]
    small = chat.send_file(person, "a.bin", b"x" * (20 << 20))["document"]
    large = chat.send_file(person, "a.bin", b"x" * ((20 << 20) + 1))["document"]
    assert chat.bot("getFile", file_id=small["file_id"])["file_size"] == 20 << 20
    assert refusal(chat.bot, "getFile", file_id=large["file_id"]) == (400, "Bad Request: file is too big")


def test_rate_limit(fresh):
    chat = fresh("--rate-limit")
    person = chat.chats()[0]["id"]
    with pytest.raises(Refused) as caught:
        for _ in range(10_000):
            chat.bot("sendMessage", chat_id=person, text="x")
    assert caught.value.status == 429
    wait = caught.value.body["parameters"]["retry_after"]
    assert 1 <= wait <= 3
    assert caught.value.body["description"] == f"Too Many Requests: retry after {wait}"
    time.sleep(wait)
    assert chat.bot("sendMessage", chat_id=person, text="later")


def test_commands(chat):
    commands = [{"command": "start", "description": "Begin"}, {"command": "blur", "description": "Blur faces"}]
    assert chat.bot("setMyCommands", commands=commands) is True
    assert chat.bot("getMyCommands") == commands
    assert chat.page("changes")["commands"] == commands
    assert chat.bot("setMyCommands", commands=commands[:1], language_code="de") is True
    assert chat.bot("getMyCommands", language_code="de") == commands[:1]
    assert chat.bot("deleteMyCommands") is True
    assert chat.bot("getMyCommands") == []
    assert chat.page("changes")["commands"] == []


def test_hostile_requests_get_answers_in_telegrams_shape(chat):
    person = chat.chats()[0]["id"]
    root = f"/bot{chat.token}/sendMessage"
    json_type, form_type = {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}
    part = {"Content-Type": "multipart/form-data; boundary=b"}
    cases = [
        (root, b"{", json_type), (root, b"[1]", json_type), (root, b"[" * 100_000, json_type),
        (root, b'{"chat_id":1e999,"text":"x"}', json_type), (root, b'{"chat_id":' + str(person).encode() + b',"text":"\xff"}', json_type),
        (root, b"text=%zz", form_type), (root, b"a" * (2 << 20), form_type),
        (root, f"chat_id={person}&text=%ff%fe".encode(), form_type),
        (root, b"", {"Content-Type": "multipart/form-data"}), (root, b"", part), (root, b"--b\r\n\r\n\r\n--b--", part),
        (root, b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nx', part), (root, b"--bxx\r\n", part),
        (root, b"--b\r\n" + b"X: y\r\n" * 5000, part),
        (root, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 200 + b"--b--", part),
        (f"{root}?text=%", None, {}), (f"{root}/../getMe", None, {}), ("/bot", None, {}), (f"/bot{chat.token}", None, {}),
    ]
    for path, data, headers in cases:
        status, _, body = chat.request(path, data, headers)
        answer = json.loads(body)
        assert answer["ok"] is False and answer["error_code"] == status and 400 <= status < 500, (path, status, answer)
    with socket.create_connection(("127.0.0.1", chat.port)) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert b'"ok":false' in raw.recv(65536)
    assert chat.bot("getMe")["is_bot"] is True


def test_formatting(chat):
    person = chat.chats()[0]["id"]
    cases = [
        ("HTML", '<b>a<i>b</i></b> &lt;&amp;&#x1F600; <a href="https://x.org/?a=1&amp;b">link</a>', "ab <&😀 link",
         [("bold", 0, 2), ("italic", 1, 1), ("text_link", 8, 4)]),
        ("HTML", '<pre><code class="language-cpp">int x;</code></pre>', "int x;", [("pre", 0, 6)]),
        ("Markdown", "*b* _i_ `c*` [l](http://x.org)", "b i c* l", [("bold", 0, 1), ("italic", 2, 1), ("code", 4, 2), ("text_link", 7, 1)]),
        ("MarkdownV2", "*b _i_* ||s|| __u__ ~d~ \\.", "b i s u d .",
         [("bold", 0, 3), ("italic", 2, 1), ("spoiler", 4, 1), ("underline", 6, 1), ("strikethrough", 8, 1)]),
        ("", "  😀 /start@x_bot #tag @some_one https://x.org/a(b) end  ", "😀 /start@x_bot #tag @some_one https://x.org/a(b) end",
         [("bot_command", 3, 12), ("hashtag", 16, 4), ("mention", 21, 9), ("url", 31, 18)]),
    ]
    for mode, text, shown, entities in cases:
        sent = chat.bot("sendMessage", chat_id=person, text=text, parse_mode=mode)
        assert sent["text"] == shown
        assert [(e["type"], e["offset"], e["length"]) for e in sent["entities"]] == entities, (mode, sent["entities"])
    given = [{"type": "bold", "offset": 0, "length": 2}, {"type": "bold", "offset": 5, "length": 500}, {"type": 7}, "x"]
    assert [(e["offset"], e["length"]) for e in chat.bot("sendMessage", chat_id=person, text="word", entities=given)["entities"]] == [(0, 2)]
