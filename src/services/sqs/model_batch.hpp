#pragma once
#include <optional>
#include <string>
#include <vector>

#include "services/sqs/model_message.hpp"

// Messages, up to ten at a time: each entry succeeds or fails on its own.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
namespace cumulet::sqs {

using wire::join;
using wire::member;
using wire::structure;

struct SendMessageBatchRequestEntry : MessageToSend {
  std::optional<std::string> id;

  static wire::Shape shape() {
    return structure("SendMessageBatchRequestEntry",
                     join({member<&SendMessageBatchRequestEntry::id>("Id")}, message_to_send()));
  }
};

struct SendMessageBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<SendMessageBatchRequestEntry>> entries;

  static wire::Shape shape() {
    return structure(
        "SendMessageBatchRequest",
        {
            member<&SendMessageBatchRequest::queue_url>("QueueUrl"),
            member<&SendMessageBatchRequest::entries>("Entries").as("SendMessageBatchRequestEntry").flattened(),
        });
  }
};

struct SendMessageBatchResultEntry : SentMessage {
  std::string id;

  static wire::Shape shape() {
    return structure("SendMessageBatchResultEntry",
                     join({member<&SendMessageBatchResultEntry::id>("Id")}, sent_message()));
  }
};

struct BatchResultErrorEntry {
  std::string id;
  bool sender_fault = true;
  std::string code;
  std::string message;

  static wire::Shape shape() {
    return structure("BatchResultErrorEntry", {
                                                  member<&BatchResultErrorEntry::id>("Id"),
                                                  member<&BatchResultErrorEntry::sender_fault>("SenderFault"),
                                                  member<&BatchResultErrorEntry::code>("Code"),
                                                  member<&BatchResultErrorEntry::message>("Message"),
                                              });
  }
};

struct SendMessageBatchResult {
  std::optional<std::vector<SendMessageBatchResultEntry>> successful;  // absent when empty
  std::optional<std::vector<BatchResultErrorEntry>> failed;

  static wire::Shape shape() {
    return structure(
        "SendMessageBatchResult",
        {
            member<&SendMessageBatchResult::successful>("Successful").as("SendMessageBatchResultEntry").flattened(),
            member<&SendMessageBatchResult::failed>("Failed").as("BatchResultErrorEntry").flattened(),
        });
  }
};

struct DeleteMessageBatchRequestEntry {
  std::optional<std::string> id;
  std::optional<std::string> receipt_handle;

  static wire::Shape shape() {
    return structure("DeleteMessageBatchRequestEntry",
                     {member<&DeleteMessageBatchRequestEntry::id>("Id"),
                      member<&DeleteMessageBatchRequestEntry::receipt_handle>("ReceiptHandle")});
  }
};

struct DeleteMessageBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<DeleteMessageBatchRequestEntry>> entries;

  static wire::Shape shape() {
    return structure(
        "DeleteMessageBatchRequest",
        {
            member<&DeleteMessageBatchRequest::queue_url>("QueueUrl"),
            member<&DeleteMessageBatchRequest::entries>("Entries").as("DeleteMessageBatchRequestEntry").flattened(),
        });
  }
};

struct ChangeMessageVisibilityBatchRequestEntry : VisibilityChange {
  std::optional<std::string> id;

  static wire::Shape shape() {
    return structure("ChangeMessageVisibilityBatchRequestEntry",
                     join({member<&ChangeMessageVisibilityBatchRequestEntry::id>("Id")}, visibility_change()));
  }
};

struct ChangeMessageVisibilityBatchRequest {
  std::optional<std::string> queue_url;
  std::optional<std::vector<ChangeMessageVisibilityBatchRequestEntry>> entries;

  static wire::Shape shape() {
    return structure("ChangeMessageVisibilityBatchRequest",
                     {
                         member<&ChangeMessageVisibilityBatchRequest::queue_url>("QueueUrl"),
                         member<&ChangeMessageVisibilityBatchRequest::entries>("Entries")
                             .as("ChangeMessageVisibilityBatchRequestEntry")
                             .flattened(),
                     });
  }
};

struct BatchResultEntry {
  std::string id;

  static wire::Shape shape() { return structure("BatchResultEntry", {member<&BatchResultEntry::id>("Id")}); }
};

// Of DeleteMessageBatch and ChangeMessageVisibilityBatch, which name their entries differently in Query.
struct BatchOutcome {
  std::optional<std::vector<BatchResultEntry>> successful;  // absent when empty
  std::optional<std::vector<BatchResultErrorEntry>> failed;
};

// BatchOutcome stands first in its heirs.
inline wire::MemberList batch_outcome(std::string_view entry) {
  return {
      member<&BatchOutcome::successful>("Successful").as(entry).flattened(),
      member<&BatchOutcome::failed>("Failed").as("BatchResultErrorEntry").flattened(),
  };
}

struct DeleteMessageBatchResult : BatchOutcome {
  static wire::Shape shape() {
    return structure("DeleteMessageBatchResult", batch_outcome("DeleteMessageBatchResultEntry"));
  }
};
struct ChangeMessageVisibilityBatchResult : BatchOutcome {
  static wire::Shape shape() {
    return structure("ChangeMessageVisibilityBatchResult", batch_outcome("ChangeMessageVisibilityBatchResultEntry"));
  }
};

}  // namespace cumulet::sqs
