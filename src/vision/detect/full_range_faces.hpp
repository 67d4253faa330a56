#pragma once
#include <vector>

#include "vision/detect/full_range_network.hpp"
#include "vision/face/face.hpp"

namespace cumulet::vision {

// The least logit of a cell whose face has that confidence (0..100).
float full_range_logit(double confidence);

// What the cells of a picture of `width` by `height` pixels say, faces of ratios of it. Adds to `faces`.
// - Confidence: MediaPipe's scores are lower than YuNet's for faces that are as sure; they are raised so that the
//   same confidence is worth the same with both.
// - The box: MediaPipe's is a square from the brows to the chin; made as tall as YuNet's, from the hair to the chin.
// - Landmarks: eyes and nose are the network's. Of the mouth it knows the middle; its corners are put to either side
//   of that, along the line of the eyes, as far as they are in a face at rest.
void add_faces(const std::vector<FullRangeCell>& cells, int width, int height, std::vector<Face>& faces);

// MediaPipe's "weighted" non-maximum suppression: those that overlap the surest one become one with it, whose box and
// landmarks are the mean by confidence; and so on with the rest. The surest first. Of more than 2,000 only those are
// looked at.
std::vector<Face> merged_faces(std::vector<Face> faces);

}  // namespace cumulet::vision
