"""A running `cumulet chat` on a free port, or the chat of a running engine, with a person's side of it: what the page in the browser would do."""
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("CUMULET_PROGRAM", str(ROOT / "build/release/bin/cumulet"))
READY_SECONDS = 20


class Refused(Exception):
    """An answer with ok false."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


class ChatServer:
    bot_root, page_root = "", "/chat/api/"

    def __init__(self, arguments=()):
        self.arguments = list(arguments)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulet-chat-"))
        self.process = None
        self.log = tempfile.NamedTemporaryFile(prefix="cumulet-chat-", suffix=".log", delete=False)

    def start(self, port=0):
        self.process = subprocess.Popen([PROGRAM, "chat", "--port", str(port), "--data", str(self.folder / "data"), *self.arguments],
                                        stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL)
        text, end = b"", time.time() + READY_SECONDS
        while not text.endswith(b"\n"):
            readable, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.time()))
            piece = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            if not piece:
                self.kill()
                raise RuntimeError(f"the chat did not get ready: {text.decode()}\n{pathlib.Path(self.log.name).read_text()[-4000:]}")
            text += piece
        self.ready_line = text.decode()
        found = re.fullmatch(r"cumulet: chat ready at (http://127\.0\.0\.1:(\d+)) \(token (\S+)\)\n", self.ready_line)
        self.url, self.port, self.token = found.group(1), int(found.group(2)), found.group(3)
        return self

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait(timeout=60)
            self.process.stdout.close()
            self.process = None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.process = None
        return status

    def discard(self):
        self.kill()
        self.log.close()
        os.unlink(self.log.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def bot_url(self):
        """What a bot is told instead of https://api.telegram.org."""
        return self.url + self.bot_root

    # The bot's side, by hand.

    def request(self, path, data=None, headers=None, method=None, timeout=70):
        """Status, headers, body of one request; no exception for an error status."""
        asked = urllib.request.Request(self.url + path, data=data, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=timeout) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def bot(self, name, **parameters):
        """The result of a method called with JSON; raises Refused."""
        status, _, body = self.request(f"{self.bot_root}/bot{self.token}/{name}", json.dumps(parameters).encode(), {"Content-Type": "application/json"})
        answer = json.loads(body)
        if not answer["ok"]:
            raise Refused(status, answer)
        assert status == 200
        return answer["result"]

    # The person's side.

    def page(self, path, data=None, headers=None, method=None):
        status, _, body = self.request(self.page_root + path, data, headers, method)
        answer = json.loads(body)
        if status != 200:
            raise Refused(status, answer)
        return answer

    def chats(self):
        return self.page("changes")["chats"]

    def new_chat(self, name):
        return self.page("chats", json.dumps({"name": name}).encode())["id"]

    def say(self, chat, text, **more):
        return self.page(f"chats/{chat}/messages", json.dumps({"text": text, **more}).encode())

    def send_file(self, chat, name, data, content_type="application/octet-stream", caption=""):
        query = urllib.parse.urlencode({"name": name, "caption": caption})
        return self.page(f"chats/{chat}/files?{query}", data, {"Content-Type": content_type}, "POST")

    def messages(self, chat):
        return self.page(f"chats/{chat}/messages")["messages"]

    def await_messages(self, chat, count, seconds=120):
        """The chat's messages once there are `count` of them."""
        end = time.time() + seconds
        while time.time() < end:
            found = self.messages(chat)
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{len(found)} messages instead of {count} after {seconds} s: {[m.get('text') for m in found]}")


class EngineChat(ChatServer):
    """The chat that an engine serves beside AWS. Starting and stopping is the engine's."""
    bot_root, page_root = "/_cumulet/bot", "/_cumulet/chat/api/"

    def __init__(self, engine):
        self.engine = engine
        self.token = self.page("changes")["bot"]["token"]

    @property
    def url(self):
        return self.engine.endpoint

    def discard(self):
        pass
