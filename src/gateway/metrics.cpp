#include "gateway/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <vector>

namespace cumulet::gateway {

struct RequestMetrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests =
      prometheus::BuildCounter().Name("cumulet_requests_total").Help("Requests answered").Register(registry);
  prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                             .Name("cumulet_request_duration_seconds")
                                                             .Help("From the request's head to its answer")
                                                             .Register(registry);
  std::vector<std::function<std::vector<Gauge>()>> measures;
};

class RequestMetrics::OperationSeries final : public RequestMetrics::Series {
 public:
  OperationSeries(Impl& impl, std::string_view service, std::string_view operation)
      : impl_(impl), service_(service), operation_(operation) {}

  void record(int status, std::chrono::nanoseconds took) override {
    counter(status).Increment();
    if (histogram_ == nullptr) {
      static const prometheus::Histogram::BucketBoundaries kBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                                   0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5,
                                                                   5,      10,      30,     60,    300,    900};
      histogram_ = &impl_.durations.Add({{"service", service_}, {"operation", operation_}}, kBounds);
    }
    histogram_->Observe(std::chrono::duration<double>(took).count());
  }

 private:
  prometheus::Counter& counter(int status) {
    for (const auto& [known, counter] : by_status_)
      if (known == status) return *counter;
    auto& added =
        impl_.requests.Add({{"service", service_}, {"operation", operation_}, {"status", std::to_string(status)}});
    by_status_.emplace_back(status, &added);
    return added;
  }

  Impl& impl_;
  std::string service_;
  std::string operation_;
  std::vector<std::pair<int, prometheus::Counter*>> by_status_;
  prometheus::Histogram* histogram_ = nullptr;
};

RequestMetrics::RequestMetrics() : impl_(std::make_unique<Impl>()) {}
RequestMetrics::~RequestMetrics() = default;

std::unique_ptr<RequestMetrics::Series> RequestMetrics::series(std::string_view service, std::string_view operation) {
  return std::make_unique<OperationSeries>(*impl_, service, operation);
}

void RequestMetrics::add_gauges(std::function<std::vector<Gauge>()> measure) {
  impl_->measures.push_back(std::move(measure));
}

std::string RequestMetrics::text() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  for (const auto& measure : impl_->measures) {
    for (const Gauge& gauge : measure()) {
      auto family = std::find_if(families.begin(), families.end(),
                                 [&](const prometheus::MetricFamily& known) { return known.name == gauge.name; });
      if (family == families.end()) {
        family = families.emplace(families.end());
        family->name = gauge.name;
        family->help = gauge.help;
        family->type = prometheus::MetricType::Gauge;
      }
      prometheus::ClientMetric& metric = family->metric.emplace_back();
      metric.gauge.value = gauge.value;
      for (const auto& [name, value] : gauge.labels) metric.label.push_back({name, value});
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace cumulet::gateway
