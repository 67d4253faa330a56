"""PolyBot from the chat to the answer: bot, queue, workers, buckets, FaceBlur."""
import functools
import http.server
import json
import os
import pathlib
import shutil
import signal
import threading
import time

import pytest

import function_ports
from e2e.check_output import check_output, engine_model
from e2e.faceblur import short_clip
from e2e.polybot import PROCESSING, PolyBot
from protocol.chat_server import EngineChat

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Site(http.server.SimpleHTTPRequestHandler):
    """Files of a folder; /away/PORT leads to an address that is not allowed; what is in `missing` is not there yet."""
    seen = []
    missing = set()

    def do_GET(self):
        Site.seen.append((self.server.server_address[0], self.path))
        if self.path.startswith("/away/"):
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.2:{self.path[6:]}/secret.mp4")
            self.end_headers()
        elif self.path in Site.missing:
            self.send_error(404)
        else:
            super().do_GET()

    def log_message(self, *args):
        pass


def serve(address, folder, port=0):
    server = http.server.ThreadingHTTPServer((address, port), functools.partial(Site, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return short_clip(tmp_path_factory.mktemp("clips"), 2)


def needs_worker():
    from conftest import PROGRAM
    if not (pathlib.Path(PROGRAM).parent.parent / "packages/polybot-worker.zip").exists():
        pytest.skip("packages/polybot-worker.zip is not built: PolyBot was not tested from end to end")


@pytest.fixture(scope="module")
def polybot(clip):
    from conftest import Engine
    needs_worker()
    engine = Engine(arguments=["--face-model", engine_model()]).start()  # YuNet where it is: what the check looks with
    made = None
    try:
        made = PolyBot(engine, clip)
        yield made
    finally:
        if made:
            made.stop()
        engine.discard()


@pytest.fixture(scope="module")
def site(clip, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(clip, folder / "clip.mp4")
    (folder / "page.html").write_text("<html><body>No video here.</body></html>")
    server = serve("127.0.0.1", folder, function_ports.take())
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture
def person(polybot, request):
    """A chat of the test's own."""
    return polybot.chat.new_chat(request.node.name[:40])


needs_yt_dlp = pytest.mark.skipif(not os.access("/usr/bin/yt-dlp", os.X_OK), reason="no /usr/bin/yt-dlp: links were not fetched for real")


def test_a_name_comes_back_as_a_video(polybot, person, clip):
    said = polybot.chat.say(person, "funny cats")
    video = polybot.await_video(person, to=said["message_id"])
    assert video.startswith(clip.read_bytes())
    assert video.endswith(b"<--><ytsearch1:funny cats>")
    polybot.await_no_line(person)
    polybot.await_idle()
    assert [m["text"] for m in polybot.answers(person) if "text" in m] == [PROCESSING]
    assert len(polybot.answers(person)) == 2
    assert len(polybot.stored(f"videos/{person}/")) == 1
    assert polybot.stored(f"work/{person}/") == []


def test_the_engines_own_chat_does_as_well(own_engine, clip):
    """The worker reaches the Bot API where it reaches the engine: nothing of this machine is shown to functions for it."""
    needs_worker()
    engine = own_engine()
    made = PolyBot(engine, clip, chat=EngineChat(engine))
    try:
        person = made.chat.new_chat("somebody")
        said = made.chat.say(person, "funny cats")
        assert made.await_video(person, to=said["message_id"]).startswith(clip.read_bytes())
        made.await_no_line(person)
    finally:
        made.stop()


def test_options_are_only_words_to_look_for(polybot, person):
    said = polybot.chat.say(person, "--exec touch /tmp/pwned")
    assert polybot.await_video(person, to=said["message_id"]).endswith(b"<--><ytsearch1:--exec touch /tmp/pwned>")


@needs_yt_dlp
def test_a_link_comes_back_as_its_video(polybot, person, site, clip):
    said = polybot.chat.say(person, f"{site}/clip.mp4")
    assert polybot.await_video(person, to=said["message_id"]) == clip.read_bytes()


@needs_yt_dlp
@pytest.mark.parametrize("path, words", [("missing.mp4", "nothing at that address"), ("page.html", "no video")])
def test_a_link_that_brings_nothing_is_told_in_a_sentence(polybot, person, site, path, words):
    polybot.chat.say(person, f"{site}/{path}")
    told = polybot.await_text(person, words)["text"]
    assert told.count(".") == 1 and "Traceback" not in told


@needs_yt_dlp
def test_a_redirect_to_a_private_address_leads_nowhere(polybot, person, site, tmp_path):
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    hidden = serve("127.0.0.2", tmp_path)
    polybot.chat.say(person, f"{site}/away/{hidden.server_address[1]}")
    polybot.await_text(person, "private address")
    polybot.chat.say(person, f"http://127.0.0.2:{hidden.server_address[1]}/secret.mp4")
    polybot.await_answer(person, lambda m: "private address" in m.get("text", "") and m["message_id"] > 4)
    hidden.shutdown()
    assert any(path.startswith("/away/") for _, path in Site.seen)
    assert not any(address == "127.0.0.2" for address, _ in Site.seen)


def check_blurred(polybot, original, result, folder):
    (folder / "result.mp4").write_bytes(result)
    report = check_output(original, folder / "result.mp4")
    print(report)
    assert not report.problems, str(report)
    if report.skipped:
        pytest.skip("; ".join(report.skipped))


def test_a_dropped_video_comes_back_blurred(polybot, person, clip, tmp_path):
    said = polybot.chat.send_file(person, "holiday.mp4", clip.read_bytes(), "video/mp4")
    result = polybot.await_video(person, to=said["message_id"])
    polybot.await_no_line(person)
    for bucket in (polybot.faceblur["InputBucketName"], polybot.faceblur["OutputBucketName"]):
        end = time.time() + 120
        while time.time() < end and polybot.engine.client("s3").list_objects_v2(Bucket=bucket).get("Contents"):
            time.sleep(0.05)
        assert not polybot.engine.client("s3").list_objects_v2(Bucket=bucket).get("Contents"), "the unblurred video is left in " + bucket
    check_blurred(polybot, clip, result, tmp_path)


@needs_yt_dlp
def test_a_link_can_be_blurred_too(polybot, person, site, clip, tmp_path):
    said = polybot.chat.say(person, f"/blur {site}/clip.mp4")
    check_blurred(polybot, clip, polybot.await_video(person, to=said["message_id"]), tmp_path)


@needs_yt_dlp
def test_what_failed_is_tried_again_by_its_button(polybot, person, site, clip):
    Site.missing.add("/clip.mp4?later")
    said = polybot.chat.say(person, f"{site}/clip.mp4?later")
    told = polybot.await_text(person, "nothing at that address")
    assert [m.get("text") for m in polybot.answers(person)] == [PROCESSING, told["text"]], "one message tells of a failure"
    button = told["reply_markup"]["inline_keyboard"][0][0]
    assert button["text"] == "Retry"
    Site.missing.clear()
    press = {"message_id": told["message_id"], "data": button["callback_data"]}
    polybot.chat.page(f"chats/{person}/callbacks", json.dumps(press).encode())
    assert polybot.await_video(person, to=said["message_id"]) == clip.read_bytes()
    polybot.await_no_line(person)
    assert [m.get("text") for m in polybot.answers(person)] == [PROCESSING, None], "the failure's message became the line, and went with it"
    assert polybot.stored(f"retries/{person}/") == []


def test_a_broken_video_is_told_soon(polybot, person, clip):
    polybot.chat.send_file(person, "half.mp4", clip.read_bytes()[: clip.stat().st_size // 2], "video/mp4")
    told = polybot.await_text(person, "I could not blur that video", seconds=180)["text"]
    assert "cut short" in told and "s3://" not in told


@pytest.mark.parametrize("name, content, declared", [("thesis.pdf", b"%PDF-1.4", "application/pdf"), ("song.mp4", b"no video at all", "video/mp4")])
def test_a_file_that_is_no_video_is_refused(polybot, person, name, content, declared):
    polybot.chat.send_file(person, name, content * 100, declared)
    polybot.await_text(person, "MP4 and MOV")


def test_fifty_messages_of_two_chats_never_cross(polybot):
    chats = [polybot.chat.new_chat("left"), polybot.chat.new_chat("right")]
    said = {}
    for number in range(50):
        chat = chats[number % 2]
        said[chat, polybot.chat.say(chat, f"message {number}")["message_id"]] = number
    for (chat, message), number in said.items():
        assert polybot.await_video(chat, to=message, seconds=300).endswith(b"<--><ytsearch1:message %d>" % number)
    polybot.await_idle()
    for chat in chats:
        assert len([m for m in polybot.answers(chat) if "video" in m]) == 25
        texts = [m["text"] for m in polybot.answers(chat) if "text" in m]
        assert texts == [PROCESSING] * 25


def test_a_message_delivered_again_is_answered_once(polybot, person):
    sqs, awslambda = polybot.engine.client("sqs"), polybot.engine.client("lambda")
    queue = sqs.get_queue_url(QueueName="polybot")["QueueUrl"]
    attributes = {name: {"DataType": "String", "StringValue": str(value)} for name, value in
                  (("chat_id", person), ("message_id", 77), ("date", 1_700_000_000))}
    for _ in range(2):  # a bot that died before it had noted its offset
        sqs.send_message(QueueUrl=queue, MessageBody="twice", MessageAttributes=attributes)
    polybot.await_answer(person, lambda m: "video" in m)
    record = {"messageId": "m-1", "receiptHandle": "r", "body": "delivered thrice", "attributes": {"ApproximateReceiveCount": "1"},
              "messageAttributes": {"chat_id": {"stringValue": str(person), "dataType": "String"}}, "eventSource": "aws:sqs",
              "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:polybot"}
    for _ in range(3):
        answer = awslambda.invoke(FunctionName="polybot-worker", Payload=json.dumps({"Records": [record]}))
        assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}
    time.sleep(1)  # for the second of the two; one that came while the first was worked on is seen again much later
    assert len([m for m in polybot.answers(person) if "video" in m]) == 2
    assert len(polybot.stored(f"videos/{person}/")) == 2


def test_status_cancel_and_delete(polybot, person):
    polybot.chat.say(person, "funny dogs")
    polybot.await_video(person)
    polybot.chat.say(person, "something slow")
    polybot.await_text(person, "Fetching")
    polybot.chat.say(person, "/status")
    polybot.await_text(person, "something slow – fetching")
    polybot.chat.say(person, "/cancel")
    polybot.await_text(person, r"^Cancelled: 1 message\.$")
    polybot.await_text(person, r"^Cancelled\.$", seconds=180)  # the status line, once the worker has dropped it
    polybot.chat.say(person, "/status")
    polybot.await_text(person, "Nothing is waiting")
    polybot.chat.say(person, "/delete")
    polybot.await_text(person, r"^Deleted 1 video\.$")
    assert polybot.stored(f"videos/{person}/") == []


def test_odd_messages_are_answered(polybot, person):
    for text, answer in (("/start", "name of a video"), ("/help", "/blur LINK"), ("/nonsense", "do not know that command"),
                         ("/blur cats", "/blur LINK, with a link"), ("nothing of that kind", "found no video")):
        polybot.chat.say(person, text)
        polybot.await_text(person, answer)
    said = polybot.chat.say(person, "Ünïcode 🎬 \"quotes\" $(reboot); `x`\nsecond line")
    expected = "<--><ytsearch1:Ünïcode 🎬 \"quotes\" $(reboot); `x` second line>".encode()
    assert polybot.await_video(person, to=said["message_id"]).endswith(expected)


def test_a_bot_that_died_goes_on_where_it_was(polybot, person):
    polybot.chat.say(person, "before")
    polybot.await_no_line(person)
    polybot.stop_bot(signal.SIGKILL)
    said = [polybot.chat.say(person, f"while it is dead {i}")["message_id"] for i in range(5)]
    polybot.start_bot()
    for message in said:
        polybot.await_video(person, to=message)
    polybot.await_video(person, to=polybot.chat.say(person, "after")["message_id"])  # what it had said twice came before this
    assert len([m for m in polybot.answers(person) if "video" in m]) == 7


def test_the_bot_stops_cleanly_and_tells_no_token(polybot, person):
    assert polybot.stop_bot() == 0
    polybot.start_bot()
    polybot.chat.say(person, "still there?")
    assert polybot.await_answer(person, lambda m: m.get("text") in (PROCESSING, "Fetching the video...", "Sending the video...") or "video" in m)
    secret = polybot.chat.token.split(":")[1]
    assert secret not in polybot.bot_log()
    assert secret not in polybot.worker_log()


def test_an_engine_that_is_killed_forgets_no_message(own_engine, clip):
    engine = own_engine()
    rig = PolyBot(engine, clip)
    try:
        person = rig.chat.new_chat("patient")
        said = []
        for round_ in range(3):
            said += [rig.chat.say(person, f"message {round_} {i}")["message_id"] for i in range(8)]
            time.sleep(0.15 + 0.1 * round_)
            port = engine.port
            engine.kill()
            engine.start(port)
        # An answer that was being sent at a kill is not sent again before its claim has run out; here that is too long to wait for.
        sqs = engine.client("sqs")
        dead_letters = sqs.get_queue_url(QueueName="polybot-dead-letters")["QueueUrl"]
        end = time.time() + 180
        answered = set()
        while time.time() < end and len(answered) < len(said):
            videos = [m["reply_to_message"]["message_id"] for m in rig.answers(person) if "video" in m]
            refused = {m["reply_to_message"]["message_id"] for m in rig.answers(person) if m.get("text", "").startswith("Something went wrong")}
            claimed = [o for o in rig.stored("answers/") if engine.client("s3").get_object(Bucket=rig.bucket, Key=o)["Body"].read() != b"answered"]
            # What was in flight at all three kills has used up its receives: it lies in the dead-letter queue, not lost.
            dead = int(sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"])
            answered = set(videos) | refused
            if len(answered) + len(claimed) + dead >= len(said):
                break
            time.sleep(0.2)
        print(f"{len(said)} messages: {len(videos)} videos, {len(refused)} told to try again, {len(claimed)} claimed, {dead} dead letters")
        assert len(videos) == len(set(videos)), "answered twice"
        assert len(answered) + len(claimed) + dead >= len(said), (len(videos), len(refused), len(claimed), rig.bot_log()[-2000:])
    finally:
        rig.stop()
