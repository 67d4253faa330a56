#pragma once
#include <cstddef>
#include <cstdlib>
#include <memory>

namespace cumulet::vision::rows {

inline constexpr int kChannelStep = 16;  // an AVX-512 vector, 64 bytes

constexpr int padded_channels(int channels) { return (channels + kChannelStep - 1) / kChannelStep * kChannelStep; }

// Floats at a multiple of 64 bytes, all 0 at first.
class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(std::size_t count);
  float* data() { return floats_.get(); }
  const float* data() const { return floats_.get(); }
  std::size_t size() const { return size_; }
  float& operator[](std::size_t index) { return floats_[index]; }
  float operator[](std::size_t index) const { return floats_[index]; }

 private:
  struct Free {
    void operator()(float* floats) const { std::free(floats); }
  };
  std::unique_ptr<float[], Free> floats_;
  std::size_t size_ = 0;
};

// What is applied to every sum. prelu: x where x > 0, else x * slope of its channel.
enum class Activation { none, relu, prelu };

// A convolution's constants, in the order in which its function reads them; all 0 when made. `output_stride` is
// padded_channels(outputs).
struct Layer {
  int inputs = 0;   // channels of one pixel read
  int outputs = 0;  // channels of one pixel written
  int taps = 0;     // products for each output: of pointwise `inputs`, of depthwise 9, of the stem 9 * inputs
  Activation activation = Activation::none;
  AlignedFloats weights;  // [taps][output_stride]
  AlignedFloats biases;   // [output_stride]
  AlignedFloats slopes;   // [output_stride], of prelu alone

  std::size_t output_stride() const { return static_cast<std::size_t>(padded_channels(outputs)); }
  float& weight(int tap, int output) { return weights[tap * output_stride() + static_cast<std::size_t>(output)]; }
  float weight(int tap, int output) const { return weights[tap * output_stride() + static_cast<std::size_t>(output)]; }
};
// 1x1: tap i is input channel i.
Layer pointwise_layer(int inputs, int outputs, Activation activation);
// 3x3 on each channel alone: tap 3 * y + x is the weight for the pixel at row y and column x of the nine.
Layer depthwise_layer(int channels, Activation activation);
// 3x3 over few channels that lie packed, as those of a picture: tap (3 * y + x) * inputs + i.
Layer stem_layer(int inputs, int outputs, Activation activation);

}  // namespace cumulet::vision::rows
