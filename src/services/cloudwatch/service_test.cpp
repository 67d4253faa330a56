#include "services/cloudwatch/service.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/ids.hpp"
#include "base/manual_time.hpp"
#include "services/cloudwatch/errors.hpp"

namespace cumulet::cloudwatch {
namespace {

class CloudWatchTest : public ::testing::Test {
 protected:
  CloudWatchTest() {
    folder_ = std::filesystem::temp_directory_path() / ("cumulet-cloudwatch-" + uuid4());
    std::filesystem::create_directories(folder_);
    database_ = std::move(storage::Database::open(folder_ / "state.db", storage::Durability::ephemeral)).value();
    sums_ = std::make_unique<events::Sums>(*database_, time_, time_);
    EXPECT_TRUE(sums_->load().ok());
    context_.region = "us-east-1";
  }
  ~CloudWatchTest() override {
    sums_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }
  void add(const std::string& function, const std::string& metric, double value) {
    sums_->add({"us-east-1", "AWS/Lambda", metric, "FunctionName", function}, value);
  }
  CloudWatch service() { return CloudWatch(Dependencies{*sums_, time_}); }
  GetMetricStatisticsRequest statistics(std::vector<std::string> wanted, int period = 60) {
    GetMetricStatisticsRequest request;
    request.name_space = "AWS/Lambda";
    request.metric_name = "Duration";
    request.dimensions = {{"FunctionName", "f"}};
    request.start_time = start_;
    request.end_time = time_.now() + Seconds{60};
    request.period = period;
    request.statistics = std::move(wanted);
    return request;
  }
  MetricDataQuery query(std::string id, std::string stat, int period = 60) {
    MetricDataQuery one;
    one.id = std::move(id);
    one.metric_stat.emplace();
    one.metric_stat->metric.name_space = "AWS/Lambda";
    one.metric_stat->metric.metric_name = "Duration";
    one.metric_stat->metric.dimensions = {{"FunctionName", "f"}};
    one.metric_stat->period = period;
    one.metric_stat->stat = std::move(stat);
    return one;
  }
  GetMetricDataRequest data(std::vector<MetricDataQuery> queries) {
    GetMetricDataRequest request;
    request.queries = std::move(queries);
    request.start_time = start_;
    request.end_time = time_.now() + Seconds{60};
    return request;
  }

