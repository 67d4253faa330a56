#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/database.hpp"

namespace cumulet::lambda {

struct QueueAttribute {
  std::string data_type;
  std::optional<std::string> string_value;
  std::optional<std::string> binary_value;
};

struct QueueMessage {
  std::string message_id, receipt_handle, body, md5_of_body;
  std::string md5_of_message_attributes;          // empty: it has none
  std::map<std::string, std::string> attributes;  // the system's, as on SQS's wire: ApproximateReceiveCount, ...
  std::map<std::string, QueueAttribute> message_attributes;
};

struct OutgoingQueueMessage {
  std::string body;
  std::map<std::string, QueueAttribute> attributes;
};

struct QueueFacts {
  bool is_fifo = false;
  Seconds visibility_timeout{30};
};

// The queues that event source mappings read from and that destinations and dead letters go to; bound in src/server.
class QueueSource {
 public:
  using Received = std::function<void(Result<std::vector<QueueMessage>>)>;
  using Done = std::function<void(Result<void>)>;

  virtual ~QueueSource() = default;

  // Any thread. Nothing: there is no such queue.
  virtual std::optional<QueueFacts> find(std::string_view queue_arn) const = 0;
  // Messages that could be received now. Any thread; 0 for a queue that is not there.
  virtual std::int64_t visible(std::string_view queue_arn) const = 0;

  // A long poll for up to `max` (1-10) messages; `done` comes once, on the I/O executor, never from inside the call.
  // What is returned ends the wait at once; `done` comes then too, maybe with messages that were just received.
  // Error: the queue is gone.
  [[nodiscard]] virtual std::function<void()> receive(std::string queue_arn, int max, Seconds wait, Received done) = 0;
  // On the I/O executor, `done` too. The messages are gone for good once `done` says so.
  virtual void remove(std::string queue_arn, std::vector<std::string> receipt_handles, Done done) = 0;
  virtual void change_visibility(std::string queue_arn, std::vector<std::string> receipt_handles, Seconds timeout,
                                 Done done) = 0;

  // In a job on the writer's thread: the message is sent when that job commits.
  virtual Result<void> send(storage::Transaction& tx, std::string_view queue_arn, OutgoingQueueMessage message) = 0;
};

}  // namespace cumulet::lambda
