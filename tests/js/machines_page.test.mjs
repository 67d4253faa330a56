// The console's rooms of state machines in a real browser (Debian's Chromium, headless), against an engine of its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CloudWatchLogsClient, DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import {
  CreateStateMachineCommand, DescribeExecutionCommand, DescribeStateMachineCommand, ListExecutionsCommand, ListStateMachinesCommand, SFNClient, StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { chromium } from "playwright-core";
import { CHROMIUM, eventually, launchArguments } from "./chat.mjs";
import { startEngine } from "./engine.mjs";

const role = "arn:aws:iam::000000000000:role/page-tests";
const scratch = mkdtempSync(join(tmpdir(), "cumulet-machines-"));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let engine, browser, sfn;
let skip = CHROMIUM ? false : "no Chromium: the console was not tried in a browser";

// A program built without Node has no console to try.
async function hasConsole() {
  const answer = await fetch(`${engine.endpoint}/`, { headers: { Accept: "text/html" } });
  return (await answer.text()).includes('id="root"');
}

async function makeFunction(name, body) {
  const folder = mkdtempSync(join(scratch, "f-"));
  writeFileSync(join(folder, "index.mjs"), `export const handler = async (event) => { ${body} };`);
  execFileSync("zip", ["-q", "f.zip", "index.mjs"], { cwd: folder });
  const lambda = engine.client(LambdaClient);
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs20.x", Handler: "index.handler", Role: role, Timeout: 20, Code: { ZipFile: readFileSync(join(folder, "f.zip")) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 20 }, { FunctionName: name });
}

async function open(hash, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, ...options });
  page.setDefaultTimeout(30_000);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("dialog", (dialog) => { page.complaints.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on("console", (line) => { if (line.type() === "error" && !/Failed to load resource/.test(line.text())) page.complaints.push(line.text()); });
  page.on("request", (request) => { if (new URL(request.url()).origin !== engine.endpoint && !/^(data|blob):/.test(request.url())) page.complaints.push(`foreign request: ${request.url()}`); });
  await page.goto(`${engine.endpoint}/${hash}`);
  return page;
}
async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.close();
}
const stateOf = (page, name) => page.locator(`.sm-state[data-state=${JSON.stringify(name)}]`);
const lit = (page, name, status) => page.locator(`.sm-state[data-state=${JSON.stringify(name)}][data-status="${status}"]`).waitFor();
const make = (name, definition) => sfn.send(new CreateStateMachineCommand({ name, roleArn: role, definition: JSON.stringify(definition) }));
const startOf = (stateMachineArn, name, input = {}) => sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
const arnOf = (name) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
const ended = (machine, name) => eventually(async () => {
  const found = await sfn.send(new DescribeExecutionCommand({ executionArn: `arn:aws:states:us-east-1:000000000000:execution:${machine}:${name}` }));
  return found.status !== "RUNNING" && found;
}, `${machine}:${name} ended`);

async function axe(page, what) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map((one) => `${what}: ${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).slice(0, 3).join(" | ")}`), []);
}

const waiting = { StartAt: "Begin", States: { Begin: { Type: "Pass", Next: "Long wait" }, "Long wait": { Type: "Wait", Seconds: 600, Next: "Done" }, Done: { Type: "Succeed" } } };

before(async () => {
  if (skip) return;
  engine = await startEngine();
  if (!(await hasConsole())) {
    skip = "this program was built without the console";
    return;
  }
  sfn = engine.client(SFNClient);
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com", "states.amazonaws.com"] }, Action: "sts:AssumeRole" }] });
  await engine.client(IAMClient).send(new CreateRoleCommand({ RoleName: "page-tests", AssumeRolePolicyDocument }));
  browser = await chromium.launch(launchArguments());
  await makeFunction("check-rekognition-job-status", 'const polls = (event.polls ?? 0) + 1; return { body: { ...event, polls, job_status: event.lost ? "FAILED" : polls < 3 ? "IN_PROGRESS" : "SUCCEEDED" } };');
  await makeFunction("get-rekognized-faces", "return { body: { ...event, faces: [1, 2] } };");
  await makeFunction("blur-faces", 'if (event.broken) throw new RangeError("the film <b>ends</b> in the middle"); return { body: { done: true } };');
});
after(async () => {
  await browser?.close();
  await engine?.stop();
  rmSync(scratch, { recursive: true, force: true });
});
const check = (name, run) => test(name, { skip }, async (t) => {
  if (skip) return t.skip(skip);
  await run(t);
});

