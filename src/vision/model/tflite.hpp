#pragma once
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cumulet::vision {

// Of a file that is no model, or not the one it should be. The words follow "the face model ...".
inline constexpr ErrorKind kBadModel{"BadModel", 500};

// A reader of TensorFlow Lite's files, of as much of them as a network of convolutions needs.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/schema/schema.fbs

enum class TfliteOp {
  other,
  add,
  conv,
  depthwise_conv,
  dequantize,
  max_pool,
  relu,
  reshape,
  resize_bilinear,
  pad,
};

enum class TfliteType { other, f32, f16, i32 };

struct TfliteTensor {
  std::vector<int> shape;  // each 1..65536, at most 8 of them
  TfliteType type = TfliteType::other;
  std::string_view bytes;  // of a constant; empty: computed
};

struct TfliteOperator {
  TfliteOp op = TfliteOp::other;
  std::vector<int> inputs, outputs;  // places in TfliteGraph::tensors; at most 8 of each
  // conv, depthwise_conv, max_pool
  int stride = 1;
  int window = 0;  // max_pool
  bool pads_same = false;
  // A fused activation, dilation, a depth multiplier, unequal strides, aligned corners, ...: options that the networks
  // read here do not use.
  bool has_unusual_options = false;
};

// Of the first subgraph.
struct TfliteGraph {
  std::vector<TfliteTensor> tensors;      // at most 4096
  std::vector<TfliteOperator> operators;  // at most 4096, each after those whose results it takes
  std::vector<int> inputs, outputs;
};

bool is_tflite(std::string_view bytes);

// The graph, whose constants are views of `bytes`. Error kBadModel where the bytes are no such file, end
// early, point outside of themselves, or hold more than the limits above.
Result<TfliteGraph> read_tflite(std::string_view bytes);

// The numbers of a constant of type f32 or f16; empty for any other, and where its bytes are not of its shape's size.
std::vector<float> constant_numbers(const TfliteTensor& tensor);

}  // namespace cumulet::vision
