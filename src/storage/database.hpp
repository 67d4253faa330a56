#pragma once
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

// SQLite (WAL) with group commit: one writer thread runs queued jobs, each in its SAVEPOINT, commits the batch once,
// and only then posts the results. Reads borrow WAL connections.
namespace cumulet::storage {

inline constexpr ErrorKind kStorageFailure{"InternalFailure", 500};
inline constexpr ErrorKind kStorageFull{"ServiceUnavailable", 503};

namespace detail {
struct CachedStatement;
struct StatementCache;
}  // namespace detail

// A prepared statement borrowed from its connection's cache; reset and unbound when it goes out of scope.
//   auto q = tx.prepare("SELECT body FROM message WHERE id = ?1");
//   q.bind(id);
//   while (q.step()) use(q.text(0));
// SQL errors are programming or disk errors: they throw SqlError, which the writer and Database::read turn into
// kStorageFailure (the job's savepoint is rolled back).
class Statement {
 public:
  explicit Statement(detail::CachedStatement& cached);
  Statement(Statement&& other) noexcept
      : cached_(std::exchange(other.cached_, nullptr)),
        statement_(std::exchange(other.statement_, nullptr)),
        next_(other.next_) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Binds the next parameter. Text and blob bytes are copied.
  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(bool value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind_blob(std::string_view bytes);
  Statement& bind(std::nullptr_t);
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind(nullptr);
  }
  template <class... Args>
  Statement& bind_all(const Args&... args) {
    (bind(args), ...);
    return *this;
  }

  bool step();   // true: a row is there
  void run();    // steps to the end
  void reset();  // back to before the first row, bindings cleared: for another round of bind and step
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;  // text or blob; empty when null; valid until the next step
  std::string string(int column) const { return std::string(text(column)); }
  std::optional<std::string> optional_text(int column) const;

