#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "services/sqs/index.hpp"
#include "services/sqs/model_queue.hpp"

// A queue's attributes: what clients set, checked as SQS checks it, and as typed values.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
namespace cumulet::sqs {

inline constexpr int kMessageBytes = 1'048'576;  // of a message with its attributes, and of a batch

struct RedrivePolicy {
  std::string dead_letter_target_arn;
  int max_receive_count = 0;  // 1 to 1,000
};

struct RedriveAllowPolicy {
  enum class Permission { allow_all, deny_all, by_queue };
  Permission permission = Permission::allow_all;
  std::vector<std::string> source_queue_arns;
  bool allows(std::string_view source_arn) const;
};

enum class DeduplicationScope { queue, message_group };

// Immutable; a changed queue gets a new one.
struct QueueAttributes {
  StringMap values;  // as clients set them; what they left out has its default
  bool is_fifo = false;
  Seconds visibility_timeout{30};
  Seconds delay{0};
  Seconds receive_wait{0};
  Seconds retention{345'600};
  int maximum_message_size = kMessageBytes;
  bool content_based_deduplication = false;
  DeduplicationScope deduplication_scope = DeduplicationScope::queue;
  std::optional<RedrivePolicy> redrive;
  RedriveAllowPolicy redrive_allow;
  std::string policy;

  // From what was checked before (the store's form).
  static QueueAttributes of(StringMap values, bool is_fifo);
};

// What a check needs to know of other queues: is there a queue of that ARN, and which attributes has it? Null: none.
using FindAttributes = std::function<const QueueAttributes*(std::string_view arn)>;

// CreateQueue: the name decides whether it is a FIFO queue. InvalidParameterValue for bad names and policies,
// InvalidAttributeName and InvalidAttributeValue with SQS's texts.
Result<QueueAttributes> checked_new_queue(std::string_view name, std::string_view arn, const StringMap& wanted,
                                          const FindAttributes& find);
// SetQueueAttributes: `changes` on top of `old`; an empty policy takes it away.
Result<QueueAttributes> checked_change(const QueueAttributes& old, std::string_view arn, const StringMap& changes,
                                       const FindAttributes& find);
// CreateQueue of a queue that is there: QueueNameExists unless what is wanted is what it has.
Result<void> check_same(const QueueAttributes& existing, const StringMap& wanted);

struct QueueState {
  std::string arn;
  TimePoint created, modified;
  Counts counts;
};
// GetQueueAttributes: those asked for ("All"), those that have no value left out. InvalidAttributeName.
Result<StringMap> rendered(const QueueAttributes& attributes, const QueueState& state,
                           const std::vector<std::string>& names);

bool is_fifo_name(std::string_view name);

}  // namespace cumulet::sqs
