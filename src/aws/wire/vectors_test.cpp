// The protocol vectors of shared/conformance/protocols, and our own (testdata/make_vectors.py): serialized requests are
// decoded and compared with the params they came from; results are encoded and compared with the responses they were
// parsed from.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "aws/wire/codec.hpp"
#include "aws/wire/vectors_model.hpp"

namespace cumulet::wire::vectors {
namespace {

namespace fs = std::filesystem;

// What a server cannot be held to, by name (of both directions unless it says) and reason. Everything else must pass.
const std::map<std::string, std::set<std::string>>& not_applicable() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"the client's endpoint, not a codec's business", {"RestJsonHostWithPath"}},
      {"the vector gives no body: compression by the client, undone before the codec",
       {"SDKAppliedContentEncoding_awsJson1_1", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1",
        "SDKAppliedContentEncoding_awsJson1_0", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0",
        "SDKAppliedContentEncoding_awsQuery", "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery",
        "SDKAppliedContentEncoding_restJson1", "SDKAppendedGzipAfterProvidedEncoding_restJson1",
        "SDKAppliedContentEncoding_restXml", "SDKAppendedGzipAfterProvidedEncoding_restXml"}},
      {"the client fills in a token that the params lack",
       {"QueryProtocolIdempotencyTokenAutoFill", "RestJsonQueryIdempotencyTokenAutoFill",
        "QueryIdempotencyTokenAutoFill"}},
      {"the client leaves an empty map or list out of the request",
       {"QueryEmptyQueryMaps", "RestJsonHttpPrefixHeadersAreNotPresent", "RestJsonOmitsEmptyListQueryValues",
        "input/HttpPrefixHeadersAreNotPresent"}},
      {"a lenient client: the response has members no model knows, nulls, or an empty body where objects are due",
       {"handles_unexpected_json_output", "AwsJson11DeserializeIgnoreType",
        "AwsJson11StructuresDontDeserializeNullValues", "AwsJson10DeserializeIgnoreType",
        "AwsJson10DeserializeAllowNulls", "AwsJson10HandlesUnexpectedJsonOutput", "RestJsonDeserializeIgnoreType",
        "RestJsonDoesntDeserializeNullStructureValues", "RestJsonDeserializesDenseSetMapAndSkipsNull"}},
      {"a lenient client: one of several spellings of an error's name; ours are the plain ones",
       {"AwsJson11FooErrorUsingXAmznErrorType",
        "AwsJson11FooErrorUsingXAmznErrorTypeWithUri",
        "AwsJson11FooErrorUsingXAmznErrorTypeWithUriAndNamespace",
        "AwsJson11FooErrorUsingCode",
        "AwsJson11FooErrorUsingCodeAndNamespace",
        "AwsJson11FooErrorUsingCodeUriAndNamespace",
        "AwsJson10FooErrorUsingXAmznErrorType",
        "AwsJson10FooErrorUsingXAmznErrorTypeWithUri",
        "AwsJson10FooErrorUsingXAmznErrorTypeWithUriAndNamespace",
        "AwsJson10FooErrorUsingCode",
        "AwsJson10FooErrorUsingCodeAndNamespace",
        "AwsJson10FooErrorUsingCodeUriAndNamespace",
        "RestJsonFooErrorUsingXAmznErrorTypeWithUri",
        "RestJsonFooErrorUsingXAmznErrorTypeWithUriAndNamespace",
        "RestJsonFooErrorUsingCode",
        "RestJsonFooErrorUsingCodeAndNamespace",
        "RestJsonFooErrorUsingCodeUriAndNamespace",
        "RestJsonFooErrorWithDunderType",
        "RestJsonFooErrorWithDunderTypeAndNamespace",
        "RestJsonFooErrorWithDunderTypeUriAndNamespace"}},
      {"an Error's fields are flat strings: no error of our services nests structures or binds headers",
       {"AwsJson11ComplexError", "AwsJson10ComplexError", "RestJsonComplexErrorWithNoMessage", "QueryComplexError",
        "ComplexError"}},
      {"the client writes {} for a payload it does not have",
       {"RestJsonHttpWithEmptyStructurePayload", "RestJsonHttpWithHeadersButNoPayload"}},
      {"the response leaves out a namespace that the model has, and that parsers ignore", {"QueryXmlNamespaces"}},
      {"errors of REST-XML services other than S3 (ErrorResponse around Error) are not spoken here",
       {"InvalidGreetingError"}},
  };
  return table;
}

