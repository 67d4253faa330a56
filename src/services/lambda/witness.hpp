#pragma once
#include <string>
#include <string_view>

#include "events/observers.hpp"
#include "services/lambda/environments.hpp"
#include "services/lambda/report.hpp"

namespace cumulet::lambda {

// Tells the observers what functions do: live records, a journal row for each invocation, CloudWatch's figures.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
class Witness {
 public:
  Witness(events::Observers observers, const Clock& clock) : to_(observers), clock_(clock) {}

  // `in_flight`: invocations of the function, whatever version, that run or wait, this one included.
  void accepted(const FunctionVersion& version, int in_flight) const;
  void throttled(std::string_view region, std::string_view function, std::string_view request_id) const;
  void ended(const FunctionVersion& version, const InvocationJob& job, const InvocationOutcome& outcome,
             const Report& report) const;
  // `state`: as events::Environment has it.
  void environment(const FunctionVersion& version, const std::string& id, std::string_view state,
                   std::string_view request_id) const;
  // A call that no function saw the end of: it was refused.
  void refused(std::string_view function, std::string_view request_id, const Error& error,
               std::string_view trace) const;

 private:
  events::Observers to_;
  const Clock& clock_;
};

// "errorType: errorMessage" of an error document, or its beginning.
std::string error_sentence(std::string_view document);

}  // namespace cumulet::lambda
