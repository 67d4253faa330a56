#include "asl/execution.hpp"

#include <gtest/gtest.h>

namespace cumulet::asl {
namespace {

constexpr TimePoint kStart = from_millis(1'700'000'000'000);
constexpr const char* kFunction = "arn:aws:lambda:us-east-1:000000000000:function:f";

std::shared_ptr<const StateMachine> machine_of(const std::string& definition) {
  auto machine = parse(definition);
  EXPECT_TRUE(machine.ok()) << (machine.ok() ? "" : machine.error().message());
  return std::make_shared<const StateMachine>(std::move(*machine));
}

ExecutionInfo info_of(std::string input = "{}") {
  ExecutionInfo info;
  info.arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
  info.name = "e";
  info.machine_name = "m";
  info.machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
  info.role_arn = "arn:aws:iam::000000000000:role/r";
  info.region = "us-east-1";
  info.input = Payload::from_text(make_text(std::move(input)));
  info.started_at = kStart;
  return info;
}

// An execution with its whole history and what it last asked for.
struct Driven {
  explicit Driven(const std::string& definition, std::string input = "{}")
      : machine(machine_of(definition)), execution(machine, info_of(std::move(input))) {
    take(execution.start());
  }
  void take(Step step) {
    history.insert(history.end(), step.events.begin(), step.events.end());
    commands = std::move(step.commands);
  }
  void apply(const Signal& signal, Milliseconds after = Milliseconds(0)) {
    now += after;
    take(execution.apply(signal, now));
  }
  const ScheduleTask* task() const {
    for (const auto& c : commands)
      if (const auto* t = std::get_if<ScheduleTask>(&c)) return t;
    return nullptr;
  }
  const StartTimer* timer(TimerId::Kind kind) const {
    for (const auto& c : commands)
      if (const auto* t = std::get_if<StartTimer>(&c); t && t->id.kind == kind) return t;
    return nullptr;
  }
  void succeed(std::string output) { apply(TaskSucceeded{task()->task, make_text(std::move(output))}); }
  void fail(std::string error, std::string cause = "why") {
    apply(TaskFailed{task()->task, std::move(error), std::move(cause)});
  }
  void fire_retry() {
    const auto* t = timer(TimerId::Kind::retry);
    ASSERT_NE(t, nullptr);
    const auto signal = TimerFired{t->id};
    now = t->at;
    take(execution.apply(signal, now));
  }
  std::string types() const {
    std::string out;
    for (const auto& e : history) out += (out.empty() ? "" : " ") + std::string(asl::name(e.type));
    return out;
  }
  std::string last() const { return json::text(details(history.back(), Data::include)); }

  // Replays every prefix and goes on: nothing new may be recorded but what the whole recorded, and what it waits for is
  // asked again.
  void expect_prefixes_resume() {
    for (std::size_t n = 1; n <= history.size(); ++n) {
      Execution again(machine, info_of(*execution.info().input.text()));
      ASSERT_TRUE(again.replay(std::span(history).first(n))) << n;
      const auto step = again.resume(now);
      ASSERT_LE(n + step.events.size(), history.size()) << n;
      for (std::size_t i = 0; i < step.events.size(); ++i) {
        EXPECT_EQ(step.events[i].type, history[n + i].type) << n << "+" << i;
        EXPECT_EQ(step.events[i].previous_id, history[n + i].previous_id);
        EXPECT_EQ(details(step.events[i], Data::include), details(history[n + i], Data::include)) << n << "+" << i;
      }
    }
  }

  std::shared_ptr<const StateMachine> machine;
  Execution execution;
  TimePoint now = kStart;
  std::vector<HistoryEvent> history;
  std::vector<Command> commands;
};

std::string task_machine(const std::string& fields, const std::string& resource = kFunction) {
  return R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":")" + resource + "\"," + fields +
         R"("Next":"D"},"D":{"Type":"Succeed"},"C":{"Type":"Pass","End":true}}})";
}
// The same without the state "C", which only a Catch reaches.
std::string plain_task(const std::string& fields, const std::string& resource = kFunction) {
  return R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":")" + resource + "\"," + fields + R"("End":true}}})";
}

