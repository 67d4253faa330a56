"""AWS's own deploy tools against the engine: `aws cloudformation package` and `deploy` with both applications' templates, and the CDK with a queue, a bucket, a
function and a machine: bootstrapped, deployed, run."""
import os
import pathlib
import shutil
import subprocess
import time
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CDK = ROOT / "tests/cdk"


@pytest.mark.parametrize("application, parameters", [("faceblur", []), ("polybot", ["TelegramToken=123456:secret"])])
def test_the_cli_packages_and_deploys(own_engine, tmp_path, application, parameters):
    if not shutil.which("aws"):
        pytest.skip("no AWS CLI here: `aws cloudformation` was not tried")
    engine = own_engine()  # the applications' buckets have names of their own
    bucket = "packages"
    engine.client("s3").create_bucket(Bucket=bucket)

    def aws(*arguments, check=True):
        # Also an old CLI, which knows no AWS_ENDPOINT_URL, then finds the engine with each of its clients.
        return engine.run("run", "--", "aws", *arguments, check=check, environment={"AWS_DEFAULT_REGION": "us-east-1"})

    folder = ROOT / "apps" / application
    packages = [line.split("CodeUri:")[1].strip() for line in (folder / "template.yaml").read_text().splitlines() if "CodeUri:" in line]
    if not all((folder / p).exists() for p in packages if p.endswith(".zip")):
        pytest.skip(f"the packages of {application} are not built: its template was not deployed by the AWS CLI")
    name = f"{application}-{uuid.uuid4().hex[:8]}"
    packaged = tmp_path / "packaged.yaml"
    aws("cloudformation", "package", "--template-file", folder / "template.yaml", "--s3-bucket", bucket, "--output-template-file", packaged)
    deploy = ["cloudformation", "deploy", "--template-file", packaged, "--stack-name", name, "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    if parameters:
        deploy += ["--parameter-overrides", *parameters]
    assert "Successfully created/updated stack" in aws(*deploy).stdout
    client = engine.client("cloudformation")
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE" and stack["Outputs"]
    again = aws(*deploy, check=False)  # an old CLI calls it an error, unless --no-fail-on-empty-changeset is given
    assert "No changes to deploy" in again.stdout + again.stderr
    aws("cloudformation", "delete-stack", "--stack-name", name)
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 0.5, "MaxAttempts": 200})


def cdk_or_skip():
    if not (CDK / "node_modules/.bin/cdk").exists():
        pytest.skip("no CDK here (cd tests/cdk && npm ci): `cdk deploy` was not tried")


def test_cdk_deploys(own_engine, tmp_path):
    cdk_or_skip()
    engine = own_engine()
    code = tmp_path / "code"
    code.mkdir()
    (code / "index.py").write_text("def handler(event, context):\n    return {'ok': True}\n")
    environment = {**os.environ, "AWS_ENDPOINT_URL": engine.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
                   "CODE": str(code), "CI": "1", "CDK_DISABLE_VERSION_CHECK": "1"}

    def cdk(*arguments, check=True, **more):
        done = subprocess.run(["node_modules/.bin/cdk", "--app", "node app.cjs", "--output", tmp_path / "out", "--no-version-reporting", "--no-notices", *arguments],
                              cwd=CDK, env={**environment, **more}, capture_output=True, text=True, timeout=300)
        if check and done.returncode:
            raise AssertionError(f"cdk {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    cdk("bootstrap", "aws://000000000000/us-east-1")
    cdk("deploy", "--require-approval", "never")
    client = engine.client("cloudformation")
    told = lambda: client.describe_stacks(StackName="CdkStack")["Stacks"][0]  # noqa: E731
    assert told()["StackStatus"] == "CREATE_COMPLETE"
    physical = {r["ResourceType"]: r["PhysicalResourceId"] for r in client.describe_stack_resources(StackName="CdkStack")["StackResources"]}
    states = engine.client("stepfunctions")
    started = states.start_execution(stateMachineArn=physical["AWS::StepFunctions::StateMachine"])["executionArn"]
    for _ in range(200):
        execution = states.describe_execution(executionArn=started)
        if execution["status"] != "RUNNING":
            break
        time.sleep(0.05)
    assert (execution["status"], execution.get("output")) == ("SUCCEEDED", '{"ok":true}')
