#include "vision/track/tracker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace cumulet::vision {
namespace {

// A world of faces that a detector sees: upright ones well, turned ones only where the picture is turned with them.
class World : public Pictures {
 public:
  struct Being {
    Oval oval;
    double confidence = 90;
    bool is_face = true;  // else a lamp: sure at first sight, but not at the second
  };

  void place(std::int64_t frame, const Oval& oval, double confidence = 90, bool is_face = true) {
    beings_[frame].push_back({oval, confidence, is_face});
  }

  // What a look at the whole picture shows.
  std::vector<Seen> whole(std::int64_t frame) {
    std::vector<Seen> seen;
    for (const Being& being : beings_[frame]) {
      if (std::abs(being.oval.roll) <= kTolerance) seen.push_back(seen_of(being));
    }
    return seen;
  }

  std::vector<Seen> look(std::int64_t frame, const Oval& where, double search) override {
    ++looks;
    std::vector<Seen> seen;
    for (const Being& being : beings_[frame]) {
      const double away = std::hypot(being.oval.centre.x - where.centre.x, being.oval.centre.y - where.centre.y);
      const bool upright = std::abs(turn_within_half(being.oval.roll - where.roll)) <= kTolerance;
      if (away < where.width * search / 2 && upright) seen.push_back(seen_of(being));
    }
    return seen;
  }

  double opinion(std::int64_t frame, const Oval& where) override {
    for (const Being& being : beings_[frame]) {
      if (nearness(being.oval, where) > 0.3) return being.is_face ? being.confidence : 20;
    }
    return 0;
  }

  double change(std::int64_t frame, std::int64_t other, const Oval& where) override {
    return (opinion(frame, where) > 0) != (opinion(other, where) > 0) ? 60 : 0;
  }

  int looks = 0;

 private:
  static constexpr double kTolerance = 40;  // degrees
  static Seen seen_of(const Being& being) {
    Seen seen;
    seen.oval = being.oval;
    seen.face.confidence = being.confidence;
    return seen;
  }
  std::map<std::int64_t, std::vector<Being>> beings_;
};

Oval at(double x, double roll = 0, double size = 0.1) { return {{x, 0.5}, size, size, roll}; }

class TrackerTest : public ::testing::Test {
 protected:
  // Frame `index`; `looked`: at the whole picture.
  void add(std::int64_t index, bool looked = true, bool new_scene = false) {
    Tracker::Frame frame;
    frame.index = index;
    frame.time_ms = index * 40;
    frame.new_scene = new_scene || index == 0;
    frame.looked = looked;
    if (looked) frame.seen = world_.whole(index);
    tracker_.add(frame);
  }
  bool covered(std::int64_t frame, const Oval& face) const {
    for (const Placement& placement : tracker_.at(frame)) {
      if (std::hypot(placement.oval.centre.x - face.centre.x, placement.oval.centre.y - face.centre.y) <
              0.3 * face.width &&
          placement.oval.width >= 0.9 * face.width) {
        return true;
      }
    }
    return false;
  }

