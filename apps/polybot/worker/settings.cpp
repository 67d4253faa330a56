#include <charconv>

#include "apps/polybot/common/job.hpp"
#include "apps/polybot/worker/worker.hpp"
#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

Result<std::int64_t> whole(const sdk::Environment& environment, const char* name, std::int64_t fallback,
                           std::int64_t most) {
  const auto text = environment(name);
  if (!text) return fallback;
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error != std::errc{} || end != text->data() + text->size() || out < 1 || out > most)
    return Error{sdk::kBadConfiguration, std::string(name) + " must be a whole number from 1 to " +
                                             std::to_string(most) + ", not \"" + *text + '"'};
  return out;
}

}  // namespace

Result<WorkerSettings> worker_settings(const sdk::Environment& environment) {
  const auto text = [&](const char* name) { return trimmed(environment(name).value_or("")); };
  WorkerSettings out;
  out.videos_bucket = text("VIDEOS_BUCKET");
  if (out.videos_bucket.empty())
    return Error{sdk::kBadConfiguration, "VIDEOS_BUCKET is not set: it names the bucket that videos go to"};
  out.faceblur_input = text("FACEBLUR_INPUT_BUCKET");
  out.faceblur_output = text("FACEBLUR_OUTPUT_BUCKET");
  out.faceblur_machine = text("FACEBLUR_STATE_MACHINE_ARN");
  out.results_queue = text("RESULTS_QUEUE_NAME");
  if (out.results_queue.empty() || out.faceblur_output.empty()) out.faceblur_input.clear();
  if (const auto program = text("YT_DLP"); !program.empty()) out.fetch.program = program;
  if (const auto path = text("PATH"); !path.empty()) out.fetch.path = path;
  CUMULET_TRY(out.fetch.allowed, parse_networks(text("ALLOWED_NETWORKS")));
  CUMULET_TRY(const auto megabytes, whole(environment, "MAX_DOWNLOAD_MB", 500, 10'000));
  out.fetch.most_bytes = static_cast<std::uint64_t>(megabytes) << 20;
  CUMULET_TRY(const auto longest, whole(environment, "MAX_DURATION_SECONDS", 3600, 24 * 3600));
  out.fetch.longest_video = Seconds{longest};
  CUMULET_TRY(const auto sent, whole(environment, "MAX_SEND_MB", 50, 2000));
  out.answers.most_sent = static_cast<std::uint64_t>(sent) * 1'000'000;
  CUMULET_TRY(const auto expires, whole(environment, "LINK_EXPIRES_SECONDS", 24 * 3600, 7 * 24 * 3600));
  out.answers.link_expires = Seconds{expires};
  CUMULET_TRY(const auto receives, whole(environment, "MAX_RECEIVE_COUNT", 3, 1000));
  out.max_receive_count = static_cast<int>(receives);
  CUMULET_TRY(const auto blur, whole(environment, "MAX_BLUR_SECONDS", 1200, 24 * 3600));
  out.longest_blur = Seconds{blur};
  return out;
}

}  // namespace cumulet::polybot
