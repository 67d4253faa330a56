#pragma once
#include <array>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cumulet::vision {

// MediaPipe's full-range face detector, the network of face_detection_full_range.tflite: a picture's features at a
// quarter, an eighth, a sixteenth and a thirty-second of its size, put together again from the coarsest to the finest,
// where each cell of 4x4 pixels says whether a face has its centre there.
// https://github.com/google-ai-edge/mediapipe/tree/master/mediapipe/modules/face_detection
// The sizes in the file are of pictures of 192x192, but no weight depends on them: sides may be any multiple of 32.

// Convolution of `kernel` x `kernel`; [output][row][column][input] as in the file.
struct ConvWeights {
  int inputs = 0, outputs = 0, kernel = 1;
  std::vector<float> weights, bias;
};

// Depthwise convolution of 3x3; [row][column][channel].
struct DepthwiseWeights {
  int channels = 0;
  std::vector<float> weights, bias;
};

// depthwise -> 1x1 to few channels -> ReLU -> depthwise -> 1x1 to `wide.outputs` channels, added to the input, -> ReLU.
// Stride 2: the first depthwise has it, and the input is added with its 2x2 maxima. Where the output has more channels
// than the input, the input counts as 0 in those.
struct BlockWeights {
  int stride = 1;
  DepthwiseWeights first;
  ConvWeights narrow;
  DepthwiseWeights second;
  ConvWeights wide;
};

// ReLU(1x1 of the finer features) + ReLU(1x1 of the coarser ones), doubled in size bilinearly, -> blocks.
struct MergeWeights {
  ConvWeights coarse, fine;
  std::vector<BlockWeights> blocks;
};

struct FullRangeWeights {
  ConvWeights stem;                                 // 3x3 with stride 2 and ReLU; of R, G, B, each -1..1
  std::array<std::vector<BlockWeights>, 4> stages;  // each ends in features of half the size of the one before
  std::array<MergeWeights, 3> merges;               // with the features of stages 2, 1 and 0
  ConvWeights score, box;                           // 1x1: a logit; 16 numbers (detect/full_range_network.hpp)
};

// Takes the weights out of the file. The graph must be this network, operator by operator, of whatever order and
// whatever names. Error kBadModel (tflite.hpp): damaged, or a model of something else.
Result<FullRangeWeights> read_full_range(std::string_view bytes);

}  // namespace cumulet::vision
