#include "apps/faceblur/watch/watch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "sdk/s3.hpp"

namespace cumulet::faceblur {
namespace {

constexpr Milliseconds kPoll{150};
constexpr Seconds kUntilStarted{120};  // from the upload to the execution's start
constexpr Seconds kLateLogs{10};       // lines that come after newer ones
constexpr std::size_t kTail = 15;      // log lines told when something failed

// The events of a log group since a time, each given once.
class LogTail {
 public:
  LogTail(sdk::Client& client, std::string group, TimePoint from)
      : client_(client), group_(std::move(group)), from_(to_millis(from)) {}

  // The new messages; none as long as there is no such group.
  Result<std::vector<std::string>> next() {
    std::vector<std::string> out;
    std::string token;
    for (int page = 0; page < 1000; ++page) {
      json::object input{{"logGroupName", group_},
                         {"startTime", std::max(from_, newest_ - Milliseconds(kLateLogs).count())}};
      if (!token.empty()) input["nextToken"] = token;
      const auto answer = client_.call("logs", "FilterLogEvents", input);
      if (!answer.ok()) {
        if (answer.error().code() == "ResourceNotFoundException") return out;
        return answer.error();
      }
      if (const auto* events = json::find(*answer, "events"); events && events->is_array())
        for (const json::value& event : events->as_array()) take(event, out);
      token = json::text_at(*answer, "nextToken");
      if (token.empty()) break;
    }
    return out;
  }

  const std::deque<std::string>& last() const { return last_; }
  const std::string& group() const { return group_; }

 private:
  void take(const json::value& event, std::vector<std::string>& out) {
    if (!seen_.insert(json::text_at(event, "eventId")).second) return;
    if (const auto* time = json::find(event, "timestamp"); time && time->is_int64())
      newest_ = std::max(newest_, time->as_int64());
    std::string message = json::text_at(event, "message");
    while (message.ends_with('\n')) message.pop_back();
    last_.push_back(message);
    if (last_.size() > kTail) last_.pop_front();
    out.push_back(std::move(message));
  }

  sdk::Client& client_;
  std::string group_;
  std::int64_t from_;
  std::int64_t newest_ = 0;
  std::set<std::string> seen_;
  std::deque<std::string> last_;
};

// Triggers compare letter for letter: IMG_0001.MOV goes up as IMG_0001.mov.
std::string key_of(const std::filesystem::path& video) {
  return video.stem().string() + lower(video.extension().string());
}

class Watch {
 public:
  Watch(WatchPorts& ports, const WatchRequest& request)
      : ports_(ports),
        request_(request),
        key_(key_of(request.video)),
        began_(ports.clock.steady()),
        start_log_(ports.client, "/aws/lambda/face-detection", began_ - Seconds{1}),
        blur_log_(ports.client, "/aws/lambda/blur-faces", began_ - Seconds{1}) {}

  Result<Watched> run() {
    auto outcome = follow();
    if (!outcome.ok()) tell_logs();
    return outcome;
  }

 private:
  Result<Watched> follow() {
    if (!key_.ends_with(".mp4") && !key_.ends_with(".mov"))
      return Error{kNoResult, request_.video.filename().string() + " is neither .mp4 nor .mov: nothing would happen to it"};
    // A result of an earlier run must not be taken for this one's.
    std::error_code none;
    std::filesystem::create_directories(request_.folder, none);
    std::filesystem::path file = request_.folder / key_;
    if (std::filesystem::equivalent(file, request_.video, none)) file = request_.folder / ("blurred-" + key_);
    std::filesystem::remove(file, none);

    sdk::S3 s3(ports_.client);
    ports_.tell("upload   " + request_.video.string() + " → s3://" + request_.input_bucket + "/" + key_);
    sdk::PutOptions put;
    put.content_type = key_.ends_with(".mov") ? "video/quicktime" : "video/mp4";
    CUMULET_CHECK(s3.upload_file(request_.input_bucket, key_, request_.video, put));
    CUMULET_CHECK(wait_for_execution());
    CUMULET_TRY(const Ending end, wait_for_end());
    if (!end.succeeded)
      return Error{kNoResult, "the execution failed: " + end.error + (end.cause.empty() ? "" : ": ") + end.cause};

    CUMULET_CHECK(s3.download_file(request_.output_bucket, key_, file));
    // A download is private; what its owner asked for is as readable as all that they make.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0666 & ~mask), none);
    ports_.tell("download s3://" + request_.output_bucket + "/" + key_ + " → " + file.string());
    return Watched{.execution_arn = execution_, .detection = detection(end.output), .result = std::move(file)};
  }

