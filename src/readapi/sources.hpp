#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "events/feed.hpp"
#include "events/journal.hpp"
#include "events/sums.hpp"

// What the read API tells of, as its neighbours give it; bound in src/server.
namespace cumulet::readapi {

inline constexpr ErrorKind kNotFound{"NotFound", 404};
inline constexpr ErrorKind kReadOnly{"MethodNotAllowed", 405};
inline constexpr ErrorKind kInvalidParameter{"InvalidParameter", 400};

// An execution environment that lives.
struct Environment {
  std::string id, function, region;
  std::string state;       // "starting", "busy", "idle"
  std::string request_id;  // that it works on; empty: none
  TimePoint started;
  std::optional<TimePoint> idle_since;
  std::int64_t memory_mb = 0;
  std::string log_group, log_stream;
};

// An event source mapping that is read for.
struct Poller {
  std::string mapping, region, function, queue;  // UUID, name, ARNs
  std::int64_t running = 0, limit = 0;           // batches
};

struct Queue {
  std::string queue;  // ARN
  std::int64_t visible = 0, in_flight = 0, delayed = 0;
};

// A video that faces are looked for in just now.
struct Job {
  std::string id, video;  // "bucket/key"
  TimePoint started;      // to look at it; anew when it had to wait for others
  int percent = 0;
};

// A message as it lies in its queue.
struct Message {
  std::string message_id;
  TimePoint sent;
  std::string state;  // "visible", "inFlight", "delayed", "damaged"
  std::int64_t receives = 0;
  std::string group_id, trace;
  std::string body;  // its beginning
  std::int64_t body_bytes = 0;
};
struct MessagePage {
  std::vector<Message> messages;
  std::int64_t next = 0;  // 0: there is no further page
};

struct Sources {
  events::Feed& feed;
  const events::Journal& journal;
  const events::Sums& sums;
  // On the I/O thread.
  std::function<std::vector<Environment>()> environments;
  std::function<std::vector<Poller>()> pollers;
  // On a worker; may block. kNotFound: there is no such queue.
  std::function<std::vector<Queue>()> queues;
  std::function<std::vector<Job>()> jobs;
  std::function<Result<MessagePage>(std::string_view queue_arn, std::int64_t after, int limit, std::size_t body_bytes)>
      messages;
};

}  // namespace cumulet::readapi
