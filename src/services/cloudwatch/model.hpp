#pragma once
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Amazon CloudWatch's metrics, API version 2010-08-01.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html
namespace cumulet::cloudwatch {

struct Dimension {
  std::string name, value;
};
struct DimensionFilter {
  std::string name;
  std::optional<std::string> value;
};
struct Metric {
  std::optional<std::string> name_space, metric_name;
  std::vector<Dimension> dimensions;
};

struct ListMetricsRequest {
  std::optional<std::string> name_space, metric_name, next_token, recently_active;
  std::vector<DimensionFilter> dimensions;
};
struct ListMetricsResponse {
  std::vector<Metric> metrics;
  std::optional<std::string> next_token;
};

struct GetMetricStatisticsRequest {
  std::string name_space, metric_name;
  std::vector<Dimension> dimensions;
  TimePoint start_time, end_time;
  int period = 60;  // seconds
  std::vector<std::string> statistics, extended_statistics;
  std::optional<std::string> unit;
};
struct Datapoint {
  TimePoint timestamp;
  std::optional<double> sample_count, average, sum, minimum, maximum;
  std::string unit;
};
struct GetMetricStatisticsResponse {
  std::string label;
  std::vector<Datapoint> datapoints;
};

struct MetricStat {
  Metric metric;
  int period = 60;  // seconds
  std::string stat;
  std::optional<std::string> unit;
};
struct MetricDataQuery {
  std::string id;
  std::optional<MetricStat> metric_stat;
  std::optional<std::string> expression, label, account_id;
  std::optional<bool> return_data;
  std::optional<int> period;
};
struct GetMetricDataRequest {
  std::vector<MetricDataQuery> queries;
  TimePoint start_time, end_time;
  std::optional<std::string> next_token, scan_by;
  std::optional<int> max_datapoints;
};
struct MetricDataResult {
  std::string id, label;
  std::vector<TimePoint> timestamps;
  std::vector<double> values;
  std::string status_code;
};
struct GetMetricDataResponse {
  std::vector<MetricDataResult> results;
  std::optional<std::string> next_token;
};

}  // namespace cumulet::cloudwatch

