#include "events/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/manual_time.hpp"

namespace cumulet::events {
namespace {

using storage::Transaction;
using testing::ElementsAre;

inline constexpr ErrorKind kBusy{"Busy", 503};

class OutboxTest : public testing::Test {
 protected:
  OutboxTest() {
    char name[] = "/tmp/cumulet-events-XXXXXX";
    folder = ::mkdtemp(name);
    reopen();
  }
  ~OutboxTest() override {
    outbox.reset();
    database.reset();
    std::filesystem::remove_all(folder);
  }
  void reopen() {
    outbox.reset();
    database.reset();
    database = std::move(storage::Database::open(folder / "state.db", storage::Durability::ephemeral)).value();
    outbox = std::make_unique<Outbox>(*database, time, time);
    ASSERT_TRUE(outbox->load().ok());
    ASSERT_TRUE(database
                    ->write_blocking([](Transaction& tx) -> Result<void> {
                      tx.execute("CREATE TABLE IF NOT EXISTS taken(payload TEXT)");
                      return {};
                    })
                    .ok());
  }
  void subscribe(Outbox::Consumer consumer) { ASSERT_TRUE(outbox->subscribe("t", std::move(consumer)).ok()); }
  void publish(std::string payload, std::string topic = "t") {
    ASSERT_TRUE(database
                    ->write_blocking([&](Transaction& tx) -> Result<void> {
                      outbox->append(tx, {topic, "somebody", payload, {}});
                      return {};
                    })
                    .ok());
  }
  // Everything queued so far, and what its acknowledgement queued, has run.
  void settle() {
    for (int i = 0; i < 5; ++i)
      ASSERT_TRUE(database->write_blocking([](Transaction&) -> Result<void> { return {}; }).ok());
  }
  std::vector<std::string> column(std::string sql) {
    return *database->read_value<std::vector<std::string>>(
        [&](storage::Connection& c) -> Result<std::vector<std::string>> {
          std::vector<std::string> found;
          auto q = c.prepare(sql);
          while (q.step()) found.push_back(q.string(0));
          return found;
        });
  }
  std::vector<std::string> taken() { return column("SELECT payload FROM taken ORDER BY rowid"); }
  std::vector<std::string> waiting() { return column("SELECT payload FROM outbox ORDER BY id"); }
  static Result<void> take(Transaction& tx, const Event& event) {
    tx.run("INSERT INTO taken(payload) VALUES(?1)", event.payload);
    return {};
  }

  std::filesystem::path folder;
  ManualTime time;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Outbox> outbox;
};

TEST_F(OutboxTest, DeliversInOrderAndDeletes) {
  subscribe(&take);
  outbox->start();
  publish("a");
  publish("b");
  settle();
  EXPECT_THAT(taken(), ElementsAre("a", "b"));
  EXPECT_THAT(waiting(), ElementsAre());
}

TEST_F(OutboxTest, ATopicHasOneConsumer) {
  subscribe(&take);
  const auto second = outbox->subscribe("t", &take);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.error().is(kHasConsumer));
  EXPECT_TRUE(outbox->subscribe("other", &take).ok());
}

TEST_F(OutboxTest, ARecordArrivesAsItsColumns) {
  std::vector<Event> seen;
  subscribe([&](Transaction&, const Event& event) -> Result<void> {
    seen.push_back(event);
    return {};
  });
  outbox->start();
  ASSERT_TRUE(
      database
          ->write_blocking([&](Transaction& tx) -> Result<void> {
            outbox->append(tx, {"t", "arn:aws:sqs:::q", "{ \"as\" : 1.0 }", "1-5759e988-bd862e3fe1be46a994272793"});
            return {};
          })
          .ok());
  settle();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].target, "arn:aws:sqs:::q");
  EXPECT_EQ(seen[0].payload, "{ \"as\" : 1.0 }");
  EXPECT_EQ(seen[0].trace, "1-5759e988-bd862e3fe1be46a994272793");
}

// Rows of the engine before target and payload were columns of their own.
TEST_F(OutboxTest, RowsOfAnEarlierVersionAreSplitOnce) {
  ASSERT_TRUE(database
                  ->write_blocking([](Transaction& tx) -> Result<void> {
                    tx.execute(
                        "DROP TABLE outbox; UPDATE migration SET version = 1 WHERE component = 'events';"
                        "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload TEXT "
                        "NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0);"
                        "CREATE INDEX outbox_due ON outbox(due, id)");
                    tx.run("INSERT INTO outbox(topic, payload) VALUES('t', ?1)",
                           R"({"TargetArn":"arn:f","SourceArn":"arn:b","Payload":{"Records":[{"n":1.5,"k":"ü"}]}})");
                    return {};
                  })
                  .ok());
  reopen();
  std::vector<Event> seen;
  subscribe([&](Transaction&, const Event& event) -> Result<void> {
    seen.push_back(event);
    return {};
  });
  outbox->start();
  settle();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].target, "arn:f");
  EXPECT_EQ(seen[0].payload, R"({"Records":[{"n":1.5,"k":"ü"}]})");
}

