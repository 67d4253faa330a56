#include "asl/history.hpp"

#include <map>

namespace cumulet::asl {
namespace {

struct TypeRow {
  std::string_view name;
  std::string_view member;
};

TypeRow row(EventType type) {
  switch (type) {
    case EventType::execution_started: return {"ExecutionStarted", "executionStartedEventDetails"};
    case EventType::execution_succeeded: return {"ExecutionSucceeded", "executionSucceededEventDetails"};
    case EventType::execution_failed: return {"ExecutionFailed", "executionFailedEventDetails"};
    case EventType::execution_timed_out: return {"ExecutionTimedOut", "executionTimedOutEventDetails"};
    case EventType::execution_aborted: return {"ExecutionAborted", "executionAbortedEventDetails"};
    case EventType::pass_state_entered: return {"PassStateEntered", "stateEnteredEventDetails"};
    case EventType::pass_state_exited: return {"PassStateExited", "stateExitedEventDetails"};
    case EventType::task_state_entered: return {"TaskStateEntered", "stateEnteredEventDetails"};
    case EventType::task_state_exited: return {"TaskStateExited", "stateExitedEventDetails"};
    case EventType::wait_state_entered: return {"WaitStateEntered", "stateEnteredEventDetails"};
    case EventType::wait_state_exited: return {"WaitStateExited", "stateExitedEventDetails"};
    case EventType::choice_state_entered: return {"ChoiceStateEntered", "stateEnteredEventDetails"};
    case EventType::choice_state_exited: return {"ChoiceStateExited", "stateExitedEventDetails"};
    case EventType::succeed_state_entered: return {"SucceedStateEntered", "stateEnteredEventDetails"};
    case EventType::succeed_state_exited: return {"SucceedStateExited", "stateExitedEventDetails"};
    case EventType::fail_state_entered: return {"FailStateEntered", "stateEnteredEventDetails"};
    case EventType::task_scheduled: return {"TaskScheduled", "taskScheduledEventDetails"};
    case EventType::task_started: return {"TaskStarted", "taskStartedEventDetails"};
    case EventType::task_succeeded: return {"TaskSucceeded", "taskSucceededEventDetails"};
    case EventType::task_failed: return {"TaskFailed", "taskFailedEventDetails"};
    case EventType::task_timed_out: return {"TaskTimedOut", "taskTimedOutEventDetails"};
    case EventType::lambda_function_scheduled:
      return {"LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails"};
    case EventType::lambda_function_started: return {"LambdaFunctionStarted", ""};
    case EventType::lambda_function_succeeded:
      return {"LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails"};
    case EventType::lambda_function_failed: return {"LambdaFunctionFailed", "lambdaFunctionFailedEventDetails"};
    case EventType::lambda_function_timed_out: return {"LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails"};
  }
  return {"", ""};
}

bool same(const Text& a, const Text& b) { return a == b || (a && b && *a == *b); }

}  // namespace

std::string_view name(EventType type) { return row(type).name; }
std::string_view details_member(EventType type) { return row(type).member; }
bool is_state_entered(EventType type) { return row(type).member == "stateEnteredEventDetails"; }
bool is_state_exited(EventType type) { return row(type).member == "stateExitedEventDetails"; }
bool is_terminal(EventType type) {
  return type >= EventType::execution_succeeded && type <= EventType::execution_aborted;
}
bool is_fatal(EventType type) { return type >= EventType::execution_failed && type <= EventType::execution_aborted; }
bool is_error(EventType type) {
  return is_fatal(type) || type == EventType::fail_state_entered || type == EventType::task_failed ||
         type == EventType::task_timed_out || type == EventType::lambda_function_failed ||
         type == EventType::lambda_function_timed_out;
}

bool HistoryEvent::operator==(const HistoryEvent& o) const {
  return type == o.type && id == o.id && previous_id == o.previous_id && at == o.at && name == o.name &&
         same(data, o.data) && same(assigned, o.assigned) && error == o.error && cause == o.cause &&
         resource == o.resource && resource_type == o.resource_type && region == o.region &&
         timeout_seconds == o.timeout_seconds && heartbeat_seconds == o.heartbeat_seconds && role_arn == o.role_arn;
}

json::object details(const HistoryEvent& e, Data data) {
  json::object out;
  const auto payload = [&](std::string_view member, bool truncation = true) {
    if (data == Data::leave_out || !e.data) return;
    out[member] = *e.data;
    if (truncation) out[std::string(member) + "Details"] = json::object{{"truncated", false}};
  };
  const auto failure = [&] {
    if (e.cause) out["cause"] = *e.cause;
    if (e.error) out["error"] = *e.error;
  };
  const auto resource = [&] {
    out["resource"] = e.resource;
    out["resourceType"] = e.resource_type;
  };
  const auto limits = [&] {
    if (e.timeout_seconds) out["timeoutInSeconds"] = *e.timeout_seconds;
    if (e.heartbeat_seconds) out["heartbeatInSeconds"] = *e.heartbeat_seconds;
  };
  if (is_state_entered(e.type)) {
    payload("input");
    out["name"] = e.name;
    return out;
  }
  if (is_state_exited(e.type)) {
    out["name"] = e.name;
    payload("output");
    if (e.assigned && data == Data::include) {
      const auto variables = json::parse(*e.assigned);
      if (variables) out["assignedVariables"] = *variables;
      out["assignedVariablesDetails"] = json::object{{"truncated", false}};
    }
    return out;
  }
  switch (e.type) {
    case EventType::execution_started:
      payload("input");
      out["roleArn"] = e.role_arn;
      break;
    case EventType::execution_succeeded:
    case EventType::lambda_function_succeeded: payload("output"); break;
    case EventType::task_scheduled:
      payload("parameters", false);
      out["region"] = e.region;
      resource();
      limits();
      break;
    case EventType::task_started: resource(); break;
    case EventType::task_succeeded:
      payload("output");
      resource();
      break;
    case EventType::task_failed:
    case EventType::task_timed_out:
      failure();
      resource();
      break;
    case EventType::lambda_function_scheduled:
      payload("input");
      out["resource"] = e.resource;
      limits();
      break;
    default: failure();
  }
  return out;
}

json::object wire_form(const HistoryEvent& e, Data data) {
  json::object out;
  out["timestamp"] = static_cast<double>(to_millis(e.at)) / 1000.0;
  out["type"] = name(e.type);
  out["id"] = e.id;
  out["previousEventId"] = e.previous_id;
  if (const auto member = details_member(e.type); !member.empty()) out[member] = details(e, data);
  return out;
}

namespace {

constexpr char kVersion = 1;

void put_number(std::string& out, std::uint64_t n) {
  while (n >= 0x80) {
    out += static_cast<char>(n | 0x80);
    n >>= 7;
  }
  out += static_cast<char>(n);
}

void put_string(std::string& out, std::string_view s) {
  put_number(out, s.size());
  out += s;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  bool done() const { return at_ == bytes_.size(); }
  std::uint8_t byte() {
    if (at_ >= bytes_.size()) return fail();
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto b = byte();
      n |= std::uint64_t{b & 0x7fu} << shift;
      if (!(b & 0x80)) return n;
    }
    return fail();
  }
  std::string_view string() {
    const auto size = number();
    if (size > bytes_.size() - at_) {
      fail();
      return {};
    }
    const auto out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }

