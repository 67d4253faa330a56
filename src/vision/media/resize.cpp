#include "vision/media/resize.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace cumulet::vision {
namespace {

// What a new row or column is made of: `count` old ones from `first` on, with a weight each, which add up to 1.
struct Share {
  int first = 0, count = 0;
  std::size_t weights = 0;  // index of the first one's
};
struct Shares {
  std::vector<Share> of;
  std::vector<float> weights;
};

Shares averaged(int from, int to) {
  Shares shares;
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    const double begin = i * step, end = std::min((i + 1) * step, static_cast<double>(from));
    const int first = static_cast<int>(begin), last = std::min(static_cast<int>(std::ceil(end)), from);
    shares.of.push_back({first, last - first, shares.weights.size()});
    for (int old = first; old < last; ++old) {
      const double covered = std::min(end, old + 1.0) - std::max(begin, static_cast<double>(old));
      shares.weights.push_back(static_cast<float>(covered / (end - begin)));
    }
  }
  return shares;
}

Shares interpolated(int from, int to) {
  Shares shares;
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    const double at = std::clamp((i + 0.5) * step - 0.5, 0.0, from - 1.0);
    const int first = std::min(static_cast<int>(at), std::max(0, from - 2)), count = std::min(2, from);
    shares.of.push_back({first, count, shares.weights.size()});
    const auto second = static_cast<float>(at - first);
    shares.weights.push_back(1 - second);
    if (count == 2) shares.weights.push_back(second);
  }
  return shares;
}

Shares shares_of(int from, int to) { return to < from ? averaged(from, to) : interpolated(from, to); }

// Every sample of a row: a loop that the compiler makes vectors of.
void add_row(const std::uint8_t* row, std::size_t samples, float weight, float* sums) {
  for (std::size_t i = 0; i < samples; ++i) sums[i] += weight * static_cast<float>(row[i]);
}

void write_row(const float* sums, const Shares& columns, std::uint8_t* out) {
  for (const Share& share : columns.of) {
    float blue = 0.5F, green = 0.5F, red = 0.5F;
    const float* pixel = sums + 3 * static_cast<std::size_t>(share.first);
    const float* weight = &columns.weights[share.weights];
    for (int i = 0; i < share.count; ++i, pixel += 3) {
      blue += weight[i] * pixel[0];
      green += weight[i] * pixel[1];
      red += weight[i] * pixel[2];
    }
    for (const float sample : {blue, green, red}) *out++ = static_cast<std::uint8_t>(std::min(sample, 255.F));
  }
}

}  // namespace

Image resized(const Image& from, int width, int height) {
  const Shares rows = shares_of(from.height, height), columns = shares_of(from.width, width);
  const std::size_t samples = 3 * static_cast<std::size_t>(from.width);
  Image out{width, height, std::vector<std::uint8_t>(3 * static_cast<std::size_t>(width) * height)};
  std::vector<float> sums(samples);
  for (int y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 0.F);
    const Share& share = rows.of[static_cast<std::size_t>(y)];
    for (int i = 0; i < share.count; ++i) {
      const std::uint8_t* row = &from.bgr[samples * static_cast<std::size_t>(share.first + i)];
      add_row(row, samples, rows.weights[share.weights + static_cast<std::size_t>(i)], sums.data());
    }
    write_row(sums.data(), columns, &out.bgr[3 * static_cast<std::size_t>(y) * width]);
  }
  return out;
}

}  // namespace cumulet::vision
