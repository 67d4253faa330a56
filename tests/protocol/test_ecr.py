"""ECR's API by boto3: repositories, logins, policies, tags, images and layers, with AWS's errors."""
import base64
import http.client
import json
import time
import urllib.parse
import uuid

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from protocol.registry import OCI_INDEX, OCI_MANIFEST, Registry, digest_of, image, index

ACCOUNT = "000000000000"
MISSING = digest_of(b"missing")


@pytest.fixture(scope="module")
def ecr(engine):
    return engine.client("ecr")


@pytest.fixture
def repository(engine):
    return Registry(engine)


def refused(call, code, **arguments):
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    assert refusal.value.response["Error"]["Code"] == code, refusal.value
    return refusal.value.response["Error"]["Message"]


def name():
    return "repo-" + uuid.uuid4().hex[:12]


def eventually(is_so, seconds=60):
    end = time.time() + seconds
    while not is_so():
        assert time.time() < end, "it did not come to be"
        time.sleep(0.05)


class TestRepositories:
    def test_their_life(self, engine, ecr):
        one = "team/" + name()
        made = ecr.create_repository(repositoryName=one, imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True},
                                     tags=[{"Key": "a", "Value": "b"}])["repository"]
        assert made["repositoryArn"] == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{one}"
        assert made["repositoryUri"] == f"127.0.0.1:{engine.port}/{one}"
        assert made["registryId"] == ACCOUNT and made["imageTagMutability"] == "IMMUTABLE"
        assert made["imageScanningConfiguration"] == {"scanOnPush": True}
        assert made["encryptionConfiguration"] == {"encryptionType": "AES256"}
        assert ecr.describe_repositories(repositoryNames=[one])["repositories"] == [made]
        assert refused(ecr.create_repository, "RepositoryAlreadyExistsException", repositoryName=one) == \
            f"The repository with name '{one}' already exists in the registry with id '{ACCOUNT}'"
        assert ecr.delete_repository(repositoryName=one)["repository"] == made
        for call in (ecr.delete_repository, ecr.list_images, ecr.describe_images, ecr.get_repository_policy):
            assert refused(call, "RepositoryNotFoundException", repositoryName=one) == \
                f"The repository with name '{one}' does not exist in the registry with id '{ACCOUNT}'"

    def test_the_uri_is_the_host_that_the_client_used(self, engine):
        client = engine.client("ecr", endpoint_url=f"http://localhost:{engine.port}")
        assert client.create_repository(repositoryName=(one := name()))["repository"]["repositoryUri"] == f"localhost:{engine.port}/{one}"

    def test_regions_are_apart(self, engine, ecr, repository):
        other = engine.client("ecr", region_name="eu-west-1")
        refused(other.describe_repositories, "RepositoryNotFoundException", repositoryNames=[repository.name])
        other.create_repository(repositoryName=repository.name)
        repository.push_image("one")
        assert other.list_images(repositoryName=repository.name)["imageIds"] == []

    def test_another_accounts_registry(self, ecr, repository):
        refused(ecr.list_images, "RepositoryNotFoundException", repositoryName=repository.name, registryId="123456789012")

    @pytest.mark.parametrize("bad", ["A", "a", "-a", "a//b", "a/", "a" * 257, "a..b", "ümlaut", "a b"])
    def test_names(self, engine, bad):
        ecr = engine.client("ecr", config=Config(parameter_validation=False))  # botocore would see it itself
        refused(ecr.create_repository, "InvalidParameterException", repositoryName=bad)

    def test_pages(self, engine):
        client = engine.client("ecr", region_name="sa-east-1")
        names = sorted(name() for _ in range(5))
        for one in names:
            client.create_repository(repositoryName=one)
        pages = list(client.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2}))
        assert [len(page["repositories"]) for page in pages] == [2, 2, 1]
        assert [one["repositoryName"] for page in pages for one in page["repositories"]] == names
        refused(client.describe_repositories, "InvalidParameterException", nextToken="x")

    def test_one_with_images_goes_by_force(self, ecr, repository):
        repository.push_image("one")
        assert "still contains images" in refused(ecr.delete_repository, "RepositoryNotEmptyException", repositoryName=repository.name)
        ecr.delete_repository(repositoryName=repository.name, force=True)
        assert repository.ask("GET", "tags/list").code == "NAME_UNKNOWN"
        ecr.create_repository(repositoryName=repository.name)
        assert ecr.list_images(repositoryName=repository.name)["imageIds"] == []
        assert repository.ask("HEAD", f"blobs/{digest_of(b'layer of ' + repository.name.encode())}").status == 404

    def test_tags(self, ecr, repository):
        arn = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{repository.name}"
        ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        ecr.untag_resource(resourceArn=arn, tagKeys=["a", "z"])
        assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "b", "Value": "2"}]
        refused(ecr.tag_resource, "TooManyTagsException", resourceArn=arn, tags=[{"Key": f"k{i}", "Value": ""} for i in range(51)])
        refused(ecr.tag_resource, "InvalidTagParameterException", resourceArn=arn, tags=[{"Key": "aws:x", "Value": ""}])
        refused(ecr.list_tags_for_resource, "InvalidParameterException", resourceArn="arn:aws:s3:::bucket")
        refused(ecr.list_tags_for_resource, "RepositoryNotFoundException", resourceArn=arn + "x")

    def test_policies(self, ecr, repository):
        text = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]})
        which = {"repositoryName": repository.name}
        refused(ecr.get_repository_policy, "RepositoryPolicyNotFoundException", **which)
        refused(ecr.set_repository_policy, "InvalidParameterException", policyText="{}", **which)
        ecr.set_repository_policy(policyText=text, **which)
        assert ecr.get_repository_policy(**which)["policyText"] == text
        assert ecr.delete_repository_policy(**which)["policyText"] == text
        refused(ecr.delete_repository_policy, "RepositoryPolicyNotFoundException", **which)

    def test_the_registry(self, ecr):
        assert ecr.describe_registry()["registryId"] == ACCOUNT


