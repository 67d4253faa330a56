// Compiled once for each instruction set, as rows.cpp, where it says what to mind.
#include "vision/detect/row_sums.hpp"

#include <cstddef>

#include "vision/detect/rows.hpp"

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | HWY_SSSE3)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/detect/row_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cumulet::vision::rows::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kChannelStep>;
using Vector = hn::Vec<Floats>;
constexpr Floats kFloats;
constexpr std::size_t kLanes = hn::MaxLanes(kFloats);

void add_and_relu(const float* HWY_RESTRICT beside, int beside_channels, int channels, int pixels,
                  float* HWY_RESTRICT sums) {
  const auto beside_pixel = static_cast<std::size_t>(padded_channels(beside_channels));
  const auto pixel = static_cast<std::size_t>(padded_channels(channels));
  const Vector zero = hn::Zero(kFloats);
  for (int p = 0; p < pixels; ++p, beside += beside_pixel, sums += pixel) {
    std::size_t c = 0;
    for (; c < beside_pixel; c += kLanes) {
      const Vector sum = hn::Add(hn::Load(kFloats, sums + c), hn::Load(kFloats, beside + c));
      hn::Store(hn::Max(sum, zero), kFloats, sums + c);
    }
    for (; c < pixel; c += kLanes) hn::Store(hn::Max(hn::Load(kFloats, sums + c), zero), kFloats, sums + c);
  }
}

// Three quarters of `near` and one of `far`.
HWY_INLINE Vector blend(Vector near, Vector far) {
  return hn::MulAdd(hn::Sub(far, near), hn::Set(kFloats, 0.25F), near);
}

void add_enlarged(const float* near, const float* far, int channels, int width, float* HWY_RESTRICT out) {
  const auto pixel = static_cast<std::size_t>(padded_channels(channels));
  for (std::size_t c = 0; c < pixel; c += kLanes) {
    const auto column = [&](int x) HWY_ATTR {
      const std::size_t at = static_cast<std::size_t>(x) * pixel + c;
      return blend(hn::Load(kFloats, near + at), hn::Load(kFloats, far + at));
    };
    Vector left = column(0), here = left;
    for (int x = 0; x < width; ++x) {
      const Vector right = x + 1 < width ? column(x + 1) : here;
      float* to = out + static_cast<std::size_t>(2 * x) * pixel + c;
      hn::Store(hn::Add(hn::Load(kFloats, to), blend(here, left)), kFloats, to);
      hn::Store(hn::Add(hn::Load(kFloats, to + pixel), blend(here, right)), kFloats, to + pixel);
      left = here;
      here = right;
    }
  }
}

}  // namespace
}  // namespace cumulet::vision::rows::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cumulet::vision::rows {

HWY_EXPORT(add_and_relu);
HWY_EXPORT(add_enlarged);

void add_and_relu(const float* beside, int beside_channels, int channels, int pixels, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_and_relu)(beside, beside_channels, channels, pixels, sums);
}
void add_enlarged(const float* near, const float* far, int channels, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(add_enlarged)(near, far, channels, width, out);
}

}  // namespace cumulet::vision::rows
#endif
