#include "base/terminal.hpp"

#include <gtest/gtest.h>

#include "base/log.hpp"

namespace cumulet {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const char* text : {"", "plain\ttext", "Grüße, 日本語, emoji 🎬, e\xcc\x81", "\xc2\xa0"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\x1b[2Jb\x1b]0;title\x07"), "a\\x1b[2Jb\\x1b]0;title\\x07");
  EXPECT_EQ(printable("a\rb\bc\x7f"), "a\\x0db\\x08c\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\u009b2J");  // C1's CSI in UTF-8
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "\\x9b"
            "2J");  // and as a byte
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b\xe2\x81\xa6"),
            "a\\u202eb\\u2066");
}

TEST(Printable, TakesNoBrokenUtf8) {
  EXPECT_EQ(printable("\xc3"), "\\xc3");
  EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x80"), "\\xe2\\x80");
}

TEST(Printable, KeepsLineEndsWhereLinesAreMeant) {
  EXPECT_EQ(printable("a\nb\xc3\xa4"), "a\\nb\xc3\xa4");
  EXPECT_EQ(printable("a\n\x1b"
                      "b",
                      LineEnds::kept),
            "a\n\\x1b"
            "b");
}

TEST(Log, ARecordIsOneLineThatActsOnNoTerminal) {
  ::testing::internal::CaptureStderr();
  ASSERT_TRUE(log::start("info"));
  log::warn("the child said: {}", "a\x1b[2J\r\n2026-01-01T00:00:00.000Z info forged");
  log::flush();
  const std::string shown = ::testing::internal::GetCapturedStderr();
  log::start("off");
  EXPECT_TRUE(shown.ends_with("Z warning the child said: a\\x1b[2J\\x0d\\n2026-01-01T00:00:00.000Z info forged\n"))
      << shown;
}

}  // namespace
}  // namespace cumulet
