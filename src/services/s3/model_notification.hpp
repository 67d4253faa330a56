#pragma once
#include <optional>
#include <string>
#include <vector>

// A bucket's event notifications: who is told what.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_NotificationConfiguration.html
namespace cumulet::s3 {

struct FilterRule {
  std::string name;  // "Prefix" or "Suffix", any case on input
  std::string value;
};
struct KeyFilter {
  std::vector<FilterRule> rules;
};
struct NotificationFilter {
  std::optional<KeyFilter> key;
};
// One shape for functions, queues and topics: only the name of the ARN's element differs.
struct TargetConfiguration {
  std::optional<std::string> id;
  std::string arn;
  std::vector<std::string> events;  // "s3:ObjectCreated:*"
  std::optional<NotificationFilter> filter;
};
struct FunctionConfiguration : TargetConfiguration {};
struct QueueConfiguration : TargetConfiguration {};
struct TopicConfiguration : TargetConfiguration {};
struct EventBridgeConfiguration {};

struct NotificationConfiguration {
  std::vector<TopicConfiguration> topics;
  std::vector<QueueConfiguration> queues;
  std::vector<FunctionConfiguration> functions;
  std::optional<EventBridgeConfiguration> event_bridge;
};

}  // namespace cumulet::s3
