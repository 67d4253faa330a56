#pragma once
#include "events/journal.hpp"
#include "events/outbox.hpp"
#include "services/lambda/service.hpp"
#include "services/s3/notifications.hpp"
#include "services/sqs/service.hpp"

// How S3's bucket notifications reach functions and queues.
namespace cumulet::server {

class NotifiedTargets final : public s3::NotificationTargets {
 public:
  NotifiedTargets(lambda::Lambda& lambda, sqs::Sqs& sqs) : lambda_(lambda), sqs_(sqs) {}
  Verdict check_function(std::string_view function_arn, std::string_view bucket_arn, std::string_view account) override;
  // FIFO queues are no targets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
  Verdict check_queue(std::string_view queue_arn, std::string_view bucket_arn, std::string_view account) override;

 private:
  lambda::Lambda& lambda_;
  sqs::Sqs& sqs_;
};

// Hands S3's events from the outbox to Lambda's asynchronous queue or to an SQS queue, in the transaction that takes
// them out.
events::Outbox::Consumer notification_consumer(lambda::Lambda& lambda, sqs::Sqs& sqs, events::Journal& journal);

}  // namespace cumulet::server
