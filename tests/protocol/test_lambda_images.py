"""Functions from container images: what the API says of them, what an image may hold, how it is run."""
import gzip
import json
import tarfile

import pytest
from botocore.exceptions import ClientError

from protocol import container_images as images
from protocol.container_images import ARCHITECTURE, ImageFunction, create, folder, hard_link, layer, link, member, probe_layer, push, push_probe
from protocol.lambda_functions import Function, eventually, probe_package, role, unique
from protocol.registry import OCI_MANIFEST, Registry, descriptor, image, index

OTHER = "arm64" if ARCHITECTURE == "amd64" else "amd64"


def refusal(call, *arguments, **named):
    with pytest.raises(ClientError) as failed:
        call(*arguments, **named)
    error = failed.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException", error
    return error["Message"]


def test_an_image_from_scratch_runs(engine):
    _, uri, digest = push_probe(engine, Env=["GREETING=hello", "AWS_REGION=mars"], Cmd=["one", "two"])
    with ImageFunction(engine, uri, MemorySize=256) as function:
        assert function.made["PackageType"] == "Image" and function.made["CodeSha256"] == digest.removeprefix("sha256:")
        assert "Runtime" not in function.made and "Handler" not in function.made and "RuntimeVersionConfig" not in function.made
        payload, error, answer = function.invoke("echo", text="from an image", tail=True)
        assert error is None and payload["text"] == "from an image"
        assert answer["ExecutedVersion"] == "$LATEST" and "REPORT RequestId" in answer["Log"]
        variables, _, _ = function.invoke("environment")
        assert variables["GREETING"] == "hello"
        assert variables["AWS_REGION"] == "us-east-1", "Lambda's own cannot be replaced"
        assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256" and variables["PATH"].startswith("/usr/local/sbin:")
        assert variables["PWD"] == "/" and "LD_LIBRARY_PATH" not in variables
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "/bootstrap\0one\0two\0"
        assert "INIT_START" not in function.log()
    described = None
    with ImageFunction(engine, uri) as function:
        described = function.client.get_function(FunctionName=function.name)
        assert described["Code"]["RepositoryType"] == "ECR" and described["Code"]["ImageUri"] == uri
        assert described["Code"]["ResolvedImageUri"] == uri.rsplit(":", 1)[0] + "@" + digest
        assert "Location" not in described["Code"]
        assert described["Configuration"]["State"] == "Active" and "ImageConfigResponse" not in described["Configuration"]


def test_only_the_image_is_seen(engine):
    _, uri, _ = push_probe(engine, layer(folder("app"), member("app/mine", b"mine"), folder("tmp", 0o777)))
    with ImageFunction(engine, uri) as function:
        names = set(function.invoke("list", text="/")[0].split())
        assert names - {".", ".."} == {"app", "bootstrap", "dev", "etc", "proc", "sys", "tmp"}
        assert function.invoke("read", text="/app/mine")[0] == "mine"
        assert function.invoke("list", text="/usr")[0] == "" and function.invoke("list", text="/lib")[0] == ""
        assert set(function.invoke("list", text="/etc")[0].split()) - {".", ".."} == {"hosts", "resolv.conf"}
        assert "localhost" in function.invoke("read", text="/etc/hosts")[0]
        assert function.invoke("write", text="/tmp/x")[0] is True
        assert function.invoke("write", text="/app/mine")[0] is False
        assert function.invoke("write", text="/new")[0] is False
        status = function.invoke("status")[0]
        assert "Uid:\t993\t993\t993\t993" in status and "CapEff:\t0000000000000000" in status and "CapBnd:\t0000000000000000" in status
        mounts = function.invoke("read", text="/proc/self/mountinfo")[0]
        assert "registry" not in mounts and "cumulet" not in mounts, mounts


