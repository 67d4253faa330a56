#pragma once
#include <string>
#include <string_view>

#include "services/sqs/attributes.hpp"

// Dead-letter queues: RedrivePolicy of the source, RedriveAllowPolicy of the target.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
namespace cumulet::sqs {

// {"deadLetterTargetArn": "arn:aws:sqs:…", "maxReceiveCount": 5}; the count may be a string.
Result<RedrivePolicy> parse_redrive(std::string_view text);
// The same, and the target must exist, be of the same type and region, and allow this source.
Result<void> check_redrive(std::string_view text, std::string_view source_arn, bool is_fifo,
                           const FindAttributes& find);
// {"redrivePermission": "allowAll" | "denyAll" | "byQueue", "sourceQueueArns": [up to ten]}
Result<RedriveAllowPolicy> parse_redrive_allow(std::string_view text);

}  // namespace cumulet::sqs
