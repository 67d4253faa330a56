#include "gateway/body.hpp"

#include <algorithm>

#include "aws/auth/digest.hpp"
#include "aws/auth/verified_body.hpp"
#include "base/awaitable.hpp"
#include "gateway/signer.hpp"

namespace cumulet::gateway {
namespace {

constexpr ErrorKind kRequestTooLarge{"RequestEntityTooLargeException", 413};

constexpr std::size_t kSmallBody = 256 * 1024;  // not counted: the place of small requests is never taken by large ones

std::shared_ptr<http::BodyStream> borrowed(http::BodyStream& stream) {
  return {std::shared_ptr<http::BodyStream>(), &stream};
}

std::optional<std::uint64_t> decoded_length(const http::RequestHead& head) {
  const auto announced = head.headers.get("x-amz-decoded-content-length");
  if (!announced) return head.content_length;
  std::uint64_t length = 0;
  for (const char c : *announced) {
    if (c < '0' || c > '9' || length > (1ull << 53)) return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length;
}

Error too_large(const Call& call, std::size_t limit) {
  const wire::ServiceDescriptor* service = call.service();
  if (service != nullptr && service->body_too_large != nullptr) return service->body_too_large(limit);
  std::string text = "Request must be smaller than " + std::to_string(limit) + " bytes";
  if (call.operation() != nullptr) text += " for the " + std::string(call.operation()->name) + " operation";
  return Error{kRequestTooLarge, std::move(text)};
}

}  // namespace

Error too_busy(const Call& call) {
  return refusal_on(call.identity.protocol,
                    Error{kServiceUnavailable, "Too many requests are being worked on. Please try again."});
}

void Bodies::attach_stream(Call& call) const {
  auto trailers = std::make_shared<http::Headers>();
  call.context.trailers = trailers;
  if (call.head.chunked || call.head.content_length.value_or(0) > 0 || call.head.headers.has("x-amz-content-sha256"))
    call.stream.stream = auth::verified_body(
        borrowed(call.raw_body), call.authorization(), call.head, call.caller.credentials,
        [trailers](std::string name, std::string value) { trailers->add(std::move(name), std::move(value)); },
        workers_);
  call.stream.length = decoded_length(call.head);
}

awaitable<Result<void>> Bodies::buffer(Call& call) {
  const auth::Authorization& authorization = call.authorization();
  const bool signs_body = call.caller.credentials && authorization.needs_body_hash;
  if (!signs_body) CUMULET_CO_CHECK(verify_signature(call, {}));
  std::shared_ptr<http::BodyStream> stream = borrowed(call.raw_body);
  if (!authorization.needs_body_hash) {
    stream = auth::verified_body(
        std::move(stream), authorization, call.head, call.caller.credentials, [](std::string, std::string) {},
        workers_);
  }
  const wire::ServiceDescriptor* service = call.service();
  const std::size_t limit =
      service != nullptr && service->buffered_body_bytes > 0 ? service->buffered_body_bytes : limits_.buffered;
  if (call.head.content_length.value_or(0) > limit) co_return too_large(call, limit);
  // Room grows as bytes arrive: what a head announces is only a claim.
  call.body.reserve(std::min<std::uint64_t>(call.head.content_length.value_or(0), kHeavyBody));
  while (true) {
    Result<std::string_view> piece = co_await stream->read();
    if (!piece.ok()) co_return refusal_on(call.identity.protocol, std::move(piece).error());
    if (piece->empty()) break;
    if (call.body.size() + piece->size() > limit) co_return too_large(call, limit);
    if (call.body.size() + piece->size() > kSmallBody) {
      if (!call.body_part) call.body_part.emplace(buffered_);
      if (!call.body_part->grow(piece->size(), limits_.all_buffered)) co_return too_busy(call);
    }
    call.body += *piece;
  }
  if (!signs_body) co_return Result<void>{};
  std::string hash;
  if (call.body.size() < kHeavyBody) {
    hash = auth::sha256_hex(call.body);
  } else {
    std::function<Result<void>()> hashing = [&]() -> Result<void> {
      hash = auth::sha256_hex(call.body);
      return {};
    };
    CUMULET_CO_CHECK(co_await run_on(workers_, std::move(hashing)));
  }
  co_return verify_signature(call, hash);
}

awaitable<Result<void>> Bodies::check(const Call& call) const {
  const auto& rule = call.service()->check_body;
  if (!rule || call.identity.operation->is_streaming) co_return Result<void>{};
  std::function<Result<void>()> work = [&] { return rule(call.head, call.operation()->name, call.body); };
  if (call.body.size() < kHeavyBody) co_return work();
  co_return co_await run_on(workers_, std::move(work));
}

}  // namespace cumulet::gateway
