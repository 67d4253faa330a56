#include "cloudformation/resource_type.hpp"

// Resources that are nothing but a name: https://docs.aws.amazon.com/cdk/v2/guide/usage_data.html,
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitconditionhandle.html
namespace cumulet::cloudformation {
namespace {

Result<Created> create(Provisioning&, const Desired& desired) {
  return Created{.physical_id = desired.name, .attributes = {}, .applied = to_json(desired.properties).as_object()};
}
Result<void> update(Provisioning&, const Desired&, StackResource&) { return {}; }
Result<void> remove(Provisioning&, const StackResource&) { return {}; }
Result<bool> exists(Provisioning&, const StackResource&) { return true; }

}  // namespace

const ResourceType kCdkMetadata{.name = "AWS::CDK::Metadata",
                                .properties = {"Analytics"},
                                .ignored = {},
                                .required = {},
                                .replacing = {},
                                .name_property = "",
                                .name_length = 128,
                                .attributes = {},
                                .create = create,
                                .update = update,
                                .remove = remove,
                                .exists = exists};

const ResourceType kWaitConditionHandle{.name = "AWS::CloudFormation::WaitConditionHandle",
                                        .properties = {},
                                        .ignored = {},
                                        .required = {},
                                        .replacing = {},
                                        .name_property = "",
                                        .name_length = 128,
                                        .attributes = {},
                                        .create = create,
                                        .update = update,
                                        .remove = remove,
                                        .exists = exists};

}  // namespace cumulet::cloudformation
