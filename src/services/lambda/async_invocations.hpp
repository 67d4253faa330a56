#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "events/observers.hpp"
#include "services/lambda/environments.hpp"
#include "services/lambda/queue_source.hpp"
#include "storage/database.hpp"
#include "storage/scrub.hpp"

namespace cumulet::lambda {

// Asynchronous invocations: a durable queue, retried twice after errors (1 and 2 minutes later) and for up to six hours
// while throttled, then sent to the failure destination and the dead-letter queue. An event's row goes in the
// transaction that follows its outcome, so a kill can make a function run twice but never loses an event.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
class AsyncInvocations {
 public:
  AsyncInvocations(storage::Database& database, FunctionStore& store, Environments& environments,
                   boost::asio::any_io_executor executor, boost::asio::any_io_executor workers, const Clock& clock,
                   Timers& timers, Random& random, QueueSource* queues, events::Observers observers = {});
  ~AsyncInvocations();

  Result<void> migrate();
  // Goes on with what an earlier run left. On the executor.
  void start();
  void stop();

  // In the producer's job, on the writer's thread: the event is accepted when that job commits. `function_arn` may
  // carry a qualifier. An empty request id: a new one. `trace`: X-Amzn-Trace-Id or its root; empty: a new one.
  Result<void> enqueue(storage::Transaction& tx, std::string_view function_arn, std::string_view payload,
                       std::string request_id = {}, std::string_view trace = {});

 private:
  struct Event {
    std::int64_t id = 0;
    std::string region, name;
    std::optional<std::string> qualifier;  // of the ARN
    std::string arn, request_id;
    std::string trace;  // its root (base/trace.hpp); empty: of an earlier version
    std::shared_ptr<const std::string> payload;
    TimePoint created, due;  // on the steady clock; on the wall's in the row
    int attempts = 0;        // made
  };
  using Key = std::pair<std::string, std::string>;
  // One function's events.
  struct Lane {
    std::deque<Event> ready;
    int running = 0;
    TimePoint blocked_until{};  // throttled
    Milliseconds backoff{0};
  };
  struct Destination {
    std::string condition;  // Success, RetriesExhausted, EventAgeExceeded, ZeroReservedConcurrency
    std::optional<InvocationOutcome> outcome;
  };

  void admit(Event event);
  // Starts what may start, one event of each function in turn: none waits for another's backlog to end.
  void pump();
  void dispatch(Event event);
  void concluded(Event event, Result<InvocationOutcome> result);
  void throttled(Event event);
  void retry(Event event);
  void finish(const Event& event, const Destination& destination);
  void drop(const Event& event);
  void forget(std::int64_t id);
  void read_backlog();
  std::string record(const Event& event, const Destination& destination) const;
  OutgoingQueueMessage dead_letter(const Event& event, const Destination& destination) const;
  // To a function or a queue, in the job that ends the event.
  Result<void> deliver(storage::Transaction& tx, const std::string& target, const std::string& text,
                       const std::string& trace);
  Result<void> send(storage::Transaction& tx, const std::string& queue_arn, OutgoingQueueMessage message);
  void at(TimePoint when, std::function<void()> task);

  storage::Database& database_;
  FunctionStore& store_;
  Environments& environments_;
  boost::asio::any_io_executor executor_, workers_;
  const Clock& clock_;
  Timers& timers_;
  Random& random_;
  QueueSource* queues_;  // null: there are none
  events::Journal* journal_;

  bool started_ = false;
  std::map<Key, Lane> lanes_;
  Key served_;                       // the lane whose turn was last
  std::set<std::int64_t> resident_;  // in memory: ready, running, or waiting for its time
  int running_ = 0;
  bool backlog_ = false;  // rows that are not resident
  bool reading_ = false;
  std::vector<std::int64_t> forgotten_while_reading_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Reads every waiting event.
void scrub_events(storage::Connection& connection, storage::Scrub& scrub);

}  // namespace cumulet::lambda
