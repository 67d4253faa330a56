// The events of GetExecutionHistory → what each state did, each time it ran. Events may come in portions (a live execution): add() takes them in the order of
// their ids. Understands every type AWS tells; what it does not know stays in the table and changes nothing here.

export interface HistoryEvent {
  id: number;
  previousEventId: number;
  type: string;
  timestamp: number; // milliseconds
  member: string | undefined; // the one that ends in EventDetails
  details: Record<string, unknown>; // what it holds
}

export type RunStatus = "running" | "succeeded" | "caught" | "failed" | "aborted" | "timedOut";
export interface Attempt {
  scheduled: number; // ids and times of events
  scheduledAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  parameters: string | undefined; // as they went to the task
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  failed: boolean;
}
export interface Run {
  index: number;
  name: string;
  type: string; // "Task"
  enteredId: number;
  enteredAt: number;
  exitedId: number | undefined;
  exitedAt: number | undefined;
  input: string | undefined;
  output: string | undefined;
  assigned: Record<string, unknown> | undefined;
  status: RunStatus;
  error: string | undefined;
  cause: string | undefined;
  attempts: Attempt[];
  parent: Run | undefined; // the Parallel or Map that it ran within
  iteration: number | undefined; // of that Map
  depth: number;
  items: { length: number; started: number; succeeded: number; failed: number } | undefined; // of a Map
  next: string | undefined; // the state entered after it
}
export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";

interface Scope {
  parent: Run | undefined;
  iteration: number | undefined;
}
interface Place {
  run: Run | undefined; // whose event it is
  scope: Scope; // where the next state is entered
}
const ROOT: Scope = { parent: undefined, iteration: undefined };

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const count = (value: unknown): number => (typeof value === "number" ? value : 0);

export class History {
  readonly events: HistoryEvent[] = [];
  readonly runs: Run[] = [];
  readonly byName = new Map<string, Run[]>();
  status: ExecutionStatus = "RUNNING";
  startedAt: number | undefined;
  endedAt: number | undefined;
  input: string | undefined;
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  private readonly places = new Map<number, Place>();

  get lastId(): number {
    return this.events[this.events.length - 1]?.id ?? 0;
  }
  get lastAt(): number {
    return this.events[this.events.length - 1]?.timestamp ?? 0;
  }

  runOf(event: number): Run | undefined {
    return this.places.get(event)?.run;
  }

  // Those of them that are new; whether any was.
  add(events: readonly HistoryEvent[]): boolean {
    let any = false;
    for (const event of events) {
      if (event.id <= this.lastId) continue;
      this.events.push(event);
      this.places.set(event.id, this.take(event));
      any = true;
    }
    return any;
  }

  private take(event: HistoryEvent): Place {
    const before = this.places.get(event.previousEventId) ?? { run: undefined, scope: ROOT };
    const { type, details } = event;
    if (type.endsWith("StateEntered")) return this.entered(event, before);
    if (type.endsWith("StateExited")) return this.exited(event, before);
    if (type.startsWith("Execution")) return this.execution(event, before);
    if (type.startsWith("MapIteration") || type.startsWith("MapState") || type.startsWith("ParallelState") || type.startsWith("MapRun")) return this.container(event, before);
    const { run } = before;
    if (!run) return before;
    // TaskScheduled, LambdaFunctionScheduled, ActivityScheduled; …Started; …Succeeded; …Failed, …TimedOut, …StartFailed, …SubmitFailed, …ScheduleFailed
    if (type.endsWith("Scheduled")) {
      run.attempts.push({
        scheduled: event.id,
        scheduledAt: event.timestamp,
        startedAt: undefined,
        endedAt: undefined,
        parameters: text(details.parameters) ?? text(details.input),
        output: undefined,
        error: undefined,
        cause: undefined,
        failed: false,
      });
      return { run, scope: before.scope };
    }
    const attempt = run.attempts[run.attempts.length - 1];
    if (!attempt) return { run, scope: before.scope };
    if (/(Failed|TimedOut)$/.test(type)) {
      attempt.failed = true;
      attempt.endedAt = event.timestamp;
      attempt.error = text(details.error) ?? (type.endsWith("TimedOut") ? "States.Timeout" : undefined);
      attempt.cause = text(details.cause);
    } else if (type.endsWith("Succeeded")) {
      attempt.endedAt = event.timestamp;
      attempt.output = text(details.output);
    } else if (type.endsWith("Started")) attempt.startedAt = event.timestamp;
    return { run, scope: before.scope };
  }

