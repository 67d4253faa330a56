"""The subcommands that are clients: aws, env, status, logs, doctor. Nothing of them may reach AWS."""
import os
import shlex
import shutil
import subprocess
import time

import pytest


def test_env_gives_a_shell_what_clients_need(engine):
    lines = engine.run("env").stdout
    shell = subprocess.run(["bash", "-c", f"AWS_PROFILE=mine; eval {shlex.quote(lines)}; echo $AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID ${{AWS_PROFILE-none}}"],
                           capture_output=True, text=True, check=True)
    assert shell.stdout.split() == [engine.endpoint, "test", "none"]


def test_aws_itself_is_refused(engine):
    for endpoint in ("https://s3.amazonaws.com", "https://lambda.eu-west-1.amazonaws.com", "https://x.api.aws", "ftp://127.0.0.1", "nonsense"):
        for command in (["status"], ["env"], ["aws", "s3", "ls"], ["deploy", __file__]):
            done = engine.run(*command, check=False, environment={"AWS_ENDPOINT_URL": endpoint})
            assert done.returncode == 1 and f"the endpoint {endpoint} is" in done.stderr, (command, endpoint)


@pytest.fixture
def any_aws_cli():
    if not shutil.which("aws"):
        pytest.skip("no AWS CLI on the PATH: `cumulet aws` was not tested")


def test_aws_runs_the_aws_cli_against_the_engine(engine, any_aws_cli):
    assert engine.run("aws", "sts", "get-caller-identity", "--query", "Account", "--output", "text").stdout.strip() == "000000000000"
    # Words that are subcommands or flags of ours belong to the AWS CLI here.
    assert engine.run("aws", "logs", "describe-log-groups", "--log-group-name-prefix", "/no/such", "--output", "text").returncode == 0
    assert engine.run("aws", "--version").stdout.startswith("aws-cli/")
    assert engine.run("aws", "--endpoint", engine.endpoint, "s3", "ls", environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}).returncode == 0
    failed = engine.run("aws", "s3api", "head-bucket", "--bucket", "no-such-bucket-here", check=False)
    assert failed.returncode not in (0, 1)  # the AWS CLI's own status


def test_aws_refuses_ways_out(engine):
    for way_out in (["--profile", "mine"], ["--profile=mine"], ["--endpoint-url", "https://x"], ["--endpoint-url=https://x"]):
        done = engine.run("aws", "s3", "ls", *way_out, check=False)
        assert done.returncode == 1 and "would lead away" in done.stderr


def test_status_tells_what_runs(engine):
    text = engine.run("status").stdout
    for word in ("engine", "services", "s3", "lambda", "states", "stacks", "functions", "machines"):
        assert word in text


def test_no_engine_is_said_so():
    program = os.environ.get("CUMULET_PROGRAM", "build/release/bin/cumulet")
    for command in (["status"], ["deploy", __file__], ["destroy", "s"], ["logs", "f"], ["aws", "--endpoint", "http://127.0.0.1:9", "s3", "ls"]):
        flag = [] if command[0] == "aws" else ["--endpoint", "http://127.0.0.1:9"]
        done = subprocess.run([program, *command, *flag], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, command
        assert "no engine answers at http://127.0.0.1:9: is it running? Start it with `cumulet up`" in done.stderr, command


def test_logs_prints_and_follows(engine):
    logs = engine.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/talker")
    logs.create_log_stream(logGroupName="/aws/lambda/talker", logStreamName="one")

    def say(text):
        logs.put_log_events(logGroupName="/aws/lambda/talker", logStreamName="one",
                            logEvents=[{"timestamp": int(time.time() * 1000), "message": text}])

    say("hello")
    assert engine.run("logs", "talker").stdout.rstrip().endswith("hello")
    assert engine.run("logs", "talker", "--since", "0s").stdout == ""
    missing = engine.run("logs", "nobody", check=False)
    assert missing.returncode == 1 and "there is no log group /aws/lambda/nobody" in missing.stderr
    assert engine.run("logs", "talker", "--since", "soon", check=False).returncode == 1

    program = engine_program()
    follower = subprocess.Popen([program, "logs", "talker", "--follow", "--endpoint", engine.endpoint], stdout=subprocess.PIPE, text=True)
    try:
        assert follower.stdout.readline().rstrip().endswith("hello")
        say("and again")
        assert follower.stdout.readline().rstrip().endswith("and again")
    finally:
        follower.terminate()
        follower.wait(timeout=60)
        follower.stdout.close()


def engine_program():
    import conftest
    return conftest.PROGRAM


def test_doctor_names_what_is_missing(engine):
    done = engine.run("doctor", check=False)
    assert "sandbox" in done.stdout and f"an engine answers at {engine.endpoint}" in done.stdout
    nothing = engine.run("doctor", check=False, environment={"PATH": "/nonexistent", "CUMULET_FACE_MODEL": "",
                                                             "XDG_DATA_HOME": "/nonexistent"})
    assert nothing.returncode == 1
    assert "bubblewrap (bwrap) is not on the PATH" in nothing.stdout and "apt-get install" in nothing.stdout
    assert "reduced  face model     there is none: no faces are found, so face jobs fail" in nothing.stdout
    wrong = engine.run("doctor", check=False, environment={"CUMULET_FACE_MODEL": __file__})
    assert wrong.returncode == 1
    assert f"MISSING  face model     the face model {__file__} is neither an ONNX nor a TensorFlow Lite model: the engine does not start with it" in wrong.stdout


@pytest.mark.parametrize("language", ["python", "node"])
def test_init_deploy_watch_invoke(engine, tmp_path, language):
    """The developer's loop: a function from nothing, live again soon after its source was saved."""
    if language == "node" and not any(os.access(f"/usr/{at}/node", os.X_OK) for at in ("bin", "local/bin")):
        pytest.skip("no node below /usr: the function in JavaScript was not run")
    program = os.environ.get("CUMULET_PROGRAM", os.path.abspath("build/release/bin/cumulet"))
    environment = {**engine.environment, "AWS_ENDPOINT_URL": engine.endpoint}
    name = f"fresh-{language}"
    made = subprocess.run([program, "init", language, name], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert made.returncode == 0 and "cumulet deploy" in made.stdout, made.stderr
    again = subprocess.run([program, "init", language, name], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert again.returncode == 1 and "is there already" in again.stderr
    watching = subprocess.Popen([program, "deploy", f"{name}/template.yaml", "--watch"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        while "watching" not in (line := watching.stdout.readline()):
            assert line, "deploy --watch ended"
        done = engine.run("invoke", name, "--payload", f"@{tmp_path}/{name}/event.json", "--logs")
        assert '"greeting": "Hello, you!"' in done.stdout or '"greeting":"Hello, you!"' in done.stdout
        assert "START RequestId" in done.stderr and "called with" in done.stderr
        source, = (tmp_path / name / "src").iterdir()
        source.write_text(source.read_text().replace("Hello", "Good morning"))
        end = time.time() + 60
        while "Good morning, world!" not in engine.run("invoke", name).stdout:
            assert time.time() < end, "what was saved is not live"
        source.write_text("this is no program (")
        while (failed := engine.run("invoke", name, "-p", "{}", check=False)).returncode == 0:
            assert time.time() < end
        assert failed.returncode == 1 and "UserCodeSyntaxError" in failed.stdout
    finally:
        watching.kill()
        watching.wait()
    unknown = engine.run("invoke", "no-such-function", check=False)
    assert unknown.returncode == 1 and "Function not found" in unknown.stderr
