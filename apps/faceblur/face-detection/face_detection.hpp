#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "sdk/client.hpp"
#include "sdk/runtime/lambda.hpp"

// The first function of FaceBlur: S3 tells it of new videos; for each it starts a face detection job and an execution
// of the state machine that waits for the job.
namespace cumulet::faceblur {

// What is wrong with a record of an S3 event, for a person; or the video it speaks of.
struct Video {
  std::string bucket, key;
  // Names this very upload: the same event, delivered twice, gives the same job and the same execution.
  std::string upload_id;     // 64 hex digits
  std::string etag = {};     // as the event has it, without quotes
  std::string version = {};  // empty: the bucket keeps no versions
};
struct RecordProblem {
  std::string bucket, key, message;
};
// `fallback_id`: stands for what a hand-made record lacks (sequencer and eTag) to tell one upload from another.
std::variant<Video, RecordProblem> read_record(const json::value& record, std::string_view fallback_id);

// "sample-video-<32 hex>": at most 80 characters that Step Functions accepts.
std::string execution_name(const Video& video);

// Handles a whole event. One bad record never stops the others. A record that failed for a passing reason makes the
// invocation fail after all others were handled, so that Lambda retries the event; what was started is not started
// again.
sdk::InvocationResponse handle_event(sdk::Client& client, const std::string& state_machine_arn,
                                     const sdk::InvocationRequest& request);

}  // namespace cumulet::faceblur
