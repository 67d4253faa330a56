// The JSON, REST-JSON and Query services by the current SDK: what it decodes is what users see.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand, GetFunctionCommand, InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient, waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { GetFaceDetectionCommand, RekognitionClient, StartFaceDetectionCommand } from "@aws-sdk/client-rekognition";
import {
  CreateStateMachineCommand, DescribeExecutionCommand, GetExecutionHistoryCommand, SFNClient, StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { startEngine } from "./engine.mjs";

const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const role = "arn:aws:iam::000000000000:role/js";

let engine;
before(async () => {
  engine = await startEngine();
  await engine.client(IAMClient).send(new CreateRoleCommand({ RoleName: "js", AssumeRolePolicyDocument: trust }));
});
after(() => engine?.stop());

test("sts and iam over Query", async () => {
  const me = await engine.client(STSClient).send(new GetCallerIdentityCommand({}));
  assert.equal(me.Account, "000000000000");
  const got = await engine.client(IAMClient).send(new GetRoleCommand({ RoleName: "js" }));
  assert.equal(got.Role.Arn, role);
  assert.equal(decodeURIComponent(got.Role.AssumeRolePolicyDocument), trust);
  await assert.rejects(engine.client(IAMClient).send(new GetRoleCommand({ RoleName: "none" })), { name: "NoSuchEntityException" });
});

test("a machine of Pass states runs to its end", async () => {
  const sfn = engine.client(SFNClient);
  const definition = JSON.stringify({ StartAt: "A", States: { A: { Type: "Pass", Result: { x: 1 }, ResultPath: "$.a", Next: "B" }, B: { Type: "Succeed" } } });
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: "js", definition, roleArn: role }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: "one", input: '{"in":true}' }));
  let described;
  for (let i = 0; i < 10_000; ++i) {
    described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (described.status !== "RUNNING") break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(described.status, "SUCCEEDED");
  assert.deepEqual(JSON.parse(described.output), { in: true, a: { x: 1 } });
  const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
  assert.deepEqual(events.map((e) => e.type), ["ExecutionStarted", "PassStateEntered", "PassStateExited", "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"]);
  assert.ok(events[0].timestamp instanceof Date);
  await assert.rejects(sfn.send(new StartExecutionCommand({ stateMachineArn, name: "one", input: "{}" })), { name: "ExecutionAlreadyExists" });
});

test("a function is made, invoked, and its log is found", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cumulet-js-"));
  // The Runtime API in shell: enough of a bootstrap to show that any executable runs.
  writeFileSync(join(folder, "bootstrap"), `#!/bin/sh
while :; do
  body=$(curl -s -D /tmp/headers "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next")
  id=$(tr -d '\\r' < /tmp/headers | awk 'tolower($1)=="lambda-runtime-aws-request-id:" {print $2}')
  echo "got $body"
  curl -s -o /dev/null -X POST -d "$body" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response"
done
`);
  chmodSync(join(folder, "bootstrap"), 0o755);
  execFileSync("zip", ["-q", "f.zip", "bootstrap"], { cwd: folder });
  const lambda = engine.client(LambdaClient);
  await lambda.send(new CreateFunctionCommand({
    FunctionName: "js-echo", Runtime: "provided.al2023", Handler: "bootstrap", Role: role, Code: { ZipFile: readFileSync(join(folder, "f.zip")) },
  }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10 }, { FunctionName: "js-echo" });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: "js-echo", Payload: '{"n":42}', LogType: "Tail" }));
  assert.equal(Buffer.from(answer.Payload).toString(), '{"n":42}');
  assert.equal(answer.FunctionError, undefined);
  assert.match(Buffer.from(answer.LogResult, "base64").toString(), /got \{"n":42\}[\s\S]*REPORT RequestId: /);
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: "js-echo" }));
  assert.equal(Configuration.State, "Active");
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: "none" })), { name: "ResourceNotFoundException" });

  const logs = engine.client(CloudWatchLogsClient);
  let found = [];
  for (let i = 0; i < 5_000 && !found.length; ++i) {
    const groups = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/aws/lambda/js-echo" }));
    if (groups.logGroups.length)
      found = (await logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/js-echo", filterPattern: '"got"' }))).events;
    if (!found.length) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.match(found[0].message, /got/);
});

test("a streamed answer is read while the function writes it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cumulet-js-"));
  writeFileSync(join(folder, "index.js"), `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('first ');
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (event === 'fail') throw new Error('half way');
  stream.end('last');
});`);
  execFileSync("zip", ["-q", "f.zip", "index.js"], { cwd: folder });
  const lambda = engine.client(LambdaClient);
  await lambda.send(new CreateFunctionCommand({
    FunctionName: "js-stream", Runtime: "nodejs20.x", Handler: "index.handler", Role: role, Code: { ZipFile: readFileSync(join(folder, "f.zip")) },
  }));
  const read = async (event) => {
    const answer = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: "js-stream", Payload: JSON.stringify(event), LogType: "Tail" }));
    assert.equal(answer.ExecutedVersion, "$LATEST");
    const chunks = [];
    let complete;
    for await (const one of answer.EventStream) {
      if (one.PayloadChunk) chunks.push({ text: Buffer.from(one.PayloadChunk.Payload).toString(), at: Date.now() });
      if (one.InvokeComplete) complete = one.InvokeComplete;
    }
    return { chunks, complete };
  };
  const { chunks, complete } = await read("go");
  assert.equal(chunks.map((one) => one.text).join(""), "first last");
  assert.ok(chunks.at(-1).at - chunks[0].at > 250, "the first chunk came before the last was written");
  assert.match(Buffer.from(complete.LogResult, "base64").toString(), /REPORT RequestId: /);
  assert.equal(complete.ErrorCode, undefined);
  const failed = await read("fail");
  assert.equal(failed.chunks.map((one) => one.text).join(""), "first ");
  assert.equal(failed.complete.ErrorCode, "Unhandled");
  assert.equal(JSON.parse(failed.complete.ErrorDetails).errorMessage, "half way");
  await assert.rejects(lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: "none" })), { name: "ResourceNotFoundException" });
});

test("rekognition names what is wrong", async () => {
  const rekognition = engine.client(RekognitionClient);
  await assert.rejects(rekognition.send(new GetFaceDetectionCommand({ JobId: "0".repeat(64) })), { name: "ResourceNotFoundException" });
  await assert.rejects(
    rekognition.send(new StartFaceDetectionCommand({ Video: { S3Object: { Bucket: "no-such-bucket-js", Name: "v.mp4" } } })),
    { name: "InvalidS3ObjectException" });
});
