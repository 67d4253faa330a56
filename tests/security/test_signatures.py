"""Attacks on signatures. Each case takes a request that the owner could have sent, shows that it works as he signs it, then sends it
forged: the answer is AWS's refusal, tells no secret, and nothing has changed."""
import base64
import time

import pytest

from security.signing import Key, Request, encode, sha256, stamp
from security.vault import OWNER, SECRET, SERVICE, Vault

MISMATCH = {"s3": (403, "SignatureDoesNotMatch"), "sqs": (400, "InvalidSignatureException"), "states": (400, "InvalidSignatureException"),
            "lambda": (403, "InvalidSignatureException"), "iam": (403, "SignatureDoesNotMatch")}
DENIED = (403, "AccessDenied")
BAD_HEADER = (400, "AuthorizationHeaderMalformed")
BAD_QUERY = (400, "AuthorizationQueryParametersError")
SKEWED = (403, "RequestTimeTooSkewed")


@pytest.fixture(scope="module")
def vault():
    made = Vault()
    yield made
    made.close()


def attempt(vault, forged, refusal):
    """Sends what was forged; nothing may come of it."""
    before = vault.contents()
    answer = vault.send(forged)
    assert (answer.status, answer.code) == refusal, answer.text
    assert SECRET not in answer.body
    assert OWNER.secret not in answer.text
    assert vault.contents() == before
    return answer


def works(vault, request):
    """The honest neighbour of an attack: without it the refusal could be anything's."""
    answer = vault.send(request)
    assert answer.status in (200, 204), (answer.status, answer.text)
    vault.reset()
    return answer


def case(name, kind, forge, refusal=None):
    """`forge` gets the owner's request, signed by header ("get") or as a link ("link of get")."""
    return pytest.param(kind, forge, refusal, id=name)


def signed(vault, kind):
    is_link, base = kind.startswith("link of "), kind.removeprefix("link of ")
    request = getattr(vault, base)()
    return (request.presign if is_link else request.sign)(OWNER, service=SERVICE[base])


def refusal_of(kind, refusal):
    return refusal or MISMATCH[SERVICE[kind.removeprefix("link of ")]]