TEST(Task, AFunctionArnGivesLambdaFunctionEvents) {
  Driven run(plain_task(R"("TimeoutSeconds":5,)"), R"({"x": 1})");
  ASSERT_NE(run.task(), nullptr);
  EXPECT_EQ(run.task()->resource, kFunction);
  EXPECT_EQ(*run.task()->payload, R"({"x": 1})");
  EXPECT_EQ(run.task()->task, 3);
  EXPECT_EQ(run.timer(TimerId::Kind::task_timeout)->at, kStart + Seconds(5));
  run.succeed(R"({"y": 2})");
  EXPECT_EQ(run.types(),
            "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded "
            "TaskStateExited ExecutionSucceeded");
  EXPECT_EQ(
      json::text(details(run.history[2], Data::include)),
      R"({"input":"{\"x\": 1}","inputDetails":{"truncated":false},"resource":"arn:aws:lambda:us-east-1:000000000000:function:f","timeoutInSeconds":5})");
  EXPECT_EQ(run.last(), R"({"output":"{\"y\": 2}","outputDetails":{"truncated":false}})");
  EXPECT_EQ(run.execution.status(), Status::succeeded);
  run.expect_prefixes_resume();
}

TEST(Task, TheIntegrationGivesTaskEventsAndPassesParameters) {
  Driven run(
      plain_task(
          R"("Parameters":{"FunctionName":"f","Payload.$":"$.a"},"ResultSelector":{"p.$":"$.Payload"},"ResultPath":"$.r","OutputPath":"$.r.p",)",
          "arn:aws:states:::lambda:invoke"),
      R"({"a":[1]})");
  EXPECT_EQ(run.task()->resource, "lambda:invoke");
  EXPECT_EQ(*run.task()->payload, R"({"FunctionName":"f","Payload":[1]})");
  EXPECT_EQ(
      json::text(details(run.history[2], Data::include)),
      R"({"parameters":"{\"FunctionName\":\"f\",\"Payload\":[1]}","region":"us-east-1","resource":"invoke","resourceType":"lambda"})");
  run.succeed(R"({"Payload":{"z":true},"StatusCode":200})");
  EXPECT_EQ(
      run.types(),
      "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited ExecutionSucceeded");
  EXPECT_EQ(*run.execution.output(), R"({"z":true})");
  run.expect_prefixes_resume();
}

TEST(Task, AFailureWithoutHandlersFailsTheExecution) {
  Driven run(plain_task(""));
  run.fail("Exception", R"({"errorMessage":"m"})");
  EXPECT_EQ(run.types(),
            "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed "
            "ExecutionFailed");
  EXPECT_EQ(run.last(), R"({"cause":"{\"errorMessage\":\"m\"}","error":"Exception"})");
  EXPECT_EQ(run.history.back().previous_id, 5);
  EXPECT_EQ(run.execution.error(), "Exception");
}

TEST(Task, RetriesWithBackoffThenCatches) {
  Driven run(
      task_machine(
          R"("Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3,"MaxAttempts":2,"BackoffRate":1.5},{"ErrorEquals":["States.ALL"],"MaxAttempts":0}],
                          "Catch":[{"ErrorEquals":["States.TaskFailed"],"ResultPath":"$.e","Next":"C"}],)"),
      R"({"k":1})");
  run.fail("Busy");
  EXPECT_EQ(run.timer(TimerId::Kind::retry)->at, run.now + Seconds(3));
  run.expect_prefixes_resume();
  run.fire_retry();
  EXPECT_EQ(run.history.back().type, EventType::lambda_function_started);
  EXPECT_EQ(run.history[run.history.size() - 2].previous_id, 5);  // the second Scheduled follows the failure
  run.fail("Busy");
  EXPECT_EQ(run.timer(TimerId::Kind::retry)->at, run.now + Milliseconds(4500));
  run.fire_retry();
  run.expect_prefixes_resume();
  run.fail("Busy");  // the third time: caught
  EXPECT_EQ(run.execution.status(), Status::succeeded);
  EXPECT_EQ(*run.execution.output(), R"({"k":1,"e":{"Error":"Busy","Cause":"why"}})");
  run.expect_prefixes_resume();
}

