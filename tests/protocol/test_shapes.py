"""What the engine describes (names, places, requiredness, enums, lengths, methods, paths, statuses) against AWS's own API models, as
Debian's botocore carries them: an oracle, never a source. Every difference is in shape_differences.txt with its reason, and every
line there has a difference."""
import fnmatch
import json
import pathlib
import subprocess

import botocore
import botocore.loaders
import pytest

if not botocore.__version__.startswith("1.29."):
    pytest.skip(f"shape_differences.txt tells of botocore 1.29, and {botocore.__version__} is here: shapes were not compared",
                allow_module_level=True)

HERE = pathlib.Path(__file__).parent
PROGRAM = HERE.parents[1] / "build/release/tests/tell_shapes"
SERVICES = ["s3", "sqs", "lambda", "stepfunctions", "rekognition", "logs", "iam", "sts", "cloudwatch", "ecr", "cloudformation", "ssm"]
# Kinds of the engine that stand for several of the model's.
ALSO = {"document": {"structure", "string"}, "output_body": {"blob", "structure", "string"}, "input_stream": {"blob"},
        "integer": {"long"}, "long": {"integer"}, "string": {"character"}, "double": {"float"}, "float": {"double"}}


class Comparison:
    def __init__(self, service, told):
        self.service, self.told = service, told
        self.model = botocore.loaders.Loader().load_service_model(service, "service-2")
        self.found, self.seen = [], set()

    def differences(self):
        for name, ours in self.told["operations"].items():
            theirs = self.model["operations"].get(name)
            if theirs is None:
                self.note(name, "no such operation")
                continue
            if self.model["metadata"]["protocol"].startswith("rest"):
                http = theirs["http"]
                self.equal(name, "method", ours["method"], http["method"])
                self.equal(name, "path", path(ours["uri"]), path(http["requestUri"]))
                self.equal(name, "status", ours["status"], http.get("responseCode", 200))
            if "input" in theirs:
                self.shape(name + "<", ours["input"], theirs["input"]["shape"], is_input=True)
            if "output" in theirs:
                self.shape(name + ">", ours["output"], theirs["output"]["shape"], is_input=False)
        return self.found

    def note(self, where, what):
        self.found.append(f"{self.service} {where} {what}")

    def equal(self, where, what, ours, theirs):
        if ours != theirs:
            self.note(where, f"{what}: {ours}, AWS {theirs}")

    def shape(self, where, id, name, is_input):
        if (id, name, is_input) in self.seen:
            return
        self.seen.add((id, name, is_input))
        ours, theirs = self.told["shapes"][id], self.model["shapes"][name]
        if ours["kind"] != theirs["type"] and theirs["type"] not in ALSO.get(ours["kind"], ()):
            return self.note(where, f"kind: {ours['kind']}, AWS {theirs['type']}")
        if "members" in ours:
            members = theirs.get("members", {})
            for member, one in ours["members"].items():
                if member in members:
                    self.member(f"{where}.{member}", member, one, theirs, is_input)
                else:
                    self.note(f"{where}.{member}", "not in the model")
            for member in members.keys() - ours["members"].keys():
                self.note(f"{where}.{member}", "missing")
        elif "element" in ours:
            self.shape(where + "[]", ours["element"], (theirs.get("member") or theirs["value"])["shape"], is_input)

    def member(self, where, name, ours, owner, is_input):
        theirs = owner["members"][name]
        shape = self.model["shapes"][theirs["shape"]]
        place = "payload" if owner.get("payload") == name else theirs.get("location", "")
        self.equal(where, "place", ours["location"], place)
        # SQS speaks JSON too, whose names Debian's botocore does not know yet.
        if place != "payload" and self.service != "sqs":
            self.equal(where, "name", ours.get("wire_name", name).lower(), theirs.get("locationName", name).lower())
        if "enum" in ours:
            self.equal(where, "values", sorted(ours["enum"]), sorted(shape.get("enum", [])))
        if is_input:
            # What stands in the path cannot be absent.
            self.equal(where, "required", ours.get("required", False) or place == "uri", name in owner.get("required", []))
            for bound in ("min", "max"):
                if bound in ours:
                    self.equal(where, bound, ours[bound], shape.get(bound, 0 if bound == "min" else None))
        self.shape(where, ours["shape"], theirs["shape"], is_input)


def path(uri):
    return uri.split("?")[0].rstrip("/")


def expected():
    lines = (HERE / "shape_differences.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def matches(line, pattern):
    return fnmatch.fnmatchcase(line, pattern.replace("[", "[[]"))


@pytest.fixture(scope="module")
def differences():
    told = json.loads(subprocess.run([PROGRAM], check=True, capture_output=True).stdout)
    assert sorted(told) == sorted(SERVICES)
    return [line for service in SERVICES for line in Comparison(service, told[service]).differences()]


def test_every_difference_has_a_reason(differences):
    patterns = expected()
    unknown = [line for line in differences if not any(matches(line, pattern) for pattern in patterns)]
    assert not unknown, "\n".join(unknown)


def test_every_reason_has_a_difference(differences):
    stale = [pattern for pattern in expected() if not any(matches(line, pattern) for line in differences)]
    assert not stale, "\n".join(stale)