  bool within(Seconds limit) const { return ports_.clock.steady() - began_ < limit; }

  // The function that the event started says in its log which job and execution it made of our video, or why none.
  Result<void> wait_for_execution() {
    while (within(std::min(kUntilStarted, request_.timeout))) {
      CUMULET_TRY(const auto messages, start_log_.next());
      for (const std::string& message : messages) {
        const auto line = log_line(message);
        if (message.starts_with("START RequestId:")) ports_.tell("event    s3:ObjectCreated → function face-detection");
        if (!line || json::text_at(line->fields, "key") != key_) continue;
        if (line->level == "ERROR") return Error{kNoResult, "face-detection refused the video: " + line->message};
        execution_ = json::text_at(line->fields, "executionArn");
        if (execution_.empty()) continue;
        ports_.tell("job      " + json::text_at(line->fields, "jobId") + " (face detection)");
        ports_.tell("started  " + execution_);
        return {};
      }
      ports_.pause(kPoll);
    }
    return Error{kNoResult, "no execution was started for " + key_ + " within two minutes of its upload"};
  }

  Result<Ending> wait_for_end() {
    while (within(request_.timeout)) {
      CUMULET_TRY(const auto events, new_events());
      // Progress first: it belongs to the state that was told before.
      CUMULET_CHECK(tell_progress());
      for (const json::value& event : events) {
        if (const auto line = told(event)) tell_event(*line);
        if (auto end = ending(event)) return std::move(*end);
      }
      ports_.pause(kPoll);
    }
    return Error{kNoResult, "the execution did not end within " + std::to_string(request_.timeout.count()) + " s"};
  }

  // The states that wait for the face job come round every second: told three times, then every tenth.
  void tell_event(const std::string& line) {
    const int times = ++told_[line];
    if (times <= 3)
      ports_.tell(line);
    else if (times % 10 == 0)
      ports_.tell(line + " (for the " + std::to_string(times) + "th time)");
  }

  // Newest first until one we know, then turned round.
  Result<std::vector<json::value>> new_events() {
    std::vector<json::value> out;
    std::string token;
    for (int page = 0; page < 1000; ++page) {
      json::object input{
          {"executionArn", execution_}, {"reverseOrder", true}, {"maxResults", 100}, {"includeExecutionData", true}};
      if (!token.empty()) input["nextToken"] = token;
      CUMULET_TRY(const json::value answer, ports_.client.call("states", "GetExecutionHistory", input));
      token = json::text_at(answer, "nextToken");
      const json::value* events = json::find(answer, "events");
      if (!events || !events->is_array()) break;
      for (const json::value& event : events->as_array()) {
        const json::value* id = json::find(event, "id");
        if (!id || !id->is_int64() || id->as_int64() <= last_event_) {
          token.clear();
          break;
        }
        out.push_back(event);
      }
      if (token.empty()) break;
    }
    std::ranges::reverse(out);
    if (!out.empty()) last_event_ = json::find(out.back(), "id")->as_int64();
    return out;
  }

  Result<void> tell_progress() {
    CUMULET_TRY(const auto messages, blur_log_.next());
    for (const std::string& message : messages) {
      const auto line = log_line(message);
      const json::value* percent = line ? line->fields.if_contains("percent") : nullptr;
      if (percent && percent->is_int64()) ports_.tell("blurred  " + std::to_string(percent->as_int64()) + " %");
    }
    return {};
  }

  void tell_logs() {
    for (LogTail* log : {&start_log_, &blur_log_}) {
      if (!log->next().ok() || log->last().empty()) continue;
      ports_.tell("the last lines of " + log->group() + ":");
      for (const std::string& line : log->last()) ports_.tell("  " + line);
    }
  }

  WatchPorts& ports_;
  const WatchRequest& request_;
  std::string key_;
  TimePoint began_;
  LogTail start_log_, blur_log_;
  std::string execution_;
  std::int64_t last_event_ = 0;
  std::map<std::string, int> told_;  // line → times it came
};

}  // namespace

Result<Watched> watch(WatchPorts& ports, const WatchRequest& request) { return Watch(ports, request).run(); }

}  // namespace cumulet::faceblur