// The exercise's text, with its open places.
function exercise() {
  const task = (name, Next) => ({ Type: "Task", Resource: "arn:aws:states:::lambda:invoke", InputPath: "$.body", Parameters: { FunctionName: `< ${name} ARN >`, "Payload.$": "$" }, OutputPath: "$.Payload", Catch: [{ ErrorEquals: ["States.ALL"], Next: "Execution Failed" }], Next });
  return JSON.stringify({
    StartAt: "Check Job Status",
    States: {
      "Check Job Status": task("check-rekognition-job-status", "Job finished?"),
      "Job finished?": { Type: "Choice", Choices: [{ Variable: "$.body.job_status", StringEquals: "IN_PROGRESS", Next: "Wait 1 Second" }, { Variable: "$.body.job_status", StringEquals: "SUCCEEDED", Next: "Get Timestamps and Faces" }], Default: "Execution Failed" },
      "Wait 1 Second": { Type: "Wait", Seconds: 1, Next: "Check Job Status" },
      "Get Timestamps and Faces": task("get-rekognized-faces", "Blur Faces on Video"),
      "Blur Faces on Video": task("blur-faces", "Execution Succeeded"),
      "Execution Succeeded": { Type: "Succeed" },
      "Execution Failed": { Type: "Fail", ErrorPath: "$.Error", CausePath: "$.Cause" },
    },
  }, null, 2);
}
async function paste(page, text) {
  const editor = page.getByRole("textbox", { name: "Definition" });
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

check("nothing is there yet: the room says what to do", async () => {
  const page = await open("#/machines");
  await page.getByText("No state machine yet").waitFor();
  await axe(page, "empty list");
  await close(page);
});

check("the exercise's machine made by hand, with ALL logging; started, and seen alive", async () => {
  const page = await open("#/machines");
  await page.getByRole("link", { name: "Create state machine" }).first().click();
  await page.getByRole("heading", { name: "Write your workflow in code" }).waitFor();
  await paste(page, exercise());
  await stateOf(page, "Blur Faces on Video").waitFor(); // the graph beside
  await page.getByRole("button", { name: "Put the ARNs in" }).click();
  assert.equal(await page.getByRole("region", { name: "Places to fill" }).count(), 0);
  await page.getByRole("region", { name: "Findings" }).getByText("Valid", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await page.getByLabel("State machine name").fill("FaceBlur-by-hand");
  await page.getByLabel("Log level").selectOption("ALL");
  await page.getByText("The same as a command").click();
  assert.match(await page.getByRole("group", { name: "AWS CLI command" }).innerText(), /create-state-machine[\s\S]*"level":"ALL"/);
  await axe(page, "settings");
  await page.getByRole("button", { name: "Create state machine" }).click();
  await page.getByText("It has not run yet").waitFor();

  const made = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arnOf("FaceBlur-by-hand") }));
  assert.equal(made.loggingConfiguration.level, "ALL");
  assert.match(made.roleArn, /role\/StepFunctions-FaceBlur-by-hand-role$/);
  assert.match(made.definition, /function:blur-faces/);
  const logs = engine.client(CloudWatchLogsClient);
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/aws/vendedlogs/states/FaceBlur-by-hand" }));
  assert.equal(logGroups.length, 1);

  await page.getByRole("button", { name: "Start execution" }).first().click();
  await page.getByRole("textbox", { name: "Input, as JSON" }).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText('{"body": {"job_id": ');
  await page.getByText(/Line 1: /).waitFor();
  assert.ok(await page.locator("dialog").getByRole("button", { name: "Start execution" }).isDisabled());
  await page.keyboard.insertText('12345678901234567890}}');
  await page.getByText(/Valid JSON/).waitFor();
  await page.getByLabel("Name (a new id").fill("first");
  await page.locator("dialog").getByRole("button", { name: "Start execution" }).click();

  // No reload from here on: it comes by itself.
  await lit(page, "Wait 1 Second", "running");
  assert.equal(await stateOf(page, "Blur Faces on Video").getAttribute("data-status"), null);
  await lit(page, "Execution Succeeded", "succeeded");
  await page.locator("h1 + p .ui-status", { hasText: "Succeeded" }).waitFor();
  await page.locator('.sm-node:has([data-state="Check Job Status"]) .sm-times', { hasText: "×3" }).waitFor();
  assert.equal(await stateOf(page, "Execution Failed").getAttribute("data-status"), null);
  assert.ok(await page.locator(".sm-edge[data-taken]").count() >= 6);

  await stateOf(page, "Check Job Status").click();
  const side = page.getByRole("region", { name: "State Check Job Status" });
  await side.getByText("Run 3 of 3").waitFor();
  assert.match(await side.getByRole("region", { name: "Input of Check Job Status" }).innerText(), /12345678901234567890|12345678901234567000/);
  await side.getByRole("button", { name: "The run before" }).click();
  await side.getByText("Run 2 of 3").waitFor();
  await side.getByRole("tab", { name: "Data flow" }).click();
  const titles = await side.locator(".sm-flow h3").allInnerTexts();
  assert.deepEqual(titles.map((one) => one.split("\n")[0].replace(/(from the history|computed here|not known)$/, "")), ["State input", "InputPath", "Parameters (task input)", "Task result", "ResultSelector", "ResultPath", "OutputPath"]);
  assert.equal(await side.getByText("is not what the engine recorded").count(), 0);
  await axe(page, "execution");
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: logGroups[0].logGroupName }));
  assert.ok(events.some((one) => one.message.includes("ExecutionSucceeded")));
  await close(page);
});

