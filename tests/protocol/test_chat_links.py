"""What bots send by URL: servers that say nothing hold up nobody else, nor the end of the program."""
import http.server
import json
import socket
import threading
import time

import pytest

from protocol.chat_server import ChatServer, Refused


@pytest.fixture
def chat():
    running = ChatServer().start()
    yield running
    running.discard()


def test_a_file_by_url(chat):
    data = b"film" * 10_000

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path.startswith("/films/") else 404)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    person = chat.chats()[0]["id"]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        sent = chat.bot("sendVideo", chat_id=person, video=f"{root}/films/My%20clip.mp4?a=b")
        assert (sent["video"]["file_name"], sent["video"]["file_size"]) == ("My clip.mp4", len(data))
        assert chat.request(f"/chat/api/files/{sent['video']['file_id']}")[2] == data
        with pytest.raises(Refused) as caught:
            chat.bot("sendVideo", chat_id=person, video=f"{root}/none.mp4")
        assert caught.value.body["description"] == "Bad Request: failed to get HTTP URL content"
        server.shutdown()


def test_silent_servers_hold_up_nobody(chat):
    person = chat.chats()[0]["id"]
    silent = socket.create_server(("127.0.0.1", 0), backlog=100)
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.mp4"
    ended = []

    def send():
        try:
            status, _, body = chat.request(f"/bot{chat.token}/sendVideo", json.dumps({"chat_id": person, "video": url}).encode(),
                                           {"Content-Type": "application/json"})
            ended.append((status, json.loads(body)["description"]))
        except OSError:  # cut off by the end of the program
            ended.append(None)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for one in threads:
        one.start()
    time.sleep(0.5)
    assert chat.send_file(person, "a.bin", b"x" * 600_000)["document"]["file_size"] == 600_000
    assert not ended
    assert chat.stop() == 0
    for one in threads:
        one.join(timeout=60)
    assert len(ended) == 20 and set(ended) <= {None, (400, "Bad Request: failed to get HTTP URL content")}
    silent.close()
