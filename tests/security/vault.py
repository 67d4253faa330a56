"""An engine that requires authentication, something in it to steal or to break, and requests of its owner to be tampered with."""
import json
import uuid

from botocore.config import Config

from conftest import Engine
from security.signing import Answer, Key, Request, encode, exchange

OWNER = Key("AKIDOWNER1234567890A", "owner/secret+of=forty_characters_0123456")
SECRET = b"what nobody else may read"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})


class Vault:
    def __init__(self):
        self.engine = Engine(None, ["--require-authentication"], {
            "CUMULET_ROOT_ACCESS_KEY_ID": OWNER.id, "CUMULET_ROOT_SECRET_ACCESS_KEY": OWNER.secret}).start()
        self.s3, self.sqs, self.iam, self.sts, self.functions, self.states = (
            self.client(name) for name in ("s3", "sqs", "iam", "sts", "lambda", "stepfunctions"))
        for name in ("vault", "other"):
            self.s3.create_bucket(Bucket=name)
        for key in ("secret.txt", "a b/ü+.txt"):
            self.s3.put_object(Bucket="vault", Key=key, Body=SECRET)
        self.s3.put_object(Bucket="other", Key="secret.txt", Body=SECRET)
        self.url = self.sqs.create_queue(QueueName="jobs")["QueueUrl"]
        self.role = self.iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self.reset()

    def client(self, service, key=OWNER):
        return self.engine.client(service, aws_access_key_id=key.id, aws_secret_access_key=key.secret, aws_session_token=key.token,
                                  config=Config(parameter_validation=False))

    def visitor(self):
        """The key of a session."""
        made = self.sts.assume_role(RoleArn=self.role, RoleSessionName="v" + uuid.uuid4().hex[:8])["Credentials"]
        return Key(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def reset(self):
        self.s3.delete_object(Bucket="vault", Key="new.txt")
        self.s3.put_object(Bucket="vault", Key="spare.txt", Body=SECRET)

    def contents(self):
        """All that an attack could have changed."""
        buckets = [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]]
        return {
            "objects": {name: [(o["Key"], o["ETag"], o["LastModified"]) for o in self.s3.list_objects_v2(Bucket=name).get("Contents", [])]
                        for name in buckets},
            "uploads": [self.s3.list_multipart_uploads(Bucket=name).get("Uploads", []) for name in buckets],
            "tags": self.s3.get_object_tagging(Bucket="vault", Key="secret.txt")["TagSet"],
            "queues": self.sqs.list_queues().get("QueueUrls"),
            "messages": self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"],
            "roles": [role["RoleName"] for role in self.iam.list_roles()["Roles"]],
            "functions": self.functions.list_functions()["Functions"],
            "machines": self.states.list_state_machines()["stateMachines"],
        }

    def send(self, request) -> Answer:
        return exchange(self.engine.port, request.wire())

    def close(self):
        status = self.engine.stop()
        self.engine.discard()
        assert status == 0

    # The owner's requests, not signed yet. S3's are signed as "s3", and so on.

    def request(self, method, path, query="", headers=(), body=b""):
        return Request(method, path, query, [("Host", f"127.0.0.1:{self.engine.port}"), *headers], body)

    def get(self):
        return self.request("GET", "/vault/secret.txt")

    def listing(self):
        return self.request("GET", "/vault", "list-type=2&max-keys=5&prefix=a%20b")

    def put(self):
        return self.request("PUT", "/vault/new.txt", "", [("Content-Type", "text/plain"), ("x-amz-meta-who", "the owner")], b"honest words")

    def upload(self):
        """A PUT without a header that would have to be sent along with a link."""
        return self.request("PUT", "/vault/new.txt", "", (), b"honest words")

    def delete(self):
        return self.request("DELETE", "/vault/spare.txt")

    def message(self):
        body = json.dumps({"QueueUrl": self.url, "MessageBody": "honest words"}).encode()
        return self.request("POST", "/", "", [("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "AmazonSQS.SendMessage")], body)

    def message_form(self):
        body = f"Action=SendMessage&Version=2012-11-05&QueueUrl={encode(self.url)}&MessageBody=honest".encode()
        return self.request("POST", "/", "", [("Content-Type", "application/x-www-form-urlencoded")], body)

    def role_form(self):
        body = f"Action=CreateRole&Version=2010-05-08&RoleName=r{uuid.uuid4().hex[:8]}&AssumeRolePolicyDocument={encode(TRUST)}".encode()
        return self.request("POST", "/", "", [("Content-Type", "application/x-www-form-urlencoded")], body)

    def list_functions(self):
        return self.request("GET", "/2015-03-31/functions", "MaxItems=10")

    def list_machines(self):
        return self.request("POST", "/", "", [("Content-Type", "application/x-amz-json-1.0"),
                                              ("X-Amz-Target", "AWSStepFunctions.ListStateMachines")], b"{}")


# How each of them is signed for.
SERVICE = {"get": "s3", "listing": "s3", "put": "s3", "upload": "s3", "delete": "s3", "message": "sqs", "message_form": "sqs",
           "role_form": "iam", "list_functions": "lambda", "list_machines": "states"}
