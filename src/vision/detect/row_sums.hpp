#pragma once
// Sums of rows that rows.hpp has not: those of the full-range network's blocks. Rows are laid out as there.

namespace cumulet::vision::rows {

// sums[p] = max(0, sums[p] + beside[p]) for `pixels` pixels of `channels` channels; `beside` has `beside_channels`, no
// more than these, and counts as 0 in the others.
void add_and_relu(const float* beside, int beside_channels, int channels, int pixels, float* sums);

// A row of a map enlarged to twice its size, bilinearly with half-pixel centres, added to `out` of 2 * `width` pixels.
// `near` is the row that it lies in, `far` the next nearest. The map's last pixels go on beyond its sides.
void add_enlarged(const float* near, const float* far, int channels, int width, float* out);

}  // namespace cumulet::vision::rows
