#include <gmock/gmock.h>

#include "cmd/cumulet/view/findings.hpp"
#include "cmd/cumulet/view/log_line.hpp"
#include "cmd/cumulet/view/spelling.hpp"
#include "cmd/cumulet/view/text.hpp"
#include "cmd/cumulet/view/trace.hpp"

namespace cumulet::view {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kNow = *parse_iso8601("2026-12-01T03:30:00Z");

json::value row(std::int64_t id, std::string_view subject, std::string_view what, std::string_view outcome,
                std::string_view detail, std::string_view verdict = "failed", std::string_view trace = "") {
  json::object out{{"id", id},           {"time", iso8601_millis(kNow - Seconds{100 - id})},
                   {"subject", subject}, {"what", what},
                   {"outcome", outcome}, {"verdict", verdict},
                   {"detail", detail}};
  if (!trace.empty()) out["trace"] = trace;
  return out;
}

std::string shown(const json::object& failures) {
  return status_text({{"engine", json::object{}}, {"since", "24h"}, {"failures", failures}}, kNow, Paint(Paint::Colours::none));
}

TEST(Findings, EqualFunctionErrorsAreCounted) {
  const auto found = findings({row(1, "invocation", "slow/r1", "timedOut", "Sandbox.Timedout: RequestId: r1 Error: Task timed out after 1.00 seconds"),
                               row(2, "invocation", "slow/r2", "timedOut", "Sandbox.Timedout: RequestId: r2 Error: Task timed out after 1.00 seconds"),
                               row(3, "invocation", "slow/r2", "RetriesExhausted", "Sandbox.Timedout: RequestId: r2 Error: Task timed out after 1.00 seconds"),
                               row(4, "invocation", "other/r4", "failed", "KeyError: 'name'")},
                              {});
  EXPECT_EQ(found.at("functions").as_array().size(), 2u);
  const std::string text = shown(found);
  EXPECT_THAT(text, HasSubstr("2 times, 1 min ago"));
  EXPECT_THAT(text, HasSubstr("Sandbox.Timedout: Task timed out after 1.00 seconds"));
  EXPECT_THAT(text, HasSubstr("cumulet trace r2"));
  EXPECT_THAT(text, HasSubstr("KeyError: 'name'"));
}

TEST(Findings, AMessageThatComesBackIsTold) {
  auto found = findings({row(1, "message", "jobs/m1", "failed", "to worker/r1: Runtime.ExitError: exit status 3"),
                         row(2, "message", "jobs/m1", "failed", "to worker/r2: Runtime.ExitError: exit status 3"),
                         row(3, "message", "jobs/m2", "failed", "to worker/r3: Runtime.ExitError: exit status 3")},
                        {});
  ASSERT_EQ(found.at("messages").as_array().size(), 1u);
  const json::value& one = found.at("messages").as_array()[0];
  EXPECT_EQ(one.at("count").as_int64(), 3);
  EXPECT_EQ(one.at("messages").as_int64(), 2);
  EXPECT_EQ(one.at("message").as_string(), "m1");
  found["messages"].as_array()[0].as_object()["deadLetterQueue"] = "";
  const std::string text = shown(found);
  EXPECT_THAT(text, HasSubstr("jobs → worker"));
  EXPECT_THAT(text, HasSubstr("2 messages failed"));
  EXPECT_THAT(text, HasSubstr("one came back 2 times and will for ever, the queue has no dead-letter queue"));
}

TEST(Findings, AllOtherFailuresAreTold) {
  const auto found = findings(
      {row(1, "message", "jobs/m1", "deadLettered", "to dead: it was received 3 times"),
       row(2, "execution", "arn:aws:states:us-east-1:000000000000:execution:blur:x1", "FAILED", "States.TaskFailed: no frame"),
       row(3, "notification", "arn:aws:lambda:us-east-1:0:function:gone", "dropped", "the function does not exist any more"),
       row(4, "request", "lambda:CreateFunction/q1", "400", "com.amazon.coral.service#InvalidParameterValueException: no zip")},
      {row(5, "object", "in/IMG.MOV@null", "ObjectCreated:Put", "'IMG.MOV' does not end with '.mov': suffixes are case-sensitive", "noTrigger"),
       row(6, "object", "out/a.mp4@null", "ObjectCreated:Put", "", "noTrigger"),
       row(7, "message", "jobs/m9", "filtered", "the filter of the mapping to worker does not want it: it is deleted", "noTrigger")});
  const std::string text = shown(found);
  for (const char* part : {"jobs → dead", "it was received 3 times", "States.TaskFailed: no frame", "cumulet trace x1",
                           "the function does not exist any more", "  InvalidParameterValueException: no zip",
                           "in/IMG.MOV", "suffixes are case-sensitive", "the filter of the mapping to worker"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("out/a.mp4"))) << "a bucket without triggers wants nothing";
  EXPECT_THAT(shown(findings({}, {})), HasSubstr("none in the last 24h"));
}

TEST(Findings, WhatOthersWroteIsHarmless) {
  const std::string text = shown(findings({row(1, "invocation", "f/r", "failed", "E: \x1b[2J\nengine fine")}, {}));
  EXPECT_EQ(text.find('\x1b'), text.npos);
  EXPECT_THAT(text, HasSubstr("\\x1b[2J\\nengine fine"));
}

// A read API that knows one journal.
ReadApi api_of(const json::array& rows) {
  return [rows](const std::string& path) -> Result<json::value> {
    json::array out;
    const auto parameter = [&](const std::string& name) {
      const auto at = path.find(name + '=');
      return at == path.npos ? std::string() : path.substr(at + name.size() + 1, path.find('&', at) - at - name.size() - 1);
    };
    for (const json::value& one : rows) {
      const std::string what = query_text(json::text_at(one, "what"));
      if (!what.starts_with(parameter("what")) || !what.ends_with(parameter("end"))) continue;
      if (!parameter("trace").empty() && json::text_at(one, "trace") != parameter("trace")) continue;
      if (!parameter("subject").empty() && json::text_at(one, "subject") != parameter("subject")) continue;
      out.insert(out.begin(), one);  // the newest first
    }
    return json::value(json::object{{"rows", out}});
  };
}

const std::string kTrace = "1-5759e988-bd862e3fe1be46a994272793";
const std::string kLater = "1-5759e988-bd862e3fe1be46a994272794";

TEST(Trace, AnUploadIsFollowedToItsExecution) {
  const auto api = api_of({row(1, "object", "in/a.mp4@null", "ObjectCreated:Put", "to arn:f", "ok", kTrace),
                           row(2, "invocation", "detect/r1", "succeeded", "", "ok", kTrace),
                           row(3, "execution", "arn:aws:states:us-east-1:0:execution:blur:x1", "FAILED", "NoFaces: none", "failed", kTrace),
                           row(4, "object", "in/b.mp4@null", "ObjectCreated:Put", "", "ok", kLater)});
  auto trace = trace_document(api, "s3://in/a.mp4");
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(trace->at("rows").as_array().size(), 3u);
  EXPECT_EQ(executions_of(*trace), std::vector<std::string>{"arn:aws:states:us-east-1:0:execution:blur:x1"});
  const std::string text = trace_text(*trace, Paint(Paint::Colours::none));
  EXPECT_THAT(text, HasSubstr("s3://in/a.mp4"));
  EXPECT_THAT(text, HasSubstr("+1.0 s"));
  EXPECT_THAT(text, HasSubstr("it failed at blur/x1: NoFaces: none"));
  EXPECT_EQ(trace_document(api, "x1")->at("rows").as_array().size(), 3u);
  EXPECT_EQ(trace_document(api, "r1")->at("rows").as_array().size(), 3u);
  EXPECT_EQ(trace_document(api, kTrace)->at("rows").as_array().size(), 3u);
}

TEST(Trace, AMessageWithoutATraceBringsThoseThatItBecamePartOf) {
  const auto api = api_of({row(1, "message", "jobs/m1", "sent", "", "ok"),
                           row(2, "message", "jobs/m1", "failed", "to worker/r1: E: x", "failed", kTrace),
                           row(3, "invocation", "worker/r1", "failed", "E: x", "failed", kTrace),
                           row(4, "message", "jobs/m1", "failed", "to worker/r2: E: x", "failed", kLater),
                           row(5, "invocation", "worker/r2", "failed", "E: x", "failed", kLater)});
  EXPECT_EQ(trace_document(api, "m1")->at("rows").as_array().size(), 5u);
}

TEST(Trace, SaysWhyNoTriggerMatchedAndWhatWasMeant) {
  const auto api = api_of({row(1, "object", "in/IMG_0001.MOV@null", "ObjectCreated:Put",
                               "'IMG_0001.MOV' does not end with '.mov': suffixes are case-sensitive", "noTrigger", kTrace)});
  EXPECT_THAT(trace_text(*trace_document(api, "s3://in/IMG_0001.MOV"), Paint(Paint::Colours::none)),
              HasSubstr("no trigger matched: 'IMG_0001.MOV' does not end with '.mov': suffixes are case-sensitive"));
  EXPECT_THAT(trace_document(api, "s3://in/IMG_0001.mov").error().message(), HasSubstr("did you mean s3://in/IMG_0001.MOV?"));
  EXPECT_TRUE(trace_document(api, "nobody").error().is(kNothingKnown));
}

TEST(Trace, KnowsWhetherItGoesOnAndHowItEnded) {
  json::array rows{row(1, "object", "in/a.mp4@null", "ObjectCreated:Put", "to arn:f", "ok", kTrace)};
  const auto now = [&] { return json::object{{"rows", rows}}; };
  EXPECT_TRUE(goes_on(now())) << "its notification is on the way";
  rows.push_back(row(2, "notification", "arn:f", "delivered", "", "ok", kTrace));
  rows.push_back(row(3, "invocation", "f/r", "queued", "", "ok", kTrace));
  EXPECT_TRUE(goes_on(now()));
  rows.push_back(row(4, "invocation", "f/r", "failed", "E: x", "failed", kTrace));
  EXPECT_TRUE(goes_on(now())) << "it is tried again";
  rows.push_back(row(5, "execution", "arn:x", "started", "", "ok", kTrace));
  rows.push_back(row(6, "invocation", "f/r", "succeeded", "", "ok", kTrace));
  EXPECT_TRUE(goes_on(now()));
  rows.push_back(row(7, "object", "out/a.mp4@null", "ObjectCreated:Put", "", "noTrigger", kTrace));
  rows.push_back(row(8, "execution", "arn:x", "SUCCEEDED", "", "ok", kTrace));
  EXPECT_FALSE(goes_on(now()));
  EXPECT_FALSE(has_failed(now()));
  rows.push_back(row(9, "execution", "arn:y", "FAILED", "E", "failed", kTrace));
  EXPECT_TRUE(has_failed(now()));
}

TEST(Trace, HistoryTellsStatesAndWhatFailedInThem) {
  const auto rows = history_rows(
      "arn", {json::object{{"type", "TaskStateEntered"}, {"timestamp", 1'796'095'800.5}, {"stateEnteredEventDetails", json::object{{"name", "Blur"}}}},
              json::object{{"type", "LambdaFunctionScheduled"}, {"timestamp", 1'796'095'801}},
              json::object{{"type", "LambdaFunctionFailed"}, {"timestamp", 1'796'095'802}, {"lambdaFunctionFailedEventDetails", json::object{{"error", "E"}, {"cause", "why"}}}}});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].at("what").as_string(), "Blur (Task)");
  EXPECT_EQ(rows[0].at("time").as_string(), "2026-12-01T03:30:00.500Z");
  EXPECT_EQ(rows[1].at("detail").as_string(), "E: why");
}

TEST(LogLine, FoldsWhatMachinesWant) {
  EXPECT_FALSE(log_line("START RequestId: r Version: $LATEST\n"));
  EXPECT_FALSE(log_line("END RequestId: r\n"));
  EXPECT_EQ(log_line("REPORT RequestId: r1\tDuration: 12.30 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tInit Duration: 90.10 ms\t\n")->text,
            "└ 12.30 ms, 40 MB of 128 MB, start 90.10 ms, request r1");
  EXPECT_EQ(log_line("hello\n")->text, "hello");
  EXPECT_EQ(log_line("hello\n")->weight, Weight::plain);
  EXPECT_EQ(log_line("[ERROR] KeyError: 'x'")->weight, Weight::error);
  EXPECT_FALSE(log_line(R"({"time":"t","type":"platform.start","record":{}})"));
  EXPECT_EQ(log_line(R"({"level":"ERROR","message":"no"})")->text, "ERROR no");
  EXPECT_EQ(log_line(R"({"id":"2","type":"TaskStateEntered","details":{"name":"Blur"},"execution_arn":"arn:aws:states:r:0:execution:m:x1"})")->text,
            "x1 TaskStateEntered Blur");
  EXPECT_EQ(log_line("{not json")->text, "{not json");
}

TEST(Spelling, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("stauts", {"up", "status", "stop"}), "status");
  EXPECT_EQ(nearest("--hlep", {"--help", "--data"}), "--help");
  EXPECT_EQ(nearest("start", {"status", "scrub", "deploy"}), "");
  EXPECT_EQ(nearest("frobnicate", {"status"}), "");
}

TEST(Text, TimesAreForPeople) {
  EXPECT_EQ(ago(kNow, "2026-12-01T03:29:50Z"), "10 s ago");
  EXPECT_EQ(ago(kNow, "2026-12-01T02:00:00Z"), "1 h ago");
  EXPECT_EQ(duration(850), "850 ms");
  EXPECT_EQ(duration(200'000), "3 min 20 s");
  EXPECT_EQ(padded("→x", 4), "→x  ");
}

}  // namespace
}  // namespace cumulet::view
