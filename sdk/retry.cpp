#include "sdk/retry.hpp"

#include <algorithm>
#include <array>

#include "sdk/errors.hpp"

namespace cumulet::sdk {
namespace {

constexpr int kRetryCost = 5, kTimeoutCost = 10, kSuccess = 1;
constexpr std::array<std::string_view, 14> kThrottling = {"Throttling",
                                                          "ThrottlingException",
                                                          "ThrottledException",
                                                          "SlowDown",
                                                          "TooManyRequestsException",
                                                          "ProvisionedThroughputExceededException",
                                                          "RequestThrottled",
                                                          "RequestLimitExceeded",
                                                          "RequestThrottledException",
                                                          "LimitExceededException",
                                                          "BandwidthLimitExceeded",
                                                          "TransactionInProgressException",
                                                          "PriorRequestNotComplete",
                                                          "EC2ThrottledException"};
constexpr std::array<std::string_view, 6> kTransient = {"RequestTimeout",     "RequestTimeoutException",
                                                        "InternalError",      "InternalFailure",
                                                        "ServiceUnavailable", "InternalServerError"};

}  // namespace

Retryable classify(const Error& error) {
  if (error.is(kTimedOut)) return Retryable::timeout;
  if (error.is(kConnectFailed) || error.is(kConnectionLost)) return Retryable::transient;
  const auto has = [&](const auto& codes) {
    return std::find(codes.begin(), codes.end(), error.code()) != codes.end();
  };
  // IAM and Step Functions use this code for a count that is full: waiting does not help.
  if (error.code() == "LimitExceededException" && error.status() == 409) return Retryable::no;
  if (has(kThrottling) || error.status() == 429) return Retryable::throttling;
  if (has(kTransient)) return Retryable::transient;
  switch (error.status()) {
    case 500:
    case 502:
    case 503:
    case 504: return Retryable::transient;
    default: return Retryable::no;
  }
}

int RetryQuota::take(Retryable why) {
  const int cost = why == Retryable::timeout ? kTimeoutCost : kRetryCost;
  std::lock_guard lock(mutex_);
  if (left_ < cost) return 0;
  left_ -= cost;
  return cost;
}

void RetryQuota::give_back(int taken) {
  std::lock_guard lock(mutex_);
  left_ = std::min(capacity_, left_ + std::max(taken, kSuccess));
}

int RetryQuota::left() const {
  std::lock_guard lock(mutex_);
  return left_;
}

Milliseconds backoff(int retries_so_far, Random& random) {
  const std::int64_t ceiling = std::min<std::int64_t>(std::int64_t{1} << std::min(retries_so_far, 10), 20) * 1000;
  return Milliseconds{static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(ceiling + 1))};
}

}  // namespace cumulet::sdk
