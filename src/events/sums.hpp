#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "storage/database.hpp"

namespace cumulet::events {

// A figure of something, named as CloudWatch names it.
struct Series {
  std::string region;
  std::string name_space;                  // "AWS/Lambda"
  std::string metric;                      // "Duration"
  std::string dimension, dimension_value;  // "FunctionName", "f"; both empty: of all together
  auto operator<=>(const Series&) const = default;
};

// What was added up over one minute, or over several.
struct Sum {
  TimePoint at;  // its begin, on the wall's clock
  double count = 0, sum = 0, smallest = 0, largest = 0;
  void add(double value);
  void add(const Sum& other);  // `at` stays
};

// Which series are meant; empty: any.
struct SeriesFilter {
  std::string region, name_space, metric, dimension, dimension_value;
  std::optional<TimePoint> active_since;
};

// Sums per minute, kept for 15 days. The minute that runs is in memory; finished ones are written together, once a
// minute at most and only when there are any. A kill loses the minute that runs. Thread-safe.
class Sums {
 public:
  static constexpr Milliseconds kKept = std::chrono::hours(15 * 24);

  // What is referred to outlives the sums.
  Sums(storage::Database& database, const Clock& clock, Timers& timers);
  ~Sums();  // stop()s
  Sums(const Sums&) = delete;
  Sums& operator=(const Sums&) = delete;

  Result<void> load();  // the tables. Blocking; at start
  // Writes what is in memory and ends. Idempotent. Blocking; not on an I/O thread nor in a job.
  void stop();

  void add(const Series& series, double value);  // never blocks

  // Minutes of `series` that begin in [from, to), in order; those without a value are left out. Blocking.
  Result<std::vector<Sum>> read(const Series& series, TimePoint from, TimePoint to) const;
  // In order of region, namespace, metric, dimension. `after`: only those behind it. Blocking.
  Result<std::vector<Series>> list(const SeriesFilter& filter, const std::optional<Series>& after, int limit) const;

 private:
  using Minute = std::int64_t;  // since 1970
  using Values = std::map<std::pair<Minute, Series>, Sum>;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cumulet::events
