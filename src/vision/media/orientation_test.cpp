#include "vision/media/orientation.hpp"

#include <gtest/gtest.h>

namespace cumulet::vision {
namespace {

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
