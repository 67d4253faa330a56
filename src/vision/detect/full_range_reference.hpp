#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "vision/model/full_range_model.hpp"

namespace cumulet::vision::reference {

// The network's operations as plainly as they can be written, one after the other: what the fast ones are compared
// with. For tests only: a picture of 640x384 takes a second.

struct Features {
  int width = 0, height = 0, channels = 0;
  std::vector<float> values;  // [row][column][channel]

  Features(int w, int h, int c)
      : width(w), height(h), channels(c), values(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * c) {}
  float& at(int x, int y, int c) { return values[(static_cast<std::size_t>(y) * width + x) * channels + c]; }
  // Outside of the picture there is 0.
  float get(int x, int y, int c) const {
    if (x < 0 || y < 0 || x >= width || y >= height) return 0;
    return values[(static_cast<std::size_t>(y) * width + x) * channels + c];
  }
};

inline Features relu(Features features) {
  for (float& value : features.values) value = std::max(value, 0.0F);
  return features;
}

// "SAME": sides that are even need no padding before the first row and column with stride 2, one with stride 1.
inline Features conv(const Features& in, const ConvWeights& w, int stride = 1) {
  Features out(in.width / stride, in.height / stride, w.outputs);
  const int before = w.kernel == 3 && stride == 1 ? 1 : 0;
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int o = 0; o < w.outputs; ++o) {
        float sum = w.bias[o];
        for (int dy = 0; dy < w.kernel; ++dy)
          for (int dx = 0; dx < w.kernel; ++dx)
            for (int i = 0; i < w.inputs; ++i)
              sum += w.weights[((o * w.kernel + dy) * w.kernel + dx) * w.inputs + i] *
                     in.get(x * stride + dx - before, y * stride + dy - before, i);
        out.at(x, y, o) = sum;
      }
  return out;
}

inline Features depthwise(const Features& in, const DepthwiseWeights& w, int stride) {
  Features out(in.width / stride, in.height / stride, in.channels);
  const int before = stride == 1 ? 1 : 0;
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < in.channels; ++c) {
        float sum = w.bias[c];
        for (int k = 0; k < 9; ++k)
          sum += w.weights[k * in.channels + c] * in.get(x * stride + k % 3 - before, y * stride + k / 3 - before, c);
        out.at(x, y, c) = sum;
      }
  return out;
}

inline Features halved(const Features& in) {
  Features out(in.width / 2, in.height / 2, in.channels);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < in.channels; ++c)
        out.at(x, y, c) = std::max({in.get(2 * x, 2 * y, c), in.get(2 * x + 1, 2 * y, c), in.get(2 * x, 2 * y + 1, c),
                                    in.get(2 * x + 1, 2 * y + 1, c)});
  return out;
}

// Bilinear, half-pixel centres: an even place lies a quarter of a pixel before one of `in`, an odd place behind it.
inline Features doubled(const Features& in) {
  Features out(2 * in.width, 2 * in.height, in.channels);
  const auto other = [](int at, int size) { return std::clamp(at / 2 + (at % 2 == 0 ? -1 : 1), 0, size - 1); };
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < in.channels; ++c) {
        const int near_x = x / 2, near_y = y / 2, far_x = other(x, in.width), far_y = other(y, in.height);
        const float near = 0.75F * in.get(near_x, near_y, c) + 0.25F * in.get(far_x, near_y, c);
        const float far = 0.75F * in.get(near_x, far_y, c) + 0.25F * in.get(far_x, far_y, c);
        out.at(x, y, c) = 0.75F * near + 0.25F * far;
      }
  return out;
}

// `a` may have fewer channels.
inline Features sum(const Features& a, Features b) {
  for (int y = 0; y < a.height; ++y)
    for (int x = 0; x < a.width; ++x)
      for (int c = 0; c < a.channels; ++c) b.at(x, y, c) += a.get(x, y, c);
  return b;
}

inline Features block(const Features& in, const BlockWeights& w) {
  const Features narrow = relu(conv(depthwise(in, w.first, w.stride), w.narrow));
  Features wide = conv(depthwise(narrow, w.second, 1), w.wide);
  return relu(sum(w.stride == 2 ? halved(in) : in, std::move(wide)));
}

struct Answer {
  Features scores, boxes;
};

// A picture of packed BGR, sides of multiples of 32.
inline Answer run(const FullRangeWeights& w, const std::uint8_t* bgr, int width, int height) {
  Features rgb(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        rgb.at(x, y, c) = static_cast<float>(bgr[3 * (static_cast<std::size_t>(y) * width + x) + 2 - c]) / 127.5F - 1;
  Features at = relu(conv(rgb, w.stem, 2));
  std::vector<Features> ends;
  for (const auto& stage : w.stages) {
    for (const BlockWeights& weights : stage) at = block(at, weights);
    ends.push_back(at);
  }
  for (std::size_t merge = 0; merge < w.merges.size(); ++merge) {
    const MergeWeights& weights = w.merges[merge];
    at = sum(relu(conv(ends[2 - merge], weights.fine)), doubled(relu(conv(at, weights.coarse))));
    for (const BlockWeights& one : weights.blocks) at = block(at, one);
  }
  return {conv(at, w.score), conv(at, w.box)};
}

}  // namespace cumulet::vision::reference
