#pragma once
// A row of pixels of a cover, on the widest vectors that the processor has.
#include <array>
#include <cstdint>

namespace cumulet::vision {

// At most so many cells a side in one cover: the contract is 4.
inline constexpr int kMostCells = 4;
using CellValues = std::array<float, kMostCells * kMostCells>;

// What a cover shows in one plane. u and v are -1..1 across and along it.
struct CoverFill {
  const CellValues& values;  // row by row
  int cells = 1;             // a side
  bool ellipse = true;       // else the box
  bool flat = false;         // cells with edges; else blended
  float feather = 0;         // of the half width: so far beyond the edge it fades
};

// From the first pixel's u and v on, by those steps.
struct CoverLine {
  float u = 0, v = 0, u_right = 0, v_right = 0;
};

// Draws over `count` pixels.
void draw_cover_line(const CoverFill& fill, const CoverLine& line, int count, std::uint8_t* pixels);

}  // namespace cumulet::vision