namespace cumulet::wire {

template <>
struct Describe<cloudwatch::Dimension> {
  static Shape shape() {
    using T = cloudwatch::Dimension;
    return structure("Dimension", {member<&T::name>("Name").required().range(1, 255),
                                   member<&T::value>("Value").required().range(1, 1024)});
  }
};
template <>
struct Describe<cloudwatch::DimensionFilter> {
  static Shape shape() {
    using T = cloudwatch::DimensionFilter;
    return structure("DimensionFilter",
                     {member<&T::name>("Name").required().range(1, 255), member<&T::value>("Value").range(1, 1024)});
  }
};
template <>
struct Describe<cloudwatch::Metric> {
  static Shape shape() {
    using T = cloudwatch::Metric;
    return structure("Metric", {member<&T::name_space>("Namespace").range(1, 255),
                                member<&T::metric_name>("MetricName").range(1, 255),
                                member<&T::dimensions>("Dimensions").range(0, 30)});
  }
};
template <>
struct Describe<cloudwatch::ListMetricsRequest> {
  static Shape shape() {
    using T = cloudwatch::ListMetricsRequest;
    static constexpr std::string_view kRecently[] = {"PT3H"};
    return structure(
        "ListMetricsInput",
        {member<&T::name_space>("Namespace").range(1, 255), member<&T::metric_name>("MetricName").range(1, 255),
         member<&T::dimensions>("Dimensions").range(0, 10), member<&T::next_token>("NextToken"),
         member<&T::recently_active>("RecentlyActive").one_of(kRecently)});
  }
};
template <>
struct Describe<cloudwatch::ListMetricsResponse> {
  static Shape shape() {
    using T = cloudwatch::ListMetricsResponse;
    return structure("ListMetricsOutput", {member<&T::metrics>("Metrics"), member<&T::next_token>("NextToken")});
  }
};
template <>
struct Describe<cloudwatch::GetMetricStatisticsRequest> {
  static Shape shape() {
    using T = cloudwatch::GetMetricStatisticsRequest;
    return structure("GetMetricStatisticsInput",
                     {member<&T::name_space>("Namespace").required().range(1, 255),
                      member<&T::metric_name>("MetricName").required().range(1, 255),
                      member<&T::dimensions>("Dimensions").range(0, 30), member<&T::start_time>("StartTime").required(),
                      member<&T::end_time>("EndTime").required(), member<&T::period>("Period").required().at_least(1),
                      member<&T::statistics>("Statistics").range(0, 5),
                      member<&T::extended_statistics>("ExtendedStatistics").range(0, 10), member<&T::unit>("Unit")});
  }
};
template <>
struct Describe<cloudwatch::Datapoint> {
  static Shape shape() {
    using T = cloudwatch::Datapoint;
    return structure("Datapoint",
                     {member<&T::timestamp>("Timestamp"), member<&T::sample_count>("SampleCount"),
                      member<&T::average>("Average"), member<&T::sum>("Sum"), member<&T::minimum>("Minimum"),
                      member<&T::maximum>("Maximum"), member<&T::unit>("Unit")});
  }
};
template <>
struct Describe<cloudwatch::GetMetricStatisticsResponse> {
  static Shape shape() {
    using T = cloudwatch::GetMetricStatisticsResponse;
    return structure("GetMetricStatisticsOutput", {member<&T::label>("Label"), member<&T::datapoints>("Datapoints")});
  }
};
template <>
struct Describe<cloudwatch::MetricStat> {
  static Shape shape() {
    using T = cloudwatch::MetricStat;
    return structure("MetricStat",
                     {member<&T::metric>("Metric").required(), member<&T::period>("Period").required().at_least(1),
                      member<&T::stat>("Stat").required(), member<&T::unit>("Unit")});
  }
};
template <>
struct Describe<cloudwatch::MetricDataQuery> {
  static Shape shape() {
    using T = cloudwatch::MetricDataQuery;
    return structure("MetricDataQuery",
                     {member<&T::id>("Id").required().range(1, 255), member<&T::metric_stat>("MetricStat"),
                      member<&T::expression>("Expression").range(1, 2048), member<&T::label>("Label"),
                      member<&T::return_data>("ReturnData"), member<&T::period>("Period").at_least(1),
                      member<&T::account_id>("AccountId").range(1, 255)});
  }
};
template <>
struct Describe<cloudwatch::GetMetricDataRequest> {
  static Shape shape() {
    using T = cloudwatch::GetMetricDataRequest;
    static constexpr std::string_view kOrders[] = {"TimestampAscending", "TimestampDescending"};
    return structure("GetMetricDataInput",
                     {member<&T::queries>("MetricDataQueries").required().range(1, 500),
                      member<&T::start_time>("StartTime").required(), member<&T::end_time>("EndTime").required(),
                      member<&T::next_token>("NextToken"), member<&T::scan_by>("ScanBy").one_of(kOrders),
                      member<&T::max_datapoints>("MaxDatapoints").range(1, 100'800)});
  }
};
template <>
struct Describe<cloudwatch::MetricDataResult> {
  static Shape shape() {
    using T = cloudwatch::MetricDataResult;
    return structure("MetricDataResult",
                     {member<&T::id>("Id"), member<&T::label>("Label"), member<&T::timestamps>("Timestamps"),
                      member<&T::values>("Values"), member<&T::status_code>("StatusCode")});
  }
};
template <>
struct Describe<cloudwatch::GetMetricDataResponse> {
  static Shape shape() {
    using T = cloudwatch::GetMetricDataResponse;
    return structure("GetMetricDataOutput",
                     {member<&T::results>("MetricDataResults"), member<&T::next_token>("NextToken")});
  }
};

}  // namespace cumulet::wire