class TestLogin:
    def basic(self, user, password):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}

    def password(self, client):
        data = client.get_authorization_token()["authorizationData"][0]
        user, password = base64.b64decode(data["authorizationToken"]).decode().split(":", 1)
        assert user == "AWS"
        return data, password

    def test_a_tools_way(self, engine, ecr):
        data, password = self.password(ecr)
        assert data["proxyEndpoint"] == engine.endpoint
        assert 11.9 * 3600 < data["expiresAt"].timestamp() - time.time() <= 12 * 3600 + 5
        registry = Registry(engine, "none", create=False)
        asked = registry.ask("GET", "/v2/")
        assert asked.status == 401 and asked.code == "UNAUTHORIZED"
        challenge = asked.headers["www-authenticate"]
        assert challenge == f'Bearer realm="http://127.0.0.1:{engine.port}/v2/token",service="127.0.0.1:{engine.port}"'
        given = registry.ask("GET", "/v2/token?account=AWS&service=x&scope=repository:a:pull", headers=self.basic("AWS", password)).json
        assert given["token"] == given["access_token"] and given["expires_in"] == 12 * 3600
        assert registry.ask("GET", "/v2/", headers={"Authorization": "Bearer " + given["token"]}).status == 200
        assert registry.ask("GET", "/v2/", headers=self.basic("AWS", password)).status == 200

    def test_the_login_says_the_region(self, engine):
        frankfurt = engine.client("ecr", region_name="eu-central-1")
        there = Registry(engine, region="eu-central-1", headers=self.basic("AWS", self.password(frankfurt)[1]))
        there.push_image("here")
        assert there.ask("GET", "tags/list").json["tags"] == ["here"]
        assert frankfurt.list_images(repositoryName=there.name)["imageIds"][0]["imageTag"] == "here"
        # Without a login it is us-east-1: who might have one for another region is asked for it.
        stranger = Registry(engine, there.name, create=False)
        assert stranger.ask("GET", "tags/list").status == 401
        anybody = stranger.ask("GET", "/v2/token").json["token"]
        stranger.headers = {"Authorization": "Bearer " + anybody}
        assert stranger.ask("GET", "tags/list").code == "NAME_UNKNOWN"

    @pytest.mark.parametrize("header", ["Basic !", "Basic QVdTOng=", "Basic dGVzdDp3cm9uZw==", "Bearer x", "Bearer ", "Negotiate x"])
    def test_what_is_no_login(self, engine, header):
        registry = Registry(engine, "none", create=False)
        for path in ("/v2/", "/v2/token", "/v2/none/tags/list"):
            answer = registry.ask("GET", path, headers={"Authorization": header})
            assert answer.status == 401 and answer.code == "UNAUTHORIZED", header

    def test_where_only_known_keys_are_let_in(self, own_engine):
        closed = own_engine(["--require-authentication"], environment={"CUMULET_ROOT_ACCESS_KEY_ID": "AKIAROOT", "CUMULET_ROOT_SECRET_ACCESS_KEY": "secret-of-root"})
        client = closed.client("ecr", aws_access_key_id="AKIAROOT", aws_secret_access_key="secret-of-root")
        client.create_repository(repositoryName="closed")
        registry = Registry(closed, "closed", create=False)
        for path in ("/v2/", "/v2/token", "/v2/_catalog", "/v2/closed/tags/list"):
            for headers in ({}, self.basic("", ""), self.basic("test", "test"), self.basic("AKIAROOT", "guess")):
                assert registry.ask("GET", path, headers=headers).status == 401, (path, headers)
        for headers in (self.basic("AKIAROOT", "secret-of-root"), self.basic("AWS", self.password(client)[1])):
            assert registry.ask("GET", "/v2/closed/tags/list", headers=headers).status == 200
        # What GetDownloadUrlForLayer gives is a login of its own.
        registry.headers = self.basic("AKIAROOT", "secret-of-root")
        digest = registry.push_blob(b"content")
        url = client.get_download_url_for_layer(repositoryName="closed", layerDigest=digest)["downloadUrl"]
        registry.headers = {}
        assert registry.ask("GET", url.removeprefix(closed.endpoint)).body == b"content"
        assert registry.ask("GET", url.removeprefix(closed.endpoint)[:-1]).status == 401


