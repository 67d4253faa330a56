#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <future>
#include <set>
#include <thread>

#include "storage/blob_store.hpp"
#include "storage/checkpointer.hpp"
#include "storage/database.hpp"

namespace cumulet::storage {
namespace {

inline constexpr ErrorKind kRefused{"Refused", 409};

class Folder : public testing::Test {
 protected:
  Folder() {
    char name[] = "/tmp/cumulet-storage-XXXXXX";
    folder = ::mkdtemp(name);
  }
  ~Folder() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<Database> open() {
    auto database = Database::open(folder / "state.db", Durability::full);
    EXPECT_TRUE(database.ok());
    EXPECT_TRUE((*database)->migrate("test", {"CREATE TABLE number(n INTEGER PRIMARY KEY, body TEXT)"}).ok());
    return std::move(*database);
  }
  static std::set<std::int64_t> numbers(Database& database) {
    auto read = database.read_value<std::set<std::int64_t>>([](Connection& c) -> Result<std::set<std::int64_t>> {
      std::set<std::int64_t> found;
      Statement q = c.prepare("SELECT n FROM number");
      while (q.step()) found.insert(q.integer(0));
      return found;
    });
    return *read;
  }
  static Database::Job insert(std::int64_t n) {
    return [n](Transaction& tx) -> Result<void> {
      tx.run("INSERT INTO number(n, body) VALUES(?1, ?2)", n, "body");
      return {};
    };
  }
  std::filesystem::path folder;
};

using DatabaseTest = Folder;
using BlobTest = Folder;

TEST_F(DatabaseTest, ARiderGoesAlongWithWhatIsCommittedAnyway) {
  auto database = open();
  int rides = 0, durable = 0;
  database->set_rider([&](Transaction& tx) {
    ++rides;
    tx.run("INSERT INTO number(n) VALUES(?1)", 1000 + rides);
    tx.after_commit([&] { ++durable; });
  });
  ASSERT_TRUE(database->write_blocking(insert(1)).ok());
  EXPECT_EQ(numbers(*database), (std::set<std::int64_t>{1, 1001}));
  // Nothing was changed: there is no commit to go along with.
  ASSERT_TRUE(database->write_blocking([](Transaction&) -> Result<void> { return {}; }).ok());
  EXPECT_EQ(rides, 1);
  EXPECT_EQ(durable, 1);
  database->set_rider({});
  ASSERT_TRUE(database->write_blocking(insert(2)).ok());
  EXPECT_EQ(rides, 1);
}

TEST_F(DatabaseTest, ARiderThatFailsIsUndoneAlone) {
  auto database = open();
  bool was_told = false;
  database->set_rider([&](Transaction& tx) {
    tx.run("INSERT INTO number(n) VALUES(7)");
    tx.after_commit([&] { was_told = true; });
    tx.run("INSERT INTO no_such_table VALUES(1)");
  });
  ASSERT_TRUE(database->write_blocking(insert(1)).ok());
  EXPECT_EQ(numbers(*database), (std::set<std::int64_t>{1}));
  EXPECT_FALSE(was_told);
  database->set_rider({});
}

TEST_F(DatabaseTest, ReadsSeeWhatWasAcknowledged) {
  auto database = open();
  for (std::int64_t n = 1; n <= 100; ++n) {
    ASSERT_TRUE(database->write_blocking(insert(n)).ok());
    ASSERT_EQ(numbers(*database).size(), static_cast<std::size_t>(n));
  }
}

TEST_F(DatabaseTest, AFailingJobLeavesNothingAndHarmsNoNeighbour) {
  auto database = open();
  std::vector<std::function<void()>> ran;
  int committed = 0;
  // Holds the writer until all are queued: one batch.
  std::mutex gate;
  gate.lock();
  database->submit(
      [&](Transaction&) -> Result<void> {
        std::lock_guard lock(gate);
        return {};
      },
      [](Result<void>) {});
  std::vector<std::string> results(4);
  database->submit(insert(1), [&](Result<void> r) { results[0] = r.ok() ? "ok" : r.error().code(); });
  database->submit(
      [&](Transaction& tx) -> Result<void> {
        tx.run("INSERT INTO number(n) VALUES(2)");
        tx.after_commit([&] { ++committed; });
        return Error{kRefused, "no"};
      },
      [&](Result<void> r) { results[1] = r.ok() ? "ok" : r.error().code(); });
  database->submit(
      [&](Transaction& tx) -> Result<void> {
        tx.run("INSERT INTO number(n) VALUES(3)");
        tx.run("INSERT INTO number(n) VALUES(3)");
        return {};
      },
      [&](Result<void> r) { results[2] = r.ok() ? "ok" : r.error().code(); });
  database->submit(
      [&](Transaction& tx) -> Result<void> {
        tx.run("INSERT INTO number(n) VALUES(4)");
        tx.after_commit([&] { ++committed; });
        return {};
      },
      [&](Result<void> r) { results[3] = r.ok() ? "ok" : r.error().code(); });
  gate.unlock();
  ASSERT_TRUE(database->write_blocking([](Transaction&) -> Result<void> { return {}; }).ok());
  EXPECT_EQ(results, (std::vector<std::string>{"ok", "Refused", "InternalFailure", "ok"}));
  EXPECT_EQ(numbers(*database), (std::set<std::int64_t>{1, 4}));
  EXPECT_EQ(committed, 1);
}

TEST_F(DatabaseTest, AJobThatThrowsFailsAlone) {
  auto database = open();
  auto failed = database->write_blocking([](Transaction& tx) -> Result<void> {
    tx.run("INSERT INTO number(n) VALUES(2)");
    throw std::runtime_error("oops");
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_TRUE(failed.error().is(kInternalFailure));
  EXPECT_TRUE(numbers(*database).empty());
  EXPECT_TRUE(database->write_blocking(insert(1)).ok());
}

TEST_F(DatabaseTest, TheSameStatementMayBeBorrowedTwice) {
  auto database = open();
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(database->write_blocking(insert(n)).ok());
  auto pairs = database->read_value<int>([](Connection& c) -> Result<int> {
    int count = 0;
    Statement outer = c.prepare("SELECT n FROM number");
    while (outer.step()) {
      Statement inner = c.prepare("SELECT n FROM number");
      while (inner.step()) ++count;
    }
    return count;
  });
  EXPECT_EQ(*pairs, 9);
}

TEST_F(DatabaseTest, TextKeepsItsBytes) {
  auto database = open();
  const std::string odd("a\0b\xF0\x9F\x98\x80", 7);
  ASSERT_TRUE(database
                  ->write_blocking([&](Transaction& tx) -> Result<void> {
                    tx.run("INSERT INTO number(n, body) VALUES(1, ?1), (2, ?2), (3, ?3)", odd, "",
                           std::optional<std::string>());
                    return {};
                  })
                  .ok());
  auto ok = database->read([&](Connection& c) -> Result<void> {
    Statement q = c.prepare("SELECT body FROM number ORDER BY n");
    EXPECT_TRUE(q.step());
    EXPECT_EQ(q.text(0), odd);
    EXPECT_TRUE(q.step());
    EXPECT_EQ(q.optional_text(0), "");
    EXPECT_TRUE(q.step());
    EXPECT_EQ(q.optional_text(0), std::nullopt);
    return {};
  });
  EXPECT_TRUE(ok.ok());
}

TEST_F(DatabaseTest, MigrationsRunOnceAndANewerFileIsRefused) {
  { auto database = open(); }
  auto database = open();
  const std::vector<std::string_view> two{"CREATE TABLE number(n INTEGER PRIMARY KEY, body TEXT)",
                                          "ALTER TABLE number ADD COLUMN more TEXT"};
  ASSERT_TRUE(database->migrate("test", two).ok());
  ASSERT_TRUE(database
                  ->write_blocking([](Transaction& tx) -> Result<void> {
                    tx.run("INSERT INTO number(n, more) VALUES(1, 'x')");
                    return {};
                  })
                  .ok());
  const auto refused = database->migrate("test", std::span(two).first(1));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("newer"), std::string::npos);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(folder / "state.db") << std::string(4096, 'x');
  EXPECT_FALSE(Database::open(folder / "state.db", Durability::full).ok());
}

awaitable<void> write_many(Database& database, std::int64_t first, std::int64_t count, int& acknowledged) {
  for (std::int64_t n = first; n < first + count; ++n) {
    Database::Job job = [n](Transaction& tx) -> Result<void> {
      tx.run("INSERT INTO number(n, body) VALUES(?1, 'x')", n);
      return {};
    };
    Result<void> done = co_await database.write(std::move(job));
    acknowledged += done.ok();
  }
}

TEST_F(DatabaseTest, CoroutinesWaitOnTheirOwnExecutor) {
  auto database = open();
  boost::asio::io_context context;
  int acknowledged = 0;
  for (int i = 0; i < 8; ++i) {
    auto task = write_many(*database, i * 1000, 50, acknowledged);
    boost::asio::co_spawn(context, std::move(task), boost::asio::detached);
  }
  context.run();
  EXPECT_EQ(acknowledged, 400);
  EXPECT_EQ(numbers(*database).size(), 400u);
}

// Writes 4 MB in one job.
Result<void> write_four_megabytes(Database& database, std::int64_t first) {
  static const std::string body(4000, 'b');
  return database.write_blocking([first](Transaction& tx) -> Result<void> {
    for (int i = 0; i < 1000; ++i) tx.run("INSERT INTO number(n, body) VALUES(?1, ?2)", first + i, body);
    return {};
  });
}

// Writers wait for the checkpoint: the bound is 64 MB and what one commit adds, however slow the disk is.
TEST_F(DatabaseTest, TheLogKeepsItsBoundWhileWritersWrite) {
  auto database = open();
  for (int n = 0; n < 60; ++n) ASSERT_TRUE(write_four_megabytes(*database, n * 1000).ok());
  EXPECT_LT(std::filesystem::file_size(folder / "state.db-wal"), 72u << 20);
}

// One commit does not take all that is queued, however much that is.
// Where nothing is left to copy a commit may begin the log anew beside a checkpoint: none begins there (LogProgress).
TEST(LogProgressTest, NothingIsLeftToCopyUntilTheNextCommit) {
  LogProgress log;
  EXPECT_FALSE(log.has_uncopied());
  log.committed(2500);
  ASSERT_TRUE(log.has_uncopied());
  const int begun = log.begin();
  log.end(begun, 2500);
  EXPECT_FALSE(log.has_uncopied());
  log.committed(2600);
  EXPECT_TRUE(log.has_uncopied());
}

TEST(LogProgressTest, ACheckpointMaySeeACommitBeforeItIsTold) {
  LogProgress log;
  log.committed(2500);
  log.end(log.begin(), 2600);
  log.committed(2600);
  EXPECT_FALSE(log.has_uncopied());
}

TEST(LogProgressTest, ALogThatBeganAnewHasNothingCopied) {
  LogProgress log;
  log.committed(2500);
  log.end(log.begin(), 2500);
  log.committed(30);
  EXPECT_TRUE(log.has_uncopied());
}

TEST(LogProgressTest, WhatWasCopiedOfTheLogBeforeDoesNotCount) {
  LogProgress log;
  log.committed(2500);
  const int begun = log.begin();
  log.committed(30);  // the checkpoint had copied all, and had not said so yet
  log.end(begun, 2500);
  EXPECT_TRUE(log.has_uncopied());
}

TEST(LogProgressTest, AnEmptiedLogHasNothingToCopy) {
  LogProgress log;
  log.committed(20'000);
  log.emptied();
  EXPECT_FALSE(log.has_uncopied());
  log.committed(10);
  EXPECT_TRUE(log.has_uncopied());
}

TEST_F(DatabaseTest, ManyLargeJobsAreNotOneCommit) {
  auto database = open();
  std::mutex gate;
  gate.lock();
  database->submit(
      [&](Transaction&) -> Result<void> {
        std::lock_guard lock(gate);
        return {};
      },
      [](Result<void>) {});
  int done = 0;
  for (std::int64_t n = 0; n < 200; ++n)
    database->submit(
        [n](Transaction& tx) -> Result<void> {
          tx.run("INSERT INTO number(n, body) VALUES(?1, ?2)", n, std::string(1'000'000, 'b'));
          return {};
        },
        [&](Result<void> r) { done += r.ok(); });
  gate.unlock();
  ASSERT_TRUE(database->write_blocking([](Transaction&) -> Result<void> { return {}; }).ok());
  EXPECT_EQ(done, 200);
  EXPECT_EQ(numbers(*database).size(), 200u);
  EXPECT_LT(std::filesystem::file_size(folder / "state.db-wal"), 120u << 20);
}

// A read that holds an old snapshot keeps the log from beginning anew: writers go on, and it begins when the read ends.
TEST_F(DatabaseTest, ALongReadDoesNotStopWriters) {
  auto database = open();
  ASSERT_TRUE(database->write_blocking(insert(-1)).ok());
  std::promise<void> reading, go_on;
  std::thread reader([&] {
    auto read = database->read([&](Connection& c) -> Result<void> {
      Statement q = c.prepare("SELECT count(*) FROM number");
      q.step();
      reading.set_value();
      go_on.get_future().wait();
      return {};
    });
    EXPECT_TRUE(read.ok());
  });
  reading.get_future().wait();
  for (int n = 0; n < 20; ++n) ASSERT_TRUE(write_four_megabytes(*database, n * 1000).ok());
  const auto held = std::filesystem::file_size(folder / "state.db-wal");
  EXPECT_GT(held, 72u << 20);
  go_on.set_value();
  reader.join();
  for (int n = 20; n < 60; ++n) ASSERT_TRUE(write_four_megabytes(*database, n * 1000).ok());
  EXPECT_LT(std::filesystem::file_size(folder / "state.db-wal"), held + (32u << 20));
}

// The child acknowledges numbers on a pipe; after kill -9 all of them are there.
TEST_F(DatabaseTest, WhatWasAcknowledgedSurvivesKill9) {
  for (int round = 0; round < 5; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_ends[0]);
      auto database = open();
      std::vector<std::thread> writers;
      for (std::int64_t w = 0; w < 4; ++w)
        writers.emplace_back([&, w] {
          for (std::int64_t n = 0; n < 1'000'000; ++n) {
            const std::int64_t number = (round * 4 + w) * 1'000'000 + n;
            if (!database->write_blocking(insert(number)).ok()) ::_exit(3);
            if (::write(pipe_ends[1], &number, sizeof number) != sizeof number) ::_exit(4);
          }
        });
      for (auto& writer : writers) writer.join();
      ::_exit(0);
    }
    ::close(pipe_ends[1]);
    std::set<std::int64_t> acknowledged;
    std::int64_t number = 0;
    while (acknowledged.size() < 200u + 97u * static_cast<unsigned>(round) &&
           ::read(pipe_ends[0], &number, sizeof number) == sizeof number)
      acknowledged.insert(number);
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &number, sizeof number) == sizeof number) acknowledged.insert(number);
    ::close(pipe_ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto database = open();
    const auto found = numbers(*database);
    for (const std::int64_t n : acknowledged) ASSERT_TRUE(found.contains(n)) << n;
    ASSERT_GE(acknowledged.size(), 200u);
  }
}

TEST_F(BlobTest, ABlobExistsOnceItIsPublished) {
  auto store = BlobStore::open(folder / "blobs", true);
  ASSERT_TRUE(store.ok());
  std::string id;
  {
    auto writer = (*store)->create();
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->append("hello ").ok());
    ASSERT_TRUE((*writer)->append("world").ok());
    EXPECT_EQ((*writer)->size(), 11u);
    id = *(*writer)->publish();
  }
  { auto abandoned = (*store)->create(); }
  auto file = (*store)->open_blob(id);
  ASSERT_TRUE(file.ok());
  (*store)->remove(id);
  char bytes[16];
  EXPECT_EQ(::pread((*file)->fd(), bytes, sizeof bytes, 6), 5);
  EXPECT_EQ(std::string_view(bytes, 5), "world");
  EXPECT_FALSE((*store)->open_blob(id).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder / "blobs"));
}

TEST_F(BlobTest, SweepRemovesOrphansAndTheUnfinished) {
  auto store = BlobStore::open(folder / "blobs", true);
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    auto writer = (*store)->create();
    ASSERT_TRUE((*writer)->append("x").ok());
    ids.push_back(*(*writer)->publish());
  }
  std::ofstream(folder / "blobs" / "0123.part") << "half";
  EXPECT_EQ((*store)->sweep([&](std::string_view id) { return id == ids[1]; }), 3u);
  EXPECT_TRUE((*store)->open_blob(ids[1]).ok());
}

}  // namespace
}  // namespace cumulet::storage