 private:
  detail::CachedStatement* cached_;
  sqlite3_stmt* statement_;
  int next_ = 1;
};

struct SqlError : std::exception {
  SqlError(int c, std::string m) : code(c), message(std::move(m)) {}
  const char* what() const noexcept override { return message.c_str(); }
  int code;  // SQLite's extended result code
  std::string message;
};

// A row whose bytes are not those that were written (row_checksum). Thrown like SqlError, but the fault of this row
// alone: other jobs go on.
struct DamagedRow : std::exception {
  explicit DamagedRow(std::string m) : message(std::move(m)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

class Connection {
 public:
  explicit Connection(sqlite3* db);  // takes it over
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Statement prepare(std::string_view sql);  // cached by text; the same text may be borrowed several times at once
  void execute(std::string_view sql);       // one or several statements without results
  template <class... Args>
  void run(std::string_view sql, const Args&... args) {
    Statement s = prepare(sql);
    s.bind_all(args...);
    s.run();
  }
  std::int64_t changes() const;
  std::int64_t last_insert_rowid() const;
  sqlite3* handle() const { return db_; }

 private:
  sqlite3* db_;
  std::unique_ptr<detail::StatementCache> cache_;
};

// The writer's connection inside a job.
class Transaction : public Connection {
 public:
  using Connection::Connection;
  // Runs on the writer's thread after the batch was committed, before results are posted; never after a rollback.
  void after_commit(std::function<void()> action) { actions_.push_back(std::move(action)); }
  std::vector<std::function<void()>>& pending_actions() { return actions_; }

 private:
  std::vector<std::function<void()>> actions_;
};

enum class Durability { full, ephemeral };  // ephemeral: synchronous=OFF

// Which room on the disk a job may use. reserved: when the disk is full also what is kept for that. Deletions, and the
// little that a start writes. Such a job may be run twice, the first time being undone: it moves nothing out of what it
// captured and adds to nothing outside.
enum class Room { ordinary, reserved };

class Database {
 public:
  // Opens or creates `file`. Error when it cannot be opened or is no database.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Durability durability);
  // Runs every job that was submitted, then closes.
  virtual ~Database() = default;

  // Brings a component's tables to its newest version: steps[i] leads from version i to i+1. At start, before any
  // write. Error when the file is newer than this program.
  virtual Result<void> migrate(std::string_view component, std::span<const std::string_view> steps) = 0;
  Result<void> migrate(std::string_view component, std::initializer_list<std::string_view> steps) {
    return migrate(component, std::span(steps.begin(), steps.size()));
  }

  // Queues a job for the writer thread. Jobs run in the order of submission. `done` is called on the writer's thread
  // after COMMIT (ok) or with the job's or the commit's error; it must only post. After an I/O error every job fails
  // with kStorageFailure. On a full disk ordinary jobs fail with kStorageFull until there is room again.
  using Job = std::function<Result<void>(Transaction&)>;
  virtual void submit(Job job, std::function<void(Result<void>)> done, Room room) = 0;
  void submit(Job job, std::function<void(Result<void>)> done) {
    submit(std::move(job), std::move(done), Room::ordinary);
  }

  // Goes along with every commit: called on the writer's thread after a batch's jobs, in their transaction, when
  // those have changed anything: no commit is made for it. What it throws is logged and undone, the jobs are committed
  // all the same. An after_commit() of it runs when it was durable. Not called while the disk is full. An empty one
  // ends it; none runs any more once that call returns. Any thread, but not in a job.
  using Rider = std::function<void(Transaction&)>;
  virtual void set_rider(Rider) {}

  // Runs and commits the job on the calling thread, where the writer is idle; false: nothing was done, submit it. For
  // write() and write_blocking().
  virtual bool run_here(const Job&, Room, Result<void>&) { return false; }
  // Whether a commit waits for the disk.
  virtual bool is_durable() const { return true; }

  // Coroutine form: resumes on the caller's executor. Name the job first (g++ 12): auto job = ...; co_await
  // db.write(std::move(job)). Not cancelled by the caller's cancellation: what was submitted is committed. An ephemeral
  // database commits on the I/O thread itself where nobody else waits for it (io_turn).
  awaitable<Result<void>> write(Job job, Room room = Room::ordinary);
  template <class T>
  awaitable<Result<T>> write_value(std::function<Result<T>(Transaction&)> job, Room room = Room::ordinary);
  // Blocking form, for start-up, workers and tests; never on an I/O thread nor in a job. Runs on the calling thread where
  // the writer is idle.
  Result<void> write_blocking(Job job, Room room = Room::ordinary);
  template <class T>
  Result<T> write_value_blocking(std::function<Result<T>(Transaction&)> job, Room room = Room::ordinary);

  // Runs `query` on a borrowed read connection (a consistent snapshot), on the calling thread. Sees every commit that
  // was acknowledged before. Nested reads get connections of their own.
  virtual Result<void> read(const std::function<Result<void>(Connection&)>& query) = 0;
  template <class T>
  Result<T> read_value(const std::function<Result<T>(Connection&)>& query) {
    std::optional<Result<T>> out;
    Result<void> ran = read([&](Connection& c) -> Result<void> {
      out.emplace(query(c));
      return {};
    });
    if (!ran.ok()) return std::move(ran).error();
    return std::move(*out);
  }
};

template <class T>
awaitable<Result<T>> Database::write_value(std::function<Result<T>(Transaction&)> job, Room room) {
  auto slot = std::make_shared<std::optional<T>>();
  Job erased = [job = std::move(job), slot](Transaction& tx) -> Result<void> {
    Result<T> r = job(tx);
    if (!r.ok()) return std::move(r).error();
    slot->emplace(std::move(r).value());
    return {};
  };
  Result<void> done = co_await write(std::move(erased), room);
  if (!done.ok()) co_return std::move(done).error();
  co_return std::move(**slot);
}

template <class T>
Result<T> Database::write_value_blocking(std::function<Result<T>(Transaction&)> job, Room room) {
  std::optional<T> slot;
  Result<void> done = write_blocking(
      [&](Transaction& tx) -> Result<void> {
        Result<T> r = job(tx);
        if (!r.ok()) return std::move(r).error();
        slot.emplace(std::move(r).value());
        return {};
      },
      room);
  if (!done.ok()) return std::move(done).error();
  return std::move(*slot);
}

}  // namespace cumulet::storage
