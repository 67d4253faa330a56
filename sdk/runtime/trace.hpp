#pragma once
#include <string>

namespace cumulet::sdk {

// The X-Amzn-Trace-Id of the invocation that this process works on, or did last; empty before the first. A client sends it along, as
// AWS's do, so that what a function sets off can be told to follow from its invocation. Thread-safe.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
std::string current_trace();
void set_current_trace(std::string header);

}  // namespace cumulet::sdk