  private entered(event: HistoryEvent, before: Place): Place {
    const name = text(event.details.name) ?? "?";
    const { scope } = before;
    const run: Run = {
      index: this.runs.length,
      name,
      type: event.type.slice(0, -"StateEntered".length),
      enteredId: event.id,
      enteredAt: event.timestamp,
      exitedId: undefined,
      exitedAt: undefined,
      input: text(event.details.input),
      output: undefined,
      assigned: undefined,
      status: "running",
      error: undefined,
      cause: undefined,
      attempts: [],
      parent: scope.parent,
      iteration: scope.iteration,
      depth: scope.parent ? scope.parent.depth + 1 : 0,
      items: undefined,
      next: undefined,
    };
    if (before.run && before.run.parent === scope.parent && before.run.exitedId !== undefined) before.run.next = name;
    this.runs.push(run);
    const others = this.byName.get(name);
    if (others) others.push(run);
    else this.byName.set(name, [run]);
    return { run, scope };
  }

  private exited(event: HistoryEvent, before: Place): Place {
    const name = text(event.details.name);
    let { run } = before;
    // A Parallel or Map ends after events of what ran within.
    while (run && (run.name !== name || run.exitedId !== undefined)) run = run.parent;
    run ??= this.byName.get(name ?? "")?.findLast((one) => one.exitedId === undefined);
    if (!run) return before;
    run.exitedId = event.id;
    run.exitedAt = event.timestamp;
    run.output = text(event.details.output);
    const assigned = event.details.assignedVariables;
    if (typeof assigned === "object" && assigned !== null) run.assigned = assigned as Record<string, unknown>;
    const last = run.attempts[run.attempts.length - 1];
    const caught = run.status === "failed" || (last?.failed ?? false);
    run.status = caught ? "caught" : "succeeded";
    if (caught) {
      run.error ??= last?.error;
      run.cause ??= last?.cause;
    }
    return { run, scope: { parent: run.parent, iteration: run.iteration } };
  }

  private container(event: HistoryEvent, before: Place): Place {
    const { type, details } = event;
    const wanted = type.startsWith("Parallel") ? "Parallel" : "Map";
    let run = before.run?.type === wanted && before.run.exitedId === undefined ? before.run : undefined;
    if (!run || (type.startsWith("MapIteration") && before.run !== run)) run = undefined;
    for (let one: Run | undefined = run ? undefined : (before.run?.parent ?? before.scope.parent); one && !run; one = one.parent) if (one.type === wanted && one.exitedId === undefined) run = one;
    if (!run) return before;
    const outside: Scope = { parent: run.parent, iteration: run.iteration };
    if (type === "MapStateStarted") run.items = { length: count(details.length), started: 0, succeeded: 0, failed: 0 };
    if (type.endsWith("StateStarted")) {
      if (run.status === "failed") run.status = "running"; // tried again
      return { run, scope: { parent: run, iteration: undefined } };
    }
    run.items ??= wanted === "Map" ? { length: 0, started: 0, succeeded: 0, failed: 0 } : undefined;
    if (type === "MapIterationStarted") {
      if (run.items) run.items.started += 1;
      return { run, scope: { parent: run, iteration: count(details.index) } };
    }
    if (type === "MapIterationSucceeded" && run.items) run.items.succeeded += 1;
    if ((type === "MapIterationFailed" || type === "MapIterationAborted") && run.items) run.items.failed += 1;
    if (type.startsWith("MapIteration")) {
      if (!type.endsWith("Succeeded")) this.closeWithin(run, count(details.index), type.endsWith("Aborted") ? "aborted" : "failed", event.timestamp);
      return { run, scope: { parent: run, iteration: undefined } };
    }
    if (type.endsWith("Failed") || type.endsWith("Aborted")) {
      run.status = "failed";
      run.error = text(details.error);
      run.cause = text(details.cause);
      this.closeWithin(run, undefined, "aborted", event.timestamp, before.run);
    }
    return { run, scope: outside };
  }

