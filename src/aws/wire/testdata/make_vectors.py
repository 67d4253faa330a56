#!/usr/bin/env python3
"""Writes input.json and output.json beside itself: protocol vectors of our own, in the form that botocore keeps its in.

The requests are what botocore, a real client, writes for our values; the responses are ours, and botocore must read our
values from them, or this script fails. So both sides of the codecs are held against a client that shares no code with
them, also where AWS's own vectors are not at hand.
"""
import json
import pathlib

from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

PROTOCOLS = {  # file name -> what a service's model says of it
    "json": {"protocol": "json", "jsonVersion": "1.1", "targetPrefix": "Films"},
    "json_1_0": {"protocol": "json", "jsonVersion": "1.0", "targetPrefix": "Films"},
    "query": {"protocol": "query"},
    "rest-json": {"protocol": "rest-json"},
    "rest-xml": {"protocol": "rest-xml"},
}
SHAPES = {
    "Text": {"type": "string"}, "Whole": {"type": "integer"}, "Long": {"type": "long"}, "Ratio": {"type": "double"},
    "Small": {"type": "float"}, "Flag": {"type": "boolean"}, "Bytes": {"type": "blob"}, "Time": {"type": "timestamp"},
    "IsoTime": {"type": "timestamp", "timestampFormat": "iso8601"},
    "Texts": {"type": "list", "member": {"shape": "Text"}},
    "NamedTexts": {"type": "list", "member": {"shape": "Text", "locationName": "Tag"}},
    "Numbers": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Whole"}},
    "Box": {"type": "structure", "members": {"Left": {"shape": "Ratio"}, "Top": {"shape": "Ratio"}, "Label": {"shape": "Text"}}},
    "Boxes": {"type": "list", "member": {"shape": "Box"}},
}
PLAIN = {"Name": {"shape": "Text"}, "Count": {"shape": "Whole"}, "Size": {"shape": "Long"}, "Share": {"shape": "Ratio"},
         "Rate": {"shape": "Small"}, "Done": {"shape": "Flag"}, "Data": {"shape": "Bytes"}, "At": {"shape": "Time"},
         "Since": {"shape": "IsoTime"}, "Words": {"shape": "Texts"}, "Tags": {"shape": "NamedTexts"},
         "Flat": {"shape": "Texts", "flattened": True}, "Counts": {"shape": "Numbers"}, "Box": {"shape": "Box"}, "Boxes": {"shape": "Boxes"}}
BOUND = {"Key": {"shape": "Text", "location": "uri", "locationName": "Key"},
         "Prefix": {"shape": "Text", "location": "querystring", "locationName": "prefix"},
         "Most": {"shape": "Whole", "location": "querystring", "locationName": "max-keys"},
         "Owner": {"shape": "Text", "location": "header", "locationName": "x-films-owner"},
         "Exact": {"shape": "Flag", "location": "header", "locationName": "x-films-exact"},
         "Note": {"shape": "Text"}, "Counts": {"shape": "Numbers"}, "Boxes": {"shape": "Boxes"}}
TOLD = {"Owner": {"shape": "Text", "location": "header", "locationName": "x-films-owner"},
        "Most": {"shape": "Whole", "location": "header", "locationName": "x-films-most"},
        "Note": {"shape": "Text"}, "Words": {"shape": "Texts"}, "Boxes": {"shape": "Boxes"}}

