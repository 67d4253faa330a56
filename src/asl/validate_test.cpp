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
  EXPECT_EQ(of_state(R"({"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","End":true})"),
            schema + "The resource provided arn:aws:states:::sqs:sendMessage is not recognized at /States/X/Resource");
  EXPECT_EQ(
      of_state(
          R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"Payload":1,"Function":"f"},"End":true})"),
      schema + "The field \"Function\" is not supported by Step Functions at /States/X/Parameters, " + schema +
          "The field \"FunctionName\" is required but was missing at /States/X/Parameters");
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
  EXPECT_EQ(of_state(R"({"Type":"Choice","Choices":[],"Default":"X"})"),
            schema + "Value cannot be empty at /States/X/Choices");
  EXPECT_EQ(of_state(R"({"Type":"Choice","Choices":[{"Variable":"$","StringMatches":"Test"}],"Default":"X"})"),
            schema + "These fields are required: [Next] at /States/X/Choices[0]");
  EXPECT_EQ(
      of_state(R"({"Type":"Choice","Choices":[{"Variable":"a","NumericEquals":1,"Next":"X"}]})"),
      schema + "Value is not a Reference Path: Reference path didn't start with '$' at /States/X/Choices[0]/Variable");
  EXPECT_EQ(of_state(R"({"Type":"Wait","Seconds":-1,"End":true})"), schema + "Minimum value is 0 at /States/X/Seconds");
  EXPECT_EQ(of_state(R"({"Type":"Wait","Seconds":"1","End":true})"),
            schema + "Expected value of type Integer at /States/X/Seconds");
  const auto retry = [&](const std::string& entries) {
    return of_state(
        R"({"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true,"Retry":[)" +
        entries + "]}");
  };
  EXPECT_EQ(retry(R"({"MaxAttempts":1})"), schema + "These fields are required: [ErrorEquals] at /States/X/Retry[0]");
  EXPECT_EQ(retry(R"({"ErrorEquals":["States.ALL"]},{"ErrorEquals":["A"]})"),
            schema + "States.ALL must appear alone and at end of list at /States/X/Retry[0]/ErrorEquals");
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

TEST(Validate, SaysWhatIsNotImplementedYet) {
  EXPECT_EQ(of_state(R"({"Type":"Map","End":true})"),
            "SCHEMA_VALIDATION_FAILED: State type 'Map' is not implemented by Cumulet yet at /States/X/Type");
  EXPECT_EQ(findings(R"({"StartAt":"X","QueryLanguage":"JSONata","States":{"X":{"Type":"Succeed"}}})"),
            "SCHEMA_VALIDATION_FAILED: QueryLanguage 'JSONata' is not implemented by Cumulet yet at /QueryLanguage");
  EXPECT_EQ(of_state(R"({"Type":"Pass","Output":{},"End":true})"),
            "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported "
            "for the 'JSONata' QueryLanguage at /States/X");
}

TEST(Validate, WarnsApartFromErrors) {
  const auto found = validate(R"({"StartAt":"X","States":{"X":{"Type":"Pass","Parameters":{"a":"$.b"},"End":true}}})");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::warning);
  EXPECT_EQ(found[0].code, "NO_DOLLAR");
  EXPECT_EQ(found[0].location, "/States/X/Parameters/a");
  EXPECT_EQ(joined(found), "");
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
