#include "services/iam/managed_policies.hpp"

#include <algorithm>
#include <array>

#include "aws/wire/codec.hpp"
#include "base/arn.hpp"
#include "base/text.hpp"

namespace cumulet::iam {
namespace {

// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html: those that roles of serverless
// applications carry.
constexpr auto kManagedPolicies = std::to_array<ManagedPolicy>({
    {"AdministratorAccess", "/"},
    {"PowerUserAccess", "/"},
    {"ReadOnlyAccess", "/"},
    {"IAMFullAccess", "/"},
    {"IAMReadOnlyAccess", "/"},
    {"AmazonS3FullAccess", "/"},
    {"AmazonS3ReadOnlyAccess", "/"},
    {"AmazonSQSFullAccess", "/"},
    {"AmazonSQSReadOnlyAccess", "/"},
    {"AmazonSNSFullAccess", "/"},
    {"AmazonSNSReadOnlyAccess", "/"},
    {"AmazonDynamoDBFullAccess", "/"},
    {"AmazonDynamoDBReadOnlyAccess", "/"},
    {"AmazonRekognitionFullAccess", "/"},
    {"AmazonRekognitionReadOnlyAccess", "/"},
    {"AmazonEC2FullAccess", "/"},
    {"AmazonEC2ReadOnlyAccess", "/"},
    {"AmazonEC2ContainerRegistryFullAccess", "/"},
    {"AmazonEC2ContainerRegistryPowerUser", "/"},
    {"AmazonEC2ContainerRegistryReadOnly", "/"},
    {"AmazonSSMReadOnlyAccess", "/"},
    {"AmazonSSMFullAccess", "/"},
    {"AmazonSSMManagedInstanceCore", "/"},
    {"AmazonEventBridgeFullAccess", "/"},
    {"AmazonKinesisFullAccess", "/"},
    {"AmazonTranscribeFullAccess", "/"},
    {"AmazonAPIGatewayInvokeFullAccess", "/"},
    {"AmazonAPIGatewayAdministrator", "/"},
    {"AmazonVPCFullAccess", "/"},
    {"AWSStepFunctionsFullAccess", "/"},
    {"AWSStepFunctionsReadOnlyAccess", "/"},
    {"AWSStepFunctionsConsoleFullAccess", "/"},
    {"AWSLambda_FullAccess", "/"},
    {"AWSLambda_ReadOnlyAccess", "/"},
    {"AWSLambdaExecute", "/"},
    {"AWSLambdaInvocation-DynamoDB", "/"},
    {"AWSXRayDaemonWriteAccess", "/"},
    {"AWSXrayWriteOnlyAccess", "/"},
    {"AWSXrayFullAccess", "/"},
    {"AWSCloudFormationFullAccess", "/"},
    {"AWSCloudFormationReadOnlyAccess", "/"},
    {"CloudWatchFullAccess", "/"},
    {"CloudWatchFullAccessV2", "/"},
    {"CloudWatchReadOnlyAccess", "/"},
    {"CloudWatchLogsFullAccess", "/"},
    {"CloudWatchLogsReadOnlyAccess", "/"},
    {"CloudWatchEventsFullAccess", "/"},
    {"CloudWatchAgentServerPolicy", "/"},
    {"CloudWatchLambdaInsightsExecutionRolePolicy", "/"},
    {"SecretsManagerReadWrite", "/"},
    {"AWSLambdaBasicExecutionRole", "/service-role/"},
    {"AWSLambdaDynamoDBExecutionRole", "/service-role/"},
    {"AWSLambdaKinesisExecutionRole", "/service-role/"},
    {"AWSLambdaSQSQueueExecutionRole", "/service-role/"},
    {"AWSLambdaMSKExecutionRole", "/service-role/"},
    {"AWSLambdaVPCAccessExecutionRole", "/service-role/"},
    {"AWSLambdaENIManagementAccess", "/service-role/"},
    {"AWSLambdaRole", "/service-role/"},
    {"AmazonAPIGatewayPushToCloudWatchLogs", "/service-role/"},
    {"AmazonECSTaskExecutionRolePolicy", "/service-role/"},
    {"AmazonEC2ContainerServiceforEC2Role", "/service-role/"},
    {"AmazonRekognitionServiceRole", "/service-role/"},
    {"CloudWatchEventsInvocationAccess", "/service-role/"},
    {"ViewOnlyAccess", "/job-function/"},
    {"SystemAdministrator", "/job-function/"},
});

}  // namespace

std::span<const ManagedPolicy> managed_policies() { return kManagedPolicies; }

Result<void> check_policy_arn(std::string_view arn) {
  const auto parsed = Arn::parse(arn);
  const bool is_account =
      parsed && parsed->account.size() == 12 && std::all_of(parsed->account.begin(), parsed->account.end(), is_digit);
  if (parsed && parsed->service == "iam" && parsed->region.empty() && (is_account || parsed->account == "aws") &&
      parsed->resource.starts_with("policy/"))
    return {};
  return Error{wire::kValidationException, "Invalid ARN:  Could not be parsed!"};
}

std::optional<ManagedPolicy> managed_policy(std::string_view arn) {
  constexpr std::string_view kPrefix = "arn:aws:iam::aws:policy";
  if (!arn.starts_with(kPrefix)) return std::nullopt;
  const std::string_view rest = arn.substr(kPrefix.size());  // "/service-role/Name"
  for (const auto& policy : kManagedPolicies)
    if (rest.size() == policy.path.size() + policy.name.size() && rest.starts_with(policy.path) &&
        rest.ends_with(policy.name))
      return policy;
  return std::nullopt;
}

}  // namespace cumulet::iam
