#pragma once
// Networks as chains of row sources: who wants a row asks the layer above it, which asks on, up to the picture. A layer
// keeps the three rows that its convolution needs and no more, so that a row is still in the nearest cache when it is
// read; only maps that are needed twice are stored whole.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vision/detect/rows.hpp"

namespace cumulet::vision::rows {

// The memory of one pass through a network: handed out piece by piece, taken back all at once. One thread's own. After
// the largest pass it allocates no more.
class Workspace {
 public:
  // Room for that many floats, at a multiple of 64 bytes, filled with anything, until `rewind`.
  float* take(std::size_t floats);
  void rewind();

 private:
  std::vector<AlignedFloats> blocks_;  // one, but for the pass in which it proved too small
  std::size_t used_ = 0;               // floats of the last block
};

struct Shape {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::size_t pixel() const { return static_cast<std::size_t>(padded_channels(channels)); }
  std::size_t row() const { return pixel() * static_cast<std::size_t>(width); }  // floats
};

// A feature map in whole, rows one after another. The memory is a workspace's.
struct FeatureMap {
  Shape shape;
  float* floats = nullptr;
  float* row(int y) const { return floats + shape.row() * static_cast<std::size_t>(y); }
};

// Gives the rows of a map, from the top, each once. What a source is made of must outlive it.
class RowSource {
 public:
  explicit RowSource(Shape shape) : shape_(shape) {}
  virtual ~RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  const Shape& shape() const { return shape_; }
  // The next row: written to `room`, which holds shape().row() floats, or where it already lay. No more than `height`.
  virtual const float* next(float* room) = 0;

 private:
  Shape shape_;
};

// The rows of a stored map.
class StoredRows final : public RowSource {
 public:
  explicit StoredRows(const FeatureMap& map) : RowSource(map.shape), map_(map) {}
  const float* next(float*) override { return map_.row(y_++); }

 private:
  FeatureMap map_;
  int y_ = 0;
};

FeatureMap store(RowSource& source, Workspace& workspace);

// A picture of packed bytes, three a pixel; `stride` bytes from row to row.
struct PictureView {
  const std::uint8_t* bytes = nullptr;
  int width = 0;
  int height = 0;
  std::size_t stride = 0;
};

// A picture's first convolution (rows::stem3x3, padding of one). The picture stands in the upper left corner of one of
// padded_width by padded_height, both even and no smaller, the rest of which is 0; its bytes are taken as they are.
class StemRows final : public RowSource {
 public:
  StemRows(const PictureView& picture, int padded_width, int padded_height, const Layer& stem, Workspace& workspace);
  const float* next(float* room) override;

 private:
  const float* floats_of_row(int y);  // from the zero before the first pixel on
  const PictureView picture_;
  const Layer& stem_;
  float* ring_[3];
  float* zeros_;
  int y_ = 0;
};

// pointwise, then depthwise 3x3 of stride 1 with padding of one: the "depthwise separable" convolution turned about, as
// YuNet has it.
struct SeparableLayer {
  Layer pointwise;
  Layer depthwise;
};
class SeparableRows final : public RowSource {
 public:
  SeparableRows(RowSource& source, const SeparableLayer& layer, Workspace& workspace);
  const float* next(float* room) override;

 private:
  void fill_ring();          // with the row after the last one in it
  const float* ring(int y);  // from the zero before the first pixel on; zeros where there is no row
  RowSource& source_;
  const SeparableLayer& layer_;
  float* input_;
  float* ring_[3];
  float* zeros_;
  int y_ = 0, filled_ = 0;
};

// rows::max_pool2x2: half the size, rounded down.
class PooledRows final : public RowSource {
 public:
  PooledRows(RowSource& source, Workspace& workspace);
  const float* next(float* room) override;

 private:
  RowSource& source_;
  float* upper_;
  float* lower_;
};

// rows::add_doubled: `fine`, and `coarse` of half its size, enlarged to the nearest.
class DoubledSumRows final : public RowSource {
 public:
  DoubledSumRows(const FeatureMap& fine, const FeatureMap& coarse)
      : RowSource(fine.shape), fine_(fine), coarse_(coarse) {}
  const float* next(float* room) override;

 private:
  FeatureMap fine_, coarse_;
  int y_ = 0;
};

}  // namespace cumulet::vision::rows