TEST(Task, ReplayCountsTheRetriesMade) {
  Driven run(task_machine(
      R"("Retry":[{"ErrorEquals":["A"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],)"));
  run.fail("A");
  run.fire_retry();
  Execution again(run.machine, info_of());
  ASSERT_TRUE(again.replay(run.history));
  const auto asked = again.resume(run.now);
  ASSERT_EQ(asked.events.size(), 0u);
  const auto* task = std::get_if<ScheduleTask>(&asked.commands.at(0));
  ASSERT_NE(task, nullptr);
  EXPECT_EQ(task->task, run.task()->task);  // the same id as before the restart
  const auto step = again.apply(TaskFailed{task->task, "A", "c"}, run.now);
  EXPECT_EQ(again.status(), Status::succeeded);  // caught, not retried a second time
  EXPECT_EQ(step.events.at(1).type, EventType::task_state_exited);
}

TEST(Task, TimesOut) {
  Driven run(task_machine(R"("TimeoutSecondsPath":"$.t","Catch":[{"ErrorEquals":["States.Timeout"],"Next":"C"}],)"),
             R"({"t":7})");
  const auto* timer = run.timer(TimerId::Kind::task_timeout);
  ASSERT_NE(timer, nullptr);
  EXPECT_EQ(timer->at, kStart + Seconds(7));
  const auto late = TaskSucceeded{run.task()->task, make_text("1")};
  run.apply(TimerFired{timer->id}, Seconds(7));
  EXPECT_EQ(run.types(),
            "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionTimedOut "
            "TaskStateExited "
            "PassStateEntered PassStateExited ExecutionSucceeded");
  EXPECT_EQ(json::text(details(run.history[4], Data::include)), R"({"error":"States.Timeout"})");
  EXPECT_EQ(*run.execution.output(), R"({"Error":"States.Timeout"})");
  EXPECT_TRUE(run.execution.apply(late, run.now).empty());
}

TEST(Task, MissesItsHeartbeat) {
  Driven run(plain_task(R"("TimeoutSeconds":60,"HeartbeatSeconds":10,)"));
  EXPECT_EQ(run.timer(TimerId::Kind::heartbeat)->at, kStart + Seconds(10));
  run.apply(Heartbeat{3}, Seconds(5));
  const auto* again = run.timer(TimerId::Kind::heartbeat);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->at, kStart + Seconds(15));
  run.apply(TimerFired{again->id}, Seconds(10));
  EXPECT_EQ(run.execution.error(), "States.Timeout");  // the name AWS records
  for (const char* name : {"States.HeartbeatTimeout", "States.Timeout"}) {
    Driven caught(task_machine(R"("TimeoutSeconds":60,"HeartbeatSeconds":10,"Catch":[{"ErrorEquals":[")" +
                               std::string(name) + R"("],"Next":"C"}],)"));
    caught.apply(TimerFired{caught.timer(TimerId::Kind::heartbeat)->id}, Seconds(10));
    EXPECT_EQ(caught.execution.status(), Status::succeeded) << name;
    caught.expect_prefixes_resume();
  }
}

TEST(Task, AResultThatIsTooLargeFails) {
  Driven run(plain_task(R"("Parameters":{"FunctionName":"f"},)", "arn:aws:states:::lambda:invoke"));
  run.succeed('"' + std::string(kMaxPayloadBytes, 'x') + '"');
  EXPECT_EQ(run.execution.error(), "States.DataLimitExceeded");
  EXPECT_EQ(
      run.execution.cause(),
      "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.");
  EXPECT_EQ(run.history[4].type, EventType::task_failed);
  Driven direct(plain_task(""));
  direct.succeed('"' + std::string(kMaxPayloadBytes, 'x') + '"');
  EXPECT_EQ(direct.execution.cause(),
            std::string("The state/task '") + kFunction +
                "' returned a result with a size exceeding the maximum number of bytes service limit.");
}

TEST(Task, RuntimeErrorsAreNotCaughtByStatesAll) {
  Driven run(
      R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Parameters":{"a.$":"$.none"},
    "Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true},"C":{"Type":"Succeed"}}})",
      R"({ "b" : 1 })");
  EXPECT_EQ(run.execution.error(), "States.Runtime");
  EXPECT_EQ(run.execution.cause(),
            "An error occurred while executing the state 'T' (entered at the event id #2). The JSONPath '$.none' "
            "specified for the field 'a.$' could not be found in the input '{\"b\":1}'");
}