check("a failure: which state, its error, its cause in words; the state that failed first is one click away", async () => {
  await startOf(arnOf("FaceBlur-by-hand"), "broken", { body: { job_id: 1, polls: 5, broken: true } });
  await ended("FaceBlur-by-hand", "broken");
  const page = await open("#/machines/FaceBlur-by-hand/executions/broken");
  await page.getByText(/It failed in “Execution Failed”, after “Blur Faces on Video” had failed/).waitFor();
  await page.getByText("the film <b>ends</b> in the middle").first().waitFor();
  await lit(page, "Blur Faces on Video", "caught");
  await lit(page, "Execution Failed", "failed");
  await page.getByRole("button", { name: "Show “Blur Faces on Video”" }).click();
  const side = page.getByRole("region", { name: "State Blur Faces on Video" });
  await side.getByText("Failed, and a Catch took it: RangeError").waitFor();
  await side.getByRole("tab", { name: "Attempt" }).click();
  await side.getByRole("region", { name: "Task input, attempt 1" }).waitFor();
  // Events: searched, one chosen.
  await page.getByLabel("Search the events").fill("ends</b> in the");
  const rows = page.getByRole("group", { name: "Events", exact: true }).locator("tbody tr");
  await eventually(async () => (await rows.count()) < 6 && (await rows.count()) > 0, "the events that say it");
  await page.getByRole("button", { name: "TaskFailed" }).click();
  await page.getByRole("region", { name: /^Event \d+$/ }).getByText("RangeError").first().waitFor();
  await page.getByRole("tab", { name: "Time chart" }).click();
  await page.getByRole("button", { name: /^Blur Faces on Video ?, failed and was caught/ }).waitFor();
  await axe(page, "failed");
  await close(page);
});

