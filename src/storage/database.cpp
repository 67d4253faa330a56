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

#include "base/io_turn.hpp"
#include "base/log.hpp"
#include "storage/checkpointer.hpp"
#include "storage/writer.hpp"

namespace cumulet::storage {
namespace {

constexpr std::uint64_t kReserveBytes = 8u << 20;  // a few hundred deletions' worth of log
constexpr int kGrowthBytes = 512 << 10;            // the database's file grows in steps of this

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
  int growth = kGrowthBytes;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_CHUNK_SIZE, &growth);
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

std::optional<DiskReserve> reserve_for(const std::filesystem::path& file, Durability durability) {
  if (durability == Durability::ephemeral) return std::nullopt;
  return DiskReserve(file.parent_path() / "reserve", kReserveBytes);
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::filesystem::path file, Durability durability, sqlite3* writer, sqlite3* checkpointer)
      : file_(std::move(file)),
        durability_(durability),
        checkpointer_(std::make_unique<Connection>(checkpointer)),
        writer_(writer, checkpointer_, reserve_for(file_, durability)) {}

  Result<void> migrate(std::string_view component, std::span<const std::string_view> steps) override {
    return write_blocking(
        [&](Transaction& tx) -> Result<void> {
          tx.execute(
              "CREATE TABLE IF NOT EXISTS migration(component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT "
              "ROWID");
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
        },
        Room::reserved);
  }

  void submit(Job job, std::function<void(Result<void>)> done, Room room) override {
    writer_.submit(std::move(job), std::move(done), room);
  }

  void set_rider(Rider rider) override { writer_.set_rider(std::move(rider)); }

  bool run_here(const Job& job, Room room, Result<void>& result) override {
    return writer_.run_here(job, room, result);
  }

  bool is_durable() const override { return durability_ == Durability::full; }

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
    } catch (const DamagedRow& error) {
      log::error("read failed: {}", error.message);
      return Error{kStorageFailure, error.message};
    }
  }

  std::filesystem::path file_;
  Durability durability_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> readers_;
  Checkpointer checkpointer_;
  Writer writer_;  // last: its thread stops first
};

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Durability durability) {
  Result<sqlite3*> opened = open_connection(file, durability);
  if (auto reserve = reserve_for(file, durability); !opened.ok() && reserve && reserve->is_disk_full()) {
    // The log and its index need a little room before anything can be deleted.
    reserve->release();
    opened = open_connection(file, durability);
  }
  CUMULET_TRY(sqlite3 * writer, std::move(opened));
  Result<sqlite3*> checkpointer = open_connection(file, durability);
  if (!checkpointer.ok()) {
    sqlite3_close_v2(writer);
    return std::move(checkpointer).error();
  }
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(file, durability, writer, *checkpointer));
}

awaitable<Result<void>> Database::write(Job job, Room room) {
  auto initiate = [this, room](auto handler, Job started) {
    using Handler = decltype(handler);
    auto executor = boost::asio::get_associated_executor(handler);
    auto guard = boost::asio::make_work_guard(executor);
    auto held = std::make_shared<Handler>(std::move(handler));
    if (Result<void> result; !is_durable() && io_turn::is_alone() && run_here(started, room, result)) {
      boost::asio::post(executor,
                        [held, result = std::move(result)]() mutable { std::move (*held)(std::move(result)); });
      return;
    }
    submit(
        std::move(started),
        [held, executor, guard](Result<void> result) mutable {
          boost::asio::post(executor,
                            [held, result = std::move(result)]() mutable { std::move (*held)(std::move(result)); });
          guard.reset();
        },
        room);
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<void>)>(
      std::move(initiate), boost::asio::use_awaitable, std::move(job));
}

Result<void> Database::write_blocking(Job job, Room room) {
  if (Result<void> result; run_here(job, room, result)) return result;
  std::promise<Result<void>> promise;
  auto future = promise.get_future();
  submit(
      std::move(job), [&promise](Result<void> result) { promise.set_value(std::move(result)); }, room);
  return future.get();
}

}  // namespace cumulet::storage
