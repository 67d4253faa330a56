#include "services/states/service_testing.hpp"

namespace cumulet::states {
namespace {

TEST_F(StatesTest, AMachineIsMadeOnceAndDescribed) {
  const auto arn = create("m", kPass);
  EXPECT_EQ(arn, "arn:aws:states:us-east-1:000000000000:stateMachine:m");
  EXPECT_EQ(create("m", kPass), arn);
  CreateStateMachineRequest other;
  other.name = "m";
  other.definition = kWait;
  other.role_arn = kRole;
  const auto refused = states_->create_state_machine(context_, other);
  EXPECT_TRUE(refused.error().is(kStateMachineAlreadyExists));
  EXPECT_EQ(refused.error().message(), "State Machine Already Exists: '" + arn + "'");
  const auto found = states_->describe_state_machine(context_, {arn});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->definition, kPass);
  EXPECT_EQ(found->status, "ACTIVE");
  EXPECT_EQ(found->logging_configuration.level, "OFF");
  EXPECT_EQ(found->logging_configuration.include_execution_data, false);
  EXPECT_FALSE(found->logging_configuration.destinations);
  EXPECT_FALSE(found->revision_id);
  EXPECT_EQ(found->encryption_configuration.type, "AWS_OWNED_KEY");
  EXPECT_EQ(states_->describe_state_machine(context_, {arn, "METADATA_ONLY"})->definition, "{}");
}

TEST_F(StatesTest, RefusesBadMachinesInAwsWords) {
  CreateStateMachineRequest request;
  request.name = "m";
  request.definition = R"({"StartAt":"X"})";
  request.role_arn = kRole;
  EXPECT_EQ(states_->create_state_machine(context_, request).error().message(),
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'");
  request.name = "a b";
  EXPECT_EQ(states_->create_state_machine(context_, request).error().message(), "Invalid Name: 'a b'");
  request.name = "m";
  request.definition = kPass;
  request.logging_configuration = LoggingConfiguration{"ALL", {}, {}};
  EXPECT_EQ(states_->create_state_machine(context_, request).error().message(),
            "Invalid Logging Configuration: Must specify exactly one Log Destination.");
  request.logging_configuration->destinations = {
      LogDestination{LogGroup{"arn:aws:logs:us-east-1:000000000000:log-group:none:*"}}};
  EXPECT_EQ(states_->create_state_machine(context_, request).error().message(),
            "Invalid Logging Configuration: Log Destination not found.");
  for (const auto& [arn, message] : {std::pair{"arn:aws:logs:us-east-1:000000000000:log-group:g",
                                               "Log Group ARN must be provided with '*' qualifier."},
                                     std::pair{"arn:aws:s3:::b", "Provided ARN is not CloudWatch Logs Log Group ARN."},
                                     std::pair{"g", "Provided ARN is not CloudWatch Logs Log Group ARN."}}) {
    request.logging_configuration->destinations = {LogDestination{LogGroup{arn}}};
    EXPECT_EQ(states_->create_state_machine(context_, request).error().message(),
              std::string("Invalid Logging Configuration: ") + message);
  }
  request.logging_configuration->destinations = {LogDestination{}};
  EXPECT_EQ(states_->create_state_machine(context_, request).error().message(),
            "Invalid Logging Configuration: Must set valid CloudWatch Log Group ARN.");
  request.logging_configuration.reset();
  request.version_description = "first";
  EXPECT_EQ(states_->create_state_machine(context_, request).error().message(),
            "Version description can only be set when publish is true");
  request.version_description.reset();
  for (const char* role : {"r", "arn:aws:iam::000000000000:user/u", "arn:aws:iam::1234:role/r"}) {
    request.role_arn = role;
    EXPECT_EQ(states_->create_state_machine(context_, request).error().message(),
              std::string("Invalid Role Arn: '") + role + "'");
  }
  request.role_arn = kRole;
  request.encryption_configuration = EncryptionConfiguration{"CUSTOMER_MANAGED_KMS_KEY"};
  EXPECT_TRUE(states_->create_state_machine(context_, request).error().is(kInvalidEncryptionConfiguration));
  request.encryption_configuration.reset();
  for (const char* bad : {"a/b", "a<b>", "a\xc2\x85z", "a\xef\xbf\xbe", "a\x7f", "\xff"}) {
    request.name = bad;
    EXPECT_TRUE(states_->create_state_machine(context_, request).error().is(kInvalidName)) << bad;
  }
  request.name = "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88";
  EXPECT_TRUE(states_->create_state_machine(context_, request).ok());
  EXPECT_EQ(states_->describe_state_machine(context_, {"not_a_valid_arn"}).error().message(),
            "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
  const std::string none = "arn:aws:states:us-east-1:000000000000:stateMachine:none";
  EXPECT_EQ(states_->describe_state_machine(context_, {none}).error().message(),
            "State Machine Does Not Exist: '" + none + "'");
  EXPECT_TRUE(states_->delete_state_machine(context_, {none}).ok());
}

TEST_F(StatesTest, AnUpdateMakesARevisionAndRunningExecutionsKeepTheirs) {
  const auto arn = create("m", kWait);
  const auto running = start(arn, "{}", "old");
  ASSERT_TRUE(running.ok());
  UpdateStateMachineRequest update;
  update.state_machine_arn = arn;
  EXPECT_TRUE(states_->update_state_machine(context_, update).error().is(kMissingRequiredParameter));
  update.definition = kPass;
  const auto updated = states_->update_state_machine(context_, update);
  ASSERT_TRUE(updated.ok());
  ASSERT_TRUE(updated->revision_id);
  EXPECT_EQ(states_->update_state_machine(context_, update)->revision_id, updated->revision_id);  // nothing changed
  EXPECT_EQ(states_->describe_state_machine(context_, {arn})->revision_id, updated->revision_id);
  EXPECT_EQ(states_->describe_state_machine_for_execution(context_, {running->execution_arn})->definition, kWait);
  EXPECT_TRUE(states_->delete_state_machine(context_, {arn}).ok());
  advance(Seconds(60));
  EXPECT_EQ(describe(running->execution_arn).status, "SUCCEEDED");
  EXPECT_EQ(states_->describe_state_machine_for_execution(context_, {running->execution_arn})->definition, kWait);
}

TEST_F(StatesTest, MachinesAreListedByNameInPages) {
  for (const char* name : {"c", "a", "b"}) create(name, kPass);
  ListStateMachinesRequest request;
  request.max_results = 2;
  auto page = states_->list_state_machines(context_, request);
  ASSERT_EQ(page->state_machines.size(), 2u);
  EXPECT_EQ(page->state_machines[0].name, "a");
  request.next_token = page->next_token;
  page = states_->list_state_machines(context_, request);
  ASSERT_EQ(page->state_machines.size(), 1u);
  EXPECT_EQ(page->state_machines[0].name, "c");
  EXPECT_FALSE(page->next_token);
  request.next_token = "junk";
  EXPECT_TRUE(states_->list_state_machines(context_, request).error().is(kInvalidToken));
  context_.region = "eu-west-1";
  EXPECT_TRUE(states_->list_state_machines(context_, {})->state_machines.empty());
}

TEST_F(StatesTest, TagsAreKept) {
  const auto arn = create("m", kPass);
  ASSERT_TRUE(states_->tag_resource(context_, {arn, {{"k1", "v1"}, {"k2", "v2"}}}).ok());
  ASSERT_TRUE(states_->untag_resource(context_, {arn, {"k1"}}).ok());
  const auto left = states_->list_tags_for_resource(context_, {arn});
  ASSERT_EQ(left->tags.size(), 1u);
  EXPECT_EQ(left->tags[0].key, "k2");
  EXPECT_EQ(states_->tag_resource(context_, {arn + ":1", {{"k", "v"}}}).error().message(),
            "Resource not found: '" + arn + ":1'");
}

TEST_F(StatesTest, DefinitionsAreValidated) {
  ValidateStateMachineDefinitionRequest request;
  request.definition = "{}";
  auto found = states_->validate_state_machine_definition(context_, request);
  EXPECT_EQ(found->result, "FAIL");
  ASSERT_EQ(found->diagnostics.size(), 1u);
  EXPECT_EQ(found->diagnostics[0].message, "These fields are required: [States, StartAt]");
  EXPECT_EQ(found->diagnostics[0].location, "/");
  request.definition = kPass;
  EXPECT_EQ(states_->validate_state_machine_definition(context_, request)->result, "OK");
  request.definition = R"({"StartAt":"P","States":{"P":{"Type":"Pass","Parameters":{"a":"$.b"},"End":true}}})";
  EXPECT_TRUE(states_->validate_state_machine_definition(context_, request)->diagnostics.empty());
  request.severity = "WARNING";
  found = states_->validate_state_machine_definition(context_, request);
  EXPECT_EQ(found->result, "OK");
  EXPECT_EQ(found->diagnostics.size(), 1u);
}

}  // namespace
}  // namespace cumulet::states
