#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "storage/database.hpp"

namespace cumulet::events {

// Stored as numbers: never change one.
enum class Subject : std::uint8_t {
  object = 1,
  notification = 2,
  message = 3,
  invocation = 4,
  execution = 5,
  request = 6
};
enum class Verdict : std::uint8_t {
  fine = 0,
  failed = 1,
  unmatched = 2
};  // unmatched: an object that no trigger wanted

std::string_view name(Subject subject);  // "object"
std::string_view name(Verdict verdict);  // "ok", "failed", "noTrigger"
std::optional<Subject> subject_named(std::string_view name);
std::optional<Verdict> verdict_named(std::string_view name);

// One line of what happened to something.
struct JournalEntry {
  Subject subject = Subject::object;
  std::string what;     // "bucket/key@version", "queue/message id", an execution's ARN, "function/request id"
  std::string outcome;  // in the words of its service: "ObjectCreated:Put", "sent", "deadLettered", "TIMED_OUT"
  Verdict verdict = Verdict::fine;
  std::string detail;  // an error's code and one sentence, or where it went on; cut at kDetailBytes
  std::string trace;   // base/trace.hpp: the same for all that follows from one another; empty: not known
};
inline constexpr std::size_t kDetailBytes = 400;

struct JournalRow {
  std::int64_t id = 0;  // grows
  TimePoint at;
  JournalEntry entry;
};

struct JournalQuery {
  std::optional<Subject> subject;
  std::optional<Verdict> verdict;
  std::string trace;        // of this trace alone; empty: of any
  std::string what_prefix;  // of what begins so
  std::string what_end;     // of what ends so
  std::optional<TimePoint> since;
  enum class Order { newest_first, oldest_first } order = Order::newest_first;
  std::int64_t cursor = 0;  // the id to go on after, in that order; 0: from its beginning
  int limit = 100;          // rows, at least 1
};
struct JournalPage {
  std::vector<JournalRow> rows;
  std::int64_t next = 0;  // cursor of the next page; 0: there is none
};

// A bounded table of what happened, so that failures and traces can be told after a restart. Nothing is committed for
// its sake: rows are written in their producers' own transactions, or wait in memory for the next commit of anybody. A
// kill loses what was not committed, nothing else. Beyond its bounds the oldest rows go, a few with each commit.
class Journal {
 public:
  struct Bounds {
    Milliseconds age = std::chrono::hours(7 * 24);
    std::int64_t bytes = 64 << 20;  // of the rows, their share of the indexes included (an estimate)
    std::size_t waiting = 4096;     // notes in memory; further ones are lost, and counted
  };
  // What is referred to outlives the journal.
  Journal(storage::Database& database, const Clock& clock, Timers& timers)
      : Journal(database, clock, timers, Bounds{}) {}
  Journal(storage::Database& database, const Clock& clock, Timers& timers, Bounds bounds);
  ~Journal();  // stop()s
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // The table; from here on notes go along with commits. Blocking; at start.
  Result<void> load();
  // Writes what waits and ends. Idempotent. Blocking; not on an I/O thread nor in a job.
  void stop();

  // In a job of ordinary room, on the writer's thread: is kept if that job is.
  void write(storage::Transaction& tx, const JournalEntry& entry);
  // Any thread; goes along with the next commit that writes anything. Never blocks.
  void note(JournalEntry entry);

  // Blocking; what was noted before is written first. Looks at 20,000 rows at most: a page may hold fewer rows than asked for, none even, and yet have a next.
  Result<JournalPage> read(const JournalQuery& query) const;

  std::uint64_t lost_notes() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    TimePoint at;
    JournalEntry entry;
  };
  void ride(storage::Transaction& tx);
  void write_waiting() const;
  void insert(storage::Transaction& tx, TimePoint at, const JournalEntry& entry);
  bool trim(storage::Transaction& tx, int most);  // true: there is more
  void look_for_old();

  storage::Database& database_;
  const Clock& clock_;
  Timers& timers_;
  const Bounds bounds_;

  // The writer's thread alone:
  std::int64_t end_ = 0;  // how many bytes were ever written
  int written_ = 0;       // since the last commit
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);

  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;
  Timers::Id timer_ = 0;
  bool is_stopped_ = false;
  std::atomic<std::uint64_t> lost_ = 0;
};

}  // namespace cumulet::events
