#include "asl/json_syntax.hpp"

#include <cstdio>
#include <vector>

namespace cumulet::asl {
namespace {

constexpr std::string_view kAnyValue = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<JsonSyntaxError> scan() {
    enum class Expect { value, first_name, name, colon, separator, first_item, nothing } expect = Expect::value;
    while (true) {
      skip_blanks();
      if (at_ >= text_.size()) {
        if (expect == Expect::nothing) return std::nullopt;
        if (open_.empty()) return error("No content to map due to end-of-input", at_);
        const auto [bracket, start] = open_.back();
        return error("Unexpected end-of-input: expected close marker for " +
                         std::string(bracket == '{' ? "Object" : "Array") + " (start marker at " + where(start) + ")",
                     at_);
      }
      const char c = text_[at_];
      const auto after_value = [&] { return open_.empty() ? Expect::nothing : Expect::separator; };
      switch (expect) {
        case Expect::first_name:
        case Expect::name:
          if (c == '}' && expect == Expect::first_name) {
            close();
            expect = after_value();
            break;
          }
          if (c != '"') return unexpected("was expecting double-quote to start field name");
          if (auto bad = string()) return bad;
          expect = Expect::colon;
          break;
        case Expect::colon:
          if (c != ':') return unexpected("was expecting a colon to separate field name and value");
          ++at_;
          expect = Expect::value;
          break;
        case Expect::separator: {
          const bool object = open_.back().first == '{';
          if (c == (object ? '}' : ']')) {
            close();
            expect = after_value();
          } else if (c == ',') {
            ++at_;
            expect = object ? Expect::name : Expect::value;
          } else {
            return unexpected(object ? "was expecting comma to separate Object entries"
                                     : "was expecting comma to separate Array entries");
          }
          break;
        }
        case Expect::nothing: return unexpected("expected end of input");
        case Expect::first_item:
          if (c == ']') {
            close();
            expect = after_value();
            break;
          }
          [[fallthrough]];
        case Expect::value:
          if (c == '{' || c == '[') {
            if (open_.size() > 2000) return error("Document nesting depth exceeds the maximum allowed (2000)", at_);
            open_.emplace_back(c, at_++);
            expect = c == '{' ? Expect::first_name : Expect::first_item;
          } else if (c == '"') {
            if (auto bad = string()) return bad;
            expect = after_value();
          } else {
            if (auto bad = scalar()) return bad;
            expect = after_value();
          }
          break;
      }
    }
  }

 private:
  static bool is_token_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  void close() {
    open_.pop_back();
    ++at_;
  }

  std::optional<JsonSyntaxError> string() {
    const auto start = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return error("Illegal unquoted character ((CTRL-CHAR, code " + std::to_string(text_[at_]) +
                         ")): has to be escaped using backslash to be included in string value",
                     at_ + 1);
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    if (at_ >= text_.size())
      return error("Unexpected end-of-input: was expecting closing quote for a string value", text_.size());
    (void)start;
    ++at_;
    return std::nullopt;
  }

  std::optional<JsonSyntaxError> scalar() {
    const char c = text_[at_];
    const auto start = at_;
    if (c == '-' || (c >= '0' && c <= '9')) {
      ++at_;
      while (at_ < text_.size() && std::string_view("0123456789.eE+-").find(text_[at_]) != std::string_view::npos)
        ++at_;
      return std::nullopt;
    }
    if (!is_token_char(c)) return unexpected("expected a valid value " + std::string(kAnyValue));
    while (at_ < text_.size() && is_token_char(text_[at_])) ++at_;
    const auto token = text_.substr(start, at_ - start);
    if (token == "true" || token == "false" || token == "null") return std::nullopt;
    return error(
        "Unrecognized token '" + std::string(token.substr(0, 256)) + "': was expecting " + std::string(kAnyValue), at_);
  }

  std::optional<JsonSyntaxError> unexpected(std::string_view wanted) const {
    const char c = text_[at_];
    return error("Unexpected character ('" + std::string(1, c) + "' (code " +
                     std::to_string(static_cast<unsigned char>(c)) + ")): " + std::string(wanted),
                 at_ + 1);
  }

  // The position as Jackson prints it; `offset` counts from 0, its columns from 1.
  std::string where(std::size_t offset) const {
    std::size_t line = 1, line_start = 0;
    for (std::size_t i = 0; i < offset && i < text_.size(); ++i)
      if (text_[i] == '\n') {
        ++line;
        line_start = i + 1;
      }
    std::string source(text_.substr(0, 500));
    if (text_.size() > 500)
      source += "\"[truncated " + std::to_string(text_.size() - 500) + " chars]";
    else
      source += "\"";
    return "[Source: (String)\"" + source + "; line: " + std::to_string(line) +
           ", column: " + std::to_string(offset - line_start + 1) + "]";
  }
  std::optional<JsonSyntaxError> error(std::string message, std::size_t offset) const {
    return JsonSyntaxError{std::move(message), where(offset)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::pair<char, std::size_t>> open_;
};

}  // namespace

std::optional<JsonSyntaxError> json_syntax_error(std::string_view text) { return Scanner(text).scan(); }

}  // namespace cumulet::asl
