#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "services/lambda/event_filter.hpp"
#include "services/lambda/queue_source.hpp"

// What a function gets of a queue's messages, and what its answer says of them.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
namespace cumulet::lambda {

// One element of "Records".
json::object queue_record(const QueueMessage& message, std::string_view queue_arn, std::string_view region);

// A message and what the function gets of it.
struct QueueRecord {
  QueueMessage message;  // without its body
  std::string text;      // the element of "Records"; empty: the filter does not want it
};
std::vector<QueueRecord> queue_records(std::vector<QueueMessage> messages, const EventFilter& filter,
                                       std::string_view queue_arn, std::string_view region);

// {"Records":[...]} of records as JSON texts, and its length before it is made.
std::string queue_event(const std::vector<std::string>& records);
inline constexpr std::size_t kQueueEventFrame = 14;  // {"Records":[ and ]}

// Which messages a function with ReportBatchItemFailures says it failed: a set of their ids. Nothing when the answer is
// none that can be understood or names a message that is not of the batch: then all have failed.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
std::optional<std::set<std::string, std::less<>>> failed_messages(std::string_view answer,
                                                                  const std::set<std::string, std::less<>>& batch);

}  // namespace cumulet::lambda
