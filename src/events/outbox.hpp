#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "storage/database.hpp"

// Transactional outbox: a producer appends an event in the very transaction that changes its own rows; the dispatcher
// hands it to the consumer of its topic inside the transaction that deletes the outbox row. Nothing is lost or left
// half-delivered by a kill.
namespace cumulet::events {

struct Event {
  std::int64_t id = 0;  // grows with each append, never used twice
  std::string topic;    // "s3.notification"
  std::string target;   // whom the consumer hands it to; its meaning is the topic's
  std::string payload;  // what is handed over, byte for byte as it was appended
  std::string trace;    // what it follows from (base/trace.hpp); may be empty
};

struct NewEvent {
  std::string_view topic, target, payload, trace;
};

inline constexpr ErrorKind kHasConsumer{"InternalFailure", 500};

class Outbox {
 public:
  // Called on the writer's thread inside the deleting transaction; must not block. An error (or an exception) undoes
  // what it wrote and keeps the row; it is tried again after 1 s, 2 s, 4 s … 60 s. Events are handed over in the order
  // of their append, but one that failed does not hold up the later ones.
  using Consumer = std::function<Result<void>(storage::Transaction&, const Event&)>;

  // `database`, `clock` and `timers` must outlive the outbox.
  Outbox(storage::Database& database, const Clock& clock, Timers& timers);
  ~Outbox();  // stop()s
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  Result<void> load();
  // Before start(). A topic has one consumer, for a row goes when it was handed over: a second one is kHasConsumer.
  Result<void> subscribe(std::string topic, Consumer consumer);
  // In the producer's job. Delivery starts after its commit.
  void append(storage::Transaction& tx, const NewEvent& event);
  void start();  // delivers what an earlier run left
  // After it returns no consumer runs any more. Not from a job.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cumulet::events
