#include "fuzz/fuzz.hpp"
#include "services/sqs/message.hpp"
#include "services/sqs/policy.hpp"
#include "services/sqs/receipt_handle.hpp"
#include "services/sqs/redrive.hpp"

using namespace cumulet;

// What clients put into attributes of queues and messages, and the handles they bring back.
CUMULET_FUZZ(bytes) {
  static const sqs::ReceiptHandles handles("key", 1);
  CUMULET_HOLDS(!handles.read(bytes));

  const auto redrive = sqs::parse_redrive(bytes);
  CUMULET_HOLDS(!redrive.ok() || (redrive->max_receive_count >= 1 && redrive->max_receive_count <= 1000));
  const auto allow = sqs::parse_redrive_allow(bytes);
  CUMULET_HOLDS(!allow.ok() || allow->source_queue_arns.size() <= 10);

  const auto policy = sqs::check_policy(bytes);
  (void)sqs::policy_allows(bytes, {"s3.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:r:0:q", "arn:aws:s3:::b", "0"});
  if (policy.ok())
    if (const auto added = sqs::with_permission(bytes, "arn:aws:sqs:r:0:q", {"fuzz", {"1"}, {"SendMessage"}});
        added.ok())
      CUMULET_HOLDS(sqs::without_permission(*added, "fuzz").ok());

  sqs::StoredMessage message;
  sqs::decode_extras(bytes, message);
  sqs::StoredMessage again;
  sqs::decode_extras(sqs::encode_extras(message), again);
  CUMULET_HOLDS(again.group_id == message.group_id && again.attributes == message.attributes);
  (void)sqs::has_only_message_characters(bytes);
}
