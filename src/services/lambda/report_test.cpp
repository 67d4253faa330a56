#include "services/lambda/report.hpp"

#include <gtest/gtest.h>

namespace cumulet::lambda {
namespace {

constexpr std::string_view kId = "8f5cd2d5-0000-4000-8000-000000000001";

TEST(Report, LinesAsLambdaWritesThem) {
  EXPECT_EQ(start_line(kId, "$LATEST"), "START RequestId: 8f5cd2d5-0000-4000-8000-000000000001 Version: $LATEST\n");
  EXPECT_EQ(end_line(kId), "END RequestId: 8f5cd2d5-0000-4000-8000-000000000001\n");
  Report report;
  report.request_id = kId;
  report.milliseconds = 12.339;
  report.max_memory_bytes = 30u << 20;
  EXPECT_EQ(report_line(report),
            "REPORT RequestId: 8f5cd2d5-0000-4000-8000-000000000001\tDuration: 12.34 ms\tBilled Duration: 13 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 30 MB\t\n");
  report.init_milliseconds = 5.01;
  EXPECT_EQ(report_line(report),
            "REPORT RequestId: 8f5cd2d5-0000-4000-8000-000000000001\tDuration: 12.34 ms\tBilled Duration: 18 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 30 MB\tInit Duration: 5.01 ms\t\n");
  report.init_milliseconds.reset();
  report.milliseconds = 3000;
  report.status = "timeout";
  EXPECT_EQ(report_line(report),
            "REPORT RequestId: 8f5cd2d5-0000-4000-8000-000000000001\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t"
            "Memory Size: 128 MB\tMax Memory Used: 30 MB\tStatus: timeout\t\n");
}

TEST(Report, ErrorDocuments) {
  EXPECT_EQ(
      timeout_document(kId, 3),
      "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: 8f5cd2d5-0000-4000-8000-000000000001 Error: "
      "Task timed out after 3.00 seconds\"}");
  const runtime::Failure exit{"Runtime.ExitError", "Runtime exited with error: exit status 1", {}};
  EXPECT_EQ(
      failure_document(kId, exit),
      "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: 8f5cd2d5-0000-4000-8000-000000000001 Error: "
      "Runtime exited with error: exit status 1\"}");
  EXPECT_EQ(failure_lines(kId, exit),
            "RequestId: 8f5cd2d5-0000-4000-8000-000000000001 Error: Runtime exited with error: exit status "
            "1\nRuntime.ExitError\n");
  EXPECT_EQ(timeout_line(from_millis(0), kId, 3),
            "1970-01-01T00:00:00.000Z 8f5cd2d5-0000-4000-8000-000000000001 Task timed out after 3.00 seconds\n\n");
}

}  // namespace
}  // namespace cumulet::lambda
