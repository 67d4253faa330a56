#include "base/arn.hpp"
#include "base/time.hpp"
#include "fuzz/fuzz.hpp"
#include "services/iam/policy_document.hpp"
#include "services/lambda/function_name.hpp"
#include "services/lambda/layer_name.hpp"
#include "services/states/names.hpp"

using namespace cumulet;

// ARNs, names and page tokens as callers write them, dates, and policy documents.
CUMULET_FUZZ(bytes) {
  if (const auto arn = Arn::parse(bytes)) CUMULET_HOLDS(Arn::parse(arn->text()) == arn);
  if (const auto name = lambda::FunctionName::parse(bytes, "us-east-1"); name.ok()) {
    const auto again = lambda::FunctionName::parse(name->qualified_arn(), name->region);
    CUMULET_HOLDS(again.ok() && again->name == name->name && again->qualifier == name->qualifier);
  }
  if (const auto layer = lambda::LayerVersionName::parse(bytes)) {
    const std::string arn = lambda::layer_arn(layer->region, layer->name) + ':' + std::to_string(layer->number);
    const auto again = lambda::LayerVersionName::parse(arn);
    CUMULET_HOLDS(again && again->name == layer->name && again->number == layer->number);
  }
  for (const auto check : {states::check_machine_arn, states::check_execution_arn})
    if (const auto arn = check(bytes); arn.ok()) CUMULET_HOLDS(arn->service == "states");
  (void)states::check_name(bytes);
  (void)states::page_position(bytes);
  CUMULET_HOLDS(states::page_position(states::page_token(bytes)).ok() || bytes.empty());

  (void)parse_http_date(bytes);
  (void)parse_iso8601_basic(bytes);

  (void)iam::check_trust_policy(bytes);
  (void)iam::check_permission_policy(bytes, iam::PolicyUse::managed);
  (void)iam::check_permission_policy(bytes, iam::PolicyUse::inline_);
  CUMULET_HOLDS(iam::counted_size(bytes) <= bytes.size());
}
