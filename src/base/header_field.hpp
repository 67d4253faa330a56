#pragma once
#include <string_view>

// What may stand in a header field (RFC 9110, 5.1 and 5.5), so that it cannot end its line and begin another.
namespace cumulet::http {

// A token: letters, digits and !#$%&'*+-.^_`|~
bool is_field_name(std::string_view name);
// No control characters but tabs. Bytes beyond ASCII are taken.
bool is_field_value(std::string_view value);

}  // namespace cumulet::http