TEST(Task, AResultPathThatDoesNotFitIsCaught) {
  Driven run(
      task_machine(R"("ResultPath":"$.a.b","Catch":[{"ErrorEquals":["States.ResultPathMatchFailure"],"Next":"C"}],)"),
      R"({"a":1})");
  run.succeed("2");
  EXPECT_EQ(run.execution.status(), Status::succeeded);
  EXPECT_EQ(*run.execution.output(),
            R"({"Error":"States.ReferencePathConflict","Cause":"Unable to apply step \"b\" to input 1"})");
  Driven uncaught(R"({"StartAt":"P","States":{"P":{"Type":"Pass","Result":1,"ResultPath":"$.r","End":true}}})",
                  R"([ 7 ])");
  EXPECT_EQ(uncaught.execution.error(), "States.ReferencePathConflict");
  EXPECT_EQ(uncaught.execution.cause(), "Unable to apply step \"r\" to input [7]");
}

TEST(Pass, AnOutputThatIsTooLargeFails) {
  Driven run(R"({"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"a.$":"$.x","b.$":"$.x"},"End":true}}})",
             R"({"x":")" + std::string(150'000, 'x') + "\"}");
  EXPECT_EQ(run.execution.error(), "States.DataLimitExceeded");
  EXPECT_EQ(run.execution.cause(),
            "The state/task 'P' returned a result with a size exceeding the maximum number of bytes service limit.");
}

TEST(Pass, PathsNeedAnInputThatIsNotNull) {
  const std::string cause =
      "An error occurred while executing the state 'P' (entered at the event id #2). "
      "Unable to apply Path transformation to null or empty input.";
  for (const std::string fields : {R"("InputPath":"$.a")", R"("Parameters":{"a.$":"$"})", R"("OutputPath":"$.a")"}) {
    Driven run(R"({"StartAt":"P","States":{"P":{"Type":"Pass",)" + fields + R"(,"End":true}}})", "null");
    EXPECT_EQ(run.execution.error(), "States.Runtime") << fields;
    EXPECT_EQ(run.execution.cause(), cause) << fields;
  }
  Driven context(
      R"({"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"n.$":"$$.Execution.Name"},"End":true}}})", "null");
  EXPECT_EQ(*context.execution.output(), R"({"n":"e"})");
}

TEST(Errors, NamesMatchAsDocumented) {
  EXPECT_TRUE(handles({"States.ALL"}, "Anything"));
  EXPECT_FALSE(handles({"States.ALL"}, "States.Runtime"));
  EXPECT_TRUE(handles({"States.TaskFailed"}, "Lambda.ServiceException"));
  EXPECT_FALSE(handles({"States.TaskFailed"}, "States.Timeout"));
  EXPECT_FALSE(handles({"A", "B"}, "C"));
}

TEST(Retry, DelaysGrowAreCappedAndJittered) {
  Retrier r;
  EXPECT_EQ(retry_delay(r, 1, 0), Seconds(1));
  EXPECT_EQ(retry_delay(r, 3, 0), Seconds(4));
  r.max_delay_seconds = 3;
  EXPECT_EQ(retry_delay(r, 9, 0), Seconds(3));
  EXPECT_EQ(retry_delay(r, 5000, 0), Seconds(3));
  r.full_jitter = true;
  EXPECT_EQ(retry_delay(r, 9, 0.5), Milliseconds(1500));
}

TEST(Wait, WaitsUntilItsTime) {
  Driven run(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90,"End":true}}})", R"({"a": 1})");
  const auto* timer = run.timer(TimerId::Kind::wait);
  ASSERT_NE(timer, nullptr);
  EXPECT_EQ(timer->at, kStart + Seconds(90));
  run.expect_prefixes_resume();
  // Taken up again late: over at once, without a timer.
  Execution again(run.machine, info_of(R"({"a": 1})"));
  ASSERT_TRUE(again.replay(run.history));
  const auto late = again.resume(kStart + Seconds(100));
  const auto* asked = std::get_if<StartTimer>(&late.commands.at(0));
  if (asked) again.apply(TimerFired{asked->id}, kStart + Seconds(100));
  EXPECT_EQ(again.status(), Status::succeeded);
  run.apply(TimerFired{timer->id}, Seconds(90));
  EXPECT_EQ(*run.execution.output(), R"({"a": 1})");
}

