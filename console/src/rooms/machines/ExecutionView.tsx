import { useMemo, useRef, useState } from "react";
import { duration, plural } from "../../lib/format";
import { Status, Tabs, Time, Waiting } from "../../ui/basics";
import { CauseNote } from "./Cause";
import { EventTable } from "./EventTable";
import { GraphView, type GraphHandle } from "./graph/GraphView";
import { readDefinition } from "./graph/definition";
import { useLayout } from "./graph/useLayout";
import { END, START } from "./graph/layout";
import { summaryOf, type StateSummary } from "./history/history";
import { JsonBox } from "./JsonBox";
import { StateDetails } from "./StateDetails";
import { TimeChart } from "./TimeChart";
import { useNow, type ExecutionState } from "./useExecution";

type Below = "events" | "times" | "data" | "definition";

// An execution to look at: its graph and what is chosen in it, then events, times, data. Live or out of a file.
export default function ExecutionView({ state, machine, onRunFrom }: { state: ExecutionState; machine: string; onRunFrom?: (state: string, input: string) => void }) {
  const { history, version, details } = state;
  const read = useMemo(() => readDefinition(state.definition ?? ""), [state.definition]);
  const definition = "definition" in read && state.definition !== undefined ? read.definition : undefined;
  const laid = useLayout(definition?.graph);
  const [chosen, setChosen] = useState<string>(); // name of a state
  const [runIndex, setRunIndex] = useState<number>(); // of history.runs; undefined: the last of the state
  const [below, setBelow] = useState<Below>("events");
  const [event, setEvent] = useState<number>();
  const graph = useRef<GraphHandle>(null);
  const status = details?.status ?? history.status;
  const isRunning = details !== undefined && status === "RUNNING";
  const now = useNow(isRunning);

  const { summaries, taken } = useMemo(() => {
    const found = new Map<string, StateSummary>();
    for (const [name, runs] of history.byName) found.set(name, summaryOf(runs));
    const lines = new Set<string>();
    const idOf = (name: string) => definition?.byName.get(name)?.[0]?.id;
    for (const run of history.runs) {
      const from = idOf(run.name);
      const to = run.next === undefined ? undefined : idOf(run.next);
      if (from && to) lines.add(`${from}\n${to}`);
      if (from && history.runs[0] === run) lines.add(`${START}\n${from}`);
      if (from && run.next === undefined && run.parent === undefined && (history.status === "SUCCEEDED" || run.type === "Fail")) lines.add(`${from}\n${END}`);
    }
    return { summaries: found, taken: lines };
    // The history is one object that grows; its version tells when.
  }, [history, version, definition]);

  const choose = (name: string | undefined, run?: number) => {
    setChosen(name);
    setRunIndex(run);
  };
  const model = chosen === undefined ? undefined : definition?.byName.get(chosen)?.[0];
  const runs = (chosen === undefined ? undefined : history.byName.get(chosen)) ?? [];
  const startedAt = details?.startDate?.getTime() ?? history.startedAt;
  const endedAt = details?.stopDate?.getTime() ?? history.endedAt;
  const failedRun = history.runs.findLast((run) => run.status === "failed" || run.status === "timedOut");
  // What a Fail state says was often caught before: the state that failed first is what one wants to see.
  const origin = failedRun?.type === "Fail" ? history.runs.findLast((run) => run.status === "caught" && run.next === failedRun.name) : undefined;
  const showRun = origin ?? failedRun;
  const error = details?.error ?? history.error;
  const cause = details?.cause ?? history.cause;
  const hasFailed = status === "FAILED" || status === "TIMED_OUT" || status === "ABORTED";

  return (
    <>
      {hasFailed && (
        <CauseNote
          title={status === "ABORTED" ? "It was stopped" : status === "TIMED_OUT" ? "It took longer than it may" : failedRun ? `It failed in “${failedRun.name}”${origin ? `, after “${origin.name}” had failed` : ""}` : "It failed"} error={error} cause={cause} mood={status === "ABORTED" ? "warn" : "bad"}
          {...(showRun && status !== "ABORTED" ? { action: <button type="button" className="button small" onClick={() => { choose(showRun.name, showRun.index); const id = definition?.byName.get(showRun.name)?.[0]?.id; if (id) graph.current?.focus(id); }}>Show “{showRun.name}”</button> } : {})}
        />
      )}
      <div className="sm-watch">
        <section className="ui-panel sm-watch-graph" aria-label="Graph">
          {definition && laid ? (
            <GraphView ref={graph} definition={definition} laid={laid} chosen={model?.id} onChoose={(id) => { const name = definition.byId.get(id)?.name; if (name !== undefined) choose(name); }} summaries={summaries} taken={taken} label={`Graph of ${machine || "the execution"}`} />
          ) : definition ? <Waiting label="Laying the graph out" /> : <p className="sm-hint">Without a definition there is no graph. Choose a state in the events or in the time chart.</p>}
          <ul className="sm-legend" aria-label="Colours">{[["running", "In progress"], ["succeeded", "Succeeded"], ["failed", "Failed"], ["caught", "Caught or retried"]].map(([key, word]) => <li key={key} data-status={key}>{word}</li>)}</ul>
        </section>
        <section className="ui-panel sm-watch-side" aria-label={chosen === undefined ? "Execution" : `State ${chosen}`}>
          {chosen === undefined ? (
            <div className="sm-side">
              <header className="sm-side-head"><h2>Execution</h2><Status value={status} /></header>
              <dl className="sm-facts">
                <div><dt>Started</dt><dd><Time at={startedAt} /></dd></div>
                <div><dt>{endedAt === undefined ? "Running for" : "Took"}</dt><dd>{startedAt === undefined ? "–" : duration(Math.max(0, (endedAt ?? now) - startedAt))}</dd></div>
                <div><dt>States</dt><dd>{plural(history.runs.length, "run")} of {plural(history.byName.size, "state")}</dd></div>
              </dl>
              <p className="ui-soft sm-tip">Choose a state in the graph to see its input and output, how long it took and what happened to its data.</p>
              <h3>Input</h3>
              <JsonBox text={details?.input ?? history.input ?? "{}"} label="Input of the execution" name={`${machine}-input`} />
              {(details?.output ?? history.output) !== undefined && <><h3>Output</h3><JsonBox text={details?.output ?? history.output ?? ""} label="Output of the execution" name={`${machine}-output`} /></>}
            </div>
          ) : (
            <StateDetails
              key={chosen} name={chosen} model={model} runs={runs} run={runs.find((one) => one.index === runIndex) ?? runs[runs.length - 1]} onRun={(index) => setRunIndex(index)} history={history} now={now} version={version} definitionText={state.definition ?? ""} isWhole={state.isWhole}
              onClose={() => choose(undefined)} {...(onRunFrom && model && model.parent === undefined ? { onRunFrom: (input: string) => onRunFrom(model.name, input) } : {})}
            />
          )}
        </section>
      </div>
      <section className="ui-panel" aria-label="Course">
        <div className="sm-below-tabs">
          <Tabs label="Course" tabs={[{ id: "events", title: `Events (${history.events.length.toLocaleString()})` }, { id: "times", title: "Time chart" }, { id: "data", title: "Input and output" }, { id: "definition", title: "Definition" }]} chosen={below} onChoose={setBelow} />
        </div>
        {below === "events" && <EventTable history={history} version={version} chosen={event} onChoose={(id) => { setEvent(id); const run = id === undefined ? undefined : history.runOf(id); if (run) choose(run.name, run.index); }} />}
        {below === "times" && <TimeChart history={history} version={version} now={isRunning ? now : (endedAt ?? history.lastAt)} chosen={(runs.find((one) => one.index === runIndex) ?? runs[runs.length - 1])?.index} onChoose={(run) => choose(run.name, run.index)} />}
        {below === "data" && <div className="sm-two"><div><h3>Input</h3><JsonBox text={details?.input ?? history.input ?? "{}"} label="Input" name={`${machine}-input`} /></div><div><h3>Output</h3>{(details?.output ?? history.output) === undefined ? <p className="sm-hint">{isRunning ? "It has none yet: it still runs." : "It has none: it did not succeed."}</p> : <JsonBox text={details?.output ?? history.output ?? ""} label="Output" name={`${machine}-output`} />}</div></div>}
        {below === "definition" && <div className="sm-pad"><p className="ui-soft">As it was when this execution began.</p><JsonBox text={state.definition ?? ""} label="Definition" name={`${machine}-definition`} /></div>}
      </section>
    </>
  );
}
