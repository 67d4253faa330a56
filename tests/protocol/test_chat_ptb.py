"""Debian's python-telegram-bot (13.15, an old client generation) runs a bot unchanged: only its URLs and token differ."""
import http.server
import shutil
import subprocess
import threading
import warnings

import pytest

from protocol.chat_server import ChatServer

warnings.simplefilter("ignore")
telegram = pytest.importorskip("telegram", reason="no python-telegram-bot: the local Bot API was not tried with it")
from telegram.error import BadRequest, RetryAfter, Unauthorized  # noqa: E402
from telegram.ext import CommandHandler, Filters, MessageHandler, Updater  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def chat():
    running = ChatServer().start()
    yield running
    running.discard()


def bot_of(chat, token=None):
    return telegram.Bot(token or chat.token, base_url=chat.url + "/bot", base_file_url=chat.url + "/file/bot")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    if not shutil.which("ffmpeg"):
        pytest.skip("no ffmpeg: no video was sent")
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=2:s=320x240:r=10", "-pix_fmt", "yuv420p", str(path)], check=True)
    return path.read_bytes()


@pytest.fixture
def link(film):
    """Where a URL points to."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(len(film)))
            self.end_headers()
            self.wfile.write(film)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/some%20film.mp4?signature=x"
    server.shutdown()


def test_an_echo_bot(chat, film, link):
    person = chat.new_chat("Ada")
    updater = Updater(chat.token, base_url=chat.url + "/bot", base_file_url=chat.url + "/file/bot")
    add = updater.dispatcher.add_handler

    def edit(update, _):
        sent = update.message.reply_text("...")
        sent.edit_text(f"*{update.message.text}*", parse_mode="Markdown")

    def video(update, _):
        bytes_ = bytes(update.message.video.get_file().download_as_bytearray())
        update.message.reply_chat_action("upload_video")
        update.message.reply_video(bytes_, filename="again.mp4", caption="<b>by</b> multipart", parse_mode="HTML", supports_streaming=True)
        update.message.reply_video(update.message.video.file_id, caption="by file_id")
        update.message.reply_video(link, caption="by URL")
        update.message.reply_document(bytes_, filename="film.bin", quote=True)

    add(CommandHandler("start", lambda update, _: update.message.reply_text("welcome")))
    add(MessageHandler(Filters.text & ~Filters.command, edit))
    add(MessageHandler(Filters.video, video))
    updater.start_polling(timeout=2)
    try:
        chat.say(person, "/start")
        assert chat.await_messages(person, 2)[1]["text"] == "welcome"
        chat.say(person, "hello 😀")
        answer = chat.await_messages(person, 4)[3]
        while "edit_date" not in answer:
            answer = chat.messages(person)[3]
        assert answer["text"] == "hello 😀" and answer["entities"] == [{"type": "bold", "offset": 0, "length": 8}]
        chat.send_file(person, "film.mp4", film, "video/mp4", caption="look")
        asked, multipart, by_id, by_url, document = chat.await_messages(person, 9)[4:]
        assert (asked["video"]["width"], asked["video"]["height"], asked["video"]["duration"], asked["caption"]) == (320, 240, 2, "look")
        assert multipart["caption_entities"] == [{"type": "bold", "offset": 0, "length": 2}]
        assert by_id["video"]["file_id"] == asked["video"]["file_id"]
        assert by_url["video"]["file_name"] == "some film.mp4" and by_url["video"]["width"] == 320
        assert document["reply_to_message"]["message_id"] == asked["message_id"]
        for file in (multipart["video"], by_url["video"], document["document"]):
            assert chat.request(f"/chat/api/files/{file['file_id']}")[2] == film
    finally:
        updater.stop()


def test_errors_by_their_classes(chat):
    person, bot = chat.chats()[0]["id"], bot_of(chat)
    with pytest.raises(Unauthorized):
        bot_of(chat, "123:wrong").get_me()
    with pytest.raises(BadRequest, match="^Chat not found$"):
        bot.send_message(1, "x")
    with pytest.raises(BadRequest, match="^Message is not modified"):
        bot.send_message(person, "x").edit_text("x")
    with pytest.raises(BadRequest, match="^Message to delete not found$"):
        bot.delete_message(person, 99_999_999)


def test_flood_control():
    chat = ChatServer(["--rate-limit"]).start()
    try:
        person, bot = chat.chats()[0]["id"], bot_of(chat)
        with pytest.raises(RetryAfter) as caught:
            for _ in range(10):
                bot.send_message(person, "x")
        assert 1 <= caught.value.retry_after <= 3
    finally:
        chat.discard()


def test_the_rest_of_what_libraries_call(chat):
    bot = bot_of(chat)
    person = chat.chats()[0]["id"]
    me = bot.get_me()
    assert me.is_bot and me.username == "polybot_local_bot" and str(me.id) == chat.token.split(":")[0]
    assert bot.delete_webhook() and bot.get_webhook_info().url == ""
    assert bot.set_my_commands([("start", "Begin")]) and bot.get_my_commands()[0].command == "start"
    assert bot.get_chat(person).first_name == "You"
    sent = bot.send_photo(person, b"\x89PNG\r\n\x1a\n" + b"\0" * 100, caption="a picture")
    assert sent.photo[0].file_size == 108
    assert sent.edit_caption("another").caption == "another"
    assert sent.delete() and bot.log_out() and bot.close()
