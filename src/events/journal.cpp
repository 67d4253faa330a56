#include "events/journal.hpp"

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "base/utf8.hpp"

namespace cumulet::events {
namespace {

constexpr int kRowsLookedAt = 20'000;  // by one read
constexpr int kNotesACommit = 512;     // the others wait for the next
constexpr std::size_t kRoundsOfNotes = 8;  // before a read; who notes faster than that is not waited for
constexpr int kTrimmedACommit = 64;    // beside as many as were written
constexpr int kTrimmedAJob = 500;
constexpr Milliseconds kTrimPeriod = std::chrono::hours(1);
constexpr std::int64_t kRowBytes = 100;  // beside its texts: ids, two index entries, SQLite's own

constexpr std::array<std::pair<Subject, std::string_view>, 6> kSubjects{{{Subject::object, "object"},
                                                                         {Subject::notification, "notification"},
                                                                         {Subject::message, "message"},
                                                                         {Subject::invocation, "invocation"},
                                                                         {Subject::execution, "execution"},
                                                                         {Subject::request, "request"}}};
constexpr std::array<std::pair<Verdict, std::string_view>, 3> kVerdicts{
    {{Verdict::fine, "ok"}, {Verdict::failed, "failed"}, {Verdict::unmatched, "noTrigger"}}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& [known, name] : table)
    if (known == value) return name;
  return "unknown";  // written by a newer program
}
template <class Value, class Table>
std::optional<Value> named_in(const Table& table, std::string_view name) {
  for (const auto& [value, known] : table)
    if (known == name) return value;
  return std::nullopt;
}

// `ends`: how many bytes were written up to the row's end, ever; the difference of two is what lies between them.
constexpr std::string_view kTable = R"sql(
  CREATE TABLE journal(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, subject INTEGER NOT NULL, what TEXT NOT NULL,
                       outcome TEXT NOT NULL, verdict INTEGER NOT NULL, detail TEXT NOT NULL, trace TEXT NOT NULL,
                       ends INTEGER NOT NULL);
  CREATE INDEX journal_verdict ON journal(verdict, id) WHERE verdict <> 0;
  CREATE INDEX journal_trace ON journal(trace, id) WHERE trace <> '';
)sql";

}  // namespace

std::string_view name(Subject subject) { return name_in(kSubjects, subject); }
std::string_view name(Verdict verdict) { return name_in(kVerdicts, verdict); }
std::optional<Subject> subject_named(std::string_view name) { return named_in<Subject>(kSubjects, name); }
std::optional<Verdict> verdict_named(std::string_view name) { return named_in<Verdict>(kVerdicts, name); }

Journal::Journal(storage::Database& database, const Clock& clock, Timers& timers, Bounds bounds)
    : database_(database), clock_(clock), timers_(timers), bounds_(bounds) {}

Journal::~Journal() { stop(); }

Result<void> Journal::load() {
  CUMULET_CHECK(database_.migrate("journal", {kTable}));
  CUMULET_CHECK(database_.read([this](storage::Connection& c) -> Result<void> {
    auto q = c.prepare("SELECT ends FROM journal ORDER BY id DESC LIMIT 1");
    if (q.step()) end_ = q.integer(0);
    return {};
  }));
  database_.set_rider([this](storage::Transaction& tx) { ride(tx); });
  look_for_old();
  return {};
}

void Journal::stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(is_stopped_, true)) return;
    timers_.cancel(timer_);
  }
  database_.set_rider({});
  // What waits goes now; and no job of ours is left once this one has run.
  const Result<void> last = database_.write_blocking([this](storage::Transaction& tx) -> Result<void> {
    *is_alive_ = false;
    ride(tx);
    return {};
  });
  if (!last.ok()) log::warn("the last of the journal was not written: {}", last.error().message());
}

void Journal::insert(storage::Transaction& tx, TimePoint at, const JournalEntry& entry) {
  const std::string_view detail = cut_utf8(entry.detail, kDetailBytes);
  end_ += kRowBytes +
          static_cast<std::int64_t>(entry.what.size() + entry.outcome.size() + detail.size() + 2 * entry.trace.size());
  tx.run(
      "INSERT INTO journal(at, subject, what, outcome, verdict, detail, trace, ends) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
      "?7, ?8)",
      to_millis(at), static_cast<int>(entry.subject), entry.what, entry.outcome, static_cast<int>(entry.verdict),
      detail, entry.trace, end_);
  ++written_;
}

void Journal::write(storage::Transaction& tx, const JournalEntry& entry) { insert(tx, clock_.now(), entry); }

