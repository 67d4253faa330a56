#include "apps/faceblur/watch/history.hpp"

#include <gtest/gtest.h>

namespace cumulet::faceblur {
namespace {

json::value event(const char* text) { return *json::parse(text); }

TEST(History, TellsTheStatesEnteredAndTheTasksThatFailed) {
  EXPECT_EQ(told(event(R"({"type":"TaskStateEntered","stateEnteredEventDetails":{"name":"Blur Faces on Video"}})")),
            "state    Blur Faces on Video");
  EXPECT_EQ(told(event(R"({"type":"TaskFailed","taskFailedEventDetails":{"error":"E","cause":"why"}})")),
            "failed   E: why");
  EXPECT_EQ(told(event(R"({"type":"TaskScheduled","taskScheduledEventDetails":{"region":"us-east-1"}})")),
            std::nullopt);
}

TEST(History, KnowsEveryEnding) {
  EXPECT_EQ(ending(event(R"({"type":"TaskSucceeded","taskSucceededEventDetails":{}})")), std::nullopt);
  const auto good = ending(event(R"({"type":"ExecutionSucceeded","executionSucceededEventDetails":{"output":"{}"}})"));
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->succeeded);
  EXPECT_EQ(good->output, "{}");
  const auto bad =
      ending(event(R"({"type":"ExecutionFailed","executionFailedEventDetails":{"error":"E","cause":"c"}})"));
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->error, "E");
  EXPECT_EQ(bad->cause, "c");
  EXPECT_EQ(ending(event(R"({"type":"ExecutionTimedOut"})"))->error, "States.Timeout");
  EXPECT_EQ(ending(event(R"({"type":"ExecutionAborted","executionAbortedEventDetails":{}})"))->error,
            "ExecutionAborted");
}

TEST(History, FindsTheDetectorInTheOutput) {
  const auto found = detection(R"({"statusCode":200,"body":{"detector":"MediaPipe full range","recall":"reduced"}})");
  EXPECT_EQ(found.detector, "MediaPipe full range");
  EXPECT_EQ(found.recall, "reduced");
  EXPECT_EQ(detection("{}").recall, "unknown");
  EXPECT_EQ(detection("no JSON").detector, "unknown");
}

TEST(LogLine, IsOneOfOurJsonLines) {
  const auto line = log_line(R"({"timestamp":"t","level":"INFO","message":"blurring","percent":40})");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->message, "blurring");
  EXPECT_EQ(line->fields.at("percent").as_int64(), 40);
  EXPECT_FALSE(log_line("START RequestId: x Version: $LATEST"));
  EXPECT_FALSE(log_line("[1]"));
}

}  // namespace
}  // namespace cumulet::faceblur
