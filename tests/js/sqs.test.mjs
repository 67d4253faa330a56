// SQS by the current SDK (JSON 1.0), which checks the MD5 of every body and attribute by itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateEventSourceMappingCommand, CreateFunctionCommand, DeleteEventSourceMappingCommand, GetEventSourceMappingCommand, LambdaClient,
  ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import {
  AddPermissionCommand, CancelMessageMoveTaskCommand, ChangeMessageVisibilityBatchCommand, ChangeMessageVisibilityCommand, CreateQueueCommand,
  DeleteMessageBatchCommand, DeleteMessageCommand, DeleteQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand, ListMessageMoveTasksCommand, ListQueuesCommand, ListQueueTagsCommand, paginateListQueues,
  PurgeQueueCommand, ReceiveMessageCommand, RemovePermissionCommand, SendMessageBatchCommand, SendMessageCommand, SetQueueAttributesCommand,
  SQSClient, SQSServiceException, StartMessageMoveTaskCommand, TagQueueCommand, UntagQueueCommand,
} from "@aws-sdk/client-sqs";
import { startEngine } from "./engine.mjs";

let engine, sqs;
before(async () => {
  engine = await startEngine();
  sqs = engine.client(SQSClient);
});
after(() => engine?.stop());

const send = (Command, input) => sqs.send(new Command(input));
const md5 = (text) => createHash("md5").update(text).digest("hex");

async function queue(Attributes, name = `js-${randomUUID()}${Attributes?.FifoQueue ? ".fifo" : ""}`) {
  return (await send(CreateQueueCommand, { QueueName: name, Attributes })).QueueUrl;
}

