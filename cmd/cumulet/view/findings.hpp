#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

// What the engine's read API (docs/read-api.md) tells, put together for people. Pure but for the port.
namespace cumulet::view {

// GET below /_cumulet/v1/: path and query to document.
using ReadApi = std::function<Result<json::value>(const std::string& path)>;

// Items of a list, page after page, `most` at most. `path` may have a query already.
Result<json::array> read_all(const ReadApi& api, const std::string& path, std::string_view list, std::size_t most);

// The text as a value of a URL's query.
std::string query_text(std::string_view text);

// What failed and is alike, once, with how often. From rows of the journal, in any order:
//   executions  {machine, execution (ARN), time, outcome, error, cause}
//   functions   {function, error, message, count, time, request}
//   messages    {queue, function, error, count, messages, time, message}: batches of a mapping that failed; `count` is of
//               deliveries, `messages` of messages, `message` the one that came oftenest, `most` how often
//   deadLetters {queue, deadLetterQueue, count, time, message}
//   uploads     {bucket, key, time, why}: that matched no trigger, where the bucket has any
//   filtered    {queue, count, time, why}
//   dropped     {target, count, time, why}: notifications
//   requests    {operation, error, message, count, time, request}
// Each list's newest comes first; `time` is the newest of what is counted.
json::object findings(const json::array& failures, const json::array& unmatched);

// Whether any list of findings() holds something.
bool is_clean(const json::object& findings);

// "RequestId: 3f0c… Error: Task timed out" without what only machines want.
std::string without_request_id(std::string_view message);

// "code: sentence" in its parts; without a colon all is the sentence.
struct Told {
  std::string error, message;
};
Told told(std::string_view detail);

// The part behind the last colon of an ARN.
std::string last_part(std::string_view arn);

}  // namespace cumulet::view
