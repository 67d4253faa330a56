#include <algorithm>

#include "asl/execution.hpp"
#include "asl/expression.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;

namespace {

constexpr TimePoint kStart = from_millis(1'700'000'000'000);

asl::Execution execution_of(const std::shared_ptr<const asl::StateMachine>& machine, Random& random) {
  asl::ExecutionInfo info;
  info.arn = "arn:aws:states:us-east-1:000000000000:execution:m:e";
  info.name = "e";
  info.machine_name = "m";
  info.region = "us-east-1";
  info.started_at = kStart;
  info.input = asl::Payload::from_text(asl::make_text(
      R"({"a":1,"s":"x","t":"2023-11-14T22:13:30Z","l":[1,{"b":null}],"body":{"job_status":"SUCCEEDED"}})"));
  return asl::Execution(machine, std::move(info), random);
}

// What the outside answers to the last command that waits for it; false when none does.
bool answer(asl::Execution& execution, asl::Step& step, int round) {
  for (auto command = step.commands.rbegin(); command != step.commands.rend(); ++command) {
    if (const auto* task = std::get_if<asl::ScheduleTask>(&*command)) {
      const asl::Signal done =
          round % 2 ? asl::Signal(asl::TaskSucceeded{task->task, asl::make_text(R"({"Payload":{"a":[2]}})")})
                    : asl::Signal(asl::TaskFailed{task->task, "Lambda.Unknown", "why"});
      step = execution.apply(done, kStart + Seconds(round));
      return true;
    }
    if (const auto* timer = std::get_if<asl::StartTimer>(&*command)) {
      step = execution.apply(asl::TimerFired{timer->id}, std::max(kStart + Seconds(round), timer->at));
      return true;
    }
  }
  return false;
}

// An execution's record is written and read back whole, and rebuilds it: nothing is recorded a second time.
void check_execution(const std::shared_ptr<const asl::StateMachine>& machine) {
  SeededRandom random(1);
  auto execution = execution_of(machine, random);
  std::vector<asl::HistoryEvent> history;
  auto step = execution.start();
  for (int round = 1; round < 12; ++round) {
    history.insert(history.end(), step.events.begin(), step.events.end());
    if (execution.status() != asl::Status::running || history.size() > 500 || !answer(execution, step, round)) break;
    if (round == 11) history.insert(history.end(), step.events.begin(), step.events.end());
  }
  CUMULET_HOLDS(static_cast<std::size_t>(history.back().id) == history.size());
  std::vector<asl::HistoryEvent> read;
  CUMULET_HOLDS(asl::decode(asl::encode(history), read) && read == history);
  auto again = execution_of(machine, random);
  CUMULET_HOLDS(again.replay(history));
  CUMULET_HOLDS(again.status() == execution.status());
  CUMULET_HOLDS(again.resume(history.back().at).events.empty());
}

}  // namespace

// A definition parses exactly when nothing is wrong with it; what parses runs.
CUMULET_FUZZ(bytes) {
  const auto findings = asl::validate(bytes);
  const bool has_error =
      std::any_of(findings.begin(), findings.end(), [](const auto& d) { return d.severity == asl::Severity::error; });
  auto machine = asl::parse(bytes);
  CUMULET_HOLDS(machine.ok() == !has_error);
  if (machine.ok()) check_execution(std::make_shared<const asl::StateMachine>(std::move(*machine)));
  (void)asl::Intrinsic::parse(bytes);
}
