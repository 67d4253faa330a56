#pragma once
#include <string_view>

#include "base/http.hpp"
#include "chat/model.hpp"

namespace cumulet::chat {

// The file's bytes, or the one range that the request asks for (RFC 9110, 14): 200, 206 or 416. Several ranges, or a
// unit that is not bytes, give the whole file.
http::Response file_response(const http::RequestHead& head, std::shared_ptr<http::OpenFile> file, std::uint64_t size);

}  // namespace cumulet::chat
