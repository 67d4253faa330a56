#include "vision/detect/full_range_network.hpp"

#include <algorithm>
#include <memory>

#include "vision/detect/row_sums.hpp"

namespace cumulet::vision {
namespace {

using rows::Activation;
using rows::FeatureMap;
using rows::Layer;
using rows::RowSource;
using rows::Shape;
using rows::Workspace;

constexpr int kPadding = 32;  // the coarsest features' step in pixels

int padded(int side) { return (side + kPadding - 1) / kPadding * kPadding; }

Layer layer_of(const ConvWeights& from, Activation activation) {
  Layer layer = from.kernel == 3 ? rows::stem_layer(from.inputs, from.outputs, activation)
                                 : rows::pointwise_layer(from.inputs, from.outputs, activation);
  for (int output = 0; output < from.outputs; ++output) {
    layer.biases[static_cast<std::size_t>(output)] = from.bias[static_cast<std::size_t>(output)];
    for (int tap = 0; tap < layer.taps; ++tap)
      layer.weight(tap, output) = from.weights[static_cast<std::size_t>(output) * layer.taps + tap];
  }
  return layer;
}

Layer layer_of(const DepthwiseWeights& from) {
  Layer layer = rows::depthwise_layer(from.channels, Activation::none);
  for (int channel = 0; channel < from.channels; ++channel) {
    layer.biases[static_cast<std::size_t>(channel)] = from.bias[static_cast<std::size_t>(channel)];
    for (int tap = 0; tap < layer.taps; ++tap)
      layer.weight(tap, channel) = from.weights[static_cast<std::size_t>(tap) * from.channels + channel];
  }
  return layer;
}

FullRangeLayers::Block layers_of(const BlockWeights& from) {
  return {from.stride, layer_of(from.first), layer_of(from.narrow, Activation::relu), layer_of(from.second),
          layer_of(from.wide, Activation::none)};
}

// The latest rows of a map, each with a pixel of zeros before and behind it; row y lies where row y - `count` lay.
class Ring {
 public:
  Ring(int count, int width, int channels, Workspace& workspace)
      : count_(count), pixel_(static_cast<std::size_t>(rows::padded_channels(channels))), width_(width) {
    zeros_ = workspace.take(size());
    std::fill_n(zeros_, size(), 0.F);
    first_ = workspace.take(size() * count);
    for (int y = 0; y < count; ++y) {
      std::fill_n(row(y) - pixel_, pixel_, 0.F);
      std::fill_n(row(y) + pixel_ * width, pixel_, 0.F);
    }
  }
  // From its first pixel on.
  float* row(int y) { return first_ + static_cast<std::size_t>(y % count_) * size() + pixel_; }
  const float* zeros() const { return zeros_ + pixel_; }
  std::size_t pixel() const { return pixel_; }

 private:
  std::size_t size() const { return pixel_ * (static_cast<std::size_t>(width_) + 2); }
  int count_;
  std::size_t pixel_;
  int width_;
  float* zeros_;
  float* first_;
};

// Takes the next row of `source` into the ring.
void take_row(RowSource& source, Ring& ring, int y) {
  float* room = ring.row(y);
  const float* row = source.next(room);
  if (row != room) std::copy_n(row, source.shape().row(), room);
}

// The picture's first features, at half its size: a 3x3 convolution whose even steps begin with the first pixel.
class StemRows final : public RowSource {
 public:
  StemRows(const rows::PictureView& picture, const Layer& stem, Workspace& workspace)
      : RowSource({padded(picture.height) / 2, padded(picture.width) / 2, stem.outputs}),
        picture_(picture),
        stem_(stem),
        row_floats_(3 * (static_cast<std::size_t>(padded(picture.width)) + 1)) {
    for (float*& row : ring_) {
      row = workspace.take(row_floats_);
      std::fill_n(row, row_floats_, 0.F);  // the pixel behind the last stays 0
    }
    nothing_ = workspace.take(row_floats_);
    std::fill_n(nothing_, row_floats_, 0.F);
  }

  const float* next(float* room) override {
    // The row above is the one that was below before.
    if (y_ == 0) fill(0);
    fill(2 * y_ + 1);
    const bool last = y_ + 1 == shape().height;
    if (!last) fill(2 * y_ + 2);
    rows::stem3x3(stem_, {ring_[2 * y_ % 3], ring_[(2 * y_ + 1) % 3], last ? nothing_ : ring_[(2 * y_ + 2) % 3]},
                  shape().width, room);
    ++y_;
    return room;
  }

