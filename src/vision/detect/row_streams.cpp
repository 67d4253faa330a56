#include "vision/detect/row_streams.hpp"

#include <algorithm>

namespace cumulet::vision::rows {

float* Workspace::take(std::size_t floats) {
  floats = (floats + kChannelStep - 1) / kChannelStep * kChannelStep;
  if (blocks_.empty() || blocks_.back().size() - used_ < floats) {
    constexpr std::size_t kLeastBlock = 1 << 16;
    blocks_.emplace_back(std::max(floats, kLeastBlock));
    used_ = 0;
  }
  float* room = blocks_.back().data() + used_;
  used_ += floats;
  return room;
}

void Workspace::rewind() {
  if (blocks_.size() > 1) {
    std::size_t total = 0;
    for (const AlignedFloats& block : blocks_) total += block.size();
    blocks_.clear();
    blocks_.emplace_back(total);
  }
  used_ = 0;
}

FeatureMap store(RowSource& source, Workspace& workspace) {
  const Shape shape = source.shape();
  const FeatureMap map{shape, workspace.take(shape.row() * static_cast<std::size_t>(shape.height))};
  for (int y = 0; y < shape.height; ++y) {
    float* room = map.row(y);
    if (const float* row = source.next(room); row != room) std::copy_n(row, shape.row(), room);
  }
  return map;
}

StemRows::StemRows(const PictureView& picture, int padded_width, int padded_height, const Layer& stem,
                   Workspace& workspace)
    : RowSource({padded_height / 2, padded_width / 2, stem.outputs}), picture_(picture), stem_(stem) {
  const std::size_t floats = static_cast<std::size_t>(stem.inputs) * static_cast<std::size_t>(padded_width + 1);
  zeros_ = workspace.take(floats);
  std::fill_n(zeros_, floats, 0.F);
  for (float*& row : ring_) {
    row = workspace.take(floats);
    std::fill_n(row, floats, 0.F);  // floats_of_row writes only what the picture covers
  }
}

const float* StemRows::floats_of_row(int y) {
  if (y < 0 || y >= picture_.height) return zeros_;
  float* row = ring_[y % 3];
  const std::uint8_t* bytes = picture_.bytes + picture_.stride * static_cast<std::size_t>(y);
  // The row above an output is the last of the three of the output before.
  if (y % 2 == 0 || y == 2 * y_ + 1) floats_of(bytes, stem_.inputs * picture_.width, 1, 0, row + stem_.inputs);
  return row;
}

const float* StemRows::next(float* room) {
  const float* above = floats_of_row(2 * y_ - 1);
  const float* middle = floats_of_row(2 * y_);
  const float* below = floats_of_row(2 * y_ + 1);
  stem3x3(stem_, {above, middle, below}, shape().width, room);
  ++y_;
  return room;
}

SeparableRows::SeparableRows(RowSource& source, const SeparableLayer& layer, Workspace& workspace)
    : RowSource({source.shape().height, source.shape().width, layer.depthwise.outputs}),
      source_(source),
      layer_(layer),
      input_(workspace.take(source.shape().row())) {
  const std::size_t pixel = shape().pixel(), floats = shape().row() + 2 * pixel;
  zeros_ = workspace.take(floats);
  std::fill_n(zeros_, floats, 0.F);
  for (float*& row : ring_) {
    row = workspace.take(floats);
    std::fill_n(row, pixel, 0.F);
    std::fill_n(row + floats - pixel, pixel, 0.F);
  }
}

void SeparableRows::fill_ring() {
  const float* input = source_.next(input_);
  pointwise(layer_.pointwise, input, shape().width, ring_[filled_++ % 3] + shape().pixel());
}

const float* SeparableRows::ring(int y) { return y < 0 || y >= shape().height ? zeros_ : ring_[y % 3]; }

const float* SeparableRows::next(float* room) {
  while (filled_ < std::min(y_ + 2, shape().height)) fill_ring();
  depthwise3x3(layer_.depthwise, {ring(y_ - 1), ring(y_), ring(y_ + 1)}, shape().width, 1, room);
  ++y_;
  return room;
}

PooledRows::PooledRows(RowSource& source, Workspace& workspace)
    : RowSource({source.shape().height / 2, source.shape().width / 2, source.shape().channels}),
      source_(source),
      upper_(workspace.take(source.shape().row())),
      lower_(workspace.take(source.shape().row())) {}

const float* PooledRows::next(float* room) {
  const float* upper = source_.next(upper_);
  const float* lower = source_.next(lower_);
  max_pool2x2(upper, lower, shape().channels, shape().width, room);
  return room;
}

const float* DoubledSumRows::next(float* room) {
  add_doubled(fine_.row(y_), coarse_.row(y_ / 2), shape().channels, shape().width, room);
  ++y_;
  return room;
}

}  // namespace cumulet::vision::rows
