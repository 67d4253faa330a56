"""Function packages that are cut, or lead out of their folder."""
import io
import os
import stat
import zipfile

import pytest
from botocore.exceptions import ClientError

from security.alone import own_engine  # noqa: F401: a fixture

MESSAGE = "Could not unzip uploaded file. Please check your file, then try to upload again."


def zip_of(*members):
    """(name, content or None, link target or None)"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, link in members:
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = ((stat.S_IFLNK | 0o777) if link else (stat.S_IFREG | 0o755)) << 16
            archive.writestr(info, link or content)
    return out.getvalue()


@pytest.fixture
def create(own_engine):
    engine = own_engine()
    role = engine.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},'
        '"Action":"sts:AssumeRole"}]}'))["Role"]["Arn"]

    def make(code, name="f"):
        return engine.client("lambda").create_function(FunctionName=name, Role=role, Runtime="provided.al2023", Handler="h",
                                                       Code={"ZipFile": code})
    make.engine = engine
    return make


def refused(create, code):
    with pytest.raises(ClientError) as error:
        create(code)
    assert error.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert error.value.response["Error"]["Message"] == MESSAGE


def test_a_zip_that_is_cut_is_refused(create):
    whole = zip_of(("bootstrap", "#!/bin/sh\n", None), ("data", os.urandom(1000).hex(), None))
    end = whole.rindex(b"PK\x05\x06")
    directory = whole.index(b"PK\x01\x02")
    for size in (end, end - 10, directory + 60, directory, directory - 1, len(whole) - 1):
        refused(create, whole[:size])
    create(whole)


def test_links_are_no_way_out(create):
    """Each points inside; one through the other leads to where other functions' code lies."""
    create(zip_of(("bootstrap", "#!/bin/sh\n", None)), "victim")
    code = create.engine.data / "lambda" / "code"
    before = sorted(os.listdir(code))
    refused(create, zip_of(("bootstrap", "#!/bin/sh\n", None), ("p/q/up", None, "../.."), ("out", None, "p/q/up/.."),
                           (f"out/{before[0]}/bootstrap", "#!/bin/sh\necho evil\n", None)))
    refused(create, zip_of(("p/q/up", None, "../.."), ("out", None, "p/q/up/.."), ("out/evil", "x", None)))
    assert sorted(os.listdir(code)) == before
    assert (code / before[0] / "bootstrap").read_text() == "#!/bin/sh\n"
