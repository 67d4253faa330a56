#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cumulet::asl {

// The first syntax error of a JSON text, in the words of the parser AWS uses (Jackson), for InvalidExecutionInput and
// INVALID_JSON_DESCRIPTION.
struct JsonSyntaxError {
  std::string message;   // "Unrecognized token 'not': was expecting (JSON String, ...)"
  std::string location;  // "[Source: (String)"not a definition"; line: 1, column: 4]"
};

// nullopt when `text` is one JSON value (or the error is one only a full parser finds).
std::optional<JsonSyntaxError> json_syntax_error(std::string_view text);

}  // namespace cumulet::asl
