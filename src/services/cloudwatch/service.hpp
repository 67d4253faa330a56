#pragma once
#include "aws/wire/operation.hpp"
#include "events/sums.hpp"
#include "services/cloudwatch/model.hpp"

namespace cumulet::cloudwatch {

struct Dependencies {
  const events::Sums& sums;
  const Clock& clock;
};

// CloudWatch's metrics, read only: what the engine adds up by the minute (events::Sums), under the names that AWS has
// for it. Periods are multiples of a minute; no percentiles, no metric math, no metrics of one's own.
class CloudWatch {
 public:
  // What is referred to outlives the service.
  explicit CloudWatch(Dependencies with) : sums_(with.sums), clock_(with.clock) {}

  Result<ListMetricsResponse> list_metrics(const wire::CallContext&, const ListMetricsRequest&);
  Result<GetMetricStatisticsResponse> get_metric_statistics(const wire::CallContext&,
                                                            const GetMetricStatisticsRequest&);
  Result<GetMetricDataResponse> get_metric_data(const wire::CallContext&, const GetMetricDataRequest&);

 private:
  // Sums of `period` seconds each over [from, to), in order; those without a value are left out.
  Result<std::vector<events::Sum>> periods(const std::string& region, const std::string& name_space,
                                           const std::string& metric, const std::vector<Dimension>& dimensions,
                                           TimePoint from, TimePoint to, int period) const;

  const events::Sums& sums_;
  const Clock& clock_;
};

// `service` must outlive the descriptor.
wire::ServiceDescriptor describe(CloudWatch& service);

}  // namespace cumulet::cloudwatch
