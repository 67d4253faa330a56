"""What the conformance tests of OCI's distribution specification v1.1 ask of a registry, in its four workflows (pull, push, content
discovery, content management), written anew: https://github.com/opencontainers/distribution-spec/tree/v1.1.0/conformance

A check is a test, or one of a test's parameters; what theirs set up and tear down is checked where it is used."""
import json

import pytest

from protocol.registry import (OCI_EMPTY, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Registry, descriptor, digest_of, image, index)

MISSING = digest_of(b"nobody ever pushed this")
NO_TAG = ".INVALID_MANIFEST_NAME"
CODES = {"BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID",
         "MANIFEST_UNKNOWN", "NAME_INVALID", "NAME_UNKNOWN", "SIZE_INVALID", "UNAUTHORIZED", "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS"}
LAYER = b"a layer" * 100
EMPTY = b"{}"


@pytest.fixture(scope="module")
def pulled(engine):
    """A repository with one image, by tag and by digest."""
    repository = Registry(engine)
    repository.config = json.dumps({"architecture": "amd64", "os": "linux", "author": "pull"}).encode()
    repository.digest, repository.manifest = repository.push_image("tagtest0", [LAYER], repository.config)
    return repository


@pytest.fixture
def repository(engine):
    return Registry(engine)


class TestPull:
    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    def test_a_blob_that_is_not_there(self, pulled, method):
        answer = pulled.ask(method, f"blobs/{MISSING}")
        assert answer.status == 404
        if method == "GET":
            assert answer.code == "BLOB_UNKNOWN"

    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    def test_a_blob(self, pulled, method):
        answer = pulled.ask(method, f"blobs/{digest_of(LAYER)}")
        assert answer.status == 200
        assert answer.headers["docker-content-digest"] == digest_of(LAYER)
        assert int(answer.headers["content-length"]) == len(LAYER)
        assert answer.body == (LAYER if method == "GET" else b"")

    @pytest.mark.parametrize("asked, first, last", [("bytes=0-6", 0, 6), ("bytes=100-", 100, 699), ("bytes=-7", 693, 699), ("bytes=650-9999", 650, 699)])
    def test_a_part_of_a_blob(self, pulled, asked, first, last):
        answer = pulled.ask("GET", f"blobs/{digest_of(LAYER)}", headers={"Range": asked})
        assert answer.status == 206
        assert answer.headers["content-range"] == f"bytes {first}-{last}/700"
        assert answer.body == LAYER[first:last + 1]

    def test_a_part_beyond_a_blob(self, pulled):
        answer = pulled.ask("GET", f"blobs/{digest_of(LAYER)}", headers={"Range": "bytes=700-"})
        assert answer.status == 416 and answer.headers["content-range"] == "bytes */700"

    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    @pytest.mark.parametrize("reference", [NO_TAG, "no-such-tag", MISSING])
    def test_a_manifest_that_is_not_there(self, pulled, method, reference):
        answer = pulled.ask(method, f"manifests/{reference}", headers={"Accept": OCI_MANIFEST})
        assert answer.status == 404
        if method == "GET":
            assert answer.code == "MANIFEST_UNKNOWN"

    @pytest.mark.parametrize("method", ["HEAD", "GET"])
    @pytest.mark.parametrize("by", ["tag", "digest"])
    def test_a_manifest(self, pulled, method, by):
        answer = pulled.ask(method, f"manifests/{'tagtest0' if by == 'tag' else pulled.digest}", headers={"Accept": OCI_MANIFEST})
        assert answer.status == 200
        assert answer.headers["docker-content-digest"] == pulled.digest
        assert answer.headers["content-type"] == OCI_MANIFEST
        assert int(answer.headers["content-length"]) == len(pulled.manifest)
        assert answer.body == (pulled.manifest if method == "GET" else b"")

    def test_an_error_is_told_as_the_specification_says(self, pulled):
        answer = pulled.ask("PUT", "manifests/sha256:totallywrong", b"blablabla", {"Content-Type": OCI_MANIFEST})
        assert answer.status == 400
        assert answer.headers["content-type"] == "application/json"
        for error in answer.json["errors"]:
            assert error["code"] in CODES and error["message"]


