#include "services/lambda/payload_check.hpp"

#include <cstdio>
#include <string>

#include "base/json.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {
namespace {

constexpr std::string_view kValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

std::string shown(char c) {
  const auto code = static_cast<unsigned char>(c);
  const std::string name = code < 0x20 || code >= 0x7f ? "(CTRL-CHAR" : "'" + std::string(1, c) + "' (code";
  return code < 0x20 || code >= 0x7f ? name + ", code " + std::to_string(code) + ")"
                                     : name + ' ' + std::to_string(code) + ")";
}

// The text after "Could not parse payload into json: ", for a payload that is not JSON.
class Complaint {
 public:
  explicit Complaint(std::string_view payload) : payload_(payload) {}

  std::string text(std::string_view otherwise) {
    skip_blank();
    if (at_ == payload_.size()) return std::string(otherwise);
    const char c = payload_[at_];
    if (c == '{') {
      ++at_;
      skip_blank();
      if (at_ < payload_.size() && payload_[at_] != '"' && payload_[at_] != '}')
        return located(
            "Unexpected character (" + shown(payload_[at_]) + "): was expecting double-quote to start field name", at_);
      return std::string(otherwise);
    }
    if (c == '[' || c == '"' || c == '-' || (c >= '0' && c <= '9')) return std::string(otherwise);
    if (!is_word(c))
      return located("Unexpected character (" + shown(c) + "): expected a valid value " + std::string(kValues), at_);
    std::string word;
    while (at_ < payload_.size()) {
      const char next = payload_[at_++];
      if (const auto byte = static_cast<unsigned char>(next); byte >= 0x80 && (byte < 0xC0 || byte >= 0xF8)) {
        char hex[8];
        std::snprintf(hex, sizeof hex, "0x%x", byte);
        return located("Invalid UTF-8 start byte " + std::string(hex), at_);
      }
      if (!is_word(next)) break;
      word += next;
    }
    return located("Unrecognized token '" + word + "': was expecting " + std::string(kValues), at_);
  }

 private:
  void skip_blank() {
    while (at_ < payload_.size() && is_blank(payload_[at_])) ++at_;
  }
  // `offset` counts bytes from zero; lines and columns count from one.
  std::string located(std::string message, std::size_t offset) const {
    std::size_t line = 1, column = 1;
    for (const char c : payload_.substr(0, offset)) {
      ++column;
      if (c == '\n') {
        ++line;
        column = 1;
      }
    }
    return message + "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: " +
           std::to_string(line) + ", column: " + std::to_string(column) + "]";
  }

  std::string_view payload_;
  std::size_t at_ = 0;
};

}  // namespace

Result<void> check_payload(std::string_view payload) {
  const auto parsed = json::parse(payload);
  if (parsed.ok()) return {};
  return user_error(kInvalidRequestContent,
                    "Could not parse request body into json: Could not parse payload into json: " +
                        Complaint(payload).text(parsed.error().message()));
}

}  // namespace cumulet::lambda
