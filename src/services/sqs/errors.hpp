#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"

// JSON names the error's shape with its namespace and repeats the Query protocol's code in the header
// x-amzn-query-error; Query clients see only the latter. So every row has both.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and each operation's page.
namespace cumulet::sqs {

inline constexpr ErrorKind kQueueDoesNotExist{"com.amazonaws.sqs#QueueDoesNotExist", 400,
                                              "AWS.SimpleQueueService.NonExistentQueue"};
inline constexpr ErrorKind kQueueNameExists{"com.amazonaws.sqs#QueueNameExists", 400, "QueueAlreadyExists"};
inline constexpr ErrorKind kQueueDeletedRecently{"com.amazonaws.sqs#QueueDeletedRecently", 400,
                                                 "AWS.SimpleQueueService.QueueDeletedRecently"};
inline constexpr ErrorKind kPurgeQueueInProgress{"com.amazonaws.sqs#PurgeQueueInProgress", 403,
                                                 "AWS.SimpleQueueService.PurgeQueueInProgress"};
inline constexpr ErrorKind kOverLimit{"com.amazonaws.sqs#OverLimit", 403, "OverLimit"};
inline constexpr ErrorKind kUnsupportedOperation{"com.amazonaws.sqs#UnsupportedOperation", 400,
                                                 "AWS.SimpleQueueService.UnsupportedOperation"};
inline constexpr ErrorKind kReceiptHandleIsInvalid{"com.amazonaws.sqs#ReceiptHandleIsInvalid", 404,
                                                   "ReceiptHandleIsInvalid"};
inline constexpr ErrorKind kInvalidMessageContents{"com.amazonaws.sqs#InvalidMessageContents", 400,
                                                   "InvalidMessageContents"};
inline constexpr ErrorKind kInvalidAttributeName{"com.amazonaws.sqs#InvalidAttributeName", 400, "InvalidAttributeName"};
inline constexpr ErrorKind kInvalidAttributeValue{"com.amazonaws.sqs#InvalidAttributeValue", 400,
                                                  "InvalidAttributeValue"};
inline constexpr ErrorKind kEmptyBatchRequest{"com.amazonaws.sqs#EmptyBatchRequest", 400,
                                              "AWS.SimpleQueueService.EmptyBatchRequest"};
inline constexpr ErrorKind kTooManyEntriesInBatchRequest{"com.amazonaws.sqs#TooManyEntriesInBatchRequest", 400,
                                                         "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"};
inline constexpr ErrorKind kBatchEntryIdsNotDistinct{"com.amazonaws.sqs#BatchEntryIdsNotDistinct", 400,
                                                     "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"};
inline constexpr ErrorKind kInvalidBatchEntryId{"com.amazonaws.sqs#InvalidBatchEntryId", 400,
                                                "AWS.SimpleQueueService.InvalidBatchEntryId"};
inline constexpr ErrorKind kBatchRequestTooLong{"com.amazonaws.sqs#BatchRequestTooLong", 400,
                                                "AWS.SimpleQueueService.BatchRequestTooLong"};
inline constexpr ErrorKind kResourceNotFound{"com.amazonaws.sqs#ResourceNotFoundException", 404,
                                             "ResourceNotFoundException"};
inline constexpr ErrorKind kInvalidParameterValue{"com.amazon.coral.service#InvalidParameterValueException", 400,
                                                  "InvalidParameterValue"};
inline constexpr ErrorKind kMissingParameter{"com.amazon.coral.service#MissingRequiredParameterException", 400,
                                             "MissingParameter"};

inline Error invalid_parameter(std::string_view value, std::string_view parameter, std::string_view reason) {
  return Error{kInvalidParameterValue, "Value " + std::string(value) + " for parameter " + std::string(parameter) +
                                           " is invalid. Reason: " + std::string(reason)};
}
inline Error missing_parameter(std::string_view parameter) {
  return Error{kMissingParameter, "The request must contain the parameter " + std::string(parameter) + "."};
}

}  // namespace cumulet::sqs
