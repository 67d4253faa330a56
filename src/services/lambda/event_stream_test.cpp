#include "services/lambda/event_stream.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"

namespace cumulet::lambda {
namespace {

// The vectors of AWS's own encoders: a message without anything, one with a payload alone.
TEST(EventStream, MessagesAreThoseOfAwsEncoders) {
  EXPECT_EQ(hex_encode(event_stream_message({}, "")), "000000100000000005c248eb7d98c8ff");
  EXPECT_EQ(hex_encode(event_stream_message({}, "{'foo':'bar'}")),
            "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936");
}

TEST(EventStream, ACompletedInvocationTellsItsErrorAndLog) {
  const std::string done = invoke_complete("", "", "");
  EXPECT_NE(done.find("InvokeComplete"), std::string::npos);
  EXPECT_NE(done.find("{}"), std::string::npos);
  const std::string failed = invoke_complete("Unhandled", "{\"a\":1}", "bG9n");
  EXPECT_NE(failed.find(R"("ErrorCode":"Unhandled")"), std::string::npos);
  EXPECT_NE(failed.find(R"("ErrorDetails":"{\"a\":1}")"), std::string::npos);
  EXPECT_NE(failed.find(R"("LogResult":"bG9n")"), std::string::npos);
}

}  // namespace
}  // namespace cumulet::lambda
