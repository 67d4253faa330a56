#include "services/sqs/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/sqs/errors.hpp"
#include "services/sqs/policy.hpp"
#include "services/sqs/receipt_handle.hpp"

namespace cumulet::sqs {
namespace {

MessageAttributeValue text_value(std::string type, std::string value) {
  MessageAttributeValue out;
  out.data_type = std::move(type);
  out.string_value = std::move(value);
  return out;
}

std::string refusal(AttributeValues values) {
  const auto checked = checked_attributes(std::move(values));
  return checked.ok() ? "" : checked.error().message();
}

// The digests of a recorded session with AWS.
TEST(SqsMessage, DigestsAreAwss) {
  MessageAttributes attributes;
  attributes["General"] = {"String", "Kenobi", std::nullopt};
  attributes["Hello"] = {"String", "There", std::nullopt};
  EXPECT_EQ(md5_of(attributes), "fca026605781cb4126a1e9044df24232");
  attributes["Help.Me"] = {"String", "Me", std::nullopt};
  EXPECT_EQ(md5_of(attributes), "4c360f3fdafd970e05fae2f149d997f5");
  MessageAttributes binary;
  binary["attr1"] = {"Binary", std::nullopt,
                     "traceparent\x1e"
                     "00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"};
  EXPECT_EQ(md5_of(binary), "8cbe4db156db8a94db8b801b7addb984");
  EXPECT_EQ(md5_of({}), "");
  EXPECT_EQ(md5_hex("msg"), "6e2baaf3b97dbeef01c0043275f9a0e7");
}

TEST(SqsMessage, SelectsAttributesByNameAndPrefix) {
  MessageAttributes attributes;
  for (const char* name : {"General", "Hello", "Help.Me"}) attributes[name] = {"String", "x", std::nullopt};
  const auto names = [&](std::vector<std::string> wanted) {
    std::vector<std::string> out;
    for (const auto& [name, value] : selected(attributes, wanted)) out.push_back(name);
    return out;
  };
  using testing::ElementsAre;
  EXPECT_THAT(names({}), ElementsAre());
  EXPECT_THAT(names({"All"}), ElementsAre("General", "Hello", "Help.Me"));
  EXPECT_THAT(names({".*"}), ElementsAre("General", "Hello", "Help.Me"));
  EXPECT_THAT(names({"Hel.*"}), ElementsAre("Hello", "Help.Me"));
  EXPECT_THAT(names({"Hello", "Foo"}), ElementsAre("Hello"));
  EXPECT_THAT(names({"all"}), ElementsAre());
}

TEST(SqsMessage, RefusesAttributesInSqssWords) {
  EXPECT_EQ(refusal({{"Hello", text_value("String", "There")}, {"attr.1øßä", text_value("Number.int", "-1.5e3")}}), "");
  EXPECT_THAT(refusal({{"a b", text_value("String", "x")}}), testing::StartsWith("Message (user) attributes name can"));
  EXPECT_THAT(refusal({{"AWS.x", text_value("String", "x")}}), testing::StartsWith("You can't use message attribute"));
  EXPECT_THAT(refusal({{"x.", text_value("String", "x")}}), testing::StartsWith("You can't use message attribute"));
  EXPECT_EQ(refusal({{"n", text_value("Number", "many")}}),
            "Can't cast the value of message (user) attribute 'n' to a number.");
  EXPECT_EQ(refusal({{"n", text_value("Number", "nan")}}),
            "Can't cast the value of message (user) attribute 'n' to a number.");
  EXPECT_EQ(refusal({{"e", text_value("String", "")}}),
            "Message (user) attribute 'e' must contain a non-empty value of type 'String'.");
  EXPECT_THAT(refusal({{"t", text_value("Text", "x")}}), testing::HasSubstr("supported type prefixes"));
  AttributeValues many;
  for (int i = 0; i < 11; ++i) many["a" + std::to_string(i)] = text_value("String", "x");
  EXPECT_EQ(refusal(many), "Number of message attributes [11] exceeds the allowed maximum [10].");
}

TEST(SqsMessage, KnowsForbiddenCharacters) {
  EXPECT_TRUE(
      has_only_message_characters("tab\tline\nreturn\r \xF0\x9F\x98\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBD"));
  for (const std::string& bad :
       {std::string("\0", 1), std::string("\x0B"), std::string("\x1F"), std::string("\xEF\xBF\xBE"),
        std::string("\xEF\xBF\xBF"), std::string("\xFF"), std::string("\xED\xA0\x80")})
    EXPECT_FALSE(has_only_message_characters("x" + bad)) << testing::PrintToString(bad);
}

TEST(SqsMessage, ExtrasComeBack) {
  StoredMessage message;
  message.group_id = "g";
  message.sequence_number = "18800000000000000256";
  message.trace_header = "Root=1";
  message.earlier_receives = 3;
  message.attributes["b"] = {"Binary", std::nullopt, std::string("\0\xFF", 2)};
  message.attributes["s"] = {"String", "\"é\n", std::nullopt};
  StoredMessage read;
  decode_extras(encode_extras(message), read);
  EXPECT_EQ(read.group_id, "g");
  EXPECT_EQ(read.sequence_number, message.sequence_number);
  EXPECT_EQ(read.trace_header, "Root=1");
  EXPECT_EQ(read.earlier_receives, 3);
  EXPECT_EQ(read.attributes, message.attributes);
  EXPECT_EQ(encode_extras(StoredMessage{}), "");
}

TEST(SqsReceiptHandle, OnlyItsOwnAreRead) {
  const ReceiptHandles handles("key", 7), others("other", 7);
  const std::string text = handles.issue(1, 2, 3);
  const auto read = handles.read(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->queue, 1);
  EXPECT_EQ(read->message, 2);
  EXPECT_EQ(read->receives, 3);
  EXPECT_EQ(read->run, 7u);
  EXPECT_FALSE(others.read(text));
  std::string forged = text;
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(handles.read(forged));
  EXPECT_FALSE(handles.read(text + "AAAA"));
  EXPECT_FALSE(handles.read(""));
}

constexpr std::string_view kQueue = "arn:aws:sqs:us-east-1:000000000000:q";

bool allows(std::string_view statement) {
  const std::string document = R"({"Version":"2012-10-17","Statement":[)" + std::string(statement) + "]}";
  return policy_allows(document, {"s3.amazonaws.com", "sqs:SendMessage", kQueue, "arn:aws:s3:::b", "000000000000"});
}

TEST(SqsPolicy, AsksForPrincipalActionResourceAndCondition) {
  const std::string base = R"("Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage")";
  EXPECT_TRUE(allows("{" + base + R"(,"Resource":"arn:aws:sqs:us-east-1:000000000000:q"})"));
  EXPECT_TRUE(allows("{" + base + R"(,"Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:*:*:b"}}})"));
  EXPECT_TRUE(allows(R"({"Effect":"Allow","Principal":"*","Action":["SQS:Send*"],"Resource":"*"})"));
  EXPECT_FALSE(allows("{" + base + R"(,"Resource":"arn:aws:sqs:us-east-1:000000000000:other"})"));
  EXPECT_FALSE(allows("{" + base + R"(,"Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::c"}}})"));
  EXPECT_FALSE(allows("{" + base + R"(,"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}})"));
  EXPECT_FALSE(allows(R"({"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"*","Resource":"*"})"));
  EXPECT_FALSE(allows(R"({"Effect":"Allow","Principal":"*","Action":"sqs:ReceiveMessage","Resource":"*"})"));
  EXPECT_FALSE(
      allows("{" + base + R"(,"Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"})"));
  EXPECT_FALSE(policy_allows("", {}));
}

TEST(SqsPolicy, AddsAndRemovesPermissions) {
  const auto first = with_permission("", kQueue, {"one", {"111111111111"}, {"ReceiveMessage"}});
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(
      *first,
      R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy","Statement":[{"Sid":"one",)"
      R"("Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"SQS:ReceiveMessage",)"
      R"("Resource":"arn:aws:sqs:us-east-1:000000000000:q"}]})");
  EXPECT_EQ(with_permission(*first, kQueue, {"one", {"1"}, {"SendMessage"}}).error().message(),
            "Value one for parameter Label is invalid. Reason: Already exists.");
  EXPECT_EQ(without_permission(*first, "two").error().message(),
            "Value two for parameter Label is invalid. Reason: can't find label.");
  EXPECT_EQ(*without_permission(*first, "one"), "");
  EXPECT_FALSE(with_permission("", kQueue, {"x", {"1"}, {"Fly"}}).ok());
}

}  // namespace
}  // namespace cumulet::sqs
