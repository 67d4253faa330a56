#pragma once
#include <string>
#include <string_view>

#include "base/arn.hpp"
#include "base/result.hpp"

namespace cumulet::states {

// A name of a state machine or an execution. Error: InvalidName.
Result<void> check_name(std::string_view name);

// An ARN of this service. Error: InvalidArn in AWS's words.
Result<Arn> check_arn(std::string_view arn);
// ... of a state machine, of an execution (an express one is refused).
Result<Arn> check_machine_arn(std::string_view arn);
Result<Arn> check_execution_arn(std::string_view arn);

std::string machine_arn(std::string_view region, std::string_view name);

// Page tokens: opaque to the caller, checked when they come back. Error: InvalidToken.
std::string page_token(std::string_view position);
Result<std::string> page_position(std::string_view token);

}  // namespace cumulet::states