  World world_;
  Tracker tracker_{TrackRules{}, world_};
};

TEST_F(TrackerTest, AFaceIsFollowedBetweenLooks) {
  for (int i = 0; i < 20; ++i) world_.place(i, at(0.2 + 0.02 * i));
  for (int i = 0; i < 20; ++i) add(i, i % 4 == 0);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(covered(i, at(0.2 + 0.02 * i))) << i;
}

// Of a picture in which something moved elsewhere, only that part is looked at.
TEST_F(TrackerTest, AFaceStaysWhereNothingMoved) {
  world_.place(0, at(0.5));
  add(0);
  world_.looks = 0;
  for (int i = 1; i < 20; ++i) {
    Tracker::Frame frame;
    frame.index = i, frame.time_ms = i * 40, frame.looked = true;
    frame.moved = {{0.8, 0.3, 1, 0.6}};
    tracker_.add(frame);
  }
  EXPECT_EQ(world_.looks, 0);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(covered(i, at(0.5))) << i;
}

TEST_F(TrackerTest, AFaceIsLookedForWhereSomethingMoved) {
  for (int i = 0; i < 10; ++i) world_.place(i, at(0.5 + 0.02 * i));
  add(0);
  for (int i = 1; i < 10; ++i) {
    Tracker::Frame frame;
    frame.index = i, frame.time_ms = i * 40, frame.looked = true;
    frame.moved = {{0.4, 0.3, 0.9, 0.6}};  // the look there did not see it
    tracker_.add(frame);
    EXPECT_TRUE(covered(i, at(0.5 + 0.02 * i))) << i;
  }
}

// One frame's unsure sighting beside the face takes no cover away from it.
TEST_F(TrackerTest, ACoverDoesNotLeapForOneFrame) {
  for (int i = 0; i < 20; ++i) world_.place(i, i == 10 ? at(0.56) : at(0.5), i == 10 ? 55 : 90);
  for (int i = 0; i < 20; ++i) add(i);
  EXPECT_TRUE(covered(10, at(0.5)));
}

// The head tips over to lie: a look at the whole picture shows nothing any more.
TEST_F(TrackerTest, AHeadThatTipsOverIsFollowed) {
  const auto roll = [](int i) { return std::min(90.0, 4.0 * i); };
  for (int i = 0; i < 60; ++i) world_.place(i, at(0.5, roll(i)));
  for (int i = 0; i < 60; ++i) {
    add(i);
    if (i >= 16) tracker_.release(i - 16);
    EXPECT_TRUE(covered(i, at(0.5))) << i;
  }
}

TEST_F(TrackerTest, ANewTrackIsFollowedBackwards) {
  for (int i = 0; i < 10; ++i) world_.place(i, at(0.5 + 0.01 * i));
  for (int i = 0; i < 10; ++i) add(i, i == 9);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(covered(i, at(0.5 + 0.01 * i))) << i;
}

TEST_F(TrackerTest, BackwardsNoFartherThanFramesAreKept) {
  for (int i = 0; i < 30; ++i) world_.place(i, at(0.5));
  for (int i = 0; i < 30; ++i) {
    add(i, i == 29);
    tracker_.release(i - 5);
  }
  EXPECT_TRUE(covered(24, at(0.5)));
  EXPECT_EQ(tracker_.at(15).size(), 0U);
}

TEST_F(TrackerTest, AGapIsBridged) {
  for (int i = 0; i < 20; ++i) {
    if (i < 8 || i > 11) world_.place(i, at(0.5 + 0.005 * i));
  }
  for (int i = 0; i < 20; ++i) add(i);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(covered(i, at(0.5 + 0.005 * i))) << i;
}

TEST_F(TrackerTest, NoCoverCrossesACut) {
  for (int i = 0; i < 10; ++i) world_.place(i, at(0.3));
  for (int i = 10; i < 20; ++i) world_.place(i, at(0.7));
  for (int i = 0; i < 20; ++i) add(i, true, i == 10);
  EXPECT_EQ(tracker_.at(9).size(), 1U);
  EXPECT_TRUE(covered(9, at(0.3)));
  EXPECT_EQ(tracker_.at(10).size(), 1U);
  EXPECT_TRUE(covered(10, at(0.7)));
}

TEST_F(TrackerTest, AFlashEndsNoTrack) {
  for (int i = 0; i < 20; ++i) {
    if (i != 10 && i != 11) world_.place(i, at(0.5));
  }
  for (int i = 0; i < 20; ++i) {
    Tracker::Frame frame;
    frame.index = i;
    frame.time_ms = i * 40;
    frame.new_scene = i == 0 || i == 10 || i == 11 || i == 12;
    if (i == 12) frame.resumed_from = 10;
    frame.looked = true;
    frame.seen = world_.whole(i);
    tracker_.add(frame);
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(covered(i, at(0.5))) << i;
  tracker_.end();
  tracker_.release(20);
  EXPECT_EQ(tracker_.take_done().size(), 1U);
}

TEST_F(TrackerTest, WhatASecondLookDoubtsIsNoFace) {
  for (int i = 0; i < 20; ++i) world_.place(i, at(0.5), 70, false);
  for (int i = 0; i < 20; ++i) add(i);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(tracker_.at(i).empty()) << i;
  tracker_.end();
  tracker_.release(20);
  EXPECT_TRUE(tracker_.take_done().empty());
}

TEST_F(TrackerTest, AFaceInASingleFrameCountsWhereThePictureCameAndWent) {
  world_.place(5, at(0.5), 70);
  for (int i = 0; i < 12; ++i) add(i);
  EXPECT_TRUE(covered(5, at(0.5)));
  EXPECT_TRUE(tracker_.at(8).empty());
}

TEST_F(TrackerTest, TwoFacesThatPassEachOtherKeepACoverEach) {
  const auto left = [](int i) { return at(0.3 + 0.02 * i); };
  const auto right = [](int i) { return Oval{{0.7 - 0.02 * i, 0.56}, 0.1, 0.1, 0}; };
  for (int i = 0; i < 20; ++i) world_.place(i, left(i)), world_.place(i, right(i));
  for (int i = 0; i < 20; ++i) add(i);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(covered(i, left(i))) << i;
    EXPECT_TRUE(covered(i, right(i))) << i;
  }
}

TEST_F(TrackerTest, NoneDriftsWithoutBound) {
  for (int i = 0; i < 5; ++i) world_.place(i, at(0.5));
  for (int i = 0; i < 60; ++i) add(i);
  EXPECT_TRUE(tracker_.at(4 + TrackRules{}.hold + 1).empty());
  EXPECT_EQ(tracker_.active(), 0);
  const int looks = world_.looks;
  for (int i = 60; i < 100; ++i) add(i);
  EXPECT_EQ(world_.looks, looks);  // nor is it looked for for ever
}

TEST_F(TrackerTest, AStillPictureCostsNoLooks) {
  world_.place(0, at(0.5));
  add(0);
  const int looks = world_.looks;
  for (int i = 1; i < 50; ++i) {
    Tracker::Frame frame;
    frame.index = i;
    frame.time_ms = i * 40;
    frame.still = true;
    tracker_.add(frame);
  }
  EXPECT_EQ(world_.looks, looks);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(covered(i, at(0.5))) << i;
}

}  // namespace
}  // namespace cumulet::vision
