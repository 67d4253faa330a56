#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "process/sandbox.hpp"
#include "services/rekognition/model.hpp"

namespace cumulet::rekognition {

// What looking at a piece of media brought.
struct Analysis {
  std::string detector;
  std::string recall;
  std::optional<VideoMetadata> metadata;  // videos
  std::vector<json::value> faces;         // face records (face_record.hpp), by time
};

// The media itself is at fault: the message is for people.
inline constexpr ErrorKind kUnsupportedMedia{"UnsupportedMedia", 400};
inline constexpr ErrorKind kDamagedMedia{"DamagedMedia", 400};
inline constexpr ErrorKind kBadImage{"InvalidImageFormat", 400};
inline constexpr ErrorKind kBigImage{"ImageTooLarge", 400};
// It could not be looked at: no detector, no sandbox, the program crashed, ...
inline constexpr ErrorKind kVisionFailed{"VisionFailed", 500};
inline constexpr ErrorKind kCancelled{"Cancelled", 500};

inline constexpr std::int64_t kLongestVideoMs = 6LL * 3600 * 1000;
inline constexpr std::string_view kVideoTooLargeText =
    "The file size or duration of the supplied media is too large. The maximum file size is 10GB. The maximum duration "
    "is 6 hours.";

// Asked several times a second while a video is looked at, on the calling thread, with how much of it was looked at, 0
// to 100: an error ends it and is the result.
using Patience = std::function<std::optional<Error>(int percent)>;

// Looks at media, blocking. Thread-safe.
class Vision {
 public:
  virtual ~Vision() = default;
  // A video that says it is longer than kLongestVideoMs is not looked at.
  virtual Result<Analysis> video(const std::filesystem::path& file, const Patience& patience) = 0;
  virtual Result<Analysis> image(const std::string& bytes) = 0;
  // Ends what is running (kCancelled) and refuses what comes.
  virtual void cancel_all() = 0;
};

struct VisionSettings {
  std::filesystem::path program;              // cumulet-vision
  std::filesystem::path model;                // the face model's file; empty: there is none
  std::vector<std::filesystem::path> hidden;  // folders the child must not see
  std::uint64_t memory_bytes = 3ULL << 30;
  // For a picture: a JPEG's many scans may make its decoding last hours. Over it: kBadImage.
  Milliseconds picture_time = Seconds{30};
};

// By the program cumulet-vision, each time in a sandbox of its own that sees nothing but the one file.
std::unique_ptr<Vision> make_sandboxed_vision(VisionSettings settings);

}  // namespace cumulet::rekognition
