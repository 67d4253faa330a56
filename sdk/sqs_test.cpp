#include "sdk/sqs.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"
#include "sdk/errors.hpp"
#include "sdk/testing/fake_http_server.hpp"

namespace cumulet::sdk {
namespace {

using Reply = FakeHttpServer::Reply;
using Received = FakeHttpServer::Received;

Sqs sqs(const FakeHttpServer& server) {
  ClientOptions options;
  options.region = "us-east-1";
  options.endpoint = server.url();
  options.max_attempts = 1;
  options.credentials = std::make_shared<StaticCredentials>(auth::Credentials{"AKIA", "secret", ""});
  return Sqs(*Client::create(std::move(options)));
}

TEST(SqsTest, FindsAQueueByItsName) {
  FakeHttpServer server([](const Received& request) {
    EXPECT_EQ(request.headers.get_or("x-amz-target", ""), "AmazonSQS.GetQueueUrl");
    if (request.body == R"({"QueueName":"q"})") return Reply{.body = R"({"QueueUrl":"http://h/0/q"})"};
    return Reply{.status = 400, .body = R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"})"};
  });
  EXPECT_EQ(*sqs(server).queue_url("q"), "http://h/0/q");
  EXPECT_EQ(sqs(server).queue_url("r").error().code(), "QueueDoesNotExist");
}

TEST(SqsTest, SendsAMessageAndHoldsItAgainstTheMd5s) {
  std::string md5_of_body = "5d41402abc4b2a76b9719d911017c592";  // of "hello"
  FakeHttpServer server([&](const Received& request) {
    EXPECT_EQ(request.body,
              R"({"QueueUrl":"u","MessageBody":"hello","MessageAttributes":{"chat_id":{"DataType":"String",)"
              R"("StringValue":"7"}},"DelaySeconds":5})");
    return Reply{.body = R"({"MessageId":"id-1","MD5OfMessageBody":")" + md5_of_body + "\"}"};
  });
  const OutgoingMessage message{.body = "hello", .attributes = {{"chat_id", "7"}}, .delay = Seconds{5}};
  EXPECT_EQ(*sqs(server).send("u", message), "id-1");
  md5_of_body = "00000000000000000000000000000000";
  EXPECT_TRUE(sqs(server).send("u", message).error().is(kIntegrity));
}

TEST(SqsTest, AttributesHaveTheMd5ThatSqsGives) {
  std::string canonical("\0\0\0\1a\0\0\0\6String\1\0\0\0\1b", 21);
  EXPECT_EQ(md5_of_attributes({{"a", "b"}}), hex_encode(md5(canonical)));
}

TEST(SqsTest, ReceivesAndRemoves) {
  FakeHttpServer server([](const Received& request) {
    if (request.headers.get_or("x-amz-target", "") == "AmazonSQS.DeleteMessage") return Reply{};
    return Reply{.body = R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b",)"
                         R"("Attributes":{"ApproximateReceiveCount":"2"},)"
                         R"("MessageAttributes":{"chat_id":{"DataType":"String","StringValue":"7"}}}]})"};
  });
  const auto got = sqs(server).receive("u", {.most = 10, .wait = Seconds{3}});
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->size(), 1u);
  EXPECT_EQ(got->front().attributes.at("ApproximateReceiveCount"), "2");
  EXPECT_EQ(got->front().message_attributes.at("chat_id"), "7");
  EXPECT_TRUE(sqs(server).remove("u", "r").ok());
  EXPECT_EQ(server.received().back().body, R"({"QueueUrl":"u","ReceiptHandle":"r"})");
}

}  // namespace
}  // namespace cumulet::sdk
