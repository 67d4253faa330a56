#include "sdk/services.hpp"

#include <algorithm>
#include <array>

namespace cumulet::sdk {
namespace {

constexpr std::array kServices = {
    ServiceInfo{"s3", "S3", Protocol::rest_xml, {}, "2006-03-01"},
    ServiceInfo{"lambda", "Lambda", Protocol::rest_json, {}, "2015-03-31"},
    ServiceInfo{"states", "SFN", Protocol::json, "AWSStepFunctions", "1.0"},
    ServiceInfo{"rekognition", "Rekognition", Protocol::json, "RekognitionService", "1.1"},
    ServiceInfo{"logs", "CloudWatch Logs", Protocol::json, "Logs_20140328", "1.1"},
    ServiceInfo{"sqs", "SQS", Protocol::json, "AmazonSQS", "1.0"},
    ServiceInfo{"ecr", "ECR", Protocol::json, "AmazonEC2ContainerRegistry_V20150921", "1.1"},
    ServiceInfo{"ssm", "SSM", Protocol::json, "AmazonSSM", "1.1"},
    ServiceInfo{"events", "EventBridge", Protocol::json, "AWSEvents", "1.1"},
    ServiceInfo{"dynamodb", "DynamoDB", Protocol::json, "DynamoDB_20120810", "1.0"},
    ServiceInfo{"sts", "STS", Protocol::query, {}, "2011-06-15"},
    ServiceInfo{"iam", "IAM", Protocol::query, {}, "2010-05-08", "us-east-1"},
    ServiceInfo{"cloudformation", "CloudFormation", Protocol::query, {}, "2010-05-15"},
    ServiceInfo{"cumulet", "Cumulet", Protocol::rest_json, {}, "1"},  // the engine's own pages, below /_cumulet/
    ServiceInfo{"sns", "SNS", Protocol::query, {}, "2010-03-31"},
};

}  // namespace

const ServiceInfo* find_service(std::string_view name) {
  const auto found =
      std::find_if(kServices.begin(), kServices.end(), [&](const auto& one) { return one.name == name; });
  return found == kServices.end() ? nullptr : &*found;
}

}  // namespace cumulet::sdk
