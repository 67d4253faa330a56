#include <future>

#include "services/states/service_testing.hpp"

namespace cumulet::states {
namespace {

TEST_F(StatesTest, APassMachineHasEndedWhenStartAnswers) {
  const auto started = start(create("m", kPass), R"({"x": 1})", "e");
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(started->execution_arn, "arn:aws:states:us-east-1:000000000000:execution:m:e");
  const auto found = describe(started->execution_arn);
  EXPECT_EQ(found.status, "SUCCEEDED");
  EXPECT_EQ(found.input, R"({"x": 1})");
  EXPECT_EQ(found.output, R"({"a":1})");
  EXPECT_EQ(found.redrive_status, "NOT_REDRIVABLE");
  EXPECT_EQ(found.redrive_status_reason, "Execution is SUCCEEDED and cannot be redriven");
  EXPECT_EQ(types(started->execution_arn), "ExecutionStarted PassStateEntered PassStateExited ExecutionSucceeded");
  EXPECT_EQ(states_->engine().running(), 0u);
}

TEST_F(StatesTest, InputsThatAreNotJsonAreRefused) {
  const auto arn = create("m", kPass);
  const auto refusal = [&](std::string input) { return start(arn, std::move(input)).error().message(); };
  const std::string prefix = "Invalid State Machine Execution Input: '";
  EXPECT_EQ(refusal("not json"), prefix +
                                     "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or "
                                     "token 'null', 'true' or 'false')'");
  EXPECT_EQ(refusal("{'a':1}"),
            prefix + "Unexpected character (''' (code 39)): was expecting double-quote to start field name'");
  EXPECT_EQ(refusal(""), prefix + "Invalid execution input.'");
  std::string wide = "\"";
  for (int i = 0; i < 131'072; ++i) wide += "\xc3\xa9";
  EXPECT_EQ(refusal(wide + "\""), prefix + "The input is larger than 262144 bytes.'");
  for (const char* input : {"2", "\"x\"", "null"}) EXPECT_TRUE(start(arn, input).ok());
}

TEST_F(StatesTest, DescribesWithoutDataWhenAsked) {
  StartExecutionRequest request;
  request.state_machine_arn = create("m", kPass);
  request.trace_header = "Root=1-67891233-abcdef012345678912345678";
  const auto started = states_->start_execution(context_, request);
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(describe(started->execution_arn).trace_header, request.trace_header);
  const auto bare = states_->describe_execution(context_, {started->execution_arn, "METADATA_ONLY"});
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->status, "SUCCEEDED");
  EXPECT_FALSE(bare->input || bare->output);
  EXPECT_FALSE(bare->input_details->included || bare->output_details->included);
}

TEST_F(StatesTest, ObserversAreToldWhatBecomesOfExecutions) {
  close();
  is_observed_ = true;
  open();
  const auto passing = start(create("p", kPass))->execution_arn;
  const std::string root = "1-67891233-abcdef012345678912345678";
  http::RequestHead head;
  head.headers.add("X-Amzn-Trace-Id", "Root=" + root + ";Sampled=0");
  context_.head = &head;
  const auto machine = create("t", kTask);
  const auto failing = start(machine, "{}", "e")->execution_arn;
  context_.head = nullptr;
  EXPECT_EQ(functions_.calls.at(0).invocation.trace, root);
  crash();
  ASSERT_EQ(functions_.calls.size(), 1u);
  EXPECT_EQ(functions_.calls[0].invocation.trace, root) << "the same after a restart";
  functions_.answer(R"({"errorType":"Bad","errorMessage":"m"})", true);
  settle();
  std::vector<std::string> told;
  events::JournalQuery all;
  all.order = events::JournalQuery::Order::oldest_first;
  const auto rows = journal_->read(all)->rows;
  for (const auto& row : rows) {
    told.push_back(row.entry.outcome + ' ' + row.entry.what);
    EXPECT_EQ(row.entry.trace == root, row.entry.what == failing);
    EXPECT_EQ(row.entry.verdict == events::Verdict::failed, row.entry.outcome == "FAILED");
    EXPECT_EQ(row.entry.detail.starts_with("Bad: "), row.entry.outcome == "FAILED") << row.entry.detail;
  }
  EXPECT_EQ(told, (std::vector<std::string>{"started " + passing, "SUCCEEDED " + passing, "started " + failing,
                                            "FAILED " + failing}));
  const auto sum = [&](const std::string& metric, const std::string& of) {
    double out = 0;
    const auto minutes = sums_->read({"us-east-1", "AWS/States", metric, "StateMachineArn", of}, TimePoint{},
                                     time_->now() + Seconds{60});
    for (const auto& minute : *minutes) out += minute.sum;
    return out;
  };
  EXPECT_EQ(sum("ExecutionsStarted", machine), 1);
  EXPECT_EQ(sum("ExecutionsFailed", machine), 1);
  EXPECT_EQ(sum("ExecutionsSucceeded", machine), 0);
}

TEST_F(StatesTest, ANameStartsOneExecution) {
  const auto arn = create("m", kWait);
  const auto first = start(arn, "{}", "e");
  advance(Seconds(1));
  const auto again = start(arn, "{}", "e");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->execution_arn, first->execution_arn);
  EXPECT_EQ(again->start_date, first->start_date);
  const auto other = start(arn, "{\"o\":1}", "e");
  EXPECT_TRUE(other.error().is(kExecutionAlreadyExists));
  EXPECT_EQ(other.error().message(), "Execution Already Exists: '" + first->execution_arn + "'");
  advance(Seconds(60));
  EXPECT_TRUE(start(arn, "{}", "e").error().is(kExecutionAlreadyExists));  // it has ended
}

TEST_F(StatesTest, TasksInvokeFunctions) {
  const auto started = start(create("m", kTask), R"({"x":1})");
  ASSERT_EQ(functions_.calls.size(), 1u);
  EXPECT_EQ(functions_.calls[0].invocation.function, kFunction);
  EXPECT_EQ(functions_.calls[0].invocation.payload, R"({"x":1})");
  functions_.answer(R"({"y":2})");
  settle();
  ASSERT_EQ(functions_.calls.size(), 1u);
  EXPECT_EQ(functions_.calls[0].invocation.function, "g");
  EXPECT_EQ(functions_.calls[0].invocation.payload, R"({"y":2})");
  functions_.answer(R"({"z":3})");
  settle();
  const auto found = describe(started->execution_arn);
  EXPECT_EQ(found.status, "SUCCEEDED");
  EXPECT_EQ(found.output, R"({"z":3})");
  const auto events = history(started->execution_arn);
  ASSERT_EQ(events[9].type, "TaskSucceeded");
  const auto output = json::parse(std::string_view(events[9].task_succeeded->at("output").as_string()));
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(json::text(output->at("Payload")), R"({"z":3})");
  EXPECT_EQ(output->at("ExecutedVersion"), "$LATEST");
  EXPECT_EQ(output->at("StatusCode"), 200);
  EXPECT_EQ(output->at("SdkResponseMetadata").at("RequestId"), "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(output->at("SdkHttpMetadata").at("HttpHeaders").at("Content-Length"), "7");
  EXPECT_EQ(json::text(output->at("SdkHttpMetadata").at("AllHttpHeaders").at("Connection")), R"(["keep-alive"])");
}

TEST_F(StatesTest, LambdaErrorsAreMapped) {
  static constexpr ErrorKind kNotFound{"ResourceNotFoundException", 404};
  static constexpr ErrorKind kThrottled{"TooManyRequestsException", 429};
  const auto machine = create("m", kTask);
  const auto missing = start(machine);
  functions_.calls.front().done(Error{kNotFound, "Function not found: f"}.with("RequestId", "r1"));
  functions_.calls.pop_front();
  settle();
  EXPECT_EQ(describe(missing->execution_arn).error, "Lambda.ResourceNotFoundException");
  EXPECT_EQ(describe(missing->execution_arn).cause,
            "Function not found: f (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; "
            "Request ID: r1; Proxy: null)");

  const auto failing = start(machine);
  functions_.answer(R"({"errorMessage":"m","errorType":"Exception"})", true);
  settle();
  EXPECT_EQ(describe(failing->execution_arn).error, "Exception");
  EXPECT_EQ(describe(failing->execution_arn).cause, R"({"errorMessage":"m","errorType":"Exception"})");

  // The function's ARN keeps the error object as it was written; the integration writes it anew.
  const std::string spaced = R"({"errorMessage": "m", "errorType": "Exception"})";
  const auto direct = start(machine);
  functions_.answer(spaced, true);
  settle();
  EXPECT_EQ(describe(direct->execution_arn).cause, spaced);
  const auto integrated = start(machine);
  functions_.answer("{}");
  settle();
  functions_.answer(spaced, true);
  settle();
  EXPECT_EQ(describe(integrated->execution_arn).cause, R"({"errorMessage":"m","errorType":"Exception"})");

  static constexpr ErrorKind kDenied{"AccessDeniedException", 403};
  const auto denied = start(machine);
  functions_.calls.front().done(Error{kDenied, "No."}.with("RequestId", "r2"));
  functions_.calls.pop_front();
  settle();
  EXPECT_EQ(describe(denied->execution_arn).error, "Lambda.AWSLambdaException");
  EXPECT_EQ(describe(denied->execution_arn).cause,
            "No. (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; Request ID: r2; Proxy: "
            "null)");

  const auto unknown = start(machine);
  functions_.answer(R"({"errorMessage":"m"})", true);
  settle();
  EXPECT_EQ(describe(unknown->execution_arn).error, "Lambda.Unknown");

  const auto throttled = start(machine);
  functions_.answer("1");
  settle();
  functions_.calls.front().done(Error{kThrottled, "Rate exceeded"});
  functions_.calls.pop_front();
  settle();
  EXPECT_TRUE(functions_.calls.empty());
  advance(Seconds(2));  // retried
  ASSERT_EQ(functions_.calls.size(), 1u);
  functions_.answer("2");
  settle();
  EXPECT_EQ(describe(throttled->execution_arn).output, "2");
}

TEST_F(StatesTest, ExecutionsGoOnAfterACrash) {
  const auto waiting = start(create("w", kWait), "{}", "w");
  const auto working = start(create("t", kTask), R"({"x":1})", "t");
  ASSERT_EQ(functions_.calls.size(), 1u);
  functions_.answer(R"({"y":2})");
  settle();
  crash();
  // The first task's result was recorded: only the second, which was in flight, is run again.
  ASSERT_EQ(functions_.calls.size(), 1u);
  EXPECT_EQ(functions_.calls[0].invocation.function, "g");
  crash();
  ASSERT_EQ(functions_.calls.size(), 1u);
  functions_.answer(R"({"z":3})");
  settle();
  EXPECT_EQ(describe(working->execution_arn).output, R"({"z":3})");
  EXPECT_EQ(types(working->execution_arn),
            "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded "
            "TaskStateExited "
            "TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited ExecutionSucceeded");
  advance(Seconds(59));
  EXPECT_EQ(describe(waiting->execution_arn).status, "RUNNING");
  advance(Seconds(1));
  EXPECT_EQ(describe(waiting->execution_arn).status, "SUCCEEDED");
  crash();
  EXPECT_EQ(states_->engine().running(), 0u);
  EXPECT_TRUE(functions_.calls.empty());
}

// What a commit that failed would have recorded is forgotten with all that follows it; the execution goes on from its
// record.
TEST_F(StatesTest, NothingIsRecordedAfterAGap) {
  const auto machine = create("t", R"({"TimeoutSeconds":30,)" + kTask.substr(1));
  const auto started = start(machine, "{}", "t");
  std::promise<void> held, go;
  auto open_gate = go.get_future();
  database_->submit(
      [&](storage::Transaction&) -> Result<void> {
        held.set_value();
        open_gate.wait();
        return {};
      },
      [](const Result<void>&) {});
  held.get_future().wait();
  database_->fail_next = true;
  functions_.answer("1");  // its record fails ...
  io_->poll();
  time_->advance(Seconds(30));  // ... with the execution's timeout already on its way behind it
  io_->restart();
  io_->poll();
  go.set_value();
  settle();
  EXPECT_EQ(describe(started->execution_arn).status, "RUNNING");
  EXPECT_EQ(types(started->execution_arn),
            "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted");
  advance(Seconds(2));  // taken up again, long after its timeout
  advance(Seconds(1));
  EXPECT_EQ(describe(started->execution_arn).status, "TIMED_OUT");
  EXPECT_EQ(types(started->execution_arn),
            "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted ExecutionTimedOut");
  EXPECT_EQ(states_->engine().running(), 0u);
}

TEST_F(StatesTest, AnAnswerThatComesAfterStopChangesNothing) {
  const auto started = start(create("t", kTask), "{}", "t");
  auto call = std::move(functions_.calls.front());
  crash();
  call.done(InvocationResult{});
  settle();
  EXPECT_EQ(describe(started->execution_arn).status, "RUNNING");
}

TEST_F(StatesTest, AnExecutionIsStopped) {
  const auto started = start(create("w", kWait), "{}", "w");
  advance(Seconds(5));
  StopExecutionRequest request{started->execution_arn, "E", "C"};
  const auto stopped = states_->stop_execution(context_, request);
  ASSERT_TRUE(stopped.ok());
  settle();
  const auto found = describe(started->execution_arn);
  EXPECT_EQ(found.status, "ABORTED");
  EXPECT_EQ(found.error, "E");
  EXPECT_EQ(found.stop_date, stopped->stop_date);
  EXPECT_EQ(found.redrive_status, "REDRIVABLE");
  EXPECT_EQ(types(started->execution_arn), "ExecutionStarted WaitStateEntered ExecutionAborted");
  advance(Seconds(100));
  EXPECT_EQ(describe(started->execution_arn).status, "ABORTED");
  EXPECT_EQ(states_->stop_execution(context_, request)->stop_date, stopped->stop_date);
  const std::string none = "arn:aws:states:us-east-1:000000000000:execution:w:none";
  EXPECT_EQ(states_->stop_execution(context_, {none, {}, {}}).error().message(),
            "Execution Does Not Exist: '" + none + "'");
}

TEST_F(StatesTest, ExecutionsAreListedNewestFirst) {
  const auto arn = create("w", kWait);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(start(arn, "{}", "e" + std::to_string(i)).ok());
    advance(Seconds(10));
  }
  advance(Seconds(20));  // e0 and e1 have ended
  ListExecutionsRequest request;
  request.state_machine_arn = arn;
  request.max_results = 3;
  auto page = states_->list_executions(context_, request);
  ASSERT_EQ(page->executions.size(), 3u);
  EXPECT_EQ(page->executions[0].name, "e4");
  ASSERT_TRUE(page->next_token);
  request.next_token = page->next_token;
  page = states_->list_executions(context_, request);
  ASSERT_EQ(page->executions.size(), 2u);
  EXPECT_EQ(page->executions[1].name, "e0");
  EXPECT_FALSE(page->next_token);
  request.next_token.reset();
  request.status_filter = "SUCCEEDED";
  EXPECT_EQ(states_->list_executions(context_, request)->executions.size(), 2u);
}

TEST_F(StatesTest, HistoriesArePagedInBothOrders) {
  const auto started = start(create("t", kTask), "{}", "t");
  functions_.answer("1");
  settle();
  functions_.answer("2");
  settle();
  for (const bool reverse : {false, true}) {
    GetExecutionHistoryRequest request;
    request.execution_arn = started->execution_arn;
    request.max_results = 5;
    request.reverse_order = reverse;
    std::vector<std::int64_t> ids;
    for (int pages = 0; pages < 10; ++pages) {
      const auto page = states_->get_execution_history(context_, request);
      ASSERT_TRUE(page.ok());
      for (const auto& event : page->events) ids.push_back(event.id);
      request.next_token = page->next_token;
      if (!page->next_token) break;
    }
    ASSERT_EQ(ids.size(), 12u);
    for (std::size_t i = 0; i < ids.size(); ++i)
      EXPECT_EQ(ids[i], reverse ? 12 - static_cast<std::int64_t>(i) : static_cast<std::int64_t>(i) + 1);
  }
  GetExecutionHistoryRequest bare;
  bare.execution_arn = started->execution_arn;
  bare.include_execution_data = false;
  EXPECT_EQ(json::text(*states_->get_execution_history(context_, bare)->events[1].state_entered), R"({"name":"A"})");
}

TEST_F(StatesTest, PagesOfAHistoryStaySmall) {
  std::string states;
  for (int i = 0; i < 30; ++i)
    states += "\"S" + std::to_string(i) + R"(":{"Type":"Pass",)" +
              (i == 29 ? R"("End":true})" : "\"Next\":\"S" + std::to_string(i + 1) + "\"},");
  const auto started =
      start(create("m", R"({"StartAt":"S0","States":{)" + states + "}}"), '"' + std::string(250'000, 'x') + '"', "e");
  for (const bool reverse : {false, true}) {
    GetExecutionHistoryRequest request;
    request.execution_arn = started->execution_arn;
    request.max_results = 1000;
    request.reverse_order = reverse;
    std::vector<std::int64_t> ids;
    int pages = 0;
    do {
      const auto page = states_->get_execution_history(context_, request);
      ASSERT_TRUE(page.ok());
      EXPECT_LE(page->events.size(), 34u);  // 8 MiB
      for (const auto& event : page->events) ids.push_back(event.id);
      request.next_token = page->next_token;
    } while (request.next_token && ++pages < 10);
    ASSERT_EQ(ids.size(), 62u);
    for (std::size_t i = 0; i < ids.size(); ++i)
      EXPECT_EQ(ids[i], reverse ? 62 - static_cast<std::int64_t>(i) : static_cast<std::int64_t>(i) + 1);
    request.include_execution_data = false;
    request.next_token.reset();
    EXPECT_EQ(states_->get_execution_history(context_, request)->events.size(), 62u);
  }
}

TEST_F(StatesTest, EveryHistoryEventIsLoggedAtAll) {
  const auto log = [&](std::string level, bool data) {
    LoggingConfiguration logging{std::move(level), data, {{LogDestination{LogGroup{kGroup}}}}};
    return logging;
  };
  const auto started = start(create("all", kPass, log("ALL", true)), "{}", "e");
  ASSERT_EQ(logs_.lines.size(), 4u);
  EXPECT_EQ(logs_.group, kGroup);
  EXPECT_TRUE(logs_.stream.starts_with("states/all/2015-08-30-12-36/")) << logs_.stream;
  EXPECT_EQ(
      logs_.lines[2],
      R"({"id":"3","type":"PassStateExited","details":{"name":"P","output":"{\"a\":1}","outputDetails":{"truncated":false}},)"
      R"("previous_event_id":"2","event_timestamp":"1440938160000","execution_arn":")" +
          started->execution_arn + R"(","redrive_count":"0"})");
  logs_.lines.clear();
  (void)start(create("bare", kPass, log("ALL", false)));
  ASSERT_EQ(logs_.lines.size(), 4u);
  EXPECT_NE(logs_.lines[3].find(R"("details":{})"), std::string::npos);
  logs_.lines.clear();
  (void)start(create("fatal", kPass, log("FATAL", true)));
  EXPECT_TRUE(logs_.lines.empty());
  (void)start(create("error", kTask, log("ERROR", true)));
  functions_.answer("{}", true);
  settle();
  ASSERT_EQ(logs_.lines.size(), 2u);  // LambdaFunctionFailed, ExecutionFailed
  logs_.lines.clear();
  const std::string fail = R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}})";
  (void)start(create("error-fail", fail, log("ERROR", false)));
  ASSERT_EQ(logs_.lines.size(), 2u);
  EXPECT_TRUE(logs_.lines[0].starts_with(R"({"id":"2","type":"FailStateEntered","details":{"name":"F"},)"))
      << logs_.lines[0];
  logs_.lines.clear();
  (void)start(create("fatal-fail", fail, log("FATAL", false)));
  ASSERT_EQ(logs_.lines.size(), 1u);
  logs_.lines.clear();
  (void)start(create("off", kPass, log("OFF", true)));
  EXPECT_TRUE(logs_.lines.empty());
}

TEST_F(StatesTest, ExpressExecutionsHaveNoHistory) {
  const auto arn = create("x", kWait, std::nullopt, "EXPRESS");
  const auto started = start(arn, "{}", "n");
  ASSERT_TRUE(started.ok());
  EXPECT_TRUE(started->execution_arn.starts_with("arn:aws:states:us-east-1:000000000000:express:x:n:"));
  EXPECT_TRUE(start(arn, "{}", "n").ok());
  EXPECT_EQ(states_->engine().running(), 2u);
  crash();
  EXPECT_EQ(states_->engine().running(), 2u);
  advance(Seconds(60));
  EXPECT_EQ(states_->engine().running(), 0u);
  EXPECT_EQ(states_->describe_execution(context_, {started->execution_arn}).error().message(),
            "Invalid Arn: 'Resource type not valid in this context: express'");
  ListExecutionsRequest list;
  list.state_machine_arn = arn;
  EXPECT_TRUE(states_->list_executions(context_, list).error().is(kStateMachineTypeNotSupported));
}

}  // namespace
}  // namespace cumulet::states
