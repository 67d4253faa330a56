"""Buckets, their configurations and their notifications."""
import uuid

import pytest
from botocore.exceptions import ClientError


def new_name():
    return "buckets-" + uuid.uuid4().hex[:12]


def code_of(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_create_list_head_delete(s3):
    name = new_name()
    assert s3.create_bucket(Bucket=name)["Location"] == "/" + name
    listed = s3.list_buckets()
    assert name in [b["Name"] for b in listed["Buckets"]]
    assert len(listed["Owner"]["ID"]) == 64
    head = s3.head_bucket(Bucket=name)
    assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    s3.put_object(Bucket=name, Key="k", Body=b"")
    assert code_of(s3.delete_bucket, Bucket=name) == "BucketNotEmpty"
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    assert code_of(s3.head_bucket, Bucket=name) == "404"
    assert code_of(s3.delete_bucket, Bucket=name) == "NoSuchBucket"
    assert code_of(s3.put_object, Bucket=name, Key="k", Body=b"") == "NoSuchBucket"


def test_creating_again_depends_on_the_region(engine, s3, bucket):
    s3.create_bucket(Bucket=bucket)
    ireland = engine.client("s3", region_name="eu-west-1")
    name = new_name()
    constraint = {"LocationConstraint": "eu-west-1"}
    ireland.create_bucket(Bucket=name, CreateBucketConfiguration=constraint)
    assert code_of(ireland.create_bucket, Bucket=name, CreateBucketConfiguration=constraint) == "BucketAlreadyOwnedByYou"
    assert ireland.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert code_of(ireland.create_bucket, Bucket=new_name()) == "IllegalLocationConstraintException"
    assert code_of(ireland.create_bucket, Bucket=new_name(),
                   CreateBucketConfiguration={"LocationConstraint": "us-west-2"}) == "IllegalLocationConstraintException"
    assert code_of(s3.create_bucket, Bucket=new_name(),
                   CreateBucketConfiguration={"LocationConstraint": "nowhere"}) == "InvalidLocationConstraint"


@pytest.mark.parametrize("name", ["Upper-case", "under_score", "192.168.1.1", "-begins", "a..b", "xn--abc"])
def test_names_are_checked(engine, name):
    from protocol.s3_wire import request
    status, _, body = request(engine, "PUT", "/" + name)
    assert status == 400 and b"<Code>InvalidBucketName</Code>" in body


def test_plain_configurations(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    assert code_of(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}) == "NotImplemented"
    acl = s3.get_bucket_acl(Bucket=bucket)
    assert acl["Grants"][0]["Permission"] == "FULL_CONTROL" and acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"]
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.delete_bucket_tagging(Bucket=bucket)
    assert code_of(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    s3.delete_public_access_block(Bucket=bucket)
    assert code_of(s3.get_public_access_block, Bucket=bucket) == "NoSuchPublicAccessBlockConfiguration"
    rules = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    assert code_of(s3.get_bucket_cors, Bucket=bucket) == "NoSuchCORSConfiguration"
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=rules)
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedOrigins"] == ["*"]
    s3.delete_bucket_cors(Bucket=bucket)
    assert code_of(s3.get_bucket_cors, Bucket=bucket) == "NoSuchCORSConfiguration"
    policy = '{"Version":"2012-10-17","Statement":[]}'
    assert code_of(s3.get_bucket_policy, Bucket=bucket) == "NoSuchBucketPolicy"
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == policy
    s3.delete_bucket_policy(Bucket=bucket)
    assert code_of(s3.put_bucket_policy, Bucket=bucket, Policy="no json") == "MalformedPolicy"
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced"
    assert code_of(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == "NoSuchLifecycleConfiguration"
    assert code_of(s3.get_bucket_website, Bucket=bucket) == "NoSuchWebsiteConfiguration"
    assert code_of(s3.put_bucket_lifecycle_configuration, Bucket=bucket,
                   LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Prefix": "", "Expiration": {"Days": 1}}]}) == "NotImplemented"


def test_configurations_must_be_well_formed(engine, bucket):
    from protocol.s3_wire import request
    for body in (b"<CORSConfiguration>", b"<Other/>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><CORSConfiguration>&a;</CORSConfiguration>", b"x"):
        status, _, text = request(engine, "PUT", f"/{bucket}?cors=", body)
        assert status == 400 and b"MalformedXML" in text
    document = (b"<?xml version='1.0'?><!-- c --><CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
                b"</CORSRule></CORSConfiguration>")
    assert request(engine, "PUT", f"/{bucket}?cors=", document)[0] == 200
    assert request(engine, "GET", f"/{bucket}?cors=")[2] == document


FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:absent"


def configuration(*filters, events=("s3:ObjectCreated:*",)):
    return {"LambdaFunctionConfigurations": [
        {"LambdaFunctionArn": FUNCTION, "Events": list(events),
         **({"Filter": {"Key": {"FilterRules": [{"Name": n, "Value": v} for n, v in rules.items()]}}} if rules else {})}
        for rules in filters]}


def put(s3, bucket, given, **more):
    return s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=given, **more)


def test_notifications_are_kept(s3, bucket):
    empty = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert "LambdaFunctionConfigurations" not in empty
    put(s3, bucket, configuration({"prefix": "in/", "suffix": ".mp4"}, {"suffix": ".mov"}), SkipDestinationValidation=True)
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]
    assert kept[0]["LambdaFunctionArn"] == FUNCTION and kept[0]["Id"]
    assert kept[0]["Filter"]["Key"]["FilterRules"] == [{"Name": "Prefix", "Value": "in/"}, {"Name": "Suffix", "Value": ".mp4"}]
    put(s3, bucket, {})
    assert "LambdaFunctionConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


@pytest.mark.parametrize("filters", [({}, {}), ({"prefix": "a"}, {"prefix": "ab"}), ({"suffix": "jpg"}, {"suffix": "pg"}),
                                     ({"prefix": "a"}, {"suffix": ".x"}), ({"prefix": "a", "suffix": "x"}, {"prefix": "a", "suffix": "x"})])
def test_overlapping_notifications_are_refused(s3, bucket, filters):
    with pytest.raises(ClientError) as caught:
        put(s3, bucket, configuration(*filters), SkipDestinationValidation=True)
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"
    assert "ambiguously defined" in caught.value.response["Error"]["Message"]


def test_separate_notifications_are_accepted(s3, bucket):
    put(s3, bucket, configuration({"prefix": "a"}, {"prefix": "b"}), SkipDestinationValidation=True)
    put(s3, bucket, configuration({"prefix": "a", "suffix": ".x"}, {"prefix": "a", "suffix": ".y"}), SkipDestinationValidation=True)


def test_bad_notifications_are_refused(s3, bucket):
    assert code_of(put, s3=s3, bucket=bucket, given=configuration({}, events=["s3:Nothing:*"])) == "InvalidArgument"
    assert code_of(put, s3=s3, bucket=bucket, given={"LambdaFunctionConfigurations": [
        {"LambdaFunctionArn": "no-arn", "Events": ["s3:ObjectCreated:*"]}]}) == "InvalidArgument"
    assert code_of(put, s3=s3, bucket=bucket, given={"LambdaFunctionConfigurations": [
        {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"],
         "Filter": {"Key": {"FilterRules": [{"Name": "infix", "Value": "x"}]}}}]}) == "InvalidArgument"


def test_a_target_that_does_not_exist_is_refused(s3, bucket):
    with pytest.raises(ClientError) as caught:
        put(s3, bucket, configuration({}))
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"
