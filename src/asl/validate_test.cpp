#include <gtest/gtest.h>

#include "asl/definition.hpp"
#include "asl/json_syntax.hpp"

namespace cumulet::asl {
namespace {

std::string findings(std::string_view definition, MachineType type = MachineType::standard) {
  return joined(validate(definition, type));
}
// A machine whose only state is `state`.
std::string of_state(const std::string& state) { return findings(R"({"StartAt":"X","States":{"X":)" + state + "}}"); }

TEST(Validate, AcceptsAWholeMachine) {
  EXPECT_EQ(
      findings(
          R"({"Comment":"c","Version":"1.0","StartAt":"T","TimeoutSeconds":900,"QueryLanguage":"JSONPath","States":{
    "T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$"},
         "Retry":[{"ErrorEquals":["Lambda.ServiceException"],"IntervalSeconds":2,"MaxAttempts":6,"BackoffRate":2,"MaxDelaySeconds":9,"JitterStrategy":"FULL"}],
         "Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.error","Next":"F"}],"Next":"C"},
    "C":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.a","IsPresent":true},{"Not":{"Variable":"$.a","NumericLessThanPath":"$.b"}}],"Next":"W"}],"Default":"S"},
    "W":{"Type":"Wait","Seconds":1,"Next":"T"},"S":{"Type":"Succeed"},"F":{"Type":"Fail","Error":"E","CausePath":"$.c"}}})"),
      "");
}

