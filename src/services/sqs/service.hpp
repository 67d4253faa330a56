#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/wire/operation.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "events/observers.hpp"
#include "services/sqs/model_batch.hpp"
#include "services/sqs/model_message.hpp"
#include "services/sqs/model_queue.hpp"
#include "storage/database.hpp"

// Amazon SQS: standard and FIFO queues. What is acknowledged is committed; a receive writes nothing at once.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
namespace cumulet::sqs {

struct OutgoingMessage {
  std::string body;
  std::map<std::string, MessageAttribute> attributes;
  std::string group_id, deduplication_id;  // FIFO; no deduplication id: the body's hash
};

struct ReceivedMessage {
  std::string message_id, receipt_handle, body, md5_of_body, md5_of_message_attributes;
  std::map<std::string, std::string> attributes;  // all system attributes, as on the wire
  std::map<std::string, MessageAttribute> message_attributes;
};

struct QueueFacts {
  std::string arn, url;
  bool is_fifo = false;
  Seconds visibility_timeout{0};
};

struct Backlog {
  std::int64_t visible = 0, in_flight = 0, delayed = 0;
};

struct Settings {
  // A deleted queue's name is free again after 60 seconds only (QueueDeletedRecently), as on AWS.
  bool waits_after_deletion = false;
  // Messages of one queue that may be in flight at a time.
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
  std::int64_t in_flight_limit = 120'000;
};

struct Dependencies {
  storage::Database& database;
  const Clock& clock;
  Timers& timers;
  Random& random;
  boost::asio::any_io_executor io, workers;
  Settings settings = {};
  events::Observers observers = {};
};

// A message as it lies in its queue.
struct PeekedMessage {
  std::int64_t id = 0;  // in the order of arrival
  std::string message_id;
  TimePoint sent;
  std::string state;  // "visible", "inFlight", "delayed"
  int receives = 0;
  std::string group_id;  // FIFO
  std::string body;      // up to the bytes that were asked for
  std::int64_t body_bytes = 0;
  std::string trace_header;
};

class Sqs {
 public:
  explicit Sqs(Dependencies dependencies);
  ~Sqs();

  // Brings the tables up to date and reads the queues and their messages' index. Blocking; at start.
  Result<void> load();
  // `endpoint` is where the engine listens ("http://127.0.0.1:4566"), for URLs that no request asked for. Goes on with
  // what an earlier run left.
  void start(std::string endpoint);
  // Ends long polls and what works on its own; waits for what was submitted. Idempotent. Not on an I/O thread.
  void stop();

  // --- for other services, by ARN ("arn:aws:sqs:us-east-1:000000000000:jobs") ---

  // Any thread.
  std::optional<QueueFacts> find(std::string_view queue_arn) const;
  // Does the queue's policy let a service ("s3.amazonaws.com") send on behalf of `source_arn` of `account`? Any thread.
  bool allows_service(std::string_view queue_arn, std::string_view service, std::string_view source_arn,
                      std::string_view account) const;
  // Inside somebody's job on the writer's thread: the message is sent when that job commits. QueueDoesNotExist, or
  // what SendMessage refuses.
  Result<void> send(storage::Transaction& tx, std::string_view queue_arn, OutgoingMessage message);
  // On the I/O executor. Waits up to `wait` for the first message; cancellable while nothing is in flight yet. `max` is
  // 1 to 10.
  awaitable<Result<std::vector<ReceivedMessage>>> receive(std::string queue_arn, int max, Seconds wait);
  // Handles that are no longer good are passed over, as the queue does for its clients.
  awaitable<Result<void>> remove(std::string queue_arn, std::vector<std::string> receipt_handles);
  awaitable<Result<void>> change_visibility(std::string queue_arn, std::vector<std::string> receipt_handles,
                                            Seconds timeout);
  // Any thread; zeros where there is no such queue.
  Backlog backlog(std::string_view queue_arn) const;
  std::vector<std::pair<std::string, Backlog>> backlogs() const;
  // Messages after `after` in the order of their arrival, without receiving them: nothing changes. Blocking. Error:
  // QueueDoesNotExist.
  struct Peek {
    std::vector<PeekedMessage> messages;
    std::int64_t next = 0;  // `after` of the next page; 0: there is none
  };
  Result<Peek> peek(std::string_view queue_arn, std::int64_t after, int limit, std::size_t body_bytes) const;

  // --- operations ---
  template <class T>
  using Async = awaitable<Result<T>>;
  using Context = wire::CallContext;

  Async<QueueUrlResult> create_queue(const Context&, CreateQueueRequest);
  Async<wire::Empty> delete_queue(const Context&, QueueRequest);
  Async<QueueUrlResult> get_queue_url(const Context&, GetQueueUrlRequest);
  Async<ListQueuesResult> list_queues(const Context&, ListQueuesRequest);
  Async<GetQueueAttributesResult> get_queue_attributes(const Context&, GetQueueAttributesRequest);
  Async<wire::Empty> set_queue_attributes(const Context&, SetQueueAttributesRequest);
  Async<wire::Empty> purge_queue(const Context&, QueueRequest);
  Async<wire::Empty> tag_queue(const Context&, TagQueueRequest);
  Async<wire::Empty> untag_queue(const Context&, UntagQueueRequest);
  Async<ListQueueTagsResult> list_queue_tags(const Context&, QueueRequest);
  Async<wire::Empty> add_permission(const Context&, AddPermissionRequest);
  Async<wire::Empty> remove_permission(const Context&, RemovePermissionRequest);
  Async<ListDeadLetterSourceQueuesResult> list_dead_letter_source_queues(const Context&,
                                                                         ListDeadLetterSourceQueuesRequest);
  Async<StartMessageMoveTaskResult> start_message_move_task(const Context&, StartMessageMoveTaskRequest);
  Async<ListMessageMoveTasksResult> list_message_move_tasks(const Context&, ListMessageMoveTasksRequest);
  Async<CancelMessageMoveTaskResult> cancel_message_move_task(const Context&, CancelMessageMoveTaskRequest);

  Async<SendMessageResult> send_message(const Context&, SendMessageRequest);
  Async<SendMessageBatchResult> send_message_batch(const Context&, SendMessageBatchRequest);
  Async<ReceiveMessageResult> receive_message(const Context&, ReceiveMessageRequest);
  Async<wire::Empty> delete_message(const Context&, DeleteMessageRequest);
  Async<DeleteMessageBatchResult> delete_message_batch(const Context&, DeleteMessageBatchRequest);
  Async<wire::Empty> change_message_visibility(const Context&, ChangeMessageVisibilityRequest);
  Async<ChangeMessageVisibilityBatchResult> change_message_visibility_batch(const Context&,
                                                                            ChangeMessageVisibilityBatchRequest);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// `sqs` must outlive the descriptor.
wire::ServiceDescriptor describe(Sqs& sqs);

}  // namespace cumulet::sqs
