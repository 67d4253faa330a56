#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/sqs/engine.hpp"

namespace cumulet::sqs {

// Moves the messages of a dead-letter queue to a queue of one's choice or back to where each came from. A task's row is
// written with the messages it moved, so that one that a crash interrupts goes on at the next start.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
class MoveTasks {
 public:
  explicit MoveTasks(Engine& engine);
  ~MoveTasks();

  void start();  // goes on with what an earlier run left
  // Nothing more is submitted once it returned; what was has yet to run. Not in a job.
  void stop();

  // InvalidParameterValue while another task of that source runs.
  awaitable<Result<std::string>> begin(const QueueRef& source, std::string destination_arn, int per_second);
  // The latest first.
  std::vector<store::MoveTaskRow> of(std::string_view source_arn) const;
  // How many messages it has moved so far. ResourceNotFoundException; InvalidParameterValue when it does not run.
  Result<std::int64_t> cancel(const std::string& id);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cumulet::sqs