# Parameters that every protocol's requests carry.
ANY = {
    "Texts": {"Name": "Käse & <日本> \"quoted\" + 100%", "Words": ["", " a ", "b\tc\nd"]},
    "Numbers": {"Count": -2147483648, "Size": 9007199254740993, "Share": 0.1, "Rate": -1.5},
    "FlagsTimesAndBytes": {"Done": False, "At": 1767225600, "Since": 1767225601, "Data": "bytes, and more"},
    "Lists": {"Words": ["one", "two"], "Tags": ["x", "y"], "Flat": ["f", "g"]},
    "Nested": {"Box": {"Left": 0.25, "Top": -1.0, "Label": "a"}, "Boxes": [{"Left": 1.0}, {"Label": "b"}], "Counts": {"a": 1}},
    "Nothing": {},
}
REST = {
    "KeysAreSegments": {"Key": "a b/ü+%2F.mp4"},
    "EverythingEverywhere": {"Key": "k", "Prefix": "p/ &=é", "Most": 7, "Owner": "o", "Exact": True, "Note": "n",
                             "Counts": {"a": 1}, "Boxes": [{"Left": 0.5, "Label": "<x>"}]},
}
RESPONSES = {  # file -> id -> (members, headers, body, what it says)
    "json": {"Values": (PLAIN, {}, '{"Name":"Käse \\"x\\"","Count":-7,"Size":9007199254740993,"Share":0.1,"Done":true,"Data":"YnI=",'
                        '"At":1767225600,"Words":["a",""],"Counts":{"k":1},"Boxes":[{"Left":0.5,"Label":"b"},{}]}',
                        {"Name": 'Käse "x"', "Count": -7, "Size": 9007199254740993, "Share": 0.1, "Done": True, "Data": "br",
                         "At": 1767225600, "Words": ["a", ""], "Counts": {"k": 1}, "Boxes": [{"Left": 0.5, "Label": "b"}, {}]})},
    "query": {"Values": (PLAIN, {}, '<ListFilmsResponse xmlns="https://example.com/"><ListFilmsResult><Name>a &lt;b&gt; &amp; c</Name>'
                         '<Count>-7</Count><Done>false</Done><At>2026-01-01T00:00:00Z</At><Words><member>x</member><member>y</member>'
                         '</Words><Tags><Tag>t</Tag></Tags><Flat>f</Flat><Flat>g</Flat><Counts><entry><key>k</key><value>1</value>'
                         '</entry></Counts><Boxes><member><Left>0.5</Left></member></Boxes></ListFilmsResult><ResponseMetadata>'
                         '<RequestId>r</RequestId></ResponseMetadata></ListFilmsResponse>',
                         {"Name": "a <b> & c", "Count": -7, "Done": False, "At": 1767225600, "Words": ["x", "y"], "Tags": ["t"],
                          "Flat": ["f", "g"], "Counts": {"k": 1}, "Boxes": [{"Left": 0.5}]})},
    "rest-json": {"HeadersAndBody": (TOLD, {"x-films-owner": "o", "x-films-most": "7"},
                                     '{"Note":"n","Words":["a"],"Boxes":[{"Top":1.5}]}',
                                     {"Owner": "o", "Most": 7, "Note": "n", "Words": ["a"], "Boxes": [{"Top": 1.5}]})},
    "rest-xml": {"HeadersAndBody": (TOLD, {"x-films-owner": "o", "x-films-most": "7"},
                                    '<FilmList><Note>a &amp; b</Note><Words><member>a</member></Words><Boxes><member><Top>1.5</Top>'
                                    '</member></Boxes></FilmList>',
                                    {"Owner": "o", "Most": 7, "Note": "a & b", "Words": ["a"], "Boxes": [{"Top": 1.5}]})},
}
RESPONSES["json_1_0"] = RESPONSES["json"]


def service_of(metadata, shapes):
    return ServiceModel({"metadata": {**metadata, "apiVersion": "2026-01-01", "serviceId": "Films"}, "shapes": shapes,
                         "operations": {}}, "films")


def text_of(body):
    return body.decode() if isinstance(body, bytes) else str(body)


def form(pairs):
    from urllib.parse import urlencode
    return urlencode(pairs)


def requests(file, metadata):
    is_rest = file.startswith("rest")
    shapes = {**SHAPES, "FilmQuery": {"type": "structure", "members": BOUND if is_rest else PLAIN,
                                      **({"required": ["Key"]} if is_rest else {})}}
    given = {"name": "ListFilms", "http": {"method": "POST", "requestUri": "/films/{Key+}" if is_rest else "/"},
             "input": {"shape": "FilmQuery", **({"locationName": "FilmQuery"} if file == "rest-xml" else {})}}
    serializer = create_serializer(metadata["protocol"], include_validation=False)
    cases = []
    for name, params in (REST if is_rest else ANY).items():
        sent = serializer.serialize_to_request(params, OperationModel(given, service_of(metadata, shapes)))
        body = form(sent["body"]) if isinstance(sent["body"], dict) else text_of(sent["body"])
        query = form(sent["query_string"]) if sent["query_string"] else ""
        cases.append({"id": f"{file}-{name}", "given": given, "params": params, "serialized": {
            "method": sent["method"], "uri": sent["url_path"] + ("?" + query if query else ""), "body": body,
            "headers": dict(sent["headers"])}})
    return {"file": file, "metadata": metadata, "shapes": shapes, "cases": cases}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return value.decode()
    return int(value.timestamp()) if hasattr(value, "timestamp") else value


def responses(file, metadata):
    out = []
    for name, (members, headers, body, result) in RESPONSES[file].items():
        shapes = {**SHAPES, "FilmList": {"type": "structure", "members": members}}
        given = {"name": "ListFilms", "http": {"method": "POST", "requestUri": "/", "responseCode": 200},
                 "output": {"shape": "FilmList", **({"resultWrapper": "ListFilmsResult"} if file == "query" else {})}}
        read = create_parser(metadata["protocol"]).parse(
            {"status_code": 200, "headers": headers, "body": body.encode()}, service_of(metadata, shapes).shape_for("FilmList")
            if file != "query" else OperationModel(given, service_of(metadata, shapes)).output_shape)
        assert plain(read) == result, (file, plain(read), result)
        out.append({"file": file, "metadata": metadata, "shapes": shapes, "cases": [{
            "id": f"{file}-{name}", "given": given, "result": result,
            "response": {"status_code": 200, "headers": headers, "body": body}}]})
    return out


def main():
    folder = pathlib.Path(__file__).parent
    everything = {"input": [requests(*one) for one in PROTOCOLS.items()],
                  "output": [suite for one in PROTOCOLS.items() for suite in responses(*one)]}
    for name, suites in everything.items():
        (folder / f"{name}.json").write_text(json.dumps(suites, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
