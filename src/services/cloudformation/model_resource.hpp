#pragma once
#include "services/cloudformation/model_stack.hpp"

// Shapes of what tells of a stack's events and resources.
namespace cumulet::cloudformation::service {

struct DescribedEvent {
  std::string stack_id, event_id, stack_name, logical_resource_id, physical_resource_id, resource_type;
  TimePoint timestamp;
  std::string resource_status;
  Text resource_status_reason, resource_properties, client_request_token;

  static wire::Shape shape() {
    return structure("StackEvent",
                     {member<&DescribedEvent::stack_id>("StackId"), member<&DescribedEvent::event_id>("EventId"),
                      member<&DescribedEvent::stack_name>("StackName"),
                      member<&DescribedEvent::logical_resource_id>("LogicalResourceId"),
                      member<&DescribedEvent::physical_resource_id>("PhysicalResourceId"),
                      member<&DescribedEvent::resource_type>("ResourceType"),
                      member<&DescribedEvent::timestamp>("Timestamp").format(wire::TimestampFormat::iso8601_millis),
                      member<&DescribedEvent::resource_status>("ResourceStatus"),
                      member<&DescribedEvent::resource_status_reason>("ResourceStatusReason"),
                      member<&DescribedEvent::resource_properties>("ResourceProperties"),
                      member<&DescribedEvent::client_request_token>("ClientRequestToken")});
  }
};

struct DescribeStackEventsOutput {
  std::vector<DescribedEvent> stack_events;
  Text next_token;
  static wire::Shape shape() {
    return structure("DescribeStackEventsOutput", {member<&DescribeStackEventsOutput::stack_events>("StackEvents"),
                                                   member<&DescribeStackEventsOutput::next_token>("NextToken")});
  }
};

struct DescribeStackResourceInput {
  std::string stack_name, logical_resource_id;
  static wire::Shape shape() {
    return structure("DescribeStackResourceInput",
                     {member<&DescribeStackResourceInput::stack_name>("StackName").required(),
                      member<&DescribeStackResourceInput::logical_resource_id>("LogicalResourceId").required()});
  }
};

struct StackResourceDetail {
  std::string stack_name, stack_id, logical_resource_id;
  Text physical_resource_id;
  std::string resource_type;
  TimePoint last_updated_timestamp;
  std::string resource_status;
  Text resource_status_reason, description, metadata;
  ResourceDriftInformation drift_information;

  static wire::Shape shape() {
    return structure(
        "StackResourceDetail",
        {member<&StackResourceDetail::stack_name>("StackName"), member<&StackResourceDetail::stack_id>("StackId"),
         member<&StackResourceDetail::logical_resource_id>("LogicalResourceId"),
         member<&StackResourceDetail::physical_resource_id>("PhysicalResourceId"),
         member<&StackResourceDetail::resource_type>("ResourceType"),
         member<&StackResourceDetail::last_updated_timestamp>("LastUpdatedTimestamp")
             .format(wire::TimestampFormat::iso8601_millis),
         member<&StackResourceDetail::resource_status>("ResourceStatus"),
         member<&StackResourceDetail::resource_status_reason>("ResourceStatusReason"),
         member<&StackResourceDetail::description>("Description"), member<&StackResourceDetail::metadata>("Metadata"),
         member<&StackResourceDetail::drift_information>("DriftInformation")});
  }
};

struct DescribeStackResourceOutput {
  StackResourceDetail stack_resource_detail;
  static wire::Shape shape() {
    return structure("DescribeStackResourceOutput",
                     {member<&DescribeStackResourceOutput::stack_resource_detail>("StackResourceDetail")});
  }
};

struct DescribeStackResourcesInput {
  Text stack_name, logical_resource_id, physical_resource_id;
  static wire::Shape shape() {
    return structure("DescribeStackResourcesInput",
                     {member<&DescribeStackResourcesInput::stack_name>("StackName"),
                      member<&DescribeStackResourcesInput::logical_resource_id>("LogicalResourceId"),
                      member<&DescribeStackResourcesInput::physical_resource_id>("PhysicalResourceId")});
  }
};

struct DescribedResource {
  std::string stack_name, stack_id, logical_resource_id;
  Text physical_resource_id;
  std::string resource_type;
  TimePoint timestamp;
  std::string resource_status;
  Text resource_status_reason, description;
  ResourceDriftInformation drift_information;

  static wire::Shape shape() {
    return structure(
        "StackResource",
        {member<&DescribedResource::stack_name>("StackName"), member<&DescribedResource::stack_id>("StackId"),
         member<&DescribedResource::logical_resource_id>("LogicalResourceId"),
         member<&DescribedResource::physical_resource_id>("PhysicalResourceId"),
         member<&DescribedResource::resource_type>("ResourceType"),
         member<&DescribedResource::timestamp>("Timestamp").format(wire::TimestampFormat::iso8601_millis),
         member<&DescribedResource::resource_status>("ResourceStatus"),
         member<&DescribedResource::resource_status_reason>("ResourceStatusReason"),
         member<&DescribedResource::description>("Description"),
         member<&DescribedResource::drift_information>("DriftInformation")});
  }
};

struct DescribeStackResourcesOutput {
  std::vector<DescribedResource> stack_resources;
  static wire::Shape shape() {
    return structure("DescribeStackResourcesOutput",
                     {member<&DescribeStackResourcesOutput::stack_resources>("StackResources")});
  }
};

struct ListStackResourcesInput {
  std::string stack_name;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListStackResourcesInput",
                     {member<&ListStackResourcesInput::stack_name>("StackName").required(),
                      member<&ListStackResourcesInput::next_token>("NextToken").range(1, 1024)});
  }
};

struct StackResourceSummary {
  std::string logical_resource_id;
  Text physical_resource_id;
  std::string resource_type;
  TimePoint last_updated_timestamp;
  std::string resource_status;
  Text resource_status_reason;
  ResourceDriftInformation drift_information;

  static wire::Shape shape() {
    return structure("StackResourceSummary",
                     {member<&StackResourceSummary::logical_resource_id>("LogicalResourceId"),
                      member<&StackResourceSummary::physical_resource_id>("PhysicalResourceId"),
                      member<&StackResourceSummary::resource_type>("ResourceType"),
                      member<&StackResourceSummary::last_updated_timestamp>("LastUpdatedTimestamp")
                          .format(wire::TimestampFormat::iso8601_millis),
                      member<&StackResourceSummary::resource_status>("ResourceStatus"),
                      member<&StackResourceSummary::resource_status_reason>("ResourceStatusReason"),
                      member<&StackResourceSummary::drift_information>("DriftInformation")});
  }
};

struct ListStackResourcesOutput {
  std::vector<StackResourceSummary> stack_resource_summaries;
  Text next_token;
  static wire::Shape shape() {
    return structure("ListStackResourcesOutput",
                     {member<&ListStackResourcesOutput::stack_resource_summaries>("StackResourceSummaries"),
                      member<&ListStackResourcesOutput::next_token>("NextToken")});
  }
};

}  // namespace cumulet::cloudformation::service
