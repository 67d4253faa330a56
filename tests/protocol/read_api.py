"""The read API for tests."""
import json
import urllib.error
import urllib.parse
import urllib.request


def read(engine, path, headers=None, **parameters):
    """The document at /_cumulet/v1/PATH."""
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    request = urllib.request.Request(f"{engine.endpoint}/_cumulet/v1/{path}{query}", headers=headers or {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.loads(answer.read())


def refused(engine, path, headers=None):
    """(status, error code); the code is None where the answer is no JSON."""
    request = urllib.request.Request(f"{engine.endpoint}/_cumulet/v1/{path}", headers=headers or {})
    try:
        urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text)["error"]["code"] if error.headers["Content-Type"] == "application/json" else None
    raise AssertionError(f"{path} was answered")


def every(engine, path, name, **parameters):
    """All items, page by page."""
    found, more = [], {}
    while True:
        page = read(engine, path, **parameters, **more)
        found += page[name]
        if "next" not in page:
            return found
        more = {"next": page["next"]}
