"""`cumulet deploy` and `destroy` against an engine: what boto3 sees afterwards, what a second deploy says and does."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import zipfile

import pytest

from conftest import PROGRAM

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Memory: {{Type: Number, Default: 128, AllowedValues: [128, 256]}}
Resources:
  In:
    Type: AWS::S3::Bucket
    Properties: {{BucketName: {name}-in}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {name}-role
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: "sts:AssumeRole"}}]
      ManagedPolicyArns: [!Sub "arn:${{AWS::Partition}}:iam::aws:policy/AmazonS3FullAccess"]
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: {name}-machine
      Role: !GetAtt Role.Arn
      Definition: {{StartAt: Done, States: {{Done: {{Type: Pass, End: true}}}}}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: {name}-worker
      Runtime: provided.al2023
      Handler: bootstrap
      CodeUri: code/
      Role: !GetAtt Role.Arn
      MemorySize: !Ref Memory
      Environment: {{Variables: {{MACHINE: !Ref Machine}}}}
      EventInvokeConfig: {{MaximumRetryAttempts: 1}}
      Events:
        Put:
          Type: S3
          Properties:
            Bucket: !Ref In
            Events: s3:ObjectCreated:*
            Filter: {{S3Key: {{Rules: [{{Name: suffix, Value: .txt}}]}}}}
{more}
Outputs:
  Bucket: {{Value: !Ref In}}
  WorkerArn: {{Value: !GetAtt Worker.Arn}}
"""
LOG_GROUP = """\
  Log:
    Type: AWS::Logs::LogGroup
    Properties: {{LogGroupName: /test/{name}, RetentionInDays: 7}}
"""


def write_template(folder, name, more=""):
    code = folder / "code"
    code.mkdir(exist_ok=True)
    bootstrap = code / "bootstrap"
    if not bootstrap.exists():
        bootstrap.write_text("#!/bin/sh\nexit 1\n")
        bootstrap.chmod(0o755)
    file = folder / "stack.yaml"
    file.write_text(TEMPLATE.format(name=name, more=more.format(name=name)))
    return file


def actions(done):
    """{logical id: what was done to it} out of deploy's lines."""
    return dict(reversed(m.groups()) for m in re.finditer(r"^  (created|changed|replaced|unchanged|deleted|retained) +(\w+) ", done.stdout, re.M))


def test_deploy_makes_what_the_template_says(engine, tmp_path):
    file = write_template(tmp_path, "says")
    done = engine.run("deploy", file, "--stack", "says")
    assert set(actions(done).values()) == {"created"}
    assert "says-in" in done.stdout and "6 created" in done.stdout
    function = engine.client("lambda").get_function(FunctionName="says-worker")["Configuration"]
    machine = engine.client("stepfunctions").list_state_machines()["stateMachines"]
    arn = next(m["stateMachineArn"] for m in machine if m["name"] == "says-machine")
    assert function["State"] == "Active" and function["MemorySize"] == 128
    assert function["Environment"]["Variables"] == {"MACHINE": arn}
    assert function["Role"] == engine.client("iam").get_role(RoleName="says-role")["Role"]["Arn"]
    rules = engine.client("s3").get_bucket_notification_configuration(Bucket="says-in")["LambdaFunctionConfigurations"]
    assert [(r["LambdaFunctionArn"], r["Events"]) for r in rules] == [(function["FunctionArn"], ["s3:ObjectCreated:*"])]
    config = engine.client("lambda").get_function_event_invoke_config(FunctionName="says-worker")
    assert config["MaximumRetryAttempts"] == 1


