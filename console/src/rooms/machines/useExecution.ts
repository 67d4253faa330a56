import { useEffect, useRef, useState } from "react";
import type { LiveKind } from "../../lib/feed";
import { useLoad } from "../../lib/useLoad";
import { describeExecution, historyEvents, machineOfExecution, type ExecutionDetails } from "./api";
import { readDefinition } from "./graph/definition";
import { History, markCaught } from "./history/history";

const TRANSITIONS: readonly LiveKind[] = ["stateTransition"];
const PAYLOADS = 48 << 20; // bytes of payloads kept in the page

export interface ExecutionState {
  details: ExecutionDetails | undefined; // none of a file's
  definition: string | undefined;
  roleArn: string;
  history: History;
  version: number; // grows with the history
  isWhole: boolean; // all payloads are here
}

// Ways out of each state, for markCaught.
export function waysOf(definition: string | undefined) {
  const read = definition === undefined ? undefined : readDefinition(definition);
  const found = read && "definition" in read ? read.definition : undefined;
  return (name: string) => {
    const state = found?.byName.get(name)?.[0];
    const next = state && found?.byId.get(state.id)?.json;
    if (!state || next?.kind !== "object") return undefined;
    const go = next.members.get("Next")?.value;
    const catches = next.members.get("Catch")?.value;
    const targets = new Set<string>();
    if (catches?.kind === "array")
      for (const one of catches.items) {
        const to = one.kind === "object" ? one.members.get("Next")?.value : undefined;
        if (to?.kind === "string") targets.add(to.value);
      }
    return { next: go?.kind === "string" ? go.value : undefined, targets };
  };
}

// An execution, live: read at first, then its new events whenever the feed tells of one, and every few seconds while it runs.
export function useExecution(arn: string) {
  const kept = useRef<{ arn: string; history: History; machine: { definition: string; roleArn: string } | undefined; room: { bytes: number }; version: number }>(undefined);
  const [isRunning, setIsRunning] = useState(true);
  const loaded = useLoad<ExecutionState>(
    `execution:${arn}`,
    async (signal) => {
      if (kept.current?.arn !== arn) kept.current = { arn, history: new History(), machine: undefined, room: { bytes: PAYLOADS }, version: 0 };
      const mine = kept.current;
      // The details first: what they call ended has all its events when those are read after.
      const details = await describeExecution(arn, signal);
      mine.machine ??= await machineOfExecution(arn, signal);
      await historyEvents(arn, mine.history.lastId, mine.room, signal, (events) => { if (mine.history.add(events)) mine.version += 1; });
      markCaught(mine.history.runs, waysOf(mine.machine.definition));
      return { details, definition: mine.machine.definition, roleArn: mine.machine.roleArn, history: mine.history, version: mine.version, isWhole: mine.room.bytes > 0 };
    },
    { on: TRANSITIONS, concerns: (record) => record.kind === "stateTransition" && record.execution === arn, ...(isRunning ? { every: 4000 } : {}) },
  );
  const status = loaded.data?.details?.status;
  useEffect(() => setIsRunning(status === undefined || status === "RUNNING"), [status]);
  return loaded;
}

// The present second, while something runs.
export function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
