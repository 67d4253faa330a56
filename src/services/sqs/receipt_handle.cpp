#include "services/sqs/receipt_handle.hpp"

#include <cstring>

#include "base/encoding.hpp"

namespace cumulet::sqs {
namespace {

constexpr std::size_t kBytes = 28;
constexpr std::size_t kSealBytes = 17;  // makes 45 bytes, 60 characters without padding

template <class T>
void put(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <class T>
T get(std::string_view& in) {
  T value;
  std::memcpy(&value, in.data(), sizeof value);
  in.remove_prefix(sizeof value);
  return value;
}

}  // namespace

std::string ReceiptHandles::seal(std::string_view bytes) const {
  return hmac_sha256(key_, bytes).substr(0, kSealBytes);
}

std::string ReceiptHandles::issue(std::int64_t queue, std::int64_t message, std::int32_t receives) const {
  std::string bytes;
  bytes.reserve(kBytes + kSealBytes);
  put(bytes, queue);
  put(bytes, message);
  put(bytes, receives);
  put(bytes, run_);
  bytes += seal(bytes);
  return base64_encode(bytes);
}

std::optional<ReceiptHandle> ReceiptHandles::read(std::string_view text) const {
  if (text.size() != (kBytes + kSealBytes) / 3 * 4) return std::nullopt;
  const auto bytes = base64_decode(text);
  if (!bytes || bytes->size() != kBytes + kSealBytes) return std::nullopt;
  std::string_view rest = *bytes;
  if (seal(rest.substr(0, kBytes)) != rest.substr(kBytes)) return std::nullopt;
  ReceiptHandle handle;
  handle.queue = get<std::int64_t>(rest);
  handle.message = get<std::int64_t>(rest);
  handle.receives = get<std::int32_t>(rest);
  handle.run = get<std::uint64_t>(rest);
  return handle;
}

}  // namespace cumulet::sqs
