#include "vision/media/sampling.hpp"

#include "vision/media/instruction_sets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vision/media/sampling.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cumulet::vision::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kMostLanes = 16;
using Ints = hn::CappedTag<std::int32_t, kMostLanes>;
using Words = hn::RebindToUnsigned<Ints>;
using Int = hn::Vec<Ints>;
using Word = hn::Vec<Words>;
constexpr Ints kInts;
constexpr Words kWords;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(kInts));

HWY_INLINE Int within(Int value, Int last) { return hn::Min(hn::Max(value, hn::Zero(kInts)), last); }
// 0..255: how much of the next pixel is in a position.
HWY_INLINE Int weight(Int position) {
  return hn::And(hn::ShiftRight<kSampleFraction - 8>(position), hn::Set(kInts, 255));
}

// Four bytes at each offset. The last pixels of a picture have none after them: there the word before is read and
// moved.
HWY_INLINE Word pixels_at(const std::uint8_t* bytes, Int offset, Int last_word) {
  const Int at = hn::Min(offset, last_word);
  const Word word =
      hn::BitCast(kWords, hn::GatherOffset(kInts, reinterpret_cast<const std::int32_t*>(bytes), at));  // NOLINT
  const Word bits = hn::BitCast(kWords, hn::ShiftLeft<3>(hn::Sub(offset, at)));
  return hn::Shr(word, bits);
}

// Two samples to a word, 0..255 in the lower byte of each half. The weights add up to 256, so that 16 bits suffice.
HWY_INLINE Word samples(Word word) { return hn::And(word, hn::Set(kWords, 0x00FF00FF)); }
HWY_INLINE Word mixed(Word a, Word b, Word weight_b) {
  const Word weight_a = hn::Sub(hn::Set(kWords, 256), weight_b);
  return samples(hn::ShiftRight<8>(hn::Add(hn::Mul(a, weight_a), hn::Mul(b, weight_b))));
}

// The lower three bytes of each word to `out`, `count` of them; nothing is written after them.
HWY_INLINE void store_packed(Word pixels, int count, std::uint8_t* HWY_RESTRICT out) {
  HWY_ALIGN std::uint32_t words[kMostLanes];
  hn::Store(pixels, kWords, words);
  // Each word's fourth byte is written over by the next; the last has none.
  for (int i = 0; i + 1 < count; ++i, out += 3) hwy::CopyBytes<4>(&words[i], out);
  hwy::CopyBytes<3>(&words[count - 1], out);
}

// Positions of the line's next pixels.
struct Positions {
  explicit HWY_INLINE Positions(const SampleLine& line)
      : x(hn::Add(hn::Set(kInts, line.x), hn::Mul(hn::Iota(kInts, 0), hn::Set(kInts, line.step_x)))),
        y(hn::Add(hn::Set(kInts, line.y), hn::Mul(hn::Iota(kInts, 0), hn::Set(kInts, line.step_y)))),
        step_x(hn::Mul(hn::Set(kInts, line.step_x), hn::Set(kInts, kLanes))),
        step_y(hn::Mul(hn::Set(kInts, line.step_y), hn::Set(kInts, kLanes))) {}
  HWY_INLINE void go_on() {
    x = hn::Add(x, step_x);
    y = hn::Add(y, step_y);
  }
  Int x, y, step_x, step_y;
};

HWY_NOINLINE void sample_bgr(const PictureView& from, const SampleLine& line, int count, std::uint8_t* out) {
  const Int last_column = hn::Set(kInts, from.width - 1), last_row = hn::Set(kInts, from.height - 1);
  const Int one = hn::Set(kInts, 1), three = hn::Set(kInts, 3);
  const Int stride = hn::Set(kInts, static_cast<std::int32_t>(from.stride));
  const Int last_word = hn::Set(kInts, static_cast<std::int32_t>(from.stride) * (from.height - 1) + 3 * from.width - 4);
  Positions at(line);
  for (; count > 0; count -= kLanes, out += 3 * kLanes, at.go_on()) {
    const Int column = hn::ShiftRight<kSampleFraction>(at.x), row = hn::ShiftRight<kSampleFraction>(at.y);
    const Int left = hn::Mul(within(column, last_column), three);
    const Int right = hn::Mul(within(hn::Add(column, one), last_column), three);
    const Int top = hn::Mul(within(row, last_row), stride);
    const Int bottom = hn::Mul(within(hn::Add(row, one), last_row), stride);
    const Word upper_left = pixels_at(from.bytes, hn::Add(top, left), last_word);
    const Word upper_right = pixels_at(from.bytes, hn::Add(top, right), last_word);
    const Word lower_left = pixels_at(from.bytes, hn::Add(bottom, left), last_word);
    const Word lower_right = pixels_at(from.bytes, hn::Add(bottom, right), last_word);
    const Word across = hn::BitCast(kWords, weight(at.x)), down = hn::BitCast(kWords, weight(at.y));
    const auto blended = [&](Word a, Word b, Word c, Word d) HWY_ATTR {
      return mixed(mixed(samples(a), samples(b), across), mixed(samples(c), samples(d), across), down);
    };
    const auto next = [](Word word) HWY_ATTR { return hn::ShiftRight<8>(word); };
    const Word blue_and_red = blended(upper_left, upper_right, lower_left, lower_right);
    const Word green = blended(next(upper_left), next(upper_right), next(lower_left), next(lower_right));
    store_packed(hn::Or(blue_and_red, hn::ShiftLeft<8>(green)), count < kLanes ? count : kLanes, out);
  }
}