check("run again from a state, as an execution of its own", async () => {
  const page = await open("#/machines/FaceBlur-by-hand/executions/broken");
  await stateOf(page, "Blur Faces on Video").click();
  await page.getByRole("button", { name: "Run from here…" }).click();
  await page.getByText("Step Functions cannot begin an execution in the middle").waitFor();
  const input = page.locator("dialog").getByRole("textbox", { name: "Input, as JSON" });
  assert.match(await input.innerText(), /"broken": true/);
  await input.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText('{"body": {"job_id": 1}}');
  await page.locator("dialog").getByRole("button", { name: "Start execution" }).click();
  await lit(page, "Execution Succeeded", "succeeded");
  assert.equal(await stateOf(page, "Check Job Status").count(), 0);
  const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
  assert.equal(stateMachines.filter((one) => /^FaceBlur-by-hand-rerun-/.test(one.name)).length, 1);
  // The old one is as it was.
  assert.equal((await ended("FaceBlur-by-hand", "broken")).status, "FAILED");
  await page.goto(`${engine.endpoint}/#/machines`);
  await page.getByText("1 machine made here to run from a state").waitFor();
  await close(page);
});

check("stop, with a cause", async () => {
  const { stateMachineArn } = await make("waits", waiting);
  await startOf(stateMachineArn, "long");
  const page = await open("#/machines/waits/executions/long");
  await lit(page, "Long wait", "running");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByLabel("Cause (may stay empty)").fill("enough");
  await page.getByRole("button", { name: "Stop execution" }).click();
  await lit(page, "Long wait", "aborted");
  await page.getByText("It was stopped").waitFor();
  assert.equal((await ended("waits", "long")).cause, "enough");
  await page.getByRole("link", { name: "waits" }).click();
  await page.getByLabel("Show").selectOption("RUNNING");
  await page.getByText("None is running").waitFor();
  await page.getByLabel("Show").selectOption("ABORTED");
  await page.getByRole("link", { name: "long" }).waitFor();
  await startOf(stateMachineArn, "second");
  await page.getByLabel("Show").selectOption("");
  await page.getByRole("link", { name: "second" }).waitFor();
  await startOf(stateMachineArn, "third"); // by itself
  await page.getByRole("link", { name: "third" }).waitFor();
  await close(page);
});

check("findings at their lines; saved, and the version before put back", async () => {
  await make("edited", waiting);
  const page = await open("#/machines/edited/edit");
  await stateOf(page, "Long wait").waitFor();
  const broken = JSON.stringify({ ...waiting, States: { ...waiting.States, "Long wait": { Type: "Wait", Seconds: -1, Next: "Gone" } } }, null, 2);
  await paste(page, broken);
  const findings = page.getByRole("region", { name: "Findings" });
  const line = broken.split("\n").findIndex((one) => one.includes('"Seconds"')) + 1;
  await findings.getByRole("button", { name: new RegExp(`Line ${line} *Minimum value is 0`) }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled());
  await page.locator(".cm-lint-marker-error").first().waitFor();
  await axe(page, "editor with findings");
  await paste(page, '{"StartAt": ');
  await findings.getByText("Line 1").waitFor();
  await page.getByText("The graph as it was before the error").waitFor();
  const better = JSON.stringify({ ...waiting, States: { ...waiting.States, "Long wait": { Type: "Wait", Seconds: 1, Next: "Done" } } }, null, 2);
  await paste(page, better);
  await findings.getByText("Valid", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(/^Saved\./).waitFor();
  const text = async () => JSON.parse((await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: arnOf("edited") }))).definition);
  assert.equal((await text()).States["Long wait"].Seconds, 1);
  await page.reload();
  await page.getByRole("button", { name: /Put version 1 into the editor/ }).click();
  await findings.getByText("Valid", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(/^Saved\./).waitFor();
  assert.equal((await text()).States["Long wait"].Seconds, 600);
  await close(page);
});

