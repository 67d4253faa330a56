#pragma once
#include <boost/regex.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "services/logs/filter_pattern.hpp"

// What the kinds of filter patterns share.
namespace cumulet::logs {

struct FilterPattern::Node {
  virtual ~Node() = default;
  virtual bool matches(std::string_view message) const = 0;
};

// Searches where AWS's regular expressions search: anywhere in the text.
class Regex {
 public:
  static std::optional<Regex> make(std::string_view text) {
    // Parentheses are no operators in these expressions, so that nothing here backtracks exponentially by nesting.
    if (text.empty() || text.find_first_of("()") != std::string_view::npos) return std::nullopt;
    try {
      return Regex(boost::regex(text.begin(), text.end()));
    } catch (const boost::regex_error&) {
      return std::nullopt;
    }
  }
  bool found_in(std::string_view text) const {
    try {
      return boost::regex_search(text.begin(), text.end(), regex_);
    } catch (const std::runtime_error&) {  // too much work
      return false;
    }
  }

 private:
  explicit Regex(boost::regex regex) : regex_(std::move(regex)) {}
  boost::regex regex_;
};

Error invalid(std::string_view why);  // InvalidParameterException
bool is_space(char c);
// Reads up to the closing quote; the opening one was taken.
bool take_quoted(std::string_view text, std::size_t& i, std::string& out);

// A place in a pattern's text, for parsers that read it token by token.
class Cursor {
 protected:
  explicit Cursor(std::string_view text) : text_(text) {}

  void space();
  // Goes past spaces and the token; without the token, past spaces only.
  bool take(std::string_view token);

  std::string_view text_;
  std::size_t at_ = 0;
};

// "[ip, user, ..., status = 4*, bytes > 1000]"
Result<std::shared_ptr<const FilterPattern::Node>> parse_fields(std::string_view text);

}  // namespace cumulet::logs
