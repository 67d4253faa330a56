"""What of S3's API the tests exercise: each operation here × each error that botocore's model declares for it × each optional member of its input.

    tests/s3_matrix.py record [pytest's arguments]    runs the S3 tests, notes what they send and are answered, writes tests/protocol/s3_matrix.txt
    tests/s3_matrix.py gaps                           tells what no test exercises, and how much that is

What is noted is what went over the wire: by boto3 (its parameters and error codes) and by s3_wire.request. What the AWS CLI and the JavaScript SDK send is
not seen here, so a gap may be one of the notes alone."""
import collections
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests/protocol/s3_matrix.txt"
TESTS = ["tests/protocol/test_s3_answers.py", "tests/protocol/test_s3_buckets.py", "tests/protocol/test_s3_cors.py", "tests/protocol/test_s3_details.py",
         "tests/protocol/test_s3_lists.py", "tests/protocol/test_s3_multipart.py", "tests/protocol/test_s3_objects.py", "tests/protocol/test_s3_wire.py"]

# Why nothing exercises it: OPERATION.MEMBER or OPERATION!ERROR, with * for any text. All else that is not exercised is a gap.
REASONS = {
    "*.RequestPayer": "requester pays is not offered: the header is passed over",
    "*.SSECustomerKey*": "goes with SSECustomerAlgorithm, by which SSE-C is refused",
    "*.CopySourceSSECustomer*": "no object here has a key of its client's",
    "*.SSEKMSEncryptionContext": "keys of KMS are names here",
    "*.BucketKeyEnabled": "keys of KMS are names here",
    "*.Grant*": "ACLs are disabled",
    "*.MFA": "MFA delete is not offered",
    "*.ContentLength": "every request with a body has it",
    "*.AccessControlPolicy": "ACLs are disabled",
    "PutBucketPolicy.ConfirmRemoveSelfBucketAccess": "policies of buckets are kept and not enforced",
    "CopyObject!ObjectNotInActiveTierError": "storage classes are names here",
    "GetObject!InvalidObjectState": "storage classes are names here",
    "CreateBucket!BucketAlreadyExists": "there is one account: what exists is its own",
}


def model():
    import botocore.loaders
    return botocore.loaders.Loader().load_service_model("s3", "service-2")


def operations(api):
    """Of those here, as operations.cpp lists them."""
    text = (ROOT / "src/services/s3/operations.cpp").read_text()
    return [name for name in dict.fromkeys(re.findall(r'"([A-Z][A-Za-z0-9]+)"', text)) if name in api["operations"]]


def cells(api):
    """OPERATION.MEMBER of each optional member, OPERATION!ERROR of each declared error."""
    for name in operations(api):
        operation = api["operations"][name]
        for error in operation.get("errors", []):
            yield f"{name}!{error['shape']}"
        shape = api["shapes"].get(operation.get("input", {}).get("shape"), {})
        for member in shape.get("members", {}):
            if member not in shape.get("required", []):
                yield f"{name}.{member}"


