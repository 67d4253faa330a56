#include "services/lambda/queue_batch.hpp"

#include <gtest/gtest.h>

namespace cumulet::lambda {
namespace {

QueueMessage message() {
  QueueMessage m;
  m.message_id = "059f36b4-87a3-44ab-83d2-661975830a7d";
  m.receipt_handle = "AQEB";
  m.body = "Test message.";
  m.md5_of_body = "e4e68fb7bd0e697a0ae8f1bb342846b3";
  m.attributes = {{"ApproximateReceiveCount", "1"},
                  {"SentTimestamp", "1545082649183"},
                  {"SenderId", "AIDAIENQZJOLO23YVJ4VO"},
                  {"ApproximateFirstReceiveTimestamp", "1545082649185"}};
  return m;
}

TEST(QueueRecord, AsAwsWritesIt) {
  EXPECT_EQ(json::text(queue_record(message(), "arn:aws:sqs:us-east-2:123456789012:my-queue", "us-east-2")),
            R"({"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"AQEB","body":"Test message.",)"
            R"("attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183",)"
            R"("SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"},)"
            R"("messageAttributes":{},"md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs",)"
            R"("eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue","awsRegion":"us-east-2"})");
}

TEST(QueueRecord, AttributesOfEveryType) {
  QueueMessage m = message();
  m.md5_of_message_attributes = "d25a6aea";
  m.message_attributes["n"] = {"Number", "6", std::nullopt};
  m.message_attributes["b"] = {"Binary.gif", std::nullopt, std::string("\x00\x01", 2)};
  m.attributes["AWSTraceHeader"] = "Root=1";
  const auto record = queue_record(m, "arn", "us-east-2");
  EXPECT_EQ(json::text(record.at("messageAttributes")),
            R"({"b":{"binaryValue":"AAE=","stringListValues":[],"binaryListValues":[],"dataType":"Binary.gif"},)"
            R"("n":{"stringValue":"6","stringListValues":[],"binaryListValues":[],"dataType":"Number"}})");
  EXPECT_EQ(record.at("md5OfMessageAttributes"), "d25a6aea");
  EXPECT_EQ(record.at("attributes").at("AWSTraceHeader"), "Root=1");
}

using Ids = std::set<std::string, std::less<>>;

TEST(FailedMessages, NothingIsASuccess) {
  const Ids batch{"a", "b"};
  for (const char* answer : {"", "null", "{}", "\"\"", "[]", R"({"batchItemFailures":null})",
                             R"({"batchItemFailures":[]})", R"({"else":1})"})
    EXPECT_EQ(failed_messages(answer, batch), Ids{}) << answer;
}

TEST(FailedMessages, Named) {
  EXPECT_EQ(failed_messages(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})", {"a", "b"}), Ids{"b"});
}

TEST(FailedMessages, WhatCannotBeUnderstoodFailsTheBatch) {
  for (const char* answer :
       {"{", "5", "\"done\"", "[1]", R"({"batchItemFailures":"a"})", R"({"batchItemFailures":[{"itemIdentifier":""}]})",
        R"({"batchItemFailures":[{"itemIdentifier":null}]})", R"({"batchItemFailures":[{"foo":"a"}]})",
        R"({"batchItemFailures":[{"itemIdentifier":123}]})", R"({"batchItemFailures":[{"itemIdentifier":{"a":1}}]})",
        R"({"batchItemFailures":["a"]})", R"({"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"c"}]})"})
    EXPECT_FALSE(failed_messages(answer, {"a", "b"})) << answer;
}

}  // namespace
}  // namespace cumulet::lambda