 private:
  // Bytes to -1..1; black where the picture has ended.
  void fill(int y) {
    float* out = ring_[y % 3];
    const int count = y < picture_.height ? 3 * picture_.width : 0;
    if (count > 0)
      rows::floats_of(picture_.bytes + static_cast<std::size_t>(y) * picture_.stride, count, 1 / 127.5F, -1, out);
    std::fill(out + count, out + row_floats_ - 3, -1.F);
  }

  const rows::PictureView picture_;
  const Layer& stem_;
  const std::size_t row_floats_;
  float* ring_[3];
  float* nothing_;
  int y_ = 0;
};

class BlockRows final : public RowSource {
 public:
  BlockRows(RowSource& source, const FullRangeLayers::Block& layers, Workspace& workspace)
      : RowSource({source.shape().height / layers.stride, source.shape().width / layers.stride, layers.wide.outputs}),
        source_(source),
        layers_(layers),
        input_(4, source.shape().width, source.shape().channels, workspace),
        narrow_(3, shape().width, layers.narrow.outputs, workspace),
        halved_(2, shape().width, source.shape().channels, workspace) {
    between_ = workspace.take(static_cast<std::size_t>(shape().width) * std::max(input_.pixel(), narrow_.pixel()));
  }

  const float* next(float* room) override {
    while (narrowed_ < std::min(y_ + 2, shape().height)) make_narrow(narrowed_++);
    rows::depthwise3x3(layers_.second, {narrow(y_ - 1), narrow(y_), narrow(y_ + 1)}, shape().width, 1, between_);
    rows::pointwise(layers_.wide, between_, shape().width, room);
    const float* beside = layers_.stride == 2 ? halved_.row(y_) : input_.row(y_);
    rows::add_and_relu(beside, source_.shape().channels, shape().channels, shape().width, room);
    ++y_;
    return room;
  }

 private:
  void make_narrow(int y) {
    const int stride = layers_.stride;
    for (; taken_ < std::min(stride * y + (stride == 2 ? 3 : 2), source_.shape().height); ++taken_)
      take_row(source_, input_, taken_);
    if (stride == 2) {
      // Even steps begin with the first pixel, as the stem's.
      const float* below = 2 * y + 2 < source_.shape().height ? input_.row(2 * y + 2) : input_.zeros();
      rows::depthwise3x3(layers_.first, {input_.row(2 * y), input_.row(2 * y + 1), below}, shape().width, 2, between_);
      rows::max_pool2x2(input_.row(2 * y), input_.row(2 * y + 1), source_.shape().channels, shape().width,
                        halved_.row(y));
    } else {
      rows::depthwise3x3(layers_.first, {before(input_, y - 1), before(input_, y), before(input_, y + 1)},
                         shape().width, 1, between_);
    }
    rows::pointwise(layers_.narrow, between_, shape().width, narrow_.row(y));
  }
  const float* narrow(int y) { return before(narrow_, y); }
  // From the zero before the first pixel on; zeros where there is no row.
  const float* before(Ring& ring, int y) const {
    return (y < 0 || y >= shape().height ? ring.zeros() : ring.row(y)) - ring.pixel();
  }

  RowSource& source_;
  const FullRangeLayers::Block& layers_;
  Ring input_, narrow_, halved_;
  float* between_;
  int y_ = 0, narrowed_ = 0, taken_ = 0;
};

// 1x1 of `fine`, plus 1x1 of `coarse` enlarged to twice its size.
class MergeRows final : public RowSource {
 public:
  MergeRows(const FeatureMap& fine, RowSource& coarse, const FullRangeLayers::Merge& layers, Workspace& workspace)
      : RowSource({fine.shape.height, fine.shape.width, layers.fine.outputs}),
        fine_(fine),
        coarse_(coarse),
        layers_(layers),
        ring_(3, coarse.shape().width, layers.coarse.outputs, workspace) {
    input_ = workspace.take(coarse.shape().row());
  }