class Recorder:
    """Notes, while a test runs, which cells it exercises."""

    def __init__(self, path):
        self.path, self.api = path, model()

    def note(self, cell):
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0].partition("[")[0]
        with open(self.path, "a") as out:
            out.write(json.dumps([cell, test]) + "\n")

    def watch(self, client):
        """boto3's."""
        def asked(params, model, **_):
            for member in params:
                self.note(f"{model.name}.{member}")

        def told(parsed, model, **_):
            self.answered(model.name, parsed.get("Error", {}).get("Code"))

        client.meta.events.register("provide-client-params.s3", asked)
        client.meta.events.register("after-call.s3", told)

    def answered(self, operation, code):
        # HEAD has no body: its errors are the status alone.
        for error in [code] if code != "404" else ["NoSuchKey", "NoSuchBucket"]:
            if error:
                self.note(f"{operation}!{error}")

    def request(self, method, path, headers, body, answer):
        """A request as s3_wire sends it."""
        where, _, query = path.partition("?")
        keys = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        name = self.operation_of(method, [part for part in where.split("/") if part], keys, {h.lower() for h in headers})
        if name is None:
            return
        shape = self.api["shapes"].get(self.api["operations"][name].get("input", {}).get("shape"), {})
        for member, one in shape.get("members", {}).items():
            place, wire_name = one.get("location"), one.get("locationName", member)
            there = {"header": wire_name.lower() in {h.lower() for h in headers}, "querystring": wire_name in keys,
                     "headers": any(h.lower().startswith(wire_name.lower()) for h in headers)}.get(place, bool(body) and shape.get("payload") == member)
            if there:
                self.note(f"{name}.{member}")
        if code := re.search(rb"<Error><Code>(\w+)</Code>", answer):
            self.answered(name, code.group(1).decode())

    def operation_of(self, method, parts, keys, headers):
        best = None
        for name in operations(self.api):
            http = self.api["operations"][name]["http"]
            uri, _, wanted = http["requestUri"].partition("?")
            depth = min(len(parts), 2)
            if http["method"] != method or len([p for p in uri.split("/") if p]) != depth:
                continue
            needs = [pair.partition("=")[0] for pair in wanted.split("&") if pair]
            shape = self.api["shapes"].get(self.api["operations"][name].get("input", {}).get("shape"), {})
            needs += [shape["members"][m]["locationName"] for m in shape.get("required", []) if shape["members"][m].get("location") == "querystring"]
            fields = [shape["members"][m]["locationName"].lower() for m in shape.get("required", []) if shape["members"][m].get("location") == "header"]
            if all(n in keys for n in needs) and all(f in headers for f in fields) and (best is None or len(needs) + len(fields) > best[0]):
                best = (len(needs) + len(fields), name)
        return best[1] if best else None


def recorder():
    path = os.environ.get("CUMULET_S3_MATRIX")
    return Recorder(path) if path else None


def reason(cell):
    return next((why for pattern, why in REASONS.items() if fnmatch.fnmatchcase(cell, pattern)), None)


def write(lines):
    seen = collections.defaultdict(set)
    for cell, test in lines:
        seen[cell].add(test)
    rows = ["# Made by tests/s3_matrix.py: what of S3's API is exercised by which test. OPERATION.MEMBER (an optional member of the input, by botocore's model),",
            "# OPERATION!ERROR (an error that it declares); = the first test that does, of how many; - why none does; ! none does."]
    for cell in cells(model()):
        tests = sorted(seen.get(cell, ()))
        if tests:
            rows.append(f"{cell} = {tests[0].removeprefix('tests/protocol/')}" + (f" (of {len(tests)})" if len(tests) > 1 else ""))
        else:
            rows.append(f"{cell} - {reason(cell)}" if reason(cell) else f"{cell} !")
    TABLE.write_text("\n".join(rows) + "\n")


def told():
    """cell -> (sign, text) of the table."""
    found = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            cell, sign, *text = line.split(" ", 2)
            found[cell] = (sign, text[0] if text else "")
    return found


def main(arguments):
    if arguments[:1] == ["record"]:
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as notes:
            status = subprocess.run([sys.executable, "-m", "pytest", "-q", *TESTS, *arguments[1:]], cwd=ROOT,
                                    env={**os.environ, "CUMULET_S3_MATRIX": notes.name}).returncode
            write([json.loads(line) for line in open(notes.name)])
    elif arguments[:1] == ["gaps"]:
        status = 0
    else:
        print(__doc__)
        return 2
    counts = collections.Counter(sign for sign, _ in told().values())
    print(f"{counts['=']} exercised, {counts['-']} with a reason not to be, {counts['!']} gaps:")
    print("\n".join(cell for cell, (sign, _) in told().items() if sign == "!"))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
