#include "events/sums.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace cumulet::events {
namespace {

constexpr std::int64_t kMinute = 60'000;        // milliseconds
constexpr int kTrimmedAtOnce = 2'000;           // minutes of one series
constexpr std::size_t kMostInMemory = 200'000;  // values; a disk that takes nothing must not fill the memory

std::int64_t minute_of(TimePoint at) { return to_millis(at) / kMinute; }
TimePoint begin_of(std::int64_t minute) { return from_millis(minute * kMinute); }

}  // namespace

void Sum::add(double value) {
  smallest = count == 0 ? value : std::min(smallest, value);
  largest = count == 0 ? value : std::max(largest, value);
  sum += value;
  ++count;
}

void Sum::add(const Sum& other) {
  if (other.count == 0) return;
  smallest = count == 0 ? other.smallest : std::min(smallest, other.smallest);
  largest = count == 0 ? other.largest : std::max(largest, other.largest);
  sum += other.sum;
  count += other.count;
}

struct Sums::State : std::enable_shared_from_this<State> {
  State(storage::Database& d, const Clock& c, Timers& t) : database(d), clock(c), timers(t) {}

  storage::Database& database;
  const Clock& clock;
  Timers& timers;
  mutable std::mutex mutex;
  Values values;  // of minutes that are not written, the running one included
  std::optional<Timers::Id> timer;
  bool is_writing = false, is_stopped = false;
  std::int64_t last_trimmed = 0;  // series; the writer's thread alone

  // At the end of the running minute. With the lock held.
  void arm() {
    if (timer || is_stopped) return;
    const std::int64_t left = kMinute - to_millis(clock.now()) % kMinute;
    timer = timers.after(Milliseconds{left}, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->write_finished();
    });
  }

  void write_finished() {
    std::lock_guard lock(mutex);
    timer.reset();
    if (is_stopped) return;
    if (!values.empty()) arm();
    const auto end = values.lower_bound({minute_of(clock.now()), Series{}});
    if (is_writing || values.begin() == end) return;
    auto finished = std::make_shared<Values>(values.begin(), end);
    is_writing = true;
    database.submit([self = shared_from_this(),
                     finished](storage::Transaction& tx) -> Result<void> { return self->write(tx, *finished); },
                    [self = shared_from_this(), finished](Result<void> done) { self->written(*finished, done); });
  }

  Result<void> write(storage::Transaction& tx, const Values& finished) {
    for (const auto& [key, sum] : finished) {
      const auto& [minute, series] = key;
      tx.run("INSERT OR IGNORE INTO sum_series(region, namespace, metric, dimension, value) VALUES(?1, ?2, ?3, ?4, ?5)",
             series.region, series.name_space, series.metric, series.dimension, series.dimension_value);
      tx.run(
          "INSERT INTO sum_minute(series, minute, count, sum, smallest, largest) SELECT id, ?6, ?7, ?8, ?9, ?10 FROM "
          "sum_series WHERE region = ?1 AND namespace = ?2 AND metric = ?3 AND dimension = ?4 AND value = ?5 "
          "ON CONFLICT(series, minute) DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum, "
          "smallest "
          "= min(smallest, excluded.smallest), largest = max(largest, excluded.largest)",
          series.region, series.name_space, series.metric, series.dimension, series.dimension_value, minute, sum.count,
          sum.sum, sum.smallest, sum.largest);
      tx.run(
          "UPDATE sum_series SET last = max(last, ?6) WHERE region = ?1 AND namespace = ?2 AND metric = ?3 AND "
          "dimension = ?4 AND value = ?5",
          series.region, series.name_space, series.metric, series.dimension, series.dimension_value, minute);
    }
    trim(tx);
    return {};
  }

  // One series in its turn.
  void trim(storage::Transaction& tx) {
    // A wall's clock that somebody set forward must not end everything at once.
    const std::int64_t first_kept = minute_of(std::min(clock.now(), clock.steady()) - kKept);
    std::int64_t series = 0, last = 0;
    {
      auto q = tx.prepare("SELECT id, last FROM sum_series WHERE id > ?1 ORDER BY id LIMIT 1");
      q.bind(last_trimmed);
      if (q.step()) {
        series = q.integer(0);
        last = q.integer(1);
      }
    }
    last_trimmed = series;  // 0: from the first on, next time
    if (series == 0) return;
    tx.run(
        "DELETE FROM sum_minute WHERE series = ?1 AND minute IN (SELECT minute FROM sum_minute WHERE series = ?1 AND "
        "minute < ?2 ORDER BY minute LIMIT ?3)",
        series, first_kept, kTrimmedAtOnce);
    if (last >= first_kept) return;
    tx.run("DELETE FROM sum_series WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM sum_minute WHERE series = ?1)", series);
  }

  void written(const Values& finished, const Result<void>& done) {
    std::lock_guard lock(mutex);
    is_writing = false;
    if (!done.ok()) {  // they stay; the next minute's end tries again
      log::warn("sums per minute were not written: {}", done.error().message());
      if (values.size() > kMostInMemory) values.clear();
      arm();
      return;
    }
    for (const auto& [key, sum] : finished) values.erase(key);  // nothing is added to a minute that is over
  }
};

Sums::Sums(storage::Database& database, const Clock& clock, Timers& timers)
    : state_(std::make_shared<State>(database, clock, timers)) {}

Sums::~Sums() { stop(); }

