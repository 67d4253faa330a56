"""PolyBot as its users run it: an engine with PolyBot and FaceBlur deployed from their templates, `cumulet chat`, and the bot."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile

import function_ports
from protocol import queues
from protocol.chat_server import ChatServer
from protocol.lambda_functions import eventually

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROCESSING = "Your message is being processed..."

# What is looked for "is found" in the package, with the arguments behind its last box; links go to the real program.
YT_DLP = """\
#!/bin/sh
for word in "$@"; do [ "$last" = --output ] && out=$word; last=$word; done
case $last in
  ytsearch1:*slow*) sleep 60 ;;
  ytsearch1:*nothing*) exit 0 ;;
  ytsearch1:*) { cat /var/task/found.mp4; for word in "$@"; do printf '<%s>' "$word"; done; } > "$out" ;;
  *) exec /usr/bin/yt-dlp "$@" ;;
esac
"""


class PolyBot:
    def __init__(self, engine, video, chat_arguments=(), chat=None):
        self.engine, self.bot_process = engine, None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="polybot-test-"))
        self.log = open(self.folder / "bot.log", "ab")
        self.chat = chat or ChatServer(chat_arguments).start(function_ports.take())
        try:
            self.deploy(video)
            self.start_bot()
        except BaseException:
            self.stop()
            raise

    def deploy(self, video):
        packages = pathlib.Path(os.environ.get("CUMULET_PROGRAM", ROOT / "build/release/bin/cumulet")).parent.parent / "packages"
        package = self.folder / "polybot-worker.zip"
        shutil.copy(packages / "polybot-worker.zip", package)
        with zipfile.ZipFile(package, "a") as opened:
            program = zipfile.ZipInfo("yt-dlp", (1980, 1, 2, 0, 0, 0))
            program.external_attr = 0o755 << 16
            opened.writestr(program, YT_DLP)
            opened.write(video, "found.mp4")
        template = self.folder / "template.yaml"
        template.write_text((ROOT / "apps/polybot/template.yaml").read_text().replace("../../build/release/packages/polybot-worker.zip", str(package)))
        given = {"TelegramToken": self.chat.token, "TelegramApiUrl": self.chat.bot_url, "AllowedNetworks": "127.0.0.1/32", "YtDlp": "/var/task/yt-dlp"}
        self.outputs = self.deployed(template, "polybot", given)
        self.faceblur = self.deployed(ROOT / "apps/faceblur/template.yaml", "faceblur", {"ResultQueueArn": self.outputs["ResultsQueueArn"]})
        self.bucket = self.outputs["VideosBucketName"]

    def deployed(self, template, stack, parameters):
        words = [word for name, value in parameters.items() for word in ("--parameter", f"{name}={value}")]
        told = self.engine.run("deploy", template, "--stack", stack, *words).stdout
        return dict(line.split(None, 1) for line in told.partition("outputs")[2].splitlines() if len(line.split()) == 2)

    def start_bot(self):
        (self.folder / ".telegramToken").write_text(self.chat.token + "\n")
        (self.folder / "config.json").write_text('{"aws_region": "us-east-1", "bot_to_worker_queue_name": "%s", "videos_bucket": "%s", '
                                                 '"telegram_api_url": "%s", "state_folder": "%s"}'
                                                 % (self.outputs["WorkQueueName"], self.bucket, self.chat.bot_url, self.folder / "state"))
        program = pathlib.Path(os.environ.get("CUMULET_PROGRAM", ROOT / "build/release/bin/cumulet")).parent / "polybot"
        environment = {**os.environ, "AWS_ENDPOINT_URL": self.engine.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        for name in ("TELEGRAM_TOKEN", "TELEGRAM_API_URL", "VIDEOS_BUCKET", "BOT_TO_WORKER_QUEUE_NAME"):
            environment.pop(name, None)
        self.bot_process = subprocess.Popen([program], cwd=self.folder, env=environment, stdout=self.log, stderr=self.log)

    def stop_bot(self, how=signal.SIGTERM):
        """The exit status."""
        self.bot_process.send_signal(how)
        status = self.bot_process.wait(timeout=60)
        self.bot_process = None
        return status

    def stop(self):
        if self.bot_process:
            self.bot_process.kill()
            self.bot_process.wait()
        self.log.close()
        self.chat.discard()
        shutil.rmtree(self.folder, ignore_errors=True)

    def bot_log(self):
        return (self.folder / "bot.log").read_text()

    # What a person sees.

    def answers(self, chat):
        page = self.chat.page(f"chats/{chat}/messages")
        messages = page["messages"]
        while page.get("has_earlier"):
            page = self.chat.page(f"chats/{chat}/messages?before={messages[0]['message_id']}")
            messages = page["messages"] + messages
        return [m for m in messages if m["from"]["is_bot"]]

    def await_answer(self, chat, suits, seconds=180):
        """The first of the bot's messages that suits; a test fails when none comes."""
        end = time.time() + seconds
        while time.time() < end:
            for message in self.answers(chat):
                if suits(message):
                    return message
            time.sleep(0.05)
        seen = [m.get("text") or next((k for k in ("video", "document") if k in m), "?") for m in self.answers(chat)]
        raise AssertionError(f"no such answer after {seconds} s; seen: {seen}\nbot:\n{self.bot_log()[-2000:]}\nworker:\n{self.worker_log()[-3000:]}")

    def await_text(self, chat, pattern, seconds=180):
        return self.await_answer(chat, lambda m: re.search(pattern, m.get("text", "")), seconds)

    def await_no_line(self, chat):
        """Until an answer is there and the line that told how far the work was is gone."""
        under_way = ("Waiting", "Fetching", "Blurring", "Sending")

        def is_answered():
            texts = [m.get("text", "") for m in self.answers(chat)]
            return set(texts) - {PROCESSING} and not [text for text in texts if text.startswith(under_way)]
        eventually(is_answered)

    def await_video(self, chat, to=None, seconds=180):
        """The bytes of the video that answers message `to`."""
        message = self.await_answer(chat, lambda m: "video" in m and (to is None or m.get("reply_to_message", {}).get("message_id") == to), seconds)
        return self.content(message)

    def content(self, message):
        path = self.chat.bot("getFile", file_id=message["video"]["file_id"])["file_path"]
        status, _, body = self.chat.request(f"{self.chat.bot_root}/file/bot{self.chat.token}/{path}")
        assert status == 200
        return body

    def await_idle(self):
        """Until no message waits or is worked on: whatever the workers had to say of the messages so far is said."""
        sqs = queues.client(self.engine)
        url = sqs.get_queue_url(QueueName=self.outputs["WorkQueueName"])["QueueUrl"]
        eventually(lambda: queues.counts(sqs, url) == (0, 0, 0))

    def worker_log(self):
        return self.engine.run("logs", "polybot-worker", check=False).stdout

    def stored(self, prefix):
        found = self.engine.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [o["Key"] for o in found]