class TestImages:
    def test_what_was_pushed_is_listed(self, ecr, repository):
        digest, manifest = repository.push_image("one")
        repository.push_manifest(manifest, "two")
        untagged, _ = repository.push_image()
        which = {"repositoryName": repository.name}
        ids = ecr.list_images(**which)["imageIds"]
        key = lambda id: (id["imageDigest"], id.get("imageTag", ""))  # noqa: E731
        expected = [{"imageDigest": digest, "imageTag": "one"}, {"imageDigest": digest, "imageTag": "two"}, {"imageDigest": untagged}]
        assert sorted(ids, key=key) == sorted(expected, key=key)
        assert ecr.list_images(filter={"tagStatus": "UNTAGGED"}, **which)["imageIds"] == [{"imageDigest": untagged}]
        assert len(ecr.list_images(filter={"tagStatus": "TAGGED"}, **which)["imageIds"]) == 2
        pages = list(ecr.get_paginator("list_images").paginate(PaginationConfig={"PageSize": 2}, **which))
        assert [len(page["imageIds"]) for page in pages] == [2, 1]

        detail = ecr.describe_images(imageIds=[{"imageTag": "one"}], **which)["imageDetails"][0]
        sizes = json.loads(manifest)
        assert detail["imageTags"] == ["one", "two"] and detail["imageDigest"] == digest
        assert detail["imageSizeInBytes"] == sizes["config"]["size"] + sum(layer["size"] for layer in sizes["layers"])
        assert detail["imageManifestMediaType"] == OCI_MANIFEST
        assert abs(detail["imagePushedAt"].timestamp() - time.time()) < 600
        assert "imageTags" not in ecr.describe_images(imageIds=[{"imageDigest": untagged}], **which)["imageDetails"][0]
        assert len(ecr.describe_images(**which)["imageDetails"]) == 2
        assert refused(ecr.describe_images, "ImageNotFoundException", imageIds=[{"imageTag": "none"}], **which) == \
            f"The image with imageId {{imageDigest:null, imageTag:'none'}} does not exist within the repository with name " \
            f"'{repository.name}' in the registry with id '{ACCOUNT}'"

    def test_batch_get(self, ecr, repository):
        digest, manifest = repository.push_image("one")
        got = ecr.batch_get_image(repositoryName=repository.name, imageIds=[
            {"imageTag": "one"}, {"imageTag": "none"}, {"imageDigest": MISSING}, {"imageDigest": "sha256:x"}, {"imageTag": "one", "imageDigest": MISSING}])
        assert [one["imageManifest"].encode() for one in got["images"]] == [manifest]
        assert got["images"][0]["imageId"] == {"imageDigest": digest, "imageTag": "one"}
        assert [one["failureCode"] for one in got["failures"]] == ["ImageNotFound", "ImageNotFound", "InvalidImageDigest", "ImageTagDoesNotMatchDigest"]
        got = ecr.batch_get_image(repositoryName=repository.name, imageIds=[{"imageTag": "one"}], acceptedMediaTypes=[OCI_INDEX])
        assert got["images"] == [] and got["failures"][0]["failureCode"] == "ImageNotFound"

    def test_batch_delete(self, ecr, repository):
        digest, manifest = repository.push_image("one")
        repository.push_manifest(manifest, "two")
        _, child = repository.push_image()
        repository.push_manifest(index([child]), "all", OCI_INDEX)
        which = {"repositoryName": repository.name}
        got = ecr.batch_delete_image(imageIds=[{"imageTag": "one"}, {"imageTag": "none"}, {"imageDigest": digest_of(child)}, {}], **which)
        assert got["imageIds"] == [{"imageDigest": digest, "imageTag": "one"}]
        assert [one["failureCode"] for one in got["failures"]] == ["ImageNotFound", "ImageReferencedByManifestList", "MissingDigestAndTag"]
        assert repository.ask("HEAD", f"manifests/{digest}").status == 200
        # The last tag takes the image with it.
        assert ecr.batch_delete_image(imageIds=[{"imageTag": "two"}], **which)["imageIds"] == [{"imageDigest": digest, "imageTag": "two"}]
        assert repository.ask("HEAD", f"manifests/{digest}").status == 404

    def test_put(self, ecr, repository):
        _, manifest = repository.push_image("one")
        which = {"repositoryName": repository.name, "imageManifest": manifest.decode()}
        refused(ecr.put_image, "ImageAlreadyExistsException", imageTag="one", **which)
        put = ecr.put_image(imageTag="two", **which)["image"]
        assert put["imageId"] == {"imageDigest": digest_of(manifest), "imageTag": "two"}
        refused(ecr.put_image, "ImageDigestDoesNotMatchException", imageDigest=MISSING, **which)
        refused(ecr.put_image, "InvalidParameterException", repositoryName=repository.name, imageManifest="{}", imageTag="x")
        refused(ecr.put_image, "LayersNotFoundException", repositoryName=repository.name, imageManifest=json.dumps(image(b"{}", [b"no layer"])))
        refused(ecr.put_image, "ReferencedImagesNotFoundException", repositoryName=repository.name, imageManifest=json.dumps(index([b"no manifest"])))

    def test_tags_that_may_not_move(self, ecr, repository):
        ecr.put_image_tag_mutability(repositoryName=repository.name, imageTagMutability="IMMUTABLE")
        _, first = repository.push_image("v1")
        _, second = repository.push_image()
        text = f"The image tag 'v1' already exists in the '{repository.name}' repository and cannot be overwritten because the repository is immutable."
        answer, _ = repository.push_manifest(second, "v1")
        assert answer.status == 400 and answer.code == "TAG_INVALID" and answer.json["errors"][0]["message"] == text
        assert refused(ecr.put_image, "ImageTagAlreadyExistsException", repositoryName=repository.name, imageManifest=second.decode(), imageTag="v1") == text
        assert repository.push_manifest(first, "v1")[0].status == 201  # the same once more
        ecr.put_image_tag_mutability(repositoryName=repository.name, imageTagMutability="MUTABLE")
        assert repository.push_manifest(second, "v1")[0].status == 201


