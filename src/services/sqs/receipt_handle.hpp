#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What DeleteMessage and ChangeMessageVisibility get. A handle carries all that is needed to judge it, under a MAC, so
// that nothing is kept of handles and one from before a crash still deletes.
namespace cumulet::sqs {

struct ReceiptHandle {
  std::int64_t queue = 0;
  std::int64_t message = 0;
  std::int32_t receives = 0;  // which receive it is from
  std::uint64_t run = 0;      // of which run of the engine
};

class ReceiptHandles {
 public:
  // `key` is the data folder's secret; `run` differs from start to start.
  ReceiptHandles(std::string key, std::uint64_t run) : key_(std::move(key)), run_(run) {}
  std::uint64_t run() const { return run_; }
  std::string issue(std::int64_t queue, std::int64_t message, std::int32_t receives) const;
  // Nullopt for what this data folder did not issue.
  std::optional<ReceiptHandle> read(std::string_view text) const;

 private:
  std::string seal(std::string_view bytes) const;
  std::string key_;
  std::uint64_t run_;
};

}  // namespace cumulet::sqs
