"""Layers: what functions find below /opt. https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html"""
import json
import urllib.request

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from protocol.lambda_functions import Function, create, package, unique
from protocol.managed_functions import Node, Python, sources


def refused(call, **given):
    with pytest.raises(ClientError) as error:
        call(**given)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def layer(engine, files, name=None, **more):
    return engine.client("lambda").publish_layer_version(LayerName=name or unique("layer"), Content={"ZipFile": sources(files)}, **more)


LISTS = """
import os, sys
def lambda_handler(event, context):
    found = {}
    for folder, _, names in os.walk("/opt"):
        for name in names:
            path = os.path.join(folder, name)
            found[path] = open(path).read()
    return found
"""


def test_layers_lie_over_each_other_in_order(engine):
    first = layer(engine, {"both.txt": "first", "a/one.txt": "1", "file": "x"})["LayerVersionArn"]
    second = layer(engine, {"both.txt": "second", "a/two.txt": "2", "file/below.txt": "now a folder"})["LayerVersionArn"]
    with Python(engine, LISTS, Layers=[first, second]) as function:
        assert function.run()[0] == {"/opt/both.txt": "second", "/opt/a/one.txt": "1", "/opt/a/two.txt": "2", "/opt/file/below.txt": "now a folder"}
        shown = function.client.get_function_configuration(FunctionName=function.name)["Layers"]
        assert [one["Arn"] for one in shown] == [first, second] and all(one["CodeSize"] > 0 for one in shown)
        function.client.update_function_configuration(FunctionName=function.name, Layers=[second, first])
        assert function.run()[0]["/opt/both.txt"] == "first"
        function.client.publish_version(FunctionName=function.name)
        function.client.update_function_configuration(FunctionName=function.name, Layers=[first])
        assert function.run()[0] == {"/opt/both.txt": "first", "/opt/a/one.txt": "1", "/opt/file": "x"}
        function.client.update_function_configuration(FunctionName=function.name, Layers=[])
        assert function.run()[0] == {} and "Layers" not in function.client.get_function_configuration(FunctionName=function.name)
        assert len(function.run(Qualifier="1")[0]) == 4


def test_modules_of_layers(engine):
    arn = layer(engine, {"python/inlayer.py": "WORD = 'python'", "python/lib/python3.12/site-packages/deep.py": "WORD = 'deep'",
                         "nodejs/node_modules/inlayer/index.js": "exports.word = 'node';"}, CompatibleRuntimes=["python3.12", "nodejs20.x"])["LayerVersionArn"]
    with Python(engine, "import inlayer, deep\ndef lambda_handler(e, c): return [inlayer.WORD, deep.WORD]", Layers=[arn]) as function:
        assert function.run()[0] == ["python", "deep"]
    with Node(engine, "const { word } = require('inlayer'); exports.handler = async () => word;", Layers=[arn]) as function:
        assert function.run()[0] == "node"
    with Node(engine, {"index.mjs": "import inlayer from 'inlayer'; export const handler = async () => inlayer.word;"}, Layers=[arn]) as function:
        assert function.run()[0] == "node"


def test_a_bootstrap_in_a_layer(engine):
    from protocol.lambda_functions import probe

    made = engine.client("lambda").publish_layer_version(LayerName=unique("layer"), Content={"ZipFile": package({"bootstrap": probe()})})
    with Function(engine, code=sources({"data.txt": "x"}), Layers=[made["LayerVersionArn"]]) as function:
        assert function.invoke("echo", a=1)[0] == {"do": "echo", "a": 1}


def test_publish_get_list_delete(engine):
    client, name = engine.client("lambda"), unique("layer")
    one = layer(engine, {"a": "1"}, name, Description="d", CompatibleRuntimes=["python3.9"], LicenseInfo="MIT", CompatibleArchitectures=["x86_64"])
    arn = f"arn:aws:lambda:us-east-1:000000000000:layer:{name}"
    assert (one["LayerArn"], one["LayerVersionArn"], one["Version"], one["Description"]) == (arn, arn + ":1", 1, "d")
    assert one["CompatibleRuntimes"] == ["python3.9"] and one["LicenseInfo"] == "MIT" and one["CompatibleArchitectures"] == ["x86_64"]
    two = layer(engine, {"a": "2"}, name)
    assert two["Version"] == 2 and layer(engine, {"a": "3"}, arn)["Version"] == 3
    got = client.get_layer_version(LayerName=name, VersionNumber=1)
    with urllib.request.urlopen(got["Content"]["Location"]) as answer:
        assert answer.read() == sources({"a": "1"})
    assert got["Content"]["CodeSha256"] == one["Content"]["CodeSha256"]
    assert client.get_layer_version_by_arn(Arn=arn + ":2")["Version"] == 2
    assert [v["Version"] for v in client.list_layer_versions(LayerName=name)["LayerVersions"]] == [3, 2, 1]
    pages = client.get_paginator("list_layer_versions").paginate(LayerName=name, PaginationConfig={"PageSize": 2})
    assert [v["Version"] for page in pages for v in page["LayerVersions"]] == [3, 2, 1]
    assert [v["Version"] for v in client.list_layer_versions(LayerName=name, CompatibleRuntime="python3.9")["LayerVersions"]] == [1]
    assert client.list_layer_versions(LayerName="never")["LayerVersions"] == []
    listed = [one for page in client.get_paginator("list_layers").paginate() for one in page["Layers"] if one["LayerName"] == name]
    assert [one["LatestMatchingVersion"]["Version"] for one in listed] == [3]
    client.delete_layer_version(LayerName=name, VersionNumber=3)
    client.delete_layer_version(LayerName=name, VersionNumber=3)
    assert refused(client.get_layer_version, LayerName=name, VersionNumber=3) == (
        "ResourceNotFoundException", "The resource you requested does not exist.")
    assert layer(engine, {"a": "4"}, name)["Version"] == 4, "numbers are not used again"