class TestLayers:
    def test_an_upload_in_parts(self, engine, ecr, repository):
        which = {"repositoryName": repository.name}
        content = b"0123456789" * 600_000
        begun = ecr.initiate_layer_upload(**which)
        upload, size = {"uploadId": begun["uploadId"], **which}, 3_000_000
        assert begun["partSize"] == 10 << 20
        refused(ecr.complete_layer_upload, "EmptyUploadException", layerDigests=[digest_of(content)], **upload)
        part = ecr.upload_layer_part(partFirstByte=0, partLastByte=size - 1, layerPartBlob=content[:size], **upload)
        assert part["lastByteReceived"] == size - 1
        refused(ecr.upload_layer_part, "InvalidLayerPartException", partFirstByte=0, partLastByte=size - 1, layerPartBlob=content[:size], **upload)
        ecr.upload_layer_part(partFirstByte=size, partLastByte=2 * size - 1, layerPartBlob=content[size:], **upload)
        done = ecr.complete_layer_upload(layerDigests=[digest_of(content)], **upload)
        assert done["layerDigest"] == digest_of(content)
        got = ecr.batch_check_layer_availability(layerDigests=[digest_of(content), MISSING, "x"], **which)
        assert [(one["layerAvailability"], one.get("layerSize")) for one in got["layers"]] == [("AVAILABLE", len(content)), ("UNAVAILABLE", None)]
        assert [one["failureCode"] for one in got["failures"]] == ["InvalidLayerDigest"]
        url = urllib.parse.urlsplit(ecr.get_download_url_for_layer(layerDigest=digest_of(content), **which)["downloadUrl"])
        connection = http.client.HTTPConnection(url.netloc)
        connection.request("GET", f"{url.path}?{url.query}")
        assert connection.getresponse().read() == content

    def test_what_goes_wrong(self, ecr, repository):
        which = {"repositoryName": repository.name}
        refused(ecr.get_download_url_for_layer, "LayersNotFoundException", layerDigest=MISSING, **which)
        nothing = {"uploadId": str(uuid.uuid4()), **which}
        refused(ecr.upload_layer_part, "UploadNotFoundException", partFirstByte=0, partLastByte=0, layerPartBlob=b"x", **nothing)
        refused(ecr.complete_layer_upload, "UploadNotFoundException", layerDigests=[MISSING], **nothing)
        upload = {"uploadId": ecr.initiate_layer_upload(**which)["uploadId"], **which}
        ecr.upload_layer_part(partFirstByte=0, partLastByte=2, layerPartBlob=b"abc", **upload)
        refused(ecr.complete_layer_upload, "InvalidLayerException", layerDigests=[MISSING], **upload)
        repository.push_blob(b"abc")
        upload["uploadId"] = ecr.initiate_layer_upload(**which)["uploadId"]
        ecr.upload_layer_part(partFirstByte=0, partLastByte=2, layerPartBlob=b"abc", **upload)
        refused(ecr.complete_layer_upload, "LayerAlreadyExistsException", layerDigests=[digest_of(b"abc")], **upload)