// The words AWS uses.
TEST(Validate, ReportsSchemaErrorsInAwsWords) {
  const std::string schema = "SCHEMA_VALIDATION_FAILED: ";
  EXPECT_EQ(findings("{}"), schema + "These fields are required: [States, StartAt] at /");
  EXPECT_EQ(findings(R"({"StartAt":"X"})"), schema + "These fields are required: [States] at /");
  EXPECT_EQ(findings(""), schema + "Definition must be a valid JSON object at null");
  EXPECT_EQ(findings("[]"), schema + "Definition must be a valid JSON object at null");
  EXPECT_EQ(findings(R"({"StartsAt":"X","StartAt":"X","States":{"X":{"Type":"Succeed"}}})"),
            schema + "Field 'StartsAt' is not supported at /");
  EXPECT_EQ(of_state(R"({"Type":"Task","End":true})"), schema + "These fields are required: [Resource] at /States/X");
  EXPECT_EQ(of_state(R"({"Type":"Task","Resource":"createToken","End":true})"),
            schema + "Value is not a valid resource ARN at /States/X/Resource");
  EXPECT_EQ(of_state(R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.sync","End":true})"),
            schema +
                "The resource provided arn:aws:states:::lambda:invoke.sync is not recognized. The value is not a valid "
                "resource ARN, or the resource is not available in this region. at /States/X/Resource");
  EXPECT_EQ(
      of_state(
          R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"Payload":1,"Function":"f"},"End":true})"),
      schema + "The field \"Function\" is not supported by Step Functions at /States/X/Parameters, " + schema +
          "The field 'FunctionName' is required but was missing at /States/X/Parameters");
  EXPECT_EQ(
      of_state(R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true})"),
      schema + "Parameters field is required for resource ARN: arn:aws:states:::lambda:invoke at /States/X/Resource");
  EXPECT_EQ(
      of_state(
          R"({"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Credentials":{},"End":true})"),
      schema + "The field 'RoleArn' is required but was missing at /States/X/Credentials");
  EXPECT_EQ(of_state(R"({"Type":"Pass"})"),
            schema + "This object should have only one of the following fields: [Next, End] at /States/X");
  EXPECT_EQ(of_state(R"({"Type":"Pass","Next":"X","End":true})"),
            schema + "There should only be one of the following fields: [Next, End] at /States/X");
  EXPECT_EQ(of_state(R"({"Type":"Pass","TimeoutSeconds":1,"End":true})"),
            schema + "Field 'TimeoutSeconds' is not supported at /States/X");
  EXPECT_EQ(of_state(R"({"Type":"Pass","Parameters":{"a":{"b.$":"x"}},"End":true})"),
            schema +
                "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call at "
                "/States/X/Parameters/a/b.$");
  EXPECT_EQ(of_state(R"({"Type":"Pass","InputPath":"x","End":true})"),
            schema + "Value must be a valid JSONPath. at /States/X/InputPath");
  EXPECT_EQ(of_state(R"({"Type":"Pass","ResultPath":"$.a[*]","End":true})"),
            schema + "Value is not a Reference Path at /States/X/ResultPath");
  EXPECT_EQ(of_state(R"({"Type":"Pass","ResultPath":"a","End":true})"),
            schema + "Value must be a valid JSONPath. at /States/X/ResultPath");
  EXPECT_EQ(of_state(R"({"Type":"Wait","SecondsPath":"s","End":true})"),
            schema + "Value must be a valid JSONPath. at /States/X/SecondsPath");
  EXPECT_EQ(of_state(R"({"Type":"Choice","Choices":[],"Default":"X"})"),
            schema + "Value cannot be empty at /States/X/Choices");
  EXPECT_EQ(of_state(R"({"Type":"Choice","Choices":[{"Variable":"$","StringMatches":"Test"}],"Default":"X"})"),
            schema + "These fields are required: [Next] at /States/X/Choices[0]");
  EXPECT_EQ(
      of_state(R"({"Type":"Choice","Choices":[{"Variable":"a","NumericEquals":1,"Next":"X"}]})"),
      schema + "Value is not a Reference Path: Reference path didn't start with '$' at /States/X/Choices[0]/Variable");
  const std::string kinds = schema +
                            "The object must have only one of the following fields, [And, Or, Not, Variable, "
                            "Condition] at /States/X/Choices[0]";
  EXPECT_EQ(of_state(R"({"Type":"Choice","Choices":[{"StringEquals":"a","Next":"X"}]})"), kinds);
  EXPECT_EQ(
      of_state(
          R"({"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Not":{"Variable":"$.a","IsNull":true},"Next":"X"}]})"),
      kinds);
  EXPECT_EQ(of_state(R"({"Type":"Wait","Seconds":-1,"End":true})"), schema + "Minimum value is 0 at /States/X/Seconds");
  EXPECT_EQ(of_state(R"({"Type":"Wait","Seconds":"1","End":true})"),
            schema + "Expected value of type Integer at /States/X/Seconds");
  EXPECT_EQ(of_state(R"({"Type":"Wait","Seconds":1,"Timestamp":"2030-01-01T00:00:00Z","End":true})"),
            schema +
                "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] "
                "at /States/X");
  for (const std::string bad : {"2030-01-01", "2030-01-01T00:00:00", "2030-01-01T00:00Z", "2030-01-01t00:00:00Z",
                                "2030-01-01T00:00:00z", "2030-13-01T00:00:00Z", "tomorrow", ""}) {
    EXPECT_EQ(of_state(R"({"Type":"Wait","Timestamp":")" + bad + R"(","End":true})"),
              schema + "String does not match RFC3339 timestamp at /States/X/Timestamp")
        << bad;
    EXPECT_EQ(
        of_state(R"({"Type":"Choice","Choices":[{"Variable":"$.a","TimestampEquals":")" + bad + R"(","Next":"X"}]})"),
        schema + "String does not match RFC3339 timestamp at /States/X/Choices[0]/TimestampEquals")
        << bad;
  }
  for (const std::string good : {"2030-01-01T00:00:00Z", "2030-01-01T00:00:00.123Z", "2030-01-01T00:00:00-07:00"})
    EXPECT_EQ(of_state(R"({"Type":"Wait","Timestamp":")" + good + R"(","End":true})"), "") << good;
  const auto retry = [&](const std::string& entries) {
    return of_state(
        R"({"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true,"Retry":[)" +
        entries + "]}");
  };
  EXPECT_EQ(retry(R"({"MaxAttempts":1})"), schema + "These fields are required: [ErrorEquals] at /States/X/Retry[0]");
  EXPECT_EQ(retry(R"({"ErrorEquals":["States.ALL"]},{"ErrorEquals":["A"]})"),
            schema + "States.ALL must appear alone and at end of list at /States/X/Retry[0]/ErrorEquals[0]");
  EXPECT_EQ(retry(R"({"ErrorEquals":["A","States.ALL"]})"),
            schema + "States.ALL must appear alone and at end of list at /States/X/Retry[0]/ErrorEquals[1]");
  EXPECT_EQ(retry(R"({"ErrorEquals":["A"],"JitterStrategy":"SOME"})"),
            schema + "Value should be one of the following: [NONE, FULL] at /States/X/Retry[0]/JitterStrategy");
}

