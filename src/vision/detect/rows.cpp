// Compiled once for each instruction set: foreach_target.h includes this file again and again, with another
// HWY_NAMESPACE. No template of the standard library is used between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE: its
// code would be of one instruction set and be shared, at link time, with callers on processors that lack it.
#include "vision/detect/rows.hpp"

// Vectors of unknown length cannot be kept in arrays; processors with SVE have NEON as well. SSSE3 gains nothing.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_SSSE3)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/detect/rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cumulet::vision::rows::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kChannelStep>;
using Vector = hn::Vec<Floats>;
constexpr Floats kFloats;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(kFloats));

// Registers hold the sums of a tile of pixels by vectors, the weights of one tap, and one input: 32 registers of
// AVX-512 and NEON, 16 of AVX2 and SSE4.
constexpr int kSums = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON ? 24 : 12;

constexpr int vectors(int channels) { return (channels + kLanes - 1) / kLanes; }

template <int kCount>
HWY_INLINE void activate(Activation activation, const float* HWY_RESTRICT slopes, Vector (&sums)[kCount]) {
  if (activation == Activation::none) return;
  const Vector zero = hn::Zero(kFloats);
  if (activation == Activation::relu) {
    for (int i = 0; i < kCount; ++i) sums[i] = hn::Max(sums[i], zero);
    return;
  }
  const Vector slope = hn::Load(kFloats, slopes);
  for (int i = 0; i < kCount; ++i) {
    sums[i] = hn::MulAdd(hn::Min(sums[i], zero), slope, hn::Max(sums[i], zero));
  }
}

