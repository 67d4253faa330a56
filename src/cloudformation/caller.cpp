#include "cloudformation/caller.hpp"

#include "cloudformation/node.hpp"

namespace cumulet::cloudformation {

Error aws_error(std::string code, const std::string& text) {
  std::string message = text.empty() ? code : code + ": " + text;
  return {kAwsError, std::move(message), {{"Code", std::move(code)}}};
}

std::string error_code(const Error& error) {
  if (error.is(kAwsError) && !error.fields().empty()) return error.fields().front().second;
  return std::string(error.code());
}

std::string described(const Error& error) {
  if (error.is(kAwsError) || error.is(kValidationError)) return error.message();
  return std::string(error.code()) + ": " + error.message();
}

std::string member_text(const json::value& answer, std::string_view name) {
  const json::value* member = json::find(answer, name);
  return member && member->is_string() ? std::string(member->as_string()) : "";
}

}  // namespace cumulet::cloudformation
