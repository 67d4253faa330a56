#include "fuzz/fuzz.hpp"
#include "services/logs/chunk.hpp"
#include "services/logs/filter_pattern.hpp"

using namespace cumulet;

// First line: the pattern; the rest: a message. And all of it as a stored chunk.
CUMULET_FUZZ(bytes) {
  for (const auto& event : logs::unpack(bytes, 1)) CUMULET_HOLDS(event.message.size() <= bytes.size());
  const auto end = bytes.find('\n');
  const auto pattern = logs::FilterPattern::parse(bytes.substr(0, end));
  if (!pattern.ok()) return;
  (void)pattern->matches(end == std::string_view::npos ? std::string_view{} : bytes.substr(end + 1));
  (void)pattern->matches(R"({"level":"ERROR","code":500,"list":[{"id":1}],"nothing":null,"yes":true})");
}
