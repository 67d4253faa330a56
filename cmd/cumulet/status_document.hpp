#pragma once
#include "base/json.hpp"
#include "cmd/cumulet/session.hpp"
#include "cmd/cumulet/view/findings.hpp"

namespace cumulet::cli {

// The engine's read API, asked with the session's keys.
view::ReadApi read_api_of(Session& session);

// All that `cumulet status` tells. `since_text` ("24h") is how far back failures are looked for, `since` the same as a
// time. fail()s when the engine does not answer. Members: engine, since, failures (view/findings.hpp, and
// "stuck": {queue, message, count, time, deadLetterQueue}), stacks, functions, queues, mappings, machines, jobs.
json::object status_document(Session& session, TimePoint since, const std::string& since_text);

// "90s", "10m", "2h", "1d" back from `now`, or an ISO 8601 time; fail()s when it is neither. `option`: "--since".
TimePoint since_time(const std::string& text, TimePoint now, const std::string& option);

}  // namespace cumulet::cli
