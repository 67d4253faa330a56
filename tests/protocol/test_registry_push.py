"""Pushes that go wrong: hostile, interrupted, at the same time, without end. Nothing of them is seen, and nothing of anybody else's."""
import hashlib
import http.client
import json
import socket
import threading
import time

import pytest

from protocol.registry import (DOCKER_LIST, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Registry, descriptor, digest_of,
                               image, index)

CONFIG = b'{"architecture": "amd64", "os": "linux"}'
MISSING = digest_of(b"nobody has this")


@pytest.fixture
def repository(engine):
    return Registry(engine)


def refused(answer, status, code):
    assert (answer.status, answer.code) == (status, code), answer
    return answer


class TestBlobs:
    @pytest.mark.parametrize("way", ["post", "put", "patch and put"])
    def test_a_lying_digest(self, repository, way):
        content, lie = b"content" * 1000, digest_of(b"something else")
        if way == "post":
            answer = repository.ask("POST", f"blobs/uploads/?digest={lie}", content)
        elif way == "put":
            answer = repository.put(repository.begin(), content, lie)
        else:
            location = repository.ask("PATCH", repository.begin(), content).location
            answer = repository.put(location, b"", lie)
            assert repository.ask("GET", location).status == 404  # and the upload is gone
        refused(answer, 400, "DIGEST_INVALID")
        for digest in (lie, digest_of(content)):
            assert repository.ask("HEAD", f"blobs/{digest}").status == 404

    @pytest.mark.parametrize("digest", ["", "sha256:", "sha256:" + "G" * 64, "sha256:" + "a" * 63, "sha512:" + "a" * 128, "md5:" + "a" * 32, "../../etc/passwd"])
    def test_what_is_no_digest(self, repository, digest):
        refused(repository.put(repository.begin(), b"x", digest or " "), 400, "DIGEST_INVALID")
        if "/" not in digest and digest:
            refused(repository.ask("GET", f"blobs/{digest}"), 400, "DIGEST_INVALID")

    def test_an_empty_blob(self, repository):
        repository.push_blob(b"")
        answer = repository.ask("GET", f"blobs/{digest_of(b'')}")
        assert answer.status == 200 and answer.body == b""

    @pytest.mark.parametrize("field", ["x", "5-3", "-1-3", "0-", "0-99999999999999999999"])
    def test_what_is_no_range(self, repository, field):
        answer = repository.ask("PATCH", repository.begin(), b"abcd", {"Content-Range": field})
        assert answer.status in (400, 416) and answer.code in ("BLOB_UPLOAD_INVALID", "SIZE_INVALID")

    def test_a_range_of_another_length(self, repository):
        refused(repository.ask("PATCH", repository.begin(), b"abcd", {"Content-Range": "0-9"}), 400, "SIZE_INVALID")

    def test_an_upload_is_its_repositorys(self, engine, repository):
        location = repository.begin()
        other = Registry(engine)
        stolen = location.replace(repository.name, other.name)
        for method in ("GET", "PATCH", "PUT", "DELETE"):
            answer = other.ask(method, stolen + (f"?digest={digest_of(b'x')}" if method == "PUT" else ""), b"x")
            assert answer.status == 404 and (method == "GET" or answer.code == "BLOB_UPLOAD_UNKNOWN")
        assert repository.ask("GET", location).status == 204

    def test_blobs_of_other_repositories_are_not_seen(self, engine, repository):
        secret = b"a secret layer"
        digest = repository.push_blob(secret)
        other = Registry(engine)
        assert other.ask("GET", f"blobs/{digest}").status == 404
        other.push_blob(CONFIG)
        answer, _ = other.push_manifest(image(CONFIG, [secret]), "stolen")
        refused(answer, 404, "MANIFEST_BLOB_UNKNOWN")
        assert answer.json["errors"][0]["detail"] == {"digest": digest}

    def test_a_client_that_vanishes_and_goes_on(self, engine, repository):
        content = bytes(range(256)) * 20_000  # 5 MB
        location = repository.begin()
        with socket.create_connection(("127.0.0.1", engine.port)) as raw:
            raw.sendall(f"PATCH {location} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content[:3_000_000])
            time.sleep(0.3)
        end = time.time() + 30
        while True:  # what arrived is kept; it takes the engine a moment to see that no more comes
            status = repository.ask("GET", location)
            kept = int(status.headers["range"].split("-")[1]) + 1
            if kept > 1 or time.time() > end:
                break
            time.sleep(0.05)
        assert 1 < kept <= 3_000_000
        answer = repository.put(location, content[kept:], digest_of(content), {"Content-Range": f"{kept}-{len(content) - 1}"})
        assert answer.status == 201, answer
        assert repository.ask("GET", answer.location).body == content

    def test_one_blob_by_many_at_once(self, engine, repository):
        content = bytes(range(256)) * 10_000
        others = [repository] + [Registry(engine) for _ in range(3)]
        answers = []

        def push(target):
            answers.append(target.put(target.begin(), content).status)

        threads = [threading.Thread(target=push, args=(others[i % 4],)) for i in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [201] * 16
        for target in others:
            assert hashlib.sha256(target.ask("GET", f"blobs/{digest_of(content)}").body).hexdigest() == digest_of(content)[7:]

    def test_two_requests_at_one_upload(self, engine, repository):
        location = repository.begin()
        slow = http.client.HTTPConnection("127.0.0.1", engine.port)
        slow.putrequest("PATCH", location)
        slow.putheader("Content-Length", "10")
        slow.endheaders(b"01234")
        time.sleep(0.2)
        answer = repository.ask("PATCH", location, b"other")
        refused(answer, 416, "BLOB_UPLOAD_INVALID")
        slow.send(b"56789")
        assert slow.getresponse().status == 202
        assert repository.put(location, b"", digest_of(b"0123456789")).status == 201

    def test_uploads_that_nobody_ends_are_bounded(self, engine, repository):
        location = None
        for _ in range(1000):
            location = repository.begin()
        refused(repository.ask("POST", "blobs/uploads/"), 429, "TOOMANYREQUESTS")
        assert repository.ask("DELETE", location).status == 204
        repository.begin()
        assert Registry(engine).begin()  # others are not held up


class TestManifests:
    def push(self, repository, manifest, media_type=OCI_MANIFEST):
        repository.push_blob(CONFIG)
        repository.push_blob(b"layer")
        return repository.push_manifest(manifest, "tag", media_type)[0]

    @pytest.mark.parametrize("manifest", [
        b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"schemaVersion": 2', b"[" * 100_000, b'{"a":' * 50_000,
        {"schemaVersion": 1, "name": "a", "fsLayers": []}, {"schemaVersion": 2, "mediaType": OCI_MANIFEST},
        {**image(CONFIG, [b"layer"]), "schemaVersion": "2"}, {**image(CONFIG, [b"layer"]), "mediaType": 5},
        {**image(CONFIG, [b"layer"]), "layers": "all"}, {**image(CONFIG, [b"layer"]), "layers": [5]},
        {**image(CONFIG, [b"layer"]), "config": {}}, {**image(CONFIG, [b"layer"]), "annotations": {"a": 1}},
        {**image(CONFIG, [b"layer"]), "manifests": []}, {**image(CONFIG, [b"layer"]), "subject": {"digest": "x"}},
        {**image(CONFIG, []), "layers": [{**descriptor(b"layer", OCI_LAYER), "size": -1}]},
        {**image(CONFIG, []), "layers": [{**descriptor(b"layer", OCI_LAYER), "size": 1 << 63}]},
        {**image(CONFIG, []), "layers": [{**descriptor(b"layer", OCI_LAYER), "digest": "sha256:../../x"}]},
        {**image(CONFIG, []), "layers": [descriptor(b"layer", "no media type")]},
        {**image(CONFIG, []), "layers": [descriptor(b"layer", OCI_LAYER)] * 1001},
        {**image(CONFIG, []), "layers": [descriptor(b"layer", OCI_LAYER)] * 20_000}, {**image(CONFIG, [b"layer"]), "artifactType": "<script>"},
    ], ids=lambda m: (m if isinstance(m, bytes) else json.dumps(m).encode())[:30].decode(errors="replace"))
    def test_what_is_no_manifest(self, repository, manifest):
        answer = self.push(repository, manifest)
        assert answer.status in (400, 413) and answer.code == "MANIFEST_INVALID", answer
        assert repository.ask("GET", "tags/list").json["tags"] == []

    def test_a_hundred_thousand_layers(self, repository):
        answer = self.push(repository, {**image(CONFIG, []), "layers": [descriptor(b"layer", OCI_LAYER)] * 100_000})
        refused(answer, 413, "MANIFEST_INVALID")

    @pytest.mark.parametrize("sent", [DOCKER_MANIFEST, OCI_INDEX, "application/json", "text/html"])
    def test_a_type_that_contradicts(self, repository, sent):
        refused(self.push(repository, image(CONFIG, [b"layer"]), sent), 400, "MANIFEST_INVALID")

    def test_an_image_that_is_an_index_too(self, repository):
        both = {**image(CONFIG, [b"layer"]), **index([])}
        refused(self.push(repository, both, OCI_INDEX), 400, "MANIFEST_INVALID")

    def test_a_size_that_is_another(self, repository):
        manifest = image(CONFIG, [b"layer"])
        manifest["layers"][0]["size"] += 1
        refused(self.push(repository, manifest), 400, "SIZE_INVALID")

    def test_what_is_not_there(self, repository):
        refused(self.push(repository, image(CONFIG, [b"never pushed"])), 404, "MANIFEST_BLOB_UNKNOWN")
        refused(self.push(repository, index([b"never pushed"]), OCI_INDEX), 404, "MANIFEST_BLOB_UNKNOWN")

    @pytest.mark.parametrize("parameters", ["", "; charset=utf-8"])
    def test_dockers_types(self, repository, parameters):
        manifest = {**image(CONFIG, [b"layer"], DOCKER_MANIFEST)}
        assert self.push(repository, manifest, DOCKER_MANIFEST + parameters).status == 201
        answer = repository.ask("GET", "manifests/tag")
        assert answer.headers["content-type"] == DOCKER_MANIFEST
        listed = {"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": [descriptor(answer.body, DOCKER_MANIFEST)]}
        assert repository.push_manifest(listed, "list", DOCKER_LIST)[0].status == 201
        assert repository.ask("GET", "manifests/list").headers["content-type"] == DOCKER_LIST

    def test_a_layer_that_nobody_may_hand_on(self, repository):
        manifest = image(CONFIG, [])
        manifest["layers"] = [{**descriptor(b"windows", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"), "urls": ["https://example.com/x"]}]
        assert self.push(repository, manifest).status == 201

    @pytest.mark.parametrize("tag", ["-a", ".a", "a" * 129, "a%2Fb", "a%20b", "%00", "%C3%A4"])
    def test_tags(self, repository, tag):
        repository.push_blob(CONFIG)
        answer = repository.ask("PUT", f"manifests/{tag}", json.dumps(image(CONFIG, [])), {"Content-Type": OCI_MANIFEST})
        assert answer.status in (400, 404) and answer.code in ("TAG_INVALID", "NAME_INVALID"), answer


class TestPaths:
    @pytest.mark.parametrize("path", [
        "/v2", "/v2/_catalog?n=x", "/v2/a/../b/tags/list", "/v2//tags/list", "/v2/A/tags/list", "/v2/a%00b/tags/list", "/v2/%2e%2e/tags/list",
        "/v2/a/", "/v2/a", "/v2/a/nothing/here", "/v2/" + "a" * 300 + "/tags/list", "/v2/a/manifests/", "/v2/a/tags/list?n=-1", "/v2/a/tags/list?x=%zz"])
    def test_what_is_no_path(self, engine, path):
        registry = Registry(engine, "a1", create=False)
        for method in ("GET", "PUT", "POST", "DELETE", "BREW"):
            assert registry.ask(method, path, b"" if method != "GET" else None).status in (308, 400, 401, 404, 405)

    def test_a_repository_that_is_not_there(self, engine):
        registry = Registry(engine, "never-made", create=False)
        for method, path in (("POST", "blobs/uploads/"), ("GET", "tags/list"), ("GET", "manifests/x"), ("PUT", "manifests/x"), ("GET", f"blobs/{MISSING}"),
                             ("GET", f"referrers/{MISSING}"), ("DELETE", "manifests/x")):
            body = json.dumps(image(CONFIG, [])) if method == "PUT" else None
            refused(registry.ask(method, path, body, {"Content-Type": OCI_MANIFEST}), 404, "NAME_UNKNOWN")

    def test_other_methods(self, repository):
        for path in ("tags/list", f"blobs/{MISSING}", "manifests/x", "blobs/uploads/", f"referrers/{MISSING}"):
            assert repository.ask("BREW", path).status == 405

    def test_s3_keeps_what_is_its_own(self, engine):
        s3 = engine.client("s3")
        s3.create_bucket(Bucket="has-v2-keys")
        s3.put_object(Bucket="has-v2-keys", Key="v2/key", Body=b"an object")
        registry = Registry(engine, "x1", create=False)
        answer = registry.ask("GET", "/v2/key", headers={"Host": f"has-v2-keys.localhost:{engine.port}"})
        assert answer.status == 200 and answer.body == b"an object"
        # What is signed for another service of AWS with such paths is not the registry's.
        signed = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=00"
        assert b"is not implemented" in registry.ask("GET", "/v2/apis", headers={"Authorization": signed}).body

    def test_pages_of_other_sites_may_not_push(self, repository):
        answer = repository.ask("POST", "blobs/uploads/", headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
        assert answer.status == 403
