#pragma once
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/time.hpp"
#include "base/waiting_line.hpp"
#include "services/sqs/attributes.hpp"
#include "services/sqs/index.hpp"
#include "services/sqs/receipt_handle.hpp"

namespace cumulet::sqs {

// One queue in memory: its attributes, the index of its messages, and who waits for one. Any thread; nothing blocks but
// for the moments that the mutex is held. The index counts on the steady clock: setting the wall's clock neither holds
// messages back nor lets their retention end at once.
class Queue : public std::enable_shared_from_this<Queue> {
 public:
  struct Identity {
    std::int64_t id = 0;  // row; never used twice
    std::string region, name;
    TimePoint created;
    std::string arn() const;
  };
  // `on_expired` gets the ids of messages past their retention, for their rows to be removed; called under the lock.
  using OnExpired = std::function<void(std::vector<std::int64_t>)>;
  Queue(Identity identity, QueueAttributes attributes, StringMap tags, TimePoint modified, const Clock& clock,
        Timers& timers, OnExpired on_expired, std::int64_t in_flight_limit);

  const Identity& identity() const { return identity_; }
  const std::string& arn() const { return arn_; }
  bool is_fifo() const { return is_fifo_; }

  std::shared_ptr<const QueueAttributes> attributes() const;
  StringMap tags() const;
  TimePoint modified() const;
  void set_attributes(QueueAttributes attributes, TimePoint modified);
  void set_tags(StringMap tags);

  // --- messages ---
  // A committed message, its times on the steady clock; in the order of their ids.
  void add(const Entry& entry, std::string_view group);
  struct Receive {
    TakeResult taken;
    bool is_full = false;    // nothing more may be in flight
    bool is_repeat = false;  // of an earlier call with the same attempt
  };
  // `attempt`: FIFO's ReceiveRequestAttemptId: a repeated call within five minutes gets the same messages again while
  // all of them are still in flight from it.
  Receive take(const TakeOptions& options, const std::string& attempt = {});
  // What was taken reaches nobody: ready at once, the receive is not counted.
  void put_back(const std::vector<Taken>& taken, const std::string& attempt);
  std::vector<std::int64_t> hold(std::size_t max, Milliseconds duration);
  // Held messages become ready at once (their move failed).
  void release(const std::vector<std::int64_t>& ids);

  enum class Standing { current, superseded, expired, gone };
  // What a handle of this queue is worth: `superseded` by a later receive, `expired` (ready again; FIFO refuses to
  // delete then), `gone`: no such message.
  Standing standing(const ReceiptHandle& handle, std::uint64_t run) const;
  // A message that is not in flight stays as it is. InvalidParameterValue when it would be in flight for more than
  // twelve hours since it was received.
  Result<void> change_visibility(std::int64_t message, Seconds timeout);
  void remove(std::int64_t message);
  std::vector<std::int64_t> purge();

  Counts counts() const;
  // When a message was sent, on the steady clock; nullopt when it is gone.
  std::optional<TimePoint> sent(std::int64_t message) const;
  // Receives of messages, for the checkpoint; nullopt when a message is gone.
  std::optional<Taken> receives_of(std::int64_t message) const;
  // A message as it is now; nullopt when it is gone. Its pointers lead nowhere.
  std::optional<Entry> look_at(std::int64_t message) const;

  // --- long polls ---
  // Until something may be received, `until` (on the steady clock), the queue's close() or the caller's cancellation.
  // On an executor that runs on one thread at a time.
  awaitable<void> wait(TimePoint until);
  // Of one that was woken and does not take what is there: wakes the next.
  void pass_on();
  // The queue is deleted, or the engine stops: ends all waits, now and later. Timers are not touched afterwards: who
  // still holds the queue may outlive them.
  void close();
  bool is_closed() const { return is_closed_; }

 private:
  struct Attempt {
    TimePoint at;
    std::vector<Taken> messages;
  };
  void expire(TimePoint now) const;
  std::int64_t told(std::int64_t steady) const;  // milliseconds of the steady clock on the wall's; 0 stays 0
  // How many receives would get something now: none while as much is in flight as may be.
  std::size_t receivable();
  void arm();
  void on_timer();
  bool repeat(const std::string& attempt, TimePoint now, const TakeOptions& options, TakeResult& result);

  const Identity identity_;
  const std::string arn_;
  const bool is_fifo_;
  const Clock& clock_;
  Timers& timers_;
  const OnExpired on_expired_;
  const std::int64_t in_flight_limit_;
  std::atomic<bool> is_closed_ = false;

  mutable std::mutex mutex_;
  std::shared_ptr<const QueueAttributes> attributes_;
  StringMap tags_;
  TimePoint modified_;
  const std::unique_ptr<Index> index_;
  mutable TimePoint last_expiry_{};
  std::map<std::string, Attempt> attempts_;
  WaitingLine polls_;
  Timers::Id timer_ = 0;
  std::optional<TimePoint> armed_for_;
};
using QueueRef = std::shared_ptr<Queue>;

}  // namespace cumulet::sqs
