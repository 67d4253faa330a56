#pragma once
#include <string>
#include <string_view>

#include "base/time.hpp"

// Trace ids as AWS X-Ray forms them: what follows from one another carries the same one.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
namespace cumulet {

// The root of an X-Amzn-Trace-Id ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=…;Sampled=1"), a bare root too.
// Empty when there is none or it is not of that form.
std::string_view trace_root(std::string_view header);

// The root of what begins with something of a name of its own (a request id, an execution's ARN): the same again for
// the same name and second, so that nobody needs to store it.
std::string derived_trace_root(TimePoint began, std::string_view name);

}  // namespace cumulet