class TestPush:
    def test_streamed(self, repository):
        location = repository.begin()
        answer = repository.ask("PATCH", location, iter([LAYER[:100], LAYER[100:]]), {"Content-Type": "application/octet-stream"})
        assert answer.status == 202 and answer.headers["range"] == "0-699"
        answer = repository.ask("PUT", f"{answer.location}?digest={digest_of(LAYER)}", b"", {"Content-Type": "application/octet-stream"})
        assert answer.status == 201 and answer.headers["docker-content-digest"] == digest_of(LAYER)
        assert repository.ask("GET", answer.location).body == LAYER

    def test_in_one_request(self, repository):
        assert repository.ask("GET", f"blobs/{digest_of(LAYER)}").status == 404
        answer = repository.ask("POST", f"blobs/uploads/?digest={digest_of(LAYER)}", LAYER, {"Content-Type": "application/octet-stream"})
        assert answer.status == 201
        assert repository.ask("GET", answer.location).body == LAYER

    def test_in_two_requests(self, repository):
        answer = repository.put(repository.begin(), LAYER)
        assert answer.status == 201
        assert repository.ask("GET", answer.location).body == LAYER

    def test_a_first_chunk_that_is_not_the_first(self, repository):
        answer = repository.ask("PATCH", repository.begin(), LAYER[300:], {"Content-Range": "300-699"})
        assert answer.status == 416
        assert answer.headers["range"] == "0-0"

    def test_chunks(self, repository):
        location = repository.begin()
        answer = repository.ask("PATCH", location, LAYER[:300], {"Content-Range": "0-299", "Content-Type": "application/octet-stream"})
        assert answer.status == 202 and answer.headers["range"] == "0-299"
        location = answer.location
        # The same once more is out of order.
        again = repository.ask("PATCH", location, LAYER[:300], {"Content-Range": "0-299"})
        assert again.status == 416 and again.headers["range"] == "0-299" and again.location
        status = repository.ask("GET", location)
        assert status.status == 204 and status.headers["range"] == "0-299" and status.location
        answer = repository.ask("PATCH", status.location, LAYER[300:400], {"Content-Range": "300-399"})
        assert answer.status == 202 and answer.headers["range"] == "0-399"
        answer = repository.put(answer.location, LAYER[400:], digest_of(LAYER), {"Content-Range": "400-699"})
        assert answer.status == 201
        assert repository.ask("GET", answer.location).body == LAYER

    def test_chunks_with_nothing_in_the_last_request(self, repository):
        answer = repository.ask("PATCH", repository.begin(), LAYER, {"Content-Range": "0-699"})
        assert answer.status == 202
        assert repository.ask("PUT", f"{answer.location}?digest={digest_of(LAYER)}").status == 201

    def test_cancel(self, repository):
        location = repository.begin()
        repository.ask("PATCH", location, LAYER)
        assert repository.ask("DELETE", location).status == 204
        assert repository.ask("GET", location).status == 404
        answer = repository.put(location, LAYER)
        assert answer.status == 404 and answer.code == "BLOB_UPLOAD_UNKNOWN"

    def test_mount(self, engine, repository):
        repository.push_blob(LAYER)
        other = Registry(engine)
        assert other.ask("GET", f"blobs/{digest_of(LAYER)}").status == 404
        answer = other.ask("POST", f"blobs/uploads/?mount={digest_of(LAYER)}&from={repository.name}")
        assert answer.status == 201
        assert answer.headers["docker-content-digest"] == digest_of(LAYER)
        assert other.ask("GET", answer.location).body == LAYER

    @pytest.mark.parametrize("query", ["mount={missing}&from={name}", "mount={layer}", "mount={layer}&from=no-such-repository"])
    def test_what_cannot_be_mounted_is_pushed(self, engine, repository, query):
        repository.push_blob(LAYER)
        other = Registry(engine)
        answer = other.ask("POST", "blobs/uploads/?" + query.format(missing=MISSING, layer=digest_of(LAYER), name=repository.name))
        assert answer.status == 202
        assert other.put(answer.location, LAYER).status == 201

    def test_manifests(self, repository):
        config = b'{"architecture": "amd64", "os": "linux"}'
        for blob in (config, LAYER):
            repository.push_blob(blob)
        for i in range(4):
            answer, body = repository.push_manifest(image(config, [LAYER]), f"test{i}")
            assert answer.status == 201 and answer.location
            assert answer.headers["docker-content-digest"] == digest_of(body)
        assert repository.ask("GET", f"manifests/{digest_of(body)}").body == body
        assert repository.ask("GET", answer.location).body == body

    def test_a_manifest_without_layers(self, repository):
        repository.push_blob(EMPTY)
        answer, body = repository.push_manifest(image(EMPTY, []), "empty")
        assert answer.status == 201
        assert repository.ask("GET", "manifests/empty").body == body

    def test_a_manifest_by_digest(self, repository):
        digest, body = repository.push_image()
        assert repository.ask("GET", f"manifests/{digest}").body == body
        assert repository.ask("GET", "tags/list").json["tags"] == []

    def test_a_manifest_by_a_digest_that_is_another_ones(self, repository):
        repository.push_blob(EMPTY)
        answer, _ = repository.push_manifest(image(EMPTY, []), MISSING)
        assert answer.status == 400 and answer.code == "DIGEST_INVALID"

    def test_an_index(self, repository):
        _, one = repository.push_image()
        _, two = repository.push_image()
        answer, body = repository.push_manifest(index([one, two]), "both", OCI_INDEX)
        assert answer.status == 201
        got = repository.ask("GET", "manifests/both")
        assert got.body == body and got.headers["content-type"] == OCI_INDEX


