#pragma once
#include "aws/wire/codec.hpp"
#include "aws/wire/constraints.hpp"

// The parts of REST requests and responses outside the body: labels, query, headers, status, payload.
namespace cumulet::wire {

Result<void> decode_rest(Protocol protocol, const Operation& op, const DecodeRequest& request, void* input,
                         Violations& violations);

void encode_rest(Protocol protocol, const ServiceDescriptor& service, const Operation& op, void* output,
                 std::string_view request_id, http::Response& response);

}  // namespace cumulet::wire
