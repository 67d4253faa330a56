#include "services/sqs/index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cumulet::sqs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct IndexTest : testing::Test {
  void add(std::int64_t id, std::string_view group = {}, Milliseconds delay = Milliseconds{0}) {
    Entry entry;
    entry.id = id;
    entry.sent = to_millis(now);
    entry.due = to_millis(now + delay);
    index->add(entry, group, now);
  }
  std::vector<std::int64_t> take(std::size_t max = 1, Milliseconds visibility = Seconds{30}) {
    std::vector<std::int64_t> ids;
    for (const Taken& one : index->take(now, {max, visibility, max_receives}).received) ids.push_back(one.id);
    return ids;
  }
  void pass(Milliseconds time) { now += time; }

  TimePoint now = from_millis(1'000'000);
  std::unique_ptr<Index> index = Index::standard();
  std::int32_t max_receives = 0;
};

struct FifoIndexTest : IndexTest {
  FifoIndexTest() { index = Index::fifo(); }
};

TEST_F(IndexTest, GivesMessagesOnceUntilTheirTimeoutEnds) {
  add(1);
  add(2);
  EXPECT_THAT(take(10, Seconds{30}), ElementsAre(1, 2));
  EXPECT_THAT(take(10), IsEmpty());
  pass(Milliseconds{29'999});
  EXPECT_THAT(take(10), IsEmpty());
  pass(Milliseconds{1});
  EXPECT_THAT(take(10), ElementsAre(1, 2));
  EXPECT_EQ(index->find(1)->receives, 2);
}

// Recorded on AWS.
TEST_F(IndexTest, WhatComesBackGoesBeforeWhatWasSentInTheMeantime) {
  for (int id = 1; id <= 3; ++id) add(id);
  EXPECT_THAT(take(3, Seconds{3}), ElementsAre(1, 2, 3));
  add(4);
  index->change_visibility(3, now, Seconds{0});
  pass(Seconds{3});
  add(5);
  EXPECT_TRUE(index->remove(2));
  EXPECT_THAT(take(10), ElementsAre(1, 3, 4, 5));
}

TEST_F(IndexTest, AMessageWithoutTimeoutIsGivenOnceACall) {
  add(1);
  EXPECT_THAT(take(10, Seconds{0}), ElementsAre(1));
  EXPECT_THAT(take(10, Seconds{0}), ElementsAre(1));
}

TEST_F(IndexTest, DelaysMessages) {
  add(1, {}, Seconds{5});
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(index->next_due(), now + Seconds{5});
  EXPECT_EQ(index->counts(now).delayed, 1);
  pass(Seconds{5});
  EXPECT_EQ(index->counts(now).visible, 1);
  EXPECT_THAT(take(), ElementsAre(1));
}

TEST_F(IndexTest, CountsWhatIsWhere) {
  for (int id = 1; id <= 5; ++id) add(id);
  add(6, {}, Seconds{60});
  take(2);
  const Counts counts = index->counts(now);
  EXPECT_EQ(counts.visible, 3);
  EXPECT_EQ(counts.in_flight, 2);
  EXPECT_EQ(counts.delayed, 1);
  EXPECT_TRUE(index->remove(1));  // in flight
  EXPECT_TRUE(index->remove(3));  // ready
  EXPECT_TRUE(index->remove(6));  // delayed
  EXPECT_FALSE(index->remove(6));
  EXPECT_EQ(index->counts(now).visible, 2);
  EXPECT_EQ(index->counts(now).in_flight, 1);
  EXPECT_EQ(index->counts(now).delayed, 0);
}

TEST_F(IndexTest, ChangesTheTimeoutOfWhatIsInFlightOnly) {
  add(1);
  EXPECT_FALSE(index->change_visibility(1, now, Seconds{10}));
  take();
  EXPECT_TRUE(index->change_visibility(1, now, Seconds{60}));
  pass(Seconds{59});
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_TRUE(index->change_visibility(1, now, Seconds{0}));
  EXPECT_THAT(take(), ElementsAre(1));
  EXPECT_FALSE(index->change_visibility(2, now, Seconds{0}));
}

TEST_F(IndexTest, HoldsBackWhatWasReceivedTooOften) {
  max_receives = 2;
  add(1);
  add(2);
  EXPECT_THAT(take(1, Seconds{0}), ElementsAre(1));
  EXPECT_THAT(take(1, Seconds{0}), ElementsAre(1));
  const TakeResult result = index->take(now, {10, Seconds{0}, 2});
  EXPECT_THAT(result.dead, ElementsAre(1));
  ASSERT_EQ(result.received.size(), 1u);
  EXPECT_EQ(result.received[0].id, 2);
  EXPECT_EQ(index->find(1)->receives, 2) << "a move is no receive";
  EXPECT_TRUE(index->remove(1));
}

TEST_F(IndexTest, HoldsBackAHundredAtOnce) {
  for (int id = 1; id <= 250; ++id) add(id);
  ASSERT_EQ(take(250, Seconds{0}).size(), 250u);
  add(251);
  std::vector<std::size_t> dead;
  std::vector<std::int64_t> received;
  for (int i = 0; i < 3; ++i) {
    const TakeResult result = index->take(now, {10, Seconds{30}, 1});
    dead.push_back(result.dead.size());
    for (const Taken& one : result.received) received.push_back(one.id);
  }
  EXPECT_THAT(dead, ElementsAre(100, 100, 50));
  EXPECT_THAT(received, ElementsAre(251));
}

TEST_F(IndexTest, WhatIsHeldBackTakesRoomToo) {
  for (int id = 1; id <= 5; ++id) add(id);
  ASSERT_EQ(take(3, Seconds{0}).size(), 3u);
  TakeOptions options{10, Seconds{30}, 1, 4};
  const TakeResult result = index->take(now, options);
  EXPECT_THAT(result.dead, ElementsAre(1, 2, 3));
  ASSERT_EQ(result.received.size(), 1u);
  EXPECT_EQ(result.received[0].id, 4);
  EXPECT_EQ(index->counts(now).in_flight, 4);
}

TEST_F(IndexTest, PuttingBackCountsNoReceive) {
  add(1);
  add(2);
  const TakeResult result = index->take(now, {1, Seconds{30}, 0});
  ASSERT_EQ(result.received.size(), 1u);
  index->put_back(result.received[0], now);
  EXPECT_EQ(index->find(1)->receives, 0);
  EXPECT_EQ(index->counts(now).in_flight, 0);
  EXPECT_THAT(take(10, Seconds{0}), ElementsAre(1, 2));
  take(10);
  index->put_back(result.received[0], now);
  EXPECT_EQ(index->counts(now).in_flight, 2) << "received again since";
}

TEST_F(IndexTest, HoldingCountsNoReceive) {
  add(1);
  EXPECT_THAT(index->hold(now, 5, Seconds{60}), ElementsAre(1));
  EXPECT_EQ(index->find(1)->receives, 0);
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(IndexTest, ExpiresInWhateverState) {
  add(1);
  add(2, {}, Seconds{900});
  add(3);
  EXPECT_THAT(take(), ElementsAre(1));
  pass(Seconds{60});
  add(4);
  EXPECT_THAT(index->expire(now - Seconds{60}), IsEmpty());
  EXPECT_THAT(index->expire(now - Seconds{59}), UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(take(10), ElementsAre(4));
  EXPECT_EQ(index->counts(now).delayed, 0);
}

TEST_F(IndexTest, ClearsEverything) {
  add(1);
  add(2);
  add(3, {}, Seconds{5});
  take();
  EXPECT_THAT(index->clear(), UnorderedElementsAre(1, 2, 3));
  EXPECT_EQ(index->available(), 0u);
  EXPECT_EQ(index->next_due(), std::nullopt);
  add(4);
  EXPECT_THAT(take(10), ElementsAre(4));
}

TEST_F(FifoIndexTest, GivesAsManyOfAGroupAsThereAreAndBlocksIt) {
  add(1, "a");
  add(2, "b");
  add(3, "a");
  add(4, "a");
  EXPECT_THAT(take(2), ElementsAre(1, 3));
  EXPECT_THAT(take(10), ElementsAre(2)) << "group a is blocked";
  EXPECT_THAT(take(10), IsEmpty());
  index->remove(1);
  EXPECT_THAT(take(10), IsEmpty()) << "3 is in flight still";
  index->remove(3);
  EXPECT_THAT(take(10), ElementsAre(4));
}

TEST_F(FifoIndexTest, AMessageThatIsReadyAgainOpensItsGroup) {
  add(1, "a");
  add(2, "a");
  add(3, "b");
  EXPECT_THAT(take(2), ElementsAre(1, 2));
  EXPECT_TRUE(index->change_visibility(1, now, Seconds{0}));
  EXPECT_THAT(take(10), ElementsAre(3, 1)) << "2 keeps its own timeout";
  pass(Seconds{30});
  EXPECT_THAT(take(10), ElementsAre(1, 2, 3));
}

TEST_F(FifoIndexTest, ALaterMessageThatIsReadyAgainDoesNotOvertake) {
  add(1, "a");
  add(2, "a");
  take(2);
  index->change_visibility(2, now, Seconds{0});
  EXPECT_THAT(take(10), IsEmpty());
  index->remove(1);
  EXPECT_THAT(take(10), ElementsAre(2));
}

// As recorded on AWS: groups take turns.
TEST_F(FifoIndexTest, GroupsTakeTurns) {
  add(1, "g1");
  add(2, "g2");
  add(3, "g2");
  add(4, "g3");
  add(5, "g1");
  EXPECT_THAT(take(3, Seconds{0}), ElementsAre(1, 5, 2));
  EXPECT_THAT(take(10, Seconds{0}), ElementsAre(4, 1, 5, 2, 3));
}

TEST_F(FifoIndexTest, ADelayedMessageHoldsBackItsGroup) {
  add(1, "a", Seconds{10});
  pass(Seconds{5});
  add(2, "a", Seconds{10});
  EXPECT_THAT(take(10), IsEmpty());
  pass(Seconds{5});
  EXPECT_THAT(take(10), ElementsAre(1));
  index->remove(1);
  pass(Seconds{5});
  EXPECT_THAT(take(10), ElementsAre(2));
}

TEST_F(FifoIndexTest, AChangedDelayHoldsForWhatIsQueued) {
  add(1, "a", Seconds{600});
  index->change_delay(now, Seconds{2});
  EXPECT_THAT(take(), IsEmpty());
  pass(Seconds{2});
  EXPECT_THAT(take(), ElementsAre(1));
}

TEST_F(FifoIndexTest, TooManyReceivesLetTheNextOfTheGroupThrough) {
  max_receives = 1;
  add(1, "a");
  add(2, "a");
  EXPECT_THAT(take(1, Seconds{0}), ElementsAre(1));
  const TakeResult result = index->take(now, {10, Seconds{30}, 1});
  EXPECT_THAT(result.dead, ElementsAre(1));
  ASSERT_EQ(result.received.size(), 1u);
  EXPECT_EQ(result.received[0].id, 2);
}

TEST_F(FifoIndexTest, ForgetsEmptyGroupsAndClears) {
  for (int id = 1; id <= 100; ++id) add(id, "group-" + std::to_string(id));
  EXPECT_EQ(index->available(), 100u);
  for (int id = 1; id <= 50; ++id) index->remove(id);
  EXPECT_EQ(index->available(), 50u);
  EXPECT_EQ(index->clear().size(), 50u);
  EXPECT_EQ(index->available(), 0u);
  add(101, "group-1");
  EXPECT_THAT(take(), ElementsAre(101));
}

}  // namespace
}  // namespace cumulet::sqs
