#include "vision/track/tracks.hpp"

#include <gtest/gtest.h>

namespace cumulet::vision {
namespace {

TimedFace sighting(std::int64_t time, double left, double confidence = 90, double size = 0.1) {
  Face face;
  face.box = {left, 0.4, size, size};
  face.confidence = confidence;
  return {time, face};
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

TEST(Tracks, FacesAreCarriedOn) {
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

TEST(Tracks, AFaceThatLeapsFromFrameToFrameIsOneTrack) {
  std::vector<TimedFace> faces;
  for (int i = 0; i < 6; ++i) faces.push_back(sighting(i * 40, 0.05 + i * 0.16));
  EXPECT_EQ(associate(faces, {}).size(), 1U);
  for (auto& face : faces) face.timestamp_ms *= 10;  // too far for slow ones
  EXPECT_GT(associate(faces, {}).size(), 1U);
}

}  // namespace
}  // namespace cumulet::vision
