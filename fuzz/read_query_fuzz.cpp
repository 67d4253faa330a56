#include "base/encoding.hpp"
#include "base/trace.hpp"
#include "base/utf8.hpp"
#include "fuzz/fuzz.hpp"
#include "readapi/query.hpp"

using namespace cumulet;

// The read API's parameters; all of it as a trace header; all of it as a text that has to become valid.
CUMULET_FUZZ(bytes) {
  const auto root = trace_root(bytes);
  CUMULET_HOLDS(root.empty() || (root.size() == 35 && trace_root(root) == root));
  CUMULET_HOLDS(is_valid_utf8(with_valid_utf8(bytes)));
  CUMULET_HOLDS(cut_utf8(bytes, 16).size() <= 16);
  auto query = readapi::Query::parse(bytes);
  if (!query.ok()) return;
  const auto limit = query->number("limit", 1, 1000);
  CUMULET_HOLDS(!limit.ok() || !*limit || (**limit >= 1 && **limit <= 1000));
  (void)query->time("since");
  CUMULET_HOLDS(is_valid_utf8(query->text("what")));
  (void)query->check_rest();
}