Result<void> Sums::load() {
  return state_->database.migrate("sums", {R"sql(
    CREATE TABLE sum_series(id INTEGER PRIMARY KEY AUTOINCREMENT, region TEXT NOT NULL, namespace TEXT NOT NULL,
                            metric TEXT NOT NULL, dimension TEXT NOT NULL, value TEXT NOT NULL,
                            last INTEGER NOT NULL DEFAULT 0, UNIQUE(region, namespace, metric, dimension, value));
    CREATE TABLE sum_minute(series INTEGER NOT NULL, minute INTEGER NOT NULL, count REAL NOT NULL, sum REAL NOT NULL,
                            smallest REAL NOT NULL, largest REAL NOT NULL, PRIMARY KEY(series, minute)) WITHOUT ROWID;
  )sql"});
}

void Sums::stop() {
  auto rest = std::make_shared<Values>();
  {
    std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->is_stopped, true)) return;
    if (state_->timer) state_->timers.cancel(*state_->timer);
  }
  // After what is being written: then the rest is known.
  Result<void> done = state_->database.write_blocking([](storage::Transaction&) -> Result<void> { return {}; });
  {
    std::lock_guard lock(state_->mutex);
    rest->swap(state_->values);
  }
  if (rest->empty()) return;
  done = state_->database.write_blocking(
      [this, rest](storage::Transaction& tx) -> Result<void> { return state_->write(tx, *rest); });
  if (!done.ok()) log::warn("the last sums per minute were not written: {}", done.error().message());
}

void Sums::add(const Series& series, double value) {
  const std::int64_t minute = minute_of(state_->clock.now());
  std::lock_guard lock(state_->mutex);
  if (state_->is_stopped) return;
  Sum& sum = state_->values[{minute, series}];
  sum.at = begin_of(minute);
  sum.add(value);
  state_->arm();
}

Result<std::vector<Sum>> Sums::read(const Series& series, TimePoint from, TimePoint to) const {
  const std::int64_t first = (to_millis(from) + kMinute - 1) / kMinute;
  const std::int64_t end = (to_millis(to) + kMinute - 1) / kMinute;
  std::map<std::int64_t, Sum> minutes;
  CUMULET_CHECK(state_->database.read([&](storage::Connection& c) -> Result<void> {
    // Memory first: what is written between the two is then seen twice at most, and counted once.
    std::map<std::int64_t, Sum> in_memory;
    {
      std::lock_guard lock(state_->mutex);
      for (auto at = state_->values.lower_bound({first, Series{}}); at != state_->values.end(); ++at)
        if (at->first.second == series && at->first.first < end) in_memory[at->first.first] = at->second;
    }
    auto q = c.prepare(
        "SELECT minute, count, sum, smallest, largest FROM sum_minute WHERE series = (SELECT id FROM sum_series WHERE "
        "region = ?1 AND namespace = ?2 AND metric = ?3 AND dimension = ?4 AND value = ?5) AND minute >= ?6 AND minute "
        "< ?7 ORDER BY minute");
    q.bind_all(series.region, series.name_space, series.metric, series.dimension, series.dimension_value, first, end);
    while (q.step()) minutes[q.integer(0)] = {begin_of(q.integer(0)), q.real(1), q.real(2), q.real(3), q.real(4)};
    // The running minute may have begun in a run before this one. One that is over was written just now, if both have
    // it.
    const std::int64_t running = minute_of(state_->clock.now());
    for (auto& [minute, sum] : in_memory) {
      const auto [at, is_new] = minutes.try_emplace(minute, sum);
      if (!is_new && minute >= running) at->second.add(sum);
    }
    return {};
  }));
  std::vector<Sum> out;
  for (auto& [minute, sum] : minutes) out.push_back(sum);
  return out;
}

Result<std::vector<Series>> Sums::list(const SeriesFilter& filter, const std::optional<Series>& after,
                                       int limit) const {
  const auto fits = [&](const Series& one) {
    const auto is = [](const std::string& wanted, const std::string& given) {
      return wanted.empty() || wanted == given;
    };
    return is(filter.region, one.region) && is(filter.name_space, one.name_space) && is(filter.metric, one.metric) &&
           is(filter.dimension, one.dimension) && is(filter.dimension_value, one.dimension_value) &&
           (!after || *after < one);
  };
  std::map<Series, bool> found;
  {
    std::lock_guard lock(state_->mutex);
    for (const auto& [key, sum] : state_->values)
      if (fits(key.second)) found.emplace(key.second, true);
  }
  CUMULET_CHECK(state_->database.read([&](storage::Connection& c) -> Result<void> {
    auto q = c.prepare(
        "SELECT region, namespace, metric, dimension, value FROM sum_series WHERE last >= ?1 ORDER BY region, "
        "namespace, metric, dimension, value");
    q.bind(filter.active_since ? minute_of(*filter.active_since) : std::int64_t{0});
    int taken = 0;
    while (taken < limit && q.step()) {
      Series one{q.string(0), q.string(1), q.string(2), q.string(3), q.string(4)};
      if (!fits(one)) continue;
      found.emplace(std::move(one), true);
      ++taken;
    }
    return {};
  }));
  std::vector<Series> out;
  for (const auto& [series, is_there] : found) {
    if (static_cast<int>(out.size()) == limit) break;
    out.push_back(series);
  }
  return out;
}

}  // namespace cumulet::events
