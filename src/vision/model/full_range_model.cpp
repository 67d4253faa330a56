#include "vision/model/full_range_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "vision/model/tflite.hpp"

namespace cumulet::vision {
namespace {

constexpr int kSide = 192;  // of the pictures that the file is written for
constexpr int kStemChannels = 32;

// Channels within and after a block.
struct BlockShape {
  int narrow, wide, stride;
};
const std::array<std::vector<BlockShape>, 4> kStages{{
    {{8, 32, 1}, {8, 32, 1}, {12, 48, 2}, {12, 48, 1}, {16, 64, 1}},
    {{24, 96, 2}, {32, 128, 1}, {32, 128, 1}},
    {{36, 144, 2}, {48, 192, 1}, {64, 256, 1}},
    {{96, 384, 2}, {96, 384, 1}, {96, 384, 1}, {96, 384, 1}},
}};
struct MergeShape {
  int narrow, channels, blocks;
};
constexpr MergeShape kMerges[] = {{48, 96, 2}, {32, 64, 2}, {24, 48, 1}};
constexpr int kBoxNumbers = 16;

// Follows the graph from its input on. What is not as expected makes everything after it fail.
class Walk {
 public:
  explicit Walk(const TfliteGraph& graph) : graph_(graph), used_(graph.operators.size()) {}

  bool failed() const { return failed_; }
  bool used_everything() const {
    return std::ranges::all_of(used_, [](bool used) { return used; });
  }

  // The result of the operator of that kind that takes `input` (and, where given, `other` too). -1: there is none.
  int after(TfliteOp op, int input, int other = -1) {
    const TfliteOperator* found = find(op, [&](const TfliteOperator& candidate) {
      if (other < 0) return candidate.inputs[0] == input;
      return candidate.inputs.size() == 2 && ((candidate.inputs[0] == input && candidate.inputs[1] == other) ||
                                              (candidate.inputs[0] == other && candidate.inputs[1] == input));
    });
    check(other < 0 || channels(other) == channels(input));
    return op == TfliteOp::reshape ? result(found) : result(found, channels(input));
  }

  int conv(int input, int kernel, int outputs, int stride, ConvWeights& out) {
    const int inputs = channels(input);
    const TfliteOperator* found = find(TfliteOp::conv, [&](const TfliteOperator& candidate) {
      return candidate.inputs[0] == input && candidate.inputs.size() == 3 && candidate.stride == stride &&
             (kernel == 1 || candidate.pads_same) &&
             shape(candidate.inputs[1]) == std::vector<int>{outputs, kernel, kernel, inputs};
    });
    if (found == nullptr) return -1;
    out = {inputs, outputs, kernel, constant(found->inputs[1]), constant(found->inputs[2])};
    check(out.bias.size() == static_cast<std::size_t>(outputs));
    return result(found, outputs);
  }

  int depthwise(int input, int stride, DepthwiseWeights& out) {
    const int inputs = channels(input);
    const TfliteOperator* found = find(TfliteOp::depthwise_conv, [&](const TfliteOperator& candidate) {
      return candidate.inputs[0] == input && candidate.inputs.size() == 3 && candidate.stride == stride &&
             candidate.pads_same && shape(candidate.inputs[1]) == std::vector<int>{1, 3, 3, inputs};
    });
    if (found == nullptr) return -1;
    out = {inputs, constant(found->inputs[1]), constant(found->inputs[2])};
    check(out.bias.size() == static_cast<std::size_t>(inputs));
    return result(found, inputs);
  }

  int pool(int input) {
    const TfliteOperator* found = find(TfliteOp::max_pool, [&](const TfliteOperator& candidate) {
      return candidate.inputs[0] == input && candidate.stride == 2 && candidate.window == 2;
    });
    return result(found, channels(input));
  }

  // `input` with channels of 0 behind its own.
  int pad(int input, int outputs) {
    const TfliteOperator* found = find(TfliteOp::pad, [&](const TfliteOperator& candidate) {
      return candidate.inputs[0] == input && candidate.inputs.size() == 2 &&
             whole_numbers(candidate.inputs[1]) == std::vector<int>{0, 0, 0, 0, 0, 0, 0, outputs - channels(input)};
    });
    return result(found, outputs);
  }

  int doubled(int input) {
    const std::vector<int> from = shape(input);
    if (from.size() != 4) return -1;
    const TfliteOperator* found = find(TfliteOp::resize_bilinear, [&](const TfliteOperator& candidate) {
      return candidate.inputs[0] == input && candidate.inputs.size() == 2 &&
             whole_numbers(candidate.inputs[1]) == std::vector<int>{2 * from[1], 2 * from[2]};
    });
    return result(found, channels(input));
  }

  std::vector<int> shape(int tensor) const {
    return tensor < 0 ? std::vector<int>() : graph_.tensors[static_cast<std::size_t>(tensor)].shape;
  }
  int channels(int tensor) const {
    const std::vector<int> sides = shape(tensor);
    return sides.size() == 4 ? sides[3] : 0;
  }
  void check(bool holds) { failed_ = failed_ || !holds; }

