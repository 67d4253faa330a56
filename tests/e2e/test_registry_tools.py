"""Real tools push, look and pull: skopeo and buildah, as `cumulet ecr push-commands` says. A 1 GB image, by parts and in parallel, is left to bench/."""
import hashlib
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tarfile
import uuid

import pytest

from protocol.registry import Registry

pytestmark = pytest.mark.skipif(not shutil.which("skopeo"), reason="skopeo is not installed: real tools were not tried against the registry")
needs_buildah = pytest.mark.skipif(not shutil.which("buildah"), reason="buildah is not installed: building an image was not tried")


@pytest.fixture
def tools(tmp_path, engine):
    """Runs a tool with logins and images of its own."""
    environment = {**os.environ, "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"), "STORAGE_DRIVER": "vfs", "HOME": str(tmp_path),
                   "CONTAINERS_STORAGE_CONF": str(tmp_path / "storage.conf"), "BUILDAH_ISOLATION": "chroot"}
    (tmp_path / "auth.json").write_text("{}")
    (tmp_path / "storage.conf").write_text(f'[storage]\ndriver = "vfs"\nrunroot = "{tmp_path}/run"\ngraphroot = "{tmp_path}/graph"\n')

    def run(*words, check=True, **options):
        done = subprocess.run([str(word) for word in words], env={**environment, **options.pop("env", {})}, capture_output=True, text=True, timeout=120, **options)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done

    run.environment = environment
    return run


