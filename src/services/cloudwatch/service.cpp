#include "services/cloudwatch/service.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/encoding.hpp"
#include "services/cloudwatch/errors.hpp"

namespace cumulet::cloudwatch {
namespace {

constexpr int kMetricsAPage = 500;
constexpr int kMostSeries = 1'000;               // added up for a metric without dimensions
constexpr std::int64_t kMostDatapoints = 1'440;  // of GetMetricStatistics
constexpr std::int64_t kMostValues = 100'800;    // of GetMetricData
constexpr std::string_view kStatistics[] = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"};

bool is_statistic(std::string_view name) {
  return std::find(std::begin(kStatistics), std::end(kStatistics), name) != std::end(kStatistics);
}

double value_of(const events::Sum& sum, std::string_view statistic) {
  if (statistic == "SampleCount") return sum.count;
  if (statistic == "Average") return sum.count > 0 ? sum.sum / sum.count : 0;
  if (statistic == "Minimum") return sum.smallest;
  if (statistic == "Maximum") return sum.largest;
  return sum.sum;
}

std::string unit_of(std::string_view metric) {
  return metric == "Duration" || metric == "ExecutionTime" ? "Milliseconds" : "Count";
}

// A metric has another unit than was asked for: there is no data of it.
bool has_unit(std::string_view metric, const std::optional<std::string>& asked) {
  return !asked || *asked == unit_of(metric);
}

Result<void> check_times(TimePoint start, TimePoint end, const ErrorKind& kind) {
  if (start >= end) return Error{kind, "The parameter StartTime must be less than the parameter EndTime."};
  return {};
}

Result<void> check_period(int period, const ErrorKind& kind) {
  if (period % 60 != 0)
    return Error{kind, "The parameter Period must be a multiple of 60 here: sums are kept by the minute."};
  return {};
}

TimePoint begin_of(TimePoint at, int period) {
  const std::int64_t length = static_cast<std::int64_t>(period) * 1000;
  const std::int64_t millis = to_millis(at);
  return from_millis(millis - ((millis % length) + length) % length);
}

// A token is the last series of the page before, its parts in base64.
std::string token_of(const events::Series& last) {
  std::string text;
  for (const auto* part : {&last.region, &last.name_space, &last.metric, &last.dimension, &last.dimension_value}) {
    text += *part;
    text += '\0';
  }
  return base64_encode(text);
}

std::optional<events::Series> series_of(const std::string& token) {
  const auto text = base64_decode(token);
  if (!text) return std::nullopt;
  events::Series out;
  std::string_view rest = *text;
  for (auto* part : {&out.region, &out.name_space, &out.metric, &out.dimension, &out.dimension_value}) {
    const auto end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    *part = rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  if (!rest.empty()) return std::nullopt;
  return out;
}

bool fits(const events::Series& series, const std::vector<DimensionFilter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const DimensionFilter& filter) {
    return filter.name == series.dimension && (!filter.value || *filter.value == series.dimension_value);
  });
}

}  // namespace

Result<ListMetricsResponse> CloudWatch::list_metrics(const wire::CallContext& context,
                                                     const ListMetricsRequest& request) {
  std::optional<events::Series> after;
  if (request.next_token) {
    after = series_of(*request.next_token);
    if (!after) return Error{kInvalidParameterValue, "The value for parameter NextToken is invalid."};
  }
  events::SeriesFilter filter;
  filter.region = context.region;
  filter.name_space = request.name_space.value_or("");
  filter.metric = request.metric_name.value_or("");
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
  filter.active_since = clock_.now() - (request.recently_active ? Milliseconds{std::chrono::hours(3)}
                                                                : Milliseconds{std::chrono::hours(14 * 24)});
  ListMetricsResponse out;
  // Dimensions are compared here: a page may come of several.
  while (true) {
    CUMULET_TRY(const auto found, sums_.list(filter, after, kMetricsAPage + 1));
    for (const events::Series& one : found) {
      if (!fits(one, request.dimensions)) continue;
      if (out.metrics.size() == kMetricsAPage) {
        out.next_token = token_of(*after);
        return out;
      }
      Metric& metric = out.metrics.emplace_back();
      metric.name_space = one.name_space;
      metric.metric_name = one.metric;
      if (!one.dimension.empty()) metric.dimensions.push_back({one.dimension, one.dimension_value});
      after = one;
    }
    if (static_cast<int>(found.size()) <= kMetricsAPage) return out;
    after = found.back();
  }
}

Result<std::vector<events::Sum>> CloudWatch::periods(const std::string& region, const std::string& name_space,
                                                     const std::string& metric,
                                                     const std::vector<Dimension>& dimensions, TimePoint from,
                                                     TimePoint to, int period) const {
  std::vector<events::Sum> out;
  if (dimensions.size() > 1) return out;  // nothing here has two
  std::vector<events::Series> series;
  if (!dimensions.empty()) {
    series.push_back({region, name_space, metric, dimensions.front().name, dimensions.front().value});
  } else if (name_space == "AWS/Lambda") {  // of all functions together, as on AWS
    events::SeriesFilter filter;
    filter.region = region;
    filter.name_space = name_space;
    filter.metric = metric;
    CUMULET_TRY(series, sums_.list(filter, std::nullopt, kMostSeries));
  }
  std::map<TimePoint, events::Sum> by_period;
  for (const events::Series& one : series) {
    CUMULET_TRY(const auto minutes, sums_.read(one, begin_of(from, period), to));
    for (const events::Sum& minute : minutes) {
      events::Sum& sum = by_period[begin_of(minute.at, period)];
      sum.add(minute);
    }
  }
  for (auto& [at, sum] : by_period) {
    sum.at = at;
    out.push_back(sum);
  }
  return out;
}

