#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/wire/operation.hpp"

// The codecs: request -> typed input, typed output or Error -> response. Pure; bounded in depth and count.
// https://smithy.io/2.0/aws/protocols/index.html
namespace cumulet::wire {

inline constexpr ErrorKind kSerializationException{"SerializationException", 400};
inline constexpr ErrorKind kMalformedXml{"MalformedXML", 400};
inline constexpr ErrorKind kValidationException{"ValidationException", 400, "ValidationError"};
inline constexpr ErrorKind kMissingParameter{"MissingParameter", 400};
inline constexpr ErrorKind kInvalidParameterValue{"InvalidParameterValue", 400};
inline constexpr ErrorKind kUnknownOperation{"UnknownOperationException", 404, "InvalidAction"};

// A parsed request line: decoded path labels and query pairs.
struct RouteMatch {
  const Operation* operation = nullptr;
  std::vector<std::pair<std::string_view, std::string>> labels;  // label name -> decoded value
};

using QueryPairs = std::vector<std::pair<std::string, std::string>>;  // decoded, in order
Result<QueryPairs> parse_query(std::string_view raw_query);

// REST: finds the operation by method, path, required query keys and header; the most specific row wins
// (most query constraints, then a required header, then the longer literal path). Null operation: none matches.
// `raw_path` is still percent-encoded and, for virtual-host S3, already has the bucket prepended.
RouteMatch match_route(const ServiceDescriptor& service, std::string_view method, std::string_view raw_path,
                       const QueryPairs& query, const http::Headers& headers);

// What the decoder sees. `body` is the buffered body; streaming operations leave it empty and attach `stream`.
struct DecodeRequest {
  const http::RequestHead* head = nullptr;
  const RouteMatch* route = nullptr;  // REST
  const QueryPairs* query = nullptr;  // REST
  std::string_view body;
  InputStream stream;  // for an input_stream member
};

// Fills `input` (an object of op.input's type). Checks required members, ranges, patterns and enums; the failing
// constraint gives AWS's text for the protocol ("1 validation error detected: Value '..' at '..' failed to satisfy
// constraint: ..." for JSON and Query services).
Result<void> decode(Protocol protocol, const ServiceDescriptor& service, const Operation& op,
                    const DecodeRequest& request, void* input);

// The success response, without transport headers. Consumes http::Body members (they are moved out).
http::Response encode(Protocol protocol, const ServiceDescriptor& service, const Operation& op, void* output,
                      std::string_view request_id);

// Query answers in JSON where a client accepts that: {"SendMessageResponse": {"SendMessageResult": {…},
// "ResponseMetadata": {"RequestId": "…"}}}, {"Error": {"Code", "Message", "Type"}, "RequestId"}.
http::Response encode_query_json(const Operation& op, const void* output, std::string_view request_id);
http::Response encode_query_json_error(const Error& error, std::string_view request_id);

// The error response: code, message and fields as the protocol writes them, x-amzn-RequestId / x-amz-request-id,
// x-amzn-errortype for REST-JSON, `x-amzn-query-error` where a JSON service has query codes. `resource` and `host_id`
// appear in REST-XML (S3) errors.
http::Response encode_error(Protocol protocol, const ServiceDescriptor* service, const Error& error,
                            std::string_view request_id, std::string_view resource = {});

}  // namespace cumulet::wire