  const float* next(float* room) override {
    // An even row lies a quarter above the middle of its coarse one, an odd row a quarter below.
    const int near = y_ / 2, far = std::clamp(near + (y_ % 2 == 0 ? -1 : 1), 0, coarse_.shape().height - 1);
    for (; taken_ <= std::max(near, far); ++taken_)
      rows::pointwise(layers_.coarse, coarse_.next(input_), coarse_.shape().width, ring_.row(taken_));
    rows::pointwise(layers_.fine, fine_.row(y_), shape().width, room);
    rows::add_enlarged(ring_.row(near), ring_.row(far), shape().channels, coarse_.shape().width, room);
    ++y_;
    return room;
  }

 private:
  const FeatureMap fine_;
  RowSource& coarse_;
  const FullRangeLayers::Merge& layers_;
  Ring ring_;
  float* input_;
  int y_ = 0, taken_ = 0;
};

}  // namespace

FullRangeLayers full_range_layers(const FullRangeWeights& weights) {
  FullRangeLayers out;
  out.stem = layer_of(weights.stem, Activation::relu);
  for (int output = 0; output < weights.stem.outputs; ++output)  // pictures are BGR, the network is of RGB
    for (int pixel = 0; pixel < 9; ++pixel)
      std::swap(out.stem.weight(3 * pixel, output), out.stem.weight(3 * pixel + 2, output));
  for (std::size_t stage = 0; stage < out.stages.size(); ++stage)
    for (const BlockWeights& block : weights.stages[stage]) out.stages[stage].push_back(layers_of(block));
  for (std::size_t merge = 0; merge < out.merges.size(); ++merge) {
    out.merges[merge].coarse = layer_of(weights.merges[merge].coarse, Activation::relu);
    out.merges[merge].fine = layer_of(weights.merges[merge].fine, Activation::relu);
    for (const BlockWeights& block : weights.merges[merge].blocks) out.merges[merge].blocks.push_back(layers_of(block));
  }
  out.score = layer_of(weights.score, Activation::none);
  out.box = layer_of(weights.box, Activation::none);
  return out;
}

void run_full_range(const FullRangeLayers& layers, const rows::PictureView& picture, float lowest, Workspace& workspace,
                    std::vector<FullRangeCell>& cells) {
  workspace.rewind();
  std::vector<std::unique_ptr<RowSource>> sources;
  RowSource* at = sources.emplace_back(std::make_unique<StemRows>(picture, layers.stem, workspace)).get();
  const auto add_blocks = [&](const std::vector<FullRangeLayers::Block>& blocks) {
    for (const auto& block : blocks)
      at = sources.emplace_back(std::make_unique<BlockRows>(*at, block, workspace)).get();
  };
  std::array<FeatureMap, 3> ends;  // the merges take them once more
  for (std::size_t stage = 0; stage < layers.stages.size(); ++stage) {
    add_blocks(layers.stages[stage]);
    if (stage == ends.size()) break;
    ends[stage] = rows::store(*at, workspace);
    at = sources.emplace_back(std::make_unique<rows::StoredRows>(ends[stage])).get();
  }
  for (std::size_t merge = 0; merge < layers.merges.size(); ++merge) {
    at = sources.emplace_back(std::make_unique<MergeRows>(ends[2 - merge], *at, layers.merges[merge], workspace)).get();
    add_blocks(layers.merges[merge].blocks);
  }

  cells.clear();
  const Shape shape = at->shape();
  float* room = workspace.take(shape.row());
  float* scores = workspace.take(static_cast<std::size_t>(shape.width) * rows::kChannelStep);
  float* numbers = workspace.take(rows::kChannelStep);
  for (int y = 0; y < shape.height; ++y) {
    const float* row = at->next(room);
    rows::pointwise(layers.score, row, shape.width, scores);
    for (int x = 0; x < shape.width; ++x) {
      const float score = scores[static_cast<std::size_t>(x) * rows::kChannelStep];
      if (!(score >= lowest)) continue;
      rows::pointwise(layers.box, row + static_cast<std::size_t>(x) * shape.pixel(), 1, numbers);
      FullRangeCell& cell = cells.emplace_back();
      cell.column = x;
      cell.row = y;
      cell.score = score;
      std::copy_n(numbers, cell.numbers.size(), cell.numbers.begin());
    }
  }
}

}  // namespace cumulet::vision
