#pragma once
// The arithmetic of small convolutional networks, a row of a feature map at a time: f32, NHWC, on the widest vectors
// that the processor has (Highway's dynamic dispatch: AVX-512, AVX2, SSE4, NEON, and plain code where there is none of
// them).
//
// A row of `n` pixels with C channels is n * padded_channels(C) floats at a multiple of 64 bytes: pixels lie that far
// apart, so any number of channels works, and vectors never straddle two pixels. What the padding holds is never used.
// No function allocates, none keeps state: layers can be shared between threads, rows belong to the caller.
//
// row_streams.hpp joins these to networks that need a few rows of each layer at a time.
#include <cstdint>
#include <string>
#include <vector>

#include "vision/detect/layer.hpp"

namespace cumulet::vision::rows {

// out[p] = activation(layer * in[p]) for `pixels` pixels. `in` and `out` do not overlap.
void pointwise(const Layer& layer, const float* in, int pixels, float* out);

// A 3x3 depthwise convolution's row of `width` pixels. `rows` are the three it reads, each at the pixel under the left
// tap of the first output: with padding of one pixel, that pixel of zeros which lies before the row. (width - 1) *
// stride + 3 pixels of each are read. `stride` is 1 or 2.
struct ThreeRows {
  const float* above = nullptr;
  const float* middle = nullptr;
  const float* below = nullptr;
};
void depthwise3x3(const Layer& layer, const ThreeRows& rows, int width, int stride, float* out);

// A 3x3 convolution of stride 2 over packed pixels of `layer.inputs` floats, at any address; else as depthwise3x3.
void stem3x3(const Layer& layer, const ThreeRows& rows, int width, float* out);

// The largest of each two by two pixels: `width` pixels from twice as many of two rows.
void max_pool2x2(const float* upper, const float* lower, int channels, int width, float* out);

// out = a + b, pixel by pixel. `out` may be either.
void add(const float* a, const float* b, int channels, int width, float* out);

// out[x] = fine[x] + coarse[x / 2]: the row of a map and of one half its size, enlarged to the nearest.
void add_doubled(const float* fine, const float* coarse, int channels, int width, float* out);

// out[i] = bytes[i] * factor + offset. Any address.
void floats_of(const std::uint8_t* bytes, int count, float factor, float offset, float* out);

// For tests and benchmarks: the instruction sets that are compiled in and that this processor has, as Highway names
// them
// ("AVX3" is AVX-512), the widest first; and the choice of one of them, for the whole process. An empty name gives the
// choice back.
std::vector<std::string> instruction_sets();
void use_instruction_set(const std::string& name);

}  // namespace cumulet::vision::rows
