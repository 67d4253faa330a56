"""Failures of a function as AWS tells them: in its log, and as the document that its caller gets.

https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""
import os
import traceback

import cumulet_runtime

_NO_BREAK_SPACE = "\u00a0"
_FAILED_INIT = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare cases, a Lambda "
    "runtime update can cause unexpected function behavior. For functions using managed runtimes, runtime updates can be triggered "
    "by a function change, or can be applied automatically. To determine if the runtime has been updated, check the runtime version "
    "in the INIT_START log entry. If this error correlates with a change in the runtime version, you may be able to mitigate this "
    "error by temporarily rolling back to the previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html")


def warn_of_failed_init():
    import logging

    logging.warning(_FAILED_INIT)


def report(error, request_id):
    """Logs the error; (its type, the document as JSON text)."""
    document = _document(error, request_id)
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        cumulet_runtime.log_record(cumulet_runtime.json_text({"timestamp": _now(), "level": "ERROR", **document}))
    else:
        cumulet_runtime.log_record("\n".join(_lines(document)))
    return document["errorType"], cumulet_runtime.json_text(document, cumulet_runtime.ESCAPES_UNICODE)


def _document(error, request_id):
    if isinstance(error, cumulet_runtime.Fault):
        error_type, message, trace = error.error_type, error.message, error.trace
    else:
        error_type, message, trace = type(error).__name__, str(error), _trace(error)
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id or "", "stackTrace": trace or []}


def _trace(error):
    """From the function's first frame on, without the marks below a line that newer Pythons print."""
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in traceback.extract_tb(error.__traceback__)]
    while len(frames) > 1 and "/bootstrap.py" in frames[0][0]:
        del frames[0]
    return traceback.format_list(frames)


def _lines(document):
    yield "[ERROR] " + document["errorType"] + (": " + document["errorMessage"] if document["errorMessage"] else "")
    yield "Traceback (most recent call last):"
    for element in document["stackTrace"]:
        for line in element.splitlines() or [""]:
            bare = line.lstrip(" ")
            yield _NO_BREAK_SPACE * (len(line) - len(bare)) + bare


def _now():
    import time

    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".%03dZ" % (now % 1 * 1000)
