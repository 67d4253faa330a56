#include "fuzz/fuzz.hpp"
#include "fuzz/shapes.hpp"

using namespace cumulet;

// The form body, and the same bytes as a request target for the router.
CUMULET_FUZZ(bytes) {
  const auto value = fuzzing::decoded(wire::Protocol::query, bytes);
  if (value.ok()) (void)fuzzing::encoded(wire::Protocol::query, *value);

  static const wire::ServiceDescriptor service = [] {
    wire::ServiceDescriptor s;
    for (const std::string_view uri :
         {"/", "/{Bucket}", "/{Bucket}?list-type=2", "/{Bucket}/{Key+}", "/{Bucket}/{Key+}?uploadId&partNumber",
          "/2015-03-31/functions/{FunctionName}/invocations"}) {
      wire::Operation op;
      op.name = uri;
      op.uri = uri;
      s.operations.push_back(std::move(op));
    }
    return s;
  }();
  const auto mark = bytes.find('?');
  const auto query = wire::parse_query(mark == std::string_view::npos ? std::string_view{} : bytes.substr(mark + 1));
  if (query.ok() && bytes.starts_with('/')) (void)wire::match_route(service, "POST", bytes.substr(0, mark), *query, {});
}
