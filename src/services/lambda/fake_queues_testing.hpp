#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/encoding.hpp"
#include "base/manual_time.hpp"
#include "services/lambda/queue_source.hpp"

// Queues for tests of what reads them: in memory, with visibility timeouts and message groups, on time that stands
// still.
namespace cumulet::lambda::testing {

inline constexpr ErrorKind kNoQueue{"AWS.SimpleQueueService.NonExistentQueue", 400};
inline constexpr ErrorKind kRefused{"InvalidParameterValue", 400};

class FakeQueues final : public QueueSource {
 public:
  struct Message {
    std::string id, body, group;
    int receives = 0;
    TimePoint visible_at;
  };
  struct Queue {
    QueueFacts facts;
    std::list<Message> messages;
    std::vector<OutgoingQueueMessage> sent;
    std::size_t most_bytes = 1'048'576;  // of a message, attributes included
    int dead_after = 1'000'000;          // receives; then a message is in `dead`
    std::vector<Message> dead;
  };

  FakeQueues(boost::asio::any_io_executor executor, ManualTime& time) : executor_(std::move(executor)), time_(time) {}

  static std::string arn(const std::string& name) { return "arn:aws:sqs:us-east-1:000000000000:" + name; }
  Queue& make(const std::string& name, Seconds visibility = Seconds{30}) {
    Queue& queue = queues[arn(name)];
    queue.facts = {name.ends_with(".fifo"), visibility};
    return queue;
  }
  Queue& at(const std::string& name) { return queues.at(arn(name)); }
  void put(const std::string& name, std::string body, std::string group = {}) {
    Message message;
    message.id = "m" + std::to_string(++last_);
    message.body = std::move(body);
    message.group = std::move(group);
    message.visible_at = time_.now();
    at(name).messages.push_back(std::move(message));
    serve(arn(name));
  }
  void drop(const std::string& name) {
    queues.erase(arn(name));
    serve(arn(name));
  }

  std::optional<QueueFacts> find(std::string_view queue_arn) const override {
    const auto found = queues.find(std::string(queue_arn));
    if (found == queues.end()) return std::nullopt;
    return found->second.facts;
  }
  std::int64_t visible(std::string_view queue_arn) const override {
    const auto found = queues.find(std::string(queue_arn));
    std::int64_t count = 0;
    if (found != queues.end())
      for (const auto& message : found->second.messages) count += message.visible_at <= time_.now();
    return count;
  }

  std::function<void()> receive(std::string queue_arn, int max, Seconds wait, Received done) override {
    auto waiter = std::make_shared<Waiter>(Waiter{std::move(queue_arn), max, std::move(done)});
    waiters_.push_back(waiter);
    ++polls;
    serve(waiter->arn);
    time_.at(time_.now() + wait, [this, waiter] { answer(waiter, std::vector<QueueMessage>{}); });
    return [this, waiter] { answer(waiter, std::vector<QueueMessage>{}); };
  }
  void remove(std::string queue_arn, std::vector<std::string> handles, Done done) override {
    for (const auto& handle : handles)
      queues[queue_arn].messages.remove_if(
          [&](const Message& m) { return m.id == handle.substr(0, handle.find('#')); });
    serve(queue_arn);
    boost::asio::post(executor_, [done] { done({}); });
  }
  void change_visibility(std::string queue_arn, std::vector<std::string> handles, Seconds timeout, Done done) override {
    ++visibility_changes;
    for (const auto& handle : handles)
      for (auto& message : queues[queue_arn].messages)
        if (message.id == handle.substr(0, handle.find('#'))) message.visible_at = time_.now() + timeout;
    wake(queue_arn, timeout);
    boost::asio::post(executor_, [done] { done({}); });
  }
  Result<void> send(storage::Transaction&, std::string_view queue_arn, OutgoingQueueMessage message) override {
    const auto found = queues.find(std::string(queue_arn));
    if (found == queues.end()) return Error{kNoQueue, "The specified queue does not exist."};
    std::size_t bytes = message.body.size();
    bool is_text = has_only_allowed_characters(message.body);
    for (const auto& [name, value] : message.attributes) {
      const std::string text = value.string_value.value_or("");
      bytes += name.size() + value.data_type.size() + text.size();
      is_text = is_text && has_only_allowed_characters(text);
    }
    if (!is_text) return Error{kRefused, "Invalid binary character was found."};
    if (bytes > found->second.most_bytes) return Error{kRefused, "Message must be shorter."};
    found->second.sent.push_back(std::move(message));
    return {};
  }

  std::map<std::string, Queue> queues;
  int polls = 0;
  int visibility_changes = 0;  // calls

 private:
  struct Waiter {
    std::string arn;
    int max;
    Received done;
  };
  using WaiterPtr = std::shared_ptr<Waiter>;

  // As SQS has it.
  static bool has_only_allowed_characters(const std::string& text) {
    for (const char c : text)
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    return is_valid_utf8(text) && text.find("\xEF\xBF\xBE") == text.npos && text.find("\xEF\xBF\xBF") == text.npos;
  }
  void answer(const WaiterPtr& waiter, Result<std::vector<QueueMessage>> result) {
    if (!waiter->done) return;
    std::erase(waiters_, waiter);
    boost::asio::post(executor_, [done = std::exchange(waiter->done, nullptr),
                                  result = std::make_shared<Result<std::vector<QueueMessage>>>(std::move(result))] {
      done(std::move(*result));
    });
  }
  void wake(const std::string& arn, Seconds later) {
    if (later == Seconds{0})
      serve(arn);
    else
      time_.at(time_.now() + later, [this, arn] { serve(arn); });
  }
  void serve(const std::string& arn) {
    const auto waiters = waiters_;
    for (const auto& waiter : waiters) {
      if (waiter->arn != arn) continue;
      const auto found = queues.find(arn);
      if (found == queues.end()) {
        answer(waiter, Error{kNoQueue, "The specified queue does not exist."});
        continue;
      }
      auto messages = take(found->second, waiter->max);
      if (messages.empty()) continue;
      answer(waiter, std::move(messages));
      wake(arn, found->second.facts.visibility_timeout);
    }
  }
  std::vector<QueueMessage> take(Queue& queue, int max) {
    std::vector<QueueMessage> out;
    std::set<std::string> blocked;
    for (auto at = queue.messages.begin(); at != queue.messages.end();) {
      Message& message = *at;
      if (static_cast<int>(out.size()) == max) break;
      const bool is_hidden = message.visible_at > time_.now();
      if (queue.facts.is_fifo && is_hidden) blocked.insert(message.group);
      if (is_hidden || blocked.contains(message.group)) {
        ++at;
        continue;
      }
      if (message.receives >= queue.dead_after) {
        queue.dead.push_back(message);
        at = queue.messages.erase(at);
        continue;
      }
      ++message.receives;
      message.visible_at = time_.now() + queue.facts.visibility_timeout;
      QueueMessage given;
      given.message_id = message.id;
      given.receipt_handle = message.id + "#" + std::to_string(message.receives);
      given.body = message.body;
      given.md5_of_body = "md5";
      given.attributes["ApproximateReceiveCount"] = std::to_string(message.receives);
      if (!message.group.empty()) given.attributes["MessageGroupId"] = message.group;
      out.push_back(std::move(given));
      ++at;
    }
    return out;
  }

  boost::asio::any_io_executor executor_;
  ManualTime& time_;
  std::vector<WaiterPtr> waiters_;
  int last_ = 0;
};

}  // namespace cumulet::lambda::testing