void Journal::note(JournalEntry entry) {
  const TimePoint now = clock_.now();
  std::lock_guard lock(mutex_);
  if (waiting_.size() >= bounds_.waiting) {
    lost_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  waiting_.push_back({now, std::move(entry)});
}

// After the jobs of a commit. Notes are forgotten once they are durable: what is undone is written with the next one.
void Journal::ride(storage::Transaction& tx) {
  std::vector<Waiting> notes;
  {
    std::lock_guard lock(mutex_);
    const auto count = std::min<std::size_t>(waiting_.size(), kNotesACommit);
    notes.assign(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  for (const Waiting& one : notes) insert(tx, one.at, one.entry);
  if (!notes.empty()) {
    tx.after_commit([this, count = static_cast<std::ptrdiff_t>(notes.size())] {
      std::lock_guard lock(mutex_);
      waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    });
  }
  if (const int written = std::exchange(written_, 0); written > 0) trim(tx, kTrimmedACommit + written);
}

bool Journal::trim(storage::Transaction& tx, int most) {
  // A wall's clock that somebody set forward must not end everything at once.
  const TimePoint oldest_kept = std::min(clock_.now(), clock_.steady()) - bounds_.age;
  const std::int64_t first_kept = end_ - bounds_.bytes;
  std::int64_t last_gone = 0;
  int count = 0;
  {
    auto q = tx.prepare("SELECT id, at, ends FROM journal ORDER BY id LIMIT ?1");
    q.bind(most);
    while (q.step()) {
      if (q.integer(1) >= to_millis(oldest_kept) && q.integer(2) > first_kept) break;
      last_gone = q.integer(0);
      ++count;
    }
  }
  if (count > 0) tx.run("DELETE FROM journal WHERE id <= ?1", last_gone);
  return count == most;
}

// Also while nothing is written: rows past their age go, in jobs of their own. One that finds none writes nothing.
void Journal::look_for_old() {
  std::weak_ptr<bool> alive = is_alive_;
  const auto again = [this, alive](Milliseconds delay) {
    std::lock_guard lock(mutex_);
    if (is_stopped_) return;
    timer_ = timers_.after(delay, [this, alive] {
      if (const auto still = alive.lock()) look_for_old();
    });
  };
  const auto more = std::make_shared<bool>(false);
  storage::Database::Job job = [this, alive, more](storage::Transaction& tx) -> Result<void> {
    const auto still = alive.lock();
    if (still && *still) *more = trim(tx, kTrimmedAJob);
    return {};
  };
  database_.submit(
      std::move(job),
      [again, alive, more](Result<void> done) {
        const auto still = alive.lock();
        if (still && *still) again(done.ok() && *more ? Milliseconds{10} : kTrimPeriod);
      },
      storage::Room::reserved);
}

// Who asks what failed a moment ago must not wait for somebody else's commit. On a full disk they stay where they are.
void Journal::write_waiting() const {
  for (std::size_t round = 0; round < kRoundsOfNotes; ++round) {
    {
      std::lock_guard lock(mutex_);
      if (waiting_.empty() || is_stopped_) return;
    }
    // The rider goes along with what changes something.
    const Result<void> written = database_.write_blocking([](storage::Transaction& tx) -> Result<void> {
      tx.run(
          "INSERT INTO journal(at, subject, what, outcome, verdict, detail, trace, ends) VALUES(0, 1, '', '', 0, '', '', 0)");
      tx.run("DELETE FROM journal WHERE id = last_insert_rowid()");
      return {};
    });
    if (!written.ok()) return;
  }
}

Result<JournalPage> Journal::read(const JournalQuery& query) const {
  write_waiting();
  return database_.read_value<JournalPage>([&](storage::Connection& c) -> Result<JournalPage> {
    const bool is_newest_first = query.order == JournalQuery::Order::newest_first;
    std::string sql = "SELECT id, at, subject, what, outcome, verdict, detail, trace FROM journal WHERE id ";
    sql += is_newest_first ? "< ?1" : "> ?1";
    // A partial index is taken only where its own condition is said.
    const bool by_trace = !query.trace.empty();
    const bool by_verdict = !by_trace && query.verdict && *query.verdict != Verdict::fine;
    if (by_trace) sql += " AND trace = ?2 AND trace <> ''";
    if (by_verdict) sql += " AND verdict = ?2 AND verdict <> 0";
    sql += is_newest_first ? " ORDER BY id DESC" : " ORDER BY id";
    auto q = c.prepare(sql);
    q.bind(query.cursor != 0 ? query.cursor : is_newest_first ? INT64_MAX : std::int64_t{0});
    if (by_trace) q.bind(query.trace);
    if (by_verdict) q.bind(static_cast<int>(*query.verdict));

    JournalPage page;
    std::int64_t last = 0;
    for (int looked_at = 0; q.step(); ++looked_at) {
      if (static_cast<int>(page.rows.size()) == query.limit || looked_at == kRowsLookedAt) {
        page.next = last;
        return page;
      }
      last = q.integer(0);
      const TimePoint at = from_millis(q.integer(1));
      if (query.since && at < *query.since) {
        if (is_newest_first) return page;  // those before it are older still
        continue;
      }
      if (query.subject && q.integer(2) != static_cast<int>(*query.subject)) continue;
      if (query.verdict && q.integer(5) != static_cast<int>(*query.verdict)) continue;
      if (!q.text(3).starts_with(query.what_prefix) || !q.text(3).ends_with(query.what_end)) continue;
      JournalRow& row = page.rows.emplace_back();
      row.id = last;
      row.at = at;
      row.entry = {static_cast<Subject>(q.integer(2)), q.string(3), q.string(4),
                   static_cast<Verdict>(q.integer(5)), q.string(6), q.string(7)};
    }
    return page;
  });
}

}  // namespace cumulet::events
