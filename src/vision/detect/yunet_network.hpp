#pragma once
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "vision/detect/row_streams.hpp"

namespace cumulet::vision {

// YuNet, 2023mar: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence
// Research, 2023; the model's file is OpenCV Zoo's.
// https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet
//
// The constants are read once and never change: all threads share them.
struct YuNetWeights {
  rows::Layer stem;
  std::array<rows::SeparableLayer, 11> backbone;
  std::array<rows::SeparableLayer, 3> laterals;  // of the maps of stride 8, 16, 32
  std::array<rows::SeparableLayer, 3> heads;     // likewise; all that is told of a cell, see YuNetCells
};

// Error kNoDetector when `onnx` is anything else than YuNet 2023mar, or damaged. The network is followed from its
// outputs to its input; names and order of nodes do not count, every shape does.
Result<std::shared_ptr<const YuNetWeights>> read_yunet(std::string_view onnx);

// The same from a file. The error's words name no file: the caller knows which one it named.
Result<std::shared_ptr<const YuNetWeights>> load_yunet(const std::string& path);

// What the network tells of the cells of 8, 16 and 32 pixels, sixteen floats each: is it a face (logit), is it an
// object (logit), the box (x and y of the centre from the cell's corner, in cells; logarithms of width and height in
// cells), and five points (x, y; as the centre).
enum YuNetChannel { kCellFace = 0, kCellObject = 1, kCellBox = 2, kCellPoints = 6, kCellChannels = 16 };
inline constexpr std::array<int, 3> kYuNetStrides{8, 16, 32};
using YuNetCells = std::array<rows::FeatureMap, 3>;

// The network's outputs for a picture of packed BGR, which is padded with black to multiples of 32 on the right and
// below. Any size but none; the maps lie in `workspace` until it is rewound.
YuNetCells run_yunet(const YuNetWeights& weights, const rows::PictureView& picture, rows::Workspace& workspace);

}  // namespace cumulet::vision