HWY_INLINE Int word_at(const std::uint8_t* plane, Int offset) {
  return hn::GatherOffset(kInts, reinterpret_cast<const std::int32_t*>(plane), offset);  // NOLINT
}

HWY_NOINLINE void sample_yuv(const YuvPlanes& from, const SampleLine& line, int count, std::uint8_t* out) {
  const Int last_column = hn::Set(kInts, from.width - 1), last_row = hn::Set(kInts, from.height - 1);
  const Int last_chroma_column = hn::Set(kInts, (from.width + 1) / 2 - 1);
  const Int last_chroma_row = hn::Set(kInts, (from.height + 1) / 2 - 1);
  const auto set = [](std::ptrdiff_t value) HWY_ATTR { return hn::Set(kInts, static_cast<std::int32_t>(value)); };
  const Int stride = set(from.stride[0]), stride_u = set(from.stride[1]), stride_v = set(from.stride[2]);
  const Int byte = hn::Set(kInts, 255), one = hn::Set(kInts, 1), all = hn::Set(kInts, 256), before = hn::Set(kInts, -1);
  const Int middle = hn::Set(kInts, 128), half = hn::Set(kInts, 32768);
  // 16 bits after the point.
  const bool full = from.full_range;
  const Int black = hn::Set(kInts, full ? 0 : 16), light = hn::Set(kInts, full ? 65536 : 76309);
  const Int red_v = hn::Set(kInts, full ? 91881 : 104597), blue_u = hn::Set(kInts, full ? 116130 : 132201);
  const Int green_u = hn::Set(kInts, full ? 22554 : 25675), green_v = hn::Set(kInts, full ? 46802 : 53279);
  Positions at(line);
  for (; count > 0; count -= kLanes, out += 3 * kLanes, at.go_on()) {
    const Int column = hn::ShiftRight<kSampleFraction>(at.x), row = hn::ShiftRight<kSampleFraction>(at.y);
    const Int left = within(column, last_column);
    const Int upper = word_at(from.data[0], hn::Add(hn::Mul(within(row, last_row), stride), left));
    const Int lower = word_at(from.data[0], hn::Add(hn::Mul(within(hn::Add(row, one), last_row), stride), left));
    // Beyond the left and the right border the next byte is another pixel's.
    const auto inside = hn::And(hn::Gt(column, before), hn::Lt(column, last_column));
    const Int across = hn::IfThenElseZero(inside, weight(at.x)), down = weight(at.y);
    const auto mix = [&](Int word) HWY_ATTR {
      return hn::Add(hn::Mul(hn::And(word, byte), hn::Sub(all, across)),
                     hn::Mul(hn::And(hn::ShiftRight<8>(word), byte), across));
    };
    const Int grey =
        hn::ShiftRight<16>(hn::Add(hn::Add(hn::Mul(mix(upper), hn::Sub(all, down)), hn::Mul(mix(lower), down)), half));
    const Int chroma_column = within(hn::ShiftRight<kSampleFraction + 1>(at.x), last_chroma_column);
    const Int chroma_row = within(hn::ShiftRight<kSampleFraction + 1>(at.y), last_chroma_row);
    const auto colour = [&](const std::uint8_t* plane, Int rows) HWY_ATTR {
      return hn::Sub(hn::And(word_at(plane, hn::Add(hn::Mul(chroma_row, rows), chroma_column)), byte), middle);
    };
    const Int u = colour(from.data[1], stride_u), v = colour(from.data[2], stride_v);
    const Int luma = hn::Add(hn::Mul(hn::Sub(grey, black), light), half);
    const auto sample = [&](Int value) HWY_ATTR { return within(hn::ShiftRight<16>(value), byte); };
    const Int blue = sample(hn::Add(luma, hn::Mul(blue_u, u)));
    const Int green = sample(hn::Sub(luma, hn::Add(hn::Mul(green_u, u), hn::Mul(green_v, v))));
    const Int red = sample(hn::Add(luma, hn::Mul(red_v, v)));
    const Int pixels = hn::Or(blue, hn::Or(hn::ShiftLeft<8>(green), hn::ShiftLeft<16>(red)));
    store_packed(hn::BitCast(kWords, pixels), count < kLanes ? count : kLanes, out);
  }
}

}  // namespace
}  // namespace cumulet::vision::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cumulet::vision {

HWY_EXPORT(sample_bgr);
HWY_EXPORT(sample_yuv);

void sample_line(const PictureView& from, const SampleLine& line, int count, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(sample_bgr)(from, line, count, out);
}
void sample_line(const YuvPlanes& from, const SampleLine& line, int count, std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(sample_yuv)(from, line, count, out);
}

}  // namespace cumulet::vision
#endif  // HWY_ONCE
