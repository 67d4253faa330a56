#pragma once
#include <string_view>

#include "base/result.hpp"

namespace cumulet::lambda {

// InvalidRequestContentException when an invocation's payload is no JSON, in the words of the parser that AWS uses for
// what is wrong at the beginning (a bare word, a stray character, a key without quotation marks); else in ours.
Result<void> check_payload(std::string_view payload);

}  // namespace cumulet::lambda
