"""Every command of docs/tutorial.md works when pasted, from its first to its last."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, ROOT


def commands(page):
    """The page's shell blocks in order, without those that set up what a test run has: the build and the engine."""
    text = (ROOT / page).read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    return [b for b in blocks if "scripts/setup.sh" not in b]


@pytest.mark.skipif(not shutil.which("aws"), reason="no AWS CLI on the PATH: the tutorial's commands were not run")
def test_the_tutorials_commands_work_when_pasted(own_engine, tmp_path):
    if not (ROOT / "build/release/packages/blur-faces.zip").exists():
        pytest.skip("no function packages at build/release/packages: the tutorial's commands were not run")
    engine = own_engine()
    page = commands("docs/tutorial.md")
    assert len(page) >= 12
    # The tutorial stands in the checkout; what it writes (definition.json, the result) must not stay there.
    for name in ("apps", "build", "samples"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {**engine.environment, "CUMULET_ENDPOINT_URL": engine.endpoint, "PATH": os.path.dirname(PROGRAM) + ":" + os.environ["PATH"]}
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.pop(name, None)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(page)], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (tmp_path / "faces.mp4").stat().st_size > 10_000
    assert "ExecutionSucceeded" in done.stdout
