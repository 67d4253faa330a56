#pragma once
#include <vector>

#include "vision/detect/yunet_network.hpp"
#include "vision/face/face.hpp"

namespace cumulet::vision {

// Adds to `faces` those of the cells that are faces with a confidence of `least_confidence` (0..100) or more, in the
// order of strides, rows, columns. `width` and `height` are those of the picture without its padding, in pixels.
void add_faces(const YuNetCells& cells, int width, int height, double least_confidence, std::vector<Face>& faces);

// Non-maximum suppression: of faces that overlap (intersection over union) by more than `most_overlap`, the surest
// stays, of equally sure ones the first. Those that stay are ordered by confidence, the surest first.
void suppress_overlapping(std::vector<Face>& faces, double most_overlap);

}  // namespace cumulet::vision