// kPixels pixels by kVectors vectors of outputs from `first` on. Each weight is loaded once for all pixels, each input
// once for all outputs.
template <int kPixels, int kVectors>
HWY_INLINE void pointwise_tile(const Layer& layer, const float* HWY_RESTRICT in, std::size_t first,
                               float* HWY_RESTRICT out) {
  const auto in_stride = static_cast<std::size_t>(padded_channels(layer.inputs));
  const std::size_t out_stride = layer.output_stride();
  Vector sums[kVectors][kPixels];
  for (int v = 0; v < kVectors; ++v) {
    const Vector bias = hn::Load(kFloats, layer.biases.data() + first + v * kLanes);
    for (int p = 0; p < kPixels; ++p) sums[v][p] = bias;
  }
  const float* HWY_RESTRICT weights = layer.weights.data() + first;
  for (int channel = 0; channel < layer.inputs; ++channel, weights += out_stride) {
    Vector weight[kVectors];
    for (int v = 0; v < kVectors; ++v) weight[v] = hn::Load(kFloats, weights + v * kLanes);
    for (int p = 0; p < kPixels; ++p) {
      const Vector input = hn::Set(kFloats, in[p * in_stride + channel]);
      for (int v = 0; v < kVectors; ++v) sums[v][p] = hn::MulAdd(input, weight[v], sums[v][p]);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    const std::size_t at = first + static_cast<std::size_t>(v) * kLanes;
    activate(layer.activation, layer.slopes.data() + at, sums[v]);
    for (int p = 0; p < kPixels; ++p) hn::Store(sums[v][p], kFloats, out + p * out_stride + at);
  }
}

// All pixels, in tiles of kPixels and one smaller tile for the rest.
template <int kPixels, int kVectors>
HWY_INLINE void pointwise_pixels(const Layer& layer, const float* in, std::size_t first, int pixels, float* out) {
  const auto in_stride = static_cast<std::size_t>(padded_channels(layer.inputs));
  for (; pixels >= kPixels; pixels -= kPixels) {
    pointwise_tile<kPixels, kVectors>(layer, in, first, out);
    in += kPixels * in_stride;
    out += kPixels * layer.output_stride();
  }
  if constexpr (kPixels > 1) {
    if (pixels > 0) pointwise_pixels<kPixels - 1, kVectors>(layer, in, first, pixels, out);
  }
}

HWY_NOINLINE void pointwise(const Layer& layer, const float* in, int pixels, float* out) {
  std::size_t first = 0;
  int left = vectors(layer.outputs);
  for (; left >= 4; left -= 4, first += 4 * kLanes) pointwise_pixels<kSums / 4, 4>(layer, in, first, pixels, out);
  if (left == 3) pointwise_pixels<kSums / 3, 3>(layer, in, first, pixels, out);
  if (left == 2) pointwise_pixels<kSums / 2, 2>(layer, in, first, pixels, out);
  if (left == 1) pointwise_pixels<kSums / 2, 1>(layer, in, first, pixels, out);
}

// kPixels outputs of one vector of channels. The columns are walked once: each is loaded once and added to the up to
// three sums that it is part of.
template <int kPixels, int kStride>
HWY_INLINE void depthwise_tile(const ThreeRows& rows, std::size_t pixel, const Vector (&weights)[9], Vector bias,
                               Vector (&sums)[kPixels]) {
  for (int p = 0; p < kPixels; ++p) sums[p] = bias;
  for (int column = 0; column < (kPixels - 1) * kStride + 3; ++column) {
    const Vector above = hn::Load(kFloats, rows.above + column * pixel);
    const Vector middle = hn::Load(kFloats, rows.middle + column * pixel);
    const Vector below = hn::Load(kFloats, rows.below + column * pixel);
    for (int tap = 0; tap < 3; ++tap) {
      const int p = (column - tap) / kStride;
      if (column < tap || (column - tap) % kStride != 0 || p >= kPixels) continue;
      sums[p] = hn::MulAdd(above, weights[tap], sums[p]);
      sums[p] = hn::MulAdd(middle, weights[3 + tap], sums[p]);
      sums[p] = hn::MulAdd(below, weights[6 + tap], sums[p]);
    }
  }
}

template <int kPixels, int kStride>
HWY_INLINE void depthwise_pixels(const Layer& layer, ThreeRows rows, std::size_t channel, const Vector (&weights)[9],
                                 int width, float* HWY_RESTRICT out) {
  const std::size_t pixel = layer.output_stride();
  const Vector bias = hn::Load(kFloats, layer.biases.data() + channel);
  for (; width >= kPixels; width -= kPixels) {
    Vector sums[kPixels];
    depthwise_tile<kPixels, kStride>(rows, pixel, weights, bias, sums);
    activate(layer.activation, layer.slopes.data() + channel, sums);
    for (int p = 0; p < kPixels; ++p) hn::Store(sums[p], kFloats, out + p * pixel);
    const std::size_t step = kPixels * kStride * pixel;
    rows = {rows.above + step, rows.middle + step, rows.below + step};
    out += kPixels * pixel;
  }
  if constexpr (kPixels > 1) {
    if (width > 0) depthwise_pixels<kPixels / 2, kStride>(layer, rows, channel, weights, width, out);
  }
}

HWY_NOINLINE void depthwise3x3(const Layer& layer, const ThreeRows& rows, int width, int stride, float* out) {
  constexpr int kPixels = kSums / 3;
  for (int v = 0; v < vectors(layer.outputs); ++v) {
    const std::size_t channel = static_cast<std::size_t>(v) * kLanes;
    Vector weights[9];
    for (int tap = 0; tap < 9; ++tap) {
      weights[tap] = hn::Load(kFloats, layer.weights.data() + tap * layer.output_stride() + channel);
    }
    const ThreeRows here{rows.above + channel, rows.middle + channel, rows.below + channel};
    if (stride == 1) depthwise_pixels<kPixels, 1>(layer, here, channel, weights, width, out + channel);
    if (stride == 2) depthwise_pixels<kPixels, 2>(layer, here, channel, weights, width, out + channel);
  }
}

// kPixels outputs of one vector of channels. With stride 2 hardly an input is used twice, so there is nothing to keep
// but the sums: each input is spread over a vector straight from memory.
template <int kPixels>
HWY_INLINE void stem_tile(const Layer& layer, const ThreeRows& rows, std::size_t channel, float* HWY_RESTRICT out) {
  const int row_taps = 3 * layer.inputs;
  const auto step = static_cast<std::size_t>(2 * layer.inputs);
  const float* HWY_RESTRICT weights = layer.weights.data() + channel;
  const Vector bias = hn::Load(kFloats, layer.biases.data() + channel);
  Vector sums[kPixels];
  for (int p = 0; p < kPixels; ++p) sums[p] = bias;
  const float* const starts[] = {rows.above, rows.middle, rows.below};
  for (const float* HWY_RESTRICT row : starts) {
    for (int tap = 0; tap < row_taps; ++tap, weights += layer.output_stride()) {
      const Vector weight = hn::Load(kFloats, weights);
      for (int p = 0; p < kPixels; ++p) sums[p] = hn::MulAdd(hn::Set(kFloats, row[p * step + tap]), weight, sums[p]);
    }
  }
  activate(layer.activation, layer.slopes.data() + channel, sums);
  for (int p = 0; p < kPixels; ++p) hn::Store(sums[p], kFloats, out + p * layer.output_stride());
}

template <int kPixels>
HWY_INLINE void stem_pixels(const Layer& layer, ThreeRows rows, std::size_t channel, int width, float* out) {
  for (; width >= kPixels; width -= kPixels) {
    stem_tile<kPixels>(layer, rows, channel, out);
    const auto step = static_cast<std::size_t>(2 * kPixels * layer.inputs);
    rows = {rows.above + step, rows.middle + step, rows.below + step};
    out += kPixels * layer.output_stride();
  }
  if constexpr (kPixels > 1) {
    if (width > 0) stem_pixels<kPixels / 2>(layer, rows, channel, width, out);
  }
}

HWY_NOINLINE void stem3x3(const Layer& layer, const ThreeRows& rows, int width, float* out) {
  constexpr int kPixels = kSums >= 24 ? 16 : 8;
  for (int v = 0; v < vectors(layer.outputs); ++v) {
    const std::size_t channel = static_cast<std::size_t>(v) * kLanes;
    stem_pixels<kPixels>(layer, rows, channel, width, out + channel);
  }
}

void max_pool2x2(const float* upper, const float* lower, int channels, int width, float* out) {
  const auto pixel = static_cast<std::size_t>(padded_channels(channels));
  for (int x = 0; x < width; ++x, upper += 2 * pixel, lower += 2 * pixel, out += pixel) {
    for (std::size_t c = 0; c < pixel; c += kLanes) {
      const Vector top = hn::Max(hn::Load(kFloats, upper + c), hn::Load(kFloats, upper + pixel + c));
      const Vector bottom = hn::Max(hn::Load(kFloats, lower + c), hn::Load(kFloats, lower + pixel + c));
      hn::Store(hn::Max(top, bottom), kFloats, out + c);
    }
  }
}

void add(const float* a, const float* b, int channels, int width, float* out) {
  const std::size_t count = static_cast<std::size_t>(padded_channels(channels)) * width;
  for (std::size_t i = 0; i < count; i += kLanes) {
    hn::Store(hn::Add(hn::Load(kFloats, a + i), hn::Load(kFloats, b + i)), kFloats, out + i);
  }
}

void add_doubled(const float* fine, const float* coarse, int channels, int width, float* out) {
  const auto pixel = static_cast<std::size_t>(padded_channels(channels));
  for (int x = 0; x < width; ++x, fine += pixel, out += pixel) {
    const float* enlarged = coarse + x / 2 * pixel;
    for (std::size_t c = 0; c < pixel; c += kLanes) {
      hn::Store(hn::Add(hn::Load(kFloats, fine + c), hn::Load(kFloats, enlarged + c)), kFloats, out + c);
    }
  }
}

void floats_of(const std::uint8_t* bytes, int count, float factor, float offset, float* out) {
  const hn::Rebind<std::int32_t, Floats> whole;
  const hn::Rebind<std::uint8_t, Floats> byte;
  const Vector factors = hn::Set(kFloats, factor), offsets = hn::Set(kFloats, offset);
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vector floats = hn::ConvertTo(kFloats, hn::PromoteTo(whole, hn::LoadU(byte, bytes + i)));
    hn::StoreU(hn::MulAdd(floats, factors, offsets), kFloats, out + i);
  }
  for (; i < count; ++i) out[i] = static_cast<float>(bytes[i]) * factor + offset;
}

}  // namespace
}  // namespace cumulet::vision::rows::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cumulet::vision::rows {

