"""Requests as they stand: neither signed nor retried, as browsers and strangers send them."""
import http.client


def ask(engine, method, target, headers=None, body=None):
    """(status, header fields, body)"""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=60)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()
