#include "server/read_adapter.hpp"

#include "base/trace.hpp"

namespace cumulet::server {
namespace {

std::vector<readapi::Environment> environments_of(const lambda::Lambda& lambda) {
  std::vector<readapi::Environment> out;
  for (auto& one : lambda.environments().live()) {
    readapi::Environment& told = out.emplace_back();
    told.id = std::move(one.id);
    told.function = std::move(one.name);
    told.region = std::move(one.region);
    if (one.state == "idle") told.idle_since = one.idle_since;
    told.state = std::move(one.state);
    told.request_id = std::move(one.request_id);
    told.started = one.made;
    told.memory_mb = one.memory_mb;
    told.log_group = std::move(one.log_group);
    told.log_stream = std::move(one.log_stream);
  }
  return out;
}

std::vector<readapi::Poller> pollers_of(const lambda::Lambda& lambda) {
  std::vector<readapi::Poller> out;
  for (auto& one : lambda.poller_figures())
    out.push_back({std::move(one.uuid), std::move(one.region), std::move(one.function_arn), std::move(one.queue_arn),
                   one.running, one.limit});
  return out;
}

std::vector<readapi::Queue> queues_of(const sqs::Sqs& sqs) {
  std::vector<readapi::Queue> out;
  for (auto& [arn, backlog] : sqs.backlogs())
    out.push_back({std::move(arn), backlog.visible, backlog.in_flight, backlog.delayed});
  return out;
}

std::vector<readapi::Job> jobs_of(const rekognition::Rekognition& rekognition) {
  std::vector<readapi::Job> out;
  for (auto& one : rekognition.running())
    out.push_back({std::move(one.id), std::move(one.video), one.started, one.percent});
  return out;
}

Result<readapi::MessagePage> messages_of(const sqs::Sqs& sqs, std::string_view queue_arn, std::int64_t after, int limit,
                                         std::size_t body_bytes) {
  if (!sqs.find(queue_arn)) return Error{readapi::kNotFound, "There is no queue " + std::string(queue_arn) + "."};
  CUMULET_TRY(sqs::Sqs::Peek found, sqs.peek(queue_arn, after, limit, body_bytes));
  readapi::MessagePage out;
  out.next = found.next;
  for (auto& one : found.messages) {
    readapi::Message& told = out.messages.emplace_back();
    told.message_id = std::move(one.message_id);
    told.sent = one.sent;
    told.state = std::move(one.state);
    told.receives = one.receives;
    told.group_id = std::move(one.group_id);
    told.trace = trace_root(one.trace_header);
    told.body = std::move(one.body);
    told.body_bytes = one.body_bytes;
  }
  return out;
}

}  // namespace

readapi::Sources read_sources(events::Feed& feed, const events::Journal& journal, const events::Sums& sums,
                              const lambda::Lambda& lambda, const sqs::Sqs& sqs,
                              const rekognition::Rekognition& rekognition) {
  return {feed,
          journal,
          sums,
          [&lambda] { return environments_of(lambda); },
          [&lambda] { return pollers_of(lambda); },
          [&sqs] { return queues_of(sqs); },
          [&rekognition] { return jobs_of(rekognition); },
          [&sqs](std::string_view queue, std::int64_t after, int limit, std::size_t body_bytes) {
            return messages_of(sqs, queue, after, limit, body_bytes);
          }};
}

}  // namespace cumulet::server
