"""Signature Version 4 (and 2) with every step in the open, so that an attack can change any of them: a Request is built, signed,
changed and sent as the bytes that it then is.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""
import base64
import copy
import hashlib
import hmac
import json
import re
import socket
import time
import urllib.parse

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Key:
    def __init__(self, key_id, secret, token=None):
        self.id, self.secret, self.token = key_id, secret, token


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def stamp(offset=0):
    """Now, `offset` seconds later, as X-Amz-Date."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + offset))


def encode(text, safe=""):
    return urllib.parse.quote(text, safe=safe)


class Request:
    """What goes over the wire. `path` and `query` are encoded already; `headers` keep their order and may repeat."""

    def __init__(self, method, path, query="", headers=(), body=b""):
        self.method, self.path, self.query, self.body = method, path, query, body
        self.headers = list(headers)
        self.signing_key, self.timestamp, self.scope, self.signature = None, None, None, None

    def copy(self):
        return copy.deepcopy(self)

    # Headers

    def get(self, name):
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def set(self, name, value):
        """In place of those of that name."""
        at = next((i for i, (n, _) in enumerate(self.headers) if n.lower() == name.lower()), len(self.headers))
        self.drop(name)
        self.headers.insert(at, (name, value))
        return self

    def add(self, name, value):
        self.headers.append((name, value))
        return self

    def drop(self, name):
        self.headers = [(n, v) for n, v in self.headers if n.lower() != name.lower()]
        return self

    # What attacks change

    def swap(self, part, old, new):
        """In method, path, query or body: the text must be there, or the attack would be none."""
        value = getattr(self, part)
        assert old in value, (part, old, value)
        setattr(self, part, value.replace(old, new, 1))
        return self

    def swap_header(self, name, old, new):
        value = self.get(name)
        assert old in value, (name, old, value)
        return self.set(name, value.replace(old, new, 1))

    def swap_query(self, name, value):
        """The (encoded) value of the parameter `name`; None takes it away."""
        pairs = self.query.split("&")
        assert any(p.split("=")[0] == name for p in pairs), (name, self.query)
        kept = [p if p.split("=")[0] != name else f"{name}={value}" for p in pairs if value is not None or p.split("=")[0] != name]
        self.query = "&".join(kept)
        return self

    def more_query(self, text):
        self.query = f"{self.query}&{text}" if self.query else text
        return self

    # Signing

    def canonical(self, signed, payload, path=None):
        pairs = [p.partition("=") for p in self.query.split("&") if p]
        recoded = sorted((encode(urllib.parse.unquote(n)), encode(urllib.parse.unquote(v))) for n, _, v in pairs)
        lines = [self.method, self.path if path is None else path, "&".join(f"{n}={v}" for n, v in recoded)]
        for name in signed:
            values = [" ".join(v.split()) for n, v in self.headers if n.lower() == name]
            lines.append(f"{name}:{','.join(values)}")
        return "\n".join([*lines, "", ";".join(signed), payload])

    def _sign(self, key, service, region, signed, payload, timestamp, scope_date, path):
        self.timestamp = timestamp
        date = scope_date or timestamp[:8]
        self.scope = f"{date}/{region}/{service}/aws4_request"
        secret = mac(mac(mac(mac(b"AWS4" + key.secret.encode(), date), region), service), "aws4_request")
        self.signing_key = secret
        text = "\n".join(["AWS4-HMAC-SHA256", timestamp, self.scope, sha256(self.canonical(signed, payload, path).encode())])
        self.signature = mac(secret, text).hex()
        return self.signature

    def sign(self, key, service="s3", region="us-east-1", payload=None, leave_out=(), timestamp=None, scope_date=None, path=None):
        """In the Authorization header. `leave_out`: headers that are not signed. `payload`: what X-Amz-Content-Sha256 says."""
        timestamp = timestamp or stamp()
        self.set("X-Amz-Date", timestamp)
        if key.token is not None:
            self.set("X-Amz-Security-Token", key.token)
        if service == "s3":
            self.set("X-Amz-Content-Sha256", payload or sha256(self.body))
        elif payload:
            self.set("X-Amz-Content-Sha256", payload)
        signed = sorted({n.lower() for n, _ in self.headers} - {n.lower() for n in leave_out})
        signature = self._sign(key, service, region, signed, payload or sha256(self.body), timestamp, scope_date, path)
        return self.add("Authorization", f"AWS4-HMAC-SHA256 Credential={key.id}/{self.scope}, SignedHeaders={';'.join(signed)}, "
                                         f"Signature={signature}")

    def presign(self, key, expires="300", service="s3", region="us-east-1", timestamp=None, leave_out=(), payload=None, scope_date=None):
        """In the query. `expires` None: none is named."""
        timestamp = timestamp or stamp()
        signed = sorted({n.lower() for n, _ in self.headers} - set(leave_out))
        scope = f"{scope_date or timestamp[:8]}/{region}/{service}/aws4_request"
        self.more_query("X-Amz-Algorithm=AWS4-HMAC-SHA256").more_query("X-Amz-Credential=" + encode(f"{key.id}/{scope}"))
        self.more_query(f"X-Amz-Date={timestamp}")
        if expires is not None:
            self.more_query(f"X-Amz-Expires={expires}")
        self.more_query("X-Amz-SignedHeaders=" + encode(";".join(signed)))
        if key.token is not None:
            self.more_query("X-Amz-Security-Token=" + encode(key.token))
        payload = payload or ("UNSIGNED-PAYLOAD" if service == "s3" else EMPTY_SHA256)
        signature = self._sign(key, service, region, signed, payload, timestamp, scope_date, None)
        return self.more_query(f"X-Amz-Signature={signature}")

    def presign_v2(self, key, expires):
        """Signature Version 2 of a plain request: no headers and no parameters that count."""
        text = f"{self.method}\n\n\n{expires}\n{self.path}"
        digest = base64.b64encode(hmac.new(key.secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
        return self.more_query(f"AWSAccessKeyId={key.id}&Expires={expires}&Signature={encode(digest)}")

    # aws-chunked

    def chunk(self, data, previous):
        """(bytes, signature) of one signed chunk that follows the signature `previous`."""
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", self.timestamp, self.scope, previous, EMPTY_SHA256, sha256(data)])
        signature = mac(self.signing_key, text).hex()
        return f"{len(data):x};chunk-signature={signature}\r\n".encode() + data + b"\r\n", signature

    def chunks(self, pieces):
        """A list of signed chunks: of the pieces and the empty one, whose CRLF is cut off."""
        out, previous = [], self.signature
        for piece in [*pieces, b""]:
            made, previous = self.chunk(piece, previous)
            out.append(made)
        out[-1] = out[-1][:-2]
        return out, previous

    def trailer(self, previous, fields):
        """Trailer lines and their signature."""
        text = "".join(f"{name}:{value}\n" for name, value in fields)
        signed = "\n".join(["AWS4-HMAC-SHA256-TRAILER", self.timestamp, self.scope, previous, sha256(text.encode())])
        lines = "".join(f"{name}:{value}\r\n" for name, value in fields)
        return (lines + f"x-amz-trailer-signature:{mac(self.signing_key, signed).hex()}\r\n\r\n").encode()

    # The wire

    def wire(self):
        target = self.path + ("?" + self.query if self.query else "")
        headers = list(self.headers)
        if not any(n.lower() in ("content-length", "transfer-encoding") for n, _ in headers) and (self.body or self.method in ("PUT", "POST")):
            headers.append(("Content-Length", str(len(self.body))))
        headers.append(("Connection", "close"))
        head = f"{self.method} {target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers) + "\r\n"
        return head.encode() + self.body


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if lines[0].startswith("HTTP/1.1 ") else None
        self.headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines[1:])}
        self.text = self.body.decode(errors="replace")

    @property
    def code(self):
        """AWS's error code, of whichever protocol."""
        if found := re.search(r"<Code>(\w+)</Code>", self.text) or re.fullmatch(r"<(\w+)/>\s*", self.text):
            return found.group(1)
        if told := self.headers.get("x-amzn-errortype"):
            return told.split(":")[0]
        try:
            told = json.loads(self.body)
        except ValueError:
            return None
        return str(told.get("__type", "")).rsplit("#")[-1] or None if isinstance(told, dict) else None


def exchange(port, data, timeout=15):
    """The answer to these bytes, which ask for the connection to be closed after it."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as wire:
        got = b""
        try:
            wire.sendall(data)
            while piece := wire.recv(65536):
                got += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
        return Answer(got)
