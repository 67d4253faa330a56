"""The AWS CLI's own S3 commands."""
import os
import shutil
import subprocess
import uuid

import pytest


@pytest.fixture
def aws(engine):
    if not shutil.which("aws"):
        pytest.skip("no AWS CLI here: the commands of `aws s3` were not tried")
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
                   "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}

    def run(*arguments):
        done = subprocess.run(["aws", "--endpoint-url", engine.endpoint, *map(str, arguments)], env=environment, capture_output=True,
                              text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout
    return run


def test_cp_ls_sync_presign_rb(aws, tmp_path):
    bucket = "cli-" + uuid.uuid4().hex[:12]
    aws("s3", "mb", f"s3://{bucket}")
    big = os.urandom(20 << 20)
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "big.bin").write_bytes(big)
    (tmp_path / "in" / "sub" / "ü mlaut.txt").write_text("text")
    aws("s3", "cp", tmp_path / "in/big.bin", f"s3://{bucket}/big.bin", "--no-progress")
    aws("s3", "sync", tmp_path / "in", f"s3://{bucket}/tree", "--no-progress")
    assert "20971520 big.bin" in aws("s3", "ls", f"s3://{bucket}/")
    assert "PRE sub/" in aws("s3", "ls", f"s3://{bucket}/tree/")
    assert aws("s3", "sync", tmp_path / "in", f"s3://{bucket}/tree", "--no-progress") == ""
    aws("s3", "cp", f"s3://{bucket}/big.bin", f"s3://{bucket}/copy.bin", "--no-progress")
    aws("s3", "cp", f"s3://{bucket}/copy.bin", tmp_path / "out.bin", "--no-progress")
    assert (tmp_path / "out.bin").read_bytes() == big
    aws("s3", "sync", f"s3://{bucket}/tree", tmp_path / "back", "--no-progress")
    assert (tmp_path / "back" / "sub" / "ü mlaut.txt").read_text() == "text"
    url = aws("s3", "presign", f"s3://{bucket}/tree/sub/ü mlaut.txt").strip()
    assert subprocess.run(["curl", "-sS", "--fail", url], capture_output=True, text=True, timeout=60).stdout == "text"
    aws("s3", "mv", f"s3://{bucket}/copy.bin", f"s3://{bucket}/moved.bin", "--no-progress")
    aws("s3", "rb", f"s3://{bucket}", "--force")
