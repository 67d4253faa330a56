#pragma once
#include <vector>

#include "base/http.hpp"

namespace cumulet::http {

// The bytes of `pieces`, one after the other, or the one range of them that the request asks for (RFC 9110, 14): 200,
// 206 or 416. Several ranges, or a unit that is not bytes, give all of it. Only GET has ranges; HEAD gets the whole
// length.
Response file_response(const RequestHead& head, std::vector<FileRange> pieces);

}  // namespace cumulet::http
