#include "vision/pipeline/detect_image.hpp"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "vision/detect/quality.hpp"
#include "vision/media/errors.hpp"
#include "vision/pipeline/detect_video.hpp"
#include "vision/track/tracks.hpp"

namespace cumulet::vision {
namespace {

constexpr int kLargestSide = 10'000;  // Rekognition refuses larger pictures
constexpr int kDetectorSide = 640;

bool is_jpeg_or_png(const std::string& bytes) {
  return bytes.starts_with("\xFF\xD8\xFF") || bytes.starts_with("\x89PNG\r\n\x1A\n");
}

std::uint32_t big_endian(const std::string& bytes, std::size_t at, int length) {
  std::uint32_t value = 0;
  for (int i = 0; i < length; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

// The size written in the file's head, before anything is allocated for it. {0, 0}: not found.
cv::Size declared_size(const std::string& bytes) {
  if (bytes[0] == '\x89') {
    if (bytes.size() < 24) return {};
    return {static_cast<int>(big_endian(bytes, 16, 4) & 0x7FFFFFFF),
            static_cast<int>(big_endian(bytes, 20, 4) & 0x7FFFFFFF)};
  }
  for (std::size_t at = 2; at + 9 < bytes.size();) {
    if (bytes[at] != '\xFF') return {};
    const auto marker = static_cast<std::uint8_t>(bytes[at + 1]);
    if (marker == 0xFF) {
      ++at;
      continue;
    }
    const bool start_of_frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (start_of_frame) {
      return {static_cast<int>(big_endian(bytes, at + 7, 2)), static_cast<int>(big_endian(bytes, at + 5, 2))};
    }
    at += 2 + big_endian(bytes, at + 2, 2);
  }
  return {};
}

// What the detector sees in the picture scaled to that longest side (enlarged at most twofold).
std::vector<Face> look(const cv::Mat& picture, int side, FaceDetector& detector) {
  const double factor = std::min(2.0, static_cast<double>(side) / std::max(picture.cols, picture.rows));
  Image scaled;
  scaled.width = std::max(1, cvRound(picture.cols * factor));
  scaled.height = std::max(1, cvRound(picture.rows * factor));
  scaled.bgr.resize(static_cast<std::size_t>(3) * scaled.width * scaled.height);
  cv::Mat target(scaled.height, scaled.width, CV_8UC3, scaled.bgr.data());
  cv::resize(picture, target, target.size(), 0, 0, factor < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  std::vector<Face> faces = detector.detect(scaled);
  for (Face& face : faces) face.quality = quality_at(scaled, face.box);
  return faces;
}

}  // namespace

Result<ImageFaces> detect_faces_in_image(const std::string& bytes, FaceDetector& detector,
                                         const DetectorChoice& choice) {
  if (!is_jpeg_or_png(bytes)) return Error{kInvalidImage, "The image is neither JPEG nor PNG."};
  const cv::Size declared = declared_size(bytes);
  if (declared.width > kLargestSide || declared.height > kLargestSide) {
    return Error{kImageTooLarge, "The image is larger than 10,000 pixels on a side."};
  }
  cv::Mat picture;
  try {
    if (declared.area() > 0) {
      picture = cv::imdecode(cv::Mat(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data())),
                             cv::IMREAD_COLOR);
    }
  } catch (const std::exception&) {
    picture.release();
  }
  if (picture.empty()) return Error{kInvalidImage, "The image is damaged and cannot be decoded."};

  ImageFaces result;
  result.width = picture.cols;
  result.height = picture.rows;
  const int longest = std::max(picture.cols, picture.rows);
  const bool quick = choice.kind == DetectorKind::yunet;
  try {
    result.faces = look(picture, kDetectorSide, detector);
    if (const int far = far_side_for(longest, kDetectorSide); quick && far > 0) {
      auto small = look(picture, far, detector);
      result.faces.insert(result.faces.end(), small.begin(), small.end());
      result.faces = without_doubles(std::move(result.faces), choice.certain_confidence());
    }
  } catch (const std::exception& error) {
    return detector_failed(error.what());
  }
  std::erase_if(result.faces, [&](const Face& face) { return face.confidence < choice.certain_confidence(); });
  std::sort(result.faces.begin(), result.faces.end(),
            [](const Face& a, const Face& b) { return a.box.area() > b.box.area(); });
  return result;
}

}  // namespace cumulet::vision
