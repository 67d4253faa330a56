// A full disk: what frees room goes on, the rest is refused, and all is as before when there is room again. On a small
// tmpfs of the test's own, in a mount namespace of its own process.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "storage/blob_store.hpp"
#include "storage/database.hpp"

namespace cumulet::storage {
namespace {

namespace fs = std::filesystem;

constexpr int kNoMount = 77;

class FullDiskTest : public testing::Test {
 protected:
  FullDiskTest() {
    char name[] = "/tmp/cumulet-full-XXXXXX";
    folder = ::mkdtemp(name);
  }
  ~FullDiskTest() override { fs::remove_all(folder); }

  // Runs `act` in a child where `folder` is a tmpfs of so many MB.
  void on_a_small_disk(int megabytes, const std::function<void()>& act) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const std::string size = "size=" + std::to_string(megabytes) + "m";
      if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("tmpfs", folder.c_str(), "tmpfs", 0, size.c_str()) != 0)
        ::_exit(kNoMount);
      act();
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNoMount)
      GTEST_SKIP() << "no small disk can be mounted here (root only): a full disk was not tested";
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  std::unique_ptr<Database> open() {
    auto database = Database::open(folder / "state.db", Durability::full);
    EXPECT_TRUE(database.ok());
    EXPECT_TRUE((*database)->migrate("test", {"CREATE TABLE note(n INTEGER PRIMARY KEY, body BLOB)"}).ok());
    return std::move(*database);
  }
  static Result<void> insert(Database& database, std::int64_t n, std::size_t bytes) {
    return database.write_blocking([=](Transaction& tx) -> Result<void> {
      auto s = tx.prepare("INSERT INTO note VALUES(?1, ?2)");
      s.bind(n).bind_blob(std::string(bytes, 'x'));
      s.run();
      return {};
    });
  }
  static Result<void> remove(Database& database, std::int64_t n) {
    return database.write_blocking(
        [=](Transaction& tx) -> Result<void> {
          tx.run("DELETE FROM note WHERE n = ?1", n);
          return {};
        },
        Room::reserved);
  }
  static std::int64_t count(Database& database) {
    return *database.read_value<std::int64_t>([](Connection& c) -> Result<std::int64_t> {
      auto q = c.prepare("SELECT count(*) FROM note");
      q.step();
      return q.integer(0);
    });
  }
  // Rows of 100 KB until none fits any more. A refusal makes the log begin anew: the next may find a place in it.
  static std::int64_t fill(Database& database) {
    std::int64_t n = 1;
    for (int refused = 0; refused < 2;) {
      const auto done = insert(database, n, 100'000);
      refused = done.ok() ? 0 : refused + 1;
      if (done.ok()) {
        ++n;
      } else {
        EXPECT_TRUE(done.error().is(kStorageFull)) << done.error().message();
      }
    }
    return count(database);
  }
  // Leaves nothing of the disk to others.
  void take_all_room(const std::string& name) const {
    std::ofstream file(folder / name, std::ios::binary);
    const std::string block(64 * 1024, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }

  fs::path folder;
};

TEST_F(FullDiskTest, DeletionsGoOnAndMakeRoomForWrites) {
  on_a_small_disk(24, [this] {
    auto database = open();
    const std::int64_t stored = fill(*database);
    ASSERT_GT(stored, 20);
    const auto refused = insert(*database, 100'000, 100'000);
    ASSERT_FALSE(refused.ok());
    EXPECT_TRUE(refused.error().is(kStorageFull)) << refused.error().message();
    // Everything can be deleted, and what was acknowledged is there until then.
    for (std::int64_t n = 1; n <= 20; ++n) {
      const auto removed = remove(*database, n);
      EXPECT_TRUE(removed.ok()) << n << ": " << removed.error().message();
    }
    EXPECT_EQ(count(*database), stored - 20);
    const auto again = insert(*database, 100'001, 50'000);
    EXPECT_TRUE(again.ok()) << again.error().message();
  });
}

TEST_F(FullDiskTest, WhenSomebodyElseFilledItDeletionsGoOnToo) {
  on_a_small_disk(32, [this] {
    auto database = open();
    for (std::int64_t n = 1; n <= 400; ++n) ASSERT_TRUE(insert(*database, n, 10'000).ok());
    take_all_room("other");
    std::int64_t n = 401;
    while (insert(*database, n, 10'000).ok()) ++n;  // what the log still has room for
    for (std::int64_t one = 1; one < n; ++one) {
      const auto removed = remove(*database, one);
      ASSERT_TRUE(removed.ok()) << one << ": " << removed.error().message();
    }
    EXPECT_EQ(count(*database), 0);
    // Room comes back: no restart is needed, and deletions have their reserve again.
    fs::remove(folder / "other");
    EXPECT_TRUE(insert(*database, 1, 1'000'000).ok());
    EXPECT_EQ(fs::file_size(folder / "reserve"), 8u << 20);
  });
}

TEST_F(FullDiskTest, ItStartsOnAFullDisk) {
  on_a_small_disk(24, [this] {
    std::int64_t stored = 0;
    {
      auto database = open();
      stored = fill(*database);
    }
    take_all_room("other");
    auto database = open();
    EXPECT_EQ(count(*database), stored);
    EXPECT_TRUE(remove(*database, 1).ok());
    EXPECT_EQ(count(*database), stored - 1);
  });
}

// One commit holds writers and deletions: the writes fail, the deletions are done again without them.
TEST_F(FullDiskTest, DeletionsOfTheCommitThatFailedAreDone) {
  on_a_small_disk(24, [this] {
    auto database = open();
    const std::int64_t stored = fill(*database);
    std::mutex gate;
    gate.lock();
    database->submit(
        [&](Transaction&) -> Result<void> {
          std::lock_guard lock(gate);
          return {};
        },
        [](Result<void>) {});
    std::vector<Result<void>> results(3);
    int committed = 0;
    const auto large = [](Transaction& tx) -> Result<void> {
      auto s = tx.prepare("INSERT INTO note(body) VALUES(?1)");
      s.bind_blob(std::string(4'000'000, 'x'));
      s.run();
      return {};
    };
    database->submit(large, [&](Result<void> r) { results[0] = std::move(r); });
    database->submit(
        [&](Transaction& tx) -> Result<void> {
          tx.run("DELETE FROM note WHERE n = 1");
          tx.after_commit([&] { ++committed; });
          return {};
        },
        [&](Result<void> r) { results[1] = std::move(r); }, Room::reserved);
    database->submit(large, [&](Result<void> r) { results[2] = std::move(r); });
    gate.unlock();
    ASSERT_TRUE(remove(*database, 100'000).ok());  // behind them
    EXPECT_TRUE(!results[0].ok() && results[0].error().is(kStorageFull));
    EXPECT_TRUE(results[1].ok());
    EXPECT_TRUE(!results[2].ok() && results[2].error().is(kStorageFull));
    EXPECT_EQ(committed, 1);
    EXPECT_EQ(count(*database), stored - 1);
  });
}

TEST_F(FullDiskTest, ABlobThatDoesNotFitIsToldAsSuchAndLeavesNothing) {
  on_a_small_disk(4, [this] {
    auto store = BlobStore::open(folder / "blobs", true);
    auto writer = (*store)->create();
    Result<void> done;
    for (int i = 0; i < 100 && done.ok(); ++i) done = (*writer)->append(std::string(100'000, 'x'));
    ASSERT_FALSE(done.ok());
    EXPECT_TRUE(done.error().is(kStorageFull));
    writer.value().reset();
    EXPECT_TRUE(fs::is_empty(folder / "blobs"));
  });
}

}  // namespace
}  // namespace cumulet::storage