Result<GetMetricStatisticsResponse> CloudWatch::get_metric_statistics(const wire::CallContext& context,
                                                                      const GetMetricStatisticsRequest& request) {
  CUMULET_CHECK(check_times(request.start_time, request.end_time, kInvalidParameterValue));
  CUMULET_CHECK(check_period(request.period, kInvalidParameterValue));
  if (!request.extended_statistics.empty())
    return Error{kInvalidParameterValue, "Percentiles (ExtendedStatistics) are not kept here."};
  if (request.statistics.empty())
    return Error{kInvalidParameterCombination,
                 "At least one of the parameters Statistics and ExtendedStatistics must be specified."};
  for (const std::string& statistic : request.statistics)
    if (!is_statistic(statistic))
      return Error{kInvalidParameterValue, "The value " + statistic + " for parameter Statistics is not supported."};
  const std::int64_t asked = (to_millis(request.end_time) - to_millis(request.start_time)) / 1000 / request.period;
  if (asked > kMostDatapoints)
    return Error{kInvalidParameterCombination,
                 "You have requested up to " + std::to_string(asked) +
                     " datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by "
                     "increasing Period, or decreasing the time range."};
  GetMetricStatisticsResponse out;
  out.label = request.metric_name;
  if (!has_unit(request.metric_name, request.unit)) return out;
  CUMULET_TRY(const auto found, periods(context.region, request.name_space, request.metric_name, request.dimensions,
                                        request.start_time, request.end_time, request.period));
  const auto asks = [&](std::string_view statistic) {
    return std::find(request.statistics.begin(), request.statistics.end(), statistic) != request.statistics.end();
  };
  for (const events::Sum& sum : found) {
    Datapoint& point = out.datapoints.emplace_back();
    point.timestamp = sum.at;
    point.unit = unit_of(request.metric_name);
    if (asks("SampleCount")) point.sample_count = value_of(sum, "SampleCount");
    if (asks("Average")) point.average = value_of(sum, "Average");
    if (asks("Sum")) point.sum = value_of(sum, "Sum");
    if (asks("Minimum")) point.minimum = value_of(sum, "Minimum");
    if (asks("Maximum")) point.maximum = value_of(sum, "Maximum");
  }
  return out;
}

// Everything fits one page: what would not is refused.
Result<GetMetricDataResponse> CloudWatch::get_metric_data(const wire::CallContext& context,
                                                          const GetMetricDataRequest& request) {
  CUMULET_CHECK(check_times(request.start_time, request.end_time, kValidationError));
  if (request.next_token) return Error{kInvalidNextToken, "The next token specified is invalid."};
  std::set<std::string_view> ids;
  std::int64_t asked = 0;
  for (const MetricDataQuery& query : request.queries) {
    const bool is_id =
        query.id[0] >= 'a' && query.id[0] <= 'z' && std::all_of(query.id.begin(), query.id.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        });
    if (!is_id)
      return Error{kValidationError, "The value " + query.id +
                                         " for the parameter MetricDataQueries.member.Id is not matching the expected "
                                         "pattern ^[a-z][a-zA-Z0-9_]*$."};
    if (!ids.insert(query.id).second) return Error{kValidationError, "The id " + query.id + " is used more than once."};
    if (query.expression)
      return Error{kValidationError, "Metric math and search expressions are not implemented (" + query.id + ")."};
    if (!query.metric_stat || !query.metric_stat->metric.metric_name || !query.metric_stat->metric.name_space)
      return Error{kValidationError, "The query " + query.id + " must name a metric (MetricStat)."};
    CUMULET_CHECK(check_period(query.metric_stat->period, kValidationError));
    if (!is_statistic(query.metric_stat->stat))
      return Error{kValidationError, "The statistic " + query.metric_stat->stat + " is not kept here."};
    asked += (to_millis(request.end_time) - to_millis(request.start_time)) / 1000 / query.metric_stat->period + 1;
  }
  if (asked > request.max_datapoints.value_or(static_cast<int>(kMostValues)) + static_cast<std::int64_t>(ids.size()))
    return Error{kValidationError,
                 "You have requested up to " + std::to_string(asked) +
                     " datapoints, which exceeds the limit. Increase Period, or decrease the time range."};
  GetMetricDataResponse out;
  for (const MetricDataQuery& query : request.queries) {
    if (!query.return_data.value_or(true)) continue;
    const MetricStat& stat = *query.metric_stat;
    MetricDataResult& result = out.results.emplace_back();
    result.id = query.id;
    result.label = query.label.value_or(*stat.metric.metric_name);
    result.status_code = "Complete";
    if (!has_unit(*stat.metric.metric_name, stat.unit)) continue;
    CUMULET_TRY(auto found, periods(context.region, *stat.metric.name_space, *stat.metric.metric_name,
                                    stat.metric.dimensions, request.start_time, request.end_time, stat.period));
    // AWS's order where none is asked for.
    if (request.scan_by.value_or("TimestampDescending") == "TimestampDescending")
      std::reverse(found.begin(), found.end());
    for (const events::Sum& sum : found) {
      result.timestamps.push_back(sum.at);
      result.values.push_back(value_of(sum, stat.stat));
    }
  }
  return out;
}

}  // namespace cumulet::cloudwatch
