"""Cumulet's runtime client for Python: asks the Runtime API for invocations and calls the function's handler.

It imports nothing that a cold start would wait for: json, socket and logging take longer than the interpreter itself. What only
failures, logs and boto3 need stands in modules beside it, imported when it is needed.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""
import sys

sys.dont_write_bytecode = True  # the function's folder is read-only

import os  # noqa: E402
import time  # noqa: E402

import _socket  # noqa: E402

TASK_ROOT = os.environ["LAMBDA_TASK_ROOT"]
RUNTIME_FOLDER = os.environ["LAMBDA_RUNTIME_DIR"]
RUNTIME_VERSION = os.environ["AWS_EXECUTION_ENV"].rpartition("python")[2]  # "3.9": what the function was made for
ESCAPES_UNICODE = tuple(map(int, RUNTIME_VERSION.split("."))) < (3, 12)  # as those of AWS do in answers

request_id = None  # of the invocation that runs


def prepare_path():
    """The function's folder, then what layers bring, then the runtime's own; a PYTHONPATH stands where Python put it."""
    here = "%d.%d" % sys.version_info[:2]
    layers = []
    for version in dict.fromkeys((RUNTIME_VERSION, here)):
        layers.append("/opt/python/lib/python%s/site-packages" % version)
    added = [TASK_ROOT, *layers, "/opt/python", RUNTIME_FOLDER]
    sys.path[:] = added + [folder for folder in sys.path if folder not in added]


# ---- JSON, by the interpreter's own C code: the package json imports re and more --------------------------------------------------

try:
    import _json

    class _Reading:
        """What the scanner asks of a decoder: Python's defaults."""

        strict = True
        object_hook = object_pairs_hook = None
        parse_float, parse_int = float, int

        @staticmethod
        def parse_constant(name):
            return float(name)

    _scan = _json.make_scanner(_Reading)
except (ImportError, AttributeError):  # another interpreter than CPython
    _json = None


def parse_json(text):
    if _json:
        bare = text.strip(" \t\n\r")
        try:
            value, end = _scan(bare, 0)
            if end == len(bare):
                return value
        except Exception:
            pass  # json says what is wrong
    import json

    return json.loads(text)


_ATOMS = frozenset((str, int, float, bool, type(None)))


def _is_plain(value):
    """Whether the interpreter's encoder writes it as AWS's does: a tuple with names, bytes, keys that are no texts are no such thing."""
    kind = type(value)
    if kind is dict:
        if value and set(map(type, value)) != {str}:
            return False
        value = value.values()
    elif kind is not list:
        return kind in _ATOMS
    inner = set(map(type, value)) - _ATOMS
    return not inner or (inner <= {dict, list} and all(map(_is_plain, value)))


def _is_common(value):
    try:
        return _is_plain(value)
    except RecursionError:  # it holds itself, or lies very deep
        return False


def json_text(value, escapes_unicode=False):
    if _json and _is_common(value):
        quoted = _json.encode_basestring_ascii if escapes_unicode else _json.encode_basestring
        try:
            return "".join(_json.make_encoder({}, _unknown_to_json, quoted, None, ": ", ", ", False, False, True)(value, 0))
        except _Uncommon:
            pass
    import cumulet_json

    return cumulet_json.text(value, escapes_unicode)


class _Uncommon(Exception):
    """A value that the common encoder does not know."""


def _unknown_to_json(value):
    raise _Uncommon


# ---- the Runtime API ---------------------------------------------------------------------------------------------------------------


