"""Container images made by hand, so that a test can put into one what no tool would; and functions of them."""
import gzip
import hashlib
import io
import json
import platform
import tarfile
import uuid

from protocol import lambda_functions
from protocol.lambda_functions import probe, role, unique
from protocol.registry import OCI_CONFIG, OCI_LAYER, Registry, digest_of, image

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def member(name, content=b"", mode=0o644, kind=tarfile.REGTYPE, target="", **more):
    """One member of a layer: what tarfile calls a TarInfo, and its bytes."""
    info = tarfile.TarInfo(name)
    info.mode, info.type, info.linkname, info.size = mode, kind, target, len(content)
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def folder(name, mode=0o755):
    return member(name, mode=mode, kind=tarfile.DIRTYPE)


def link(name, target):
    return member(name, kind=tarfile.SYMTYPE, target=target)


def hard_link(name, target):
    return member(name, kind=tarfile.LNKTYPE, target=target)


def layer(*members):
    """An uncompressed layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def probe_layer(path="bootstrap"):
    return layer(member(path, probe(), 0o755))


def config(layers, architecture=ARCHITECTURE, os="linux", diff_ids=None, **run):
    """The configuration of an image of these uncompressed layers."""
    return json.dumps({"architecture": architecture, "os": os, "config": run, "n": uuid.uuid4().hex,
                       "rootfs": {"type": "layers", "diff_ids": diff_ids or ["sha256:" + hashlib.sha256(one).hexdigest() for one in layers]}}).encode()


def push(registry, tag, layers, **run):
    """Pushes an image `FROM scratch` of uncompressed layers; its URI by `tag` and its digest."""
    packed = [gzip.compress(one, 1, mtime=0) for one in layers]
    digest, _ = registry.push_image(tag, packed, config(layers, **run))
    return f"127.0.0.1:{registry.engine.port}/{registry.name}:{tag}", digest


def push_probe(engine, *more_layers, tag="1", region="us-east-1", **run):
    registry = Registry(engine, region=region)
    uri, digest = push(registry, tag, [probe_layer(), *more_layers], **{"Entrypoint": ["/bootstrap"], **run})
    return registry, uri, digest


def create(engine, uri, name=None, client=None, **more):
    return (client or engine.client("lambda")).create_function(
        FunctionName=name or unique("image"), PackageType="Image", Code={"ImageUri": uri}, Role=role(engine), **more)


class ImageFunction(lambda_functions.Function):
    """A function of an image, removed at the end."""

    def __init__(self, engine, uri, **more):
        lambda_functions.needs_sandbox()
        self.engine = engine
        self.client = engine.client("lambda")
        made = create(engine, uri, **more)
        self.name, self.arn, self.made = made["FunctionName"], made["FunctionArn"], made


__all__ = ["ARCHITECTURE", "OCI_CONFIG", "OCI_LAYER", "ImageFunction", "config", "create", "digest_of", "folder", "hard_link", "image",
           "layer", "link", "member", "probe_layer", "push", "push_probe"]
