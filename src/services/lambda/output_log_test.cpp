#include "services/lambda/output_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_time.hpp"

namespace cumulet::lambda {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Output : public testing::Test {
 protected:
  Output() {
    ports_.log = [this](const std::string&, const std::string& group, const std::string& stream,
                        std::vector<LogEvent> events) {
      EXPECT_EQ(group, "/aws/lambda/f");
      EXPECT_EQ(stream, "s");
      for (auto& event : events) messages_.push_back(std::move(event.message));
    };
    log_ = std::make_shared<OutputLog>(
        OutputLog::Stream{"us-east-1", "/aws/lambda/f", "s"}, time_,
        [this](std::function<void()> task) { tasks_.push_back(std::move(task)); }, ports_);
  }
  void work() {
    while (!tasks_.empty()) {
      auto tasks = std::exchange(tasks_, {});
      for (auto& task : tasks) task();
    }
  }

  ManualTime time_;
  DataPorts ports_;
  std::vector<std::function<void()>> tasks_;
  std::vector<std::string> messages_;
  std::shared_ptr<OutputLog> log_;
};

TEST_F(Output, CutsPiecesIntoLines) {
  log_->print("one\ntw");
  log_->print("o\nthree\nunfin");
  log_->write("END\n");
  work();
  EXPECT_THAT(messages_, ElementsAre("one\n", "two\n", "three\n", "unfin", "END\n"));
}

TEST_F(Output, ARecordIsOneEventWhateverItsLines) {
  log_ = std::make_shared<OutputLog>(
      OutputLog::Stream{"us-east-1", "/aws/lambda/f", "s", OutputLog::Marks::records}, time_,
      [this](std::function<void()> task) { tasks_.push_back(std::move(task)); }, ports_);
  log_->print("printed\nno newline\x1e");  // the mark comes in two pieces
  log_->print("[[ERROR] E\x1en  at\x1en\n");
  log_->print(
      "\x1e[bare, with \x1e"
      "e in it\nafter\n");
  work();
  EXPECT_THAT(messages_,
              ElementsAre("printed\n", "no newline", "[ERROR] E\n  at\n", "bare, with \x1e in it", "after\n"));
  EXPECT_THAT(log_->tail(), HasSubstr("no newline[ERROR] E\n"));
}

TEST_F(Output, WithoutMarksNothingIsARecord) {
  log_->print("\x1e[as\x1enit is\n");
  work();
  EXPECT_THAT(messages_, ElementsAre("\x1e[as\x1enit is\n"));
}

TEST_F(Output, CutsLinesThatNoEventHolds) {
  log_->print(std::string(OutputLog::kMaxLine + 10, 'x') + "\n");
  work();
  ASSERT_EQ(messages_.size(), 2u);
  EXPECT_EQ(messages_[0].size(), OutputLog::kMaxLine);
  EXPECT_EQ(messages_[1], std::string(10, 'x') + "\n");
}

TEST_F(Output, KeepsTheTailOfAnInvocation) {
  log_->print("before\n");
  log_->begin();
  for (int i = 0; i < 1000; ++i) log_->print("line " + std::to_string(i) + "\n");
  log_->write("END\n");
  const std::string tail = log_->tail();
  EXPECT_EQ(tail.size(), OutputLog::kTail);
  EXPECT_TRUE(tail.ends_with("line 999\nEND\n"));
}

TEST_F(Output, LeavesOutWhatTheLogCannotTakeAndSaysSo) {
  const std::string line(999, 'x');
  for (int i = 0; i < 100'000; ++i) log_->print(line + "\n");  // 100 MB, nobody writes
  work();
  EXPECT_LT(messages_.size(), 8'500u);
  EXPECT_GT(messages_.size(), 7'500u);
  log_->print("after\n");
  work();
  EXPECT_THAT(messages_[messages_.size() - 2], HasSubstr("bytes of output are left out here"));
  EXPECT_EQ(messages_.back(), "after\n");
}

}  // namespace
}  // namespace cumulet::lambda
