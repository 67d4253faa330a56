#include "vision/detect/cascades.hpp"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

namespace cumulet::vision {
namespace {

constexpr double kScaleStep = 1.2;
constexpr int kSmallestFace = 24;  // pixels
constexpr double kSameFaceOverlap = 0.3;

class Cascades final : public FaceDetector {
 public:
  bool load(const std::string& folder) {
    return frontal_.load(folder + "/haarcascade_frontalface_alt2.xml") &&
           profile_.load(folder + "/haarcascade_profileface.xml");
  }

  std::vector<Face> detect(const Image& image) override {
    const cv::Mat picture(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data()));
    cv::Mat grey, mirrored;
    cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
    cv::equalizeHist(grey, grey);
    cv::flip(grey, mirrored, 1);

    std::vector<Face> found;
    run(frontal_, grey, false, found);
    run(profile_, grey, false, found);
    run(profile_, mirrored, true, found);
    return without_doubles(std::move(found));
  }

 private:
  static void run(cv::CascadeClassifier& cascade, const cv::Mat& grey, bool is_mirrored, std::vector<Face>& out) {
    std::vector<cv::Rect> rects;
    std::vector<int> neighbours;
    cascade.detectMultiScale(grey, rects, neighbours, kScaleStep, 2, 0, cv::Size(kSmallestFace, kSmallestFace));
    for (std::size_t i = 0; i < rects.size(); ++i) {
      cv::Rect rect = rects[i];
      if (is_mirrored) rect.x = grey.cols - rect.x - rect.width;
      Face face;
      face.box = {static_cast<double>(rect.x) / grey.cols, static_cast<double>(rect.y) / grey.rows,
                  static_cast<double>(rect.width) / grey.cols, static_cast<double>(rect.height) / grey.rows};
      // The number of windows that agreed is all a cascade says about how sure it is: 2 -> 30, 5 -> 60, 9 and more
      // -> 99.
      face.confidence = std::min(99.0, 10.0 + 10.0 * neighbours[i]);
      out.push_back(face);
    }
  }

  static std::vector<Face> without_doubles(std::vector<Face> faces) {
    std::sort(faces.begin(), faces.end(), [](const Face& a, const Face& b) { return a.confidence > b.confidence; });
    std::vector<Face> kept;
    for (const Face& face : faces) {
      const bool doubled = std::any_of(
          kept.begin(), kept.end(), [&](const Face& other) { return overlap(face.box, other.box) > kSameFaceOverlap; });
      if (!doubled) kept.push_back(face);
    }
    return kept;
  }

  cv::CascadeClassifier frontal_;
  cv::CascadeClassifier profile_;
};

}  // namespace

Result<std::unique_ptr<FaceDetector>> make_cascades(const std::string& folder) {
  auto detector = std::make_unique<Cascades>();
  if (!detector->load(folder)) {
    return Error{kNoDetector, "OpenCV's face cascades cannot be loaded (Debian: opencv-data)."};
  }
  return std::unique_ptr<FaceDetector>(std::move(detector));
}

}  // namespace cumulet::vision
