#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace cumulet::gateway {

// What GET /_cumulet/metrics shows of the requests: how many by service, operation and status, and how long they took.
// Thread-safe to read; each Series is written from one thread.
class RequestMetrics {
 public:
  RequestMetrics();
  ~RequestMetrics();

  // The figures of one operation, looked up once and kept.
  class Series {
   public:
    virtual ~Series() = default;
    virtual void record(int status, std::chrono::nanoseconds took) = 0;
  };
  std::unique_ptr<Series> series(std::string_view service, std::string_view operation);

  // Prometheus text exposition format 0.0.4.
  std::string text() const;

 private:
  class OperationSeries;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cumulet::gateway