  std::filesystem::path folder_;
  ManualTime time_;
  const TimePoint start_ = time_.now();
  wire::CallContext context_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<events::Sums> sums_;
};

TEST_F(CloudWatchTest, StatisticsOfMinutesAndLongerPeriods) {
  for (const double value : {10.0, 20.0, 60.0}) add("f", "Duration", value);
  time_.advance(Seconds{60});
  add("f", "Duration", 5);
  const auto all =
      service().get_metric_statistics(context_, statistics({"SampleCount", "Average", "Sum", "Minimum", "Maximum"}));
  ASSERT_TRUE(all.ok()) << all.error().message();
  EXPECT_EQ(all->label, "Duration");
  ASSERT_EQ(all->datapoints.size(), 2u);
  const Datapoint& first = all->datapoints[0];
  EXPECT_EQ(first.timestamp, start_);
  EXPECT_EQ(first.sample_count, 3);
  EXPECT_EQ(first.average, 30);
  EXPECT_EQ(first.sum, 90);
  EXPECT_EQ(first.minimum, 10);
  EXPECT_EQ(first.maximum, 60);
  EXPECT_EQ(first.unit, "Milliseconds");
  const auto longer = service().get_metric_statistics(context_, statistics({"Sum"}, 300));
  ASSERT_EQ(longer->datapoints.size(), 1u);
  EXPECT_EQ(longer->datapoints[0].sum, 95);
  EXPECT_FALSE(longer->datapoints[0].average);
  auto in_bytes = statistics({"Sum"});
  in_bytes.unit = "Bytes";
  EXPECT_TRUE(service().get_metric_statistics(context_, in_bytes)->datapoints.empty());
}

TEST_F(CloudWatchTest, StatisticsThatCannotBe) {
  const auto code = [&](GetMetricStatisticsRequest request) {
    const auto answered = service().get_metric_statistics(context_, request);
    return answered.ok() ? std::string() : std::string(answered.error().code());
  };
  EXPECT_EQ(code(statistics({"Median"})), kInvalidParameterValue.code);
  EXPECT_EQ(code(statistics({})), kInvalidParameterCombination.code);
  EXPECT_EQ(code(statistics({"Sum"}, 90)), kInvalidParameterValue.code);
  auto backwards = statistics({"Sum"});
  backwards.end_time = backwards.start_time;
  EXPECT_EQ(code(backwards), kInvalidParameterValue.code);
  auto long_one = statistics({"Sum"});
  long_one.end_time = start_ + std::chrono::hours(25);
  EXPECT_EQ(code(long_one), kInvalidParameterCombination.code);
  auto percentile = statistics({});
  percentile.extended_statistics = {"p99"};
  EXPECT_EQ(code(percentile), kInvalidParameterValue.code);
}

TEST_F(CloudWatchTest, DataOfSeveralQueries) {
  add("f", "Duration", 10);
  time_.advance(Seconds{60});
  add("f", "Duration", 30);
  auto hidden = query("hidden", "Sum");
  hidden.return_data = false;
  auto labelled = query("b", "Maximum", 120);
  labelled.label = "longest";
  const auto newest_first = service().get_metric_data(context_, data({query("a", "Sum"), labelled, hidden}));
  ASSERT_TRUE(newest_first.ok()) << newest_first.error().message();
  ASSERT_EQ(newest_first->results.size(), 2u);
  EXPECT_EQ(newest_first->results[0].id, "a");
  EXPECT_EQ(newest_first->results[0].label, "Duration");
  EXPECT_EQ(newest_first->results[0].values, (std::vector<double>{30, 10}));
  EXPECT_EQ(newest_first->results[0].timestamps, (std::vector{start_ + Seconds{60}, start_}));
  EXPECT_EQ(newest_first->results[0].status_code, "Complete");
  EXPECT_EQ(newest_first->results[1].label, "longest");
  EXPECT_EQ(newest_first->results[1].values, (std::vector<double>{30}));
  auto request = data({query("a", "Sum")});
  request.scan_by = "TimestampAscending";
  EXPECT_EQ(service().get_metric_data(context_, request)->results[0].values, (std::vector<double>{10, 30}));
}

TEST_F(CloudWatchTest, DataThatCannotBe) {
  const auto refused = [&](MetricDataQuery one) {
    const auto answered = service().get_metric_data(context_, data({std::move(one)}));
    return !answered.ok() && answered.error().is(kValidationError);
  };
  auto math = query("a", "Sum");
  math.metric_stat.reset();
  math.expression = "SUM(METRICS())";
  EXPECT_TRUE(refused(math));
  EXPECT_TRUE(refused(query("Upper", "Sum")));
  EXPECT_TRUE(refused(query("a", "p99")));
  EXPECT_TRUE(refused(query("a", "Sum", 61)));
  EXPECT_FALSE(service().get_metric_data(context_, data({query("a", "Sum"), query("a", "Sum")})).ok());
  auto again = data({query("a", "Sum")});
  again.next_token = "x";
  EXPECT_TRUE(service().get_metric_data(context_, again).error().is(kInvalidNextToken));
}

TEST_F(CloudWatchTest, AMetricWithoutDimensionsIsThatOfAllFunctions) {
  add("f", "Duration", 10);
  add("g", "Duration", 30);
  auto request = statistics({"Sum", "Maximum"});
  request.dimensions.clear();
  const auto all = service().get_metric_statistics(context_, request);
  ASSERT_EQ(all->datapoints.size(), 1u);
  EXPECT_EQ(all->datapoints[0].sum, 40);
  EXPECT_EQ(all->datapoints[0].maximum, 30);
}

TEST_F(CloudWatchTest, ListsWhatThereIs) {
  for (int i = 0; i < 600; ++i) add("f" + std::to_string(i), "Invocations", 1);
  add("f1", "Errors", 0);
  ListMetricsRequest request;
  request.name_space = "AWS/Lambda";
  const auto first = service().list_metrics(context_, request);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->metrics.size(), 500u);
  ASSERT_TRUE(first->next_token);
  request.next_token = first->next_token;
  const auto second = service().list_metrics(context_, request);
  EXPECT_EQ(second->metrics.size(), 101u);
  EXPECT_FALSE(second->next_token);
  request.next_token = "rubbish";
  EXPECT_TRUE(service().list_metrics(context_, request).error().is(kInvalidParameterValue));
  request.next_token.reset();
  request.dimensions = {{"FunctionName", "f1"}};
  EXPECT_EQ(service().list_metrics(context_, request)->metrics.size(), 2u);
  request.metric_name = "Errors";
  const auto one = service().list_metrics(context_, request);
  ASSERT_EQ(one->metrics.size(), 1u);
  EXPECT_EQ(one->metrics[0].dimensions[0].value, "f1");
  context_.region = "eu-west-1";
  EXPECT_TRUE(service().list_metrics(context_, {})->metrics.empty());
}

}  // namespace
}  // namespace cumulet::cloudwatch