def test_image_config_replaces_what_the_image_says(engine):
    _, uri, _ = push_probe(engine, layer(folder("work"), folder("other"), member("other/start", images.probe(), 0o755)), Cmd=["image"], WorkingDir="/work")
    with ImageFunction(engine, uri, ImageConfig={"Command": ["mine"]}) as function:
        told = function.client.get_function_configuration(FunctionName=function.name)
        assert told["ImageConfigResponse"] == {"ImageConfig": {"Command": ["mine"]}}
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "/bootstrap\0mine\0"
        assert function.invoke("environment")[0]["PWD"] == "/work"
        function.client.update_function_configuration(FunctionName=function.name, ImageConfig={"EntryPoint": ["/other/start", "-x"], "WorkingDirectory": "/other"})
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "/other/start\0-x\0image\0"
        assert function.invoke("environment")[0]["PWD"] == "/other"
        version = function.client.publish_version(FunctionName=function.name)
        assert version["ImageConfigResponse"]["ImageConfig"] == {"EntryPoint": ["/other/start", "-x"], "WorkingDirectory": "/other"}
        function.client.update_function_configuration(FunctionName=function.name, ImageConfig={})
        assert "ImageConfigResponse" not in function.client.get_function_configuration(FunctionName=function.name)
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "/bootstrap\0image\0"


def test_programs_are_found_by_path(engine):
    _, uri, _ = push_probe(engine, layer(folder("opt"), folder("opt/bin"), member("opt/bin/start", images.probe(), 0o755), folder("no"), member("no/start", b"data", 0o644)),
                           Env=["PATH=/none:/no:/opt/bin"], Entrypoint=["start"])
    with ImageFunction(engine, uri) as function:
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "start\0"


