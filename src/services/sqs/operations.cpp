#include "services/sqs/errors.hpp"
#include "services/sqs/request.hpp"
#include "services/sqs/service.hpp"

namespace cumulet::sqs {
namespace {

constexpr ErrorKind kUnknownOperation{"UnknownOperationException", 404};
constexpr ErrorKind kInvalidAction{"InvalidAction", 400};

// Old clients send forms to a queue's own URL.
bool is_form_for_queue(const http::RequestHead& head) {
  const bool is_form = head.method == "POST"
                           ? head.headers.get_or("content-type", "").starts_with("application/x-www-form-urlencoded")
                           : head.raw_query().find("Action=") != std::string_view::npos;
  return is_form && is_queue_path(head.raw_path());
}

// A queue's own URL takes what concerns a queue.
bool takes_action(std::string_view action, std::string_view raw_path) {
  const bool is_for_all = action == "CreateQueue" || action == "ListQueues";
  return !is_for_all || !is_queue_path(raw_path);
}

Error no_such_action(std::string_view action) {
  if (action.empty()) return Error{kUnknownOperation, "The request names no operation."};
  return Error{kInvalidAction, "The action " + std::string(action) + " is not valid for this endpoint."};
}

}  // namespace

wire::ServiceDescriptor describe(Sqs& sqs) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "sqs";
  service.target_prefix = "AmazonSQS";
  service.api_version = "2012-11-05";
  service.xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";
  service.protocols = {wire::Protocol::aws_json_1_0, wire::Protocol::query};
  service.validation_error = &kInvalidParameterValue;
  service.claims = is_form_for_queue;
  service.takes_action = takes_action;
  service.no_such_action = no_such_action;
  service.json_scalars = wire::Scalars::as_text;
  service.query_error_end = "<Detail/>";
  auto& rows = service.operations;
  rows.push_back(operation("CreateQueue", sqs, &Sqs::create_queue));
  rows.push_back(operation("DeleteQueue", sqs, &Sqs::delete_queue));
  rows.push_back(operation("GetQueueUrl", sqs, &Sqs::get_queue_url));
  rows.push_back(operation("ListQueues", sqs, &Sqs::list_queues));
  rows.push_back(operation("GetQueueAttributes", sqs, &Sqs::get_queue_attributes));
  rows.push_back(operation("SetQueueAttributes", sqs, &Sqs::set_queue_attributes));
  rows.push_back(operation("PurgeQueue", sqs, &Sqs::purge_queue));
  rows.push_back(operation("TagQueue", sqs, &Sqs::tag_queue));
  rows.push_back(operation("UntagQueue", sqs, &Sqs::untag_queue));
  rows.push_back(operation("ListQueueTags", sqs, &Sqs::list_queue_tags));
  rows.push_back(operation("AddPermission", sqs, &Sqs::add_permission));
  rows.push_back(operation("RemovePermission", sqs, &Sqs::remove_permission));
  rows.push_back(operation("ListDeadLetterSourceQueues", sqs, &Sqs::list_dead_letter_source_queues));
  rows.push_back(operation("StartMessageMoveTask", sqs, &Sqs::start_message_move_task));
  rows.push_back(operation("ListMessageMoveTasks", sqs, &Sqs::list_message_move_tasks));
  rows.push_back(operation("CancelMessageMoveTask", sqs, &Sqs::cancel_message_move_task));
  rows.push_back(operation("SendMessage", sqs, &Sqs::send_message));
  rows.push_back(operation("SendMessageBatch", sqs, &Sqs::send_message_batch));
  rows.push_back(operation("ReceiveMessage", sqs, &Sqs::receive_message));
  rows.push_back(operation("DeleteMessage", sqs, &Sqs::delete_message));
  rows.push_back(operation("DeleteMessageBatch", sqs, &Sqs::delete_message_batch));
  rows.push_back(operation("ChangeMessageVisibility", sqs, &Sqs::change_message_visibility));
  rows.push_back(operation("ChangeMessageVisibilityBatch", sqs, &Sqs::change_message_visibility_batch));
  return service;
}

}  // namespace cumulet::sqs
