#include "events/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/manual_time.hpp"

namespace cumulet::events {
namespace {

using storage::Transaction;
using testing::ElementsAre;

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    char name[] = "/tmp/cumulet-journal-XXXXXX";
    folder = ::mkdtemp(name);
    open();
  }
  ~JournalTest() override {
    close();
    std::filesystem::remove_all(folder);
  }
  void open(Journal::Bounds bounds = {}) {
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
    ASSERT_TRUE(database->migrate("test", {"CREATE TABLE other(n INTEGER)"}).ok());
    journal = std::make_unique<Journal>(*database, time, time, bounds);
    ASSERT_TRUE(journal->load().ok());
  }
  void close() {
    journal.reset();
    database.reset();
  }
  static JournalEntry entry(std::string what, Verdict verdict = Verdict::fine, std::string trace = {}) {
    return {Subject::object, std::move(what), "ObjectCreated:Put", verdict, "said so", std::move(trace)};
  }
  void write(const JournalEntry& one) {
    ASSERT_TRUE(database
                    ->write_blocking([&](Transaction& tx) -> Result<void> {
                      journal->write(tx, one);
                      return {};
                    })
                    .ok());
  }
  // Somebody else's commit.
  void commit() {
    ASSERT_TRUE(database
                    ->write_blocking([](Transaction& tx) -> Result<void> {
                      tx.run("INSERT INTO other VALUES(1)");
                      return {};
                    })
                    .ok());
  }
  JournalPage page(const JournalQuery& query) { return std::move(journal->read(query)).value(); }
  std::vector<std::string> whats(const JournalQuery& query = {}) {
    std::vector<std::string> out;
    for (const auto& row : page(query).rows) out.push_back(row.entry.what);
    return out;
  }

  std::filesystem::path folder;
  ManualTime time;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Journal> journal;
};

TEST_F(JournalTest, RowsAreKeptWithTheJobThatWritesThem) {
  write(entry("b/kept", Verdict::unmatched, "1-5759e988-bd862e3fe1be46a994272793"));
  const auto failed = database->write_blocking([&](Transaction& tx) -> Result<void> {
    journal->write(tx, entry("b/undone"));
    return Error{kInternalFailure, "no"};
  });
  EXPECT_FALSE(failed.ok());
  const auto rows = page({}).rows;
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].at, time.now());
  EXPECT_EQ(rows[0].entry.what, "b/kept");
  EXPECT_EQ(rows[0].entry.outcome, "ObjectCreated:Put");
  EXPECT_EQ(rows[0].entry.verdict, Verdict::unmatched);
  EXPECT_EQ(rows[0].entry.detail, "said so");
  EXPECT_EQ(rows[0].entry.trace, "1-5759e988-bd862e3fe1be46a994272793");
}

TEST_F(JournalTest, NotesGoAlongWithTheNextCommit) {
  const auto rows = [this] {
    return database
        ->read_value<std::int64_t>([](storage::Connection& c) -> Result<std::int64_t> {
          auto q = c.prepare("SELECT count(*) FROM journal");
          return q.step() ? q.integer(0) : -1;
        })
        .value();
  };
  journal->note(entry("noted"));
  ASSERT_TRUE(database->write_blocking([](Transaction&) -> Result<void> { return {}; }).ok());
  EXPECT_EQ(rows(), 0) << "nothing is committed for a note's sake";
  time.advance(Seconds{5});
  commit();
  EXPECT_EQ(rows(), 1);
  EXPECT_THAT(whats(), ElementsAre("noted"));
  EXPECT_EQ(page({}).rows[0].at, time.now() - Seconds{5}) << "its time is that of the note";
  commit();
  EXPECT_THAT(whats(), ElementsAre("noted"));
}

TEST_F(JournalTest, WhoReadsSeesWhatWasNoted) {
  journal->note(entry("noted"));
  EXPECT_THAT(whats(), ElementsAre("noted"));
}

TEST_F(JournalTest, ANoteOfACommitThatFailedGoesWithTheNext) {
  journal->note(entry("noted"));
  ASSERT_TRUE(database
                  ->write_blocking([](Transaction& tx) -> Result<void> {
                    tx.execute("ALTER TABLE journal RENAME TO away");
                    return {};
                  })
                  .ok());
  commit();
  ASSERT_TRUE(database
                  ->write_blocking([](Transaction& tx) -> Result<void> {
                    tx.execute("ALTER TABLE away RENAME TO journal");
                    return {};
                  })
                  .ok());
  commit();
  EXPECT_THAT(whats(), ElementsAre("noted"));
}

TEST_F(JournalTest, WhatWaitsIsWrittenAtTheEnd) {
  journal->note(entry("last"));
  close();
  open();
  EXPECT_THAT(whats(), ElementsAre("last"));
}

TEST_F(JournalTest, NotesOverTheBoundAreCounted) {
  close();
  open({.waiting = 2});
  for (const char* what : {"a", "b", "c"}) journal->note(entry(what));
  EXPECT_EQ(journal->lost_notes(), 1u);
  commit();
  EXPECT_THAT(whats(), ElementsAre("b", "a"));
}

