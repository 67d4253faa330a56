#include "services/rekognition/vision.hpp"

#include <atomic>

#include "base/log.hpp"
#include "services/rekognition/vision_answer.hpp"

namespace cumulet::rekognition {
namespace {

constexpr Milliseconds kPatienceInterval{200};

class SandboxedVision final : public Vision {
 public:
  explicit SandboxedVision(VisionSettings settings) : settings_(std::move(settings)) {}

  Result<Analysis> video(const std::filesystem::path& file, const Patience& patience) override {
    process::SandboxSpec spec = sandbox();
    // The child is another user on the host. Who could use this, the data folder keeps out.
    std::error_code ec;
    std::filesystem::permissions(file, std::filesystem::perms::group_read | std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add, ec);
    spec.binds.push_back({std::filesystem::absolute(file), "/media/video"});
    json::object request{{"job", "detect-video"}, {"file", "/media/video"}};
    const auto video_patience = [&](const VisionAnswer& answer) -> std::optional<Error> {
      if (answer.announced_ms() > kLongestVideoMs) return Error{kVisionFailed, std::string(kVideoTooLargeText)};
      return patience(answer.percent());
    };
    return run(std::move(spec), std::move(request), {}, video_patience);
  }

  Result<Analysis> image(const std::string& bytes) override {
    json::object request{{"job", "detect-image"}, {"bytes", bytes.size()}};
    const auto end = std::chrono::steady_clock::now() + settings_.picture_time;
    const auto patience = [&](const VisionAnswer&) -> std::optional<Error> {
      if (std::chrono::steady_clock::now() < end) return std::nullopt;
      return Error{kBadImage, "The image takes too long to decode."};
    };
    return run(sandbox(), std::move(request), bytes, patience);
  }

  void cancel_all() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (process::Child* child : running_) child->kill();
  }

 private:
  process::SandboxSpec sandbox() const {
    process::SandboxSpec spec;
    spec.name = "vision";
    spec.command = {"/media/cumulet-vision", "serve"};
    spec.binds.push_back({std::filesystem::absolute(settings_.program), "/media/cumulet-vision"});
    if (!settings_.model.empty())
      spec.binds.push_back({std::filesystem::absolute(settings_.model), "/media/model"});
    spec.hidden = settings_.hidden;
    spec.memory_bytes = settings_.memory_bytes;
    spec.max_processes = 128;
    return spec;
  }

  Result<Analysis> run(process::SandboxSpec spec, json::object request, const std::string& bytes,
                       const std::function<std::optional<Error>(const VisionAnswer&)>& patience) {
    if (!settings_.model.empty()) request["model"] = "/media/model";
    VisionAnswer answer;
    std::string complaints;
    spec.on_stdout = [&answer](std::string_view piece) { answer.take(piece); };
    spec.on_stderr = [&complaints](std::string_view piece) {
      if (complaints.size() < 4096) complaints += piece.substr(0, 4096);
    };
    auto child = process::spawn(std::move(spec));
    if (!child.ok()) {
      log::warn("cumulet-vision cannot be started: {}", child.error().message());
      return Error{kVisionFailed, "The process looking at media cannot be started."};
    }
    {
      std::lock_guard lock(mutex_);
      if (cancelled_) return Error{kCancelled, "The engine is stopping."};
      running_.insert(child->get());
    }
    (*child)->write_stdin(json::text(request) + "\n" + bytes);
    (*child)->close_stdin();
    std::optional<Error> given_up;
    std::optional<process::ExitStatus> ended;
    while (!(ended = (*child)->wait_for(kPatienceInterval)) && !given_up)
      if ((given_up = patience(answer))) (*child)->kill();
    const process::ExitStatus status = ended ? *ended : (*child)->wait();
    bool cancelled = false;
    {
      std::lock_guard lock(mutex_);
      running_.erase(child->get());
      cancelled = cancelled_;
    }
    if (cancelled) return Error{kCancelled, "The engine is stopping."};
    if (given_up && status.killed) return std::move(*given_up);
    auto result = std::move(answer).result(status);
    if (!result.ok() && result.error().is(kVisionFailed)) {
      log::warn("cumulet-vision: {} {}", result.error().message(), complaints);
    }
    return result;
  }

  VisionSettings settings_;
  std::mutex mutex_;
  std::set<process::Child*> running_;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Vision> make_sandboxed_vision(VisionSettings settings) {
  return std::make_unique<SandboxedVision>(std::move(settings));
}

}  // namespace cumulet::rekognition
