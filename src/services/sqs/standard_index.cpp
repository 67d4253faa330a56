#include "services/sqs/index.hpp"

namespace cumulet::sqs {
namespace {

// Ready messages in the order in which they became ready.
class StandardIndex final : public Index {
 public:
  std::size_t available() const override { return ready_count_; }

 protected:
  void entered(Entry& entry, std::string_view) override {
    if (entry.state == MessageState::ready) became_ready(entry);
  }
  void left(Entry&) override {}
  void became_ready(Entry& entry) override {
    ready_.append(entry);
    ++ready_count_;
  }
  void ceased_ready(Entry& entry) override {
    ready_.unlink(entry);
    --ready_count_;
  }
  Entry* first_ready() override { return ready_.first; }
  Entry* next_ready(const Entry&) override { return ready_.first; }

 private:
  EntryList ready_;
  std::size_t ready_count_ = 0;
};

}  // namespace

std::unique_ptr<Index> Index::standard() { return std::make_unique<StandardIndex>(); }

}  // namespace cumulet::sqs
