#pragma once
#include <optional>
#include <string>
#include <vector>

#include "aws/wire/shape.hpp"

// Shapes of Amazon CloudWatch's metrics, API version 2010-08-01.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Operations.html
namespace cumulet::cloudwatch {

using wire::member;
using wire::structure;

struct Dimension {
  std::string name, value;

  static wire::Shape shape() {
    return structure("Dimension", {member<&Dimension::name>("Name").required().range(1, 255),
                                   member<&Dimension::value>("Value").required().range(1, 1024)});
  }
};
struct DimensionFilter {
  std::string name;
  std::optional<std::string> value;

  static wire::Shape shape() {
    return structure("DimensionFilter", {member<&DimensionFilter::name>("Name").required().range(1, 255),
                                         member<&DimensionFilter::value>("Value").range(1, 1024)});
  }
};
struct Metric {
  std::optional<std::string> name_space, metric_name;
  std::vector<Dimension> dimensions;

  static wire::Shape shape() {
    return structure("Metric", {member<&Metric::name_space>("Namespace").range(1, 255),
                                member<&Metric::metric_name>("MetricName").range(1, 255),
                                member<&Metric::dimensions>("Dimensions").range(0, 30)});
  }
};

struct ListMetricsRequest {
  std::optional<std::string> name_space, metric_name, next_token, recently_active;
  std::vector<DimensionFilter> dimensions;

  static wire::Shape shape() {
    static constexpr std::string_view kRecently[] = {"PT3H"};
    return structure("ListMetricsInput",
                     {member<&ListMetricsRequest::name_space>("Namespace").range(1, 255),
                      member<&ListMetricsRequest::metric_name>("MetricName").range(1, 255),
                      member<&ListMetricsRequest::dimensions>("Dimensions").range(0, 10),
                      member<&ListMetricsRequest::next_token>("NextToken"),
                      member<&ListMetricsRequest::recently_active>("RecentlyActive").one_of(kRecently)});
  }
};
struct ListMetricsResponse {
  std::vector<Metric> metrics;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("ListMetricsOutput", {member<&ListMetricsResponse::metrics>("Metrics"),
                                           member<&ListMetricsResponse::next_token>("NextToken")});
  }
};

struct GetMetricStatisticsRequest {
  std::string name_space, metric_name;
  std::vector<Dimension> dimensions;
  TimePoint start_time, end_time;
  int period = 60;  // seconds
  std::vector<std::string> statistics, extended_statistics;
  std::optional<std::string> unit;

  static wire::Shape shape() {
    return structure("GetMetricStatisticsInput",
                     {member<&GetMetricStatisticsRequest::name_space>("Namespace").required().range(1, 255),
                      member<&GetMetricStatisticsRequest::metric_name>("MetricName").required().range(1, 255),
                      member<&GetMetricStatisticsRequest::dimensions>("Dimensions").range(0, 30),
                      member<&GetMetricStatisticsRequest::start_time>("StartTime").required(),
                      member<&GetMetricStatisticsRequest::end_time>("EndTime").required(),
                      member<&GetMetricStatisticsRequest::period>("Period").required().at_least(1),
                      member<&GetMetricStatisticsRequest::statistics>("Statistics").range(0, 5),
                      member<&GetMetricStatisticsRequest::extended_statistics>("ExtendedStatistics").range(0, 10),
                      member<&GetMetricStatisticsRequest::unit>("Unit")});
  }
};
struct Datapoint {
  TimePoint timestamp;
  std::optional<double> sample_count, average, sum, minimum, maximum;
  std::string unit;

  static wire::Shape shape() {
    return structure(
        "Datapoint",
        {member<&Datapoint::timestamp>("Timestamp"), member<&Datapoint::sample_count>("SampleCount"),
         member<&Datapoint::average>("Average"), member<&Datapoint::sum>("Sum"), member<&Datapoint::minimum>("Minimum"),
         member<&Datapoint::maximum>("Maximum"), member<&Datapoint::unit>("Unit")});
  }
};
struct GetMetricStatisticsResponse {
  std::string label;
  std::vector<Datapoint> datapoints;

  static wire::Shape shape() {
    return structure("GetMetricStatisticsOutput", {member<&GetMetricStatisticsResponse::label>("Label"),
                                                   member<&GetMetricStatisticsResponse::datapoints>("Datapoints")});
  }
};

struct MetricStat {
  Metric metric;
  int period = 60;  // seconds
  std::string stat;
  std::optional<std::string> unit;

  static wire::Shape shape() {
    return structure("MetricStat", {member<&MetricStat::metric>("Metric").required(),
                                    member<&MetricStat::period>("Period").required().at_least(1),
                                    member<&MetricStat::stat>("Stat").required(), member<&MetricStat::unit>("Unit")});
  }
};
struct MetricDataQuery {
  std::string id;
  std::optional<MetricStat> metric_stat;
  std::optional<std::string> expression, label, account_id;
  std::optional<bool> return_data;
  std::optional<int> period;

  static wire::Shape shape() {
    return structure(
        "MetricDataQuery",
        {member<&MetricDataQuery::id>("Id").required().range(1, 255),
         member<&MetricDataQuery::metric_stat>("MetricStat"),
         member<&MetricDataQuery::expression>("Expression").range(1, 2048), member<&MetricDataQuery::label>("Label"),
         member<&MetricDataQuery::return_data>("ReturnData"), member<&MetricDataQuery::period>("Period").at_least(1),
         member<&MetricDataQuery::account_id>("AccountId").range(1, 255)});
  }
};
struct GetMetricDataRequest {
  std::vector<MetricDataQuery> queries;
  TimePoint start_time, end_time;
  std::optional<std::string> next_token, scan_by;
  std::optional<int> max_datapoints;

  static wire::Shape shape() {
    static constexpr std::string_view kOrders[] = {"TimestampAscending", "TimestampDescending"};
    return structure("GetMetricDataInput",
                     {member<&GetMetricDataRequest::queries>("MetricDataQueries").required().range(1, 500),
                      member<&GetMetricDataRequest::start_time>("StartTime").required(),
                      member<&GetMetricDataRequest::end_time>("EndTime").required(),
                      member<&GetMetricDataRequest::next_token>("NextToken"),
                      member<&GetMetricDataRequest::scan_by>("ScanBy").one_of(kOrders),
                      member<&GetMetricDataRequest::max_datapoints>("MaxDatapoints").range(1, 100'800)});
  }
};
struct MetricDataResult {
  std::string id, label;
  std::vector<TimePoint> timestamps;
  std::vector<double> values;
  std::string status_code;

  static wire::Shape shape() {
    return structure("MetricDataResult",
                     {member<&MetricDataResult::id>("Id"), member<&MetricDataResult::label>("Label"),
                      member<&MetricDataResult::timestamps>("Timestamps"), member<&MetricDataResult::values>("Values"),
                      member<&MetricDataResult::status_code>("StatusCode")});
  }
};
struct GetMetricDataResponse {
  std::vector<MetricDataResult> results;
  std::optional<std::string> next_token;

  static wire::Shape shape() {
    return structure("GetMetricDataOutput", {member<&GetMetricDataResponse::results>("MetricDataResults"),
                                             member<&GetMetricDataResponse::next_token>("NextToken")});
  }
};

}  // namespace cumulet::cloudwatch
