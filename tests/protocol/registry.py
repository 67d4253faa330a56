"""A registry's client as small as it can be: what a test wants on the wire is what it sends."""
import dataclasses
import hashlib
import http.client
import json
import urllib.parse
import uuid

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(content, media_type, **more):
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content), **more}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict  # lower-case names
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["errors"][0]["code"]

    @property
    def location(self):
        return self.headers["location"]


class Registry:
    """One repository, made for the test."""

    def __init__(self, engine, name=None, headers=None, create=True, region="us-east-1", **settings):
        self.engine, self.headers = engine, headers or {}
        self.name = name or "repo-" + uuid.uuid4().hex[:12]
        self.ecr = engine.client("ecr", region_name=region)
        if create:
            self.ecr.create_repository(repositoryName=self.name, **settings)

    def ask(self, method, path, body=None, headers=None):
        """`path`: from "/", or below /v2/NAME/."""
        if not path.startswith("/"):
            path = f"/v2/{self.name}/{path}"
        connection = http.client.HTTPConnection("127.0.0.1", self.engine.port, timeout=60)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def begin(self):
        answer = self.ask("POST", "blobs/uploads/")
        assert answer.status == 202, answer
        return answer.location

    def put(self, location, content, digest=None, headers=None):
        between = "&" if "?" in location else "?"
        query = urllib.parse.urlencode({"digest": digest or digest_of(content)})
        return self.ask("PUT", location + between + query, content, headers)

    def push_blob(self, content):
        answer = self.put(self.begin(), content)
        assert answer.status == 201, answer
        return digest_of(content)

    def push_manifest(self, manifest, reference=None, media_type=OCI_MANIFEST):
        body = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        return self.ask("PUT", f"manifests/{reference or digest_of(body)}", body, {"Content-Type": media_type}), body

    def push_image(self, tag=None, layers=None, config=None):
        """A small image; its digest and its manifest's bytes."""
        config = config if config is not None else json.dumps({"architecture": "amd64", "os": "linux", "n": uuid.uuid4().hex}).encode()
        layers = layers if layers is not None else [b"layer of " + self.name.encode()]
        for blob in (config, *layers):
            self.push_blob(blob)
        answer, body = self.push_manifest(image(config, layers), tag)
        assert answer.status == 201, answer
        return digest_of(body), body


def image(config, layers, media_type=OCI_MANIFEST, **more):
    return {"schemaVersion": 2, "mediaType": media_type, "config": descriptor(config, OCI_CONFIG),
            "layers": [descriptor(layer, OCI_LAYER) for layer in layers], **more}


def index(manifests, **more):
    return {"schemaVersion": 2, "mediaType": OCI_INDEX,
            "manifests": [descriptor(one, OCI_MANIFEST) for one in manifests], **more}
