"""The same attacks from a real browser (Debian's Chromium): pages of evil.example and app.example, which lead to this machine as
DNS rebinding leads there, against an engine with nothing but its defaults."""
import http.server
import json
import shutil
import subprocess
import tempfile
import threading

import pytest
from botocore.config import Config

from protocol.chat_server import EngineChat

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 90
# Tries each request and tells what the page saw: its status and a part of the text, or that the browser kept it away.
SCRIPT = """
async function attempt(name, url, options) {
  try {
    const answer = await fetch(url, options);
    return [name, answer.type === "opaque" ? "opaque" : answer.status, (await answer.text()).slice(0, 2000), answer.headers.get("etag")];
  } catch (error) { return [name, "kept away", "", null]; }
}
function load(tag, url) {
  return new Promise((done) => {
    const element = document.createElement(tag);
    element.onload = () => done([tag, "loaded", "", null]);
    element.onerror = () => done([tag, "kept away", "", null]);
    element.src = url;
    document.body.append(element);
  });
}
async function run(steps) {
  const told = [];
  for (const step of steps) told.push(step.tag ? await load(step.tag, step.url) : await attempt(step.name, step.url, step.options));
  await fetch("/report", { method: "POST", body: JSON.stringify(told), mode: "same-origin" }).catch(() => 0);
}
"""


class Site:
    """Serves one page of attempts, and hears what came of them."""

    def __init__(self):
        self.steps, self.reports, self.heard = [], [], threading.Event()
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = f"<!doctype html><body><script>{SCRIPT}; run({json.dumps(site.steps)});</script>".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                site.reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()
                site.heard.set()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def visit(self, host, steps, url=None):
        """What a browser that opens http://HOST/ there tells of its attempts."""
        self.steps, self.reports = steps, []
        self.heard.clear()
        with tempfile.TemporaryDirectory(prefix="cumulet-browser-", ignore_cleanup_errors=True) as profile:
            browser = subprocess.Popen(
                [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0",
                 f"--user-data-dir={profile}", "--host-resolver-rules=MAP *.example 127.0.0.1", "--disable-features=LocalNetworkAccessChecks",
                 url or f"http://{host}:{self.port}/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                assert self.heard.wait(SECONDS), "the page told nothing"
            finally:
                browser.terminate()
                try:
                    browser.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    browser.kill()
                    browser.wait()
        return self.reports[0]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site():
    if not CHROMIUM:
        pytest.skip("no Chromium: the attacks were not tried from a real browser")
    one = Site()
    yield one
    one.close()


@pytest.fixture
def engine(own_engine):
    engine = own_engine()
    s3 = engine.client("s3")
    for bucket in ("private", "shared"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=f"bytes of {bucket}".encode())
    engine.client("sqs").create_queue(QueueName="jobs")
    return engine


def messages(engine):
    sqs = engine.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"])


def signer(engine):
    """Version 4 signs no Content-Type, which a browser adds."""
    return engine.client("s3", config=Config(signature_version="s3v4"))


def attacks(engine, s3):
    send = f"{engine.endpoint}/000000000000/jobs?Action=SendMessage&MessageBody=planted&Version=2012-11-05"
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "private", "Key": "planted"})
    get = s3.generate_presigned_url("get_object", Params={"Bucket": "private", "Key": "k"})
    start = s3.generate_presigned_url("create_multipart_upload", Params={"Bucket": "private", "Key": "planted"})
    form = {"method": "POST", "mode": "no-cors", "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            "body": "Action=SendMessage&MessageBody=planted&Version=2012-11-05"}
    return [
        {"name": "query by GET", "url": send, "options": {"mode": "no-cors"}},
        {"tag": "img", "url": send},
        {"name": "form", "url": f"{engine.endpoint}/000000000000/jobs", "options": form},
        {"name": "presigned POST", "url": start, "options": {"method": "POST", "mode": "no-cors", "body": ""}},
        {"name": "presigned PUT", "url": put, "options": {"method": "PUT", "body": "x"}},
        {"name": "presigned GET", "url": get, "options": {}},
        {"tag": "script", "url": get},
        {"name": "metrics", "url": f"{engine.endpoint}/_cumulet/metrics", "options": {}},
        *chat_attacks(engine.endpoint),
    ]


def chat_attacks(origin):
    say = {"method": "POST", "mode": "no-cors", "headers": {"Content-Type": "text/plain"}, "body": '{"text":"planted","name":"planted"}'}
    return [
        {"name": "chat's token", "url": f"{origin}/_cumulet/chat/api/changes", "options": {}},
        {"name": "chat's token, unseen", "url": f"{origin}/_cumulet/chat/api/changes", "options": {"mode": "no-cors"}},
        {"name": "another person", "url": f"{origin}/_cumulet/chat/api/chats", "options": say},
        {"tag": "script", "url": f"{origin}/_cumulet/chat/api/changes"},
        {"tag": "img", "url": f"{origin}/_cumulet/chat/icon.svg"},
    ]


def people(engine):
    return [one["name"] for one in EngineChat(engine).chats()]


def test_a_page_elsewhere(engine, site):
    s3 = signer(engine)
    told = site.visit("evil.example", attacks(engine, s3))
    assert all(status in ("opaque", "kept away") for _, status, _, _ in told), told
    assert messages(engine) == 0
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="private")["Contents"]] == ["k"]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="private")
    assert people(engine) == ["You"]