def layout(folder, images):
    """A folder in OCI's layout: {tag: {name in the layer: content}}."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(content):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"digest": "sha256:" + digest, "size": len(content)}

    manifests = []
    for tag, files in images.items():
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        layer = put(packed.getvalue())
        config = put(json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/" + next(iter(files))]},
                                 "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}).encode())
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
                    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **layer}]}
        manifests.append({"mediaType": manifest["mediaType"], **put(json.dumps(manifest).encode()), "annotations": {"org.opencontainers.image.ref.name": tag}})
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))
    return folder


def test_skopeo(engine, tools, tmp_path):
    repository = Registry(engine)
    uri = f"127.0.0.1:{engine.port}/{repository.name}"
    source = layout(tmp_path / "image", {"v1": {"app": b"one"}, "v2": {"app": b"two"}})
    for tag in ("v1", "v2"):
        tools("skopeo", "copy", "--dest-tls-verify=false", f"oci:{source}:{tag}", f"docker://{uri}:{tag}")
    seen = json.loads(tools("skopeo", "inspect", "--tls-verify=false", f"docker://{uri}:v1").stdout)
    assert seen["RepoTags"] == ["v1", "v2"] and seen["Architecture"] == "amd64"
    assert json.loads(tools("skopeo", "list-tags", "--tls-verify=false", f"docker://{uri}").stdout)["Tags"] == ["v1", "v2"]
    tools("skopeo", "copy", "--src-tls-verify=false", f"docker://{uri}:v1", f"dir:{tmp_path / 'back'}")
    assert (tmp_path / "back/manifest.json").read_bytes() == repository.ask("GET", "manifests/v1").body
    # From one repository into another: layers are mounted, not sent.
    other = Registry(engine)
    tools("skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{uri}:v1", f"docker://127.0.0.1:{engine.port}/{other.name}:v1")
    assert other.ask("GET", "manifests/v1").body == repository.ask("GET", "manifests/v1").body
    tools("skopeo", "sync", "--src-tls-verify=false", "--src", "docker", "--dest", "dir", uri, tmp_path / "synced")
    assert len(list((tmp_path / "synced").rglob("manifest.json"))) == 2
    tools("skopeo", "delete", "--tls-verify=false", f"docker://{uri}:v1")
    assert repository.ask("GET", "tags/list").json["tags"] == ["v2"]
    gone = tools("skopeo", "inspect", "--tls-verify=false", f"docker://{uri}:v1", check=False)
    assert gone.returncode != 0 and "manifest unknown" in gone.stderr


def test_docker_v2_format(engine, tools, tmp_path):
    repository = Registry(engine)
    uri = f"127.0.0.1:{engine.port}/{repository.name}"
    source = layout(tmp_path / "image", {"v1": {"app": b"one"}})
    tools("skopeo", "copy", "--format", "v2s2", "--dest-tls-verify=false", f"oci:{source}:v1", f"docker://{uri}:v1")
    assert repository.ask("GET", "manifests/v1").headers["content-type"] == "application/vnd.docker.distribution.manifest.v2+json"
    tools("skopeo", "copy", "--src-tls-verify=false", f"docker://{uri}:v1", f"oci:{tmp_path / 'back'}:v1")


def test_a_login_of_another_region(engine, tools, tmp_path):
    """The login says the region, since nothing in a path does."""
    there = Registry(engine, region="eu-west-1", headers={})
    host = f"127.0.0.1:{engine.port}"
    source = layout(tmp_path / "image", {"v1": {"app": b"one"}})
    push = ["skopeo", "copy", "--dest-tls-verify=false", f"oci:{source}:v1", f"docker://{host}/{there.name}:v1"]
    assert tools(*push, check=False).returncode != 0
    login = engine.run("aws", "ecr", "get-login-password", "--region", "eu-west-1").stdout
    tools("skopeo", "login", "--tls-verify=false", "--username", "AWS", "--password-stdin", host, input=login)
    tools(*push)
    assert there.ecr.list_images(repositoryName=there.name)["imageIds"][0]["imageTag"] == "v1"
    bad = tools("skopeo", "login", "--tls-verify=false", "--username", "AWS", "--password-stdin", host, input="guess", check=False)
    assert bad.returncode != 0


def test_push_commands_as_they_are_printed(engine, tools, tmp_path):
    repository = Registry(engine)
    layout(tmp_path / repository.name, {"latest": {"app": b"one"}})
    printed = engine.run("ecr", "push-commands", repository.name, "--tool", "skopeo").stdout
    commands = [line for line in printed.splitlines() if line and not line.startswith("#")]
    program = shlex.quote(engine.command[0])
    for command in commands:
        tools("bash", "-c", "set -euo pipefail; " + re.sub(r"^cumulet ", lambda _: program + " ", command), cwd=tmp_path)
    assert repository.ask("GET", "tags/list").json["tags"] == ["latest"]
    for tool in ("docker", "podman", "buildah"):
        text = engine.run("ecr", "push-commands", repository.name, "--tool", tool).stdout
        assert f"{tool} push" in text and f"127.0.0.1:{engine.port}/{repository.name}:latest" in text
        assert ("--tls-verify=false" in text) == (tool != "docker")
        assert ("--provenance=false" in text) == (tool == "docker")
    missing = engine.run("ecr", "push-commands", "none-" + uuid.uuid4().hex, check=False)
    assert missing.returncode == 1 and "create-repository" in missing.stderr


@needs_buildah
def test_build(engine, tools, tmp_path):
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "app").write_text("the program")
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY app /app\nENV A=b\nWORKDIR /work\nENTRYPOINT ["/app"]\n')
    works = tools("buildah", "build", "-t", "probe", folder, check=False)
    if works.returncode != 0:
        pytest.skip("buildah cannot build here: " + works.stderr[-300:])
    repository = Registry(engine)
    built = engine.run("ecr", "build", folder, "--repository", repository.name, "--tool", "buildah", "--tag", "built", environment=tools.environment)
    assert f"pushed 127.0.0.1:{engine.port}/{repository.name}:built" in built.stdout
    manifest = repository.ask("GET", "manifests/built").json
    config = repository.ask("GET", f"blobs/{manifest['config']['digest']}").json
    assert config["config"]["Entrypoint"] == ["/app"] and "A=b" in config["config"]["Env"]
    tools("buildah", "pull", "--tls-verify=false", f"127.0.0.1:{engine.port}/{repository.name}:built")
    for wrong in (["no-such-folder"], [folder, "--file", "none"]):
        refused = engine.run("ecr", "build", *wrong, "--repository", repository.name, check=False, environment=tools.environment)
        assert refused.returncode == 1 and "there is no" in refused.stderr
    nowhere = {**tools.environment, "PATH": str(pathlib.Path(tmp_path / "empty"))}
    refused = engine.run("ecr", "build", folder, "--repository", repository.name, check=False, environment=nowhere)
    assert refused.returncode == 1 and "apt-get install buildah" in refused.stderr
