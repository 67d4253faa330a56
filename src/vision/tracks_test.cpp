#include "vision/tracks.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "vision/cover_plan.hpp"
#include "vision/video_info.hpp"

namespace cumulet::vision {
namespace {

TimedFace sighting(std::int64_t time, double left, double confidence = 90, double size = 0.1) {
  Face face;
  face.box = {left, 0.4, size, size};
  face.confidence = confidence;
  return {time, face};
}

bool encloses(const Box& outer, const Box& inner) {
  return outer.left <= inner.left && outer.top <= inner.top && outer.right() >= inner.right() &&
         outer.bottom() >= inner.bottom();
}

bool covered(const CoverPlan& plan, std::int64_t time, const Box& face) {
  for (const Box& box : plan.at(time)) {
    if (encloses(box, face)) return true;
  }
  return false;
}

TEST(Tracks, TwoFacesThatPassEachOtherStayTwoTracks) {
  std::vector<TimedFace> faces;
  for (int i = 0; i < 20; ++i) {
    faces.push_back(sighting(i * 80, 0.1 + i * 0.03));
    TimedFace other = sighting(i * 80, 0.7 - i * 0.03);
    other.face.box.top = 0.46;
    faces.push_back(other);
  }
  EXPECT_EQ(associate(faces, {}).size(), 2U);
}

TEST(Tracks, AWeakSpellKeepsTheTrackAndIsReported) {
  std::vector<TimedFace> faces;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 30; ++i) {
    times.push_back(i * 80);
    faces.push_back(sighting(i * 80, 0.3, i >= 5 && i < 25 ? 20 : 90));
  }
  const auto believed = believed_faces(faces, {times}, {});
  ASSERT_EQ(believed.size(), 30U);
  // Who drops faces below 50 % must not lose one that was followed through a weak spell.
  EXPECT_EQ(believed[0].face.confidence, 90);
  EXPECT_EQ(believed[10].face.confidence, 55);
}

TEST(Tracks, WeakSightingsBeforeTheFirstSureOneCount) {
  std::vector<TimedFace> faces;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 10; ++i) {
    times.push_back(i * 80);
    faces.push_back(sighting(i * 80, 0.3, i < 8 ? 25 : 90));
  }
  EXPECT_EQ(believed_faces(faces, {times}, {}).front().timestamp_ms, 0);
}

TEST(Tracks, NoiseAloneIsNoFace) {
  std::vector<TimedFace> faces;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 30; ++i) {
    times.push_back(i * 80);
    faces.push_back(sighting(i * 80, 0.3, 35));
  }
  EXPECT_TRUE(believed_faces(faces, {times}, {}).empty());
}

TEST(Tracks, GapsAreFilledAtTheSampledTimes) {
  const auto faces = believed_faces({sighting(0, 0.2), sighting(400, 0.3)}, {{0, 100, 200, 300, 400}}, {});
  ASSERT_EQ(faces.size(), 5U);
  EXPECT_EQ(faces[2].timestamp_ms, 200);
  EXPECT_NEAR(faces[2].face.box.left, 0.25, 1e-9);
}

TEST(Tracks, CascadesCarryFacesOn) {
  Belief belief;
  belief.carry_ms = 200;
  const auto faces = believed_faces({sighting(300, 0.2)}, {{0, 100, 200, 300, 400, 500, 600}}, belief);
  ASSERT_EQ(faces.size(), 5U);
  EXPECT_EQ(faces.front().timestamp_ms, 100);
  EXPECT_EQ(faces.back().timestamp_ms, 500);
}

TEST(Tracks, NothingIsFilledAcrossACut) {
  const auto believed =
      believed_faces({sighting(0, 0.2), sighting(400, 0.2)}, {{0, 100, 200, 300, 400}, {100, 400}}, {});
  ASSERT_EQ(believed.size(), 2U);
  EXPECT_EQ(believed[0].timestamp_ms, 0);
  EXPECT_EQ(believed[1].timestamp_ms, 400);
}