TEST(Wait, TakesAllFourFormsAndRefusesBadValues) {
  const auto wait = [](const std::string& field, const std::string& input) {
    return Driven(R"({"StartAt":"W","States":{"W":{"Type":"Wait",)" + field + R"(,"End":true}}})", input);
  };
  EXPECT_EQ(wait(R"("SecondsPath":"$.s")", R"({"s":2})").timer(TimerId::Kind::wait)->at, kStart + Seconds(2));
  EXPECT_EQ(wait(R"("Timestamp":"2023-11-14T22:13:30Z")", "{}").timer(TimerId::Kind::wait)->at, kStart + Seconds(10));
  EXPECT_EQ(wait(R"("TimestampPath":"$.t")", R"({"t":"2023-11-14T23:13:30+01:00"})").timer(TimerId::Kind::wait)->at,
            kStart + Seconds(10));
  EXPECT_EQ(wait(R"("Timestamp":"2001-01-01T00:00:00Z")", "{}").execution.status(), Status::succeeded);
  const std::string where = "An error occurred while executing the state 'W' (entered at the event id #2). ";
  EXPECT_EQ(wait(R"("SecondsPath":"$.s")", "{}").execution.cause(),
            where + "The SecondsPath parameter does not reference an input value: $.s");
  EXPECT_EQ(wait(R"("SecondsPath":"$.s")", R"({"s":-1})").execution.cause(),
            where + "The SecondsPath parameter references a negative value: $.s == -1");
  EXPECT_EQ(wait(R"("SecondsPath":"$.s")", R"({"s":1.5})").execution.cause(),
            where + "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5");
  EXPECT_EQ(wait(R"("TimestampPath":"$.t")", R"({"t":"2023-11-14T22:13:30"})").execution.cause(),
            where +
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
                "string: $.t == 2023-11-14T22:13:30");
}

TEST(Choice, WithoutAMatchFails) {
  Driven run(
      R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"S"}]},"S":{"Type":"Succeed"}}})",
      R"({"a":2})");
  EXPECT_EQ(run.execution.error(), "States.Runtime");
  EXPECT_EQ(run.execution.cause(),
            "An error occurred while executing the state 'C' (entered at the event id #2). "
            "Failed to transition out of the state. The state does not point to a next state.");
}

TEST(Execution, IsStopped) {
  Driven run(R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90,"End":true}}})");
  run.apply(Stop{"E", "C"});
  EXPECT_EQ(run.history.back().type, EventType::execution_aborted);
  EXPECT_EQ(run.history.back().previous_id, 0);
  EXPECT_EQ(run.last(), R"({"cause":"C","error":"E"})");
  EXPECT_EQ(run.execution.status(), Status::aborted);
  EXPECT_TRUE(std::holds_alternative<Complete>(run.commands.back()));
  EXPECT_TRUE(run.execution.apply(Stop{}, run.now).empty());
}

TEST(Execution, TimesOutAsAWhole) {
  Driven run(R"({"StartAt":"W","TimeoutSeconds":30,"States":{"W":{"Type":"Wait","Seconds":90,"End":true}}})");
  const auto* timer = run.timer(TimerId::Kind::execution_timeout);
  ASSERT_NE(timer, nullptr);
  EXPECT_EQ(timer->at, kStart + Seconds(30));
  run.apply(TimerFired{timer->id}, Seconds(30));
  EXPECT_EQ(run.execution.status(), Status::timed_out);
  EXPECT_EQ(run.last(), "{}");
}

TEST(Execution, EndsAtTheHistoryLimit) {
  Driven run(
      R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"E"}],"Default":"A"},"E":{"Type":"Succeed"}}})");
  EXPECT_EQ(run.history.size(), 25'000u);
  EXPECT_EQ(run.history.back().type, EventType::execution_failed);
  EXPECT_EQ(run.execution.cause(), "The execution reached the maximum number of history events (25000).");
}

TEST(Execution, ExpressOnesEndAfterFiveMinutes) {
  auto info = info_of();
  info.type = MachineType::express;
  Execution execution(
      machine_of(R"({"StartAt":"W","TimeoutSeconds":900,"States":{"W":{"Type":"Wait","Seconds":900,"End":true}}})"),
      info);
  const auto step = execution.start();
  const auto* timer = std::get_if<StartTimer>(&step.commands.at(0));
  ASSERT_NE(timer, nullptr);
  EXPECT_EQ(timer->id.kind, TimerId::Kind::execution_timeout);
  EXPECT_EQ(timer->at, kStart + Seconds(300));

  Execution loop(machine_of(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[
    {"Variable":"$.x","IsPresent":true,"Next":"E"}],"Default":"A"},"E":{"Type":"Succeed"}}})"),
                 info);
  EXPECT_EQ(loop.start().events.size(), 25'000u);
  EXPECT_EQ(loop.status(), Status::failed);
}