def test_a_second_deploy_changes_only_what_changed(engine, tmp_path):
    file = write_template(tmp_path, "again", LOG_GROUP)
    engine.run("deploy", file, "--stack", "again")
    before = engine.client("lambda").get_function(FunctionName="again-worker")["Configuration"]
    assert set(actions(engine.run("deploy", file, "--stack", "again")).values()) == {"unchanged"}
    assert engine.client("lambda").get_function(FunctionName="again-worker")["Configuration"]["RevisionId"] == before["RevisionId"]

    done = engine.run("deploy", file, "--stack", "again", "--parameter", "Memory=256")
    assert {k for k, v in actions(done).items() if v != "unchanged"} == {"Worker"}
    assert "(MemorySize)" in done.stdout
    after = engine.client("lambda").get_function(FunctionName="again-worker")["Configuration"]
    assert after["MemorySize"] == 256 and after["CodeSha256"] == before["CodeSha256"]

    (tmp_path / "code" / "bootstrap").write_text("#!/bin/sh\nexit 2\n")
    done = engine.run("deploy", file, "--stack", "again")
    assert {k for k, v in actions(done).items() if v != "unchanged"} == {"Worker"} and "(Code)" in done.stdout
    after = engine.client("lambda").get_function(FunctionName="again-worker")["Configuration"]
    assert after["MemorySize"] == 256 and after["CodeSha256"] != before["CodeSha256"]

    write_template(tmp_path, "again")
    done = engine.run("deploy", file, "--stack", "again")
    assert {k: v for k, v in actions(done).items() if v != "unchanged"} == {"Log": "deleted"}
    assert engine.client("logs").describe_log_groups(logGroupNamePrefix="/test/again")["logGroups"] == []


def test_the_stack_is_known_from_any_folder_and_destroyed_whole(engine, tmp_path):
    file = write_template(tmp_path, "whole")
    engine.run("deploy", file, "--stack", "whole")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = shutil.copy(file, elsewhere)
    shutil.copytree(tmp_path / "code", elsewhere / "code")
    assert set(actions(engine.run("deploy", moved, "--stack", "whole")).values()) == {"unchanged"}
    assert "whole" in engine.run("status").stdout

    engine.client("s3").put_object(Bucket="whole-in", Key="kept", Body=b"x")
    refused = engine.run("destroy", "whole", check=False)
    assert refused.returncode == 1 and "BucketNotEmpty" in refused.stderr and "--empty-buckets" in refused.stderr
    engine.run("destroy", "whole", "--empty-buckets")
    assert "whole-in" not in [b["Name"] for b in engine.client("s3").list_buckets()["Buckets"]]
    names = [f["FunctionName"] for f in engine.client("lambda").list_functions()["Functions"]]
    assert "whole-worker" not in names
    assert "whole-role" not in [r["RoleName"] for r in engine.client("iam").list_roles()["Roles"]]
    again = engine.run("destroy", "whole", check=False)
    assert again.returncode == 1 and "Stack with id whole does not exist" in again.stderr


def test_an_error_names_the_resource_the_line_and_what_was_said(engine, tmp_path):
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({"Resources": {
        "Good": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/test/bad"}},
        "Bad": {"Type": "AWS::S3::Bucket", "DependsOn": "Good", "Properties": {"BucketName": "Not_A_Name"}}}}, indent=1))
    line = next(i for i, text in enumerate(file.read_text().splitlines(), 1) if '"Bad"' in text)
    failed = engine.run("deploy", file, "--stack", "bad", check=False)
    assert failed.returncode == 1
    assert f"bad.json: line {line}: resource Bad: InvalidBucketName" in failed.stderr
    assert "Failed to create the stack bad: it was rolled back (ROLLBACK_COMPLETE)" in failed.stderr
    assert "1 created, 1 deleted" in failed.stderr  # what was done is said
    assert engine.client("logs").describe_log_groups(logGroupNamePrefix="/test/bad")["logGroups"] == []
    file.write_text(file.read_text().replace("Not_A_Name", "bad-but-a-name"))
    assert actions(engine.run("deploy", file, "--stack", "bad")) == {"Good": "created", "Bad": "created"}
    engine.run("destroy", "bad")


def test_a_half_made_resource_is_taken_back(engine, tmp_path):
    name = f"half-{os.getpid()}"
    file = tmp_path / "half.yaml"
    file.write_text(f'Parameters: {{Days: {{Type: Number}}}}\nResources:\n  L:\n    Type: AWS::Logs::LogGroup\n'
                    f'    Properties: {{LogGroupName: /{name}, RetentionInDays: !Ref Days}}\n')
    failed = engine.run("deploy", file, "--stack", name, "--parameter", "Days=8", check=False)
    assert failed.returncode == 1 and "line 3: resource L: InvalidParameterException" in failed.stderr
    assert engine.client("logs").describe_log_groups(logGroupNamePrefix=f"/{name}")["logGroups"] == []
    done = engine.run("deploy", file, "--stack", name, "--parameter", "Days=7")
    assert actions(done) == {"L": "created"}
    group, = engine.client("logs").describe_log_groups(logGroupNamePrefix=f"/{name}")["logGroups"]
    assert group["retentionInDays"] == 7
    engine.run("destroy", name)