TEST_F(OutboxTest, AProducerThatFailsPublishesNothing) {
  subscribe(&take);
  outbox->start();
  auto failed = database->write_blocking([&](Transaction& tx) -> Result<void> {
    outbox->append(tx, {"t", {}, "never", {}});
    return Error{kBusy, "no"};
  });
  EXPECT_FALSE(failed.ok());
  settle();
  EXPECT_THAT(taken(), ElementsAre());
}

TEST_F(OutboxTest, WhatAnEarlierRunLeftIsDeliveredAtStart) {
  publish("left");
  settle();
  reopen();
  subscribe(&take);
  outbox->start();
  settle();
  EXPECT_THAT(taken(), ElementsAre("left"));
}

TEST_F(OutboxTest, AnEventThatIsNotTakenIsTriedAgainAndBlocksNobody) {
  int refusals = 2;
  subscribe([&](Transaction& tx, const Event& event) -> Result<void> {
    if (event.payload == "later" && refusals-- > 0) {
      tx.run("INSERT INTO taken(payload) VALUES('half')");
      return Error{kBusy, "not now"};
    }
    return take(tx, event);
  });
  outbox->start();
  publish("later");
  publish("now");
  settle();
  EXPECT_THAT(taken(), ElementsAre("now"));
  EXPECT_THAT(waiting(), ElementsAre("later"));
  time.advance(Milliseconds{999});
  settle();
  EXPECT_EQ(refusals, 1);
  time.advance(Milliseconds{1});
  settle();
  EXPECT_EQ(refusals, 0);
  EXPECT_THAT(waiting(), ElementsAre("later"));
  time.advance(Seconds{2});
  settle();
  EXPECT_THAT(taken(), ElementsAre("now", "later"));
  EXPECT_THAT(waiting(), ElementsAre());
}

TEST_F(OutboxTest, AConsumerThatThrowsKeepsTheEvent) {
  subscribe([&](Transaction& tx, const Event&) -> Result<void> {
    tx.run("INSERT INTO no_such_table VALUES(1)");
    return {};
  });
  outbox->start();
  publish("a");
  publish("b", "nobody");
  settle();
  EXPECT_THAT(waiting(), ElementsAre("a", "b"));
}

TEST_F(OutboxTest, ADeliveryThatFailsWholeIsTriedAgain) {
  const auto rename = [&](std::string from, std::string to) {
    ASSERT_TRUE(database
                    ->write_blocking([&](Transaction& tx) -> Result<void> {
                      tx.execute("ALTER TABLE " + from + " RENAME TO " + to);
                      return {};
                    })
                    .ok());
  };
  publish("a");
  rename("outbox", "away");
  subscribe(&take);
  outbox->start();
  settle();
  rename("away", "outbox");
  settle();
  EXPECT_THAT(taken(), ElementsAre());
  time.advance(Seconds{1});
  settle();
  EXPECT_THAT(taken(), ElementsAre("a"));
}

TEST_F(OutboxTest, ManyEventsAreDeliveredWithoutFurtherKicks) {
  subscribe(&take);
  ASSERT_TRUE(database
                  ->write_blocking([&](Transaction& tx) -> Result<void> {
                    for (int i = 0; i < 1000; ++i) outbox->append(tx, {"t", {}, "x", {}});
                    return {};
                  })
                  .ok());
  outbox->start();
  settle();
  settle();
  EXPECT_EQ(taken().size(), 1000u);
}

TEST_F(OutboxTest, NoConsumerRunsAfterStop) {
  bool stopped = false;
  subscribe([&](Transaction& tx, const Event& event) -> Result<void> {
    EXPECT_FALSE(stopped);
    return take(tx, event);
  });
  outbox->start();
  publish("a");
  outbox->stop();
  stopped = true;
  publish("b");
  settle();
  EXPECT_FALSE(waiting().empty());
}

// Somebody sets the wall's clock back, or far forward, while an event waits for another attempt.
TEST_F(OutboxTest, AnotherAttemptComesInItsTimeWhateverTheWallsClockShows) {
  for (const std::chrono::hours step : {std::chrono::hours{-1}, std::chrono::hours{24}}) {
    bool is_ready = false;
    subscribe([&](Transaction& tx, const Event& event) -> Result<void> {
      if (!is_ready) return Error{kBusy, "later"};
      return take(tx, event);
    });
    outbox->start();
    publish("one");
    settle();
    is_ready = true;
    time.set_wall_by(step);
    time.advance(Milliseconds{999});
    settle();
    EXPECT_EQ(waiting().size(), 1u);
    time.advance(Milliseconds{1});
    settle();
    EXPECT_TRUE(waiting().empty());
    reopen();
  }
}

TEST_F(OutboxTest, AfterAStartNothingWaitsForHours) {
  subscribe([](Transaction&, const Event&) -> Result<void> { return Error{kBusy, "later"}; });
  outbox->start();
  publish("one");
  settle();
  time.set_wall_by(std::chrono::hours{-1});
  time.start_again();
  reopen();
  subscribe(&take);
  outbox->start();
  settle();
  EXPECT_THAT(taken(), ElementsAre("one"));
}

}  // namespace
}  // namespace cumulet::events
