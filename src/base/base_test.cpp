#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/arn.hpp"
#include "base/encoding.hpp"
#include "base/http.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/manual_time.hpp"
#include "base/readable.hpp"
#include "base/trace.hpp"

namespace cumulet {
namespace {

TEST(Time, FormatsAndParsesTheFormsOfTheWire) {
  const TimePoint t = from_millis(1'440'938'160'123);
  EXPECT_EQ(iso8601(t), "2015-08-30T12:36:00Z");
  EXPECT_EQ(iso8601_millis(t), "2015-08-30T12:36:00.123Z");
  EXPECT_EQ(iso8601_basic(t), "20150830T123600Z");
  EXPECT_EQ(http_date(t), "Sun, 30 Aug 2015 12:36:00 GMT");
  EXPECT_EQ(parse_iso8601("2015-08-30T14:36:00.1234567+02:00"), t);
  EXPECT_EQ(parse_iso8601("2015-02-30T14:36:00Z"), std::nullopt);
  EXPECT_EQ(parse_http_date("Sun, 30 Aug 2015 12:36:00 GMT"), from_millis(1'440'938'160'000));
  EXPECT_EQ(parse_http_date("Sunday, 30-Aug-15 12:36:00 GMT"), from_millis(1'440'938'160'000));
  EXPECT_EQ(parse_http_date("Sun Aug 30 12:36:00 2015"), from_millis(1'440'938'160'000));
}

TEST(Json, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(json::text(*json::parse(R"({"a":0.1,"b":1e21,"c":10,"d":-2.5e-7,"e":[null,true,"\u00e9\n"]})")),
            "{\"a\":0.1,\"b\":1e+21,\"c\":10,\"d\":-2.5e-07,\"e\":[null,true,\"é\\n\"]}");
}

TEST(Json, RefusesTrailingBytesAndDepth) {
  EXPECT_FALSE(json::parse("{} x").ok());
  EXPECT_FALSE(json::parse("").ok());
  EXPECT_FALSE(json::parse("[[[[1]]]]", {.depth = 3}).ok());
  EXPECT_TRUE(json::parse(" [1] ").ok());
}

// Digits beyond what a double holds still decide how it is rounded; strtod is correctly rounded and the judge.
TEST(Json, ReadsEveryDecimalAsTheNearestDouble) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string digits = i % 2 ? "-" : "";
    digits += std::to_string(1 + random() % 9);
    digits += '.';
    for (std::size_t n = 1 + random() % 40; n > 0; --n) digits += static_cast<char>('0' + random() % 10);
    if (i % 3) digits += "e" + std::to_string(static_cast<int>(random() % 600) - 300);
    const auto read = json::parse("[" + digits + "]");
    ASSERT_TRUE(read.ok()) << digits;
    ASSERT_EQ(read->at(0).as_double(), std::strtod(digits.c_str(), nullptr)) << digits;
    ASSERT_EQ(*json::parse(json::text(*read)), *read) << digits;
  }
}

TEST(Encoding, RoundTripsAndRefuses) {
  for (const std::string_view bytes : {"", "f", "fo", "foo", "foob"})
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  EXPECT_EQ(base64_decode("Zg="), std::nullopt);
  EXPECT_EQ(base64_decode("Zg$="), std::nullopt);
  EXPECT_EQ(percent_encode("a b/ü", "/"), "a%20b/%C3%BC");
  EXPECT_EQ(percent_decode("%4"), std::nullopt);
  EXPECT_EQ(percent_decode("a+b%20", Plus::space), "a b ");
  EXPECT_TRUE(is_valid_utf8("é😀"));
  EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xc0\x80"));
  EXPECT_EQ(readable_utf8("é😀"), "é😀");
  EXPECT_EQ(readable_utf8("a\xFFé\xC3"), "a\uFFFDé\uFFFD");
  EXPECT_EQ(readable_utf8("\xF0\x9F\x98z"), "\uFFFD\uFFFD\uFFFDz");
  EXPECT_EQ(hex_encode(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Arns, KeepColonsOfTheResource) {
  const auto arn = Arn::parse("arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:*");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->resource, "log-group:/aws/lambda/f:*");
  EXPECT_EQ(arn->text(), "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f:*");
  EXPECT_FALSE(Arn::parse("arn:aws:s3"));
}

TEST(ManualTimes, RunsCallbacksAtTheirOwnTime) {
  ManualTime time;
  const TimePoint start = time.now();
  std::vector<TimePoint> fired;
  time.at(start + Seconds{2}, [&] { fired.push_back(time.now()); });
  time.at(start + Seconds{1}, [&] {
    fired.push_back(time.now());
    time.at(time.now() + Milliseconds{500}, [&] { fired.push_back(time.now()); });
  });
  time.advance(Seconds{3});
  EXPECT_EQ(fired, (std::vector{start + Seconds{1}, start + Milliseconds{1500}, start + Seconds{2}}));
}

TEST(TraceRoots, AreReadOutOfHeaders) {
  constexpr std::string_view kRoot = "1-5759e988-bd862e3fe1be46a994272793";
  EXPECT_EQ(trace_root("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"), kRoot);
  EXPECT_EQ(trace_root("Self=1-0-1; root=1-5759e988-bd862e3fe1be46a994272793"), kRoot);
  EXPECT_EQ(trace_root(kRoot), kRoot);
  for (const std::string_view other :
       {"", ";", "Root=", "Root=1-5759e988-bd862e3fe1be46a99427279", "Parent=53995c3f42cd8ad8",
        "Root=1-5759e988-bd862e3fe1be46a99427279x", "Root=2-5759e988-bd862e3fe1be46a994272793"})
    EXPECT_EQ(trace_root(other), "") << other;
}

TEST(TraceRoots, AreTheSameForTheSameNameAndSecond) {
  const TimePoint began = from_millis(1'465'510'280'123);
  const std::string root = derived_trace_root(began, "request");
  EXPECT_TRUE(root.starts_with("1-5759e988-"));
  EXPECT_EQ(trace_root(root), root);
  EXPECT_EQ(derived_trace_root(began + Milliseconds{500}, "request"), root);
  EXPECT_NE(derived_trace_root(began, "other"), root);
}

TEST(Headers, CompareWithoutCase) {
  http::Headers h;
  h.add("Content-Type", "a");
  EXPECT_EQ(h.get("content-type"), "a");
  h.set("CONTENT-TYPE", "b");
  EXPECT_EQ(h.size(), 1u);
}

}  // namespace
}  // namespace cumulet
