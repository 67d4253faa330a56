#include "vision/cover/cover_line.hpp"

#include "vision/media/instruction_sets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/cover/cover_line.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cumulet::vision::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kMostLanes = 16;
using Floats = hn::CappedTag<float, kMostLanes>;
using Ints = hn::RebindToSigned<Floats>;
using Samples = hn::Rebind<std::uint8_t, Floats>;
using Float = hn::Vec<Floats>;
using Int = hn::Vec<Ints>;
constexpr Floats kFloats;
constexpr Ints kInts;
constexpr Samples kSamples;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(kFloats));

HWY_INLINE Float set(float value) { return hn::Set(kFloats, value); }
HWY_INLINE Float within(Float value, Float most) { return hn::Min(hn::Max(value, hn::Zero(kFloats)), most); }
HWY_INLINE Float mixed(Float a, Float b, Float weight_b) { return hn::MulAdd(hn::Sub(b, a), weight_b, a); }

HWY_INLINE Float value_at(const CoverFill& fill, const float* values, Float u, Float v) {
  const Int cells = hn::Set(kInts, fill.cells);
  const Float half = set(0.5F * static_cast<float>(fill.cells)), most = set(static_cast<float>(fill.cells - 1));
  const Float column = hn::MulAdd(u, half, half), row = hn::MulAdd(v, half, half);
  const auto cell = [&](Int x, Int y)
                        HWY_ATTR { return hn::GatherIndex(kFloats, values, hn::Add(hn::Mul(y, cells), x)); };
  if (fill.flat) return cell(hn::ConvertTo(kInts, within(column, most)), hn::ConvertTo(kInts, within(row, most)));
  const Float x = within(hn::Sub(column, set(0.5F)), most), y = within(hn::Sub(row, set(0.5F)), most);
  const Int left = hn::ConvertTo(kInts, x), top = hn::ConvertTo(kInts, y);
  const Int one = hn::Set(kInts, 1), last = hn::Set(kInts, fill.cells - 1);
  const Int right = hn::Min(hn::Add(left, one), last), bottom = hn::Min(hn::Add(top, one), last);
  const Float across = hn::Sub(x, hn::ConvertTo(kFloats, left)), down = hn::Sub(y, hn::ConvertTo(kFloats, top));
  return mixed(mixed(cell(left, top), cell(right, top), across), mixed(cell(left, bottom), cell(right, bottom), across),
               down);
}

// kLanes pixels from `first` on.
HWY_INLINE void draw_some(const CoverFill& fill, const float* values, const CoverLine& line, int first,
                          std::uint8_t* pixels) {
  const Float at = hn::Iota(kFloats, static_cast<float>(first));
  const Float u = hn::MulAdd(at, set(line.u_right), set(line.u)), v = hn::MulAdd(at, set(line.v_right), set(line.v));
  const Float square = fill.ellipse ? hn::MulAdd(u, u, hn::Mul(v, v)) : hn::Max(hn::Mul(u, u), hn::Mul(v, v));
  const auto inside = hn::Lt(square, set((1 + fill.feather) * (1 + fill.feather)));
  if (hn::AllFalse(kFloats, inside)) return;
  const Float before = hn::ConvertTo(kFloats, hn::PromoteTo(kInts, hn::LoadU(kSamples, pixels)));
  const Float fade = hn::Div(hn::Max(hn::Sub(hn::Sqrt(square), set(1)), hn::Zero(kFloats)), set(fill.feather));
  const Float weight = hn::NegMulAdd(hn::Mul(fade, fade), hn::NegMulAdd(fade, set(2), set(3)), set(1));
  const Float drawn = mixed(before, value_at(fill, values, u, v), weight);
  const Float now = hn::IfThenElse(inside, drawn, before);
  hn::StoreU(hn::DemoteTo(kSamples, hn::ConvertTo(kInts, hn::Add(now, set(0.5F)))), kSamples, pixels);
}

HWY_NOINLINE void draw_line(const CoverFill& fill, const float* values, const CoverLine& line, int count,
                            std::uint8_t* pixels) {
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) draw_some(fill, values, line, i, pixels + i);
  if (i == count) return;
  std::uint8_t rest[kMostLanes] = {};
  for (int j = i; j < count; ++j) rest[j - i] = pixels[j];
  draw_some(fill, values, line, i, rest);
  for (int j = i; j < count; ++j) pixels[j] = rest[j - i];
}

}  // namespace
}  // namespace cumulet::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cumulet::vision {

HWY_EXPORT(draw_line);

void draw_cover_line(const CoverFill& fill, const CoverLine& line, int count, std::uint8_t* pixels) {
  HWY_DYNAMIC_DISPATCH(draw_line)(fill, fill.values.data(), line, count, pixels);
}

}  // namespace cumulet::vision
#endif  // HWY_ONCE
