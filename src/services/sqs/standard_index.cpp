#include "services/sqs/index.hpp"

namespace cumulet::sqs {
namespace {

// Ready messages in the order of their arrival, those that came back too: as recorded on AWS, one whose timeout ended
// goes before what was sent in the meantime.
class StandardIndex final : public Index {
 public:
  std::size_t available() const override { return ready_count_; }

 protected:
  void entered(Entry& entry, std::string_view) override {
    if (entry.state == MessageState::ready) became_ready(entry);
  }
  void left(Entry&) override {}
  void became_ready(Entry& entry) override {
    ++ready_count_;
    entry.is_apart = in_line_.last != nullptr && in_line_.last->id > entry.id;
    if (entry.is_apart)
      apart_.insert(&entry);
    else
      in_line_.append(entry);
  }
  void ceased_ready(Entry& entry) override {
    --ready_count_;
    if (entry.is_apart)
      apart_.erase(&entry);
    else
      in_line_.unlink(entry);
  }
  Entry* first_ready() override {
    Entry* back = apart_.empty() ? nullptr : *apart_.begin();
    if (in_line_.first == nullptr || (back != nullptr && back->id < in_line_.first->id)) return back;
    return in_line_.first;
  }
  Entry* next_ready(const Entry&) override { return first_ready(); }

 private:
  struct ById {
    bool operator()(const Entry* a, const Entry* b) const { return a->id < b->id; }
  };
  EntryList in_line_;             // ids grow
  std::set<Entry*, ById> apart_;  // came back when later ones stood in line already
  std::size_t ready_count_ = 0;
};

}  // namespace

std::unique_ptr<Index> Index::standard() { return std::make_unique<StandardIndex>(); }

}  // namespace cumulet::sqs
