// A folder whose database is lost or does not fit it is not started with, and nothing in it is deleted.
#include "storage/state_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "storage/row_checksum.hpp"

namespace cumulet::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const StateFolder::Layout kLayout{"state.db", {"blobs"}, {"scratch"}};

class StateFolderTest : public testing::Test {
 protected:
  StateFolderTest() {
    char name[] = "/tmp/cumulet-state-XXXXXX";
    folder = ::mkdtemp(name);
  }
  ~StateFolderTest() override { fs::remove_all(folder); }

  Result<std::unique_ptr<StateFolder>> open(Recovery recovery = Recovery::refuse) {
    return StateFolder::open(folder, kLayout, Durability::full, recovery);
  }
  // A run that stores a row and a file, and ends.
  void run_once() {
    auto state = open();
    ASSERT_TRUE(state.ok()) << state.error().message();
    ASSERT_TRUE((*state)->database().migrate("test", {"CREATE TABLE note(text TEXT)"}).ok());
    ASSERT_TRUE((*state)
                    ->database()
                    .write_blocking([](Transaction& tx) -> Result<void> {
                      tx.run("INSERT INTO note VALUES('kept')");
                      return {};
                    })
                    .ok());
    add_blob("b" + std::to_string(++blobs_));
  }
  void add_blob(const std::string& name) {
    fs::create_directories(folder / "blobs");
    std::ofstream(folder / "blobs" / name) << "bytes";
  }
  std::ptrdiff_t count(const fs::path& where) const {
    return fs::exists(where) ? std::distance(fs::directory_iterator(where), fs::directory_iterator()) : 0;
  }
  // Copies the database as it stands.
  void save(const fs::path& copy) const {
    for (const char* suffix : {"", "-wal"})
      if (fs::exists(folder / ("state.db" + std::string(suffix))))
        fs::copy_file(folder / ("state.db" + std::string(suffix)), copy.string() + suffix,
                      fs::copy_options::overwrite_existing);
  }
  void refused(const std::string& why) {
    const auto state = open();
    ASSERT_FALSE(state.ok());
    EXPECT_TRUE(state.error().is(kStateLost));
    EXPECT_THAT(state.error().message(), HasSubstr(why));
    EXPECT_THAT(state.error().message(), HasSubstr("--start-anew"));
    EXPECT_EQ(count(folder / "blobs"), blobs_);
  }

  fs::path folder;

 private:
  int blobs_ = 0;
};

TEST_F(StateFolderTest, StartsAgainAndAgain) {
  for (int i = 0; i < 3; ++i) run_once();
  EXPECT_EQ(count(folder / "blobs"), 3);
}

TEST_F(StateFolderTest, AFolderOfAnEarlierProgramIsTaken) {
  run_once();
  fs::remove(folder / "identity");
  run_once();
}

TEST_F(StateFolderTest, ALostDatabaseIsNotReplacedByAnEmptyOne) {
  run_once();
  fs::remove(folder / "state.db");
  refused("state.db is missing, but there are 1 files of stored data");
}

TEST_F(StateFolderTest, AnEmptyFileIsALostDatabase) {
  run_once();
  fs::resize_file(folder / "state.db", 0);
  refused("state.db is empty");
}

TEST_F(StateFolderTest, WithoutFilesItIsLostAllTheSame) {
  run_once();
  fs::remove(folder / "state.db");
  fs::remove_all(folder / "blobs");
  const auto state = open();
  ASSERT_FALSE(state.ok());
  EXPECT_THAT(state.error().message(), HasSubstr("state.db is missing"));
}

TEST_F(StateFolderTest, AnUnfinishedFileAloneIsNoStoredData) {
  add_blob("0123.part");
  EXPECT_TRUE(open().ok());
}

TEST_F(StateFolderTest, AnOlderDatabaseIsRefused) {
  run_once();
  save(folder / "copy");
  run_once();
  fs::rename(folder / "copy", folder / "state.db");
  refused("state.db is older than the folder");
}

TEST_F(StateFolderTest, AnotherFoldersDatabaseIsRefused) {
  run_once();
  fs::rename(folder / "identity", folder / "of-first");
  fs::rename(folder / "state.db", folder / "first");
  fs::rename(folder / "blobs", folder / "of-first-blobs");
  ASSERT_TRUE(open().ok());  // another one
  fs::rename(folder / "of-first", folder / "identity");
  fs::remove_all(folder / "blobs");
  fs::rename(folder / "of-first-blobs", folder / "blobs");
  refused("belongs to another data folder");
}