  // What still ran inside ends with it.
  private closeWithin(container: Run, iteration: number | undefined, status: RunStatus, at: number, failed?: Run) {
    for (let i = this.runs.length - 1; i > container.index; i -= 1) {
      const run = this.runs[i];
      if (!run || run.exitedId !== undefined || run.status !== "running") continue;
      let within: Run | undefined = run;
      while (within && within.parent !== container) within = within.parent;
      if (!within || (iteration !== undefined && within.iteration !== iteration)) continue;
      const last = run.attempts[run.attempts.length - 1];
      run.status = run === failed || last?.failed || run.type === "Fail" ? "failed" : status;
      run.error = last?.error;
      run.cause = last?.cause;
      run.exitedAt = at;
    }
  }

  private execution(event: HistoryEvent, before: Place): Place {
    const { type, details } = event;
    if (type === "ExecutionStarted") {
      this.startedAt = event.timestamp;
      this.input = text(details.input);
      return { run: undefined, scope: ROOT };
    }
    const ended = { ExecutionSucceeded: "SUCCEEDED", ExecutionFailed: "FAILED", ExecutionTimedOut: "TIMED_OUT", ExecutionAborted: "ABORTED" }[type] as ExecutionStatus | undefined;
    if (!ended) {
      if (type === "ExecutionRedriven") {
        this.status = "RUNNING";
        this.endedAt = undefined;
      }
      return before;
    }
    this.status = ended;
    this.endedAt = event.timestamp;
    this.output = text(details.output);
    this.error = text(details.error);
    this.cause = text(details.cause);
    for (const run of this.runs) {
      if (run.exitedAt !== undefined) continue;
      const isIt = run === before.run || (ended === "FAILED" && run.status === "failed");
      run.status = ended === "FAILED" && isIt ? "failed" : ended === "TIMED_OUT" ? "timedOut" : ended === "SUCCEEDED" ? "succeeded" : "aborted";
      if (run.status === "failed" || run.status === "timedOut") {
        run.error ??= this.error;
        run.cause ??= this.cause;
      }
      run.exitedAt ??= event.timestamp;
    }
    return before;
  }
}

// How a state stands over all its runs, for the graph.
export interface StateSummary {
  status: RunStatus | "retrying";
  runs: number;
  retries: number;
}
export function summaryOf(runs: readonly Run[]): StateSummary {
  const status = (["running", "failed", "timedOut", "aborted"] as const).find((wanted) => runs.some((run) => run.status === wanted)) ?? runs[runs.length - 1]?.status ?? "succeeded";
  const retries = runs.reduce((sum, run) => sum + Math.max(0, run.attempts.length - 1), 0);
  const retrying = status === "running" && runs.some((run) => run.status === "running" && run.attempts[run.attempts.length - 1]?.failed);
  return { status: retrying ? "retrying" : status, runs: runs.length, retries };
}
export const summaryText = (s: StateSummary): string =>
  [{ running: "running", retrying: "waits to be tried again", succeeded: "succeeded", caught: "failed and was caught", failed: "failed", aborted: "stopped", timedOut: "timed out" }[s.status], s.runs > 1 ? `ran ${s.runs} times` : "", s.retries > 0 ? `${s.retries} ${s.retries === 1 ? "retry" : "retries"}` : ""]
    .filter(Boolean)
    .join(", ");

// A state that catches its own failure (no task's) tells nothing of it but where it goes: read from the definition.
export function markCaught(runs: readonly Run[], catches: (state: string) => { next: string | undefined; targets: Set<string> } | undefined) {
  for (const run of runs) {
    if (run.status !== "succeeded" || run.next === undefined) continue;
    const ways = catches(run.name);
    if (ways && ways.next !== run.next && ways.targets.has(run.next)) run.status = "caught";
  }
}

// One event in any of the forms it comes in: the SDK's (Date), the AWS CLI's (ISO 8601 or seconds), our file's.
export function eventOf(raw: unknown): HistoryEvent | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const { id, previousEventId, type, timestamp } = raw as Record<string, unknown>;
  if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1 || typeof type !== "string") return undefined;
  const at = timestamp instanceof Date ? timestamp.getTime() : typeof timestamp === "number" ? timestamp * 1000 : Date.parse(String(timestamp));
  const member = Object.entries(raw).find(([key, value]) => key.endsWith("EventDetails") && typeof value === "object" && value !== null);
  return { id, previousEventId: typeof previousEventId === "number" ? previousEventId : 0, type, timestamp: Number.isFinite(at) ? at : 0, member: member?.[0], details: (member?.[1] ?? {}) as Record<string, unknown> };
}
