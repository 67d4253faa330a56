// Both applications' templates against CloudFormation's own resource descriptions: types, properties, what is required, at every depth. What the engine
// understands and AWS does not would fail there only.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import { parseDocument } from "yaml";

const spec = loadAwsServiceSpecSync();
const FUNCTIONS = ["Base64", "Cidr", "FindInMap", "GetAtt", "GetAZs", "If", "ImportValue", "Join", "Length", "Select", "Split", "Sub", "ToJsonString", "Transform",
  "And", "Equals", "Not", "Or"];

// `!Ref a` as {Ref: a}: the short forms as the long ones.
function tags() {
  const long = (name) => (name === "Ref" || name === "Condition" ? name : `Fn::${name}`);
  return [...FUNCTIONS, "Ref", "Condition"].flatMap((name) => [
    { tag: `!${name}`, resolve: (text) => ({ [long(name)]: text }) },
    { tag: `!${name}`, collection: "seq", resolve: (seq) => ({ [long(name)]: seq.toJSON() }) },
    { tag: `!${name}`, collection: "map", resolve: (map) => ({ [long(name)]: map.toJSON() }) },
  ]);
}

const read = (file) => {
  const document = parseDocument(readFileSync(file, "utf8"), { customTags: tags() });
  assert.deepEqual(document.errors, []);
  return document.toJS();
};

const isFunction = (value) => {
  const keys = value && typeof value === "object" && !Array.isArray(value) ? Object.keys(value) : [];
  return keys.length === 1 && (keys[0] === "Ref" || keys[0].startsWith("Fn::"));
};

// What a value may be once its functions are evaluated; undefined: that is not known here.
function* choices(value) {
  if (!isFunction(value)) return yield value;
  if (value["Fn::If"]) {
    yield* choices(value["Fn::If"][1]);
    yield* choices(value["Fn::If"][2]);
  }
}

function checkAll(properties, known, where, problems) {
  for (const [name, definition] of Object.entries(known)) {
    if (definition.required && !(name in properties)) problems.push(`${where}: ${name} is required`);
  }
  for (const [name, value] of Object.entries(properties)) {
    if (!(name in known)) problems.push(`${where}: ${name} is no property`);
    else for (const one of choices(value)) checkOne(one, known[name].type, `${where}.${name}`, problems);
  }
}

function checkOne(value, type, where, problems) {
  const isMap = value !== null && typeof value === "object" && !Array.isArray(value);
  if (type.type === "union") {
    const tries = type.types.map((one) => {
      const found = [];
      checkOne(value, one, where, found);
      return found;
    });
    if (!tries.some((found) => found.length === 0)) problems.push(...tries.sort((a, b) => a.length - b.length)[0]);
  } else if (type.type === "array") {
    if (!Array.isArray(value)) return problems.push(`${where}: a list is wanted`);
    value.forEach((item, i) => { for (const one of choices(item)) checkOne(one, type.element, `${where}[${i}]`, problems); });
  } else if (type.type === "map") {
    if (!isMap) return problems.push(`${where}: an object is wanted`);
    for (const [key, item] of Object.entries(value)) for (const one of choices(item)) checkOne(one, type.element, `${where}.${key}`, problems);
  } else if (type.type === "ref") {
    if (!isMap) return problems.push(`${where}: an object is wanted`);
    checkAll(value, spec.get("typeDefinition", type.reference.$ref).properties, where, problems);
  } else if (type.type === "string") {
    if (typeof value === "object") problems.push(`${where}: a text is wanted`);
  } else if (type.type === "number" || type.type === "integer") {
    if (Number.isNaN(Number(value)) || typeof value === "object") problems.push(`${where}: a number is wanted`);
  } else if (type.type === "boolean") {
    if (![true, false, "true", "false"].includes(value)) problems.push(`${where}: true or false is wanted`);
  }
  // json, date-time, tag and null take what they are given.
}

export function problemsOf(template) {
  const problems = [];
  const defaults = template.Globals ?? {};
  for (const [id, resource] of Object.entries(template.Resources)) {
    const [found] = spec.lookup("resource", "cloudFormationType", "equals", resource.Type);
    if (!found) {
      problems.push(`${id}: there is no type ${resource.Type}`);
      continue;
    }
    const shared = resource.Type === "AWS::Serverless::Function" ? defaults.Function : {};
    checkAll({ ...shared, ...(resource.Properties ?? {}) }, found.properties, `${id} (${resource.Type})`, problems);
  }
  return problems;
}

for (const application of ["faceblur", "polybot"]) {
  test(`${application}'s template is one of CloudFormation's`, () => {
    const template = read(`apps/${application}/template.yaml`);
    assert.ok(Object.keys(template.Resources).length > 2);
    assert.deepEqual(problemsOf(template), []);
  });
}

test("what is wrong is seen", () => {
  const found = problemsOf({ Resources: {
    A: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: "long", Colour: "red" } },
    B: { Type: "AWS::Lambda::Function", Properties: { Code: { S3Bucket: ["b"] } } },
    C: { Type: "AWS::SQS::Cue" },
  } });
  assert.deepEqual(found.sort(), [
    "A (AWS::SQS::Queue).VisibilityTimeout: a number is wanted", "A (AWS::SQS::Queue): Colour is no property",
    "B (AWS::Lambda::Function).Code.S3Bucket: a text is wanted", "B (AWS::Lambda::Function): Role is required",
    "C: there is no type AWS::SQS::Cue"]);
});