std::string reason_to_skip(const std::string& direction, const std::string& id) {
  for (const auto& [reason, ids] : not_applicable())
    if (ids.contains(id) || ids.contains(direction + id)) return reason;
  return {};
}

std::string text(const json::value& v, std::string_view key) {
  const auto* found = json::find(v, key);
  return found && found->is_string() ? std::string(found->as_string()) : std::string();
}

fs::path vectors_folder() {
  if (const char* env = std::getenv("CUMULET_SHARED")) return fs::path(env) / "conformance/protocols";
  return fs::path("../shared/conformance/protocols");  // tests run in the checkout
}

json::value load(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream all;
  all << in.rdbuf();
  return *json::parse(all.str());
}

Protocol protocol_of(const std::string& file) {
  if (file.starts_with("json_1_0")) return Protocol::aws_json_1_0;
  if (file.starts_with("json")) return Protocol::aws_json_1_1;
  if (file.starts_with("query")) return Protocol::query;
  return file.starts_with("rest-json") ? Protocol::rest_json : Protocol::rest_xml;
}

const Shape& shape_for(Model& model, const json::value& given, std::string_view direction) {
  const auto* reference = json::find(given, direction);
  return reference ? model.shape(text(*reference, "shape")) : shape_of<Empty>();
}

// ---- requests

// A map of query parameters holds every parameter on the server; the params repeat the named ones now and then.
void without_named_parameters(const Shape& shape, json::value& input) {
  for (const Member& map : shape.members) {
    auto* found = map.location == Location::query_map ? input.as_object().if_contains(map.name) : nullptr;
    if (!found) continue;
    for (const Member& m : shape.members)
      if (m.location == Location::query) found->as_object().erase(m.wire_name);
    if (found->as_object().empty()) input.as_object().erase(map.name);
  }
}

std::string check_input(Protocol protocol, const json::value& suite, const json::value& vector) {
  Model model(*json::find(suite, "shapes"));
  const json::value& given = *json::find(vector, "given");
  const json::value& serialized = *json::find(vector, "serialized");
  Operation op;
  const std::string name = text(given, "name"), method = text(*json::find(given, "http"), "method"),
                    uri = text(*json::find(given, "http"), "requestUri"), body = text(serialized, "body");
  op.name = name;
  op.method = method;
  op.uri = uri;
  op.input = &shape_for(model, given, "input");
  ServiceDescriptor service;
  service.operations.push_back(op);

  http::RequestHead head;
  head.method = method;
  head.target = text(serialized, "uri");
  if (const auto* headers = json::find(serialized, "headers"))
    for (const auto& [key, value] : headers->as_object())
      head.headers.add(std::string(key), std::string(value.as_string()));
  const auto query = parse_query(head.raw_query());
  if (!query.ok()) return "query string refused: " + query.error().message();
  RouteMatch route;
  if (protocol == Protocol::rest_json || protocol == Protocol::rest_xml) {
    route = match_route(service, head.method, head.raw_path(), *query, head.headers);
    if (!route.operation) return "no route";
  }
  DecodeRequest request;
  request.head = &head;
  request.route = &route;
  request.query = &*query;
  request.body = body;
  Dynamic input;
  const auto decoded = decode(protocol, service, op, request, &input);
  if (!decoded.ok()) return decoded.error().message();
  const json::value& params = *json::find(vector, "params");
  json::value expected_value = model.plain(*model.value(params, *op.input), *op.input);
  json::value actual_value = model.plain(input, *op.input);
  without_named_parameters(*op.input, actual_value);
  without_named_parameters(*op.input, expected_value);
  const std::string actual = json::text(actual_value), expected = json::text(expected_value);
  return actual == expected ? "" : "decoded " + actual + "\nexpected " + expected;
}

// ---- responses

bool same_text(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto x = parse_iso8601(a), y = parse_iso8601(b);
  if (x && y) return *x == *y;
  try {
    std::size_t used_a = 0, used_b = 0;
    const double p = std::stod(a, &used_a), q = std::stod(b, &used_b);
    return used_a == a.size() && used_b == b.size() && p == q;
  } catch (const std::exception&) {
    return false;
  }
}

bool same_json(const json::value& a, const json::value& b) {
  if (a.is_string() && b.is_string()) return same_text(std::string(a.as_string()), std::string(b.as_string()));
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  if (a.is_array() && b.is_array())
    return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(), b.as_array().end(), same_json);
  if (!a.is_object() || !b.is_object()) return a == b;
  if (a.as_object().size() != b.as_object().size()) return false;
  return std::all_of(a.as_object().begin(), a.as_object().end(), [&](const auto& entry) {
    const auto* other = json::find(b, entry.key());
    return other && same_json(entry.value(), *other);
  });
}

