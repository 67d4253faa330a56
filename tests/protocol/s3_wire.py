"""Signed S3 requests with exact bytes, for what no SDK would send."""
import hashlib
import http.client
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import s3_matrix

RECORDER = s3_matrix.recorder()
CREDENTIALS = Credentials("test", "test")


class Signer(S3SigV4Auth):
    """Signs the x-amz-content-sha256 it is given, right or wrong."""

    def __init__(self, payload):
        super().__init__(CREDENTIALS, "s3", "us-east-1")
        self.given = payload

    def payload(self, request):
        return self.given


def request(engine, method, path, body=b"", headers=None, sign=True):
    """Sends one request; returns (status, headers with lower-case names, body). `path` is already encoded."""
    headers = dict(headers or {})
    url = engine.endpoint + path
    if sign:
        payload = headers.pop("x-amz-content-sha256", None) or hashlib.sha256(body).hexdigest()
        signed = AWSRequest(method=method, url=url, data=body, headers=headers)
        Signer(payload).add_auth(signed)
        headers = dict(signed.headers.items())
    where = urllib.parse.urlsplit(engine.endpoint)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=120)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        status, fields, content = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()
    if RECORDER:
        RECORDER.request(method, path, headers, body, content)
    return status, fields, content


def chunked(data, trailers=(), size=8192):
    """aws-chunked framing without signatures."""
    out = b""
    for at in range(0, len(data), size):
        piece = data[at:at + size]
        out += b"%x\r\n" % len(piece) + piece + b"\r\n"
    out += b"0\r\n"
    for name, value in trailers:
        out += f"{name}:{value}\r\n".encode()
    return out + b"\r\n"