HWY_EXPORT(pointwise);
HWY_EXPORT(depthwise3x3);
HWY_EXPORT(stem3x3);
HWY_EXPORT(max_pool2x2);
HWY_EXPORT(add);
HWY_EXPORT(add_doubled);
HWY_EXPORT(floats_of);

void pointwise(const Layer& layer, const float* in, int pixels, float* out) {
  HWY_DYNAMIC_DISPATCH(pointwise)(layer, in, pixels, out);
}
void depthwise3x3(const Layer& layer, const ThreeRows& rows, int width, int stride, float* out) {
  HWY_DYNAMIC_DISPATCH(depthwise3x3)(layer, rows, width, stride, out);
}
void stem3x3(const Layer& layer, const ThreeRows& rows, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(stem3x3)(layer, rows, width, out);
}
void max_pool2x2(const float* upper, const float* lower, int channels, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(max_pool2x2)(upper, lower, channels, width, out);
}
void add(const float* a, const float* b, int channels, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(add)(a, b, channels, width, out);
}
void add_doubled(const float* fine, const float* coarse, int channels, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(add_doubled)(fine, coarse, channels, width, out);
}
void floats_of(const std::uint8_t* bytes, int count, float factor, float offset, float* out) {
  HWY_DYNAMIC_DISPATCH(floats_of)(bytes, count, factor, offset, out);
}

std::vector<std::string> instruction_sets() {
  static const std::vector<std::int64_t> kTargets = hwy::SupportedAndGeneratedTargets();  // before any choice
  std::vector<std::string> names;
  for (const std::int64_t target : kTargets) names.emplace_back(hwy::TargetName(target));
  return names;
}

void use_instruction_set(const std::string& name) {
  (void)instruction_sets();
  hwy::SetSupportedTargetsForTest(0);
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (name == hwy::TargetName(target)) hwy::SetSupportedTargetsForTest(target);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace cumulet::vision::rows
#endif  // HWY_ONCE