@pytest.fixture(scope="module")
def discovered(engine):
    """Tags, and manifests that refer to one that is there, to one that came later, and to one that never came."""
    repository = Registry(engine)
    config = b'{"architecture": "amd64", "os": "linux", "author": "discovery"}'
    for blob in (config, LAYER, EMPTY, b"reference A", b"reference B"):
        repository.push_blob(blob)
    subject = json.dumps(image(config, [LAYER])).encode()
    absent = json.dumps(image(config, [LAYER], annotations={"never": "pushed"})).encode()
    repository.subject, repository.absent = digest_of(subject), digest_of(absent)
    repository.referring = {}

    def refer(name, manifest, to, media_type=OCI_MANIFEST):
        manifest = {**manifest, "subject": descriptor(to, OCI_MANIFEST), "annotations": {"org.example.test": name}}
        answer, body = repository.push_manifest(manifest, media_type=media_type)
        assert answer.status == 201, answer
        assert answer.headers["oci-subject"] == digest_of(to)
        repository.referring[name] = digest_of(body)

    def by_config(kind, blob):
        return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(blob, kind), "layers": [descriptor(EMPTY, OCI_EMPTY)]}

    def by_type(kind, blob):
        return {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": kind, "config": descriptor(EMPTY, OCI_EMPTY),
                "layers": [descriptor(blob, kind)]}

    kind_a, kind_b = "application/vnd.example.a", "application/vnd.example.b"
    refer("config A", by_config(kind_a, b"reference A"), subject)
    refer("type A", by_type(kind_a, b"reference A"), subject)
    refer("index", {"schemaVersion": 2, "mediaType": OCI_INDEX, "artifactType": "application/vnd.example.index", "manifests": []}, subject, OCI_INDEX)
    for i in range(4):
        assert repository.push_manifest(subject, f"test{i}")[0].status == 201
    refer("config B", by_config(kind_b, b"reference B"), subject)
    refer("type B", by_type(kind_b, b"reference B"), subject)
    refer("absent", by_type(kind_b, b"reference B"), absent)
    return repository


def named(repository, answer):
    """Which referring manifests an answer lists."""
    assert answer.status == 200
    assert answer.headers["content-type"] == OCI_INDEX
    listed = answer.json
    assert listed["schemaVersion"] == 2 and listed["mediaType"] == OCI_INDEX
    for one in listed["manifests"]:
        assert repository.referring[one["annotations"]["org.example.test"]] == one["digest"]
        assert one["size"] == len(repository.ask("GET", f"manifests/{one['digest']}").body)
    return sorted(one["annotations"]["org.example.test"] for one in listed["manifests"])


