#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cumulet::gateway {

// A value as it is at the moment of asking.
struct Gauge {
  std::string name;  // "cumulet_queue_messages"
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

// What GET /_cumulet/metrics shows: of the requests how many by service, operation and status, and how long they took;
// and what others measure.
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

  // Asked at each text(), on the thread that asks for it. Gauges of one name come together.
  void add_gauges(std::function<std::vector<Gauge>()> measure);

  // Prometheus text exposition format 0.0.4.
  std::string text() const;

 private:
  class OperationSeries;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cumulet::gateway