def test_every_way_to_name_an_image(engine):
    registry, uri, digest = push_probe(engine, tag="v1")
    host = f"localhost:{engine.port}"
    for name in (f"{host}/{registry.name}:v1", f"127.0.0.1:{engine.port}/{registry.name}@{digest}",
                 f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{registry.name}:v1",
                 f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{registry.name}@{digest}"):
        with ImageFunction(engine, name) as function:
            assert function.invoke("echo", text="x")[1] is None
            code = function.client.get_function(FunctionName=function.name)["Code"]
            assert code["ImageUri"] == name and code["ResolvedImageUri"] == f"{name.split('/')[0]}/{registry.name}@{digest}"
    client = engine.client("lambda")
    del client
    missing = f"{host}/{registry.name}:v2"
    assert refusal(create, engine, missing) == f"Source image {missing} does not exist. Provide a valid source image."
    missing = f"{host}/no-such-repository:v1"
    assert refusal(create, engine, missing) == f"Source image {missing} does not exist. Provide a valid source image."
    for wrong in (f"{host}/{registry.name}", "v1", f"{registry.name}:v1", f"{host}/UPPER:v1", "public.ecr.aws/lambda/python:3.12",
                  f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/{registry.name}:v1", f"{host}/{registry.name}@sha256:12", f"{host}/../x:v1"):
        assert refusal(create, engine, wrong).startswith(f"Source image {wrong} is not valid. Provide a valid source image."), wrong
    assert "does not exist" in refusal(create, engine, f"111111111111.dkr.ecr.us-east-1.amazonaws.com/{registry.name}:v1")


def test_an_image_of_another_region(engine):
    registry = Registry(engine, region="eu-west-1")
    token = registry.ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    registry.headers["Authorization"] = "Basic " + token
    uri, _ = push(registry, "1", [probe_layer()], Entrypoint=["/bootstrap"])
    assert "does not exist" in refusal(create, engine, uri)
    client = engine.client("lambda", region_name="eu-west-1")
    made = create(engine, uri, client=client)
    answer = client.invoke(FunctionName=made["FunctionName"], Payload=b'{"do":"echo"}')
    assert "FunctionError" not in answer
    client.delete_function(FunctionName=made["FunctionName"])


def test_what_does_not_fit_the_package_type(engine):
    _, uri, _ = push_probe(engine)
    client = engine.client("lambda")
    given = {"FunctionName": unique(), "Role": role(engine), "PackageType": "Image", "Code": {"ImageUri": uri}}
    both = "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
    for more in ({"Runtime": "python3.12"}, {"Handler": "a.b"}, {"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:x:1"]}):
        assert refusal(client.create_function, **given, **more) == both
    assert "ImageUri" in refusal(client.create_function, **{**given, "Code": {"ZipFile": probe_package()}})
    zip_function = {**given, "PackageType": "Zip", "Runtime": "provided.al2023", "Handler": "x"}
    assert "ImageUri" in refusal(client.create_function, **zip_function)
    assert refusal(client.create_function, **{k: v for k, v in given.items() if k != "PackageType"}) == \
        "Runtime and Handler are mandatory parameters for functions created with deployment packages."
    with Function(engine) as function:
        assert refusal(client.update_function_code, FunctionName=function.name, ImageUri=uri) == \
            "Please don't provide ImageUri when updating a function with packageType Zip."
        assert "ImageConfig" in refusal(client.update_function_configuration, FunctionName=function.name, ImageConfig={"Command": ["x"]})
    with ImageFunction(engine, uri) as function:
        assert refusal(client.update_function_code, FunctionName=function.name, ZipFile=probe_package()) == \
            "Please provide ImageUri when updating a function with packageType Image."
        assert refusal(client.update_function_configuration, FunctionName=function.name,
                       Layers=["arn:aws:lambda:us-east-1:000000000000:layer:x:1"]) == \
            "Lambda layers are not supported for functions created with container images."
        assert refusal(client.update_function_configuration, FunctionName=function.name, Handler="a.b") == both


def test_a_tag_is_pinned_until_the_code_is_updated(engine):
    registry, uri, first = push_probe(engine, Cmd=["first"])
    with ImageFunction(engine, uri) as function:
        _, second = push(registry, "1", [probe_layer()], Entrypoint=["/bootstrap"], Cmd=["second"])
        assert second != first
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "/bootstrap\0first\0"
        function.client.publish_version(FunctionName=function.name)
        dry = function.client.update_function_code(FunctionName=function.name, ImageUri=uri, DryRun=True)
        assert dry["CodeSha256"] == second.removeprefix("sha256:")
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "/bootstrap\0first\0"
        updated = function.client.update_function_code(FunctionName=function.name, ImageUri=uri)
        assert updated["CodeSha256"] == second.removeprefix("sha256:") and updated["PackageType"] == "Image"
        assert function.invoke("read", text="/proc/self/cmdline")[0] == "/bootstrap\0second\0"
        answer = function.client.invoke(FunctionName=function.name, Qualifier="1", Payload=b'{"do":"read","text":"/proc/self/cmdline"}')
        assert json.loads(answer["Payload"].read()) == "/bootstrap\0first\0"
        assert function.client.get_function(FunctionName=function.name, Qualifier="1")["Code"]["ResolvedImageUri"].endswith(first)


def test_an_image_that_is_deleted_runs_on(engine):
    registry, uri, digest = push_probe(engine)
    with ImageFunction(engine, uri) as function:
        registry.ecr.delete_repository(repositoryName=registry.name, force=True)
        assert function.invoke("echo", text="x")[1] is None
        assert function.client.get_function(FunctionName=function.name)["Code"]["ImageUri"] == uri
        assert "does not exist" in refusal(function.client.update_function_code, FunctionName=function.name, ImageUri=uri)
        assert function.invoke("echo", text="x")[1] is None


def test_an_index_is_refused_with_the_remedy(engine):
    registry, uri, digest = push_probe(engine)
    registry.push_manifest(index([registry.ask("GET", f"manifests/{digest}").body]), "many", media_type="application/vnd.oci.image.index.v1+json")
    many = uri.rsplit(":", 1)[0] + ":many"
    said = refusal(create, engine, many)
    assert said.startswith(f"The image manifest, config or layer media type for the source image {many} is not supported.")
    assert "--provenance=false" in said and "--image-index accept" in said


def test_an_index_is_accepted_where_it_was_chosen(own_engine):
    engine = own_engine(["--image-index", "accept"])
    registry, uri, digest = push_probe(engine)
    _, other = push(registry, "other", [probe_layer()], architecture=OTHER, Entrypoint=["/bootstrap"])
    bodies = [registry.ask("GET", f"manifests/{one}").body for one in (other, digest)]
    entries = [descriptor(body, OCI_MANIFEST, platform={"os": "linux", "architecture": name}) for body, name in zip(bodies, (OTHER, ARCHITECTURE))]
    registry.push_manifest({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}, "many",
                           media_type="application/vnd.oci.image.index.v1+json")
    many = uri.rsplit(":", 1)[0] + ":many"
    architecture = {"amd64": "x86_64", "arm64": "arm64"}[ARCHITECTURE]
    with ImageFunction(engine, many, Architectures=[architecture]) as function:
        assert function.client.get_function(FunctionName=function.name)["Code"]["ResolvedImageUri"].endswith(digest)
        assert function.invoke("echo", text="x")[1] is None
    registry.push_manifest({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries[:1]}, "none",
                           media_type="application/vnd.oci.image.index.v1+json")
    assert "no image for linux/" + ARCHITECTURE in refusal(create, engine, many.replace(":many", ":none"), Architectures=[architecture])


def test_media_types_that_nobody_can_run(engine):
    registry = Registry(engine)
    config = images.config([])
    registry.push_blob(config)
    for broken in ({"config": descriptor(config, "application/vnd.cncf.helm.config.v1+json")},
                   {"layers": [descriptor(config, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")]},
                   {"layers": [descriptor(config, "application/vnd.oci.image.layer.v1.tar+xz")]}):
        registry.push_manifest({**image(config, []), **broken}, "odd")
        uri = f"127.0.0.1:{engine.port}/{registry.name}:odd"
        assert refusal(create, engine, uri).startswith(f"The image manifest, config or layer media type for the source image {uri} is not supported.")


def test_another_processor(engine):
    _, uri, _ = push_probe(engine, architecture=OTHER)
    with ImageFunction(engine, uri) as function:
        payload, error, answer = function.invoke("echo", tail=True)
        assert error == "Unhandled" and payload["errorType"] == "Runtime.InvalidEntrypoint"
        assert payload["errorMessage"].endswith("Error: fork/exec /bootstrap: exec format error")


@pytest.mark.parametrize("run, kind, message", [
    ({"Entrypoint": ["/missing"]}, "Runtime.InvalidEntrypoint", "fork/exec /missing: no such file or directory"),
    ({"Entrypoint": ["missing"], "Cmd": ["a"]}, "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [missing a]"),
    ({"Entrypoint": ["/data"]}, "Runtime.InvalidEntrypoint", "fork/exec /data: permission denied"),
    ({"Entrypoint": ["/text"]}, "Runtime.InvalidEntrypoint", "fork/exec /text: exec format error"),
    ({"Entrypoint": []}, "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): []"),
    ({"WorkingDir": "relative"}, "Runtime.InvalidWorkingDir", "the working directory 'relative' is invalid, it needs to be an absolute path"),
    ({"WorkingDir": "/nowhere"}, "Runtime.InvalidWorkingDir", "the working directory doesn't exist: /nowhere"),
    ({"Env": ["PROBE_INIT=exit"]}, "Runtime.ExitError", "Runtime exited with error: exit status 3"),
])
def test_what_does_not_start(engine, run, kind, message):
    _, uri, _ = push_probe(engine, layer(member("data", b"x"), member("text", b"words", 0o755)), **run)
    with ImageFunction(engine, uri) as function:
        payload, error, answer = function.invoke("echo", tail=True)
        assert error == "Unhandled" and payload["errorType"] == kind, payload
        assert payload["errorMessage"].endswith("Error: " + message), payload
        log = eventually(function.log)
        if kind.startswith("Runtime.Invalid"):
            assert f"IMAGE\tLaunch error: {message}\tEntrypoint: [" in log, log


def test_layers_lie_over_each_other(engine):
    layers = [
        layer(folder("a"), member("a/one", b"1"), member("a/two", b"2"), folder("gone"), member("gone/x", b"x"), folder("opaque"), member("opaque/old", b"o"),
              member("file", b"file"), folder("folder"), member("folder/in", b"in"), link("link", "a"), folder("kept"), member("kept/x", b"kept")),
        layer(member("a/.wh.one"), member("a/three", b"3"), member(".wh.gone"), folder("opaque"), member("opaque/.wh..wh..opq"), member("opaque/new", b"n"),
              member(".wh.file"), folder("file"), member("file/now", b"now"), member(".wh.folder"), member("folder", b"was a folder"),
              member("hard", b"linked"), hard_link("a/hard", "hard")),
        layer(member(".wh.link"), member("link", b"no link"), member("gone", b"again")),
    ]
    _, uri, _ = push_probe(engine, *layers)
    with ImageFunction(engine, uri) as function:
        def read(path):
            return function.invoke("read", text=path)[0]

        def names(path):
            return set(function.invoke("list", text=path)[0].split()) - {".", ".."}
        assert names("/a") == {"two", "three", "hard"} and read("/a/two") == "2" and read("/a/hard") == "linked"
        assert names("/opaque") == {"new"} and names("/file") == {"now"} and read("/folder") == "was a folder"
        assert read("/link") == "no link" and read("/gone") == "again" and names("/kept") == {"x"}


def test_what_only_root_may_read_fails_as_on_aws(engine):
    _, uri, _ = push_probe(engine, layer(member("secret", b"root's", 0o600), member("group", b"g", 0o640), member("open", b"all", 0o604),
                                         folder("closed", 0o700), member("closed/x", b"x"), folder("blind", 0o711), member("blind/x", b"seen")),
                           User="root")
    with ImageFunction(engine, uri) as function:
        def read(path):
            return function.invoke("read", text=path)[0]
        assert read("/secret") == "" and read("/group") == "" and read("/closed/x") == ""
        assert read("/open") == "all" and read("/blind/x") == "seen"
        assert function.invoke("list", text="/closed")[0] == "" and function.invoke("list", text="/blind")[0] == ""
        assert "Uid:\t993\t" in function.invoke("status")[0], "whatever USER says"


HOSTILE = {
    "absolute": [member("/etc/evil", b"x")],
    "upwards": [member("a/../../evil", b"x")],
    "through a link": [link("out", "/tmp"), member("out/evil", b"x")],
    "a device": [member("dev-node", kind=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "a pipe": [member("pipe", kind=tarfile.FIFOTYPE)],
    "a hard link outwards": [hard_link("passwd", "../../../../etc/passwd")],
    "a whiteout of ..": [member(".wh...")],
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_layers_are_refused(engine, kind):
    _, uri, _ = push_probe(engine)
    registry = Registry(engine)
    uri, _ = push(registry, "1", [probe_layer(), layer(*HOSTILE[kind])], Entrypoint=["/bootstrap"])
    assert refusal(create, engine, uri).startswith(f"Source image {uri} is not valid. Provide a valid source image.")


def test_links_lead_nowhere_but_into_the_image(engine):
    """Absolute links, links upwards, and links where the sandbox mounts: all are followed in the image's own root."""
    _, uri, _ = push_probe(engine, layer(link("passwd", "/etc/passwd"), link("up", "../../../../../../etc/passwd"), link("proc", "/app"), link("dev", "/"),
                                         link("tmp", "/app"), folder("etc"), link("etc/resolv.conf", "/app/mine"), folder("app"), member("app/mine", b"mine")))
    with ImageFunction(engine, uri) as function:
        assert function.invoke("read", text="/passwd")[0] == "" and function.invoke("read", text="/up")[0] == ""
        assert function.invoke("write", text="/tmp/x")[0] is True and function.invoke("list", text="/app")[0].split() != []
        assert "x" not in function.invoke("list", text="/app")[0].split()
        assert function.invoke("read", text="/app/mine")[0] == "mine"


def test_a_layer_that_is_not_what_the_configuration_says(engine):
    registry = Registry(engine)
    good = probe_layer()
    for config, layers in ((images.config([good], diff_ids=["sha256:" + "0" * 64]), [good]), (images.config([good, good]), [good]),
                           (b"no json", [good]), (images.config([good], os="windows"), [good])):
        registry.push_image("bad", [gzip.compress(one, 1) for one in layers], config)
        uri = f"127.0.0.1:{engine.port}/{registry.name}:bad"
        assert refusal(create, engine, uri).startswith(f"Source image {uri} is not valid. Provide a valid source image.")


def test_no_tar_and_a_damaged_gzip(engine):
    registry = Registry(engine)
    good = probe_layer()
    for packed in (b"no gzip at all", gzip.compress(good, 1)[:-50]):
        registry.push_image("bad", [packed], images.config([good]))
        uri = f"127.0.0.1:{engine.port}/{registry.name}:bad"
        assert refusal(create, engine, uri).startswith(f"Source image {uri} is not valid. Provide a valid source image.")


def test_other_languages_are_told_of_images(engine):
    said = refusal(engine.client("lambda").create_function, FunctionName=unique(), Role=role(engine), Runtime="java21", Handler="a.B",
                   Code={"ZipFile": probe_package()})
    assert "PackageType Image" in said


def test_knowing_a_layers_digest_gives_it_to_nobody(engine):
    """The content of another repository's layer, named by a configuration beside a blob of one's own."""
    private = layer(member("secret", b"theirs"))
    _, uri, _ = push_probe(engine, private)
    with ImageFunction(engine, uri) as function:
        assert function.invoke("read", text="/secret")[0] == "theirs"
        registry, mine = Registry(engine), layer(member("mine", b"x"))
        registry.push_image("1", [gzip.compress(one, 1, mtime=0) for one in (probe_layer(), mine)], images.config([probe_layer(), private], Entrypoint=["/bootstrap"]))
        said = refusal(create, engine, f"127.0.0.1:{engine.port}/{registry.name}:1")
        assert "is not valid" in said and "its configuration says" in said