struct Element {
  std::string name, text;
  std::map<std::string, std::string> attributes;
  std::vector<Element> children;
};
Element element_of(const pugi::xml_node& node) {
  Element e{node.name(), {}, {}, {}};
  for (const auto& a : node.attributes()) e.attributes[a.name()] = a.value();
  for (const auto& c : node.children()) {
    if (c.type() == pugi::node_element && std::string(c.name()) != "ResponseMetadata")
      e.children.push_back(element_of(c));
    if (c.type() == pugi::node_pcdata || c.type() == pugi::node_cdata) e.text += c.value();
  }
  if (!e.children.empty()) e.text.clear();
  return e;
}
bool same_element(const Element& a, const Element& b) {
  if (a.name != b.name || a.attributes != b.attributes || a.children.size() != b.children.size()) return false;
  std::string left = a.text, right = b.text;
  if (left.find_first_not_of(" \n") == std::string::npos && right.find_first_not_of(" \n") == std::string::npos &&
      left.find('\n') != right.find('\n'))
    left = right = "";  // layout
  if (!same_text(left, right)) return false;
  // Maps come in key order from us: siblings may stand in any order.
  std::vector<bool> taken(b.children.size());
  return std::all_of(a.children.begin(), a.children.end(), [&](const Element& child) -> bool {
    for (std::size_t i = 0; i < b.children.size(); ++i)
      if (!taken[i] && same_element(child, b.children[i])) return (taken[i] = true);
    return false;
  });
}
bool same_xml(const std::string& a, const std::string& b) {
  pugi::xml_document x, y;
  if (!x.load_string(a.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single)) return false;
  if (!y.load_string(b.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single)) return false;
  return same_element(element_of(x.document_element()), element_of(y.document_element()));
}

std::string body_of(const http::Response& response) {
  std::string out;
  for (const auto& piece : std::get<0>(response.body.content)) out += std::get<std::string>(piece);
  return out;
}

std::string compare_response(Protocol protocol, const json::value& expected, const http::Response& actual,
                             bool is_error, const Shape* payload_shape) {
  if (const auto* status = json::find(expected, "status_code"); status && status->as_int64() != actual.status)
    return "status " + std::to_string(actual.status);
  if (const auto* headers = json::find(expected, "headers")) {
    for (const auto& [name, value] : headers->as_object()) {
      const std::set<std::string> transport = {"Content-Length", "X-Amzn-Requestid", "X-Amz-Target", "Content-Type"};
      if (transport.contains(name)) continue;
      const auto got = actual.headers.get(name);
      const std::string wanted(value.as_string());
      if (got ? !same_text(std::string(*got), wanted) : !wanted.empty())
        return "header " + std::string(name) + " is " + std::string(got.value_or("absent")) + ", not " + wanted;
    }
  }
  const std::string body = body_of(actual), wanted = text(expected, "body");
  if (body == wanted) return "";
  const bool raw = payload_shape && (payload_shape->kind == Kind::blob || payload_shape->kind == Kind::string);
  const bool is_xml = protocol == Protocol::query || protocol == Protocol::rest_xml;
  if (raw) return "payload " + body;
  if (wanted.empty() || wanted == "{}") {  // both spellings of "nothing"
    if (body.empty() || body == "{}" ||
        (is_xml && wanted.empty() && !is_error && body.find("Result>") == std::string::npos))
      return "";
    return "body " + body + " where none is due";
  }
  if (is_xml) return same_xml(body, wanted) ? "" : "wrote " + body + "\nexpected " + wanted;
  const auto left = json::parse(body), right = json::parse(wanted);
  if (!left.ok() || !right.ok()) return "wrote " + body + "\nexpected " + wanted;
  json::value spelled = *right;
  if (is_error)  // the vectors' models name this member "Message", our services' "message"
    if (auto* object = spelled.if_object(); object && object->contains("Message")) {
      json::value message = object->at("Message");  // a copy first: the insertion may move what is there
      (*object)["message"] = std::move(message);
      object->erase("Message");
    }
  return same_json(*left, spelled) ? "" : "wrote " + body + "\nexpected " + wanted;
}

