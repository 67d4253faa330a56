#include "fuzz/fuzz.hpp"
#include "services/lambda/event_filter.hpp"
#include "services/lambda/queue_batch.hpp"

using namespace cumulet;

// First line: a filter's pattern; the rest: a message's body. And all of it as a function's answer about a batch.
CUMULET_FUZZ(bytes) {
  if (const auto failed = lambda::failed_messages(bytes, {"a", "b"})) CUMULET_HOLDS(failed->size() <= 2);
  const auto end = bytes.find('\n');
  lambda::FilterCriteria criteria;
  criteria.filters.emplace();
  criteria.filters->push_back({std::string(bytes.substr(0, end))});
  const auto filter = lambda::EventFilter::parse(criteria);
  if (!filter.ok()) return;
  lambda::QueueMessage message;
  message.body = end == std::string_view::npos ? std::string_view{} : bytes.substr(end + 1);
  message.message_attributes["kind"] = {"String", "blur", std::nullopt};
  (void)filter->passes(lambda::queue_record(message, "arn:aws:sqs:us-east-1:000000000000:q", "us-east-1"));
}
