#pragma once
#include "sdk/errors.hpp"
#include "sdk/services.hpp"
#include "sdk/transport.hpp"

namespace cumulet::sdk {

// The error in an answer of status 400 or more (S3 also: an <Error> under status 200).
Error parse_error(const HttpResponse& response, Protocol protocol);
std::string_view request_id(const HttpResponse& response);
// S3 sends 200 first and an <Error> after it when a long copy or completion fails.
bool is_error_document(const HttpResponse& response);

}  // namespace cumulet::sdk
