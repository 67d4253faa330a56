#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// A queue's resource policy.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html
namespace cumulet::sqs {

// JSON with a known Version and 1 to 20 statements, each with Effect, Principal and Action. InvalidAttributeValue.
Result<void> check_policy(std::string_view document);

// AddPermission and RemovePermission: the document with one statement more or less; empty when none is left.
struct Permission {
  std::string label;
  std::vector<std::string> account_ids;
  std::vector<std::string> actions;  // without "SQS:"
};
Result<std::string> with_permission(std::string_view document, std::string_view queue_arn, const Permission& added);
Result<std::string> without_permission(std::string_view document, std::string_view label);

// May the service principal do the action ("sqs:SendMessage") to the queue, for `source_arn` of `source_account`?
// Conditions on aws:SourceArn and aws:SourceAccount are understood; an Allow with any other condition does not count.
struct ServiceAccess {
  std::string_view principal;  // "s3.amazonaws.com"
  std::string_view action;
  std::string_view queue_arn;
  std::string_view source_arn;
  std::string_view source_account;
};
bool policy_allows(std::string_view document, const ServiceAccess& access);

}  // namespace cumulet::sqs
