#pragma once
#include <string_view>

// What S3 needs of other services; bound in src/server.
namespace cumulet::s3 {

// Who may be told, answered by the services that own the targets. Thread-safe.
class NotificationTargets {
 public:
  enum class Verdict { ok, does_not_exist, not_permitted };
  virtual ~NotificationTargets() = default;
  // May S3, on behalf of the bucket ("arn:aws:s3:::name") of that account, invoke the function?
  virtual Verdict check_function(std::string_view function_arn, std::string_view bucket_arn,
                                 std::string_view account) = 0;
  // The same of sending to the queue.
  virtual Verdict check_queue(std::string_view queue_arn, std::string_view bucket_arn, std::string_view account) = 0;
};

}  // namespace cumulet::s3