check("500 states: drawn, bounded, walked by keyboard", async () => {
  const States = {};
  for (let i = 0; i < 500; i += 1) States[`State ${i}`] = i === 499 ? { Type: "Succeed" } : i % 7 === 3 ? { Type: "Choice", Choices: [{ Variable: "$.never", IsPresent: true, Next: `State ${Math.min(499, i + 5)}` }], Default: `State ${i + 1}` } : { Type: "Pass", Next: `State ${i + 1}` };
  const { stateMachineArn } = await make("many", { StartAt: "State 0", States });
  await startOf(stateMachineArn, "run");
  await ended("many", "run");
  const page = await open("#/machines/many/executions/run");
  await lit(page, "State 0", "succeeded");
  await page.getByRole("tab", { name: "Events (1,002)" }).waitFor();
  const began = Date.now();
  assert.ok((await page.locator(".sm-state").count()) < 120, "only what is in sight is in the document");
  assert.ok((await page.getByRole("group", { name: "Events", exact: true }).locator("tbody tr").count()) < 120);
  await stateOf(page, "State 0").focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-state") === "State 499");
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-state") === "State 498");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "State State 498" }).waitFor();
  await page.getByRole("button", { name: "Fit" }).click();
  await page.getByLabel("Find a state").fill("state 250");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "State State 250" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-state") === "State 250");
  assert.ok(Date.now() - began < 30_000);
  // No event is lost on the way: the last one is found by searching, and by scrolling.
  await page.getByLabel("Search the events").fill("ExecutionSucceeded");
  await page.getByText("1 of 1,002").waitFor();
  await close(page);
});

check("hostile names and texts stay texts", async () => {
  const evil = '<img src=x onerror="globalThis.hacked=1">';
  const script = '"><script>globalThis.hacked=1</script>';
  const { stateMachineArn } = await make("hostile", {
    Comment: evil, StartAt: evil,
    States: {
      [evil]: { Type: "Pass", Comment: script, Result: { [script]: evil, __proto__x: "</pre><svg onload=globalThis.hacked=1>" }, ResultPath: "$.r", Next: "__proto__" },
      ["__proto__"]: { Type: "Pass", Next: "constructor" },
      constructor: { Type: "Choice", Choices: [{ Variable: "$.x", StringEquals: script, Next: script }], Default: script },
      [script]: { Type: "Fail", Error: evil, Cause: script },
    },
  });
  await startOf(stateMachineArn, "run", { [evil]: script, x: "y" });
  await ended("hostile", "run");
  const page = await open("#/machines/hostile/executions/run");
  await page.locator(".sm-cause", { hasText: script }).first().waitFor();
  await lit(page, evil, "succeeded");
  await lit(page, "__proto__", "succeeded");
  await stateOf(page, evil).click();
  await page.getByRole("tab", { name: "Data flow" }).click();
  for (const tab of ["Time chart", "Input and output", "Definition"]) await page.getByRole("tab", { name: tab }).last().click();
  await page.goto(`${engine.endpoint}/#/machines/hostile/edit`);
  await stateOf(page, "constructor").waitFor();
  await page.goto(`${engine.endpoint}/#/machines/${encodeURIComponent(evil)}/executions/${encodeURIComponent(script)}`);
  await page.getByText("Reading the execution did not work.").waitFor();
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  await close(page);
});

