#include "cmd/cumulet/deploy/sdk_caller.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <pugixml.hpp>
#include <sstream>

#include "base/encoding.hpp"

namespace cumulet::deploy {
namespace {

using cloudformation::aws_error;
using cloudformation::member_text;

constexpr std::string_view kS3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

Error unknown(std::string_view service, std::string_view operation) {
  return aws_error("UnknownOperationException",
                   std::string(operation) + " of " + std::string(service) + " is not called from here");
}

std::string text_of(const json::value& v) { return v.is_string() ? std::string(v.as_string()) : json::text(v); }

void add_query(std::string& query, std::string_view name, std::string_view value) {
  query += (query.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
}

// Where a member of an operation goes in a request's query.
struct QueryMember {
  std::string_view member;  // empty: none
  std::string_view name;
};

// {Member} in a path stands for a member's percent-encoded text; what is in neither path nor query is in the body.
struct Route {
  std::string_view operation;
  std::string_view method;
  std::string_view path;
  std::array<QueryMember, 3> query = {};
};

// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
constexpr std::string_view kFunction = "/2015-03-31/functions/{FunctionName}";
constexpr std::string_view kConfiguration = "/2015-03-31/functions/{FunctionName}/configuration";
constexpr std::string_view kPolicy = "/2015-03-31/functions/{FunctionName}/policy";
constexpr std::string_view kConcurrency = "/2017-10-31/functions/{FunctionName}/concurrency";
constexpr std::string_view kInvokeConfig = "/2019-09-25/functions/{FunctionName}/event-invoke-config";
constexpr std::string_view kMappings = "/2015-03-31/event-source-mappings";
constexpr std::string_view kMapping = "/2015-03-31/event-source-mappings/{UUID}";
constexpr std::string_view kTags = "/2017-03-31/tags/{Resource}";
constexpr QueryMember kQualifier{"Qualifier", "Qualifier"}, kMarker{"Marker", "Marker"};
constexpr std::array kLambda{
    Route{"CreateFunction", "POST", "/2015-03-31/functions"},
    Route{"ListFunctions", "GET", "/2015-03-31/functions", {kMarker}},
    Route{"DeleteFunction", "DELETE", kFunction},
    Route{"GetFunctionConfiguration", "GET", kConfiguration},
    Route{"UpdateFunctionConfiguration", "PUT", kConfiguration},
    Route{"UpdateFunctionCode", "PUT", "/2015-03-31/functions/{FunctionName}/code"},
    Route{"PutFunctionConcurrency", "PUT", kConcurrency},
    Route{"DeleteFunctionConcurrency", "DELETE", kConcurrency},
    Route{"AddPermission", "POST", kPolicy},
    Route{"GetPolicy", "GET", kPolicy},
    Route{"RemovePermission", "DELETE", "/2015-03-31/functions/{FunctionName}/policy/{StatementId}"},
    Route{"PutFunctionEventInvokeConfig", "PUT", kInvokeConfig, {kQualifier}},
    Route{"GetFunctionEventInvokeConfig", "GET", kInvokeConfig, {kQualifier}},
    Route{"DeleteFunctionEventInvokeConfig", "DELETE", kInvokeConfig, {kQualifier}},
    Route{"CreateEventSourceMapping", "POST", kMappings},
    Route{"ListEventSourceMappings",
          "GET",
          kMappings,
          {kMarker, {"FunctionName", "FunctionName"}, {"EventSourceArn", "EventSourceArn"}}},
    Route{"GetEventSourceMapping", "GET", kMapping},
    Route{"UpdateEventSourceMapping", "PUT", kMapping},
    Route{"DeleteEventSourceMapping", "DELETE", kMapping},
    Route{"TagResource", "POST", kTags},
    Route{"UntagResource", "DELETE", kTags, {{{"TagKeys", "tagKeys"}}}},
};

json::value element(pugi::xml_node node) {
  json::object members;
  json::array list;
  bool any = false;
  for (const pugi::xml_node child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    any = true;
    if (std::string_view(child.name()) == "member")
      list.push_back(element(child));
    else
      members[child.name()] = element(child);
  }
  if (!any) return json::value(node.text().get());
  if (!list.empty()) return list;
  return members;
}

// {Bucket: …} and the like as the parts of a request to S3.
class S3Request {
 public:
  explicit S3Request(const json::object& input) : input_(input) {}

  std::string text(std::string_view name) const {
    const json::value* v = input_.if_contains(name);
    return v ? text_of(*v) : "";
  }
  // A header or parameter of the query where the member is given.
  void header(std::string_view member, const std::string& name) {
    if (input_.contains(member)) out.headers.set(name, text(member));
  }
  void query(std::string_view member, std::string_view name) {
    if (input_.contains(member)) add_query(out.query, name, text(member));
  }

  sdk::RestRequest out;

 private:
  const json::object& input_;
};

void append(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

std::string document(pugi::xml_document& xml) {
  std::ostringstream out;
  xml.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  return std::move(out).str();
}

pugi::xml_node root(pugi::xml_document& xml, const char* name) {
  pugi::xml_node node = xml.append_child(name);
  node.append_attribute("xmlns").set_value(std::string(kS3Namespace).c_str());
  return node;
}

// The list of one kind of target; `element` and `target` are S3's names for an entry and for the member with the ARN.
void append_targets(pugi::xml_node parent, const json::value& entries, const char* element_name,
                    std::string_view arn_member, const char* target) {
  if (!entries.is_array()) return;
  for (const json::value& entry : entries.as_array()) {
    pugi::xml_node node = parent.append_child(element_name);
    append(node, target, member_text(entry, arn_member));
    if (const json::value* events = json::find(entry, "Events"); events && events->is_array())
      for (const json::value& event : events->as_array()) append(node, "Event", text_of(event));
    const json::value* filter = json::find(entry, "Filter");
    const json::value* key = filter ? json::find(*filter, "Key") : nullptr;
    const json::value* rules = key ? json::find(*key, "FilterRules") : nullptr;
    if (!rules || !rules->is_array()) continue;
    pugi::xml_node list = node.append_child("Filter").append_child("S3Key");
    for (const json::value& rule : rules->as_array()) {
      pugi::xml_node one = list.append_child("FilterRule");
      append(one, "Name", member_text(rule, "Name"));
      append(one, "Value", member_text(rule, "Value"));
    }
  }
}

std::string notification(const json::object& input) {
  pugi::xml_document xml;
  pugi::xml_node node = root(xml, "NotificationConfiguration");
  const json::value* configuration = input.if_contains("NotificationConfiguration");
  if (!configuration) return document(xml);
  if (const auto* list = json::find(*configuration, "LambdaFunctionConfigurations"))
    append_targets(node, *list, "CloudFunctionConfiguration", "LambdaFunctionArn", "CloudFunction");
  if (const auto* list = json::find(*configuration, "QueueConfigurations"))
    append_targets(node, *list, "QueueConfiguration", "QueueArn", "Queue");
  return document(xml);
}

std::string bucket_configuration(const json::object& input) {
  const json::value* given = input.if_contains("CreateBucketConfiguration");
  if (!given) return "";
  pugi::xml_document xml;
  append(root(xml, "CreateBucketConfiguration"), "LocationConstraint", member_text(*given, "LocationConstraint"));
  return document(xml);
}

// Keys come percent-encoded (encoding-type=url), as XML cannot hold every one.
json::value listed(const std::string& body) {
  pugi::xml_document xml;
  json::array contents;
  json::object out;
  if (xml.load_buffer(body.data(), body.size())) {
    for (const pugi::xml_node item : xml.document_element().children("Contents")) {
      const std::string key = item.child_value("Key");
      contents.push_back(json::object{{"Key", percent_decode(key, Plus::space).value_or(key)}});
    }
    if (const std::string token = xml.document_element().child_value("NextContinuationToken"); !token.empty())
      out["NextContinuationToken"] = token;
  }
  out["Contents"] = std::move(contents);
  return out;
}

bool is_url_name(std::string_view bucket) {
  return std::ranges::all_of(
      bucket, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

Result<sdk::RestRequest> lambda_request(std::string_view operation, const json::object& input) {
  const auto* const route = std::ranges::find(kLambda, operation, &Route::operation);
  if (route == kLambda.end()) return unknown("lambda", operation);
  json::object body = input;
  sdk::RestRequest out;
  out.method = route->method;
  out.path.clear();
  for (std::string_view rest = route->path; !rest.empty();) {
    const auto open = rest.find('{');
    out.path += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = rest.find('}', open);
    const std::string_view member = rest.substr(open + 1, close - open - 1);
    if (const json::value* value = input.if_contains(member)) out.path += percent_encode(text_of(*value));
    body.erase(member);
    rest.remove_prefix(close + 1);
  }
  for (const QueryMember& q : route->query) {
    const json::value* value = q.member.empty() ? nullptr : input.if_contains(q.member);
    if (!value) continue;
    if (value->is_array())
      for (const json::value& one : value->as_array()) add_query(out.query, q.name, text_of(one));
    else
      add_query(out.query, q.name, text_of(*value));
    body.erase(q.member);
  }
  if (out.method != "GET" && out.method != "DELETE") {
    out.headers.set("Content-Type", "application/json");
    out.body = json::text(body);
  }
  return out;
}

Result<sdk::RestRequest> s3_request(std::string_view operation, const json::object& input) {
  S3Request request(input);
  sdk::RestRequest& out = request.out;
  out.bucket = request.text("Bucket");
  if (!is_url_name(out.bucket)) return aws_error("InvalidBucketName", "The specified bucket is not valid.");
  out.path = "/" + percent_encode(request.text("Key"), "/");
  const auto is = [&](std::string_view name) { return operation == name; };
  if (is("HeadBucket") || is("HeadObject")) {
    out.method = "HEAD";
  } else if (is("CreateBucket")) {
    out.method = "PUT";
    out.body = bucket_configuration(input);
  } else if (is("DeleteBucket") || is("DeleteObject")) {
    out.method = "DELETE";
  } else if (is("GetObject")) {
    out.method = "GET";
  } else if (is("PutObject")) {
    out.method = "PUT";
    out.body = request.text("Body");
    request.header("ContentType", "Content-Type");
    request.header("IfNoneMatch", "If-None-Match");
  } else if (is("ListObjectsV2")) {
    out.query = "list-type=2&encoding-type=url";
    request.query("Prefix", "prefix");
    request.query("ContinuationToken", "continuation-token");
  } else if (is("PutBucketNotificationConfiguration")) {
    out.method = "PUT";
    out.query = "notification=";
    out.body = notification(input);
  } else if (is("PutBucketPolicy")) {
    out.method = "PUT";
    out.query = "policy=";
    out.body = request.text("Policy");
    out.headers.set("Content-Type", "application/json");
  } else if (is("GetBucketPolicy") || is("DeleteBucketPolicy")) {
    out.method = is("GetBucketPolicy") ? "GET" : "DELETE";
    out.query = "policy=";
  } else {
    return unknown("s3", operation);
  }
  return std::move(out);
}

json::value query_output(const std::string& text, std::string_view action) {
  pugi::xml_document xml;
  if (!xml.load_buffer(text.data(), text.size())) return json::object{};
  const pugi::xml_node result = xml.document_element().child((std::string(action) + "Result").c_str());
  json::value out = element(result);
  return out.is_object() ? out : json::value(json::object{});
}

Result<json::value> SdkCaller::call(std::string_view service, std::string_view operation, const json::object& input) {
  if (service == "lambda") return lambda(operation, input);
  if (service == "s3") return s3(operation, input);
  if (service != "iam") return client_.call(service, operation, input);
  sdk::Parameters parameters;
  for (const auto& [name, value] : input) parameters.emplace_back(name, text_of(value));
  CUMULET_TRY(const std::string answer, client_.query(service, operation, parameters));
  return query_output(answer, operation);
}

Result<json::value> SdkCaller::lambda(std::string_view operation, const json::object& input) {
  CUMULET_TRY(const sdk::RestRequest request, lambda_request(operation, input));
  CUMULET_TRY(const sdk::HttpResponse response, client_.rest("lambda", request));
  if (response.body.empty()) return json::value(json::object{});
  return json::parse(response.body);
}

Result<json::value> SdkCaller::s3(std::string_view operation, const json::object& input) {
  CUMULET_TRY(const sdk::RestRequest request, s3_request(operation, input));
  CUMULET_TRY(sdk::HttpResponse response, client_.rest("s3", request));
  if (operation == "ListObjectsV2") return listed(response.body);
  if (operation == "GetObject") return json::value(json::object{{"Body", std::move(response.body)}});
  if (operation == "GetBucketPolicy") return json::value(json::object{{"Policy", std::move(response.body)}});
  return json::value(json::object{});
}

}  // namespace cumulet::deploy