# The third fails where Days is not one of CloudWatch Logs' numbers.
THREE = """\
Parameters:
  Delay: {{Type: Number, Default: 1}}
  Days: {{Type: Number, Default: 7}}
Resources:
  Jobs: {{Type: "AWS::SQS::Queue", Properties: {{DelaySeconds: !Ref Delay}}}}
  Role:
    Type: AWS::IAM::Role
    DependsOn: Jobs
    Properties:
      RoleName: {name}-role
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: "sts:AssumeRole"}}]
      Policies:
        - PolicyName: own
          PolicyDocument: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Action: "sqs:*", Resource: !GetAtt Jobs.Arn}}]}}
  Log:
    Type: AWS::Logs::LogGroup
    DependsOn: Role
    Properties: {{LogGroupName: /{name}, RetentionInDays: !Ref Days}}
"""


def stack_of(engine, name):
    reply = engine.client("s3").get_object(Bucket="cumulet-deployments-000000000000-us-east-1", Key=f"stacks/{name}/state.json")
    return json.loads(reply["Body"].read())


def what_there_is(engine, name):
    """Queues, roles and log groups of that name, with what can change about them."""
    sqs, iam, logs = engine.client("sqs"), engine.client("iam"), engine.client("logs")
    queues = {url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
              for url in sqs.list_queues(QueueNamePrefix=name).get("QueueUrls", [])}
    roles = {r["RoleName"]: iam.list_role_policies(RoleName=r["RoleName"])["PolicyNames"]
             for r in iam.list_roles()["Roles"] if r["RoleName"].startswith(name)}
    groups = {g["logGroupName"]: g.get("retentionInDays") for g in logs.describe_log_groups(logGroupNamePrefix=f"/{name}")["logGroups"]}
    return queues, roles, groups


def test_a_creation_whose_third_resource_fails_is_rolled_back(engine, tmp_path):
    name = f"three-{os.getpid()}"
    file = tmp_path / "three.yaml"
    file.write_text(THREE.format(name=name))
    failed = engine.run("deploy", file, "--stack", name, "--parameter", "Days=8", check=False)
    assert failed.returncode == 1 and "resource Log: InvalidParameterException" in failed.stderr
    assert f"Failed to create the stack {name}: it was rolled back (ROLLBACK_COMPLETE); deploying again begins anew" in failed.stderr
    assert re.findall(r"^  deleted +(\w+) .*\(rolled back\)$", failed.stdout, re.M) == ["Log", "Role", "Jobs"]
    assert what_there_is(engine, name) == ({}, {}, {})
    stack = stack_of(engine, name)
    assert stack["Status"] == "ROLLBACK_COMPLETE" and stack["Resources"] == []
    said = [(e["LogicalId"], e["Status"]) for e in stack["Events"]]
    assert said[0] == (name, "CREATE_IN_PROGRESS") and said[-1] == (name, "ROLLBACK_COMPLETE")
    assert said.index(("Log", "CREATE_FAILED")) < said.index((name, "ROLLBACK_IN_PROGRESS")) < said.index(("Jobs", "DELETE_COMPLETE"))
    assert [e["Timestamp"] for e in stack["Events"]] == sorted(e["Timestamp"] for e in stack["Events"])
    assert re.search(rf"{name} +ROLLBACK_COMPLETE +0 resources", engine.run("status").stdout)
    engine.run("deploy", file, "--stack", name)
    assert stack_of(engine, name)["Status"] == "CREATE_COMPLETE"
    engine.run("destroy", name)
    assert what_there_is(engine, name) == ({}, {}, {})


