// Step Functions as these rooms need it: through AWS's SDK, nothing else.
import type { DescribeExecutionOutput, DescribeStateMachineOutput, ExecutionListItem, StateMachineListItem, ValidateStateMachineDefinitionDiagnostic } from "@aws-sdk/client-sfn";
import { iam, logs, sfn } from "../../lib/aws";
import { account, region } from "../../lib/session";
import { eventOf, type HistoryEvent } from "./history/history";
import { HELPER_TAG } from "./rerun";

export const machineArn = (name: string) => `arn:aws:states:${region()}:${account()}:stateMachine:${name}`;
export const executionArn = (machine: string, name: string) => `arn:aws:states:${region()}:${account()}:execution:${machine}:${name}`;
export const nameOf = (arn: string) => arn.split(":").slice(6).join(":");
export const executionParts = (arn: string) => {
  const [machine = "", ...name] = nameOf(arn).split(":");
  return { machine, name: name.join(":") };
};

export type Machine = StateMachineListItem;
export type MachineDetails = DescribeStateMachineOutput;
export type Execution = ExecutionListItem;
export type ExecutionDetails = DescribeExecutionOutput;
export type FindingOfAws = ValidateStateMachineDefinitionDiagnostic;

export async function listMachines(signal: AbortSignal): Promise<Machine[]> {
  const [client, { ListStateMachinesCommand }] = await sfn();
  const out: Machine[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListStateMachinesCommand({ maxResults: 1000, nextToken }), { abortSignal: signal });
    out.push(...(page.stateMachines ?? []));
    nextToken = page.nextToken;
  } while (nextToken && out.length < 20_000);
  return out;
}
export async function describeMachine(name: string, signal?: AbortSignal): Promise<MachineDetails> {
  const [client, { DescribeStateMachineCommand }] = await sfn();
  return client.send(new DescribeStateMachineCommand({ stateMachineArn: machineArn(name) }), signal && { abortSignal: signal });
}
export async function listExecutions(machine: string, status: string, most: number, signal?: AbortSignal): Promise<{ executions: Execution[]; more: boolean }> {
  const [client, { ListExecutionsCommand }] = await sfn();
  const executions: Execution[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new ListExecutionsCommand({ stateMachineArn: machineArn(machine), maxResults: Math.min(1000, most - executions.length), nextToken, ...(status ? { statusFilter: status as "RUNNING" } : {}) }),
      signal && { abortSignal: signal },
    );
    executions.push(...(page.executions ?? []));
    nextToken = page.nextToken;
  } while (nextToken && executions.length < most);
  return { executions, more: nextToken !== undefined };
}
export async function describeExecution(arn: string, signal?: AbortSignal): Promise<ExecutionDetails> {
  const [client, { DescribeExecutionCommand }] = await sfn();
  return client.send(new DescribeExecutionCommand({ executionArn: arn }), signal && { abortSignal: signal });
}
// The machine as it was when the execution began.
export async function machineOfExecution(arn: string, signal?: AbortSignal): Promise<{ definition: string; roleArn: string }> {
  const [client, { DescribeStateMachineForExecutionCommand }] = await sfn();
  const found = await client.send(new DescribeStateMachineForExecutionCommand({ executionArn: arn }), signal && { abortSignal: signal });
  return { definition: found.definition ?? "", roleArn: found.roleArn ?? "" };
}

// The events from the first on, or, knowing some, those behind the last that is known: read from the newest backwards. Payloads come along until they are over
// `room` bytes; what comes then says nothing of its data, and the page says so.
export async function historyEvents(arn: string, known: number, room: { bytes: number }, signal: AbortSignal, onPage: (events: HistoryEvent[]) => void): Promise<void> {
  const [client, { GetExecutionHistoryCommand }] = await sfn();
  let nextToken: string | undefined;
  const newest: HistoryEvent[] = [];
  do {
    const page = await client.send(
      new GetExecutionHistoryCommand({ executionArn: arn, maxResults: known === 0 ? 1000 : 100, reverseOrder: known > 0, includeExecutionData: room.bytes > 0, nextToken }),
      { abortSignal: signal },
    );
    const events = (page.events ?? []).map(eventOf).filter((one) => one !== undefined);
    room.bytes -= events.reduce((sum, one) => sum + sizeOf(one), 0);
    if (known === 0) onPage(events);
    else newest.push(...events.filter((one) => one.id > known));
    nextToken = known > 0 && events.some((one) => one.id <= known) ? undefined : page.nextToken;
  } while (nextToken);
  if (newest.length > 0) onPage(newest.reverse());
}
const sizeOf = ({ details }: HistoryEvent) => Object.values(details).reduce((sum: number, value) => sum + (typeof value === "string" ? value.length : 16), 0);