TEST(Tracks, DoublesOfOneFrameBecomeOne) {
  const auto face = [](double left, double confidence) { return sighting(0, left, confidence).face; };
  const auto once = without_doubles({face(0.2, 90), face(0.5, 30), face(0.21, 95), face(0.51, 80), face(0.8, 70)}, 60);
  ASSERT_EQ(once.size(), 3U);
  EXPECT_EQ(once[0].box.left, 0.2);  // both are certain: the first look's box
  EXPECT_EQ(once[1].box.left, 0.51);
  EXPECT_EQ(once[2].box.left, 0.8);
}

TEST(CoverPlan, CoversBeforeBetweenAndAfter) {
  const CoverPlan plan({sighting(1000, 0.2), sighting(1080, 0.22), sighting(1160, 0.24)}, {});
  EXPECT_TRUE(plan.at(799).empty());
  EXPECT_TRUE(covered(plan, 800, sighting(0, 0.2).face.box));
  EXPECT_TRUE(covered(plan, 1040, sighting(0, 0.21).face.box));
  EXPECT_TRUE(covered(plan, 1360, sighting(0, 0.24).face.box));
  EXPECT_TRUE(plan.at(1361).empty());
}

TEST(CoverPlan, AFaceThatWalksOnIsCoveredWhereItWasGoing) {
  std::vector<TimedFace> faces;
  for (int i = 0; i <= 10; ++i) faces.push_back(sighting(1000 + i * 80, 0.2 + i * 0.02));
  const CoverPlan plan(faces, {});
  // 160 ms on at the same speed, and as long before.
  EXPECT_TRUE(covered(plan, 1960, sighting(0, 0.44).face.box));
  EXPECT_TRUE(covered(plan, 840, sighting(0, 0.16).face.box));
}

TEST(CoverPlan, SparseSightingsAsRekognitionGivesThem) {
  // Two a second, a face that moves more than its width from one to the next.
  const CoverPlan plan({sighting(0, 0.1), sighting(500, 0.22), sighting(1000, 0.34)}, {});
  for (std::int64_t time = 0; time <= 1000; time += 40) {
    EXPECT_TRUE(covered(plan, time, sighting(0, 0.1 + 0.24 * static_cast<double>(time) / 1000).face.box)) << time;
  }
}

TEST(CoverPlan, AGapIsNotBridgedWhereTheVideoWasLookedAtThroughout) {
  CoverOptions looked_at;
  looked_at.interval_ms = 85;
  const std::vector<TimedFace> faces{sighting(1000, 0.2), sighting(1080, 0.2), sighting(2000, 0.2)};
  const Box box = faces[0].face.box;
  for (const std::int64_t time : {900, 1040, 1250, 1810, 2150}) {
    EXPECT_TRUE(covered(CoverPlan(faces, looked_at), time, box)) << time;
  }
  EXPECT_TRUE(CoverPlan(faces, looked_at).at(1500).empty());
  EXPECT_FALSE(CoverPlan(faces, {}).at(1500).empty());
}

TEST(Tracks, AFaceThatLeapsFromFrameToFrameIsOneTrack) {
  std::vector<TimedFace> faces;
  for (int i = 0; i < 6; ++i) faces.push_back(sighting(i * 40, 0.05 + i * 0.16));
  EXPECT_EQ(associate(faces, {}).size(), 1U);
  for (auto& face : faces) face.timestamp_ms *= 10;  // too far for slow ones
  EXPECT_GT(associate(faces, {}).size(), 1U);
}

TEST(CoverPlan, LeavesOutWhatIsNoBox) {
  TimedFace empty = sighting(0, 0.2), endless = sighting(0, 0.2);
  empty.face.box.width = 0;
  endless.face.box.left = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(CoverPlan({empty, endless}, {}).at(0).empty());
}

TEST(Orientation, MapsDisplayedBoxesBackToCodedOnes) {
  // Displayed after a clockwise quarter turn, the coded picture's bottom left is at the top left.
  const Box box = Orientation{1, false}.to_coded(Box{0, 0, 0.2, 0.1});
  EXPECT_NEAR(box.left, 0, 1e-9);
  EXPECT_NEAR(box.bottom(), 1, 1e-9);
  EXPECT_NEAR(box.width, 0.1, 1e-9);
  EXPECT_NEAR(box.height, 0.2, 1e-9);
}

}  // namespace
}  // namespace cumulet::vision