# What was signed is changed on its way.
TAMPERED = [
    case("method: PUT becomes DELETE", "upload", lambda r: r.swap("method", "PUT", "DELETE")),
    case("method: GET becomes DELETE", "get", lambda r: r.swap("method", "GET", "DELETE")),
    case("method: GET becomes PUT", "get", lambda r: r.swap("method", "GET", "PUT")),
    case("method: DELETE becomes POST", "delete", lambda r: r.swap("method", "DELETE", "POST").more_query("uploads")),
    case("method: a link to read deletes", "link of get", lambda r: r.swap("method", "GET", "DELETE")),
    case("method: a link to read writes", "link of get", lambda r: r.swap("method", "GET", "PUT")),
    case("method: a link to write reads", "link of upload", lambda r: r.swap("method", "PUT", "GET").swap("path", "new", "secret")),
    case("method: list functions becomes create", "list_functions", lambda r: r.swap("method", "GET", "POST")),
    case("path: another key", "delete", lambda r: r.swap("path", "spare", "secret")),
    case("path: another bucket", "get", lambda r: r.swap("path", "vault", "other")),
    case("path: the bucket itself", "delete", lambda r: r.swap("path", "/spare.txt", "")),
    case("path: another case", "put", lambda r: r.swap("path", "new", "New")),
    case("path: a slash more", "put", lambda r: r.swap("path", "/new", "//new")),
    case("path: a slash at the end", "put", lambda r: r.swap("path", "new.txt", "new.txt/")),
    case("path: an encoded slash", "put", lambda r: r.swap("path", "vault/new", "vault%2Fnew")),
    case("path: encoded twice", "put", lambda r: r.swap("path", "new.txt", "new%252Etxt")),
    case("path: dots lead elsewhere", "get", lambda r: r.swap("path", "/vault/", "/vault/../other/")),
    case("path: encoded dots lead elsewhere", "get", lambda r: r.swap("path", "/vault/", "/vault/%2E%2E/other/")),
    case("path: a backslash", "put", lambda r: r.swap("path", "/new", "\\new")),
    case("path: a parameter of the path", "put", lambda r: r.swap("path", "new.txt", "new.txt;x")),
    case("path: a NUL behind", "put", lambda r: r.swap("path", "new.txt", "new.txt%00")),
    case("path: a blank behind", "put", lambda r: r.swap("path", "new.txt", "new.txt%20")),
    case("path: another function", "list_functions", lambda r: r.swap("path", "functions", "functions/other")),
    case("path: a link to another key", "link of get", lambda r: r.swap("path", "secret", "spare")),
    case("query: a sub-resource more", "put", lambda r: r.more_query("acl")),
    case("query: tags instead of bytes", "delete", lambda r: r.more_query("tagging")),
    case("query: a parameter more", "listing", lambda r: r.more_query("start-after=a")),
    case("query: a parameter less", "listing", lambda r: r.swap_query("prefix", None)),
    case("query: another value", "listing", lambda r: r.swap_query("prefix", "secret")),
    case("query: a parameter twice, the forged one first", "listing", lambda r: r.swap("query", "max-keys=5", "max-keys=1000&max-keys=5")),
    case("query: a parameter twice, the forged one last", "listing", lambda r: r.more_query("max-keys=1000")),
    case("query: another case of a name", "listing", lambda r: r.swap("query", "max-keys", "Max-Keys")),
    case("query: a plus for a blank", "listing", lambda r: r.swap("query", "a%20b", "a+b")),
    case("query: encoded twice", "listing", lambda r: r.swap("query", "a%20b", "a%2520b")),
    case("query: an encoded ampersand let loose", "list_functions", lambda r: r.swap("query", "MaxItems=10", "MaxItems=10&FunctionVersion=ALL")),
    case("query: a response header more in a link", "link of get", lambda r: r.more_query("response-content-type=text%2Fhtml")),
    case("query: metadata more in a link", "link of upload", lambda r: r.more_query("x-amz-meta-who=the%20owner")),
    case("query: an ACL more in a link", "link of upload", lambda r: r.more_query("x-amz-acl=public-read-write")),
    case("query: a sub-resource more in a link", "link of get", lambda r: r.more_query("acl")),
    case("query: a semicolon between parameters", "listing", lambda r: r.swap("query", "&max-keys", ";max-keys")),
    case("header: another value", "put", lambda r: r.set("x-amz-meta-who", "somebody else")),
    case("header: a signed one is gone", "put", lambda r: r.drop("x-amz-meta-who")),
    case("header: a signed one twice", "put", lambda r: r.add("x-amz-meta-who", "somebody else")),
    case("header: a signed one twice, the forged one first",
         "put", lambda r: r.swap_header("x-amz-meta-who", "the owner", "x").add("x-amz-meta-who", "the owner")),
    case("header: the values in one", "put", lambda r: r.set("x-amz-meta-who", "the owner, somebody else")),
    case("header: another type", "put", lambda r: r.set("Content-Type", "text/html")),
    case("header: another host", "get", lambda r: r.set("Host", "localhost")),
    case("header: a bucket by the host", "get", lambda r: r.set("Host", "other.localhost")),
    case("header: another date", "put", lambda r: r.set("X-Amz-Date", stamp(1))),
    case("header: metadata that was not signed", "upload", lambda r: r.add("x-amz-meta-evil", "yes"), DENIED),
    case("header: a copy that was not signed", "upload", lambda r: r.add("x-amz-copy-source", "/vault/secret.txt"), DENIED),
    case("header: a copy that a link does not name", "link of upload", lambda r: r.add("X-AMZ-Copy-Source", "/vault/secret.txt"), DENIED),
    case("header: tags that a link does not name", "link of upload", lambda r: r.add("x-amz-tagging", "a=b"), DENIED),
    case("header: an encryption that was not signed", "upload", lambda r: r.add("x-amz-server-side-encryption", "AES256"), DENIED),
    case("header: another operation", "list_machines",
         lambda r: r.set("X-Amz-Target", "AWSStepFunctions.CreateStateMachine")),
    case("header: another service's operation", "list_machines", lambda r: r.set("X-Amz-Target", "AmazonSQS.CreateQueue")),
    case("header: a type that makes another protocol of it", "message",
         lambda r: r.set("Content-Type", "application/x-www-form-urlencoded").drop("X-Amz-Target"), (403, "SignatureDoesNotMatch")),
    case("body: other words", "put", lambda r: r.swap("body", b"honest", b"forged"), (400, "XAmzContentSHA256Mismatch")),
    case("body: cut", "put", lambda r: r.swap("body", b" words", b""), (400, "XAmzContentSHA256Mismatch")),
    case("body: longer", "put", lambda r: r.swap("body", b"words", b"words and more"), (400, "XAmzContentSHA256Mismatch")),
    case("body: empty", "put", lambda r: r.swap("body", b"honest words", b""), (400, "XAmzContentSHA256Mismatch")),
    case("body: with its own hash", "put", lambda r: r.swap("body", b"honest", b"forged").set("X-Amz-Content-Sha256", sha256(b"forged words"))),
    case("body: said not to be signed", "put", lambda r: r.swap("body", b"honest", b"forged").set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")),
    case("body: said to come in chunks without signatures", "put",
         lambda r: r.set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER").add("x-amz-decoded-content-length", "12"), DENIED),
    case("body: its hash in no form that there is", "put", lambda r: r.set("X-Amz-Content-Sha256", "NONE"), (400, "InvalidArgument")),
    case("body: without its hash", "put", lambda r: r.drop("X-Amz-Content-Sha256"), (400, "InvalidRequest")),
    case("body: another message", "message", lambda r: r.swap("body", b"honest", b"forged")),
    case("body: another message in a form", "message_form", lambda r: r.swap("body", b"MessageBody=honest", b"MessageBody=forged"),
         (403, "SignatureDoesNotMatch")),
    case("body: another action", "role_form", lambda r: r.swap("body", b"CreateRole", b"DeleteRole")),
    case("body: an action more", "role_form", lambda r: r.swap("body", b"Action=", b"Action=ListRoles&Action=")),
    case("body: a message whose payload is said not to be signed", "message",
         lambda r: r.swap("body", b"honest", b"forged").set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")),
    case("body: moved into the query", "role_form", lambda r: (r.more_query(r.body.decode()), setattr(r, "body", b""), r)[-1]),
]

# The Authorization header itself.
HEADER = [
    case("signature: wrong", "put", lambda r: r.swap_header("Authorization", r.signature, "0" * 64)),
    case("signature: cut", "put", lambda r: r.swap_header("Authorization", r.signature, r.signature[:63])),
    case("signature: longer", "put", lambda r: r.swap_header("Authorization", r.signature, r.signature + "0")),
    case("signature: empty", "put", lambda r: r.swap_header("Authorization", r.signature, "")),
    case("signature: a NUL's place", "message", lambda r: r.swap_header("Authorization", r.signature, "00" * 32)),
    case("signature: twice, the right one first", "put", lambda r: r.swap_header("Authorization", r.signature, r.signature + ", Signature=" + "0" * 64)),
    case("signature: none", "put", lambda r: r.swap_header("Authorization", f", Signature={r.signature}", ""), BAD_HEADER),
    case("signature: none, of a message", "message", lambda r: r.swap_header("Authorization", f", Signature={r.signature}", ""),
         (400, "IncompleteSignatureException")),
    case("credential: none", "put", lambda r: r.swap_header("Authorization", "Credential=", "Credentials="), BAD_HEADER),
    case("credential: no key", "put", lambda r: r.swap_header("Authorization", OWNER.id, ""), BAD_HEADER),
    case("credential: nobody's key", "put", lambda r: r.swap_header("Authorization", OWNER.id, "AKIDNOBODY1234567890"), (403, "InvalidAccessKeyId")),
    case("credential: the key in another case", "put", lambda r: r.swap_header("Authorization", OWNER.id, OWNER.id.lower()), (403, "InvalidAccessKeyId")),
    case("credential: a key with a slash", "put", lambda r: r.swap_header("Authorization", OWNER.id, OWNER.id + "/x"), (403, "InvalidAccessKeyId")),
    case("credential: a key with a blank before", "put", lambda r: r.swap_header("Authorization", OWNER.id, "%20" + OWNER.id), (403, "InvalidAccessKeyId")),
    case("credential: nobody's key, of a message", "message", lambda r: r.swap_header("Authorization", OWNER.id, "AKIDNOBODY1234567890"),
         (400, "UnrecognizedClientException")),
    case("credential: nobody's key, of a role", "role_form", lambda r: r.swap_header("Authorization", OWNER.id, "AKIDNOBODY1234567890"),
         (403, "InvalidClientTokenId")),
    case("credential: nobody's key, of functions", "list_functions", lambda r: r.swap_header("Authorization", OWNER.id, "AKIDNOBODY1234567890"),
         (403, "UnrecognizedClientException")),
    case("scope: another region", "put", lambda r: r.swap_header("Authorization", "us-east-1", "eu-west-1")),
    case("scope: another service", "put", lambda r: r.swap_header("Authorization", "/s3/", "/s3express/")),
    case("scope: no region", "put", lambda r: r.swap_header("Authorization", "us-east-1", ""), BAD_HEADER),
    case("scope: another end", "put", lambda r: r.swap_header("Authorization", "aws4_request", "aws4_requests"), BAD_HEADER),
    case("scope: the end in capitals", "put", lambda r: r.swap_header("Authorization", "aws4_request", "AWS4_REQUEST"), BAD_HEADER),
    case("scope: a part less", "put", lambda r: r.swap_header("Authorization", "/us-east-1/", "/"), BAD_HEADER),
    case("scope: no date", "put", lambda r: r.swap_header("Authorization", r.timestamp[:8], ""), BAD_HEADER),
    case("scope: yesterday", "put", lambda r: r.swap_header("Authorization", r.timestamp[:8], stamp(-86_400)[:8]), BAD_HEADER),
    case("algorithm: SHA-1", "put", lambda r: r.swap_header("Authorization", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), (400, "InvalidArgument")),
    case("algorithm: none", "put", lambda r: r.swap_header("Authorization", "AWS4-HMAC-SHA256", "none"), (400, "InvalidArgument")),
    case("algorithm: in small letters", "put", lambda r: r.swap_header("Authorization", "AWS4-HMAC-SHA256", "aws4-hmac-sha256"), (400, "InvalidArgument")),
    case("algorithm: ECDSA", "put", lambda r: r.swap_header("Authorization", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), (400, "InvalidArgument")),
    case("algorithm: Basic", "put", lambda r: r.set("Authorization", "Basic " + base64.b64encode(f"{OWNER.id}:x".encode()).decode()),
         (400, "InvalidArgument")),
    case("algorithm: version 2", "put", lambda r: r.set("Authorization", f"AWS {OWNER.id}:AAAA"), (400, "InvalidRequest")),
    case("signed headers: one is left out of the list", "put",
         lambda r: r.swap_header("Authorization", "x-amz-meta-who", "").swap_header("Authorization", ";,", ","), DENIED),
    case("signed headers: another order", "put", lambda r: r.swap_header("Authorization", "content-type;host", "host;content-type")),
    case("signed headers: none", "put", lambda r: r.swap_header("Authorization", "SignedHeaders=", "Signed="), BAD_HEADER),
    case("two ways at once", "link of get", lambda r: Request.sign(r, OWNER), (400, "InvalidArgument")),
    case("two ways at once, the link's forged", "get", lambda r: r.more_query("X-Amz-Signature=00&X-Amz-Algorithm=AWS4-HMAC-SHA256"),
         (400, "InvalidArgument")),
    case("two Authorization headers, the forged one first", "put",
         lambda r: r.swap_header("Authorization", r.signature, "0" * 64).add("Authorization", r.copy().get("Authorization"))),
    case("no signature at all", "get", lambda r: r.drop("Authorization"), DENIED),
    case("an empty Authorization", "get", lambda r: r.set("Authorization", ""), (400, "InvalidArgument")),
    case("no signature at all, of a message", "message", lambda r: r.drop("Authorization"), (400, "MissingAuthenticationTokenException")),
    case("no signature at all, of a role", "role_form", lambda r: r.drop("Authorization"), (403, "MissingAuthenticationToken")),
    case("no signature at all, of functions", "list_functions", lambda r: r.drop("Authorization"), (403, "MissingAuthenticationTokenException")),
]

# Links.
LINK = [
    case("link: lives longer than was signed", "link of get", lambda r: r.swap_query("X-Amz-Expires", "604800")),
    case("link: two lives", "link of get", lambda r: r.swap("query", "X-Amz-Expires=300", "X-Amz-Expires=604800&X-Amz-Expires=300")),
    case("link: a life in another case", "link of get", lambda r: r.swap("query", "X-Amz-Expires=300", "x-amz-expires=604800&X-Amz-Expires=300")),
    case("link: no life", "link of get", lambda r: r.swap_query("X-Amz-Expires", None), BAD_QUERY),
    case("link: another date", "link of get", lambda r: r.swap_query("X-Amz-Date", stamp(60))),
    case("link: another key's", "link of get", lambda r: r.swap_query("X-Amz-Credential", encode(f"AKIDNOBODY/{r.scope}")), (403, "InvalidAccessKeyId")),
    case("link: host is not signed", "link of get", lambda r: r.swap_query("X-Amz-SignedHeaders", "range"), DENIED),
    case("link: no headers are signed", "link of get", lambda r: r.swap_query("X-Amz-SignedHeaders", ""), DENIED),
    case("link: no signature", "link of get", lambda r: r.swap_query("X-Amz-Signature", None), BAD_QUERY),
    case("link: no algorithm", "link of get", lambda r: r.swap_query("X-Amz-Algorithm", None), BAD_QUERY),
    case("link: no credential", "link of get", lambda r: r.swap_query("X-Amz-Credential", None), BAD_QUERY),
    case("link: another algorithm", "link of get", lambda r: r.swap_query("X-Amz-Algorithm", "AWS4-HMAC-SHA1"), BAD_QUERY),
    case("link: a signature in front of the right one", "link of get", lambda r: r.swap("query", "X-Amz-Signature=", f"X-Amz-Signature={'0' * 64}&X-Amz-Signature=")),
    case("link: a hash that it does not name", "link of upload", lambda r: r.add("X-Amz-Content-Sha256", sha256(r.body))),
]


@pytest.mark.parametrize("kind, forge, refusal", TAMPERED + HEADER + LINK)
def test_forged(vault, kind, forge, refusal):
    works(vault, signed(vault, kind))
    request = signed(vault, kind)
    before = request.wire()
    forged = forge(request)
    assert forged.wire() != before
    attempt(vault, forged, refusal_of(kind, refusal))


# Signed with all skill, by whoever has no right or at a time that is not now: (kind of request, how it is signed, refusal).
WRONGLY_SIGNED = [
    case("secret: empty", "put", {"key": Key(OWNER.id, "")}),
    case("secret: the key's id", "put", {"key": Key(OWNER.id, OWNER.id)}),
    case("secret: cut", "put", {"key": Key(OWNER.id, OWNER.secret[:-1])}),
    case("secret: another case", "message", {"key": Key(OWNER.id, OWNER.secret.upper())}),
    case("secret: empty, of a link", "link of get", {"key": Key(OWNER.id, "")}),
    case("key: the well-known one", "put", {"key": Key("test", "test")}, (403, "InvalidAccessKeyId")),
    case("key: the well-known one, of a message", "message", {"key": Key("test", "test")}, (400, "UnrecognizedClientException")),
    case("key: the well-known one, of a role", "role_form", {"key": Key("test", "test")}, (403, "InvalidClientTokenId")),
    case("key: the well-known one, of a link", "link of get", {"key": Key("test", "test")}, (403, "InvalidAccessKeyId")),
    case("key: the well-known one with the owner's secret", "put", {"key": Key("test", OWNER.secret)}, (403, "InvalidAccessKeyId")),
    case("key: none and no secret", "put", {"key": Key("", "")}, BAD_HEADER),
    case("date: 16 minutes ago", "put", {"timestamp": -16 * 60}, SKEWED),
    case("date: in 16 minutes", "put", {"timestamp": 16 * 60}, SKEWED),
    case("date: 16 minutes ago, of a message", "message", {"timestamp": -16 * 60}),
    case("date: in 16 minutes, of functions", "list_functions", {"timestamp": 16 * 60}),
    case("date: yesterday", "put", {"timestamp": -86_400}, SKEWED),
    case("date: 1970", "put", {"timestamp": "19700101T000000Z"}, SKEWED),
    case("date: 9999", "put", {"timestamp": "99991231T235959Z"}, SKEWED),
    case("date: another than the scope's", "put", {"scope_date": "20200101"}, BAD_HEADER),
    case("date: another than the scope's, of a message", "message", {"scope_date": "20200101"}),
    case("date: none that there is", "put", {"timestamp": "20269931T000000Z"}, DENIED),
    case("date: with a zone", "put", {"timestamp": "20261130T000000+0100"}, DENIED),
    case("link: lives 0 seconds", "link of get", {"expires": "0", "timestamp": -1}, DENIED),
    case("link: lives a week and a second", "link of get", {"expires": "604801"}, BAD_QUERY),
    case("link: lives less than nothing", "link of get", {"expires": "-1"}, BAD_QUERY),
    case("link: lives a word", "link of get", {"expires": "always"}, BAD_QUERY),
    case("link: lives longer than numbers are", "link of get", {"expires": "9" * 30}, BAD_QUERY),
    case("link: lives 300 with a sign", "link of get", {"expires": "%2B300"}, BAD_QUERY),
    case("link: lives in hexadecimal", "link of get", {"expires": "0x300"}, BAD_QUERY),
    case("link: lives nothing said", "link of get", {"expires": ""}, BAD_QUERY),
    case("link: has expired", "link of get", {"timestamp": -301}, DENIED),
    case("link: has expired, of a write", "link of upload", {"timestamp": -301}, DENIED),
    case("link: is not valid yet", "link of get", {"timestamp": 16 * 60}, DENIED),
    case("link: another date than the scope's", "link of get", {"scope_date": "20200101"}, BAD_QUERY),
    case("link: host is not signed", "link of get", {"leave_out": ["host"]}, DENIED),
    case("headers: host is not signed", "get", {"leave_out": ["host"]}, DENIED),
    case("headers: host is not signed, of a message", "message", {"leave_out": ["host"]}),
    case("headers: the operation is not signed", "message", {"leave_out": ["x-amz-target"]}),
    case("headers: the operation is not signed, of machines", "list_machines", {"leave_out": ["x-amz-target"]}),
    case("headers: metadata is not signed", "put", {"leave_out": ["x-amz-meta-who"]}, DENIED),
    case("headers: the date is not signed", "put", {"leave_out": ["x-amz-date"]}, DENIED),
    case("payload: not signed, of a message", "message", {"payload": "UNSIGNED-PAYLOAD"}),
    case("payload: not signed, of a form", "role_form", {"payload": "UNSIGNED-PAYLOAD"}),
    case("payload: chunks without signatures, of a message", "message", {"payload": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}),
    case("service: sqs for a bucket", "put", {"service": "sqs", "payload": sha256(b"honest words")}, (404, "UnknownOperationException")),
    case("service: s3 for a message", "message", {"service": "s3"}),
    case("service: s3 for a role", "role_form", {"service": "s3"}, (501, "NotImplemented")),
    case("service: sts for a message", "message", {"service": "sts"}),
    case("service: sts for a role", "role_form", {"service": "sts"}, (400, "InvalidAction")),
    case("service: iam for a message", "message", {"service": "iam"}),
    case("service: sqs for machines", "list_machines", {"service": "sqs"}),
    case("service: s3 for machines", "list_machines", {"service": "s3"}),
    case("service: s3 for functions", "list_functions", {"service": "s3"}, (404, "NoSuchBucket")),
    case("service: lambda for a message", "message", {"service": "lambda"}),
    case("service: none", "put", {"service": "", "payload": sha256(b"honest words")}, (501, "UnknownOperationException")),
    case("service: in capitals", "message", {"service": "SQS"}),
    case("path: signed as it would be without dots", "put", {"path": "/vault/new.txt/."}),
]


@pytest.mark.parametrize("kind, how, refusal", WRONGLY_SIGNED)
def test_wrongly_signed(vault, kind, how, refusal):
    is_link, base = kind.startswith("link of "), kind.removeprefix("link of ")
    works(vault, signed(vault, kind))
    request = getattr(vault, base)()
    how = {"key": OWNER, "service": SERVICE[base], **how}
    if isinstance(how.get("timestamp"), int):  # from now, not from when the cases were collected
        how["timestamp"] = stamp(how["timestamp"])
    (request.presign if is_link else request.sign)(how.pop("key"), **how)
    attempt(vault, request, refusal_of(kind, refusal))


# Keys of sessions.
NO_TOKEN = {"get": (400, "InvalidToken"), "put": (400, "InvalidToken"), "message": (400, "UnrecognizedClientException"),
            "role_form": (403, "InvalidClientTokenId"), "list_functions": (403, "UnrecognizedClientException")}


@pytest.mark.parametrize("kind", NO_TOKEN)
@pytest.mark.parametrize("token", ["none", "another session's", "cut", "longer", "in another case", "empty"])
def test_the_token_of_a_session(vault, kind, token):
    visitor, other = vault.visitor(), vault.visitor()
    works(vault, getattr(vault, kind)().sign(visitor, service=SERVICE[kind]))
    forged = {"none": None, "another session's": other.token, "cut": visitor.token[:-1], "longer": visitor.token + "A",
              "in another case": visitor.token.swapcase(), "empty": ""}[token]
    attempt(vault, getattr(vault, kind)().sign(Key(visitor.id, visitor.secret, forged), service=SERVICE[kind]), NO_TOKEN[kind])


@pytest.mark.parametrize("token", ["none", "another session's"])
def test_the_token_of_a_sessions_link(vault, token):
    visitor, other = vault.visitor(), vault.visitor()
    works(vault, vault.get().presign(visitor))
    forged = {"none": None, "another session's": other.token}[token]
    attempt(vault, vault.get().presign(Key(visitor.id, visitor.secret, forged)), NO_TOKEN["get"])


def test_a_token_taken_from_a_link(vault):
    works(vault, vault.get().presign(vault.visitor()))
    attempt(vault, vault.get().presign(vault.visitor()).swap_query("X-Amz-Security-Token", None), NO_TOKEN["get"])


def test_a_token_that_was_not_signed(vault):
    """S3 takes no header that could have been added on the way."""
    visitor = vault.visitor()
    request = vault.get().sign(Key(visitor.id, visitor.secret))
    attempt(vault, request.add("X-Amz-Security-Token", visitor.token), DENIED)


@pytest.mark.parametrize("kind", NO_TOKEN)
def test_a_token_for_the_owners_key(vault, kind):
    works(vault, getattr(vault, kind)().sign(OWNER, service=SERVICE[kind]))
    attempt(vault, getattr(vault, kind)().sign(Key(OWNER.id, OWNER.secret, vault.visitor().token), service=SERVICE[kind]), NO_TOKEN[kind])


# Uploads in signed chunks.
PIECES = [b"a" * 8192, b"b" * 8192, b"words of the owner"]
WHOLE = b"".join(PIECES)


def chunked(vault, trailers=(), length=None):
    """An upload whose body is still to come: the chunks are signed after the head."""
    request = vault.upload()
    request.body = b"-"
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailers else "")
    request.add("x-amz-decoded-content-length", str(len(WHOLE) if length is None else length)).add("Content-Encoding", "aws-chunked")
    if trailers:
        request.add("x-amz-trailer", ",".join(name for name, _ in trailers))
    return request.sign(OWNER, payload=kind)


def ending(request, chunks):
    """With the empty line behind the last chunk."""
    request.body = b"".join(chunks) + b"\r\n"
    return request


def cut_signatures(chunks):
    return [chunk.split(b";")[0] + b"\r\n" + chunk.split(b"\r\n", 1)[1] for chunk in chunks]


BAD_CHUNK = (403, "SignatureDoesNotMatch")
CUT_BODY = (400, "IncompleteBody")


@pytest.mark.parametrize("forge, refusal", [
    pytest.param(lambda c: [c[1], c[0], *c[2:]], BAD_CHUNK, id="two change places"),
    pytest.param(lambda c: [c[0], c[0], *c[2:]], BAD_CHUNK, id="one comes twice in another's place"),
    pytest.param(lambda c: [c[0], *c[2:]], BAD_CHUNK, id="one is left out"),
    pytest.param(lambda c: [*c[:2], c[3]], BAD_CHUNK, id="the last one with words is left out"),
    pytest.param(lambda c: c[:-1], CUT_BODY, id="the end is left out"),
    pytest.param(lambda c: [], CUT_BODY, id="all are left out"),
    pytest.param(lambda c: [c[0].replace(b"aaaa", b"bbbb", 1), *c[1:]], BAD_CHUNK, id="other bytes in the first"),
    pytest.param(lambda c: [*c[:2], c[2].replace(b"words", b"WORDS"), c[3]], BAD_CHUNK, id="other bytes in the last"),
    pytest.param(lambda c: cut_signatures(c), BAD_CHUNK, id="no signatures"),
    pytest.param(lambda c: [*c[:3], *cut_signatures(c[3:])], BAD_CHUNK, id="no signature at the end"),
    pytest.param(lambda c: [c[0].replace(b"chunk-signature", b"chunk-signaturE"), *c[1:]], BAD_CHUNK, id="the signature's name in another case"),
    pytest.param(lambda c: [c[0][:-100], *c[1:]], CUT_BODY, id="one is cut"),
    pytest.param(lambda c: [c[0].replace(b"2000;", b"1fff;"), *c[1:]], CUT_BODY, id="one says that it is shorter"),
    pytest.param(lambda c: [c[0].replace(b"2000;", b"-2000;"), *c[1:]], CUT_BODY, id="one says that it is negative"),
    pytest.param(lambda c: [c[0].replace(b"2000;", b"ffffffffffffffff;"), *c[1:]], CUT_BODY, id="one says that it has no end"),
    pytest.param(lambda c: [c[0].replace(b"2000;", b"10000000000002000;"), *c[1:]], CUT_BODY, id="one says more than numbers hold"),
    pytest.param(lambda c: [c[0].replace(b"2000;", b"0x2000;"), *c[1:]], CUT_BODY, id="one says its size in another way"),
    pytest.param(lambda c: [*c, b"\r\n", c[0]], CUT_BODY, id="one more behind the end"),
])
def test_signed_chunks(vault, forge, refusal):
    honest = chunked(vault)
    works(vault, ending(honest, honest.chunks(PIECES)[0]))
    forged = chunked(vault)
    attempt(vault, ending(forged, forge(forged.chunks(PIECES)[0])), refusal)


def test_chunks_of_another_upload(vault):
    first = chunked(vault)
    works(vault, ending(first, first.chunks(PIECES)[0]))
    time.sleep(1.1)  # signatures of the same second would be the same
    second = chunked(vault)
    attempt(vault, ending(second, first.chunks(PIECES)[0]), BAD_CHUNK)


@pytest.mark.parametrize("length", [0, 1, len(WHOLE) - 1, len(WHOLE) + 1, -1, "many"])
def test_chunks_of_another_length_than_was_signed(vault, length):
    request = chunked(vault, length=length)
    attempt(vault, ending(request, request.chunks(PIECES)[0]), (411, "MissingContentLength") if length in (-1, "many") else CUT_BODY)


CHECKSUM = ("x-amz-checksum-sha256", base64.b64encode(bytes.fromhex(sha256(WHOLE))).decode())
WRONG = ("x-amz-checksum-sha256", base64.b64encode(bytes.fromhex(sha256(b"others"))).decode())
MALFORMED = (400, "MalformedTrailerError")


@pytest.mark.parametrize("forge, refusal", [
    pytest.param(lambda r, p, t: t.replace(CHECKSUM[1].encode(), WRONG[1].encode()), BAD_CHUNK, id="another checksum"),
    pytest.param(lambda r, p, t: r.trailer(p, [WRONG]), (400, "BadDigest"), id="another checksum, signed"),
    pytest.param(lambda r, p, t: b"x-amz-meta-evil:1\r\n" + t, BAD_CHUNK, id="a line more"),
    pytest.param(lambda r, p, t: t.split(b"x-amz-trailer-signature")[0] + b"\r\n", BAD_CHUNK, id="no signature"),
    pytest.param(lambda r, p, t: t.replace(b"signature:", b"signature:0"), BAD_CHUNK, id="another signature"),
    pytest.param(lambda r, p, t: b"x-amz-trailer-signature" + t.split(b"x-amz-trailer-signature")[1], MALFORMED, id="no checksum"),
    pytest.param(lambda r, p, t: r.trailer("0" * 64, [CHECKSUM]), BAD_CHUNK, id="signed behind other chunks"),
    pytest.param(lambda r, p, t: b"\r\n", MALFORMED, id="none"),
])
def test_signed_trailers(vault, forge, refusal):
    def made(forged):
        request = chunked(vault, trailers=[CHECKSUM])
        chunks, last = request.chunks(PIECES)
        trailer = request.trailer(last, [CHECKSUM])
        request.body = b"".join(chunks) + (forge(request, last, trailer) if forged else trailer)
        return request

    works(vault, made(forged=False))
    attempt(vault, made(forged=True), refusal)


# Version 2, which S3 still takes in links.

@pytest.mark.parametrize("forge, refusal", [
    pytest.param(lambda r: r.swap("path", "secret", "spare"), BAD_CHUNK, id="another key"),
    pytest.param(lambda r: r.swap("method", "GET", "DELETE"), BAD_CHUNK, id="another method"),
    pytest.param(lambda r: r.more_query("acl"), BAD_CHUNK, id="a sub-resource more"),
    pytest.param(lambda r: r.more_query("response-content-type=text/html"), BAD_CHUNK, id="a response header more"),
    pytest.param(lambda r: r.more_query("x-amz-acl=public-read"), BAD_CHUNK, id="an ACL more"),
    pytest.param(lambda r: r.add("x-amz-copy-source", "/vault/secret.txt"), BAD_CHUNK, id="a copy more"),
    pytest.param(lambda r: r.swap_query("Expires", str(int(time.time()) + 9999)), BAD_CHUNK, id="a longer life"),
    pytest.param(lambda r: r.swap_query("Signature", ""), BAD_CHUNK, id="no signature's value"),
    pytest.param(lambda r: r.swap_query("Signature", None), DENIED, id="no signature"),
    pytest.param(lambda r: r.swap_query("AWSAccessKeyId", "AKIDNOBODY"), (403, "InvalidAccessKeyId"), id="nobody's key"),
    pytest.param(lambda r: r.set("Host", "other.localhost"), BAD_CHUNK, id="a bucket by the host"),
])
def test_links_of_version_2(vault, forge, refusal):
    expires = int(time.time()) + 300
    works(vault, vault.get().presign_v2(OWNER, expires))
    attempt(vault, forge(vault.get().presign_v2(OWNER, expires)), refusal)


def test_a_link_of_version_2_that_expired(vault):
    attempt(vault, vault.get().presign_v2(OWNER, int(time.time()) - 1), DENIED)


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("forge", [
    pytest.param(lambda r: r.more_query("Action=CreateRole&Version=2010-05-08&RoleName=evil&AssumeRolePolicyDocument=%7B%7D"), id="a form behind"),
    pytest.param(lambda r: setattr(r, "query", "Action=CreateRole&Version=2010-05-08&RoleName=evil&AssumeRolePolicyDocument=%7B%7D&" + r.query) or r, id="a form before"),
    pytest.param(lambda r: r.add("X-Amz-Target", "AmazonSQS.ListQueues").add("Content-Type", "application/x-amz-json-1.0"), id="a target"),
    pytest.param(lambda r: setattr(r, "query", "x=X-Amz-Credential=a/20260101/us-east-1/sqs/aws4_request&" + r.query) or r, id="another scope before"),
    pytest.param(lambda r: r.set("Host", "iam.us-east-1.localhost"), id="another service's host"),
])
def test_a_link_to_s3_opens_no_other_service(vault, version, forge):
    """Of what a link's query may say without being signed for (version 2), nothing may lead to another service."""
    def link():
        request = vault.request("GET", "/")
        return request.presign(OWNER) if version == 4 else request.presign_v2(OWNER, int(time.time()) + 300)

    works(vault, link())
    before = vault.contents()
    answer = vault.send(forge(link()))
    assert answer.status >= 400 or b"ListAllMyBucketsResult" in answer.body, answer.text  # S3's own answer, or none
    assert vault.contents() == before
