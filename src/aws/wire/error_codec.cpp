#include <algorithm>

#include "aws/wire/codec.hpp"
#include "aws/wire/xml_codec.hpp"
#include "base/json.hpp"
#include "base/readable.hpp"

namespace cumulet::wire {
namespace {

std::string_view query_code(const Error& error) {
  return error.kind().query_code.empty() ? error.code() : error.kind().query_code;
}

bool speaks_query(const ServiceDescriptor* service) {
  return service &&
         std::find(service->protocols.begin(), service->protocols.end(), Protocol::query) != service->protocols.end();
}

void append_element(std::string& out, std::string_view name, std::string_view text) {
  (out += '<') += name;
  out += '>';
  append_xml_text(out, text);
  (out += "</") += name;
  out += '>';
}

bool says_capital_message(const ServiceDescriptor* service, std::string_view code) {
  if (service == nullptr) return false;
  const auto& these = service->codes_with_capital_message;
  return std::find(these.begin(), these.end(), code) != these.end();
}

std::string json_body(const ServiceDescriptor* service, const Error& error, bool has_type_member) {
  std::string out = "{";
  const bool has_type_field =
      std::any_of(error.fields().begin(), error.fields().end(), [](const auto& f) { return f.first == "Type"; });
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (out.size() > 1) out += ',';
    json::append_quoted(out, name);
    out += ':';
    json::append_quoted(out, readable_utf8(value));  // it may tell a client its own bytes
  };
  if (has_type_member) add("__type", error.code());
  for (const auto& [name, value] : error.fields())
    if (name == "Type") add(name, value);
  if (!error.message().empty())
    add(has_type_field && says_capital_message(service, error.code()) ? "Message" : "message", error.message());
  for (const auto& [name, value] : error.fields())
    if (name != "Type") add(name, value);
  return out + '}';
}

std::string query_body(const ServiceDescriptor* service, const Error& error, std::string_view request_id) {
  // What AWS answers to what no service makes anything of.
  if (query_code(error) == "UnknownOperationException") return "<UnknownOperationException/>";
  std::string out = "<ErrorResponse";
  if (service && !service->xml_namespace.empty()) (out += " xmlns=\"") += std::string(service->xml_namespace) + '"';
  out += "><Error>";
  append_element(out, "Type", error.status() >= 500 ? "Receiver" : "Sender");
  append_element(out, "Code", query_code(error));
  append_element(out, "Message", error.message());
  for (const auto& [name, value] : error.fields()) append_element(out, name, value);
  if (service) out += service->query_error_end;
  out += "</Error>";
  append_element(out, "RequestId", request_id);
  return out + "</ErrorResponse>";
}

std::string s3_body(const Error& error, std::string_view request_id, std::string_view resource) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
  append_element(out, "Code", error.code());
  append_element(out, "Message", error.message());
  bool has_resource = false;
  for (const auto& [name, value] : error.fields()) {
    has_resource = has_resource || name == "Resource";
    append_element(out, name, value);
  }
  if (!resource.empty() && !has_resource) append_element(out, "Resource", resource);
  append_element(out, "RequestId", request_id);
  append_element(out, "HostId", kHostId);
  return out + "</Error>";
}

}  // namespace

http::Response encode_error(Protocol protocol, const ServiceDescriptor* service, const Error& error,
                            std::string_view request_id, std::string_view resource) {
  http::Response response;
  response.status = error.status();
  std::string body;
  switch (protocol) {
    case Protocol::aws_json_1_0:
    case Protocol::aws_json_1_1:
      response.headers.add("x-amzn-RequestId", std::string(request_id));
      response.headers.add("Content-Type", protocol == Protocol::aws_json_1_0 ? "application/x-amz-json-1.0"
                                                                              : "application/x-amz-json-1.1");
      if (speaks_query(service) && !error.kind().query_code.empty())
        response.headers.add("x-amzn-query-error",
                             std::string(query_code(error)) + (error.status() >= 500 ? ";Receiver" : ";Sender"));
      body = json_body(service, error, true);
      break;
    case Protocol::rest_json:
      response.headers.add("x-amzn-RequestId", std::string(request_id));
      response.headers.add("x-amzn-ErrorType", std::string(error.code()));
      response.headers.add("Content-Type", "application/json");
      body = json_body(service, error, false);
      break;
    case Protocol::query:
      response.headers.add("x-amzn-RequestId", std::string(request_id));
      response.headers.add("Content-Type", "text/xml");
      body = query_body(service, error, request_id);
      break;
    case Protocol::rest_xml:
      response.headers.add("x-amz-request-id", std::string(request_id));
      response.headers.add("x-amz-id-2", std::string(kHostId));
      response.headers.add("Content-Type", "application/xml");
      body = s3_body(error, request_id, resource);
      break;
  }
  if (error.status() == 304) {  // a bare answer: neither body nor its type
    response.headers.erase("Content-Type");
    return response;
  }
  response.body = http::Body(std::move(body));
  return response;
}

}  // namespace cumulet::wire
