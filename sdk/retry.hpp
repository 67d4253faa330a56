#pragma once
#include <mutex>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

// AWS's "standard" retry mode: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
namespace cumulet::sdk {

enum class Retryable { no, transient, timeout, throttling };
// By code, else by HTTP status (500, 502, 503, 504, 429).
Retryable classify(const Error& error);

// What all calls of a client together may spend on retries: 500 tokens; a retry takes 5 (10 after a timeout), a
// success gives back what its last retry took, or 1. Thread-safe.
class RetryQuota {
 public:
  explicit RetryQuota(int capacity = 500) : capacity_(capacity), left_(capacity) {}
  // The price taken, 0 when there is not enough.
  int take(Retryable why);
  void give_back(int taken);
  int left() const;

 private:
  mutable std::mutex mutex_;
  int capacity_, left_;
};

// How long to wait before the next attempt: a random part of min(2^n, 20) seconds, n = 0 before the second attempt.
Milliseconds backoff(int retries_so_far, Random& random);

}  // namespace cumulet::sdk
