#pragma once
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

// The events the worker is invoked with. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
namespace cumulet::polybot {

inline constexpr ErrorKind kNoSqsEvent{"InvalidEvent", 400};

struct QueueRecord {
  std::string message_id, receipt_handle, body, queue_arn;
  std::map<std::string, std::string> attributes;          // ApproximateReceiveCount, ...
  std::map<std::string, std::string> message_attributes;  // those with a text

  int receive_count() const;  // 1 when it is not said
};
// A record without a messageId is left out: nobody could say that it failed.
Result<std::vector<QueueRecord>> read_sqs_event(std::string_view payload);

// What the results queue holds: FaceBlur's output bucket telling of an object, or our own note to look after a job.
struct ObjectCreated {
  std::string bucket, key;
};
struct Check {
  std::string job_id;
  int attempt = 0;
};
struct Nothing {};  // s3:TestEvent, and what we do not understand
using ResultMessage = std::variant<std::vector<ObjectCreated>, Check, Nothing>;
ResultMessage read_result_message(std::string_view body);
std::string check_message(const Check& check);

}  // namespace cumulet::polybot
