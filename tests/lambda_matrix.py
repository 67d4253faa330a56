"""What of Lambda's API the tests exercise: each operation here × each error that botocore's model declares for it × each optional member of its
input, as tests/s3_matrix.py does it for S3.

    tests/lambda_matrix.py record [pytest's arguments]    runs the Lambda tests, writes tests/protocol/lambda_matrix.txt
    tests/lambda_matrix.py gaps                           tells what no test exercises, and how much that is

What is noted is what boto3 sends and is answered; what other clients and raw requests do is not seen, so a gap may be one of the notes alone."""
import collections
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests/protocol/lambda_matrix.txt"

# Why nothing exercises it: OPERATION.MEMBER or OPERATION!ERROR, with * for any text. All else that is not exercised is a gap.
REASONS = {
    "*!ServiceException": "the engine's own failure, which no request brings about",
    "*!TooManyRequestsException": "requests a second are not limited here",
    "Invoke!EC2*": "functions have no VPC here",
    "Invoke!ENI*": "functions have no VPC here",
    "Invoke!SubnetIPAddressLimitReachedException": "functions have no VPC here",
    "Invoke!EFS*": "there are no file systems here",
    "Invoke!KMS*": "keys of KMS are names here",
    "*!SnapStart*": "SnapStart is kept and acts on nothing",
    "*!CodeStorageExceededException": "the account's code has no limit but the disk's",
    "*!CodeVerificationFailedException": "no signature of code is checked",
    "*!InvalidCodeSignatureException": "no signature of code is checked",
    "*!CodeSigningConfigNotFoundException": "told of PutFunctionCodeSigningConfig alone",
    "*!ResourceNotReadyException": "a function is active at once",
    "*!ResourceInUseException": "a mapping is settled at once",
    "Invoke!InvalidRuntimeException": "what could run is known when a function is made",
    "Invoke!InvalidZipFileException": "a package is unpacked when a function is made",
    "Invoke!InvalidSecurityGroupIDException": "functions have no VPC here",
    "Invoke!InvalidSubnetIDException": "functions have no VPC here",
    "Invoke!UnsupportedMediaTypeException": "any content type is taken, as from SDKs of every age",
    "Invoke!RequestTooLargeException": "answered as RequestEntityTooLargeException, which AWS sends",
    "Invoke!ResourceConflictException": "a function is active at once",
    "InvokeAsync!*": "the older operation: its errors are Invoke's",
    "CreateFunction.ImageConfig": "images",
    "UpdateFunctionConfiguration.ImageConfig": "images",
    "UpdateFunctionCode.ImageUri": "images",
    "*.FileSystemConfigs": "there are no file systems here",
    "*.KMSKeyArn": "keys of KMS are names here",
    "*.CodeSigningConfigArn": "given by PutFunctionCodeSigningConfig here",
    "ListFunctions.MasterRegion": "Lambda@Edge is not here",
    "*EventSourceMapping.Self*": "event sources are queues here",
    "*EventSourceMapping.AmazonManagedKafkaEventSourceConfig": "event sources are queues here",
    "*EventSourceMapping.SourceAccessConfigurations": "event sources are queues here",
    "*EventSourceMapping.Topics": "event sources are queues here",
    "*EventSourceMapping.Queues": "event sources are queues here",
}


def model():
    import botocore.loaders
    return botocore.loaders.Loader().load_service_model("lambda", "service-2")


def operations(api):
    """Of those here, as operations.cpp lists them."""
    text = (ROOT / "src/services/lambda/operations.cpp").read_text()
    return [name for name in dict.fromkeys(re.findall(r'operation\("([A-Za-z0-9]+)"', text)) if name in api["operations"]]


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
        self.path = path

    def note(self, cell):
        test = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0].partition("[")[0]
        with open(self.path, "a") as out:
            out.write(json.dumps([cell, test]) + "\n")

    def watch(self, client):
        def asked(params, model, **_):
            for member in params:
                self.note(f"{model.name}.{member}")

        def told(parsed, model, **_):
            if code := parsed.get("Error", {}).get("Code"):
                self.note(f"{model.name}!{code}")

        client.meta.events.register("provide-client-params.lambda", asked)
        client.meta.events.register("after-call.lambda", told)


def recorder():
    path = os.environ.get("CUMULET_LAMBDA_MATRIX")
    return Recorder(path) if path else None


def reason(cell):
    return next((why for pattern, why in REASONS.items() if fnmatch.fnmatchcase(cell, pattern)), None)


def write(lines):
    seen = collections.defaultdict(set)
    for cell, test in lines:
        seen[cell].add(test)
    rows = ["# Made by tests/lambda_matrix.py: what of Lambda's API is exercised by which test. OPERATION.MEMBER (an optional member of the input, by",
            "# botocore's model), OPERATION!ERROR (an error that it declares); = the first test that does, of how many; - why none does; ! none does."]
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
    status = 0
    if arguments[:1] == ["record"]:
        tests = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/protocol").glob("test_lambda_*.py"))
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as notes:
            status = subprocess.run([sys.executable, "-m", "pytest", "-q", *tests, *arguments[1:]], cwd=ROOT,
                                    env={**os.environ, "CUMULET_LAMBDA_MATRIX": notes.name}).returncode
            write([json.loads(line) for line in open(notes.name)])
    elif arguments[:1] != ["gaps"]:
        print(__doc__)
        return 2
    counts = collections.Counter(sign for sign, _ in told().values())
    print(f"{counts['=']} exercised, {counts['-']} with a reason not to be, {counts['!']} gaps:")
    print("\n".join(cell for cell, (sign, _) in told().items() if sign == "!"))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
