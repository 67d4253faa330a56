import { BusyIcon, CheckIcon, CrossIcon } from "../../lib/icons";

// The machine's states in the order they are reached, with what became of each: enough for a chain that any eye
// follows. The whole graph is in State machines.
interface State {
  Type: string;
  Next?: string;
  Default?: string;
  Choices?: { Next?: string }[];
  Catch?: { Next?: string }[];
}
export function statesInOrder(definition: string): { name: string; type: string }[] {
  const { StartAt, States } = JSON.parse(definition) as { StartAt: string; States: Record<string, State> };
  const order: { name: string; type: string }[] = [];
  const seen = new Set<string>();
  const queue = [StartAt];
  const later: string[] = []; // what only a failure leads to stands last
  for (;;) {
    const name = queue.shift() ?? later.shift();
    if (name === undefined) return order;
    const state = States[name];
    if (!state || seen.has(name)) continue;
    seen.add(name);
    order.push({ name, type: state.Type });
    for (const next of [...(state.Choices ?? []).map((one) => one.Next), state.Default, state.Next]) if (next) (States[next]?.Type === "Fail" ? later : queue).push(next);
    for (const { Next } of state.Catch ?? []) if (Next) later.push(Next);
  }
}

export interface HistoryEvent {
  type?: string | undefined;
  stateEnteredEventDetails?: { name?: string | undefined } | undefined;
  stateExitedEventDetails?: { name?: string | undefined } | undefined;
}
export interface Progress {
  entered: Map<string, number>;
  running: Set<string>;
  failed: string | undefined; // where it was when it failed
}
export function progressOf(events: HistoryEvent[]): Progress {
  const entered = new Map<string, number>();
  const running = new Set<string>();
  let failed: string | undefined;
  let last: string | undefined;
  for (const event of events) {
    const into = event.stateEnteredEventDetails?.name;
    const out = event.stateExitedEventDetails?.name;
    if (into) {
      entered.set(into, (entered.get(into) ?? 0) + 1);
      running.add(into);
      last = into;
    }
    if (out) running.delete(out);
    if (event.type === "ExecutionFailed" || event.type === "ExecutionTimedOut" || event.type === "ExecutionAborted") {
      failed = last;
      running.clear();
    }
    if (event.type === "ExecutionSucceeded") running.clear();
  }
  return { entered, running, failed };
}

export function Steps({ states, progress, notes }: { states: { name: string; type: string }[]; progress: Progress; notes: Map<string, { text: string; percent: number | undefined }> }) {
  return (
    <ol className="fb-steps" aria-label="States of the execution">
      {states.map(({ name, type }) => {
        const count = progress.entered.get(name) ?? 0;
        const state = progress.running.has(name) ? "running" : progress.failed === name || (type === "Fail" && count > 0) ? "failed" : count > 0 ? "done" : "ahead";
        const note = notes.get(name);
        return (
          <li key={name} data-state={state} data-testid="step" aria-current={state === "running" ? "step" : undefined}>
            <span className="fb-light" aria-hidden="true">{state === "running" ? <BusyIcon /> : state === "failed" ? <CrossIcon /> : state === "done" ? <CheckIcon /> : null}</span>
            <span className="fb-step-name">{name}<small>{type}{count > 1 ? ` · ${count} times` : ""}</small></span>
            <span className="hidden-label">{state === "ahead" ? "not reached" : state}</span>
            {note && state === "running" && <span className="fb-step-note">{note.percent !== undefined && <progress className="ui-bar" max={100} value={note.percent} aria-label={note.text} />}<small>{note.text}</small></span>}
          </li>
        );
      })}
    </ol>
  );
}
