"""Every command of docs/tutorial.md and of the README works when pasted, from its first to its last."""
import os
import re
import shutil
import subprocess
import sys

import pytest

import function_ports
from conftest import PROGRAM, ROOT


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)


@pytest.fixture
def newcomer(own_engine, tmp_path):
    """Runs a program as a newcomer would, in a folder that looks like the checkout; what it writes must not stay there."""
    if not shutil.which("aws"):
        pytest.skip("no AWS CLI on the PATH: the pages' commands were not run")
    if not (ROOT / "build/release/packages/blur-faces.zip").exists():
        pytest.skip("no function packages at build/release/packages: the pages' commands were not run")
    engine = own_engine()
    for name in ("apps", "build", "samples"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {**engine.environment, "CUMULET_ENDPOINT": engine.endpoint, "PATH": os.path.dirname(PROGRAM) + ":" + os.environ["PATH"]}
    environment["chat_port"] = str(function_ports.take())
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.pop(name, None)

    def run(*command):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run.folder, run.engine = tmp_path, engine
    return run


def test_the_tutorials_commands_work_when_pasted(newcomer):
    page = [block for block in blocks("docs/tutorial.md", "sh") if "scripts/setup.sh" not in block]  # the engine is there
    assert len(page) >= 12
    said = newcomer("bash", "-euo", "pipefail", "-c", "\n".join(page))
    assert (newcomer.folder / "faces.mp4").stat().st_size > 10_000
    assert "ExecutionSucceeded" in said


def test_the_readmes_commands_work_when_pasted(newcomer):
    page = [block for block in blocks("README.md", "sh") if "cumulet deploy" in block]
    assert len(page) == 1
    newcomer("bash", "-euo", "pipefail", "-c", page[0])
    assert (newcomer.folder / "blurred.mp4").stat().st_size > 10_000
    client, = blocks("README.md", "python")
    assert "'Key': 'faces.mp4'" in newcomer(sys.executable, "-c", client.replace("http://127.0.0.1:4566", newcomer.engine.endpoint))
