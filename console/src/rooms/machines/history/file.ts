// An execution as a file: what GetExecutionHistory, DescribeExecution and the definition say, in AWS's own names. What `aws stepfunctions get-execution-history`
// prints can be opened as well.
import { eventOf, type HistoryEvent } from "./history";

export interface ExecutionFile {
  name: string;
  arn: string;
  machine: string;
  definition: string | undefined;
  events: HistoryEvent[];
}
const FORMAT = "cumulet-execution-1";

const rawEvent = (event: HistoryEvent) => ({ timestamp: new Date(event.timestamp).toISOString(), type: event.type, id: event.id, previousEventId: event.previousEventId, ...(event.member ? { [event.member]: event.details } : {}) });

export function writeFile(execution: Record<string, unknown>, definition: string, events: readonly HistoryEvent[]): string {
  return JSON.stringify({ format: FORMAT, execution, definition, events: events.map(rawEvent) }, null, 1);
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

// The error says what is wrong with the file, for people.
export function readFile(content: string, fileName: string): ExecutionFile | { error: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch (error) {
    return { error: `This file is no JSON: ${error instanceof Error ? error.message : ""}` };
  }
  const given = typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>) : {};
  const list = Array.isArray(raw) ? (raw as unknown[]) : given.events;
  if (!Array.isArray(list)) return { error: "There are no events in this file. A file saved here, or what `aws stepfunctions get-execution-history` prints, has a list called \"events\"." };
  const events: HistoryEvent[] = [];
  for (const one of list) {
    const event = eventOf(one);
    if (!event) return { error: `Event ${events.length + 1} of this file is none: it needs a number "id" and a "type".` };
    events.push(event);
  }
  if (events.length === 0) return { error: "The list of events in this file is empty." };
  events.sort((a, b) => a.id - b.id);
  const execution = typeof given.execution === "object" && given.execution !== null ? (given.execution as Record<string, unknown>) : {};
  const arn = text(execution.executionArn) ?? "";
  return { name: text(execution.name) ?? fileName, arn, machine: text(execution.stateMachineArn)?.split(":").slice(6).join(":") ?? "", definition: text(given.definition), events };
}
