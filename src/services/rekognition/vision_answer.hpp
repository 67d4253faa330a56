#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "process/sandbox.hpp"
#include "services/rekognition/vision.hpp"

namespace cumulet::rekognition {

// What cumulet-vision answers (cmd/cumulet-vision/protocol.hpp), as it comes in. It decodes what strangers upload, so
// nothing of it is believed: what is kept is bounded, and every number can be told to a client. take() on one thread;
// result() once the child has ended.
class VisionAnswer {
 public:
  void take(std::string_view piece);

  // What the video says of its length; 0: not said yet. Any thread.
  std::int64_t announced_ms() const { return announced_ms_; }

  // How much of the video was looked at, 0 to 100. Any thread.
  int percent() const { return percent_; }

  // The first failure that was told or found; kVisionFailed when the child ended without a result.
  Result<Analysis> result(const process::ExitStatus& status) &&;

 private:
  void malformed();
  void line(std::string_view text);
  void describe(const json::value& line);
  void fail(const std::string& code, std::string message);

  std::string pending_;  // a line without its end
  Analysis analysis_;
  std::optional<Error> failure_;
  std::atomic<std::int64_t> announced_ms_{0};
  std::atomic<int> percent_{0};
  bool done_ = false;
};

}  // namespace cumulet::rekognition