class RuntimeApi:
    """One connection that is kept. Whatever goes wrong with it ends the process: the engine starts another one."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._host = address.encode()
        self._connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self._connection.connect((host, int(port)))
        self._read = b""

    def next(self):
        """(headers by their names in small letters, body)"""
        return self._exchange(b"GET", b"invocation/next")

    def answer(self, id, body, content_type=b"application/json"):
        self._exchange(b"POST", b"invocation/" + id.encode() + b"/response", body, b"Content-Type: " + content_type + b"\r\n")

    def fail(self, id, error_type, document):
        self._report(b"invocation/" + id.encode() + b"/error", error_type, document)

    def fail_init(self, error_type, document):
        self._report(b"init/error", error_type, document)

    def _report(self, path, error_type, document):
        kind = "".join(c for c in error_type if " " <= c <= "~").encode()
        self._exchange(b"POST", path, document.encode(), b"Content-Type: application/json\r\n"
                       b"Lambda-Runtime-Function-Error-Type: " + kind + b"\r\n")

    def _exchange(self, method, path, body=None, headers=b""):
        head = method + b" /2018-06-01/runtime/" + path + b" HTTP/1.1\r\nHost: " + self._host + b"\r\n" + headers
        if body is None:
            self._connection.sendall(head + b"\r\n")
        else:
            self._connection.sendall(head + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        while b"\r\n\r\n" not in self._read:
            self._receive()
        head, _, rest = self._read.partition(b"\r\n\r\n")
        named = {}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            named[name.lower()] = value.strip()
        length = int(named.get("content-length", 0))
        pieces, missing = [rest], length - len(rest)
        while missing > 0:
            piece = self._connection.recv(min(missing, 1 << 20))
            if not piece:
                sys.exit(1)
            pieces.append(piece)
            missing -= len(piece)
        whole = b"".join(pieces)
        self._read = whole[length:]
        return named, whole[:length]

    def _receive(self):
        piece = self._connection.recv(1 << 16)
        if not piece:
            sys.exit(1)
        self._read += piece


# ---- the context -------------------------------------------------------------------------------------------------------------------


class _Members:
    __slots__ = ()

    def __init__(self, given=None):
        for name in self.__slots__:
            setattr(self, name, given.get(name) if given else None)

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join("%s=%s" % (name, getattr(self, name)) for name in self.__slots__))


class CognitoIdentity(_Members):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Members):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Members):
    __slots__ = ("custom", "env", "client")


class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(self, headers):
        client_context = _json_header(headers, "lambda-runtime-client-context", "Client Context")
        identity = _json_header(headers, "lambda-runtime-cognito-identity", "Cognito Identity")
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = None
        self.client_context = None
        if client_context is not None:
            self.client_context = ClientContext(client_context)
            if self.client_context.client is not None:
                self.client_context.client = Client(self.client_context.client)
        self.identity = CognitoIdentity()
        if identity is not None:
            self.identity.cognito_identity_id = identity.get("cognitoIdentityId")
            self.identity.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")
        self._epoch_deadline_time_in_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        log_record(str(message))

    def __repr__(self):
        shown = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb", "function_version",
                 "invoked_function_arn", "client_context", "identity", "tenant_id")
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in shown)


def _json_header(headers, name, shown):
    text = headers.get(name)
    if not text:
        return None
    try:
        # Headers are read as Latin-1; what they hold is UTF-8.
        return parse_json(text.encode("latin-1").decode())
    except Exception as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (shown, error))


# ---- failures and logs -------------------------------------------------------------------------------------------------------------


class Fault(Exception):
    """What the runtime itself has to say, in AWS's words."""

    def __init__(self, error_type, message, trace=None):
        super().__init__(message)
        self.error_type, self.message, self.trace = error_type, message, trace


def log_record(text):
    """One event of the log, however many lines it has (services/lambda/output_log.hpp)."""
    sys.stdout.flush()
    left = b"\x1e[" + text.replace("\x1e", "\x1ee").replace("\n", "\x1en").encode("utf-8", "backslashreplace") + b"\n"
    while left:
        left = left[os.write(1, left):]


class _FitAfterImport:
    """Fits what the function imports to the runtime once it has imported it; costs nobody who does not."""

    def __init__(self):
        self._fittings = {"logging": "cumulet_logging", "botocore.session": "cumulet_boto"}

    def find_spec(self, name, path=None, target=None):
        fitting = self._fittings.get(name)
        if fitting is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        execute = spec.loader.exec_module

        def execute_and_fit(module):
            execute(module)
            __import__(fitting).fit(module)

        spec.loader.exec_module = execute_and_fit
        return spec


def load_handler(named):
    module_name, dot, function_name = named.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % named)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = sys.modules["_frozen_importlib"]._gcd_import(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error),
                    ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)])
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


def encoded(answer):
    """(bytes, content type) of what the handler returned."""
    if isinstance(answer, bytes):
        return answer, b"application/unknown"
    try:
        return json_text(answer, ESCAPES_UNICODE).encode(), b"application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def decoded(event):
    try:
        return parse_json(event.decode())
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)


def serve(api, handler):
    global request_id
    while True:
        headers, event = api.next()
        request_id = headers["lambda-runtime-aws-request-id"]
        if "lambda-runtime-trace-id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        try:
            context = LambdaContext(headers)
            answer, content_type = encoded(handler(decoded(event), context))
        except Exception as error:
            import cumulet_faults

            error_type, document = cumulet_faults.report(error, request_id)
            api.fail(request_id, error_type, document)
        else:
            sys.stdout.flush()
            api.answer(request_id, answer, content_type)


def add_exit_words():
    """exit() and quit(), which Python has from the module site."""
    import builtins

    import _sitebuiltins

    for name in ("exit", "quit"):
        setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))


def main():
    sys.modules["cumulet_runtime"] = sys.modules["__main__"]  # by this name the modules beside it find it
    os.dup2(1, 2)  # one pipe keeps the order of what is printed
    prepare_path()
    add_exit_words()
    sys.meta_path.insert(0, _FitAfterImport())
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        import cumulet_faults

        cumulet_faults.warn_of_failed_init()
        error_type, document = cumulet_faults.report(error, None)
        api.fail_init(error_type, document)
        sys.exit(1)
    serve(api, handler)


main()
