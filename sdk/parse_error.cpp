#include "sdk/parse_error.hpp"

#include <pugixml.hpp>

#include "base/json.hpp"

namespace cumulet::sdk {
namespace {

// "com.amazonaws#NotFound:http://..." -> "NotFound"
std::string bare_code(std::string_view code) {
  if (const auto hash = code.find('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return std::string(code.substr(0, code.find(':')));
}

std::string_view code_for_status(int status) {
  switch (status) {
    case 304: return "NotModified";
    case 400: return "BadRequest";
    case 403: return "Forbidden";
    case 404: return "NotFound";
    case 412: return "PreconditionFailed";
    case 416: return "InvalidRange";
    case 500: return "InternalError";
    case 503: return "ServiceUnavailable";
    default: return "UnknownError";
  }
}

std::string plain_message(const HttpResponse& response) {
  if (response.body.empty()) return "HTTP status " + std::to_string(response.status);
  return "HTTP status " + std::to_string(response.status) + ": " + response.body.substr(0, 300);
}

Error json_error(const HttpResponse& response) {
  std::string code = bare_code(response.headers.get_or("x-amzn-errortype", ""));
  std::string message;
  if (const auto parsed = json::parse(response.body); parsed.ok()) {
    if (code.empty()) code = bare_code(json::text_at(*parsed, "__type"));
    if (code.empty()) code = bare_code(json::text_at(*parsed, "code"));
    message = json::text_at(*parsed, "message");
    if (message.empty()) message = json::text_at(*parsed, "Message");
    if (message.empty()) message = json::text_at(*parsed, "errorMessage");
  }
  if (code.empty()) code = code_for_status(response.status);
  if (message.empty()) message = plain_message(response);
  return service_error(code, std::move(message), response.status, request_id(response));
}

Error xml_error(const HttpResponse& response) {
  pugi::xml_document document;
  document.load_buffer(response.body.data(), response.body.size());
  pugi::xml_node node = document.document_element();
  if (std::string_view(node.name()) != "Error") {
    const pugi::xml_node errors = node.child("Errors");
    node = errors ? errors.child("Error") : node.child("Error");
  }
  std::string code = node.child_value("Code");
  std::string message = node.child_value("Message");
  if (code.empty()) code = code_for_status(response.status);
  if (message.empty()) message = plain_message(response);
  // An error under status 200 came after the work had begun: as good as a 500.
  return service_error(code, std::move(message), response.status < 300 ? 500 : response.status, request_id(response));
}

}  // namespace

std::string_view request_id(const HttpResponse& response) {
  for (const char* name : {"x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"})
    if (const auto id = response.headers.get(name)) return *id;
  return {};
}

bool is_error_document(const HttpResponse& response) {
  const std::string_view start = std::string_view(response.body).substr(0, 200);
  return start.find("<Error>") != std::string_view::npos || start.find("<Error ") != std::string_view::npos;
}

Error parse_error(const HttpResponse& response, Protocol protocol) {
  const bool json = protocol == Protocol::json || protocol == Protocol::rest_json;
  return json ? json_error(response) : xml_error(response);
}

}  // namespace cumulet::sdk
