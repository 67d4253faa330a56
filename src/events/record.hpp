#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.hpp"

// What the feed tells, each described once: a plain struct, its kind, and its members in order with the names that
// readers see. json_text() is made of the description; so may whatever else is to be said of all records.
namespace cumulet::events {

// A function ran, or was not let run.
struct Invocation {
  static constexpr std::string_view kKind = "invocation";
  std::string function, region, request_id;
  std::string trace;              // base/trace.hpp
  std::string outcome;            // "succeeded", "failed", "throttled"
  std::string error;              // of one that failed: its type and message; empty else
  double milliseconds = 0;        // that it ran
  double init_milliseconds = 0;   // before it, of an environment's first; 0 else
  std::int64_t memory_bytes = 0;  // that it used at most
};

// An execution environment of a function is at another point of its life.
struct Environment {
  static constexpr std::string_view kKind = "environment";
  std::string function, region;
  std::string id;          // of the environment, as long as it lives
  std::string state;       // "starting", "busy", "idle", "ended"
  std::string request_id;  // that it works on; empty while it is idle
  std::int64_t memory_mb = 0;
};

// An event of an execution's history, once it is recorded.
struct StateTransition {
  static constexpr std::string_view kKind = "stateTransition";
  std::string execution;      // ARN
  std::string machine;        // name
  std::int64_t event_id = 0;  // in the history
  std::string event;          // "TaskStateEntered"
  std::string state;          // that is entered or exited; empty else
  std::string error;          // of events that carry one
  std::string trace;
};

// How much a queue holds, when that has changed.
struct QueueDepth {
  static constexpr std::string_view kKind = "queueDepth";
  std::string queue;  // ARN
  std::int64_t visible = 0, in_flight = 0, delayed = 0;
};

// How many batches of an event source mapping functions work on, when that has changed.
struct Poller {
  static constexpr std::string_view kKind = "poller";
  std::string mapping;          // UUID
  std::string function, queue;  // ARNs
  std::int64_t running = 0, limit = 0;
};

struct LogLine {
  static constexpr std::string_view kKind = "logLine";
  std::string region, group, stream;
  TimePoint timestamp;
  std::string message;
};

// An object was written or removed.
struct ObjectEvent {
  static constexpr std::string_view kKind = "objectEvent";
  std::string bucket, key;
  std::string event;  // "ObjectCreated:Put"
  std::int64_t size = 0;
  std::int64_t targets = 0;  // functions and queues that are told; 0: it matched no trigger
  std::string trace;
};

// A stack of a template changes.
struct Deployment {
  static constexpr std::string_view kKind = "deployment";
  std::string stack;
  std::string resource, type;  // logical id and its type; empty: of the stack as a whole
  std::string status;          // CloudFormation's: "CREATE_COMPLETE"
  std::string reason;
};

using Record =
    std::variant<Invocation, Environment, StateTransition, QueueDepth, Poller, LogLine, ObjectEvent, Deployment>;

// Calls visit(name, member) for each member of a record in order.
template <class Visit>
void each_member(const Invocation& r, Visit&& visit) {
  visit("function", r.function), visit("region", r.region), visit("requestId", r.request_id), visit("trace", r.trace);
  visit("outcome", r.outcome), visit("error", r.error), visit("milliseconds", r.milliseconds);
  visit("initMilliseconds", r.init_milliseconds), visit("memoryBytes", r.memory_bytes);
}
template <class Visit>
void each_member(const Environment& r, Visit&& visit) {
  visit("function", r.function), visit("region", r.region), visit("id", r.id), visit("state", r.state);
  visit("requestId", r.request_id), visit("memoryMb", r.memory_mb);
}
template <class Visit>
void each_member(const StateTransition& r, Visit&& visit) {
  visit("execution", r.execution), visit("machine", r.machine), visit("eventId", r.event_id), visit("event", r.event);
  visit("state", r.state), visit("error", r.error), visit("trace", r.trace);
}
template <class Visit>
void each_member(const QueueDepth& r, Visit&& visit) {
  visit("queue", r.queue), visit("visible", r.visible), visit("inFlight", r.in_flight), visit("delayed", r.delayed);
}
template <class Visit>
void each_member(const Poller& r, Visit&& visit) {
  visit("mapping", r.mapping), visit("function", r.function), visit("queue", r.queue), visit("running", r.running);
  visit("limit", r.limit);
}
template <class Visit>
void each_member(const LogLine& r, Visit&& visit) {
  visit("region", r.region), visit("group", r.group), visit("stream", r.stream), visit("timestamp", r.timestamp);
  visit("message", r.message);
}
template <class Visit>
void each_member(const ObjectEvent& r, Visit&& visit) {
  visit("bucket", r.bucket), visit("key", r.key), visit("event", r.event), visit("size", r.size);
  visit("targets", r.targets), visit("trace", r.trace);
}
template <class Visit>
void each_member(const Deployment& r, Visit&& visit) {
  visit("stack", r.stack), visit("resource", r.resource), visit("type", r.type), visit("status", r.status);
  visit("reason", r.reason);
}

std::string_view kind_of(const Record& record);  // "invocation"
// {"kind":"invocation","function":…}; times as ISO 8601 with milliseconds; texts that are no UTF-8 are made so.
std::string json_text(const Record& record);

}  // namespace cumulet::events
