#include "aws/wire/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/wire/constraints.hpp"

namespace cumulet::wire {
namespace {

constexpr std::string_view kModes[] = {"fast", "slow"};

struct Tag {
  std::string key;
  std::string value;

  static Shape shape() {
    return structure("Tag", {member<&Tag::key>("Key").required().range(1, 8), member<&Tag::value>("Value")});
  }
};
struct Grantee {
  std::string type;
  std::string name;

  static Shape shape() {
    return structure("Grantee", {member<&Grantee::type>("Type").attribute(), member<&Grantee::name>("DisplayName")});
  }
};
struct Thing {
  std::string role_name;
  std::optional<int> max_items;
  std::optional<std::string> mode;
  std::vector<Tag> tags;
  std::map<std::string, std::string> environment;
  std::optional<TimePoint> at;
  std::optional<std::int64_t> big;
  std::optional<double> ratio;
  std::optional<bool> flag;
  std::optional<Blob> bytes;
  std::optional<boost::json::value> document;

  static Shape shape() {
    return structure(
        "Thing", {member<&Thing::role_name>("RoleName").required().range(1, 8).pattern("[a-z]+"),
                  member<&Thing::max_items>("MaxItems").range(1, 1000), member<&Thing::mode>("mode").one_of(kModes),
                  member<&Thing::tags>("Tags"), member<&Thing::environment>("Environment"), member<&Thing::at>("At"),
                  member<&Thing::big>("Big"), member<&Thing::ratio>("Ratio"), member<&Thing::flag>("Flag"),
                  member<&Thing::bytes>("Bytes"), member<&Thing::document>("Document")});
  }
};


Operation thing_operation() { return erased<Thing, Thing>("DoThing"); }

Result<Thing> decoded(Protocol protocol, std::string_view body) {
  const ServiceDescriptor service;
  const Operation op = thing_operation();
  DecodeRequest request;
  request.body = body;
  Thing thing;
  auto result = decode(protocol, service, op, request, &thing);
  if (!result.ok()) return std::move(result).error();
  return thing;
}

std::string message_of(Protocol protocol, std::string_view body) {
  auto result = decoded(protocol, body);
  return result.ok() ? "accepted" : std::string(result.error().code()) + ": " + result.error().message();
}

std::string body_of(const http::Response& response) {
  std::string out;
  for (const auto& piece : std::get<0>(response.body.content)) out += std::get<std::string>(piece);
  return out;
}

TEST(Json, FillsAndWritesEveryKind) {
  const std::string text =
      R"({"RoleName":"abc","MaxItems":5,"mode":"slow","Tags":[{"Key":"k","Value":"v"}],"Environment":{"A":"1"},)"
      R"("At":1422172800.5,"Big":1234567890123456789,"Ratio":0.1,"Flag":true,"Bytes":"Zm9v","Document":{"x":[1,null]}})";
  auto thing = decoded(Protocol::aws_json_1_1, text);
  ASSERT_TRUE(thing.ok()) << thing.error().message();
  EXPECT_EQ(thing->at, from_millis(1422172800500));
  EXPECT_EQ(thing->bytes->bytes, "foo");
  ASSERT_EQ(thing->tags.size(), 1u);
  const Operation op = thing_operation();
  const ServiceDescriptor service;
  const http::Response response = encode(Protocol::aws_json_1_1, service, op, &*thing, "req-1");
  EXPECT_EQ(body_of(response), text);
  EXPECT_EQ(response.headers.get("x-amzn-requestid"), "req-1");
  EXPECT_EQ(response.headers.get("content-type"), "application/x-amz-json-1.1");
}

TEST(Json, NamesConstraintsInAwsWording) {
  EXPECT_EQ(message_of(Protocol::aws_json_1_0, "{}"),
            "ValidationException: 1 validation error detected: Value null at 'roleName' failed to satisfy constraint: "
            "Member must not be null");
  EXPECT_EQ(message_of(Protocol::aws_json_1_0, R"({"RoleName":"abcdefghijk","MaxItems":0})"),
            "ValidationException: 2 validation errors detected: Value 'abcdefghijk' at 'roleName' failed to satisfy "
            "constraint: "
            "Member must have length less than or equal to 8; Value '0' at 'maxItems' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1");
  EXPECT_EQ(message_of(Protocol::aws_json_1_0, R"({"RoleName":"A!"})"),
            "ValidationException: 1 validation error detected: Value 'A!' at 'roleName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-z]+");
  EXPECT_EQ(message_of(Protocol::aws_json_1_0, R"({"RoleName":"a","mode":"odd"})"),
            "ValidationException: 1 validation error detected: Value 'odd' at 'mode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [fast, slow]");
  EXPECT_EQ(
      message_of(Protocol::aws_json_1_0, R"({"RoleName":"a","Tags":[{"Key":"a"},{"Key":""}]})"),
      "ValidationException: 1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: "
      "Member must have length greater than or equal to 1");
}

TEST(Json, CountsLengthsInCharacters) {
  EXPECT_THAT(message_of(Protocol::aws_json_1_0, R"({"RoleName":"éééééééé"})"),
              testing::Not(testing::HasSubstr("length")));
}

TEST(Json, RefusesWrongTypes) {
  EXPECT_EQ(message_of(Protocol::aws_json_1_1, R"({"RoleName":5})"),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(message_of(Protocol::aws_json_1_1, R"({"RoleName":"a","MaxItems":"5"})"),
            "SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(message_of(Protocol::aws_json_1_1, R"({"RoleName":["a"]})"),
            "SerializationException: Start of list found where not expected");
  EXPECT_EQ(message_of(Protocol::aws_json_1_1, R"({"RoleName":{}})"),
            "SerializationException: Start of structure or map found where not expected.");
  EXPECT_EQ(message_of(Protocol::aws_json_1_1, R"({"RoleName":"a","MaxItems":3000000000})"),
            "SerializationException: NUMBER_VALUE out of range for Integer");
  EXPECT_THAT(message_of(Protocol::aws_json_1_1, "[]"), testing::StartsWith("SerializationException"));
  EXPECT_THAT(message_of(Protocol::aws_json_1_1, R"({"RoleName":"a")"), testing::StartsWith("SerializationException"));
  EXPECT_THAT(message_of(Protocol::aws_json_1_1, R"({"RoleName":"a"} x)"),
              testing::StartsWith("SerializationException"));
  EXPECT_THAT(message_of(Protocol::aws_json_1_1, "{\"RoleName\":\"\xff\"}"),
              testing::StartsWith("SerializationException"));
}

TEST(Json, RefusesTimesThatNoOtherFormatCanWrite) {
  EXPECT_EQ(message_of(Protocol::aws_json_1_1, R"({"RoleName":"a","At":253402300799})"), "accepted");
  for (const std::string_view far : {"253402300800", "14221728002123", "-62135596801", "1e300", "\"NaN\""})
    EXPECT_THAT(message_of(Protocol::aws_json_1_1, "{\"RoleName\":\"a\",\"At\":" + std::string(far) + "}"),
                testing::StartsWith("SerializationException"))
        << far;
}

TEST(Json, RefusesDepth) {
  const auto nested = [](std::size_t depth) {
    return "{\"RoleName\":\"a\",\"Document\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(message_of(Protocol::aws_json_1_1, nested(100)), "accepted");
  EXPECT_THAT(message_of(Protocol::aws_json_1_1, nested(1000)), testing::StartsWith("SerializationException"));
  EXPECT_THAT(message_of(Protocol::aws_json_1_1, nested(1'000'000)), testing::StartsWith("SerializationException"));
}

TEST(Form, FillsAndReports) {
  auto thing = decoded(
      Protocol::query,
      "Action=DoThing&Version=1&RoleName=abc&MaxItems=7&Tags.member.10.Key=z&Tags.member.2.Key=b&Tags.member.2.Value=x%"
      "20y+z"
      "&Environment.entry.1.key=A&Environment.entry.1.value=1&Flag=true&Bytes=Zm9v&At=2015-01-25T08%3A00%3A00Z");
  ASSERT_TRUE(thing.ok()) << thing.error().message();
  ASSERT_EQ(thing->tags.size(), 2u);
  EXPECT_EQ(thing->tags[0].key, "b");
  EXPECT_EQ(thing->tags[0].value, "x y z");
  EXPECT_EQ(thing->tags[1].key, "z");
  EXPECT_EQ(thing->environment.at("A"), "1");
  EXPECT_EQ(thing->at, from_millis(1422172800000));
  EXPECT_EQ(message_of(Protocol::query, "Action=DoThing&RoleName=abc&Tags.member.1.Value=v"),
            "ValidationException: 1 validation error detected: Value null at 'tags.1.member.key' failed to satisfy "
            "constraint: "
            "Member must not be null");
  EXPECT_THAT(message_of(Protocol::query, "RoleName=abc&MaxItems=many"), testing::StartsWith("MalformedInput"));
  EXPECT_THAT(message_of(Protocol::query, "RoleName=%zz"), testing::StartsWith("MalformedQueryString"));
  std::string deep = "RoleName=abc&a";
  for (int i = 0; i < 10'000; ++i) deep += ".a";
  EXPECT_THAT(message_of(Protocol::query, deep + "=1"), testing::StartsWith("MalformedQueryString"));
}

TEST(Form, WritesResults) {
  Thing thing;
  thing.role_name = "a<b";
  thing.tags = {{"k", "v"}};
  const Operation op = thing_operation();
  ServiceDescriptor service;
  service.xml_namespace = "https://iam.amazonaws.com/doc/2010-05-08/";
  EXPECT_EQ(
      body_of(encode(Protocol::query, service, op, &thing, "r")),
      "<DoThingResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><DoThingResult><RoleName>a&lt;b</RoleName>"
      "<Tags><member><Key>k</Key><Value>v</Value></member></Tags><Environment></Environment></DoThingResult>"
      "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DoThingResponse>");
}

TEST(Xml, RefusesBombsDepthAndNonsense) {
  EXPECT_EQ(message_of(Protocol::rest_xml, "<Thing><RoleName>abc</RoleName></Thing>"), "accepted");
  EXPECT_EQ(message_of(Protocol::rest_xml, "<x:Thing xmlns:x='u'><x:RoleName>abc</x:RoleName></x:Thing>"), "accepted");
  for (const std::string_view bad :
       {"<Thing><RoleName>abc</RoleName>", "nonsense", "<Thing/>",
        "<Thing><RoleName>abc</RoleName><MaxItems>x</MaxItems></Thing>",
        "<!DOCTYPE Thing [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Thing><RoleName>&b;</RoleName></Thing>"})
    EXPECT_THAT(message_of(Protocol::rest_xml, bad), testing::StartsWith("MalformedXML: The XML you provided")) << bad;
  std::string deep = "<Thing><RoleName>abc</RoleName>";
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  for (int i = 0; i < 200'000; ++i) deep += "</a>";
  EXPECT_EQ(message_of(Protocol::rest_xml, deep + "</Thing>"),
            "accepted");  // unknown elements are skipped, however deep
  EXPECT_THAT(message_of(Protocol::rest_xml, "<Thing><RoleName>" + std::string(5u << 20, 'a') + "</RoleName></Thing>"),
              testing::StartsWith("MalformedXML"));
}

// A reader of XML makes a blank of each bare tab and line break in an attribute (XML 1.0, 3.3.3), and a line feed of a
// bare carriage return anywhere.
TEST(Xml, KeepsLineBreaksInAttributes) {
  const Operation op = erased<Grantee, Grantee>("DoGrant");
  Grantee grantee{"a\nb\tc\rd\r\ne\"<&>", "line\nbreak\ttab"};
  const http::Response response = encode(Protocol::rest_xml, ServiceDescriptor{}, op, &grantee, "r");
  EXPECT_THAT(body_of(response), testing::HasSubstr("Type=\"a&#xA;b&#x9;c&#xD;d&#xD;&#xA;e&quot;&lt;&amp;&gt;\""));
  const std::string body = body_of(response);
  DecodeRequest request;
  request.body = body;
  Grantee read;
  ASSERT_TRUE(decode(Protocol::rest_xml, ServiceDescriptor{}, op, request, &read).ok());
  EXPECT_EQ(read.type, grantee.type);
  EXPECT_EQ(read.name, grantee.name);
}

TEST(Errors, TakeEachProtocolsForm) {
  static constexpr ErrorKind kKind{"QueueNameExists", 400, "QueueAlreadyExists"};
  const Error error{kKind, "it's \"there\" <now>"};
  ServiceDescriptor both;
  both.protocols = {Protocol::aws_json_1_0, Protocol::query};
  both.xml_namespace = "urn:x";
  auto response = encode_error(Protocol::aws_json_1_0, &both, error, "r1");
  EXPECT_EQ(body_of(response), R"({"__type":"QueueNameExists","message":"it's \"there\" <now>"})");
  EXPECT_EQ(response.headers.get("x-amzn-query-error"), "QueueAlreadyExists;Sender");
  EXPECT_EQ(body_of(encode_error(Protocol::query, &both, error, "r1")),
            "<ErrorResponse xmlns=\"urn:x\"><Error><Type>Sender</Type><Code>QueueAlreadyExists</Code>"
            "<Message>it's &quot;there&quot; &lt;now&gt;</Message></Error><RequestId>r1</RequestId></ErrorResponse>");
  both.query_error_end = "<Detail/>";
  EXPECT_THAT(body_of(encode_error(Protocol::query, &both, error, "r1")),
              testing::HasSubstr("</Message><Detail/></Error><RequestId>"));
  static constexpr ErrorKind kNoSuchKey{"NoSuchKey", 404};
  const Error missing = Error{kNoSuchKey, "The specified key does not exist."}.with("Key", "a&b");
  response = encode_error(Protocol::rest_xml, nullptr, missing, "r2", "/b/a");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(body_of(response),
              testing::HasSubstr("<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
                                 "<Key>a&amp;b</Key><Resource>/b/a</Resource><RequestId>r2</RequestId><HostId>"));
  static constexpr ErrorKind kNotFound{"ResourceNotFoundException", 404};
  static constexpr std::string_view kCapital[] = {"ResourceNotFoundException"};
  ServiceDescriptor older;
  older.codes_with_capital_message = kCapital;
  response =
      encode_error(Protocol::rest_json, &older, Error{kNotFound, "Function not found: x"}.with("Type", "User"), "r3");
  EXPECT_EQ(body_of(response), R"({"Type":"User","Message":"Function not found: x"})");
  static constexpr ErrorKind kInvalid{"InvalidParameterValueException", 400};
  const Error invalid{kInvalid, "m", {{"Type", "User"}}};
  EXPECT_EQ(body_of(encode_error(Protocol::rest_json, &older, invalid, "r5")), R"({"Type":"User","message":"m"})");
  EXPECT_EQ(response.headers.get("x-amzn-errortype"), "ResourceNotFoundException");
  EXPECT_EQ(body_of(encode_error(Protocol::rest_json, &older, Error{kNotFound, "m"}, "r4")), R"({"message":"m"})");
  // A client's own bytes, told back to it.
  const Error odd = Error{kNotFound, "no \xFF<"}.with("Key", "\xC3");
  EXPECT_THAT(body_of(encode_error(Protocol::rest_xml, nullptr, odd, "r6")),
              testing::HasSubstr("<Message>no \uFFFD&lt;</Message><Key>\uFFFD</Key>"));
  EXPECT_THAT(body_of(encode_error(Protocol::aws_json_1_1, nullptr, odd, "r7")),
              testing::HasSubstr("\"message\":\"no \uFFFD<\",\"Key\":\"\uFFFD\""));
}

Operation row(std::string_view name, std::string_view method, std::string_view uri, std::string_view header = {}) {
  Operation op;
  op.name = name;
  op.method = method;
  op.uri = uri;
  op.required_header = header;
  return op;
}

std::string route(const ServiceDescriptor& service, std::string_view method, std::string_view target,
                  const http::Headers& headers = {}) {
  const auto mark = target.find('?');
  const auto query = *parse_query(mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1));
  const RouteMatch match = match_route(service, method, target.substr(0, mark), query, headers);
  if (!match.operation) return "none";
  std::string out(match.operation->name);
  for (const auto& [name, value] : match.labels) out += " " + std::string(name) + "=" + value;
  return out;
}

TEST(Routes, TakeTheMostSpecificRow) {
  ServiceDescriptor s3;
  s3.operations.push_back(row("ListBuckets", "GET", "/"));
  s3.operations.push_back(row("ListObjects", "GET", "/{Bucket}"));
  s3.operations.push_back(row("ListObjectsV2", "GET", "/{Bucket}?list-type=2"));
  s3.operations.push_back(row("GetObject", "GET", "/{Bucket}/{Key+}"));
  s3.operations.push_back(row("ListParts", "GET", "/{Bucket}/{Key+}?uploadId"));
  s3.operations.push_back(row("PutObject", "PUT", "/{Bucket}/{Key+}"));
  s3.operations.push_back(row("CopyObject", "PUT", "/{Bucket}/{Key+}", "x-amz-copy-source"));
  s3.operations.push_back(row("UploadPart", "PUT", "/{Bucket}/{Key+}?partNumber&uploadId"));
  s3.operations.push_back(row("UploadPartCopy", "PUT", "/{Bucket}/{Key+}?partNumber&uploadId", "x-amz-copy-source"));
  EXPECT_EQ(route(s3, "GET", "/"), "ListBuckets");
  EXPECT_EQ(route(s3, "GET", "/b"), "ListObjects Bucket=b");
  EXPECT_EQ(route(s3, "GET", "/b/"), "ListObjects Bucket=b");
  EXPECT_EQ(route(s3, "GET", "/b?list-type=2&prefix="), "ListObjectsV2 Bucket=b");
  EXPECT_EQ(route(s3, "GET", "/b?list-type=1"), "ListObjects Bucket=b");
  EXPECT_EQ(route(s3, "GET", "/b//x"), "GetObject Bucket=b Key=/x");
  EXPECT_EQ(route(s3, "GET", "/b/a/../%2e/c/"), "GetObject Bucket=b Key=a/.././c/");
  EXPECT_EQ(route(s3, "GET", "/b/k?uploadId=1"), "ListParts Bucket=b Key=k");
  http::Headers copy;
  copy.add("X-Amz-Copy-Source", "/a/b");
  EXPECT_EQ(route(s3, "PUT", "/b/k"), "PutObject Bucket=b Key=k");
  EXPECT_EQ(route(s3, "PUT", "/b/k", copy), "CopyObject Bucket=b Key=k");
  EXPECT_EQ(route(s3, "PUT", "/b/k?uploadId=1&partNumber=2", copy), "UploadPartCopy Bucket=b Key=k");
  EXPECT_EQ(route(s3, "PUT", "/b/k?uploadId=1&partNumber=2"), "UploadPart Bucket=b Key=k");
  EXPECT_EQ(route(s3, "PATCH", "/b/k"), "none");
  EXPECT_EQ(route(s3, "GET", "/b/%zz"), "none");

  ServiceDescriptor lambda;
  lambda.operations.push_back(row("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"));
  lambda.operations.push_back(row("List", "GET", "/2015-03-31/functions/"));
  lambda.operations.push_back(row("Get", "GET", "/2015-03-31/functions/{FunctionName}"));
  lambda.operations.push_back(row("Tags", "GET", "/2017-03-31/tags/{Resource+}"));
  EXPECT_EQ(route(lambda, "POST", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations"),
            "Invoke FunctionName=arn:aws:lambda");
  EXPECT_EQ(route(lambda, "GET", "/2015-03-31/functions"), "List");
  EXPECT_EQ(route(lambda, "GET", "/2015-03-31/functions/"), "List");
  EXPECT_EQ(route(lambda, "GET", "/2015-03-31/functions/f"), "Get FunctionName=f");
  EXPECT_EQ(route(lambda, "POST", "/2015-03-31/functions//invocations"), "none");
}

TEST(Pattern, AHyphenAfterARangeIsAHyphen) {
  // Lambda's and Rekognition's patterns are written so.
  EXPECT_TRUE(matches_pattern("([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?", "face-blur_1:$LATEST"));
  EXPECT_FALSE(matches_pattern("[a-zA-Z0-9-_]+", "a.b"));
  EXPECT_TRUE(matches_pattern("[-a-c]+", "a-c"));
  EXPECT_TRUE(matches_pattern("[\\w+=,.@-]+", "a-b@c"));
  EXPECT_FALSE(matches_pattern("[a-c]+", "-"));
}

}  // namespace
}  // namespace cumulet::wire