TEST(Validate, ReportsTransitions) {
  EXPECT_EQ(
      findings(
          R"({"StartAt":"pass1","States":{"pass1":{"Type":"Pass","Next":"pass3"},"pass2":{"Type":"Pass","End":true}}})"),
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next, "
      "MISSING_TRANSITION_TARGET: State \"pass2\" is not reachable. at /States/pass2");
  EXPECT_EQ(findings(R"({"StartAt":"none","States":{"A":{"Type":"Succeed"}}})"),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: none at /StartAt, "
            "MISSING_TRANSITION_TARGET: State \"A\" is not reachable. at /States/A");
  EXPECT_EQ(findings(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}})"),
            "MISSING_END_STATE: Workflow has no terminal state at null");
  EXPECT_EQ(
      findings(
          R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"},"C":{"Type":"Pass","End":true}}})"),
      "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C");
  EXPECT_EQ(
      findings(
          R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"N"}],"Default":"D"},"E":{"Type":"Succeed"}}})"),
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: N at /States/C/Choices[0]/Next, "
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: D at /States/C/Default, "
      "MISSING_TRANSITION_TARGET: State \"E\" is not reachable. at /States/E");
}

TEST(Validate, CountsCharactersInNamesOfStates) {
  const auto named = [](const std::string& name) {
    return findings(R"({"StartAt":")" + name + R"(","States":{")" + name + R"(":{"Type":"Succeed"}}})");
  };
  std::string wide;
  for (int i = 0; i < 80; ++i) wide += "\xe6\x97\xa5";
  EXPECT_EQ(named(wide), "");
  const std::string long_name(81, 'y');
  EXPECT_EQ(named(long_name), "INVALID_STATE_NAME: Invalid State name: State '" + long_name +
                                  "' exceeds the 80-character limit allowed by the service at /States/" + long_name);
}

TEST(Validate, RefusesWhatExpressMachinesCannot) {
  const auto express = [](const std::string& resource) {
    return findings(R"({"StartAt":"X","States":{"X":{"Type":"Task","Resource":")" + resource + R"(","End":true}}})",
                    MachineType::express);
  };
  const std::string schema = "SCHEMA_VALIDATION_FAILED: Express state machine does not support ";
  EXPECT_EQ(express("arn:aws:states:::sns:publish.waitForTaskToken"),
            schema + "'.waitForTaskToken' service integration  at /States/X/Resource");
  EXPECT_EQ(express("arn:aws:states:::states:startExecution.sync"),
            schema + "'.sync' service integration at /States/X/Resource");
  EXPECT_EQ(express("arn:aws:states:us-east-1:000000000000:activity:a"), schema + "Activity ARN at /States/X/Resource");
}

