#include "services/lambda/event_filter.hpp"

#include <gtest/gtest.h>

namespace cumulet::lambda {
namespace {

FilterCriteria criteria(const std::vector<std::string>& patterns) {
  FilterCriteria out;
  out.filters.emplace();
  for (const auto& pattern : patterns) out.filters->push_back(Filter{pattern});
  return out;
}

// Whether a message with this body passes a pattern.
bool passes(const std::string& pattern, const std::string& body) {
  const auto filter = EventFilter::parse(criteria({pattern}));
  if (!filter.ok()) {
    ADD_FAILURE() << pattern << ": " << filter.error().message();
    return false;
  }
  json::object record{{"messageId", "m"}, {"body", body}};
  record["attributes"] = json::object{{"ApproximateReceiveCount", "1"}};
  record["messageAttributes"] = json::object{{"kind", json::object{{"stringValue", "blur"}, {"dataType", "String"}}}};
  return filter->passes(json::value(record));
}

TEST(EventFilter, Equality) {
  EXPECT_TRUE(passes(R"({"body":{"city":["Lyon","Nice"]}})", R"({"city":"Nice"})"));
  EXPECT_FALSE(passes(R"({"body":{"city":["Lyon"]}})", R"({"city":"lyon"})"));
  EXPECT_TRUE(passes(R"({"body":{"n":[5]}})", R"({"n":5.0})"));
  EXPECT_FALSE(passes(R"({"body":{"n":["5"]}})", R"({"n":5})"));
  EXPECT_TRUE(passes(R"({"body":{"b":[true]}})", R"({"b":true})"));
  EXPECT_TRUE(passes(R"({"body":{"x":[null]}})", R"({"x":null})"));
  EXPECT_FALSE(passes(R"({"body":{"x":[null]}})", R"({})"));
  EXPECT_TRUE(passes(R"({"body":{"x":[""]}})", R"({"x":""})"));
  EXPECT_TRUE(passes(R"({"body":{"a":{"b":["c"]}}})", R"({"a":{"b":"c","d":1}})"));
  EXPECT_FALSE(passes(R"({"body":{"a":["x"],"b":["y"]}})", R"({"a":"x","b":"z"})")) << "all members";
}

TEST(EventFilter, Texts) {
  EXPECT_TRUE(passes(R"({"body":{"f":[{"prefix":"us-"}]}})", R"({"f":"us-1"})"));
  EXPECT_FALSE(passes(R"({"body":{"f":[{"prefix":"us-"}]}})", R"({"f":"eu-1"})"));
  EXPECT_TRUE(passes(R"({"body":{"f":[{"suffix":".mp4"}]}})", R"({"f":"a.mp4"})"));
  EXPECT_FALSE(passes(R"({"body":{"f":[{"suffix":".mp4"}]}})", R"({"f":"a.MP4"})"));
  EXPECT_TRUE(passes(R"({"body":{"f":[{"equals-ignore-case":"Tokyo"}]}})", R"({"f":"tOKYO"})"));
  EXPECT_FALSE(passes(R"({"body":{"f":[{"prefix":"1"}]}})", R"({"f":10})"));
}

TEST(EventFilter, Numbers) {
  EXPECT_TRUE(passes(R"({"body":{"n":[{"numeric":[">",100]}]}})", R"({"n":105})"));
  EXPECT_FALSE(passes(R"({"body":{"n":[{"numeric":[">",100]}]}})", R"({"n":100})"));
  EXPECT_TRUE(passes(R"({"body":{"n":[{"numeric":[">=",100,"<",200]}]}})", R"({"n":100})"));
  EXPECT_FALSE(passes(R"({"body":{"n":[{"numeric":[">=",100,"<",200]}]}})", R"({"n":200})"));
  EXPECT_TRUE(passes(R"({"body":{"n":[{"numeric":["=",3.5]}]}})", R"({"n":3.5})"));
  EXPECT_FALSE(passes(R"({"body":{"n":[{"numeric":["<",100]}]}})", R"({"n":"5"})"));
}

TEST(EventFilter, Exists) {
  EXPECT_TRUE(passes(R"({"body":{"x":[{"exists":true}]}})", R"({"x":0})"));
  EXPECT_FALSE(passes(R"({"body":{"x":[{"exists":true}]}})", R"({"y":0})"));
  EXPECT_TRUE(passes(R"({"body":{"x":[{"exists":false}]}})", R"({"y":0})"));
  EXPECT_FALSE(passes(R"({"body":{"x":[{"exists":false}]}})", R"({"x":null})"));
  EXPECT_TRUE(passes(R"({"body":{"a":{"b":[{"exists":false}]}}})", R"({})"));
}

TEST(EventFilter, AnythingBut) {
  EXPECT_TRUE(passes(R"({"body":{"w":[{"anything-but":["Rain","Snow"]}]}})", R"({"w":"Sun"})"));
  EXPECT_FALSE(passes(R"({"body":{"w":[{"anything-but":["Rain"]}]}})", R"({"w":"Rain"})"));
  EXPECT_FALSE(passes(R"({"body":{"w":[{"anything-but":"Rain"}]}})", R"({})")) << "the member has to be there";
  EXPECT_TRUE(passes(R"({"body":{"n":[{"anything-but":[1,2]}]}})", R"({"n":3})"));
  EXPECT_FALSE(passes(R"({"body":{"f":[{"anything-but":{"prefix":"tmp"}}]}})", R"({"f":"tmp1"})"));
}

TEST(EventFilter, Or) {
  const std::string pattern = R"({"body":{"$or":[{"a":["x"]},{"b":[{"numeric":[">",5]}]}],"c":["z"]}})";
  EXPECT_TRUE(passes(pattern, R"({"a":"x","c":"z"})"));
  EXPECT_TRUE(passes(pattern, R"({"b":6,"c":"z"})"));
  EXPECT_FALSE(passes(pattern, R"({"a":"x"})"));
  EXPECT_FALSE(passes(pattern, R"({"c":"z"})"));
  const auto two = EventFilter::parse(criteria({R"({"body":{"a":["x"]}})", R"({"body":{"a":["y"]}})"}));
  EXPECT_TRUE(two->passes(json::value(json::object{{"body", R"({"a":"y"})"}}))) << "one of the filters is enough";
}

TEST(EventFilter, Arrays) {
  EXPECT_TRUE(passes(R"({"body":{"tags":["b"]}})", R"({"tags":["a","b"]})"));
  EXPECT_FALSE(passes(R"({"body":{"tags":["c"]}})", R"({"tags":["a","b"]})"));
  EXPECT_TRUE(passes(R"({"body":{"l":{"a":[1],"b":[2]}}})", R"({"l":[{"a":0,"b":2},{"a":1,"b":2}]})"));
  EXPECT_FALSE(passes(R"({"body":{"l":{"a":[1],"b":[2]}}})", R"({"l":[{"a":1,"b":0},{"a":0,"b":2}]})"))
      << "both of the same element";
}

TEST(EventFilter, BodiesThatAreNoDocuments) {
  EXPECT_TRUE(passes(R"({"body":["hello"]})", "hello"));
  EXPECT_TRUE(passes(R"({"body":[{"prefix":"/blur "}]})", "/blur http://x"));
  EXPECT_FALSE(passes(R"({"body":["hello"]})", "bye"));
  EXPECT_FALSE(passes(R"({"body":{"a":[{"exists":false}]}})", "hello")) << "a text, the pattern is for a document";
  EXPECT_FALSE(passes(R"({"body":[{"prefix":"{"}]})", R"({"a":1})")) << "a document, the pattern is for a text";
  EXPECT_TRUE(passes(R"({"messageAttributes":{"kind":{"stringValue":["blur"]}}})", "hello"));
  EXPECT_TRUE(passes(R"({"messageAttributes":{"kind":{"stringValue":["blur"]}}})", R"({"a":1})"));
  EXPECT_FALSE(passes(R"({"attributes":{"ApproximateReceiveCount":["2"]}})", "hello"));
  EXPECT_TRUE(passes(R"({"body":["12"]})", "12")) << "a bare number is a text";
}

TEST(EventFilter, RefusesWhatIsNoPattern) {
  for (const char* bad : {"null", "\"simple string\"", "{", "[]", "{}", R"({"eventSource":"aws:sqs"})",
                          R"({"eventSource":[]})", R"({"body":{"a":1}})", R"({"body":{}})",
                          R"({"body":{"a":[{"prefix":1}]}})", R"({"body":{"a":[{"frobs":"x"}]}})",
                          R"({"body":{"a":[{"prefix":"x","suffix":"y"}]}})", R"({"body":{"a":[["x"]]}})",
                          R"({"body":{"a":[{"numeric":[">"]}]}})", R"({"body":{"a":[{"numeric":["<",1,">",0]}]}})",
                          R"({"body":{"a":[{"numeric":[">",10,"<",1]}]}})", R"({"body":{"a":[{"numeric":["~",1]}]}})",
                          R"({"body":{"a":[{"exists":"yes"}]}})", R"({"body":{"a":[{"anything-but":[]}]}})"}) {
    const auto filter = EventFilter::parse(criteria({bad}));
    ASSERT_FALSE(filter.ok()) << bad;
    EXPECT_EQ(filter.error().message(), "Invalid filter pattern definition.") << bad;
    EXPECT_EQ(filter.error().code(), "InvalidParameterValueException");
  }
  EXPECT_FALSE(EventFilter::parse(criteria({std::string(5'000, ' ')})).ok());
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{\"a\":";
  EXPECT_FALSE(EventFilter::parse(criteria({deep + "[1]" + std::string(100, '}')})).ok());
  const std::string one = R"({"body":["x"]})";
  EXPECT_FALSE(EventFilter::parse(criteria({one, one, one, one, one, one})).ok()) << "five at most";
  EXPECT_FALSE(EventFilter::parse(FilterCriteria{{{Filter{}}}}).ok());
}

}  // namespace
}  // namespace cumulet::lambda
