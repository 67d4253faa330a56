#include "base/time.hpp"

#include <time.h>

#include <array>
#include <cstdio>

namespace cumulet {
namespace {

using namespace std::chrono;

struct Civil {
  int year;
  unsigned month, day, hour, minute, second, millis, weekday;
};

Civil civil(TimePoint t) {
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const hh_mm_ss time{t - day};
  return {int(date.year()),
          unsigned(date.month()),
          unsigned(date.day()),
          unsigned(time.hours().count()),
          unsigned(time.minutes().count()),
          unsigned(time.seconds().count()),
          unsigned(time.subseconds().count()),
          weekday{day}.c_encoding()};
}

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char buffer[96];
  const int n = std::snprintf(buffer, sizeof buffer, pattern, args...);
  return std::string(buffer, static_cast<std::size_t>(n));
}

constexpr std::array kWeekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Reads exactly `digits` decimal digits at `at`, advancing it.
std::optional<int> number(std::string_view text, std::size_t& at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  int n = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + (c - '0');
  }
  at += digits;
  return n;
}

bool literal(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

std::optional<TimePoint> assemble(int y, int mo, int d, int h, int mi, int s, int ms) {
  const year_month_day date{year{y}, month{unsigned(mo)}, day{unsigned(d)}};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  return TimePoint{sys_days{date}.time_since_epoch() + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms}};
}

std::optional<int> month_number(std::string_view name) {
  for (std::size_t i = 0; i < kMonths.size(); ++i)
    if (name == kMonths[i]) return int(i) + 1;
  return std::nullopt;
}

}  // namespace

TimePoint SystemClock::steady() const {
  // CLOCK_BOOTTIME also counts what the machine slept: a wait of an hour ends in time after a night in a bag.
  const auto since_boot = [] {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return nanoseconds{t.tv_sec * 1'000'000'000LL + t.tv_nsec};
  };
  static const auto boot = system_clock::now().time_since_epoch() - since_boot();
  return floor<Milliseconds>(sys_time<nanoseconds>{boot + since_boot()});
}

std::string iso8601(TimePoint t) {
  const Civil c = civil(t);
  return format("%04d-%02u-%02uT%02u:%02u:%02uZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string iso8601_millis(TimePoint t) {
  const Civil c = civil(t);
  return format("%04d-%02u-%02uT%02u:%02u:%02u.%03uZ", c.year, c.month, c.day, c.hour, c.minute, c.second, c.millis);
}

std::string iso8601_basic(TimePoint t) {
  const Civil c = civil(t);
  return format("%04d%02u%02uT%02u%02u%02uZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

std::string basic_date(TimePoint t) {
  const Civil c = civil(t);
  return format("%04d%02u%02u", c.year, c.month, c.day);
}

std::string http_date(TimePoint t) {
  const Civil c = civil(t);
  return format("%s, %02u %s %04d %02u:%02u:%02u GMT", kWeekdays[c.weekday], c.day, kMonths[c.month - 1], c.year,
                c.hour, c.minute, c.second);
}

std::optional<TimePoint> parse_iso8601(std::string_view text) {
  std::size_t at = 0;
  const auto y = number(text, at, 4);
  if (!y || !literal(text, at, '-')) return std::nullopt;
  const auto mo = number(text, at, 2);
  if (!mo || !literal(text, at, '-')) return std::nullopt;
  const auto d = number(text, at, 2);
  if (!d || at >= text.size() || (text[at] != 'T' && text[at] != 't')) return std::nullopt;
  ++at;
  const auto h = number(text, at, 2);
  if (!h || !literal(text, at, ':')) return std::nullopt;
  const auto mi = number(text, at, 2);
  if (!mi) return std::nullopt;
  int s = 0, ms = 0;
  if (literal(text, at, ':')) {
    const auto seconds_part = number(text, at, 2);
    if (!seconds_part) return std::nullopt;
    s = *seconds_part;
    if (literal(text, at, '.')) {
      int scale = 100;
      const std::size_t start = at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
        ms += (text[at] - '0') * scale;
        scale /= 10;
        ++at;
      }
      if (at == start) return std::nullopt;
    }
  }
  minutes offset{0};
  if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    ++at;
  } else if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const int sign = text[at] == '-' ? -1 : 1;
    ++at;
    const auto oh = number(text, at, 2);
    if (!oh) return std::nullopt;
    literal(text, at, ':');
    const auto om = number(text, at, 2);
    if (!om) return std::nullopt;
    offset = minutes{sign * (*oh * 60 + *om)};
  } else {
    return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  auto t = assemble(*y, *mo, *d, *h, *mi, s, ms);
  if (t) *t -= offset;
  return t;
}

std::optional<TimePoint> parse_iso8601_basic(std::string_view text) {
  std::size_t at = 0;
  const auto y = number(text, at, 4), mo = number(text, at, 2), d = number(text, at, 2);
  if (!y || !mo || !d || !literal(text, at, 'T')) return std::nullopt;
  const auto h = number(text, at, 2), mi = number(text, at, 2), s = number(text, at, 2);
  if (!h || !mi || !s || !literal(text, at, 'Z') || at != text.size()) return std::nullopt;
  return assemble(*y, *mo, *d, *h, *mi, *s, 0);
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  char month_name[4] = {};
  char zone[4] = {};
  int d = 0, y = 0, h = 0, mi = 0, s = 0;
  const std::string copy(text.substr(0, 64));
  // IMF-fixdate, then RFC 850, then asctime.
  if (std::sscanf(copy.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d %3s", &d, month_name, &y, &h, &mi, &s, zone) == 7) {
  } else if (std::sscanf(copy.c_str(), "%*[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d %3s", &d, month_name, &y, &h, &mi,
                         &s, zone) == 7) {
    y += y < 70 ? 2000 : 1900;
  } else if (std::sscanf(copy.c_str(), "%*3s %3s %2d %2d:%2d:%2d %4d", month_name, &d, &h, &mi, &s, &y) == 6) {
  } else {
    return std::nullopt;
  }
  const auto mo = month_number(month_name);
  if (!mo) return std::nullopt;
  return assemble(y, *mo, d, h, mi, s, 0);
}

}  // namespace cumulet