def test_an_update_whose_third_resource_fails_is_rolled_back(engine, tmp_path):
    name = f"update-{os.getpid()}"
    file = tmp_path / "update.yaml"
    file.write_text(THREE.format(name=name))
    engine.run("deploy", file, "--stack", name)
    before = what_there_is(engine, name)
    file.write_text(THREE.format(name=name).replace("PolicyName: own", "PolicyName: other"))
    failed = engine.run("deploy", file, "--stack", name, "--parameter", "Days=8", "--parameter", "Delay=5", check=False)
    assert failed.returncode == 1 and "resource Log: InvalidParameterException" in failed.stderr
    assert f"Failed to update the stack {name}: it was rolled back (UPDATE_ROLLBACK_COMPLETE) and is as it was before" in failed.stderr
    assert re.findall(r"^  (changed|restored) +(\w+) ", failed.stdout, re.M) == [
        ("changed", "Jobs"), ("changed", "Role"), ("restored", "Log"), ("restored", "Role"), ("restored", "Jobs")]
    assert what_there_is(engine, name) == before
    stack = stack_of(engine, name)
    assert stack["Status"] == "UPDATE_ROLLBACK_COMPLETE" and "Former" not in stack
    done = engine.run("deploy", file, "--stack", name, "--parameter", "Days=14", "--parameter", "Delay=5")
    assert set(actions(done).values()) == {"changed"} and "it is rolled back first" not in done.stderr
    assert list(what_there_is(engine, name)[2].values()) == [14]
    engine.run("destroy", name)


