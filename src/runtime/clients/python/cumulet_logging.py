"""The module logging as Lambda sets it up: one handler of the root logger, in AWS's text or JSON format.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""
import os
import time

import cumulet_runtime

_LEVELS = {"TRACE": "DEBUG", "FATAL": "CRITICAL", "WARN": "WARNING"}


def fit(logging):
    """Called with the module once the function has imported it."""

    class LambdaLoggerFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = cumulet_runtime.request_id or ""
            record.tenant_id = None
            return True

    class LambdaLoggerHandler(logging.Handler):
        def emit(self, record):
            cumulet_runtime.log_record(self.format(record))

    class JsonFormatter(logging.Formatter):
        def format(self, record):
            return cumulet_runtime.json_text(_json_record(self, logging, record)) + "\n"

    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
                                               "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(LambdaLoggerFilter())
    root = logging.getLogger()
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if level:
        root.setLevel(_LEVELS.get(level, level))
    root.addHandler(handler)


# What a record has besides the function's own (`extra`).
_OWN = {"name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module", "exc_info", "exc_text", "stack_info", "lineno",
        "funcName", "created", "msecs", "relativeCreated", "thread", "threadName", "processName", "process", "taskName",
        "aws_request_id", "tenant_id"}


def _json_record(formatter, logging, record):
    level = min(50, max(0, record.levelno)) // 10 * 10
    out = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + ".%03dZ" % (record.created % 1 * 1000),
           "level": logging.getLevelName(level), "message": record.getMessage(), "logger": record.name}
    if record.exc_info:
        import traceback

        kind, error, trace = record.exc_info
        out["stackTrace"] = traceback.format_tb(trace)
        out["errorType"] = kind.__name__ if kind else None
        out["errorMessage"] = str(error)
    out["requestId"] = record.aws_request_id
    if record.exc_info:
        out["location"] = "%s:%s:%d" % (record.pathname, record.funcName, record.lineno)
    for name, value in record.__dict__.items():
        if name not in _OWN and name not in out:
            out[name] = value
    return {name: value for name, value in out.items() if value is not None}
