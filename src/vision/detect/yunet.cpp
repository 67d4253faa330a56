#include "vision/detect/yunet.hpp"

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <stdexcept>

namespace cumulet::vision {
namespace {

// Faces below this are noise even where a track expects one.
constexpr float kLowestScore = 0.12F;
constexpr float kSameFaceOverlap = 0.4F;
constexpr int kStrides[] = {8, 16, 32};
constexpr int kPadding = 32;

int padded(int size) { return (size + kPadding - 1) / kPadding * kPadding; }

class YuNet final : public FaceDetector {
 public:
  explicit YuNet(cv::dnn::Net net) : net_(std::move(net)) {
    for (const char* kind : {"cls_", "obj_", "bbox_", "kps_"}) {
      for (int stride : kStrides) outputs_.push_back(kind + std::to_string(stride));
    }
  }

  std::vector<Face> detect(const Image& image) override {
    const int width = padded(image.width), height = padded(image.height);
    cv::Mat input(height, width, CV_8UC3, cv::Scalar::all(0));
    const cv::Mat picture(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data()));
    picture.copyTo(input(cv::Rect(0, 0, image.width, image.height)));

    net_.setInput(cv::dnn::blobFromImage(input));
    std::vector<cv::Mat> blobs;
    net_.forward(blobs, outputs_);

    std::vector<Face> candidates;
    std::vector<cv::Rect2d> rects;
    std::vector<float> scores;
    for (int level = 0; level < 3; ++level) {
      decode(blobs, level, width, height, image, candidates, rects, scores);
    }
    std::vector<int> kept;
    cv::dnn::NMSBoxes(rects, scores, kLowestScore, kSameFaceOverlap, kept);
    std::vector<Face> faces;
    faces.reserve(kept.size());
    for (int index : kept) faces.push_back(candidates[index]);
    return faces;
  }

 private:
  static void decode(const std::vector<cv::Mat>& blobs, int level, int width, int height, const Image& image,
                     std::vector<Face>& candidates, std::vector<cv::Rect2d>& rects, std::vector<float>& scores) {
    const int stride = kStrides[level];
    const int columns = width / stride, rows = height / stride;
    const auto cells = static_cast<std::size_t>(rows) * columns;
    if (blobs[level].total() != cells || blobs[3 + level].total() != cells || blobs[6 + level].total() != 4 * cells ||
        blobs[9 + level].total() != 2 * kLandmarkCount * cells) {
      throw std::runtime_error("the model's outputs are not of YuNet's sizes");
    }
    const auto* cls = blobs[level].ptr<float>();
    const auto* obj = blobs[3 + level].ptr<float>();
    const auto* bbox = blobs[6 + level].ptr<float>();
    const auto* kps = blobs[9 + level].ptr<float>();
    for (int index = 0; index < rows * columns; ++index) {
      const float score = std::sqrt(std::clamp(cls[index], 0.F, 1.F) * std::clamp(obj[index], 0.F, 1.F));
      if (score < kLowestScore) continue;
      const int column = index % columns, row = index / columns;
      const double w = std::exp(bbox[4 * index + 2]) * stride, h = std::exp(bbox[4 * index + 3]) * stride;
      const double x = (column + bbox[4 * index]) * stride - w / 2, y = (row + bbox[4 * index + 1]) * stride - h / 2;
      Face face;
      face.box = {x / image.width, y / image.height, w / image.width, h / image.height};
      face.confidence = 100.0 * score;
      face.landmarks.emplace();
      for (int point = 0; point < kLandmarkCount; ++point) {
        // The model's order is the subject's right eye first, which is the left one in the picture.
        (*face.landmarks)[point] = {(kps[10 * index + 2 * point] + column) * stride / image.width,
                                    (kps[10 * index + 2 * point + 1] + row) * stride / image.height};
      }
      candidates.push_back(face);
      rects.emplace_back(x, y, w, h);
      scores.push_back(score);
    }
  }

  cv::dnn::Net net_;
  std::vector<std::string> outputs_;
};

}  // namespace

Result<std::unique_ptr<FaceDetector>> make_yunet(const std::string& model_path) {
  try {
    cv::dnn::Net net = cv::dnn::readNetFromONNX(model_path);
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    auto detector = std::make_unique<YuNet>(std::move(net));
    detector->detect(Image{64, 64, std::vector<std::uint8_t>(64 * 64 * 3)});  // another model fails here, not later
    return std::unique_ptr<FaceDetector>(std::move(detector));
  } catch (const std::exception&) {
    return Error{kNoDetector, "The face model cannot be loaded: it is not YuNet 2023mar (ONNX)."};
  }
}

}  // namespace cumulet::vision
