#include "services/sqs/index.hpp"

namespace cumulet::sqs {

// All messages of a message group in the order of their arrival, whatever their state. The group can be received from
// while its first message is ready: one that is in flight or delayed blocks those behind it, one that becomes ready
// again opens the group again.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
struct Group {
  const std::string* name = nullptr;
  EntryList entries;
  Group* previous = nullptr;  // among the open groups
  Group* next = nullptr;
  bool is_open = false;
};

namespace {

class FifoIndex final : public Index {
 public:
  std::size_t available() const override { return open_count_; }

 protected:
  void entered(Entry& entry, std::string_view group_name) override {
    const auto [at, is_new] = groups_.try_emplace(std::string(group_name));
    Group& group = at->second;
    if (is_new) group.name = &at->first;
    entry.group = &group;
    group.entries.append(entry);
    update(group);
  }
  void left(Entry& entry) override {
    Group& group = *entry.group;
    group.entries.unlink(entry);
    update(group);
    if (group.entries.first == nullptr) groups_.erase(groups_.find(*group.name));
  }
  void became_ready(Entry& entry) override { update(*entry.group); }
  // The group is closed, or opened again, when the take goes on to the next message or ends.
  void ceased_ready(Entry& entry) override {
    if (entry.group->entries.first == &entry && entry.group->is_open) close(*entry.group);
  }
  Entry* first_ready() override { return first_open_ == nullptr ? nullptr : first_open_->entries.first; }
  // As many of the same group as there are, then the group that waits longest.
  Entry* next_ready(const Entry& taken) override {
    if (taken.next != nullptr && taken.next->state == MessageState::ready) return taken.next;
    return first_ready();
  }

 private:
  void update(Group& group) {
    const bool is_open = group.entries.first != nullptr && group.entries.first->state == MessageState::ready;
    if (is_open == group.is_open) return;
    if (is_open)
      open(group);
    else
      close(group);
  }
  void open(Group& group) {
    group.previous = last_open_;
    group.next = nullptr;
    (last_open_ != nullptr ? last_open_->next : first_open_) = &group;
    last_open_ = &group;
    group.is_open = true;
    ++open_count_;
  }
  void close(Group& group) {
    (group.previous != nullptr ? group.previous->next : first_open_) = group.next;
    (group.next != nullptr ? group.next->previous : last_open_) = group.previous;
    group.previous = group.next = nullptr;
    group.is_open = false;
    --open_count_;
  }

  std::unordered_map<std::string, Group> groups_;
  Group* first_open_ = nullptr;
  Group* last_open_ = nullptr;
  std::size_t open_count_ = 0;
};

}  // namespace

std::unique_ptr<Index> Index::fifo() { return std::make_unique<FifoIndex>(); }

}  // namespace cumulet::sqs
