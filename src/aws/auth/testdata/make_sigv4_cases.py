#!/usr/bin/env python3
"""Writes sigv4_cases.json: requests of our own, signed by this script, which shares no code with the program.

    make_sigv4_cases.py                  writes the file beside itself
    make_sigv4_cases.py --check FOLDER   signs AWS's recorded cases (a folder each: NAME.req, NAME.creq, ...) instead and
                                         compares: so this script was found to be right (but for the one whose
                                         signer adds the token itself, get-vanilla-with-session-token)

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""
import hashlib
import hmac
import json
import pathlib
import posixpath
import re
import sys
import urllib.parse

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
DATE, REGION, SERVICE = "20150830T123600Z", "us-east-1", "service"
SCOPE = f"{DATE[:8]}/{REGION}/{SERVICE}/aws4_request"
HOST, AT = ("Host", "example.amazonaws.com"), ("X-Amz-Date", DATE)
TOKEN = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI"

# name, method, target, headers, body
REQUESTS = [
    ("plain", "GET", "/", [HOST, AT], ""),
    ("other-host-and-port", "GET", "/", [("Host", "localhost:4566"), AT], ""),
    ("date-first-and-odd-case", "GET", "/", [("x-AMZ-date", DATE), ("hOST", "example.amazonaws.com")], ""),
    ("query-in-any-order", "GET", "/?b=2&a=9&a=10&B=1&a-b=x&a=", [HOST, AT], ""),
    ("query-encoded-anyhow", "GET", "/?q=a%20b&plus=1%2B1&tilde=%7E~&lower=%c3%bc&slash=/", [HOST, AT], ""),
    ("query-without-values", "GET", "/?delete&tagging=&versions", [HOST, AT], ""),
    ("dots-and-double-slashes", "GET", "/a/./b/../c//d", [HOST, AT], ""),
    ("folder-at-the-end", "GET", "/a/b/../", [HOST, AT], ""),
    ("path-of-many-languages", "GET", "/Käse/日本/-._~", [HOST, AT], ""),
    ("path-encoded-twice", "GET", "/arn%3Aaws%3Alambda/x%20y", [HOST, AT], ""),
    ("values-with-blanks", "GET", "/", [HOST, ("My-Text", "  a   b  c "), ("My-Quote", '" a  b "'), AT], ""),
    ("values-given-twice", "GET", "/", [HOST, ("My-List", "z"), ("Other", "1"), ("my-list", "a"), AT], ""),
    ("an-empty-value", "GET", "/", [HOST, ("My-Empty", ""), AT], ""),
    ("names-that-sort-oddly", "GET", "/", [HOST, ("x-amz-b", "1"), ("x-amz-a1", "2"), ("x-amz-a", "3"), AT], ""),
    ("json", "POST", "/", [HOST, AT, ("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "Service.List")],
     '{"Limit": 10, "Name": "Müller"}'),
    ("form", "POST", "/", [HOST, AT, ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
     "Action=List&Version=2010-05-08&Name=a+b"),
    ("delete-with-query", "DELETE", "/2015-03-31/functions/f/aliases/a?Qualifier=%24LATEST", [HOST, AT], ""),
    ("session-token", "GET", "/", [HOST, AT, ("X-Amz-Security-Token", TOKEN)], ""),
    ("session-token-and-body", "POST", "/a?b", [HOST, ("X-Amz-Security-Token", TOKEN), AT], "text"),
]


def encoded(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-._~")


def canonical_path(path):
    normal = posixpath.normpath(path.replace("//", "/"))
    if normal != "/" and path.endswith("/"):
        normal += "/"
    return encoded(normal, "/")


def canonical_query(query):
    pairs = [tuple(part.partition("=")[::2]) for part in query.split("&") if part]
    plain = [(urllib.parse.unquote(name), urllib.parse.unquote(value)) for name, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted((encoded(n), encoded(v)) for n, v in plain))


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed(method, target, headers, body):
    path, _, query = target.partition("?")
    values = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    names = ";".join(sorted(values))
    canonical = "\n".join([method, canonical_path(path), canonical_query(query),
                           *(f"{name}:{','.join(values[name])}" for name in sorted(values)), "", names,
                           hashlib.sha256(body.encode()).hexdigest()])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", DATE, SCOPE, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in SCOPE.split("/"):
        key = mac(key, part)
    return {"canonical": canonical, "to_sign": to_sign,
            "authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/{SCOPE}, SignedHeaders={names}, "
                             f"Signature={mac(key, to_sign).hex()}"}


def check(folder):
    wrong = 0
    for file in sorted(pathlib.Path(folder).rglob("*.req")):
        head, _, body = file.read_text().partition("\n\n")
        first, *lines = re.sub(r"\n +", " ", head).split("\n")
        method, target = first.removesuffix(" HTTP/1.1").split(" ", 1)
        got = signed(method, target, [tuple(line.split(":", 1)) for line in lines if line], body)
        want = {"canonical": ".creq", "to_sign": ".sts", "authorization": ".authz"}
        differs = [name for name, ending in want.items() if got[name] != file.with_suffix(ending).read_text()]
        wrong += bool(differs)
        print(file.stem, differs or "agrees")
    return wrong


def main():
    if sys.argv[1:2] == ["--check"]:
        sys.exit(check(sys.argv[2]) and 1)
    cases = [{"name": name, "method": method, "target": target, "headers": [list(pair) for pair in headers], "body": body,
              **signed(method, target, headers, body)} for name, method, target, headers, body in REQUESTS]
    out = pathlib.Path(__file__).with_name("sigv4_cases.json")
    out.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
