#include "cloudformation/sam_policies.hpp"

#include <algorithm>
#include <array>

namespace cumulet::cloudformation {
namespace {

constexpr std::array kServiceRolePolicies{
    std::string_view("AWSLambdaBasicExecutionRole"),     std::string_view("AWSLambdaSQSQueueExecutionRole"),
    std::string_view("AWSLambdaVPCAccessExecutionRole"), std::string_view("AWSLambdaDynamoDBExecutionRole"),
    std::string_view("AWSLambdaKinesisExecutionRole"),   std::string_view("AWSLambdaRole")};

// A SAM policy template: which actions on which resources. `parameter` is its one parameter; the resources are texts of
// Fn::Sub in which ${name} is that parameter's value.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
struct PolicyTemplate {
  std::string_view name;
  std::string_view parameter;  // empty: none
  std::vector<std::string_view> actions;
  std::vector<std::string_view> resources;
};

const std::vector<PolicyTemplate>& policy_templates() {
  static const std::vector<std::string_view> bucket{"arn:${AWS::Partition}:s3:::${name}",
                                                    "arn:${AWS::Partition}:s3:::${name}/*"};
  static const std::vector<std::string_view> queue{
      "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${name}"};
  static const std::vector<PolicyTemplate> all{
      {"S3ReadPolicy",
       "BucketName",
       {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObjectVersion", "s3:GetLifecycleConfiguration"},
       bucket},
      {"S3WritePolicy", "BucketName", {"s3:PutObject", "s3:PutObjectAcl", "s3:PutLifecycleConfiguration"}, bucket},
      {"S3CrudPolicy",
       "BucketName",
       {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObjectVersion", "s3:PutObject",
        "s3:PutObjectAcl", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:DeleteObject"},
       bucket},
      {"LambdaInvokePolicy",
       "FunctionName",
       {"lambda:InvokeFunction"},
       {"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${name}*"}},
      {"StepFunctionsExecutionPolicy",
       "StateMachineName",
       {"states:StartExecution"},
       {"arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${name}"}},
      {"SQSPollerPolicy",
       "QueueName",
       {"sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibilityBatch", "sqs:DeleteMessage",
        "sqs:DeleteMessageBatch", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
       queue},
      {"SQSSendMessagePolicy", "QueueName", {"sqs:SendMessage*"}, queue},
      {"RekognitionDetectOnlyPolicy",
       "",
       {"rekognition:DetectFaces", "rekognition:DetectLabels", "rekognition:DetectModerationLabels",
        "rekognition:DetectText"},
       {"*"}},
      {"CloudWatchPutMetricPolicy", "", {"cloudwatch:PutMetricData"}, {"*"}},
  };
  return all;
}

Node sub(std::string text, int line) { return Node::map({{"Fn::Sub", Node::text(std::move(text), line)}}, line); }

Result<Node> document_of(const PolicyTemplate& t, const Node& parameters) {
  const int line = parameters.line;
  for (const auto& [key, value] : parameters.members)
    if (key != t.parameter)
      return template_error(value.line, "the policy template " + std::string(t.name) + " has no parameter " + key);
  const Node* parameter = t.parameter.empty() ? nullptr : parameters.find(t.parameter);
  if (!t.parameter.empty() && !parameter)
    return template_error(line, "the policy template " + std::string(t.name) + " needs " + std::string(t.parameter));
  Node actions = Node::list({}, line);
  for (const auto action : t.actions) actions.items.push_back(Node::text(std::string(action), line));
  Node resources = Node::list({}, line);
  for (const auto resource : t.resources) {
    Node arn = sub(std::string(resource), line);
    if (parameter)
      arn = Node::map(
          {{"Fn::Sub",
            Node::list({Node::text(std::string(resource), line), Node::map({{"name", *parameter}}, line)}, line)}},
          line);
    resources.items.push_back(std::move(arn));
  }
  Node statement = Node::map(
      {{"Effect", Node::text("Allow", line)}, {"Action", std::move(actions)}, {"Resource", std::move(resources)}},
      line);
  return Node::map(
      {{"Version", Node::text("2012-10-17", line)}, {"Statement", Node::list({std::move(statement)}, line)}}, line);
}

}  // namespace

Node managed_policy_arn(std::string_view name, int line) {
  const bool service_role = std::ranges::find(kServiceRolePolicies, name) != kServiceRolePolicies.end();
  return sub(
      "arn:${AWS::Partition}:iam::aws:policy/" + std::string(service_role ? "service-role/" : "") + std::string(name),
      line);
}

Node assume_role_document(std::string_view service, int line) {
  Node principal = Node::map({{"Service", Node::list({Node::text(std::string(service), line)}, line)}}, line);
  Node statement = Node::map({{"Effect", Node::text("Allow", line)},
                              {"Principal", std::move(principal)},
                              {"Action", Node::list({Node::text("sts:AssumeRole", line)}, line)}},
                             line);
  return Node::map(
      {{"Version", Node::text("2012-10-17", line)}, {"Statement", Node::list({std::move(statement)}, line)}}, line);
}

Result<RolePolicies> role_policies(const Node* policies, const std::string& role_id) {
  RolePolicies out;
  if (!policies || policies->is(Node::Kind::null)) return out;
  const std::vector<Node> entries = policies->is(Node::Kind::list) ? policies->items : std::vector<Node>{*policies};
  const auto add_document = [&](Node document) {
    const std::string name = role_id + "Policy" + std::to_string(out.inline_policies.items.size());
    const int line = document.line;
    out.inline_policies.items.push_back(
        Node::map({{"PolicyName", Node::text(name, line)}, {"PolicyDocument", std::move(document)}}, line));
  };
  for (const Node& entry : entries) {
    if (const auto name = as_text(entry)) {
      out.managed_arns.items.push_back(name->starts_with("arn:") ? entry : managed_policy_arn(*name, entry.line));
      continue;
    }
    if (entry.find("Statement")) {
      Node document = entry;
      if (!document.find("Version")) document.set("Version", Node::text("2012-10-17", entry.line));
      add_document(std::move(document));
      continue;
    }
    const auto* only = entry.single();
    if (!only)
      return template_error(entry.line, "an entry of Policies must be a policy's name, ARN, document or template");
    if (only->first == "Ref" || only->first.starts_with("Fn::")) {
      out.managed_arns.items.push_back(entry);
      continue;
    }
    const auto it = std::ranges::find(policy_templates(), only->first, &PolicyTemplate::name);
    if (it == policy_templates().end())
      return template_error(entry.line, "the policy template " + only->first + " is not understood");
    CUMULET_TRY(Node document, document_of(*it, only->second));
    add_document(std::move(document));
  }
  return out;
}

}  // namespace cumulet::cloudformation