TEST(Execution, TextsThatPassThroughAreShared) {
  Driven run(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}})",
             R"({"big" : 1})");
  for (const auto& event : run.history) EXPECT_EQ(event.data.get(), run.history.front().data.get());
}

TEST(Execution, RefusesAHistoryThatDoesNotFit) {
  Driven run(plain_task(""));
  Execution other(machine_of(R"({"StartAt":"X","States":{"X":{"Type":"Succeed"}}})"), info_of());
  EXPECT_FALSE(other.replay(run.history));
  Execution gap(run.machine, info_of());
  EXPECT_FALSE(gap.replay(std::span(run.history).subspan(1)));
}

TEST(History, IsWrittenCompactlyAndReadBack) {
  Driven run(
      task_machine(
          R"("TimeoutSeconds":9,"Retry":[{"ErrorEquals":["A"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],)"),
      R"({"a":1})");
  run.fail("A");
  run.fire_retry();
  run.fail("B", "");
  const auto bytes = encode(run.history);
  std::vector<HistoryEvent> back;
  ASSERT_TRUE(decode(bytes, back));
  EXPECT_EQ(back, run.history);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    std::vector<HistoryEvent> none;
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, n), none));
    EXPECT_TRUE(none.empty());
  }
  SeededRandom random(5);
  for (int i = 0; i < 2000; ++i) {  // damaged records are refused or read, never worse
    auto damaged = bytes;
    damaged[random.next() % damaged.size()] = static_cast<char>(random.next());
    std::vector<HistoryEvent> any;
    decode(damaged, any);
  }
}

TEST(History, OfAHundredPassStatesIsSmall) {
  std::string states;
  for (int i = 0; i < 100; ++i)
    states += (i ? "," : "") + ("\"S" + std::to_string(i)) + R"(":{"Type":"Pass",)" +
              (i == 99 ? R"("End":true})" : "\"Next\":\"S" + std::to_string(i + 1) + "\"}");
  Driven run(R"({"StartAt":"S0","States":{)" + states + "}}", R"({"some":"input of a few bytes"})");
  EXPECT_EQ(run.history.size(), 202u);
  EXPECT_LT(encode(run.history).size(), 202u * 24);
}

// Twice as long each time round: thirty rounds would be a quarter of a terabyte.
TEST(Bounds, AVariableDoesNotGrowWithoutEnd) {
  Driven execution(
      R"json({"StartAt":"Begin","States":{
      "Begin":{"Type":"Pass","Assign":{"a":"0123456789"},"Next":"Double"},
      "Double":{"Type":"Pass","Assign":{"a.$":"States.Format('{}{}', $a, $a)"},"Next":"Again"},
      "Again":{"Type":"Choice","Choices":[{"Variable":"$$.State.Name","StringEquals":"Again","Next":"Double"}],"Default":"Done"},
      "Done":{"Type":"Succeed"}}})json");
  EXPECT_EQ(execution.history.back().type, EventType::execution_failed);
  EXPECT_NE(execution.last().find("States.DataLimitExceeded"), std::string::npos) << execution.last();
  EXPECT_LT(execution.history.size(), 100u);
}

TEST(Bounds, AllVariablesTogetherTakeTenMegabytesAtMost) {
  json::object states;
  for (int i = 0; i < 50; ++i)
    states[std::to_string(i)] = json::object{{"Type", "Pass"},
                                             {"Assign", json::object{{"v" + std::to_string(i) + ".$", "$"}}},
                                             {"Next", i == 49 ? "End" : std::to_string(i + 1)}};
  states["End"] = json::object{{"Type", "Succeed"}};
  const std::string definition = json::text(json::object{{"StartAt", "0"}, {"States", states}});
  EXPECT_EQ(Driven(definition, "\"" + std::string(200'000, 'x') + "\"").history.back().type,
            EventType::execution_succeeded);  // 10,000,000 bytes
  Driven over(definition, "\"" + std::string(250'000, 'x') + "\"");
  EXPECT_NE(over.last().find("States.DataLimitExceeded"), std::string::npos) << over.last();
}

}  // namespace
}  // namespace cumulet::asl