def test_a_rebound_name(engine, site):
    """evil.example leads to the engine now: for the browser the page is the engine's own."""
    rebound = f"http://evil.example:{engine.port}"
    told = site.visit("evil.example", [
        {"name": "list", "url": f"{rebound}/", "options": {"mode": "no-cors"}},
        {"name": "send", "url": f"{rebound}/000000000000/jobs?Action=SendMessage&MessageBody=planted&Version=2012-11-05", "options": {"mode": "no-cors"}},
        {"name": "metrics", "url": f"{rebound}/_cumulet/metrics", "options": {"mode": "no-cors"}}, *chat_attacks(rebound)])
    assert len(told) == 8 and messages(engine) == 0 and people(engine) == ["You"]
    refused = [line for line in engine.log_text().splitlines() if " 403 AccessDenied" in line]
    assert len(refused) >= 2, engine.log_text()


def test_cors_lets_its_page_in(engine, site):
    s3 = signer(engine)
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": [f"http://app.example:{site.port}"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"]}]})
    put = s3.generate_presigned_url("put_object", Params={"Bucket": "shared", "Key": "new"})
    get = s3.generate_presigned_url("get_object", Params={"Bucket": "shared", "Key": "k"})
    missing = s3.generate_presigned_url("get_object", Params={"Bucket": "shared", "Key": "absent"})
    remove = s3.generate_presigned_url("delete_object", Params={"Bucket": "shared", "Key": "k"})
    private = s3.generate_presigned_url("get_object", Params={"Bucket": "private", "Key": "k"})
    steps = [{"name": "get", "url": get, "options": {}}, {"name": "put", "url": put, "options": {"method": "PUT", "body": "from a page"}},
             {"name": "missing", "url": missing, "options": {}}, {"name": "delete", "url": remove, "options": {"method": "DELETE"}},
             {"name": "private", "url": private, "options": {}}]
    told = {name: rest for name, *rest in site.visit("app.example", steps)}
    assert told["get"][:2] == [200, "bytes of shared"] and told["get"][2]
    assert told["put"][0] == 200 and s3.get_object(Bucket="shared", Key="new")["Body"].read() == b"from a page"
    assert told["missing"][0] == 404 and "NoSuchKey" in told["missing"][1]
    assert told["delete"][0] == told["private"][0] == "kept away"
    told = {name: rest for name, *rest in site.visit("evil.example", steps)}
    assert {rest[0] for rest in told.values()} == {"kept away"}


def test_a_stored_page_is_not_the_engines_own(engine, site):
    """Somebody opens an HTML object: its script may run, but asks as nobody's page."""
    page = f"""<!doctype html><body><script>
      const tried = [];
      const attempt = (url, options) => fetch(url, options).then((a) => a.text().then((text) => tried.push([a.status, text])), () => tried.push(["kept away", ""]));
      (async () => {{
        await attempt("/private/k");
        await attempt("/000000000000/jobs?Action=SendMessage&MessageBody=planted&Version=2012-11-05");
        await attempt("/private/planted", {{ method: "PUT", body: "x" }});
        await attempt("/_cumulet/chat/api/changes");
        await attempt("/_cumulet/chat/api/chats", {{ method: "POST", body: '{{"name":"planted"}}' }});
        await fetch("http://localhost:{site.port}/report", {{ method: "POST", mode: "no-cors", body: JSON.stringify([self.origin, tried]) }});
      }})();
    </script>"""
    s3 = engine.client("s3")
    s3.put_object(Bucket="shared", Key="page.html", Body=page.encode(), ContentType="text/html")
    origin, tried = site.visit("", [], url=f"{engine.endpoint}/shared/page.html")
    assert origin == "null" and tried == [["kept away", ""]] * 5
    assert messages(engine) == 0 and people(engine) == ["You"]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="private")["Contents"]] == ["k"]


def test_a_developers_own_page(engine, site):
    s3 = engine.client("s3")
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["http://localhost:*"], "AllowedMethods": ["GET", "PUT"]}]})
    get = s3.generate_presigned_url("get_object", Params={"Bucket": "shared", "Key": "k"})
    told = site.visit("localhost", [{"name": "get", "url": get, "options": {}}])
    assert told[0][:3] == ["get", 200, "bytes of shared"]