def test_a_deploy_that_was_killed_is_rolled_back_by_the_next(engine, tmp_path):
    name = f"cut-{os.getpid()}"
    file = tmp_path / "cut.yaml"
    file.write_text(THREE.format(name=name))
    environment = {**engine.environment, "AWS_ENDPOINT_URL": engine.endpoint}
    process = subprocess.Popen([PROGRAM, "deploy", file, "--stack", name], env=environment, stdout=subprocess.PIPE, text=True)
    assert "deploying" in process.stdout.readline()
    assert "created" in process.stdout.readline()
    process.kill()  # wherever it is by now
    process.wait()
    process.stdout.close()
    done = engine.run("deploy", file, "--stack", name)
    assert stack_of(engine, name)["Status"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE") and "Former" not in stack_of(engine, name)
    assert set(actions(done)) == {"Jobs", "Role", "Log"}
    engine.run("destroy", name)
    assert what_there_is(engine, name) == ({}, {}, {})


def test_names_that_are_none_are_refused_in_awss_words(engine, tmp_path):
    file = tmp_path / "named.yaml"
    file.write_text('Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: "a name/with?signs"}\n')
    refused = engine.run("deploy", file, "--stack", "named", check=False)
    assert refused.returncode == 1 and "line 2: resource B: InvalidBucketName: The specified bucket is not valid." in refused.stderr
    engine.run("destroy", "named")


def test_two_deploys_of_one_stack_do_not_mix(engine, tmp_path):
    name = f"twice-{os.getpid()}"
    file = write_template(tmp_path, name)
    environment = {**engine.environment, "AWS_ENDPOINT_URL": engine.endpoint}
    both = [subprocess.Popen([PROGRAM, "deploy", file, "--stack", name], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)]
    ended = [(process, *process.communicate(timeout=60)) for process in both]
    assert any(process.returncode == 0 for process, _, _ in ended), ended
    for process, _, complaint in ended:  # one after the other, or refused
        assert process.returncode == 0 or f"the stack {name} is being changed by process" in complaint
    again = engine.run("deploy", file, "--stack", name)
    assert set(actions(again).values()) == {"unchanged"}
    engine.run("destroy", name)


def test_a_deploy_that_was_killed_does_not_lock_its_stack(engine, tmp_path):
    name = f"killed-{os.getpid()}"
    file = write_template(tmp_path, name)
    engine.run("deploy", file, "--stack", name)
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock = {"Host": socket.gethostname(), "Process": gone.pid, "Since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    where = {"Bucket": "cumulet-deployments-000000000000-us-east-1", "Key": f"stacks/{name}/lock.json"}
    s3 = engine.client("s3")
    s3.put_object(**where, Body=json.dumps(lock))
    engine.run("deploy", file, "--stack", name)
    s3.put_object(**where, Body=json.dumps({**lock, "Process": os.getpid()}))
    for command in (["deploy", file, "--stack", name], ["destroy", name]):
        held = engine.run(*command, check=False)
        assert held.returncode == 1 and f"is being changed by process {os.getpid()} on {socket.gethostname()}" in held.stderr
    s3.delete_object(**where)
    engine.run("destroy", name)


@pytest.mark.parametrize("text, said", [
    ("Resources:\n  A:\n    Type: AWS::No::Such\n", "line 2: resource A: the type AWS::No::Such is not understood"),
    ("Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      Name: x\n", "line 5: resource A: Encountered unsupported property Name"),
    ("Resources: [\n", "line "),
    ("Resources:\n  A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref Nobody}}\n", "Unresolved resource dependencies [Nobody]"),
])
def test_a_wrong_template_is_refused_with_its_line(engine, tmp_path, text, said):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    failed = engine.run("deploy", file, check=False)
    assert failed.returncode == 1 and said in failed.stderr


def test_a_zip_and_a_package_in_s3_are_taken_as_they_are(engine, tmp_path):
    package = tmp_path / "f.zip"
    with zipfile.ZipFile(package, "w") as out:
        out.writestr("bootstrap", "#!/bin/sh\n")
    engine.client("s3").create_bucket(Bucket="packages-of-test")
    engine.client("s3").put_object(Bucket="packages-of-test", Key="f.zip", Body=package.read_bytes())
    role = "arn:aws:iam::000000000000:role/zip-role"
    engine.client("iam").create_role(RoleName="zip-role", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    common = f"Runtime: provided.al2023, Handler: bootstrap, Role: '{role}'"
    (tmp_path / "zips.yaml").write_text(
        "Resources:\n"
        f"  Local: {{Type: 'AWS::Lambda::Function', Properties: {{Code: f.zip, FunctionName: local-zip, {common}}}}}\n"
        f"  Remote: {{Type: 'AWS::Lambda::Function', Properties: {{Code: 's3://packages-of-test/f.zip', FunctionName: remote-zip, {common}}}}}\n")
    engine.run("deploy", tmp_path / "zips.yaml")
    hashes = {engine.client("lambda").get_function(FunctionName=name)["Configuration"]["CodeSha256"] for name in ("local-zip", "remote-zip")}
    assert len(hashes) == 1
    engine.run("destroy", "zips")


def test_faceblur_is_deployed_twice_from_its_template(own_engine, root_folder, tmp_path):
    build = pathlib.Path(os.environ.get("CUMULET_PROGRAM", root_folder / "build/release/bin/cumulet")).parent.parent
    if not (build / "packages/blur-faces.zip").exists():
        pytest.skip(f"{build}/packages is not built: FaceBlur's template was not deployed")
    engine = own_engine()
    folder = tmp_path / "faceblur"
    shutil.copytree(root_folder / "apps/faceblur", folder)
    template = folder / "template.yaml"  # its packages are the release build's
    template.write_text(template.read_text().replace("../../build/release", str(build)))
    engine.run("deploy", template)
    functions = {f["FunctionName"]: f for f in engine.client("lambda").list_functions()["Functions"]}
    assert set(functions) == {"face-detection", "check-rekognition-job-status", "get-rekognized-faces", "blur-faces"}
    assert functions["blur-faces"]["MemorySize"] == 2048 and functions["blur-faces"]["Timeout"] == 300
    assert functions["blur-faces"]["Environment"]["Variables"]["OUTPUT_BUCKET"] == "faceblur-output-000000000000"
    machine = functions["face-detection"]["Environment"]["Variables"]["STATE_MACHINE_ARN"]
    described = engine.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    assert described["loggingConfiguration"]["level"] == "ALL" and described["loggingConfiguration"]["includeExecutionData"]
    assert "${" not in described["definition"]
    rules = engine.client("s3").get_bucket_notification_configuration(Bucket="faceblur-input-000000000000")
    suffixes = {c["Filter"]["Key"]["FilterRules"][0]["Value"] for c in rules["LambdaFunctionConfigurations"]}
    assert suffixes == {".mp4", ".mov"}
    assert set(actions(engine.run("deploy", template)).values()) == {"unchanged"}
    engine.run("destroy", "faceblur")
    assert engine.client("lambda").list_functions()["Functions"] == []
    assert engine.client("s3").list_buckets()["Buckets"] == []
