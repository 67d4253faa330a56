"""Functions of managed runtimes from plain source, for the tests."""
import base64
import io
import json
import textwrap
import zipfile

import pytest

from protocol.lambda_functions import Function


def sources(files):
    """A zip of {name: text or bytes}, as `zip -r` makes it: no execute bits."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.external_attr = 0o100644 << 16
            archive.writestr(info, textwrap.dedent(content) if isinstance(content, str) else content)
    return out.getvalue()


class Managed(Function):
    """A function of a managed runtime. `code`: the handler's module, or {file: text}; `event` and answers are JSON."""

    suffix, runtime, handler = ".py", "python3.12", "lambda_function.lambda_handler"

    def __init__(self, engine, code, **more):
        handler = more.pop("Handler", self.handler)
        files = code if isinstance(code, dict) else {handler.rsplit(".", 1)[0] + self.suffix: code}
        super().__init__(engine, code=sources(files), Runtime=more.pop("Runtime", self.runtime), Handler=handler, **more)

    def run(self, event=None, **more):
        """(payload, function error or None, the log's tail)"""
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event), LogType="Tail", **more)
        return json.loads(answer["Payload"].read()), answer.get("FunctionError"), base64.b64decode(answer["LogResult"]).decode()


class Python(Managed):
    pass


class Node(Managed):
    suffix, runtime, handler = ".js", "nodejs20.x", "index.handler"

    def __init__(self, engine, code, **more):
        import shutil

        if not any(shutil.which(name, path="/usr/bin:/usr/local/bin") for name in ("node", "nodejs")):
            pytest.skip("Node.js is not installed below /usr: functions in JavaScript were not run")
        super().__init__(engine, code, **more)
