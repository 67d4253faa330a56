#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/time.hpp"

// Documents of the commands as text for people. Pure; what others wrote is made harmless for terminals.
namespace cumulet::view {

// Colours, where they are seen.
class Paint {
 public:
  enum class Colours { none, ansi };
  explicit Paint(Colours colours) : colours_(colours) {}
  std::string red(std::string_view text) const { return in("31", text); }
  std::string green(std::string_view text) const { return in("32", text); }
  std::string yellow(std::string_view text) const { return in("33", text); }
  std::string bold(std::string_view text) const { return in("1", text); }
  std::string dim(std::string_view text) const { return in("2", text); }

 private:
  std::string in(std::string_view code, std::string_view text) const;
  Colours colours_;
};
// Of standard output: ANSI on a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is dumb.
Paint paint_of_stdout();

// "12 s ago", "3 min ago", "2 h ago", "5 days ago".
std::string ago(TimePoint now, std::string_view iso8601);
// "850 ms", "1.2 s", "3 min 20 s".
std::string duration(std::int64_t milliseconds);
// The text, filled up to `width` columns; no shorter.
std::string padded(std::string text, std::size_t width);
// What `cumulet status` shows of its document (status.hpp).
std::string status_text(const json::object& status, TimePoint now, const Paint& paint);

}  // namespace cumulet::view
