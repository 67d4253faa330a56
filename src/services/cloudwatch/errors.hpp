#pragma once
#include "base/result.hpp"

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html and each operation's page
namespace cumulet::cloudwatch {

inline constexpr ErrorKind kInvalidParameterValue{"InvalidParameterValueException", 400, "InvalidParameterValue"};
inline constexpr ErrorKind kInvalidParameterCombination{"InvalidParameterCombinationException", 400,
                                                        "InvalidParameterCombination"};
inline constexpr ErrorKind kInvalidNextToken{"InvalidNextToken", 400};
inline constexpr ErrorKind kValidationError{"ValidationError", 400};

}  // namespace cumulet::cloudwatch
