#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "services/lambda/environments.hpp"
#include "services/lambda/event_filter.hpp"
#include "services/lambda/event_sources.hpp"
#include "services/lambda/queue_batch.hpp"
#include "services/lambda/queue_scaling.hpp"
#include "services/lambda/queue_source.hpp"

namespace cumulet::lambda {

// What the pollers of all mappings stand on.
struct PollerGround {
  QueueSource& queues;
  Environments& environments;
  const FunctionStore& functions;
  boost::asio::any_io_executor executor;
  boost::asio::any_io_executor workers;  // make records and events of large messages
  const Clock& clock;
  Timers& timers;
  Random& random;
  // What stands in the way of a mapping's work; empty: nothing any more.
  std::function<void(const std::string& uuid, std::string problem)> report;
  events::Journal* journal = nullptr;  // outlives the pollers
  // False once all of this may be gone: what comes back then finds nobody.
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

// Works one event source mapping: one long poll at a time; what it brings becomes a batch and an invocation at once,
// and as long as there are places (QueueScaling) and room (Environments::admits) the next poll begins. Nothing is taken
// from the queue that could not run now. Messages are deleted after a success; else they are seen again after the
// queue's visibility timeout. A kill at any moment leaves them in the queue. Everything here is called, and calls back,
// on the executor.
class QueuePoller : public std::enable_shared_from_this<QueuePoller> {
 public:
  QueuePoller(PollerGround& ground, EventSourceMappingRef mapping);

  void start() { pump(); }
  // The mapping has changed; the same queue.
  void change(EventSourceMappingRef mapping);
  // The function of that name came, changed or went.
  void function_changed(const std::string& region, const std::string& name);
  // Takes no more messages; what runs is finished and its messages deleted.
  void stop();

  const EventSourceMapping& mapping() const { return *mapping_; }
  int running() const { return running_; }
  int limit() const { return scaling_.limit(); }

 private:
  // Messages that go into one invocation.
  struct Batch {
    std::vector<QueueMessage> messages;  // without their bodies: those are in `records`
    std::vector<std::string> records;    // JSON texts; not changed once it runs
    std::size_t bytes = 0;               // of the event
    TimePoint received;                  // the first message
    Seconds visibility{30};
    TimePoint visible_at;  // from then on others may receive them
    Milliseconds backoff{0};
    std::string request_id, trace;  // of the invocation
  };
  using BatchPtr = std::shared_ptr<Batch>;

  void adopt(EventSourceMappingRef mapping);
  void pump();
  void receive();
  void received(Result<std::vector<QueueMessage>> result);
  void make_records(std::vector<QueueMessage> messages, TimePoint received);
  void take(std::vector<QueueRecord> records, TimePoint received);
  bool is_full(const Batch& batch) const;
  void close_gathered();
  void run(const BatchPtr& batch);
  void invoke(const BatchPtr& batch, std::shared_ptr<const std::string> event);
  // Does `work` on a worker when it is about that many bytes, else at once, and then `next` on the executor. `work`
  // owns what it touches. No poll begins meanwhile: the batch has no place in the environments yet.
  void off_the_executor(std::size_t bytes, std::function<void()> work, std::function<void()> next);
  void keep_hidden(Batch& batch);  // for as long as the function may take from now on
  void concluded(const BatchPtr& batch, Result<InvocationOutcome> result);
  void throttled(const BatchPtr& batch);
  void succeeded(const BatchPtr& batch, const std::string& answer);
  void finish(const BatchPtr& batch, QueueScaling::Outcome outcome);
  void give_back(std::vector<std::string> handles);
  void remove(std::vector<std::string> handles);
  void observe();
  // A journal row for each message of a batch.
  void note(const Batch& batch, std::string_view outcome, const std::string& failure) const;
  void note_filtered(const QueueMessage& message) const;
  void problem(std::string text);
  FunctionRef function() const;  // null: it is gone, or its version or alias is
  VersionRef version(const FunctionRef& target) const;
  bool admits(const FunctionRef& target) const;
  Timers::Id at(TimePoint when, std::function<void(QueuePoller&)> task);

  PollerGround& ground_;
  EventSourceMappingRef mapping_;
  FunctionName function_name_;
  EventFilter filter_;
  std::string region_;
  bool is_fifo_ = false;
  Seconds visibility_{30};

  QueueScaling scaling_;
  int running_ = 0;                     // batches
  int held_ = 0;                        // of them, throttled ones that wait
  std::map<std::string, int> groups_;   // message groups of running batches of a FIFO queue
  BatchPtr gathered_;                   // not run yet
  std::vector<std::string> in_making_;  // receipt handles of messages whose records are being made
  std::vector<QueueRecord> left_;       // did not fit in the batch before
  TimePoint left_received_;
  Timers::Id window_timer_ = 0;
  bool window_over_ = false;

  bool receiving_ = false;
  std::function<void()> cancel_receive_;
  int at_workers_ = 0;
  bool waits_for_place_ = false;
  bool waits_for_retry_ = false;
  bool ticking_ = false;
  Milliseconds retry_{0};
  std::string problem_;
  bool stopped_ = false;
};

// The pollers of all enabled mappings.
class QueuePollers {
 public:
  explicit QueuePollers(PollerGround ground) : ground_(std::move(ground)) {}
  ~QueuePollers() { stop(); }

  void start(const std::vector<EventSourceMappingRef>& mappings);
  void changed(const EventSourceMappingRef& before, const EventSourceMappingRef& after);
  void function_changed(const std::string& region, const std::string& name);
  void stop();  // nothing is called back after it

  struct Figures {
    std::string uuid, region, function_arn, queue_arn;
    int running = 0, limit = 0;  // batches
  };
  std::vector<Figures> figures() const;

 private:
  void set(const EventSourceMappingRef& mapping);

  PollerGround ground_;
  bool started_ = false;
  std::map<std::string, std::shared_ptr<QueuePoller>> pollers_;  // by UUID
};

}  // namespace cumulet::lambda