TEST(Validate, SaysWhatIsNotImplementedYet) {
  EXPECT_EQ(of_state(R"({"Type":"Map","End":true})"),
            "SCHEMA_VALIDATION_FAILED: State type 'Map' is not implemented by Cumulet yet at /States/X/Type");
  EXPECT_EQ(findings(R"({"StartAt":"X","QueryLanguage":"JSONata","States":{"X":{"Type":"Succeed"}}})"),
            "SCHEMA_VALIDATION_FAILED: QueryLanguage 'JSONata' is not implemented by Cumulet yet at /QueryLanguage");
  EXPECT_EQ(of_state(R"({"Type":"Pass","Output":{},"End":true})"),
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported "
            "for the 'JSONata' QueryLanguage at /States/X");
  for (const std::string resource :
       {"arn:aws:states:::sqs:sendMessage", "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "arn:aws:states:::aws-sdk:s3:getObject", "arn:aws:states:us-east-1:000000000000:activity:a"})
    EXPECT_EQ(of_state(R"({"Type":"Task","Resource":")" + resource + R"(","Parameters":{},"End":true})"),
              "SCHEMA_VALIDATION_FAILED: The resource " + resource +
                  " is not implemented by Cumulet yet at /States/X/Resource");
}

TEST(Validate, WarnsApartFromErrors) {
  const auto found = validate(R"({"StartAt":"X","States":{"X":{"Type":"Pass","Parameters":{"a":"$.b"},"End":true}}})");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::warning);
  EXPECT_EQ(found[0].code, "NO_DOLLAR");
  EXPECT_EQ(found[0].location, "/States/X/Parameters/a");
  EXPECT_EQ(joined(found), "");
  const auto path = validate(R"({"StartAt":"X","States":{"X":{"Type":"Fail","Error":"E","Cause":"$.cause"}}})");
  ASSERT_EQ(path.size(), 1u);
  EXPECT_EQ(path[0].code, "NO_PATH");
  EXPECT_EQ(path[0].location, "/States/X/Cause");
}

TEST(Validate, NamesJsonErrorsAsJacksonDoes) {
  const auto found = validate("not a definition");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "INVALID_JSON_DESCRIPTION");
  EXPECT_EQ(found[0].location, "[Source: (String)\"not a definition\"; line: 1, column: 4]");
  EXPECT_EQ(found[0].message,
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')\n"
            " at [Source: (String)\"not a definition\"; line: 1, column: 4]");
  EXPECT_EQ(json_syntax_error("{'a': 1}")->message,
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name");
  EXPECT_EQ(json_syntax_error("{\"a\":1 \"b\":2}")->message,
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries");
  EXPECT_EQ(json_syntax_error("[1,\n")->message,
            "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)\"[1,\n\"; "
            "line: 1, column: 1])");
  EXPECT_FALSE(json_syntax_error(R"({"a":[1,-2.5e3,"x\"y",true,null,{}]})"));
}

TEST(Validate, IsTotalOnHostileDefinitions) {
  EXPECT_NE(findings(std::string(100'000, '[')), "");
  EXPECT_NE(findings(std::string(kMaxDefinitionBytes + 1, ' ') + "{}"), "");
  std::string rule = R"({"Variable":"$.a","IsNull":true})";
  for (int i = 0; i < 100; ++i) rule = "{\"Not\":" + rule + "}";
  EXPECT_NE(of_state(R"({"Type":"Choice","Choices":[)" + rule + "]}"), "");
  for (const char* text :
       {"null", "\"x\"", R"({"StartAt":1,"States":[]})", R"({"StartAt":"X","States":{"X":1}})",
        R"({"StartAt":"X","States":{"X":{"Type":1}}})",
        R"({"StartAt":"X","States":{"X":{"Type":"Choice","Choices":[1,{"And":1},{"Not":[]}]}}})",
        R"({"StartAt":"X","States":{"X":{"Type":"Task","Resource":1,"Retry":1,"Catch":[1],"End":1}}})"})
    EXPECT_NE(findings(text), "") << text;
}

}  // namespace
}  // namespace cumulet::asl