export async function startExecution(machine: string, input: string, name: string): Promise<string> {
  const [client, { StartExecutionCommand }] = await sfn();
  return (await client.send(new StartExecutionCommand({ stateMachineArn: machineArn(machine), input, ...(name ? { name } : {}) }))).executionArn ?? "";
}
export async function stopExecution(arn: string, error: string, cause: string): Promise<void> {
  const [client, { StopExecutionCommand }] = await sfn();
  await client.send(new StopExecutionCommand({ executionArn: arn, ...(error ? { error } : {}), ...(cause ? { cause } : {}) }));
}
export async function deleteMachine(name: string): Promise<void> {
  const [client, { DeleteStateMachineCommand }] = await sfn();
  await client.send(new DeleteStateMachineCommand({ stateMachineArn: machineArn(name) }));
}
export async function validate(definition: string, type: "STANDARD" | "EXPRESS", signal: AbortSignal): Promise<{ findings: FindingOfAws[]; truncated: boolean }> {
  const [client, { ValidateStateMachineDefinitionCommand }] = await sfn();
  const answer = await client.send(new ValidateStateMachineDefinitionCommand({ definition, type, severity: "WARNING" }), { abortSignal: signal });
  return { findings: answer.diagnostics ?? [], truncated: answer.truncated ?? false };
}

export const LOG_LEVELS = ["ALL", "ERROR", "FATAL", "OFF"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export interface NewMachine {
  name: string;
  definition: string;
  roleArn: string;
  type: "STANDARD" | "EXPRESS";
  level: LogLevel;
  includeData: boolean;
}
export const logGroupOf = (machine: string) => `/aws/vendedlogs/states/${machine.replace(/[^\w./#-]/g, "_")}-Logs`;
export const logGroupArn = (group: string) => `arn:aws:logs:${region()}:${account()}:log-group:${group}:*`;
export const loggingOf = (machine: NewMachine) => (machine.level === "OFF" ? { level: "OFF" as const } : { level: machine.level, includeExecutionData: machine.includeData, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logGroupArn(logGroupOf(machine.name)) } }] });

async function ensureLogGroup(name: string): Promise<void> {
  const [client, { CreateLogGroupCommand }] = await logs();
  try {
    await client.send(new CreateLogGroupCommand({ logGroupName: name }));
  } catch (error) {
    if (!(error instanceof Error && error.name === "ResourceAlreadyExistsException")) throw error;
  }
}
export async function createMachine(machine: NewMachine): Promise<void> {
  if (machine.level !== "OFF") await ensureLogGroup(logGroupOf(machine.name));
  const [client, { CreateStateMachineCommand }] = await sfn();
  await client.send(new CreateStateMachineCommand({ name: machine.name, definition: machine.definition, roleArn: machine.roleArn, type: machine.type, loggingConfiguration: loggingOf(machine) }));
}
export async function updateDefinition(name: string, definition: string): Promise<void> {
  const [client, { UpdateStateMachineCommand }] = await sfn();
  await client.send(new UpdateStateMachineCommand({ stateMachineArn: machineArn(name), definition }));
}
// A machine of its own that begins at another state; made again it is the one that is there.
export async function createHelper(name: string, definition: string, roleArn: string, of: string): Promise<void> {
  const [client, { CreateStateMachineCommand }] = await sfn();
  await client.send(new CreateStateMachineCommand({ name, definition, roleArn, type: "STANDARD", tags: [{ key: HELPER_TAG, value: of.slice(0, 256) }] }));
}

export interface Role {
  name: string;
  arn: string;
}
export async function listRoles(signal: AbortSignal): Promise<Role[]> {
  const [client, { ListRolesCommand }] = await iam();
  const out: Role[] = [];
  let marker: string | undefined;
  do {
    const page = await client.send(new ListRolesCommand({ Marker: marker, MaxItems: 1000 }), { abortSignal: signal });
    for (const role of page.Roles ?? []) if (role.Arn && role.RoleName) out.push({ name: role.RoleName, arn: role.Arn });
    marker = page.IsTruncated ? page.Marker : undefined;
  } while (marker && out.length < 5000);
  return out;
}
export const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }] });
// May invoke functions and write the executions' log; on AWS narrow it to the functions named.
const ALLOWED = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "*" },
    { Effect: "Allow", Action: ["logs:CreateLogDelivery", "logs:CreateLogStream", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutLogEvents", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"], Resource: "*" },
  ],
});
export async function createRole(name: string): Promise<Role> {
  const [client, { CreateRoleCommand, PutRolePolicyCommand }] = await iam();
  const made = await client.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TRUST, Description: "Made by Cumulet's console for a state machine" }));
  await client.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "InvokeFunctionsAndWriteLogs", PolicyDocument: ALLOWED }));
  return { name, arn: made.Role?.Arn ?? `arn:aws:iam::${account()}:role/${name}` };
}
