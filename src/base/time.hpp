#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cumulet {

// Wall-clock time, millisecond resolution: what AWS puts on the wire and what tables store.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

constexpr std::int64_t to_millis(TimePoint t) { return t.time_since_epoch().count(); }
constexpr TimePoint from_millis(std::int64_t ms) { return TimePoint{Milliseconds{ms}}; }

// "2015-08-30T12:36:00Z"; with millis "2015-08-30T12:36:00.000Z".
std::string iso8601(TimePoint t);
std::string iso8601_millis(TimePoint t);
// "20150830T123600Z", the form SigV4 uses, and its date part "20150830".
std::string iso8601_basic(TimePoint t);
std::string basic_date(TimePoint t);
// "Sun, 30 Aug 2015 12:36:00 GMT" (RFC 9110 IMF-fixdate).
std::string http_date(TimePoint t);

// Any ISO 8601 / RFC 3339 date-time with zone ("Z", "+02:00"), fraction of any length (cut to milliseconds).
std::optional<TimePoint> parse_iso8601(std::string_view text);
std::optional<TimePoint> parse_iso8601_basic(std::string_view text);
// The three date forms of RFC 9110.
std::optional<TimePoint> parse_http_date(std::string_view text);

// The time source, a constructor argument everywhere. The wall's clock is what is told and stored; somebody may set it.
// Whatever only wants to know how much time passed, and every deadline held in memory, uses steady().
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;  // the wall's
  // Runs on, whoever sets the wall's clock: what that showed when the program started, and the time that passed since
  // (with what the machine slept).
  virtual TimePoint steady() const = 0;
};

// A wall's time on the steady clock and back, by what both show now.
inline TimePoint steady_of(const Clock& clock, TimePoint wall) { return wall + (clock.steady() - clock.now()); }
inline TimePoint wall_of(const Clock& clock, TimePoint steady) { return steady + (clock.now() - clock.steady()); }

// One-shot timers; they measure the time that passes, whoever sets the wall's clock meanwhile. Callbacks run on an
// unspecified thread and must not block. What is due already fires at once (never from inside the call). cancel() of a
// fired or unknown id is a no-op.
class Timers {
 public:
  using Id = std::uint64_t;
  virtual ~Timers() = default;
  virtual Id after(Milliseconds delay, std::function<void()> callback) = 0;
  // When as much time has passed as the wall's clock now shows until `when`.
  virtual Id at(TimePoint when, std::function<void()> callback) = 0;
  virtual void cancel(Id id) = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()); }
  TimePoint steady() const override;
};

}  // namespace cumulet