TEST_F(JournalTest, PagesLeadThroughEverythingOnce) {
  for (int i = 0; i < 7; ++i) write(entry(std::to_string(i)));
  std::vector<std::string> seen;
  JournalQuery query;
  query.limit = 3;
  do {
    const auto one = page(query);
    for (const auto& row : one.rows) seen.push_back(row.entry.what);
    query.cursor = one.next;
  } while (query.cursor != 0);
  EXPECT_THAT(seen, ElementsAre("6", "5", "4", "3", "2", "1", "0"));
  query.order = JournalQuery::Order::oldest_first;
  EXPECT_THAT(whats(query), ElementsAre("0", "1", "2"));
  query.cursor = page(query).next;
  EXPECT_THAT(whats(query), ElementsAre("3", "4", "5"));
}

TEST_F(JournalTest, QueriesChoose) {
  write(entry("b/1", Verdict::fine, "1-a"));
  write(entry("b/2", Verdict::unmatched, "1-b"));
  time.advance(Seconds{10});
  JournalEntry invocation = entry("f/1", Verdict::failed, "1-a");
  invocation.subject = Subject::invocation;
  write(invocation);
  JournalQuery by_trace;
  by_trace.trace = "1-a";
  by_trace.order = JournalQuery::Order::oldest_first;
  EXPECT_THAT(whats(by_trace), ElementsAre("b/1", "f/1"));
  JournalQuery unmatched;
  unmatched.verdict = Verdict::unmatched;
  EXPECT_THAT(whats(unmatched), ElementsAre("b/2"));
  JournalQuery fine;
  fine.verdict = Verdict::fine;
  EXPECT_THAT(whats(fine), ElementsAre("b/1"));
  JournalQuery by_subject;
  by_subject.subject = Subject::invocation;
  EXPECT_THAT(whats(by_subject), ElementsAre("f/1"));
  JournalQuery by_prefix;
  by_prefix.what_prefix = "b/";
  EXPECT_THAT(whats(by_prefix), ElementsAre("b/2", "b/1"));
  JournalQuery since;
  since.since = time.now();
  EXPECT_THAT(whats(since), ElementsAre("f/1"));
}

TEST_F(JournalTest, BytesOverTheBoundGoWithLaterCommits) {
  close();
  open({.bytes = 20'000});
  for (int i = 0; i < 500; ++i) write(entry("bucket/" + std::to_string(i)));
  JournalQuery all;
  all.limit = 1000;
  const auto kept = whats(all);
  EXPECT_EQ(kept.front(), "bucket/499");
  EXPECT_LT(kept.size(), 200u);
  EXPECT_GT(kept.size(), 100u);
  close();
  open({.bytes = 20'000});  // it counts on from where it was
  write(entry("bucket/500"));
  EXPECT_LT(whats(all).size(), 200u);
}

TEST_F(JournalTest, RowsPastTheirAgeGoByThemselves) {
  for (int i = 0; i < 1200; ++i) write(entry(std::to_string(i)));
  time.advance(std::chrono::hours(6 * 24));
  write(entry("younger"));
  const auto settle = [this] {
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(database->write_blocking([](Transaction&) -> Result<void> { return {}; }).ok());
      time.advance(Milliseconds{10});
    }
  };
  settle();
  JournalQuery all;
  all.limit = 2000;
  EXPECT_EQ(whats(all).size(), 1201u);
  time.advance(std::chrono::hours(25));
  settle();
  EXPECT_THAT(whats(all), ElementsAre("younger"));
}

// Somebody sets the wall's clock a month forward: the journal does not end at once.
TEST_F(JournalTest, AClockSetForwardEndsNothing) {
  write(entry("a"));
  time.set_wall_by(std::chrono::hours(30 * 24));
  write(entry("b"));
  EXPECT_THAT(whats(), ElementsAre("b", "a"));
}

TEST_F(JournalTest, DetailsAreCutBetweenCharacters) {
  JournalEntry long_one = entry("a");
  long_one.detail.clear();
  for (int i = 0; i < 300; ++i) long_one.detail += "ü";
  write(long_one);
  EXPECT_EQ(page({}).rows[0].entry.detail, long_one.detail.substr(0, 400));
  long_one.detail.insert(0, "x");
  write(long_one);
  EXPECT_EQ(page({}).rows[0].entry.detail, long_one.detail.substr(0, 399));
}

TEST(JournalNames, AreReadBack) {
  for (const auto subject : {Subject::object, Subject::notification, Subject::message, Subject::invocation,
                             Subject::execution, Subject::request})
    EXPECT_EQ(subject_named(name(subject)), subject);
  for (const auto verdict : {Verdict::fine, Verdict::failed, Verdict::unmatched})
    EXPECT_EQ(verdict_named(name(verdict)), verdict);
  EXPECT_FALSE(subject_named("unknown"));
}

}  // namespace
}  // namespace cumulet::events
