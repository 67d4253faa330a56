#pragma once
#include <variant>

#include "asl/execution.hpp"
#include "services/states/ports.hpp"

// Task states that call Lambda: what is invoked, and what an answer means.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
namespace cumulet::states {

// The call a ScheduleTask command asks for, or why it cannot be made.
std::variant<Invocation, asl::TaskFailed> invocation_of(const asl::ScheduleTask& task, std::string_view region);

// The task's outcome. `now` stands in the optimised integration's SdkHttpMetadata.
asl::Signal outcome_of(const asl::ScheduleTask& task, const Result<InvocationResult>& answer, TimePoint now);

}  // namespace cumulet::states
