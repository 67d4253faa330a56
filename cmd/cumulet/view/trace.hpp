#pragma once
#include <string>

#include "base/json.hpp"
#include "cmd/cumulet/view/findings.hpp"
#include "base/time.hpp"
#include "cmd/cumulet/view/text.hpp"

namespace cumulet::view {

// One upload, message, execution or request through every hop.
//
// `subject`: "s3://BUCKET/KEY", a message's id, an execution's name or ARN, a request's id, a trace's id. The answer:
// {"subject", "rows": [the journal's rows, the oldest first]}; what begins without a trace of its own (a message that
// was sent without one) brings all the traces that it became part of. Errors: kNothingKnown, saying what is near.
inline constexpr ErrorKind kNothingKnown{"NothingKnown", 404};
Result<json::object> trace_document(const ReadApi& api, const std::string& subject);

// ARNs of the executions that the rows tell of, each once.
std::vector<std::string> executions_of(const json::object& trace);

// Rows like the journal's of an execution's history (GetExecutionHistory's events): each state that was entered, and
// what failed in it.
json::array history_rows(const std::string& execution_arn, const json::array& events);

// Puts rows to those of the trace, by time.
void add_rows(json::object& trace, json::array rows);

// Whether something of it goes on: an execution that has no end yet, an event that waits for its function, a message that
// is in a queue.
bool goes_on(const json::object& trace);
// Whether it ended badly: an upload that no trigger matched, or anything that failed and was not made good.
bool has_failed(const json::object& trace);

std::string trace_text(const json::object& trace, const Paint& paint);

}  // namespace cumulet::view
