#include "cmd/cumulet/status_document.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include "base/encoding.hpp"
#include "cmd/cumulet/deploy/s3_stack_store.hpp"

namespace cumulet::cli {
namespace {

using json::text_at;
using view::last_part;

constexpr std::size_t kMostRows = 5'000;      // of the journal
constexpr std::size_t kMostQueues = 50;       // whose messages are looked at
constexpr std::int64_t kSuspiciousReceives = 3;

std::int64_t number_at(const json::value& v, std::string_view name) {
  const json::value* member = json::find(v, name);
  return member && member->is_int64() ? member->as_int64() : 0;
}

const json::array& list_at(const json::value& v, std::string_view name) {
  static const json::array kNone;
  const json::value* member = json::find(v, name);
  return member && member->is_array() ? member->as_array() : kNone;
}

template <class T>
T or_fail(Result<T> result) {
  if (!result) fail(result.error());
  return std::move(result).value();
}

// Every item of a list operation, page after page. `input_token` and `output_token` are the operation's names.
json::array every(Session& session, std::string_view service, std::string_view operation, const json::object& input,
                  std::string_view list, std::string_view input_token, std::string_view output_token) {
  json::array out;
  std::string token;
  for (int page = 0; page < 1000; ++page) {
    json::object asked = input;
    if (!token.empty()) asked[input_token] = token;
    const json::value answer = or_fail(session.aws.call(service, operation, asked));
    for (const json::value& item : list_at(answer, list)) out.push_back(item);
    token = text_at(answer, output_token);
    if (token.empty()) break;
  }
  return out;
}

class Gathering {
 public:
  Gathering(Session& session, TimePoint since) : session_(session), api_(read_api_of(session)), since_(since) {}

