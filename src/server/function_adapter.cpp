#include "server/function_adapter.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>

#include "base/json.hpp"
#include "base/log.hpp"

namespace cumulet::server {
namespace {

constexpr Seconds kPackageUrlLifetime{600};

std::string_view type_name(states::Invocation::Type type) {
  switch (type) {
    case states::Invocation::Type::event: return "Event";
    case states::Invocation::Type::dry_run: return "DryRun";
    default: return "RequestResponse";
  }
}

}  // namespace

void StatesFunctions::invoke(states::Invocation invocation, Done done) {
  lambda::InvokeCall call;
  call.region = std::move(invocation.region);
  call.request.function_name = std::move(invocation.function);
  if (!invocation.qualifier.empty()) call.request.qualifier = std::move(invocation.qualifier);
  call.request.invocation_type = std::string(type_name(invocation.type));
  if (invocation.tail_log) call.request.log_type = "Tail";
  if (!invocation.client_context.empty()) call.request.client_context = std::move(invocation.client_context);
  call.request.payload = wire::Blob{std::move(invocation.payload)};
  call.request_id = uuid4(random_);
  call.trace_id = std::move(invocation.trace);
  lambda_.invoke(call, [request_id = call.request_id, done = std::move(done)](Result<lambda::InvokeResponse> response) {
    if (!response.ok()) {
      done(std::move(response).error().with("RequestId", request_id));
      return;
    }
    states::InvocationResult result;
    result.status = response->status_code;
    if (response->executed_version) result.executed_version = std::move(*response->executed_version);
    result.payload = std::move(response->payload.bytes);
    result.function_error = response->function_error.has_value();
    result.request_id = request_id;
    result.log_result = std::move(response->log_result);
    done(std::move(result));
  });
}

std::string package_url(const wire::CallContext& context, const std::optional<auth::KnownKey>& key,
                        const std::string& code_id) {
  http::RequestHead head;
  head.method = "GET";
  head.target = "/_cumulet/packages/" + code_id + ".zip";
  if (!key) return context.endpoint + head.target;
  head.headers.add("Host", context.endpoint.substr(context.endpoint.find("//") + 2));
  const auth::Scope scope{basic_date(context.received), context.region, "cumulet"};
  return context.endpoint + auth::presign(head, key->credentials, scope, kPackageUrlLifetime, context.received,
                                          auth::path_style(scope.service));
}

http::Response package_page(const lambda::Lambda& lambda, const http::RequestHead& head) {
  http::Response response;
  response.status = 404;
  std::string_view id = head.raw_path();
  id.remove_prefix(id.rfind('/') + 1);
  if (!id.ends_with(".zip")) return response;
  id.remove_suffix(4);
  // Ids are random names the engine gave; whatever else stands here never becomes a path.
  const bool is_name =
      !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  if (!is_name) return response;
  const int fd = ::open(lambda.store().package_file(std::string(id)).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return response;
  auto file = std::make_shared<http::OpenFile>(fd);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return response;
  response.status = 200;
  response.headers.add("Content-Type", "application/zip");
  std::vector<http::Piece> pieces;
  pieces.emplace_back(http::FileRange{std::move(file), 0, static_cast<std::uint64_t>(info.st_size)});
  response.body = http::Body(std::move(pieces));
  return response;
}

}  // namespace cumulet::server
