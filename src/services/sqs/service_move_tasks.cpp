#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "base/json.hpp"
#include "services/sqs/errors.hpp"
#include "services/sqs/request.hpp"
#include "services/sqs/service_impl.hpp"

namespace cumulet::sqs {
namespace {

// A task handle says which task of which source, in base64, as AWS's does.
std::string handle_of(const std::string& task_id, const std::string& source_arn) {
  return base64_encode(json::text(json::object{{"taskId", task_id}, {"sourceArn", source_arn}}));
}

struct TaskHandle {
  std::string task_id, source_arn;
};
Result<TaskHandle> read_task_handle(const std::optional<std::string>& text) {
  const Error invalid{kInvalidParameterValue, "Value for parameter TaskHandle is invalid."};
  if (!text || text->empty()) return missing_parameter("TaskHandle");
  const auto decoded = base64_decode(*text);
  if (!decoded) return invalid;
  const auto document = json::parse(*decoded);
  const json::value* task = document.ok() ? json::find(*document, "taskId") : nullptr;
  const json::value* source = document.ok() ? json::find(*document, "sourceArn") : nullptr;
  if (task == nullptr || source == nullptr || !task->is_string() || !source->is_string()) return invalid;
  return TaskHandle{std::string(task->get_string()), std::string(source->get_string())};
}

Error no_such(std::string_view parameter) {
  return Error{kResourceNotFound,
               "The resource that you specified for the " + std::string(parameter) + " parameter doesn't exist."};
}

Result<QueueRef> queue_of(const Engine& engine, const std::optional<std::string>& arn, std::string_view parameter) {
  if (!arn) return missing_parameter(parameter);
  const auto parsed = Arn::parse(*arn);
  if (!parsed || parsed->service != "sqs")
    return Error{kInvalidParameterValue, "You must use this format to specify the " + std::string(parameter) +
                                             ": arn:<partition>:<service>:<region>:<account-id>:<resource-id>"};
  if (QueueRef queue = engine.find(*arn)) return queue;
  return no_such(parameter);
}

bool is_dead_letter_queue(const Engine& engine, std::string_view arn) {
  for (const QueueRef& queue : engine.queues()) {
    const auto attributes = queue->attributes();
    if (attributes->redrive && attributes->redrive->dead_letter_target_arn == arn) return true;
  }
  return false;
}

}  // namespace

Sqs::Async<StartMessageMoveTaskResult> Sqs::start_message_move_task(const Context&,
                                                                    StartMessageMoveTaskRequest request) {
  CUMULET_CO_TRY(const QueueRef source, queue_of(impl_->engine, request.source_arn, "SourceArn"));
  const int rate = request.max_number_of_messages_per_second.value_or(0);
  if (request.max_number_of_messages_per_second && (rate < 1 || rate > 500))
    co_return Error{kInvalidParameterValue,
                    "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number "
                    "that's between 1 and 500."};
  if (!is_dead_letter_queue(impl_->engine, source->arn()))
    co_return Error{kInvalidParameterValue, "Source queue must be configured as a Dead Letter Queue."};
  if (request.destination_arn) {
    CUMULET_CO_TRY(const QueueRef destination, queue_of(impl_->engine, request.destination_arn, "DestinationArn"));
    if (destination == source)
      co_return Error{kInvalidParameterValue, "Source queue arn and destination queue arn cannot be the same."};
    if (destination->is_fifo() != source->is_fifo())
      co_return Error{kInvalidParameterValue, "The source queue and destination queue must be of the same queue type."};
  }
  std::string destination = std::move(request.destination_arn).value_or("");
  CUMULET_CO_TRY(const std::string id, co_await impl_->move_tasks.begin(source, std::move(destination), rate));
  co_return StartMessageMoveTaskResult{handle_of(id, source->arn())};
}

Sqs::Async<ListMessageMoveTasksResult> Sqs::list_message_move_tasks(const Context&,
                                                                    ListMessageMoveTasksRequest request) {
  CUMULET_CO_TRY(const QueueRef source, queue_of(impl_->engine, request.source_arn, "SourceArn"));
  const int max = request.max_results.value_or(1);
  if (max < 1 || max > 10)
    co_return invalid_parameter(std::to_string(max), "MaxResults", "Must be between 1 and 10, if provided.");
  ListMessageMoveTasksResult result;
  for (const auto& task : impl_->move_tasks.of(source->arn())) {
    if (result.results.size() == static_cast<std::size_t>(max)) break;
    MessageMoveTaskEntry& entry = result.results.emplace_back();
    entry.status = task.status;
    if (task.status == "RUNNING") entry.task_handle = handle_of(task.id, task.source_arn);
    entry.source_arn = task.source_arn;
    if (!task.destination_arn.empty()) entry.destination_arn = task.destination_arn;
    if (task.per_second > 0) entry.max_number_of_messages_per_second = task.per_second;
    entry.approximate_number_of_messages_moved = task.moved;
    entry.approximate_number_of_messages_to_move = task.to_move;
    if (!task.failure_reason.empty()) entry.failure_reason = task.failure_reason;
    entry.started_timestamp = to_millis(task.started);
  }
  co_return result;
}

Sqs::Async<CancelMessageMoveTaskResult> Sqs::cancel_message_move_task(const Context&,
                                                                      CancelMessageMoveTaskRequest request) {
  CUMULET_CO_TRY(const TaskHandle handle, read_task_handle(request.task_handle));
  if (impl_->engine.find(handle.source_arn) == nullptr) co_return no_such("SourceArn");
  CUMULET_CO_TRY(const std::int64_t moved, impl_->move_tasks.cancel(handle.task_id));
  co_return CancelMessageMoveTaskResult{moved};
}

}  // namespace cumulet::sqs
