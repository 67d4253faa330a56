#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "vision/detect/row_streams.hpp"
#include "vision/model/full_range_model.hpp"

namespace cumulet::vision {

// What the network says of one cell, a square of 4x4 pixels. Places are in pixels from the cell's middle, in the order
// x, y.
struct FullRangeCell {
  int column = 0, row = 0;
  float score = 0;  // a logit
  // The face's centre, its width and height, then the subject's right eye, left eye, nose tip, mouth's centre, right
  // and left ear.
  std::array<float, 16> numbers{};
};

// The network's weights in the order in which the rows' functions read them. Can be shared between threads.
struct FullRangeLayers {
  struct Block {
    int stride = 1;
    rows::Layer first, narrow, second, wide;
  };
  struct Merge {
    rows::Layer coarse, fine;
    std::vector<Block> blocks;
  };
  rows::Layer stem;
  std::array<std::vector<Block>, 4> stages;
  std::array<Merge, 3> merges;
  rows::Layer score, box;
};
FullRangeLayers full_range_layers(const FullRangeWeights& weights);

// Runs the network over a picture: `cells` becomes those whose score is at least `lowest`, row by row. The picture is
// BGR of any size from 1x1; up to the next multiple of 32 it counts as black to its right and below it.
void run_full_range(const FullRangeLayers& layers, const rows::PictureView& picture, float lowest,
                    rows::Workspace& workspace, std::vector<FullRangeCell>& cells);

}  // namespace cumulet::vision
