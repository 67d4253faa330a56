#include "vision/detect/layer.hpp"

#include <algorithm>
#include <new>

namespace cumulet::vision::rows {

AlignedFloats::AlignedFloats(std::size_t count) : size_(count) {
  constexpr std::size_t kAlignment = kChannelStep * sizeof(float);
  const std::size_t bytes = (count * sizeof(float) + kAlignment - 1) / kAlignment * kAlignment;
  floats_.reset(static_cast<float*>(std::aligned_alloc(kAlignment, std::max(bytes, kAlignment))));
  if (!floats_) throw std::bad_alloc();
  std::fill_n(floats_.get(), count, 0.F);
}

namespace {

Layer layer_of(int inputs, int outputs, int taps, Activation activation) {
  Layer layer{inputs, outputs, taps, activation, {}, {}, {}};
  layer.weights = AlignedFloats(taps * layer.output_stride());
  layer.biases = AlignedFloats(layer.output_stride());
  if (activation == Activation::prelu) layer.slopes = AlignedFloats(layer.output_stride());
  return layer;
}

}  // namespace

Layer pointwise_layer(int inputs, int outputs, Activation activation) {
  return layer_of(inputs, outputs, inputs, activation);
}
Layer depthwise_layer(int channels, Activation activation) { return layer_of(channels, channels, 9, activation); }
Layer stem_layer(int inputs, int outputs, Activation activation) {
  return layer_of(inputs, outputs, 9 * inputs, activation);
}

}  // namespace cumulet::vision::rows
