"""The subcommands that are clients: aws, env, status, logs, doctor. Nothing of them may reach AWS."""
import http.server
import json
import os
import re
import shlex
import shutil
import subprocess
import threading
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
    assert "is it running" not in engine.run("aws", "--help", check=False, environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}).stderr
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
    document = json.loads(engine.run("status", "--json").stdout)
    assert document["engine"]["endpoint"] == engine.endpoint and document["engine"]["faceDetector"] in text


PROGRAM = os.environ.get("CUMULET_PROGRAM", "build/release/bin/cumulet")
COMMANDS = (["status"], ["deploy", __file__], ["destroy", "s"], ["logs", "f"], ["trace", "x"], ["run", "--", "true"], ["aws", "s3", "ls"])


def ask(*command, **environment):
    return subprocess.run([PROGRAM, *command], capture_output=True, text=True, timeout=60, env={**os.environ, **environment})


def test_no_engine_is_said_so():
    for command in COMMANDS:
        done = ask(*command, CUMULET_ENDPOINT="http://127.0.0.1:9")
        assert done.returncode == 1, command
        assert "no engine answers at http://127.0.0.1:9 (CUMULET_ENDPOINT): is it running? Start it with `cumulet up`" in done.stderr, command


@pytest.fixture
def foreigner():
    """A web server that is no engine."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.end_headers()
            self.wfile.write(b"<html>a page that nobody wants to read</html>")

        def version_string(self):
            return "nginx/1.22.1"

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_foreign_server_is_named_as_one_without_its_page(foreigner):
    for command in COMMANDS:
        done = ask(*command, CUMULET_ENDPOINT=foreigner)
        assert done.returncode == 1, command
        assert f"what answers at {foreigner} (CUMULET_ENDPOINT) is no Cumulet engine (HTTP 404, it calls itself nginx/1.22.1)" in done.stderr, command
        assert "html" not in done.stderr + done.stdout


def test_which_engine_is_meant(engine, own_engine):
    """--endpoint, CUMULET_ENDPOINT, AWS_ENDPOINT_URL, the engine of the data folder, in this order."""
    other = own_engine()
    nowhere = "http://127.0.0.1:9"

    def meant(*flags, **environment):
        lines = ask("env", *flags, **{"CUMULET_DATA": str(other.data), "CUMULET_ENDPOINT": "", "AWS_ENDPOINT_URL": "", **environment}).stdout
        return re.search(r"AWS_ENDPOINT_URL='(.*)'", lines).group(1)

    assert meant() == other.endpoint
    assert meant(AWS_ENDPOINT_URL=nowhere) == nowhere
    assert meant(AWS_ENDPOINT_URL=nowhere, CUMULET_ENDPOINT=engine.endpoint) == engine.endpoint
    assert meant("--endpoint", nowhere, CUMULET_ENDPOINT=engine.endpoint) == nowhere
    other.kill()  # its file is still there, its lock is not
    assert meant() == "http://127.0.0.1:4566"


def test_typing_errors_get_a_suggestion():
    for typed, meant in ((["stauts"], "did you mean 'status'?"), (["status", "--hlep"], "did you mean '--help'?"), (["--vesrion"], "did you mean '--version'?"),
                         (["help", "tarce"], "did you mean 'trace'?"), (["up", "--dta", "x"], "did you mean '--data'?"), (["frobnicate"], "cumulet --help lists them")):
        done = ask(*typed)
        assert done.returncode != 0 and meant in done.stderr, (typed, done.stderr)
    assert ask("stauts").returncode == 2


def test_help_and_version_are_words_too():
    assert ask("help").stdout == ask("--help").stdout
    assert "--detach" in ask("help", "up").stdout
    assert ask("version").stdout == ask("--version").stdout


def test_what_is_out_of_range_is_said():
    port = ask("up", "--port", "70000")
    assert port.returncode == 2 and "70000 is no port: a number from 0 to 65535 is" in port.stderr


def test_completion_knows_commands_and_options():
    script = ask("completion", "bash").stdout
    line = """source /dev/stdin; COMP_WORDS=(cumulet sta); COMP_CWORD=1; _cumulet; echo "${COMPREPLY[@]}"
              COMP_WORDS=(cumulet up --det); COMP_CWORD=2; _cumulet; echo "${COMPREPLY[@]}" """
    done = subprocess.run(["bash", "-c", line], input=script, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["status state" if "state" in done.stdout.split() else "status", "--detach"]
    assert "#compdef cumulet" in ask("completion", "zsh").stdout
    assert ask("completion", "fish").returncode == 2


def test_run_leads_a_program_to_the_engine(engine, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import boto3, sys; print(boto3.client('sts').get_caller_identity()['Account'], sys.argv[1:])")
    clean = {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9", "AWS_PROFILE": "mine", "XDG_CACHE_HOME": str(tmp_path)}
    # Debian's boto3 does not know AWS_ENDPOINT_URL.
    done = engine.run("run", "--", "/usr/bin/python3", script, "--endpoint", "mine", environment=clean)
    assert done.stdout.strip() == "000000000000 ['--endpoint', 'mine']"
    assert engine.run("run", "sh", "-c", "exit 7", check=False, environment=clean).returncode == 7
    missing = engine.run("run", "--", "no-such-program", check=False, environment=clean)
    assert missing.returncode == 1 and "cannot run no-such-program" in missing.stderr


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
    assert missing.returncode == 1 and "there is no function or machine 'nobody'" in missing.stderr
    assert engine.run("logs", "talker", "--since", "soon", check=False).returncode == 1
    assert "knows the units s, m, h and d" in engine.run("logs", "talker", "--since", "5y", check=False).stderr

    program = engine_program()
    follower = subprocess.Popen([program, "logs", "talker", "--follow", "--endpoint", engine.endpoint], stdout=subprocess.PIPE, text=True)
    try:
        assert follower.stdout.readline().rstrip().endswith("hello")
        say("and again")
        assert follower.stdout.readline().rstrip().endswith("and again")
        document = json.loads(engine.run("logs", "talker", "--json").stdout.splitlines()[0])
        assert document["source"] == "talker" and document["message"] == "hello"
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


def test_init_of_a_function_in_cpp(engine, tmp_path):
    if not (shutil.which("make") and shutil.which("c++")):
        pytest.skip("no make or no C++ compiler: the function in C++ was not built")
    program = os.environ.get("CUMULET_PROGRAM", os.path.abspath("build/release/bin/cumulet"))
    environment = {**engine.environment, "AWS_ENDPOINT_URL": engine.endpoint}
    made = subprocess.run([program, "init", "cpp", "fresh-cpp"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert made.returncode == 0 and "make -C fresh-cpp" in made.stdout, made.stderr
    subprocess.run(["make", "-s", "-C", "fresh-cpp"], cwd=tmp_path, check=True, timeout=600)
    deployed = subprocess.run([program, "deploy", "fresh-cpp/template.yaml"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert deployed.returncode == 0, deployed.stderr
    for _ in range(3):
        done = engine.run("invoke", "fresh-cpp", "--payload", f"@{tmp_path}/fresh-cpp/event.json", "--logs")
        assert json.loads(done.stdout) == {"greeting": "Hello!", "event": {"name": "you"}} and "called with" in done.stderr


def test_the_commands_page_is_what_the_help_says(root_folder):
    made = subprocess.run([root_folder / "scripts/command_pages.py", PROGRAM, "markdown"], capture_output=True, text=True, check=True).stdout
    assert made == (root_folder / "docs/commands.md").read_text(), "scripts/command_pages.py build/release/bin/cumulet markdown > docs/commands.md"
