#include "services/logs/filter_parts.hpp"

#include <boost/regex.hpp>

#include "services/logs/errors.hpp"

namespace cumulet::logs {

std::optional<Regex> Regex::make(std::string_view text) {
  // Parentheses are no operators in these expressions, so that nothing here backtracks exponentially by nesting.
  if (text.empty() || text.find_first_of("()") != std::string_view::npos) return std::nullopt;
  try {
    return Regex(std::make_shared<const boost::regex>(text.begin(), text.end()));
  } catch (const boost::regex_error&) {
    return std::nullopt;
  }
}

bool Regex::found_in(std::string_view text) const {
  try {
    return boost::regex_search(text.begin(), text.end(), *regex_);
  } catch (const std::runtime_error&) {  // too much work
    return false;
  }
}

Error invalid(std::string_view why) { return Error{kInvalidParameter, "Invalid filter pattern: " + std::string(why)}; }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool take_quoted(std::string_view text, std::size_t& i, std::string& out) {
  for (; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) {
      out += text[++i];
    } else if (text[i] == '"') {
      ++i;
      return true;
    } else {
      out += text[i];
    }
  }
  return false;
}

void Cursor::space() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool Cursor::take(std::string_view token) {
  space();
  if (!text_.substr(at_).starts_with(token)) return false;
  at_ += token.size();
  return true;
}

}  // namespace cumulet::logs