 private:
  // The tensor that the operator makes. What the file says of its channels must be so: the next weights go by it.
  int result(const TfliteOperator* made, int outputs = 0) {
    if (made == nullptr) return -1;
    check(outputs == 0 || channels(made->outputs[0]) == outputs);
    return made->outputs[0];
  }

  template <class Is>
  const TfliteOperator* find(TfliteOp op, const Is& is) {
    for (std::size_t i = 0; i < graph_.operators.size() && !failed_; ++i) {
      const TfliteOperator& candidate = graph_.operators[i];
      if (candidate.op != op || used_[i] || candidate.inputs.empty() || candidate.outputs.size() != 1) continue;
      if (candidate.has_unusual_options || candidate.inputs[0] < 0 || candidate.outputs[0] < 0 || !is(candidate))
        continue;
      used_[i] = true;
      return &candidate;
    }
    failed_ = true;
    return nullptr;
  }

  // A constant tensor, given as it is or as half-precision numbers that an operator of the graph makes whole.
  std::vector<float> constant(int tensor) {
    if (tensor < 0) return failed_ = true, std::vector<float>();
    const TfliteTensor* given = &graph_.tensors[static_cast<std::size_t>(tensor)];
    if (given->bytes.empty()) {
      const TfliteOperator* made =
          find(TfliteOp::dequantize, [&](const TfliteOperator& candidate) { return candidate.outputs[0] == tensor; });
      if (made == nullptr) return {};
      const TfliteTensor& half = graph_.tensors[static_cast<std::size_t>(made->inputs[0])];
      check(half.shape == given->shape);
      given = &half;
    }
    std::vector<float> numbers = constant_numbers(*given);
    check(!numbers.empty() && std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); }));
    return numbers;
  }

  std::vector<int> whole_numbers(int tensor) const {
    if (tensor < 0) return {};
    const TfliteTensor& given = graph_.tensors[static_cast<std::size_t>(tensor)];
    if (given.type != TfliteType::i32 || given.bytes.size() > 64) return {};
    std::vector<int> out(given.bytes.size() / sizeof(int));
    if (!out.empty()) std::memcpy(out.data(), given.bytes.data(), out.size() * sizeof(int));
    return out;
  }

  const TfliteGraph& graph_;
  std::vector<bool> used_;
  bool failed_ = false;
};

// The features after the block.
int take_block(Walk& walk, int input, const BlockShape& shape, BlockWeights& out) {
  out.stride = shape.stride;
  int at = walk.depthwise(input, shape.stride, out.first);
  at = walk.after(TfliteOp::relu, walk.conv(at, 1, shape.narrow, 1, out.narrow));
  at = walk.conv(walk.depthwise(at, 1, out.second), 1, shape.wide, 1, out.wide);
  int beside = shape.stride == 2 ? walk.pool(input) : input;
  if (walk.channels(beside) < shape.wide) beside = walk.pad(beside, shape.wide);
  return walk.after(TfliteOp::relu, walk.after(TfliteOp::add, beside, at));
}

// The features after merging `coarse` into `fine`.
int take_merge(Walk& walk, int coarse, int fine, const MergeShape& shape, MergeWeights& out) {
  coarse = walk.after(TfliteOp::relu, walk.conv(coarse, 1, shape.channels, 1, out.coarse));
  fine = walk.after(TfliteOp::relu, walk.conv(fine, 1, shape.channels, 1, out.fine));
  int at = walk.after(TfliteOp::add, fine, walk.doubled(coarse));
  for (int i = 0; i < shape.blocks; ++i)
    at = take_block(walk, at, {shape.narrow, shape.channels, 1}, out.blocks.emplace_back());
  return at;
}

}  // namespace

Result<FullRangeWeights> read_full_range(std::string_view bytes) {
  CUMULET_TRY(const TfliteGraph graph, read_tflite(bytes));
  const Error other{kBadModel,
                    "is a TensorFlow Lite model of something else: it is not MediaPipe's full-range face detector"};
  if (graph.inputs.size() != 1 || graph.inputs[0] < 0 || graph.outputs.size() != 2) return other;
  Walk walk(graph);
  FullRangeWeights out;
  int at = graph.inputs[0];
  if (at >= static_cast<int>(graph.tensors.size()) || walk.shape(at) != std::vector<int>{1, kSide, kSide, 3})
    return other;
  at = walk.after(TfliteOp::relu, walk.conv(at, 3, kStemChannels, 2, out.stem));
  std::array<int, 4> ends{};
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    for (const BlockShape& shape : kStages[stage]) at = take_block(walk, at, shape, out.stages[stage].emplace_back());
    ends[stage] = at;
  }
  for (std::size_t merge = 0; merge < out.merges.size(); ++merge)
    at = take_merge(walk, at, ends[2 - merge], kMerges[merge], out.merges[merge]);
  const int score = walk.after(TfliteOp::reshape, walk.conv(at, 1, 1, 1, out.score));
  const int box = walk.after(TfliteOp::reshape, walk.conv(at, 1, kBoxNumbers, 1, out.box));
  if (walk.failed() || !walk.used_everything()) return other;
  if (!std::ranges::is_permutation(graph.outputs, std::array{score, box})) return other;
  return out;
}

}  // namespace cumulet::vision
