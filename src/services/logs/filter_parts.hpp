#pragma once
#include <boost/regex_fwd.hpp>
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
  static std::optional<Regex> make(std::string_view text);
  bool found_in(std::string_view text) const;

 private:
  explicit Regex(std::shared_ptr<const boost::regex> regex) : regex_(std::move(regex)) {}
  std::shared_ptr<const boost::regex> regex_;  // behind a pointer: Boost.Regex takes seconds to compile, in filter_parts.cpp alone
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