  json::object document(const std::string& since_text) {
    json::object out;
    out["engine"] = engine();
    out["since"] = since_text;
    queues_ = or_fail(view::read_all(api_, "queues", "queues", 10'000));
    out["failures"] = failures();
    out["stacks"] = stacks();
    out["functions"] = functions();
    out["queues"] = queues();
    out["mappings"] = mappings();
    out["machines"] = machines();
    out["jobs"] = or_fail(view::read_all(api_, "jobs", "jobs", 1'000));
    return out;
  }

 private:
  json::object engine() const {
    const json::value health = session_.health;
    json::array services;
    if (const auto* named = json::find(health, "services"); named && named->is_object())
      for (const auto& [name, state] : named->as_object()) services.emplace_back(name);
    const json::value* uptime = json::find(health, "uptime");
    return {{"endpoint", session_.endpoint.url},
            {"version", text_at(health, "version")},
            {"uptimeSeconds", uptime && uptime->is_number() ? static_cast<std::int64_t>(uptime->to_number<double>()) : 0},
            {"account", session_.environment.account_id},
            {"region", session_.environment.region},
            {"services", std::move(services)},
            {"faceDetector", text_at(health, "face_detector")}};
  }

  json::object failures() {
    const std::string since = "since=" + view::query_text(iso8601_millis(since_));
    const auto failed = or_fail(view::read_all(api_, "failures?" + since, "failures", kMostRows));
    const auto unmatched = or_fail(view::read_all(api_, "journal?verdict=noTrigger&" + since, "rows", kMostRows));
    json::object out = view::findings(failed, unmatched);
    std::set<std::string> told;
    for (json::value& one : out["messages"].as_array()) {
      told.insert(text_at(one, "message"));
      one.as_object()["deadLetterQueue"] = dead_letter_queue(text_at(one, "queue"));
    }
    out["stuck"] = stuck(told);
    return out;
  }

  // Messages that were received again and again, and of which no mapping told that it failed.
  json::array stuck(const std::set<std::string>& told) {
    json::array out;
    std::size_t looked_at = 0;
    for (const json::value& queue : queues_) {
      if (number_at(queue, "visible") + number_at(queue, "inFlight") == 0 || ++looked_at > kMostQueues) continue;
      const std::string arn = text_at(queue, "queue");
      const auto messages =
          view::read_all(api_, "queues/" + percent_encode(arn) + "/messages?body=0", "messages", 1'000);
      if (!messages) continue;  // deleted meanwhile
      for (const json::value& message : *messages) {
        const std::int64_t receives = number_at(message, "receives");
        if (receives < kSuspiciousReceives || told.contains(text_at(message, "messageId"))) continue;
        out.emplace_back(json::object{{"queue", last_part(arn)},
                                      {"message", text_at(message, "messageId")},
                                      {"count", receives},
                                      {"time", text_at(message, "sent")},
                                      {"deadLetterQueue", dead_letter_queue(last_part(arn))}});
      }
    }
    return out;
  }

  // Of a queue of this region; empty: it has none.
  std::string dead_letter_queue(const std::string& name) {
    const auto known = redrives_.find(name);
    if (known != redrives_.end()) return known->second;
    std::string& target = redrives_[name];
    const auto url = session_.aws.call("sqs", "GetQueueUrl", {{"QueueName", name}});
    if (!url) return target;
    const auto attributes =
        session_.aws.call("sqs", "GetQueueAttributes",
                          {{"QueueUrl", text_at(*url, "QueueUrl")}, {"AttributeNames", json::array{"RedrivePolicy"}}});
    const json::value* all = attributes ? json::find(*attributes, "Attributes") : nullptr;
    const auto policy = json::parse(all ? text_at(*all, "RedrivePolicy") : "");
    if (policy) target = last_part(text_at(*policy, "deadLetterTargetArn"));
    return target;
  }

  json::array stacks() {
    json::array out;
    deploy::S3StackStore store(session_.aws, session_.environment);
    for (const std::string& name : or_fail(store.names())) {
      const auto stack = store.load(name);
      if (!stack || !*stack) continue;
      out.emplace_back(json::object{{"name", name},
                                    {"status", (*stack)->status},
                                    {"resources", (*stack)->resources.size()},
                                    {"updated", (*stack)->updated_at}});
    }
    return out;
  }

  json::array functions() {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> environments;  // by function: busy, idle
    for (const json::value& one : or_fail(view::read_all(api_, "environments", "environments", 10'000))) {
      auto& [busy, idle] = environments[text_at(one, "function")];
      ++(text_at(one, "state") == "idle" ? idle : busy);
    }
    json::array out;
    for (const json::value& f : every(session_, "lambda", "ListFunctions", {}, "Functions", "Marker", "NextMarker")) {
      const std::string name = text_at(f, "FunctionName"), runtime = text_at(f, "Runtime");
      out.emplace_back(json::object{{"name", name},
                                    {"runtime", runtime.empty() ? text_at(f, "PackageType") : runtime},
                                    {"memoryMb", number_at(f, "MemorySize")},
                                    {"timeout", number_at(f, "Timeout")},
                                    {"codeBytes", number_at(f, "CodeSize")},
                                    {"busy", environments[name].first},
                                    {"idle", environments[name].second}});
    }
    return out;
  }

  json::array queues() const {
    json::array out;
    for (const json::value& one : queues_)
      out.emplace_back(json::object{{"name", last_part(text_at(one, "queue"))},
                                    {"arn", text_at(one, "queue")},
                                    {"visible", number_at(one, "visible")},
                                    {"inFlight", number_at(one, "inFlight")},
                                    {"delayed", number_at(one, "delayed")}});
    return out;
  }

  json::array mappings() {
    std::map<std::string, json::value> pollers;
    for (json::value& one : or_fail(view::read_all(api_, "pollers", "pollers", 10'000)))
      pollers[text_at(one, "mapping")] = std::move(one);
    json::array out;
    for (const json::value& m : every(session_, "lambda", "ListEventSourceMappings", {}, "EventSourceMappings", "Marker",
                                      "NextMarker")) {
      const json::value& poller = pollers[text_at(m, "UUID")];
      const auto queue = std::ranges::find_if(
          queues_, [&](const json::value& q) { return text_at(q, "queue") == text_at(m, "EventSourceArn"); });
      out.emplace_back(json::object{{"uuid", text_at(m, "UUID")},
                                    {"queue", last_part(text_at(m, "EventSourceArn"))},
                                    {"function", last_part(text_at(m, "FunctionArn"))},
                                    {"state", text_at(m, "State")},
                                    {"running", number_at(poller, "running")},
                                    {"limit", number_at(poller, "limit")},
                                    {"waiting", queue == queues_.end() ? 0 : number_at(*queue, "visible")},
                                    {"problem", text_at(m, "LastProcessingResult")}});
    }
    return out;
  }

  json::array machines() {
    json::array out;
    for (const json::value& m :
         every(session_, "states", "ListStateMachines", {}, "stateMachines", "nextToken", "nextToken")) {
      const std::string arn = text_at(m, "stateMachineArn"), type = text_at(m, "type");
      json::array running;
      if (type != "EXPRESS")
        for (const json::value& e :
             every(session_, "states", "ListExecutions", {{"stateMachineArn", arn}, {"statusFilter", "RUNNING"}},
                   "executions", "nextToken", "nextToken"))
          running.emplace_back(
              json::object{{"execution", text_at(e, "executionArn")}, {"name", text_at(e, "name")}});
      out.emplace_back(json::object{{"name", text_at(m, "name")}, {"arn", arn}, {"type", type}, {"running", std::move(running)}});
    }
    return out;
  }

  Session& session_;
  view::ReadApi api_;
  TimePoint since_;
  json::array queues_;
  std::map<std::string, std::string> redrives_;
};

}  // namespace

view::ReadApi read_api_of(Session& session) {
  return [&session](const std::string& path) -> Result<json::value> {
    sdk::RestRequest request;
    const auto query = path.find('?');
    request.path = "/_cumulet/v1/" + path.substr(0, query);
    if (query != path.npos) request.query = path.substr(query + 1);
    CUMULET_TRY(const sdk::HttpResponse response, session.client.rest("cumulet", request));
    return json::parse(response.body);
  };
}

json::object status_document(Session& session, TimePoint since, const std::string& since_text) {
  return Gathering(session, since).document(since_text);
}

TimePoint since_time(const std::string& text, TimePoint now, const std::string& option) {
  if (const auto at = parse_iso8601(text)) return *at;
  static const std::map<char, std::int64_t> kSeconds{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const char* const last = text.data() + text.size();
  if (error == std::errc() && count >= 0 && end + 1 == last && !kSeconds.contains(*end))
    fail(option + " knows the units s, m, h and d (90s, 10m, 2h, 1d), not '" + *end + "'");
  if (error != std::errc() || count < 0 || end + 1 != last || count > 100'000'000)
    fail(option + " takes 90s, 10m, 2h, 1d or an ISO 8601 time, not " + text);
  return now - Seconds{count * kSeconds.at(*end)};
}

}  // namespace cumulet::cli
