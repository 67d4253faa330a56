#include "asl/json_path.hpp"
#include "fuzz/fuzz.hpp"

using namespace cumulet;

CUMULET_FUZZ(bytes) {
  if (bytes.size() > 512) return;
  const auto path = asl::JsonPath::compile(bytes);
  if (!path.ok()) return;
  static const json::value document = *json::parse(
      R"({"a":{"b":[1,2,{"c":"x"},null,true]},"list":[{"id":1,"n":"a"},{"id":2,"n":"b"}],"é":{"":0},"n":[3,1,2.5]})");
  (void)path->select(document);
  json::value copy = document;
  const bool assigned = path->is_reference() && path->assign(copy, json::value(7));
  if (assigned && !path->is_root()) {
    const auto found = path->select(copy);
    CUMULET_HOLDS(found && found.value() == json::value(7));
  }
}
