#include "asl/json_path.hpp"

#include <gtest/gtest.h>

namespace cumulet::asl {
namespace {

json::value parsed(std::string_view text) { return std::move(json::parse(text)).value(); }

const char* const kStore = R"({"a":{"b":[10,20,30,40,50]},"it's":1,"x y":2,
  "books":[{"t":"A","price":8.5,"tags":["x","y"]},{"t":"B","price":12,"isbn":"7"},{"t":"C","price":30,"tags":[]}],"limit":10})";

std::string selected(std::string_view path) {
  const auto root = parsed(kStore);
  const auto compiled = JsonPath::compile(path);
  if (!compiled) return "syntax: " + compiled.error().message();
  const auto found = compiled->select(root);
  return found ? json::text(found.value()) : "missing: " + found.why_missing();
}

TEST(JsonPath, Selects) {
  const std::pair<const char*, const char*> cases[] = {
      {"$.a.b[0]", "10"},
      {"$.a.b[-1]", "50"},
      {"$['a']['b'][1]", "20"},
      {"$[\"it's\"]", "1"},
      {"$['it\\'s']", "1"},
      {"$['x y']", "2"},
      {"$.a.b[1:3]", "[20,30]"},
      {"$.a.b[-2:]", "[40,50]"},
      {"$.a.b[:2]", "[10,20]"},
      {"$.a.b[0:5:2]", "[10,30,50]"},
      {"$.a.b[0,2,9]", "[10,30]"},
      {"$.a.b[*]", "[10,20,30,40,50]"},
      {"$.a.b.length()", "5"},
      {"$.a.b.sum()", "150.0"},
      {"$.books[*].t", R"(["A","B","C"])"},
      {"$..t", R"(["A","B","C"])"},
      {"$.books[?(@.price < 10)].t", R"(["A"])"},
      {"$.books[?(@.price < $.limit)].t", R"(["A"])"},
      {"$.books[?(@.isbn)].t", R"(["B"])"},
      {"$.books[?(!@.isbn)].t", R"(["A","C"])"},
      {"$.books[?(@.t == 'A' || @.price >= 30)].t", R"(["A","C"])"},
      {"$.books[?(@.t != 'A' && @.price == 12.0)].t", R"(["B"])"},
      {"$.books[?(@.t =~ /[ab]/i)].t", R"(["A","B"])"},
      {"$.books[?(@.t in ['A','C'])].t", R"(["A","C"])"},
      {"$.books[?(@.tags contains 'y')].t", R"(["A"])"},
      {"$.books[?(@.tags empty true)].t", R"(["C"])"},
      {"$.books[?(@.tags size 2)].t", R"(["A"])"},
      {"$.nothing[*].more", "[]"},
      {"$.nothing", "missing: No results for path: $['nothing']"},
      {"$.nothing.more", "missing: Missing property in path $['nothing']"},
      {"$.a.b[9]", "missing: No results for path: $['a']['b'][9]"},
  };
  for (const auto& [path, want] : cases) EXPECT_EQ(selected(path), want) << path;
}

TEST(JsonPath, RefusesWhatIsNoPath) {
  for (const char* path :
       {"", "a", "$.", "$..", "$.a[", "$.a[]", "$.a['x]", "$.a[1:2:0]", "$.a[?(@.b ==)]", "$.a[?(@.b", "$a",
        "$.a[99999999999]", "$.a.unknown()", "$.a[?(1)]", "$.books[?(@.t =~ /(/)]"})
    EXPECT_FALSE(JsonPath::compile(path).ok()) << path;
}

TEST(JsonPath, StaysBoundedOnHostilePaths) {
  std::string nested = "$";
  for (int i = 0; i < 100; ++i) nested += "[?(@";
  EXPECT_FALSE(JsonPath::compile(nested).ok());
  std::string bangs = "$[?(" + std::string(5000, '!') + "@.a)]";
  EXPECT_FALSE(JsonPath::compile(bangs).ok());
  // A pattern that backtracks exponentially elsewhere.
  const auto evil = JsonPath::compile("$.a[?(@.x =~ /(a+)+b/)]");
  ASSERT_TRUE(evil.ok());
  EXPECT_EQ(json::text(evil->select(parsed(R"({"a":[{"x":")" + std::string(2000, 'a') + R"("}]})")).value()), "[]");
  // Chained descents over a deep document would visit exponentially many nodes.
  std::string deep = "1";
  for (int i = 0; i < 60; ++i) deep = "{\"a\":" + deep + "}";
  const auto path = JsonPath::compile("$..a..a..a..a..a..a..a..a");
  ASSERT_TRUE(path.ok());
  EXPECT_EQ(path->select(parsed(deep)).why_missing(), "The path visits more than 1000000 values.");
  // A filter that looks through everything for each of many items.
  std::string items;
  for (int i = 0; i < 3'000; ++i) items += (i ? "," : "") + std::to_string(i);
  const auto all_of_each = JsonPath::compile("$.a[?($..*.x == 1)]");
  ASSERT_TRUE(all_of_each.ok());
  EXPECT_EQ(all_of_each->select(parsed("{\"a\":[" + items + "]}")).why_missing(),
            "The path visits more than 1000000 values.");
  // The same large value again and again.
  std::string names = "'a'";
  for (int i = 0; i < 2'000; ++i) names += ",'a'";
  const auto repeated = JsonPath::compile("$[" + names + "]");
  ASSERT_TRUE(repeated.ok());
  EXPECT_TRUE(repeated->select(parsed(R"({"a":1})")));
  EXPECT_EQ(repeated->select(parsed("{\"a\":\"" + std::string(100'000, 'x') + "\"}")).why_missing(),
            "The path selects more than 4194304 bytes.");
}

TEST(JsonPath, AssignsToReferencePaths) {
  const auto assign = [](std::string_view root, std::string_view path, std::string_view value) {
    auto whole = parsed(root);
    const auto compiled = JsonPath::compile(path);
    return compiled->assign(whole, parsed(value)) ? json::text(whole) : std::string("refused");
  };
  EXPECT_EQ(assign("{}", "$.a.b", "1"), R"({"a":{"b":1}})");
  EXPECT_EQ(assign(R"({"a":[1,2]})", "$.a[1]", "9"), R"({"a":[1,9]})");
  EXPECT_EQ(assign(R"({"a":[1,2]})", "$.a[2]", "9"), "refused");
  EXPECT_EQ(assign(R"({"a":1})", "$.a.b", "9"), "refused");
  EXPECT_EQ(assign("7", "$.a", "9"), "refused");
  EXPECT_EQ(assign(R"({"a":1})", "$", "9"), "9");
  EXPECT_FALSE(JsonPath::compile("$.a[*]")->is_reference());
  EXPECT_FALSE(JsonPath::compile("$..a")->is_reference());
}

}  // namespace
}  // namespace cumulet::asl
