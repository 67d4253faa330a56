"""IAM as the steps of the seed speak it: roles, their policies, and the errors that tools depend on."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@pytest.fixture
def iam(engine):
    return engine.client("iam")


@pytest.fixture
def role(iam):
    name = f"role-{uuid.uuid4().hex[:12]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    yield name
    try:
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        pass


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_a_role_has_what_tools_read(iam):
    name = f"role-{uuid.uuid4().hex[:12]}"
    made = iam.create_role(RoleName=name, Path="/service/", AssumeRolePolicyDocument=json.dumps(TRUST), Description="d", MaxSessionDuration=7200,
                           Tags=[{"Key": "k", "Value": "v"}])["Role"]
    assert made["Arn"] == f"arn:aws:iam::000000000000:role/service/{name}"
    assert made["RoleId"].startswith("AROA") and len(made["RoleId"]) == 21
    assert made["AssumeRolePolicyDocument"] == TRUST
    assert made["CreateDate"].microsecond == 0
    got = iam.get_role(RoleName=name)["Role"]
    assert (got["Arn"], got["Description"], got["MaxSessionDuration"], got["Tags"]) == (made["Arn"], "d", 7200, [{"Key": "k", "Value": "v"}])
    assert name in [r["RoleName"] for page in iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 3}) for r in page["Roles"]]
    iam.delete_role(RoleName=name)
    assert refused(iam.get_role, RoleName=name) == ("NoSuchEntity", f"The role with name {name} cannot be found.", 404)


def test_a_name_is_taken_once(iam, role):
    assert refused(iam.create_role, RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST)) == (
        "EntityAlreadyExists", f"Role with name {role} already exists.", 409)


@pytest.mark.parametrize("document", ["{", "{}", json.dumps({"Version": "2012-10-17"}), json.dumps({"Statement": [{"Effect": "Maybe"}]})])
def test_bad_trust_policies_are_refused(iam, document):
    code, _, status = refused(iam.create_role, RoleName=f"bad-{uuid.uuid4().hex[:8]}", AssumeRolePolicyDocument=document)
    assert (code, status) == ("MalformedPolicyDocument", 400)


@pytest.mark.parametrize("arn", [
    "arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::aws:policy/AmazonRekognitionFullAccess",
    "arn:aws:iam::aws:policy/AWSStepFunctionsFullAccess", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"])
def test_managed_policies_of_the_seed_attach(iam, role, arn):
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)  # again changes nothing
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == [{"PolicyName": arn.rsplit("/", 1)[1], "PolicyArn": arn}]
    code, message, _ = refused(iam.delete_role, RoleName=role)
    assert (code, message) == ("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    assert refused(iam.detach_role_policy, RoleName=role, PolicyArn=arn)[0] == "NoSuchEntity"


def test_awss_policies_are_read_and_listed(iam, role):
    arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["PolicyName"], policy["Path"], policy["IsAttachable"], policy["DefaultVersionId"]) == ("AmazonS3FullAccess", "/", True, "v1")
    pages = list(iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 10}))
    assert len(pages) > 3 and arn in [p["Arn"] for page in pages for p in page["Policies"]]
    for name in "abc":
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(POLICY))
    pages = [p["PolicyNames"] for p in iam.get_paginator("list_role_policies").paginate(RoleName=role, PaginationConfig={"PageSize": 2})]
    assert pages == [["a", "b"], ["c"]]


@pytest.mark.parametrize("statement, text", [
    ({"Effect": "Allow", "Action": "invalid", "Resource": "*"}, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    ({"Effect": "Allow", "Action": "s3:*", "Resource": "bucket"}, 'Resource bucket must be in ARN format or "*".'),
    ({"Effect": "Allow", "Action": "s3:*"}, "Policy statement must contain resources."),
    ({"Effect": "Allow", "Resource": "*"}, "Policy statement must contain actions."),
    ({"Effect": "Maybe", "Action": "s3:*", "Resource": "*"}, "Syntax errors in policy."),
    ({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}, "Policy document should not specify a principal."),
])
def test_bad_policies_are_refused_in_iams_words(iam, role, statement, text):
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert refused(iam.put_role_policy, RoleName=role, PolicyName="p", PolicyDocument=document) == ("MalformedPolicyDocument", text, 400)
    assert refused(iam.create_policy, PolicyName=f"p-{role}", PolicyDocument=document) == ("MalformedPolicyDocument", text, 400)


def test_unknown_policies_do_not_attach(iam, role):
    arn = "arn:aws:iam::aws:policy/NoSuchPolicyAnywhere"
    code, message, status = refused(iam.attach_role_policy, RoleName=role, PolicyArn=arn)
    assert (code, status) == ("NoSuchEntity", 404)
    assert arn in message


def test_inline_policies(iam, role):
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=json.dumps(POLICY))
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["p"]
    got = iam.get_role_policy(RoleName=role, PolicyName="p")
    assert (got["RoleName"], got["PolicyName"], got["PolicyDocument"]) == (role, "p", POLICY)
    assert refused(iam.delete_role, RoleName=role)[:2] == ("DeleteConflict", "Cannot delete entity, must delete policies first.")
    assert refused(iam.put_role_policy, RoleName=role, PolicyName="q", PolicyDocument="no json")[0] == "MalformedPolicyDocument"
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    assert refused(iam.get_role_policy, RoleName=role, PolicyName="p") == (
        "NoSuchEntity", "The role policy with name p cannot be found.", 404)


def test_the_trust_policy_changes(iam, role):
    other = json.loads(json.dumps(TRUST).replace("lambda", "states"))
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(other))
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == other


def test_tags(iam, role):
    iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName=role, TagKeys=["a"])
    assert iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_constraints_are_told_in_awss_words(iam):
    name = "x" * 65
    assert refused(iam.get_role, RoleName=name)[:2] == (
        "ValidationError", f"1 validation error detected: Value '{name}' at 'roleName' failed to satisfy constraint: "
                           "Member must have length less than or equal to 64")


def test_roles_outlive_a_crash(own_engine):
    engine = own_engine()
    engine.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=json.dumps(TRUST))
    before = engine.client("iam").get_role(RoleName="kept")["Role"]
    engine.kill()
    engine.start()
    assert engine.client("iam").get_role(RoleName="kept")["Role"] == before


@pytest.mark.parametrize("arn", ["longpolicynamebutnoarn", "arn:aws:iam::1:policy/short-account", "arn:aws:s3:::policy/of-a-bucket",
                                 "arn:aws:iam::000000000000:role/no-policy"])
def test_what_is_no_policys_arn(iam, role, arn):
    said = ("ValidationError", "Invalid ARN:  Could not be parsed!", 400)
    assert refused(iam.attach_role_policy, RoleName=role, PolicyArn=arn) == said
    assert refused(iam.detach_role_policy, RoleName=role, PolicyArn=arn) == said
    assert refused(iam.get_policy, PolicyArn=arn) == said
    assert refused(iam.get_policy_version, PolicyArn=arn, VersionId="v1") == said
    assert refused(iam.delete_policy, PolicyArn=arn) == said
