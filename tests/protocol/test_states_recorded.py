"""The Step Functions cases recorded on AWS, over the wire and without an SDK (an older boto3 drops members it does not
know): every case whose definition needs only what is implemented gives the recorded history, the others are refused by name."""
import http.client
import json
import re
import time
import uuid

# What the recording replaced: generated names and ids in the middle of a text, and whole values.
PLACEHOLDER = re.compile(r"<[A-Za-z_-]+(?:_\d+idx|:\d+)?>|111111111111")
REPLACED = {"snf_role_arn", "timestamp", "date", "start-time", "entered-time"}
NOT_COMPARED = {"timestamp", "ResponseMetadata"}


class RawStates:
    def __init__(self, engine):
        self.connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=60)

    def __call__(self, operation, **parameters):
        self.connection.request("POST", "/", json.dumps(parameters), {
            "X-Amz-Target": f"AWSStepFunctions.{operation}", "Content-Type": "application/x-amz-json-1.0"})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")


def needs(definition):
    """What the definition uses beyond the implemented language."""
    found = set()

    def look(value):
        if isinstance(value, dict):
            if value.get("Type") in ("Map", "Parallel"):
                found.add(value["Type"])
            if value.get("QueryLanguage") == "JSONata":
                found.add("JSONata")
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                look(item)

    look(json.loads(definition))
    return found


def decoded(value):
    """JSON objects and arrays held in strings, decoded."""
    if isinstance(value, dict):
        return {k: decoded(v) for k, v in value.items() if k not in NOT_COMPARED}
    if isinstance(value, list):
        return [decoded(v) for v in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return decoded(json.loads(value))
        except ValueError:
            return value
    return value


def differences(want, got, path, skips):
    if any(re.fullmatch(skip, path) for skip in skips):
        return []
    if isinstance(want, dict) and isinstance(got, dict):
        return [d for key in sorted(set(want) | set(got)) for d in (
            differences(want[key], got[key], f"{path}.{key}", skips) if key in want and key in got
            else [] if any(re.fullmatch(skip, f"{path}.{key}") for skip in skips)
            else [f"{path}.{key} is in only one of them"])]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        return [d for i, (w, g) in enumerate(zip(want, got)) for d in differences(w, g, f"{path}[{i}]", skips)]
    if isinstance(want, str) and isinstance(got, str):
        template = ".*".join(re.escape(piece) for piece in PLACEHOLDER.split(want))
        same = want in REPLACED or re.fullmatch(template, got, re.DOTALL)
    else:
        same = want == got and type(want) is type(got)
    return [] if same else [f"{path}: recorded {want!r}, here {got!r}"]


def skip_pattern(json_path):
    text = re.escape(json_path).replace(r"\$\.\.", r"\$(?:.*)?\.").replace(r"\[\*\]", r"\[\d+\]")
    return text.replace(r"\.\.", r"(?:.*)?\.")


def replay(states, case):
    status, made = states("CreateStateMachine", name="case-" + uuid.uuid4().hex[:12], definition=case["definition"],
                          roleArn="arn:aws:iam::000000000000:role/states", type=case.get("type", "STANDARD"))
    if needs(case["definition"]):
        named = status == 400 and made["__type"] == "InvalidDefinition" and "not implemented by Cumulet yet" in made["message"]
        return [] if named else [f"not refused by name: {status} {made}"]
    if status != 200:
        return [f"{status} {made}"]
    try:
        return executed(states, case, made["stateMachineArn"])
    finally:
        states("DeleteStateMachine", stateMachineArn=made["stateMachineArn"])


def executed(states, case, machine):
    given = {"input": case["input"]} if case.get("input") is not None else {}
    execution = states("StartExecution", stateMachineArn=machine, **given)[1]["executionArn"]
    end = time.time() + 180
    while states("DescribeExecution", executionArn=execution)[1]["status"] == "RUNNING" and time.time() < end:
        time.sleep(0.01)
    events = states("GetExecutionHistory", executionArn=execution, maxResults=1000)[1]["events"]
    if "expected" in case:
        return differences(decoded(case["expected"]["events"]), decoded(events), "$.events",
                           [skip_pattern(p) for p in case.get("skip_paths", [])])
    want = case["expected_case"].get("output", case["expected_case"])
    return differences(decoded(want), decoded(events[-1].get("executionSucceededEventDetails", {}).get("output")), "$.output", [])


def test_the_recorded_cases(engine, shared):
    states = RawStates(engine)
    cases = json.loads((shared / "conformance/asl/cases.json").read_text())
    wrong = {case["id"]: found for case in cases if (found := replay(states, case))}
    assert not wrong, json.dumps(wrong, indent=1)[:4000]
    assert sum(not needs(case["definition"]) for case in cases) >= 326
