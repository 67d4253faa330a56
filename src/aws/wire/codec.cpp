#include "aws/wire/codec.hpp"

#include "aws/wire/constraints.hpp"
#include "aws/wire/form_codec.hpp"
#include "aws/wire/http_binding.hpp"
#include "aws/wire/json_codec.hpp"
#include "aws/wire/xml_codec.hpp"

namespace cumulet::wire {
namespace {

Result<void> decode_form(const Operation& op, const DecodeRequest& request, void* input, Violations& violations) {
  const std::string_view query = request.head ? request.head->raw_query() : std::string_view{};
  CUMULET_TRY(const QueryPairs in_url, parse_query(query));
  CUMULET_TRY(QueryPairs pairs, parse_query(request.body));
  pairs.insert(pairs.end(), in_url.begin(), in_url.end());
  return read_form(pairs, *op.input, input, violations);
}

std::string query_response(const ServiceDescriptor& service, const Operation& op, const void* output,
                           std::string_view request_id) {
  std::string out;
  const std::string response = std::string(op.name) + "Response";
  out += '<' + response;
  if (!service.xml_namespace.empty()) (out += " xmlns=\"") += std::string(service.xml_namespace) + '"';
  out += '>';
  if (op.output != &shape_of<Empty>()) {
    const std::string result = std::string(op.name) + "Result";
    std::string members;
    write_xml_members(members, *op.output, output, Members::all);
    out += members.empty() ? '<' + result + "/>" : '<' + result + '>' + members + "</" + result + '>';
  }
  out += "<ResponseMetadata><RequestId>";
  append_xml_text(out, request_id);
  out += "</RequestId></ResponseMetadata></" + response + '>';
  return out;
}

}  // namespace

Result<void> decode(Protocol protocol, const ServiceDescriptor& service, const Operation& op,
                    const DecodeRequest& request, void* input) {
  Violations violations;
  switch (protocol) {
    case Protocol::aws_json_1_0:
    case Protocol::aws_json_1_1:
      CUMULET_CHECK(read_json(request.body, *op.input, input, Members::all, violations, service.json_scalars));
      break;
    case Protocol::query: CUMULET_CHECK(decode_form(op, request, input, violations)); break;
    case Protocol::rest_json:
    case Protocol::rest_xml: CUMULET_CHECK(decode_rest(protocol, op, request, input, violations)); break;
  }
  return violations.result(service.validation_error ? *service.validation_error : kValidationException);
}

http::Response encode(Protocol protocol, const ServiceDescriptor& service, const Operation& op, void* output,
                      std::string_view request_id) {
  http::Response response;
  response.status = op.success_status;
  switch (protocol) {
    case Protocol::aws_json_1_0:
    case Protocol::aws_json_1_1: {
      response.headers.add("x-amzn-RequestId", std::string(request_id));
      response.headers.add("Content-Type", protocol == Protocol::aws_json_1_0 ? "application/x-amz-json-1.0"
                                                                              : "application/x-amz-json-1.1");
      std::string text;
      write_json(text, *op.output, output, Members::all);
      response.body = http::Body(std::move(text));
      break;
    }
    case Protocol::query:
      response.headers.add("x-amzn-RequestId", std::string(request_id));
      response.headers.add("Content-Type", "text/xml");
      response.body = http::Body(query_response(service, op, output, request_id));
      break;
    case Protocol::rest_json:
    case Protocol::rest_xml: encode_rest(protocol, service, op, output, request_id, response); break;
  }
  return response;
}

}  // namespace cumulet::wire
