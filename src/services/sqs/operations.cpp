#include "services/sqs/errors.hpp"
#include "services/sqs/service.hpp"

namespace cumulet::sqs {

wire::ServiceDescriptor describe(Sqs& sqs) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "sqs";
  service.target_prefix = "AmazonSQS";
  service.api_version = "2012-11-05";
  service.xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";
  service.protocols = {wire::Protocol::aws_json_1_0, wire::Protocol::query};
  service.validation_error = &kInvalidParameterValue;
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