async function receive(QueueUrl, more = {}) {
  return (await send(ReceiveMessageCommand, { QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? [];
}

async function attribute(QueueUrl, name) {
  return (await send(GetQueueAttributesCommand, { QueueUrl, AttributeNames: [name] })).Attributes?.[name];
}

test("a message with attributes of every type", async () => {
  const QueueUrl = await queue();
  const MessageAttributes = {
    text: { DataType: "String", StringValue: "ü\n" }, number: { DataType: "Number.int", StringValue: "-1.5e3" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 10]) },
  };
  const sent = await send(SendMessageCommand, {
    QueueUrl, MessageBody: "ä€😀", MessageAttributes,
    MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" } },
  });
  assert.equal(sent.MD5OfMessageBody, md5("ä€😀"));
  assert.match(sent.MD5OfMessageSystemAttributes, /^[0-9a-f]{32}$/);
  const [message] = await receive(QueueUrl, { MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
  assert.equal(message.Body, "ä€😀");
  assert.equal(message.MessageId, sent.MessageId);
  assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
  assert.deepEqual(message.MessageAttributes, MessageAttributes);
  assert.equal(message.Attributes.ApproximateReceiveCount, "1");
  assert.equal(message.Attributes.AWSTraceHeader, "Root=1-5759e988-bd862e3fe1be46a994272793");
  await send(ChangeMessageVisibilityCommand, { QueueUrl, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 });
  const [again] = await receive(QueueUrl, { AttributeNames: ["ApproximateReceiveCount"] });
  assert.deepEqual(again.Attributes, { ApproximateReceiveCount: "2" });
  await send(DeleteMessageCommand, { QueueUrl, ReceiptHandle: again.ReceiptHandle });
  assert.equal((await send(ReceiveMessageCommand, { QueueUrl })).Messages, undefined);
});

test("batches, in part", async () => {
  const QueueUrl = await queue();
  const sent = await send(SendMessageBatchCommand, { QueueUrl, Entries: [
    { Id: "a", MessageBody: "1" }, { Id: "b", MessageBody: "\x01" }, { Id: "c", MessageBody: "2", DelaySeconds: 901 }, { Id: "d", MessageBody: "3" }] });
  assert.deepEqual(sent.Successful.map((s) => [s.Id, s.MD5OfMessageBody]), [["a", md5("1")], ["d", md5("3")]]);
  assert.deepEqual(sent.Failed.map((f) => [f.Id, f.Code, f.SenderFault]), [["b", "InvalidMessageContents", true], ["c", "InvalidParameterValue", true]]);
  const messages = await receive(QueueUrl);
  const entries = (more) => [...messages.map((m, i) => ({ Id: `${i}`, ReceiptHandle: m.ReceiptHandle, ...more })), { Id: "x", ReceiptHandle: "x", ...more }];
  const changed = await send(ChangeMessageVisibilityBatchCommand, { QueueUrl, Entries: entries({ VisibilityTimeout: 100 }) });
  assert.deepEqual([changed.Successful.map((s) => s.Id), changed.Failed.map((f) => f.Code)], [["0", "1"], ["ReceiptHandleIsInvalid"]]);
  const deleted = await send(DeleteMessageBatchCommand, { QueueUrl, Entries: entries() });
  assert.deepEqual([deleted.Successful.map((s) => s.Id), deleted.Failed.map((f) => f.Code)], [["0", "1"], ["ReceiptHandleIsInvalid"]]);
  const all = await send(SendMessageBatchCommand, { QueueUrl, Entries: [{ Id: "a", MessageBody: "1" }] });
  assert.equal(all.Failed, undefined);
});

test("FIFO: order, groups, duplicates", async () => {
  const QueueUrl = await queue({ FifoQueue: "true", ContentBasedDeduplication: "true" });
  const ids = [];
  for (const [body, group] of [["1", "a"], ["2", "a"], ["1", "b"], ["3", "b"]])
    ids.push((await send(SendMessageCommand, { QueueUrl, MessageBody: body, MessageGroupId: group })).MessageId);
  assert.equal(ids[0], ids[2]);
  const [first] = await receive(QueueUrl, { MaxNumberOfMessages: 1, MessageSystemAttributeNames: ["All"] });
  assert.equal(first.Body, "1");
  assert.equal(first.Attributes.MessageGroupId, "a");
  assert.deepEqual((await receive(QueueUrl)).map((m) => m.Body), ["3"]);
  await send(DeleteMessageCommand, { QueueUrl, ReceiptHandle: first.ReceiptHandle });
  assert.deepEqual((await receive(QueueUrl)).map((m) => m.Body), ["2"]);
});

test("a long poll is answered by a message, or ended by its caller without harm", async () => {
  const QueueUrl = await queue({ ReceiveMessageWaitTimeSeconds: "20", VisibilityTimeout: "1" });  // the engine may hear of the abort only after the message
  const stop = new AbortController();
  const given_up = sqs.send(new ReceiveMessageCommand({ QueueUrl }), { abortSignal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  await assert.rejects(given_up, { name: "AbortError" });
  const waiting = receive(QueueUrl);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await send(SendMessageCommand, { QueueUrl, MessageBody: "came" });
  assert.deepEqual((await waiting).map((m) => m.Body), ["came"]);
});

test("queues are listed, tagged, shared, purged and deleted", async () => {
  const prefix = `list-${randomUUID()}`;
  const urls = [];
  for (let i = 0; i < 5; ++i) urls.push(await queue({}, `${prefix}-${i}`));
  const found = [];
  for await (const page of paginateListQueues({ client: sqs, pageSize: 2 }, { QueueNamePrefix: prefix })) found.push(page.QueueUrls.length);
  assert.deepEqual(found, [2, 2, 1]);
  assert.equal((await send(ListQueuesCommand, { QueueNamePrefix: `${prefix}-none` })).QueueUrls, undefined);
  const QueueUrl = urls[0];
  assert.equal((await send(GetQueueUrlCommand, { QueueName: `${prefix}-0` })).QueueUrl, QueueUrl);
  await send(TagQueueCommand, { QueueUrl, Tags: { a: "1", b: "2" } });
  await send(UntagQueueCommand, { QueueUrl, TagKeys: ["a"] });
  assert.deepEqual((await send(ListQueueTagsCommand, { QueueUrl })).Tags, { b: "2" });
  await send(AddPermissionCommand, { QueueUrl, Label: "p", AWSAccountIds: ["123456789012"], Actions: ["SendMessage"] });
  assert.match(await attribute(QueueUrl, "Policy"), /"Sid":"p"/);
  await send(RemovePermissionCommand, { QueueUrl, Label: "p" });
  assert.equal(await attribute(QueueUrl, "Policy"), undefined);
  await send(SetQueueAttributesCommand, { QueueUrl, Attributes: { VisibilityTimeout: "77" } });
  assert.equal(await attribute(QueueUrl, "VisibilityTimeout"), "77");
  await send(SendMessageCommand, { QueueUrl, MessageBody: "x" });
  await send(PurgeQueueCommand, { QueueUrl });
  assert.equal(await attribute(QueueUrl, "ApproximateNumberOfMessages"), "0");
  await send(DeleteQueueCommand, { QueueUrl });
  await assert.rejects(send(GetQueueUrlCommand, { QueueName: `${prefix}-0` }), { name: "QueueDoesNotExist" });
});

test("dead letters are moved back", async () => {
  const dead = await queue();
  const SourceArn = await attribute(dead, "QueueArn");
  const source = await queue({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 }) });
  assert.deepEqual((await send(ListDeadLetterSourceQueuesCommand, { QueueUrl: dead })).queueUrls, [source]);
  await send(SendMessageCommand, { QueueUrl: source, MessageBody: "x" });
  assert.equal((await receive(source, { VisibilityTimeout: 0 })).length, 1);
  assert.equal((await receive(source)).length, 0);
  const { TaskHandle } = await send(StartMessageMoveTaskCommand, { SourceArn });
  let task;
  for (let i = 0; i < 10_000; ++i) {
    [task] = (await send(ListMessageMoveTasksCommand, { SourceArn })).Results;
    if (task.Status !== "RUNNING") break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.deepEqual([task.Status, task.ApproximateNumberOfMessagesMoved], ["COMPLETED", 1]);
  assert.deepEqual((await receive(source)).map((m) => m.Body), ["x"]);
  await assert.rejects(send(CancelMessageMoveTaskCommand, { TaskHandle: `${TaskHandle}x` }), SQSServiceException);
});

test("errors have their names, and the older protocol's codes beside them", async () => {
  const QueueUrl = await queue();
  const fifo = await queue({ FifoQueue: "true" });
  const missing = QueueUrl.replace(/[^/]+$/, "none");
  for (const [Command, input, name, status, code] of [
    [SendMessageCommand, { QueueUrl: missing, MessageBody: "x" }, "QueueDoesNotExist", 400, "AWS.SimpleQueueService.NonExistentQueue"],
    [DeleteMessageCommand, { QueueUrl, ReceiptHandle: "x" }, "ReceiptHandleIsInvalid", 404, "ReceiptHandleIsInvalid"],
    [SendMessageCommand, { QueueUrl, MessageBody: "\x02" }, "InvalidMessageContents", 400, "InvalidMessageContents"],
    [SendMessageCommand, { QueueUrl: fifo, MessageBody: "x" }, "MissingRequiredParameterException", 400, "MissingParameter"],
    [ReceiveMessageCommand, { QueueUrl, WaitTimeSeconds: 21 }, "InvalidParameterValueException", 400, "InvalidParameterValue"],
    [SendMessageBatchCommand, { QueueUrl, Entries: [] }, "EmptyBatchRequest", 400, "AWS.SimpleQueueService.EmptyBatchRequest"],
    [SetQueueAttributesCommand, { QueueUrl, Attributes: { Foo: "1" } }, "InvalidAttributeName", 400, "InvalidAttributeName"],
  ]) {
    await assert.rejects(send(Command, input), (error) => {
      assert.ok(error instanceof SQSServiceException);
      assert.equal(error.$metadata.httpStatusCode, status, name);
      assert.ok(error.name === name || error.name === code, `${error.name} is neither ${name} nor ${code}`);
      assert.ok(error.message.length > 0);
      return true;
    });
  }
});

test("an event source mapping", async () => {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
  const { Role } = await engine.client(IAMClient).send(new CreateRoleCommand({ RoleName: "js-worker", AssumeRolePolicyDocument }));
  const folder = mkdtempSync(join(tmpdir(), "cumulet-js-"));
  writeFileSync(join(folder, "bootstrap"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  execFileSync("zip", ["-q", "f.zip", "bootstrap"], { cwd: folder });
  const lambda = engine.client(LambdaClient);
  await lambda.send(new CreateFunctionCommand({
    FunctionName: "js-worker", Runtime: "provided.al2023", Handler: "bootstrap", Role: Role.Arn, Code: { ZipFile: readFileSync(join(folder, "f.zip")) } }));
  const EventSourceArn = await attribute(await queue(), "QueueArn");
  const made = await lambda.send(new CreateEventSourceMappingCommand({
    EventSourceArn, FunctionName: "js-worker", Enabled: false, BatchSize: 100, MaximumBatchingWindowInSeconds: 2,
    FunctionResponseTypes: ["ReportBatchItemFailures"], ScalingConfig: { MaximumConcurrency: 7 },
    FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: { kind: ["blur"] } }) }] } }));
  assert.ok(made.LastModified instanceof Date && Math.abs(made.LastModified - Date.now()) < 60_000);
  assert.deepEqual([made.BatchSize, made.ScalingConfig, made.FunctionResponseTypes], [100, { MaximumConcurrency: 7 }, ["ReportBatchItemFailures"]]);
  const { EventSourceMappings } = await lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn }));
  assert.deepEqual(EventSourceMappings.map((m) => m.UUID), [made.UUID]);
  assert.deepEqual(JSON.parse(EventSourceMappings[0].FilterCriteria.Filters[0].Pattern), { body: { kind: ["blur"] } });
  const changed = await lambda.send(new UpdateEventSourceMappingCommand({ UUID: made.UUID, ScalingConfig: { MaximumConcurrency: 2 } }));
  assert.deepEqual(changed.ScalingConfig, { MaximumConcurrency: 2 });
  assert.equal((await lambda.send(new DeleteEventSourceMappingCommand({ UUID: made.UUID }))).State, "Deleting");
  for (let i = 0; i < 5_000; ++i) {
    try {
      await lambda.send(new GetEventSourceMappingCommand({ UUID: made.UUID }));
    } catch (error) {
      assert.equal(error.name, "ResourceNotFoundException");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("the mapping is still there");
});