class TestDiscovery:
    def test_tags(self, discovered):
        answer = discovered.ask("GET", "tags/list")
        assert answer.status == 200
        assert answer.json == {"name": discovered.name, "tags": ["test0", "test1", "test2", "test3"]}

    @pytest.mark.parametrize("n", [0, 1, 2, 4, 100])
    def test_tags_by_number(self, discovered, n):
        answer = discovered.ask("GET", f"tags/list?n={n}")
        assert answer.json["tags"] == [f"test{i}" for i in range(min(n, 4))]
        assert ("link" in answer.headers) == (n in (1, 2))

    def test_tags_after_one(self, discovered):
        assert discovered.ask("GET", "tags/list?n=2&last=test1").json["tags"] == ["test2", "test3"]
        assert discovered.ask("GET", "tags/list?last=test3").json["tags"] == []

    def test_pages_of_tags(self, discovered):
        found, path = [], "tags/list?n=3"
        while path:
            answer = discovered.ask("GET", path)
            found += answer.json["tags"]
            link = answer.headers.get("link")
            assert link is None or link.endswith('>; rel="next"')
            path = link and link[1:link.index(">")]
        assert found == ["test0", "test1", "test2", "test3"]

    def test_references_to_nothing_known(self, discovered):
        assert named(discovered, discovered.ask("GET", f"referrers/{MISSING}")) == []

    def test_references(self, discovered):
        answer = discovered.ask("GET", f"referrers/{discovered.subject}")
        assert named(discovered, answer) == ["config A", "config B", "index", "type A", "type B"]
        assert "oci-filters-applied" not in answer.headers

    def test_references_of_a_type(self, discovered):
        answer = discovered.ask("GET", f"referrers/{discovered.subject}?artifactType=application/vnd.example.a")
        assert named(discovered, answer) == ["config A", "type A"]
        assert answer.headers["oci-filters-applied"] == "artifactType"
        assert {one["artifactType"] for one in answer.json["manifests"]} == {"application/vnd.example.a"}

    def test_references_to_what_never_came(self, discovered):
        assert named(discovered, discovered.ask("GET", f"referrers/{discovered.absent}")) == ["absent"]

    def test_pages_of_references(self, discovered):
        found, path = [], f"referrers/{discovered.subject}?n=2"
        while path:
            answer = discovered.ask("GET", path)
            found += named(discovered, answer)
            link = answer.headers.get("link")
            path = link and link[1:link.index(">")]
        assert sorted(found) == ["config A", "config B", "index", "type A", "type B"]


class TestManagement:
    def test_a_tag_goes_and_the_manifest_stays(self, repository):
        digest, _ = repository.push_image("tagtest0")
        assert repository.ask("DELETE", "manifests/tagtest0").status == 202
        assert repository.ask("GET", "manifests/tagtest0").status == 404
        assert repository.ask("GET", "tags/list").json["tags"] == []
        assert repository.ask("GET", f"manifests/{digest}").status == 200

    def test_a_manifest_goes_with_its_tags(self, repository):
        digest, _ = repository.push_image("tagtest0")
        assert repository.ask("DELETE", f"manifests/{digest}").status == 202
        for reference in (digest, "tagtest0"):
            answer = repository.ask("GET", f"manifests/{reference}")
            assert answer.status == 404 and answer.code == "MANIFEST_UNKNOWN"
        assert repository.ask("GET", "tags/list").json["tags"] == []
        assert repository.ask("DELETE", f"manifests/{digest}").status == 404

    def test_a_blob(self, repository):
        digest = repository.push_blob(LAYER)
        assert repository.ask("DELETE", f"blobs/{digest}").status == 202
        answer = repository.ask("GET", f"blobs/{digest}")
        assert answer.status == 404 and answer.code == "BLOB_UNKNOWN"
        assert repository.ask("DELETE", f"blobs/{digest}").status == 404

    def test_a_blob_that_a_manifest_needs_stays(self, repository):
        repository.push_image("tag", [LAYER])
        answer = repository.ask("DELETE", f"blobs/{digest_of(LAYER)}")
        assert answer.status == 405 and answer.code == "UNSUPPORTED"
        assert repository.ask("GET", f"blobs/{digest_of(LAYER)}").body == LAYER

    def test_a_manifest_that_an_index_needs_stays(self, repository):
        digest, one = repository.push_image()
        _, body = repository.push_manifest(index([one]), "all", OCI_INDEX)
        answer = repository.ask("DELETE", f"manifests/{digest}")
        assert answer.status == 403 and answer.code == "DENIED"
        assert repository.ask("DELETE", f"manifests/{digest_of(body)}").status == 202
        assert repository.ask("DELETE", f"manifests/{digest}").status == 202
