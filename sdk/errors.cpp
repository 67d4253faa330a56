#include "sdk/errors.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace cumulet::sdk {
namespace {

constexpr std::size_t kMostKinds = 2000;
constexpr std::size_t kLongestCode = 200;

const ErrorKind& kind_of(std::string_view code, int status) {
  struct Kept {
    std::string code;
    ErrorKind kind;
  };
  static std::mutex mutex;
  static std::map<std::pair<std::string, int>, std::unique_ptr<Kept>> kinds;
  static constexpr ErrorKind kUnknown{"UnknownError", 500};
  if (code.empty() || code.size() > kLongestCode) return kUnknown;
  std::lock_guard lock(mutex);
  auto& kept = kinds[{std::string(code), status}];
  if (!kept) {
    if (kinds.size() > kMostKinds) {
      kinds.erase({std::string(code), status});
      return kUnknown;
    }
    kept = std::make_unique<Kept>();
    kept->code = code;
    kept->kind = ErrorKind{kept->code, status};
  }
  return kept->kind;
}

}  // namespace

Error service_error(std::string_view code, std::string message, int status, std::string_view request_id) {
  Error error(kind_of(code, status), std::move(message));
  if (request_id.empty()) return error;
  return std::move(error).with("RequestId", std::string(request_id));
}

}  // namespace cumulet::sdk
