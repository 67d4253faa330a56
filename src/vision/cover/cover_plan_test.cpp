#include "vision/cover/cover_plan.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "vision/cover/painter.hpp"

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
  for (const Placement& placement : plan.at(time)) {
    Oval drawn = placement.oval;
    drawn.width *= CoverLook{}.scale, drawn.height *= CoverLook{}.scale;
    if (encloses(box_around(drawn, 1), face)) return true;
  }
  return false;
}

TEST(CoverPlan, CoversBeforeBetweenAndAfter) {
  const CoverPlan plan({sighting(1000, 0.2), sighting(1080, 0.22), sighting(1160, 0.24)}, {}, 1);
  EXPECT_TRUE(plan.at(799).empty());
  EXPECT_TRUE(covered(plan, 800, sighting(0, 0.2).face.box));
  EXPECT_TRUE(covered(plan, 1040, sighting(0, 0.21).face.box));
  EXPECT_TRUE(covered(plan, 1360, sighting(0, 0.24).face.box));
  EXPECT_TRUE(plan.at(1361).empty());
}

TEST(CoverPlan, AFaceThatWalksOnIsCoveredWhereItWasGoing) {
  std::vector<TimedFace> faces;
  for (int i = 0; i <= 10; ++i) faces.push_back(sighting(1000 + i * 80, 0.2 + i * 0.02));
  const CoverPlan plan(faces, {}, 1);
  // 160 ms on at the same speed, and as long before.
  EXPECT_TRUE(covered(plan, 1960, sighting(0, 0.44).face.box));
  EXPECT_TRUE(covered(plan, 840, sighting(0, 0.16).face.box));
}

TEST(CoverPlan, SparseSightingsAsRekognitionGivesThem) {
  // Two a second, a face that moves more than its width from one to the next.
  const CoverPlan plan({sighting(0, 0.1), sighting(500, 0.22), sighting(1000, 0.34)}, {}, 1);
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
    EXPECT_TRUE(covered(CoverPlan(faces, looked_at, 1), time, box)) << time;
  }
  EXPECT_TRUE(CoverPlan(faces, looked_at, 1).at(1500).empty());
  EXPECT_FALSE(CoverPlan(faces, {}, 1).at(1500).empty());
}

TEST(CoverPlan, SightingsThatKnowTheirTrackStayInIt) {
  // Two people who change places between two looks.
  std::vector<TimedFace> faces{sighting(0, 0.2), sighting(0, 0.6), sighting(200, 0.6), sighting(200, 0.2)};
  faces[0].track = faces[2].track = 1;
  faces[1].track = faces[3].track = 2;
  const CoverPlan plan(faces, {}, 1);
  EXPECT_TRUE(covered(plan, 100, sighting(0, 0.4).face.box));
  // Who followed them said where they begin and end: a cut may follow.
  EXPECT_TRUE(plan.at(240).empty());
}

TEST(CoverPlan, LeavesOutWhatIsNoBox) {
  TimedFace empty = sighting(0, 0.2), endless = sighting(0, 0.2);
  empty.face.box.width = 0;
  endless.face.box.left = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(CoverPlan({empty, endless}, {}, 1).at(0).empty());
}

}  // namespace
}  // namespace cumulet::vision