check("a large payload is cut, and saved whole; the file of an execution is opened again", async () => {
  const { stateMachineArn } = await make("large", { StartAt: "P", States: { P: { Type: "Pass", End: true } } });
  await startOf(stateMachineArn, "run", { text: "x".repeat(200_000), end: "here" });
  await ended("large", "run");
  const page = await open("#/machines/large/executions/run");
  await page.getByText(/The first 60,000 of 200,0\d\d characters/).first().waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as JSON" }).click()]);
  const path = join(scratch, "large.json");
  await download.saveAs(path);
  const saved = JSON.parse(readFileSync(path, "utf8"));
  assert.deepEqual([saved.events.length, saved.events[0].executionStartedEventDetails.input.length > 200_000, saved.execution.name], [4, true, "run"]);
  await page.goto(`${engine.endpoint}/#/machines`);
  await page.getByLabel("An execution’s file").setInputFiles(path);
  await lit(page, "P", "succeeded");
  await page.getByText("from a file, of the machine large").waitFor();
  await page.goto(`${engine.endpoint}/#/machines`);
  writeFileSync(path, '{"events": [{"id": "one"}]}');
  await page.getByLabel("An execution’s file").setInputFiles(path);
  await page.getByText("Event 1 of this file is none").waitFor();
  writeFileSync(path, "no json");
  await page.getByLabel("An execution’s file").setInputFiles(path);
  await page.getByText("This file is no JSON").waitFor();
  await close(page);
});

check("by keyboard alone: from the list to a running execution and its states", async () => {
  const page = await open("#/machines");
  await page.getByRole("link", { name: "waits" }).waitFor();
  await page.getByRole("link", { name: "waits" }).focus();
  await page.keyboard.press("Enter");
  const press = async (key, until, most = 60) => {
    for (let i = 0; i < most; i += 1) {
      if (await page.evaluate(until)) return;
      await page.keyboard.press(key);
    }
    assert.ok(await page.evaluate(until), `${key} leads to ${until}`);
  };
  await page.getByRole("button", { name: "Start execution" }).waitFor();
  await press("Tab", "document.activeElement?.textContent === 'Start execution'");
  await page.keyboard.press("Enter");
  // Focus is in the editor, and Tab leaves it.
  await page.waitForFunction(() => document.activeElement?.dataset.editor === "Input, as JSON");
  await page.keyboard.press("Control+A");
  await page.keyboard.type('{"by": "keyboard"}');
  await press("Tab", "document.activeElement?.textContent === 'Start execution' && document.activeElement.closest('dialog') !== null");
  await page.keyboard.press("Enter");
  await lit(page, "Long wait", "running");
  await press("Tab", "document.activeElement?.getAttribute('data-state') === 'Begin'");
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-state") === "Long wait");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "State Long wait" }).getByText("In progress").waitFor();
  await close(page);
});

for (const colorScheme of ["light", "dark"])
  check(`axe finds nothing in any of the rooms, ${colorScheme}, wide and narrow`, async () => {
    for (const viewport of [{ width: 1400, height: 900 }, { width: 360, height: 740 }]) {
      const page = await open("#/machines", { colorScheme, viewport });
      await page.getByRole("link", { name: "waits" }).waitFor();
      await axe(page, "list");
      for (const [hash, seen] of [["#/machines?create=1", "Hello"], ["#/machines/waits", "Begin"], ["#/machines/edited/edit", "Begin"], ["#/machines/FaceBlur-by-hand/executions/broken", "Execution Failed"]]) {
        await page.goto(`${engine.endpoint}/${hash}`);
        await stateOf(page, seen).waitFor();
        await axe(page, `${hash} at ${viewport.width}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.querySelector("main").scrollWidth <= document.querySelector("main").clientWidth + 1), `${hash} at ${viewport.width}: nothing scrolls sideways`);
      }
      await close(page);
    }
  });

check("the editor and the layout come when they are visited", async () => {
  const page = await browser.newPage();
  const files = [];
  page.on("request", (request) => files.push(new URL(request.url()).pathname));
  await page.goto(`${engine.endpoint}/#/machines`);
  await page.getByRole("link", { name: "waits" }).waitFor();
  assert.equal(files.filter((path) => /CodeEditor|useLayout/.test(path)).length, 0);
  await page.getByRole("link", { name: "Create state machine" }).first().click();
  await page.getByRole("textbox", { name: "Definition" }).waitFor();
  assert.ok(files.some((path) => path.includes("CodeEditor")));
  await page.close();
});
