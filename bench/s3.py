#!/usr/bin/python3
"""Durable PUTs of 1 KB objects and GETs of them a second, 32 connections, each request signed (wrk plays signed requests
made beforehand). What was acknowledged is read back and compared before the figure is told. The GET of 1 GB against
nginx is in http.py. Needs wrk."""
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from common import Engine, peak_rss_mb, runs, tell

SECONDS = 5
REQUESTS = 40_000
BODY = os.urandom(768).hex()[:1024]

SCRIPT = """
local lines = {}
for line in io.lines("%s") do lines[#lines + 1] = line end
local body = %s
local i = 0
request = function()
  i = i %% #lines + 1
  local path, date, authorization = lines[i]:match("^(%%S+)\\t(%%S+)\\t(.*)$")
  return wrk.format("%s", path, {["Authorization"] = authorization, ["x-amz-date"] = date, ["Host"] = "%s",
                                 ["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"}, body)
end
"""


class Unsigned(S3SigV4Auth):
    def payload(self, request):
        return "UNSIGNED-PAYLOAD"


def signed_lines(engine, method, count):
    signer = Unsigned(Credentials("test", "test"), "s3", "us-east-1")
    for n in range(count):
        path = "/bench/" + hashlib.md5(str(n).encode()).hexdigest()
        request = AWSRequest(method=method, url=engine.endpoint + path)
        signer.add_auth(request)
        yield f"{path}\t{request.headers['X-Amz-Date']}\t{request.headers['Authorization']}\n"


def wrk(engine, folder, method):
    lines, script = folder / f"{method}.txt", folder / f"{method}.lua"
    lines.write_text("".join(signed_lines(engine, method, REQUESTS)))
    body = f'"{BODY}"' if method == "PUT" else "nil"
    script.write_text(SCRIPT % (lines, body, method, engine.endpoint.split("//")[1]))
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{SECONDS}s", "--latency", "-s", str(script), engine.endpoint], capture_output=True,
                         text=True, check=True).stdout
    assert "Non-2xx" not in out and "Socket errors" not in out, out
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), re.search(r"99%\s+(\S+)", out).group(1)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        engine = Engine(folder / "data").start()
        try:
            s3 = engine.client("s3")
            s3.create_bucket(Bucket="bench")
            puts = [wrk(engine, folder, "PUT") for _ in range(runs(3))]
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket="bench")
            keys = [o["Key"] for page in pages for o in page["Contents"]]
            for key in keys[::max(1, len(keys) // 200)]:
                assert s3.get_object(Bucket="bench", Key=key)["Body"].read() == BODY.encode()
            tell("1 KB PUT, durable, 32 connections", [p[0] for p in puts], "per s", "10,000")
            print("  p99:", ", ".join(p[1] for p in puts), "; objects:", len(keys))
            if len(keys) >= REQUESTS:
                gets = [wrk(engine, folder, "GET") for _ in range(runs(3))]
                tell("1 KB GET, 32 connections", [g[0] for g in gets], "per s")
                print("  p99:", ", ".join(g[1] for g in gets))
            print(f"peak RSS: {peak_rss_mb(engine.process.pid):.0f} MB")
        finally:
            engine.discard()


if __name__ == "__main__":
    main()
