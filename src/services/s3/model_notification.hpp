#pragma once
#include <optional>
#include <string>
#include <vector>

// A bucket's event notifications: who is told what.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_NotificationConfiguration.html
namespace cumulet::s3 {

using wire::member;
using wire::structure;

struct FilterRule {
  std::string name;  // "Prefix" or "Suffix", any case on input
  std::string value;

  static wire::Shape shape() {
    return structure("FilterRule",
                     {member<&FilterRule::name>("Name").required(), member<&FilterRule::value>("Value").required()});
  }
};
struct KeyFilter {
  std::vector<FilterRule> rules;

  static wire::Shape shape() {
    return structure("S3KeyFilter", {member<&KeyFilter::rules>("FilterRules").as("FilterRule").flattened()});
  }
};
struct NotificationFilter {
  std::optional<KeyFilter> key;

  static wire::Shape shape() {
    return structure("NotificationConfigurationFilter", {member<&NotificationFilter::key>("Key").as("S3Key")});
  }
};
// One shape for functions, queues and topics: only the name of the ARN's element differs.
struct TargetConfiguration {
  std::optional<std::string> id;
  std::string arn;
  std::vector<std::string> events;  // "s3:ObjectCreated:*"
  std::optional<NotificationFilter> filter;
};

template <class T>
wire::Shape target_configuration(std::string_view name, std::string_view arn_name, std::string_view arn_element) {
  using C = TargetConfiguration;
  static_assert(std::is_base_of_v<C, T> && sizeof(T) == sizeof(C));
  return structure(name, {
                             member<&C::id>("Id"),
                             member<&C::arn>(arn_name).as(arn_element).required(),
                             member<&C::events>("Events").as("Event").flattened().required(),
                             member<&C::filter>("Filter"),
                         });
}
struct FunctionConfiguration : TargetConfiguration {
  static wire::Shape shape() {
    return target_configuration<FunctionConfiguration>("LambdaFunctionConfiguration", "LambdaFunctionArn",
                                                       "CloudFunction");
  }
};
struct QueueConfiguration : TargetConfiguration {
  static wire::Shape shape() {
    return target_configuration<QueueConfiguration>("QueueConfiguration", "QueueArn", "Queue");
  }
};
struct TopicConfiguration : TargetConfiguration {
  static wire::Shape shape() {
    return target_configuration<TopicConfiguration>("TopicConfiguration", "TopicArn", "Topic");
  }
};
struct EventBridgeConfiguration {
  static wire::Shape shape() { return structure("EventBridgeConfiguration", {}); }
};

struct NotificationConfiguration {
  std::vector<TopicConfiguration> topics;
  std::vector<QueueConfiguration> queues;
  std::vector<FunctionConfiguration> functions;
  std::optional<EventBridgeConfiguration> event_bridge;

  static wire::Shape shape() {
    return structure(
        "NotificationConfiguration",
        {
            member<&NotificationConfiguration::topics>("TopicConfigurations").as("TopicConfiguration").flattened(),
            member<&NotificationConfiguration::queues>("QueueConfigurations").as("QueueConfiguration").flattened(),
            member<&NotificationConfiguration::functions>("LambdaFunctionConfigurations")
                .as("CloudFunctionConfiguration")
                .flattened(),
            member<&NotificationConfiguration::event_bridge>("EventBridgeConfiguration"),
        });
  }
};

}  // namespace cumulet::s3
