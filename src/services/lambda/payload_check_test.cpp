#include "services/lambda/payload_check.hpp"

#include <gtest/gtest.h>

namespace cumulet::lambda {
namespace {

std::string complaint(std::string_view payload) {
  const auto checked = check_payload(payload);
  if (checked.ok()) return "ok";
  EXPECT_EQ(checked.error().code(), "InvalidRequestContentException");
  constexpr std::string_view kStart = "Could not parse request body into json: Could not parse payload into json: ";
  EXPECT_TRUE(checked.error().message().starts_with(kStart)) << checked.error().message();
  std::string text = checked.error().message().substr(kStart.size());
  const std::string source = " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ";
  if (const auto at = text.find(source); at != std::string::npos) text.replace(at, source.size(), "@ ");
  return text;
}

// The first two as recorded against AWS.
TEST(PayloadCheck, SpeaksAsAws) {
  const std::string values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
  EXPECT_EQ(complaint("n\x87r\x9e\xe9"), "Invalid UTF-8 start byte 0x87\n@ line: 1, column: 3]");
  EXPECT_EQ(complaint("\x99\xeb,j"), "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value " + values +
                                         "\n@ line: 1, column: 1]");
  EXPECT_EQ(complaint("hello"), "Unrecognized token 'hello': was expecting " + values + "\n@ line: 1, column: 6]");
  EXPECT_EQ(
      complaint("{not json"),
      "Unexpected character ('n' (code 110)): was expecting double-quote to start field name\n@ line: 1, column: 2]");
  EXPECT_EQ(complaint("\n ]"),
            "Unexpected character (']' (code 93)): expected a valid value " + values + "\n@ line: 2, column: 2]");
  for (const char* bad : {"{\"a\":", "[1,]", "\"open", "1 2", "{}x", " "}) EXPECT_NE(complaint(bad), "ok") << bad;
  for (const char* good : {"{}", "null", " [1] ", "\"text\"", "-1.5e3", "true"})
    EXPECT_EQ(complaint(good), "ok") << good;
}

}  // namespace
}  // namespace cumulet::lambda
