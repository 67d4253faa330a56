#include "chat/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>
#include <limits>

namespace cumulet::chat {
namespace {

// "bold 0 2; url 3 4" of the entities.
std::string listed(const json::array& entities) {
  std::string out;
  for (const json::value& one : entities) {
    if (!out.empty()) out += "; ";
    out += std::string(one.at("type").as_string()) + ' ' + std::to_string(one.at("offset").as_int64()) + ' ' +
           std::to_string(one.at("length").as_int64());
  }
  return out;
}
std::string formatted(std::string_view text, std::string_view mode) {
  const Result<FormattedText> out = format(text, mode, json::value{});
  return out.ok() ? out->text + '|' + listed(out->entities) : out.error().message();
}

TEST(Text, Utf16) {
  EXPECT_EQ(utf16_length("aé€😀"), 5u);
  EXPECT_EQ(utf16_length(""), 0u);
}

TEST(Text, PlainEntities) {
  EXPECT_EQ(listed(find_entities("/start")), "bot_command 0 6");
  EXPECT_EQ(listed(find_entities("say /help@my_bot, please")), "bot_command 4 12");
  EXPECT_EQ(listed(find_entities("a/b /usr/bin 1/2")), "");
  EXPECT_EQ(listed(find_entities("😀 #tag #12 @abc @ab x@yz.org")), "hashtag 3 4; mention 12 4");
  EXPECT_EQ(listed(find_entities("(https://x.org/a_(b)) HTTP://Y.org. http://")), "url 1 19; url 22 12");
}

TEST(Text, Html) {
  EXPECT_EQ(formatted("<b>x <i>y</i></b>", "html"), "x y|bold 0 3; italic 2 1");
  EXPECT_EQ(formatted("a < b", "HTML"),
            "Bad Request: can't parse entities: Unsupported start tag \"\" at byte offset 2");
  EXPECT_EQ(formatted("<b>x</i>", "HTML"),
            "Bad Request: can't parse entities: Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"");
  EXPECT_EQ(formatted("x</b>", "HTML"), "Bad Request: can't parse entities: Unexpected end tag at byte offset 1");
  EXPECT_EQ(formatted("<b", "HTML"), "Bad Request: can't parse entities: Unclosed start tag at byte offset 0");
  EXPECT_EQ(formatted("&lt;&amp;&quot;&#65;&#x42;&nbsp;&#0;&", "HTML"), "<&\"AB&nbsp;&#0;&|");
  EXPECT_EQ(formatted("<a href='javascript:alert(1)'>x</a>", "HTML"), "x|");
  EXPECT_EQ(formatted("<script>x</script>", "HTML").substr(0, 24), "Bad Request: can't parse");
  EXPECT_EQ(formatted(" <b> </b> \n", "HTML"), "|");
}

TEST(Text, Markdown) {
  EXPECT_EQ(formatted("*a* \\*b\\* `c_d` ```\npre*\n```", "Markdown"), "a *b* c_d pre*|bold 0 1; code 6 3; pre 10 4");
  EXPECT_EQ(formatted("[x](http://y.org) [plain]", "Markdown"), "x plain|text_link 0 1");
  EXPECT_EQ(formatted("snake_case", "Markdown"),
            "Bad Request: can't parse entities: Can't find end of Italic entity at byte offset 5");
  EXPECT_EQ(formatted("__u *b*__", "MarkdownV2"), "u b|underline 0 3; bold 2 1");
  EXPECT_EQ(formatted("1 + 1", "MarkdownV2"),
            "Bad Request: can't parse entities: Character '+' is reserved and must be escaped with the preceding '\\'");
  EXPECT_EQ(formatted("`1+1`", "MarkdownV2"), "1+1|code 0 3");
}

// Entities whose end no integer holds lie outside: they must not take the place of those inside.
TEST(Text, GivenEntitiesLieInside) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto entity = [](std::int64_t offset, std::int64_t length) {
    json::object out;
    out["type"] = "bold";
    out["offset"] = offset;
    out["length"] = length;
    return out;
  };
  json::array given;
  for (int i = 0; i < 50; ++i) {
    given.emplace_back(entity(kMost, 1));
    given.emplace_back(entity(1, kMost));
  }
  given.emplace_back(entity(3, 2));
  given.emplace_back(entity(1, 3));
  const Result<FormattedText> out = format("word", "", given);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(listed(out->entities), "bold 1 3");
}

// Each took the square of its length once.
TEST(Text, HostileTextsTakeNoTime) {
  const auto repeated = [](std::string_view piece) {
    std::string out;
    while (out.size() + piece.size() <= 64 * 1024) out += piece;
    return out;
  };
  const std::clock_t began = std::clock();  // of this process: other work on the machine does not count
  for (const std::string_view piece : {")", "[a](", "http://.", "#1", "&", "<", "`", "/a", "*_"})
    for (const std::string_view mode : {"", "HTML", "Markdown", "MarkdownV2"}) {
      formatted(repeated(piece), mode);
      formatted("http://x" + repeated(piece).substr(100), mode);
    }
  EXPECT_LT((std::clock() - began) / CLOCKS_PER_SEC, 30);  // the square takes many minutes
  EXPECT_EQ(formatted(std::string(64 * 1024 + 1, 'x'), ""), "Bad Request: message is too long");
}

TEST(Text, NestingHasABound) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "<b>";
  EXPECT_EQ(formatted(deep, "HTML"), "Bad Request: can't parse entities: Too many nested tags at byte offset 150");
}

}  // namespace
}  // namespace cumulet::chat
