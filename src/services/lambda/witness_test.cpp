#include "services/lambda/witness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/trace.hpp"
#include "services/lambda/fake_environment_testing.hpp"

namespace cumulet::lambda {
namespace {

using testing::DataPlane;
using ::testing::ElementsAre;

TEST(Witness, TellsInvocationsThatAreWaitedFor) {
  DataPlane plane;
  plane.observe();
  plane.put("f");
  plane.invoke("f");
  const std::string good = plane.made.at(0)->invocation.request_id;
  EXPECT_EQ(plane.lambda->environments().live().at(0).state, "busy");
  EXPECT_EQ(plane.lambda->environments().live().at(0).request_id, good);
  plane.answer(0);
  EXPECT_EQ(plane.lambda->environments().live().at(0).state, "idle");
  const std::string root = "1-5759e988-bd862e3fe1be46a994272793";
  plane.invoke("f", [&](InvokeCall& call) { call.trace_id = root; });
  const std::string bad = plane.made.at(0)->invocation.request_id;
  EXPECT_TRUE(plane.made[0]->invocation.trace_id.starts_with("Root=" + root + ";Parent="));
  plane.fail(0);
  EXPECT_THAT(plane.told(), ElementsAre("succeeded f/" + good, "failed f/" + bad + ": E: m"));
  EXPECT_EQ(plane.last_traces["f/" + bad], root);
  EXPECT_EQ(plane.last_traces["f/" + good].size(), root.size());
  EXPECT_EQ(plane.sum("Invocations", "f"), 2);
  EXPECT_EQ(plane.sum("Errors", "f"), 1);
  EXPECT_EQ(plane.sum("Duration", "f"), 1.5);
  EXPECT_EQ(plane.sum("ConcurrentExecutions", "f"), 2);
}

TEST(Witness, TellsWhatWasThrottled) {
  DataPlane plane;
  plane.observe();
  plane.put("f", [](Function& f) { f.reserved_concurrency = 0; });
  plane.invoke("f");
  EXPECT_EQ(plane.sum("Throttles", "f"), 1);
  EXPECT_EQ(plane.sum("Invocations", "f"), 0);
  const auto told = plane.told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].starts_with("refused f/")) << told[0];
  EXPECT_TRUE(told[0].ends_with("TooManyRequestsException: Rate Exceeded.")) << told[0];
}

TEST(Witness, AnEventsRowsHaveOneTraceAndOutliveARestart) {
  DataPlane plane;
  plane.observe();
  plane.put("f");
  const std::string root = "1-5759e988-bd862e3fe1be46a994272793";
  plane.invoke("f", [&](InvokeCall& call) {
    call.request.invocation_type = "Event";
    call.trace_id = "Root=" + root + ";Sampled=1";
  });
  const std::string id = plane.made.at(0)->invocation.request_id;
  EXPECT_EQ(trace_root(plane.made[0]->invocation.trace_id), root);
  plane.close();  // while it runs
  plane.made.clear();
  plane.open();
  ASSERT_TRUE(plane.busy(0));
  EXPECT_EQ(trace_root(plane.made[0]->invocation.trace_id), root);
  plane.fail(0);
  plane.advance(std::chrono::minutes(1));
  plane.fail(0);
  plane.advance(std::chrono::minutes(2));
  plane.fail(0);
  // The last attempt's row goes along with the commit that ends the event.
  EXPECT_THAT(plane.told(), ElementsAre("queued f/" + id, "failed f/" + id + ": E: m", "failed f/" + id + ": E: m",
                                        "RetriesExhausted f/" + id + ": E: m", "failed f/" + id + ": E: m"));
  EXPECT_EQ(plane.last_traces, (std::map<std::string, std::string>{{"f/" + id, root}}));
}

TEST(Witness, MessagesLeadToTheirInvocations) {
  DataPlane plane;
  plane.observe();
  plane.queues.make("q", Seconds{30});
  plane.put("f");
  plane.map("q", "f");
  plane.queues.put("q", "body");
  const std::string message = "m1";
  plane.run();
  ASSERT_TRUE(plane.busy(0));
  const std::string id = plane.made[0]->invocation.request_id;
  plane.fail(0);
  EXPECT_THAT(plane.told(), ElementsAre("delivered q/" + message + ": to f/" + id, "failed f/" + id + ": E: m",
                                        "failed q/" + message + ": to f/" + id + ": E: m"));
  EXPECT_EQ(plane.last_traces["q/" + message], plane.last_traces["f/" + id]);
}

TEST(Witness, SentencesOfErrorDocuments) {
  EXPECT_EQ(error_sentence(R"({"errorType":"T","errorMessage":"m","stackTrace":[]})"), "T: m");
  EXPECT_EQ(error_sentence(R"({"errorMessage":"m"})"), "m");
  EXPECT_EQ(error_sentence("no \xff document"), "no \xEF\xBF\xBD document");
  EXPECT_EQ(error_sentence(std::string(5'000, 'x')).size(), 400u);
}

}  // namespace
}  // namespace cumulet::lambda
