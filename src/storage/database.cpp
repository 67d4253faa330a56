#include "storage/database.hpp"

#include <sqlite3.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "base/log.hpp"
#include "storage/writer.hpp"

namespace cumulet::storage {
namespace {

constexpr int kWalPagesBeforeCheckpoint = 2000;  // 8 MB
constexpr int kWalPagesBeforeWrap = 8000;        // 32 MB

Error open_failure(const std::filesystem::path& file, sqlite3* db) {
  return Error{kStorageFailure, "cannot open " + file.string() + ": " + (db ? sqlite3_errmsg(db) : "out of memory")};
}

Result<sqlite3*> open_connection(const std::filesystem::path& file, Durability durability) {
  // Statistics take a process-wide lock at every allocation; connections stay on one thread at a time.
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(file.c_str(), &db, flags, nullptr) != SQLITE_OK) {
    Error error = open_failure(file, db);
    sqlite3_close_v2(db);
    return error;
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, 10'000);
  std::string setup =
      "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;";
  setup += durability == Durability::full ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=OFF;";
  if (sqlite3_exec(db, setup.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    Error error = open_failure(file, db);
    sqlite3_close_v2(db);
    return error;
  }
  return db;
}

// Copies the write-ahead log into the database on its own thread, so that commits do not wait for it.
class Checkpointer {
 public:
  // `wrap_wanted` is set when the log stays long: the writer then checkpoints the rest between two batches.
  Checkpointer(std::unique_ptr<Connection> connection, std::atomic<bool>& wrap_wanted)
      : connection_(std::move(connection)), wrap_wanted_(wrap_wanted), thread_([this] { work(); }) {}
  ~Checkpointer() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void log_grew_to(int pages) {
    if (pages < kWalPagesBeforeCheckpoint) return;
    {
      std::lock_guard lock(mutex_);
      due_ = true;
    }
    wake_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return due_ || stopping_; });
      if (stopping_) return;
      due_ = false;
      lock.unlock();
      int log_pages = 0;
      int copied = 0;
      const int code =
          sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log_pages, &copied);
      if (code != SQLITE_OK && code != SQLITE_BUSY)
        log::warn("checkpoint failed: {}", sqlite3_errmsg(connection_->handle()));
      if (log_pages > kWalPagesBeforeWrap) wrap_wanted_ = true;
      lock.lock();
    }
  }

  std::unique_ptr<Connection> connection_;
  std::atomic<bool>& wrap_wanted_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool due_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::filesystem::path file, Durability durability, sqlite3* writer, sqlite3* checkpointer)
      : file_(std::move(file)),
        durability_(durability),
        checkpointer_(std::make_unique<Connection>(checkpointer), wrap_wanted_),
        writer_(writer, wrap_wanted_, [this](int pages) { checkpointer_.log_grew_to(pages); }) {}

  Result<void> migrate(std::string_view component, std::span<const std::string_view> steps) override {
    return write_blocking([&](Transaction& tx) -> Result<void> {
      tx.execute(
          "CREATE TABLE IF NOT EXISTS migration(component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID");
      std::size_t version = 0;
      {
        Statement q = tx.prepare("SELECT version FROM migration WHERE component = ?1");
        q.bind(component);
        if (q.step()) version = static_cast<std::size_t>(q.integer(0));
      }
      if (version > steps.size())
        return Error{kStorageFailure,
                     "the data of " + std::string(component) + " was written by a newer version of this program"};
      if (version == steps.size()) return {};
      for (std::size_t i = version; i < steps.size(); ++i) tx.execute(steps[i]);
      tx.run("INSERT OR REPLACE INTO migration(component, version) VALUES(?1, ?2)", component,
             static_cast<std::int64_t>(steps.size()));
      return {};
    });
  }

  void submit(Job job, std::function<void(Result<void>)> done) override {
    writer_.submit(std::move(job), std::move(done));
  }

  Result<void> read(const std::function<Result<void>(Connection&)>& query) override {
    std::unique_ptr<Connection> connection = borrow();
    if (!connection) return Error{kStorageFailure, "cannot open " + file_.string()};
    Result<void> result = run_read(*connection, query);
    std::lock_guard lock(mutex_);
    if (readers_.size() < 16) readers_.push_back(std::move(connection));
    return result;
  }

 private:
  std::unique_ptr<Connection> borrow() {
    {
      std::lock_guard lock(mutex_);
      if (!readers_.empty()) {
        auto connection = std::move(readers_.back());
        readers_.pop_back();
        return connection;
      }
    }
    Result<sqlite3*> db = open_connection(file_, durability_);
    if (!db.ok()) {
      log::error("{}", db.error().message());
      return nullptr;
    }
    auto connection = std::make_unique<Connection>(*db);
    connection->execute("PRAGMA query_only=ON");
    return connection;
  }

  static Result<void> run_read(Connection& connection, const std::function<Result<void>(Connection&)>& query) {
    try {
      connection.run("BEGIN");
      std::optional<Result<void>> result;
      try {
        result.emplace(query(connection));
      } catch (...) {
        connection.run("ROLLBACK");
        throw;
      }
      connection.run("COMMIT");
      return std::move(*result);
    } catch (const SqlError& error) {
      log::error("read failed ({}): {}", error.code, error.message);
      return Error{kStorageFailure, error.message};
    }
  }

  std::filesystem::path file_;
  Durability durability_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> readers_;
  std::atomic<bool> wrap_wanted_ = false;
  Checkpointer checkpointer_;
  Writer writer_;  // last: its thread stops first
};

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Durability durability) {
  CUMULET_TRY(sqlite3 * writer, open_connection(file, durability));
  Result<sqlite3*> checkpointer = open_connection(file, durability);
  if (!checkpointer.ok()) {
    sqlite3_close_v2(writer);
    return std::move(checkpointer).error();
  }
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(file, durability, writer, *checkpointer));
}

awaitable<Result<void>> Database::write(Job job) {
  auto initiate = [this](auto handler, Job started) {
    using Handler = decltype(handler);
    auto executor = boost::asio::get_associated_executor(handler);
    auto guard = boost::asio::make_work_guard(executor);
    auto held = std::make_shared<Handler>(std::move(handler));
    submit(std::move(started), [held, executor, guard](Result<void> result) mutable {
      boost::asio::post(executor,
                        [held, result = std::move(result)]() mutable { std::move (*held)(std::move(result)); });
      guard.reset();
    });
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<void>)>(
      std::move(initiate), boost::asio::use_awaitable, std::move(job));
}

Result<void> Database::write_blocking(Job job) {
  std::promise<Result<void>> promise;
  auto future = promise.get_future();
  submit(std::move(job), [&promise](Result<void> result) { promise.set_value(std::move(result)); });
  return future.get();
}

}  // namespace cumulet::storage
