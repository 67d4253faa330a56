#include "services/rekognition/vision.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>

#include "base/log.hpp"
#include "services/rekognition/face_record.hpp"

namespace cumulet::rekognition {
namespace {

constexpr std::size_t kLongestLine = 4U << 20;
constexpr std::size_t kMostFaces = 1'000'000;  // some 300 bytes each, in the engine's memory
constexpr Milliseconds kPatienceInterval{200};
constexpr std::size_t kLongestMessage = 500;

// The answer of the child as it comes in, line by line (cmd/cumulet-vision/protocol.hpp). Runs on the reactor's thread,
// read once the child has ended.
class Answer {
 public:
  void take(std::string_view piece) {
    pending_ += piece;
    std::size_t begin = 0;
    for (std::size_t end; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      line(std::string_view(pending_).substr(begin, end - begin));
    }
    pending_.erase(0, begin);
    if (pending_.size() > kLongestLine) malformed();
  }

  // What the video says of its length; 0: not said yet. Any thread.
  std::int64_t announced_ms() const { return announced_ms_; }

  Result<Analysis> result(const process::ExitStatus& status) && {
    if (failure_) return std::move(*failure_);
    if (status.out_of_memory) return Error{kVisionFailed, "Looking at the media took too much memory."};
    if (!done_) {
      std::string how = "without a result";
      if (status.signal) how = "by signal " + std::to_string(*status.signal);
      if (status.code.value_or(0) != 0) how = "with status " + std::to_string(*status.code);
      return Error{kVisionFailed, "The process looking at the media ended " + how + "."};
    }
    return std::move(analysis_);
  }

 private:
  void malformed() {
    if (!failure_) failure_ = Error{kVisionFailed, "The process looking at the media answered nonsense."};
    pending_.clear();
  }

  static std::string text(const json::value& line, std::string_view name) {
    const json::value* member = json::find(line, name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
  }
  static double number(const json::value& line, std::string_view name) {
    const json::value* member = json::find(line, name);
    return member != nullptr && member->is_number() ? member->to_number<double>() : 0;
  }

  void line(std::string_view text_line) {
    const auto parsed = json::parse(text_line);
    if (!parsed.ok()) return malformed();
    const std::string event = text(*parsed, "event");
    if (event == "detector") {
      analysis_.detector = text(*parsed, "name");
      analysis_.recall = text(*parsed, "recall");
    } else if (event == "video") {
      describe(*parsed);
    } else if (event == "faces") {
      const json::value* faces = json::find(*parsed, "faces");
      if (faces == nullptr || !faces->is_array()) return malformed();
      for (const json::value& record : faces->get_array()) {
        if (!is_face_record(record) || analysis_.faces.size() >= kMostFaces) return malformed();
        analysis_.faces.push_back(record);
      }
    } else if (event == "done") {
      done_ = true;
      if (analysis_.metadata)
        analysis_.metadata->duration_millis = static_cast<std::int64_t>(number(*parsed, "duration_ms"));
    } else if (event == "failed") {
      fail(text(*parsed, "code"), text(*parsed, "message"));
    }
  }

  void describe(const json::value& line) {
    VideoMetadata& metadata = analysis_.metadata.emplace();
    metadata.codec = text(line, "codec");
    metadata.format = text(line, "format");
    metadata.frame_rate = static_cast<float>(number(line, "frame_rate"));
    metadata.frame_width = static_cast<std::int64_t>(number(line, "width"));
    metadata.frame_height = static_cast<std::int64_t>(number(line, "height"));
    if (const std::string range = text(line, "color_range"); !range.empty()) metadata.color_range = range;
    announced_ms_ = static_cast<std::int64_t>(std::clamp(number(line, "duration_ms"), 0.0, 1e15));
  }

  void fail(const std::string& code, std::string message) {
    // Of the child's own words, which hostile media may have chosen, a sentence is enough.
    if (message.size() > kLongestMessage) {
      std::size_t end = kLongestMessage;
      while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;  // no half character
      message.resize(end);
    }
    for (char& c : message)
      if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
    for (const ErrorKind* kind : {&kUnsupportedMedia, &kDamagedMedia, &kBadImage, &kBigImage}) {
      if (code == kind->code) failure_ = Error{*kind, std::move(message)};
    }
    if (!failure_) failure_ = Error{kVisionFailed, std::move(message)};
  }

  std::string pending_;
  Analysis analysis_;
  std::optional<Error> failure_;
  std::atomic<std::int64_t> announced_ms_{0};
  bool done_ = false;
};

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
    const auto video_patience = [&](const Answer& answer) -> std::optional<Error> {
      if (answer.announced_ms() > kLongestVideoMs) return Error{kVisionFailed, std::string(kVideoTooLargeText)};
      return patience();
    };
    return run(std::move(spec), std::move(request), {}, video_patience);
  }

  Result<Analysis> image(const std::string& bytes) override {
    json::object request{{"job", "detect-image"}, {"bytes", bytes.size()}};
    const auto end = std::chrono::steady_clock::now() + settings_.picture_time;
    const auto patience = [&](const Answer&) -> std::optional<Error> {
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
                       const std::function<std::optional<Error>(const Answer&)>& patience) {
    if (!settings_.model.empty()) request["model"] = "/media/model";
    Answer answer;
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