TEST_F(StateFolderTest, ALostLogIsNoticed) {
  run_once();
  {
    auto state = open();
    ASSERT_TRUE(state.ok());
    save(folder / "killed");
    fs::copy_file(folder / "identity", folder / "identity-killed");
  }
  // As a kill leaves it, but for the log.
  fs::rename(folder / "killed", folder / "state.db");
  fs::rename(folder / "identity-killed", folder / "identity");
  refused("what it wrote last is missing (state.db-wal)");
  // With its log it starts.
  fs::rename(folder / "killed-wal", folder / "state.db-wal");
  const auto state = open();
  EXPECT_TRUE(state.ok()) << state.error().message();
}

TEST_F(StateFolderTest, StartingAnewMovesEverythingAside) {
  run_once();
  fs::remove(folder / "state.db");
  fs::create_directories(folder / "scratch");
  {
    auto state = open(Recovery::start_anew);
    ASSERT_TRUE(state.ok()) << state.error().message();
    EXPECT_EQ(count(folder / "blobs"), 0);
    EXPECT_EQ(count(folder / "set-aside/1/blobs"), 1);
    EXPECT_TRUE(fs::exists(folder / "set-aside/1/scratch"));
  }
  EXPECT_TRUE(open().ok());
  EXPECT_TRUE(open(Recovery::start_anew).ok());  // nothing is wrong: nothing is moved
  EXPECT_EQ(count(folder / "set-aside"), 1);
}

TEST_F(StateFolderTest, ATrustedDatabaseCountsAndFilesAreMovedAside) {
  run_once();
  save(folder / "copy");
  run_once();
  fs::rename(folder / "copy", folder / "state.db");
  {
    auto state = open(Recovery::trust_database);
    ASSERT_TRUE(state.ok()) << state.error().message();
    auto blobs = BlobStore::open(folder / "blobs", true, (*state)->orphans());
    EXPECT_EQ((*blobs)->sweep([](std::string_view id) { return id == "b1"; }), 1u);
    EXPECT_TRUE(fs::exists(folder / "blobs/b1"));
    EXPECT_TRUE(fs::exists(folder / "set-aside/1/b2"));
  }
  EXPECT_TRUE(open().ok());
}

TEST_F(StateFolderTest, TrustDoesNotReplaceALostDatabase) {
  run_once();
  fs::remove(folder / "state.db");
  EXPECT_FALSE(open(Recovery::trust_database).ok());
}

TEST_F(StateFolderTest, ASweepOfManyFilesMovesThemAside) {
  for (int i = 0; i < 30; ++i) add_blob(std::to_string(i));
  auto blobs = BlobStore::open(folder / "blobs", true);
  EXPECT_EQ((*blobs)->sweep([](std::string_view) { return false; }), 30u);
  EXPECT_EQ(count(folder / "blobs"), 0);
  EXPECT_EQ(count(folder / "set-aside/1"), 30);
}

TEST_F(StateFolderTest, ACutFileIsNotOpenedForWhatItDoesNotHold) {
  add_blob("b");
  auto blobs = BlobStore::open(folder / "blobs", true);
  EXPECT_TRUE((*blobs)->open_blob("b", 5).ok());
  EXPECT_THAT((*blobs)->open_blob("b", 6).error().message(), HasSubstr("it holds 5 of 6 bytes"));
}

TEST(RowChecksum, NoticesABitAndTellsFieldsApart) {
  EXPECT_NE(row_checksum({"ab", "c"}), row_checksum({"a", "bc"}));
  EXPECT_NE(row_checksum({"", ""}), row_checksum({""}));
  std::string text(16 * 1024 + 3, 'x');
  const std::int64_t before = row_checksum({text});
  for (const std::size_t at : {std::size_t{0}, text.size() / 2, text.size() - 1}) {
    text[at] ^= 1;
    EXPECT_NE(row_checksum({text}), before) << at;
    text[at] ^= 1;
  }
  EXPECT_EQ(row_checksum({text}), before);
}

}  // namespace
}  // namespace cumulet::storage
