#pragma once
#include "base/http.hpp"

namespace cumulet::chat {

// The page itself and what it loads: 200, 304 by ETag, 404; gzip when the client takes it.
http::Response page_response(const http::RequestHead& head);

}  // namespace cumulet::chat
