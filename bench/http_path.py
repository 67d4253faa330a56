#!/usr/bin/python3
"""The HTTP path against nginx in the same run: tiny requests a second (wrk -t1 -c32), and a GET of 1 GB. Both servers'
answers are compared for equality before any speed is told. Needs wrk, nginx and curl (Debian packages)."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from common import Engine, PROGRAM, peak_rss_mb, rss_mb, runs, tell

GIB = 1 << 30
SECONDS = 5


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_nginx(folder, port):
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
user root;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; default_type application/octet-stream;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; location = /tiny {{ return 200 "ok"; }} }}
}}""")
    process = subprocess.Popen([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("nginx did not start")


def sha256_of(url):
    digest = hashlib.sha256()
    with urllib.request.urlopen(url) as answer:
        while piece := answer.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def wrk(url):
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{SECONDS}s", url], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in out and "Socket errors" not in out, out
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


def download(url):
    out = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{size_download} %{time_total}", url],
                         capture_output=True, text=True, check=True).stdout.split()
    assert int(out[0]) == GIB
    return GIB / float(out[1]) / 1e6


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cumulet-bench-http-"))
    os.chmod(folder, 0o755)
    (folder / "www").mkdir()
    port = free_port()
    engine = Engine(folder / "data").start()
    nginx = start_nginx(folder, port)
    peer = f"http://127.0.0.1:{port}"
    try:
        with open(folder / "www/large", "wb") as large:
            block = os.urandom(1 << 20)
            for i in range(GIB >> 20):
                large.write(i.to_bytes(8, "big") + block[8:])
        s3 = engine.client("s3")
        s3.create_bucket(Bucket="bench")
        idle = rss_mb(engine.process.pid)
        with open(folder / "www/large", "rb") as large:
            began = time.perf_counter()
            s3.put_object(Bucket="bench", Key="large", Body=large)
            tell("PUT of 1 GiB (boto3)", [GIB / (time.perf_counter() - began) / 1e6], "MB/s")
        ours, theirs = engine.endpoint + "/bench/large", peer + "/large"
        assert sha256_of(ours) == sha256_of(theirs), "the servers give different bytes"
        mine, its = [], []
        for _ in range(runs(9)):
            its.append(download(theirs))
            mine.append(download(ours))
        tell("GET of 1 GiB, nginx", its, "MB/s")
        tell("GET of 1 GiB, Cumulet", mine, "MB/s", "90 % of nginx")
        # Of pairs, one right after the other: what else runs on the machine slows both.
        tell("of nginx, run by run", [100 * m / n for m, n in zip(mine, its)], "%", "90 %")
        tell("memory above idle at its peak", [peak_rss_mb(engine.process.pid) - idle], "MB", "under 64")

        assert json.load(urllib.request.urlopen(engine.endpoint + "/_cumulet/health"))["version"]
        assert urllib.request.urlopen(peer + "/tiny").read() == b"ok"
        s3.put_object(Bucket="bench", Key="tiny", Body=b"x" * 1024)
        tell("tiny requests, nginx", [wrk(peer + "/tiny") for _ in range(3)], "requests/s")
        tell("tiny requests, Cumulet (/_cumulet/live)", [wrk(engine.endpoint + "/_cumulet/live") for _ in range(3)], "requests/s", "100,000")
        tell("GET of 1 KB objects", [wrk(engine.endpoint + "/bench/tiny") for _ in range(3)], "requests/s")
    finally:
        nginx.terminate()
        nginx.wait()
        engine.stop()
        engine.discard()
        shutil.rmtree(folder)
    print(f"program: {PROGRAM}")


main()
