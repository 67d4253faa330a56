#include "services/logs/errors.hpp"
#include "services/logs/service.hpp"

namespace cumulet::logs {

wire::ServiceDescriptor describe(Logs& logs) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "logs";
  service.target_prefix = "Logs_20140328";
  service.api_version = "2014-03-28";
  service.protocols = {wire::Protocol::aws_json_1_1};
  service.validation_error = &kInvalidParameter;
  auto& rows = service.operations;
  rows.push_back(operation("CreateLogGroup", logs, &Logs::create_log_group));
  rows.push_back(operation("DeleteLogGroup", logs, &Logs::delete_log_group));
  rows.push_back(operation("DescribeLogGroups", logs, &Logs::describe_log_groups).brief());
  rows.push_back(operation("CreateLogStream", logs, &Logs::create_log_stream));
  rows.push_back(operation("DeleteLogStream", logs, &Logs::delete_log_stream));
  rows.push_back(operation("DescribeLogStreams", logs, &Logs::describe_log_streams).brief());
  rows.push_back(operation("PutRetentionPolicy", logs, &Logs::put_retention_policy));
  rows.push_back(operation("DeleteRetentionPolicy", logs, &Logs::delete_retention_policy));
  rows.push_back(operation("TagResource", logs, &Logs::tag_resource));
  rows.push_back(operation("UntagResource", logs, &Logs::untag_resource));
  rows.push_back(operation("ListTagsForResource", logs, &Logs::list_tags_for_resource).brief());
  rows.push_back(operation("TagLogGroup", logs, &Logs::tag_log_group));
  rows.push_back(operation("UntagLogGroup", logs, &Logs::untag_log_group));
  rows.push_back(operation("ListTagsLogGroup", logs, &Logs::list_tags_log_group).brief());
  rows.push_back(operation("PutLogEvents", logs, &Logs::put_log_events));
  rows.push_back(operation("GetLogEvents", logs, &Logs::get_log_events).brief());
  rows.push_back(operation("FilterLogEvents", logs, &Logs::filter_log_events));
  return service;
}

}  // namespace cumulet::logs
