#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cumulet::lambda {

// InvalidParameterValueException when a function of that runtime cannot be made: AWS knows no such runtime, takes it no
// more, or nothing here runs it (then the message says what would).
Result<void> check_runtime(const std::optional<std::string>& runtime);

// ValidationException for a name in the list `member` that is no runtime's.
Result<void> check_runtime_name(const std::string& runtime, std::string_view member);

// "python:3.9.v1": the runtime as INIT_START tells of it.
std::string runtime_version_name(const std::string& runtime);

}  // namespace cumulet::lambda
