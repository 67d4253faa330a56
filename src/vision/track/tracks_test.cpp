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