 private:
  std::uint8_t fail() {
    ok_ = false;
    at_ = bytes_.size();
    return 0;
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

enum Field : std::uint16_t {
  kName = 1,
  kData = 2,
  kAssigned = 4,
  kError = 8,
  kCause = 16,
  kResource = 32,
  kTimeout = 64,
  kHeartbeat = 128,
  kRole = 256,
};

}  // namespace

std::string encode(std::span<const HistoryEvent> events) {
  std::string out(1, kVersion);
  put_number(out, events.size());
  // A text is written where it first appears, by number afterwards: payloads by identity, names by content.
  std::map<const std::string*, std::uint64_t> texts;
  std::map<std::string_view, std::uint64_t> names;
  const auto put_text = [&](const Text& text) {
    const auto [it, fresh] = texts.emplace(text.get(), texts.size() + 1);
    put_number(out, it->second);
    if (fresh) put_string(out, *text);
  };
  const auto put_name = [&](std::string_view text) {
    const auto [it, fresh] = names.emplace(text, names.size() + 1);
    put_number(out, it->second);
    if (fresh) put_string(out, text);
  };
  for (const auto& e : events) {
    unsigned fields = 0;
    if (!e.name.empty()) fields |= kName;
    if (e.data) fields |= kData;
    if (e.assigned) fields |= kAssigned;
    if (e.error) fields |= kError;
    if (e.cause) fields |= kCause;
    if (!e.resource.empty()) fields |= kResource;
    if (e.timeout_seconds) fields |= kTimeout;
    if (e.heartbeat_seconds) fields |= kHeartbeat;
    if (!e.role_arn.empty()) fields |= kRole;
    out += static_cast<char>(e.type);
    put_number(out, fields);
    put_number(out, static_cast<std::uint64_t>(e.id));
    put_number(out, static_cast<std::uint64_t>(e.previous_id));
    put_number(out, static_cast<std::uint64_t>(to_millis(e.at)));
    if (fields & kName) put_name(e.name);
    if (fields & kData) put_text(e.data);
    if (fields & kAssigned) put_text(e.assigned);
    if (fields & kError) put_string(out, *e.error);
    if (fields & kCause) put_string(out, *e.cause);
    if (fields & kResource) {
      put_name(e.resource);
      put_name(e.resource_type);
      put_name(e.region);
    }
    if (fields & kTimeout) put_number(out, static_cast<std::uint64_t>(*e.timeout_seconds));
    if (fields & kHeartbeat) put_number(out, static_cast<std::uint64_t>(*e.heartbeat_seconds));
    if (fields & kRole) put_string(out, e.role_arn);
  }
  return out;
}

bool decode(std::string_view bytes, std::vector<HistoryEvent>& out) {
  Reader in(bytes);
  if (in.byte() != static_cast<std::uint8_t>(kVersion)) return false;
  const auto count = in.number();
  if (count > bytes.size()) return false;
  std::vector<Text> texts;
  std::vector<std::string> names;
  bool known = true;
  const auto get_text = [&]() -> Text {
    const auto n = in.number();
    if (n == texts.size() + 1) texts.push_back(make_text(std::string(in.string())));
    if (n == 0 || n > texts.size()) {
      known = false;
      return nullptr;
    }
    return texts[n - 1];
  };
  const auto get_name = [&]() -> std::string {
    const auto n = in.number();
    if (n == names.size() + 1) names.emplace_back(in.string());
    if (n == 0 || n > names.size()) {
      known = false;
      return {};
    }
    return names[n - 1];
  };
  const auto old_size = out.size();
  for (std::uint64_t i = 0; i < count && in.ok() && known; ++i) {
    HistoryEvent e;
    e.type = static_cast<EventType>(in.byte());
    known = known && !name(e.type).empty();
    const auto fields = in.number();
    e.id = static_cast<EventId>(in.number());
    e.previous_id = static_cast<EventId>(in.number());
    e.at = from_millis(static_cast<std::int64_t>(in.number()));
    if (fields & kName) e.name = get_name();
    if (fields & kData) e.data = get_text();
    if (fields & kAssigned) e.assigned = get_text();
    if (fields & kError) e.error = std::string(in.string());
    if (fields & kCause) e.cause = std::string(in.string());
    if (fields & kResource) {
      e.resource = get_name();
      e.resource_type = get_name();
      e.region = get_name();
    }
    if (fields & kTimeout) e.timeout_seconds = static_cast<std::int64_t>(in.number());
    if (fields & kHeartbeat) e.heartbeat_seconds = static_cast<std::int64_t>(in.number());
    if (fields & kRole) e.role_arn = std::string(in.string());
    out.push_back(std::move(e));
  }
  if (in.ok() && known && in.done()) return true;
  out.resize(old_size);
  return false;
}

}  // namespace cumulet::asl