def test_permissions(engine):
    client, name = engine.client("lambda"), unique("layer")
    layer(engine, {"a": "1"}, name)
    assert refused(client.get_layer_version_policy, LayerName=name, VersionNumber=1)[0] == "ResourceNotFoundException"
    given = {"LayerName": name, "VersionNumber": 1, "StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "123456789012"}
    added = client.add_layer_version_permission(**given)
    assert json.loads(added["Statement"]) == {"Sid": "s", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                                              "Action": "lambda:GetLayerVersion", "Resource": f"arn:aws:lambda:us-east-1:000000000000:layer:{name}:1"}
    policy = client.get_layer_version_policy(LayerName=name, VersionNumber=1)
    assert policy["RevisionId"] == added["RevisionId"] and json.loads(policy["Policy"])["Statement"] == [json.loads(added["Statement"])]
    assert refused(client.add_layer_version_permission, **given)[0] == "ResourceConflictException"
    assert refused(client.remove_layer_version_permission, LayerName=name, VersionNumber=1, StatementId="s", RevisionId="x")[0] == "PreconditionFailedException"
    client.remove_layer_version_permission(LayerName=name, VersionNumber=1, StatementId="s", RevisionId=policy["RevisionId"])
    assert refused(client.add_layer_version_permission, **{**given, "VersionNumber": 9})[1].endswith(f"layer:{name}:9 does not exist.")


def test_bad_layers(engine):
    client = engine.client("lambda", config=Config(parameter_validation=False))
    name = unique("layer")
    arns = [layer(engine, {"a": str(i)}, name)["LayerVersionArn"] for i in range(2)]
    others = [layer(engine, {"a": "x"})["LayerVersionArn"] for _ in range(6)]

    def says(layers):
        return refused(create, engine=engine, code=sources({"bootstrap": "#!/bin/sh"}), Layers=layers)

    assert says(others) == ("InvalidParameterValueException", "Cannot reference more than 5 layers.")
    assert says(arns)[1] == ("Two different versions of the same layer are not allowed to be referenced in the same function. "
                             f"{arns[0]} and {arns[1]} are versions of the same layer.")
    assert says([arns[0][:-1] + "9"]) == ("InvalidParameterValueException", f"Layer version {arns[0][:-1]}9 does not exist.")
    assert says([arns[0].replace("us-east-1", "eu-west-1")])[1].startswith("Layers are not in the same region as the function.")
    assert refused(client.publish_layer_version, LayerName=name, Content={"ZipFile": b"no zip"})[1].startswith("Could not unzip uploaded file.")
    assert refused(client.publish_layer_version, LayerName=name, Content={})[0] == "InvalidParameterValueException"
    assert refused(client.publish_layer_version, LayerName=name, CompatibleRuntimes=["cobol"], Content={"ZipFile": sources({"a": "1"})})[0] == "ValidationException"
    assert refused(client.get_layer_version, LayerName=name, VersionNumber=0) == ("InvalidParameterValueException", "Layer Version Cannot be less than 1")


def test_a_deleted_layer_stays_with_who_has_it_also_over_a_kill(own_engine):
    engine = own_engine()
    made = layer(engine, {"kept.txt": "here"}, "kept")
    with Python(engine, LISTS, Layers=[made["LayerVersionArn"]]) as function:
        engine.client("lambda").delete_layer_version(LayerName="kept", VersionNumber=1)
        assert function.run()[0] == {"/opt/kept.txt": "here"}
        port = engine.port
        engine.kill()
        engine.start(port)
        assert function.run()[0] == {"/opt/kept.txt": "here"}
        function.client.update_function_configuration(FunctionName=function.name, Timeout=4)
        assert function.run()[0] == {"/opt/kept.txt": "here"}