std::string check_error(Protocol protocol, const json::value& vector, ServiceDescriptor& service) {
  const json::value& response = *json::find(vector, "response");
  const std::string code = text(vector, "errorCode");
  // The query-compatible vectors: the model's name in the body, the query code in the header.
  std::string name = code;
  const std::string body = text(response, "body");
  if (const auto parsed = json::parse(body); parsed.ok() && !text(*parsed, "__type").empty())
    name = text(*parsed, "__type");
  name = name.substr(name.find('#') == std::string::npos ? 0 : name.find('#') + 1);
  ErrorKind kind{name, static_cast<int>(json::find(response, "status_code")->as_int64()),
                 name == code ? std::string_view{} : std::string_view(code)};
  if (!kind.query_code.empty()) service.protocols = {protocol, Protocol::query};
  const Error error(kind, text(vector, "errorMessage"));
  auto encoded = encode_error(protocol, &service, error, "foo-id");
  json::value expected = response;
  if (protocol == Protocol::rest_json || protocol == Protocol::aws_json_1_0 || protocol == Protocol::aws_json_1_1) {
    auto& object = expected.as_object();
    if (const auto parsed = json::parse(body); parsed.ok() && parsed->is_object()) {
      auto stripped = parsed->as_object();
      if (stripped.contains("__type")) stripped["__type"] = name;
      object["body"] = json::text(stripped);
    }
  }
  return compare_response(protocol, expected, encoded, true, nullptr);
}

std::string check_output(Protocol protocol, const json::value& suite, const json::value& vector) {
  Model model(*json::find(suite, "shapes"));
  const json::value& given = *json::find(vector, "given");
  ServiceDescriptor service;
  if (protocol == Protocol::query) service.xml_namespace = "https://example.com/";
  if (json::find(vector, "errorCode")) {
    service.xml_namespace = {};
    return check_error(protocol, vector, service);
  }
  Operation op;
  const std::string name = text(given, "name");
  op.name = name;
  if (const auto* code = json::find(*json::find(given, "http"), "responseCode"))
    op.success_status = static_cast<int>(code->as_int64());
  op.output = &shape_for(model, given, "output");
  auto result = model.value(*json::find(vector, "result"), *op.output);
  const Shape* payload = nullptr;
  for (const Member& m : op.output->members)
    if (m.location == Location::payload) payload = m.shape(m);
  const http::Response response = encode(protocol, service, op, result.get(), "amazon-uniq-request-id");
  return compare_response(protocol, *json::find(vector, "response"), response, false, payload);
}

class Vectors : public testing::TestWithParam<std::string> {};

TEST_P(Vectors, Agree) {
  const fs::path file = vectors_folder() / GetParam();
  if (!fs::exists(file)) GTEST_SKIP() << "the protocol vectors are not here: " << file << " (set CUMULET_SHARED)";
  const bool is_input = GetParam().starts_with("input");
  const Protocol protocol = protocol_of(file.filename().string());
  const json::value suites = load(file);
  int passed = 0, skipped = 0;
  for (const auto& suite : suites.as_array()) {
    for (const auto& vector : json::find(suite, "cases")->as_array()) {
      const std::string id = text(vector, "id");
      const std::string reason = reason_to_skip(is_input ? "input/" : "output/", id);
      const std::string complaint =
          is_input ? check_input(protocol, suite, vector) : check_output(protocol, suite, vector);
      if (!reason.empty()) {
        ++skipped;
        EXPECT_NE(complaint, "") << id << " agrees: take it from the table (" << reason << ")";
        continue;
      }
      EXPECT_EQ(complaint, "") << id;
      passed += complaint.empty();
    }
  }
  std::cout << GetParam() << ": " << passed << " agree, " << skipped << " not applicable\n";
}

TEST(OwnVectors, Agree) {
  for (const std::string direction : {"input", "output"}) {
    const json::value suites = load(fs::path(__FILE__).parent_path() / "testdata" / (direction + ".json"));
    int agree = 0;
    for (const auto& suite : suites.as_array()) {
      const Protocol protocol = protocol_of(text(suite, "file"));
      for (const auto& vector : json::find(suite, "cases")->as_array()) {
        EXPECT_EQ(direction == "input" ? check_input(protocol, suite, vector) : check_output(protocol, suite, vector),
                  "")
            << text(vector, "id");
        ++agree;
      }
    }
    EXPECT_EQ(agree, direction == "input" ? 22 : 5);
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, Vectors,
                         testing::Values("input/json.json", "input/json_1_0.json",
                                         "input/json_1_0-query-compatible.json", "input/query.json",
                                         "input/rest-json.json", "input/rest-xml.json", "output/json.json",
                                         "output/json_1_0.json", "output/json_1_0-query-compatible.json",
                                         "output/query.json", "output/rest-json.json", "output/rest-xml.json"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
                           return name;
                         });

}  // namespace
}  // namespace cumulet::wire::vectors