def policy(*rules):
    return json.dumps({"rules": [{"rulePriority": i + 1, "description": "what goes when", "selection": rule, "action": {"type": "expire"}}
                                 for i, rule in enumerate(rules)]})


class TestLifecycle:
    KEEP_TWO = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 2}

    def test_a_policy_is_kept_and_applied(self, ecr, repository):
        which = {"repositoryName": repository.name}
        digests = []
        for i in range(4):
            digests.append(repository.push_image(f"v{i}")[0])
            time.sleep(0.01)
        refused(ecr.get_lifecycle_policy, "LifecyclePolicyNotFoundException", **which)
        refused(ecr.start_lifecycle_policy_preview, "LifecyclePolicyNotFoundException", **which)
        refused(ecr.get_lifecycle_policy_preview, "LifecyclePolicyPreviewNotFoundException", **which)
        text = policy(self.KEEP_TWO)
        ecr.start_lifecycle_policy_preview(lifecyclePolicyText=text, **which)
        preview = ecr.get_lifecycle_policy_preview(**which)
        assert preview["status"] == "COMPLETE" and preview["summary"] == {"expiringImageTotalCount": 2}
        assert sorted(one["imageDigest"] for one in preview["previewResults"]) == sorted(digests[:2])
        assert all(one["action"] == {"type": "EXPIRE"} and one["appliedRulePriority"] == 1 for one in preview["previewResults"])
        assert len(ecr.list_images(**which)["imageIds"]) == 4
        assert ecr.put_lifecycle_policy(lifecyclePolicyText=text, **which)["lifecyclePolicyText"] == text
        listed = lambda: sorted(one["imageTag"] for one in ecr.list_images(**which)["imageIds"])  # noqa: E731
        eventually(lambda: listed() == ["v2", "v3"])
        repository.push_image("v4")
        eventually(lambda: listed() == ["v3", "v4"])
        assert "lastEvaluatedAt" in ecr.get_lifecycle_policy(**which)
        assert ecr.delete_lifecycle_policy(**which)["lifecyclePolicyText"] == text
        repository.push_image("v5")
        time.sleep(0.3)
        assert listed() == ["v3", "v4", "v5"]

    @pytest.mark.parametrize("text", [
        "{" + " " * 100, json.dumps({"rules": [], "x": " " * 100}), policy({"tagStatus": "tagged", "countType": "imageCountMoreThan", "countNumber": 1}),
        policy({"tagStatus": "any", "countType": "sinceImagePushed", "countNumber": 1}), policy(KEEP_TWO, KEEP_TWO),
        policy({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 0})])
    def test_what_is_no_policy(self, ecr, repository, text):
        refused(ecr.put_lifecycle_policy, "InvalidParameterException", repositoryName=repository.name, lifecyclePolicyText=text)
