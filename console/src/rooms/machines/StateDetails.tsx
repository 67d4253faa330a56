import { useMemo, useState } from "react";
import { duration } from "../../lib/format";
import { CloseIcon, PlayIcon } from "../../lib/icons";
import { Status, Tabs, Time } from "../../ui/basics";
import { CauseNote } from "./Cause";
import type { StateModel } from "./graph/definition";
import { dataFlow, variablesBefore } from "./history/dataflow";
import type { History, Run } from "./history/history";
import { JsonBox } from "./JsonBox";
import { writeJson } from "./json";

type Part = "data" | "flow" | "attempts" | "definition";
const WORDS: Record<Run["status"], string> = { running: "In progress", succeeded: "Succeeded", caught: "Caught", failed: "Failed", aborted: "Stopped", timedOut: "Timed out" };
export const RunStatus = ({ run }: { run: Run }) => <Status value={WORDS[run.status]} mood={({ running: "busy", succeeded: "good", caught: "warn", failed: "bad", aborted: "warn", timedOut: "bad" } as const)[run.status]} />;

// One state of an execution: each time it ran, and what went in, through and out.
export function StateDetails({ name, model, runs, run, onRun, history, now, version, definitionText, isWhole, onClose, onRunFrom }: {
  name: string; model: StateModel | undefined; runs: readonly Run[]; run: Run | undefined; onRun: (index: number) => void; history: History; now: number; version: number; definitionText: string; isWhole: boolean; onClose: () => void; onRunFrom?: (input: string) => void;
}) {
  const [part, setPart] = useState<Part>("data");
  const flow = useMemo(() => {
    if (!model || !run) return undefined;
    const constants = new Map<string, string>([[".State.Name", name]]);
    return dataFlow(model.json, run, { executionInput: history.input, variables: variablesBefore(history.runs, run), constants });
    // A run's own fields change while it runs: the version tells.
  }, [model, run, history, name, version]);
  const at = run ? runs.indexOf(run) : -1;
  const step = (by: number) => { const next = runs[at + by]; if (next) onRun(next.index); };
  const definition = useMemo(() => (model ? writeJson(model.json) : ""), [model]);
  const tabs: { id: Part; title: string }[] = [{ id: "data", title: "Input and output" }, { id: "flow", title: "Data flow" }];
  if (run && run.attempts.length > 0) tabs.push({ id: "attempts", title: run.attempts.length === 1 ? "Attempt" : `Attempts (${run.attempts.length})` });
  tabs.push({ id: "definition", title: "Definition" });
  const shown = tabs.some((one) => one.id === part) ? part : "data";
  return (
    <div className="sm-side">
      <header className="sm-side-head">
        <h2>{name}</h2>
        {run && <RunStatus run={run} />}
        <button type="button" className="icon-button" aria-label="Back to the execution" onClick={onClose}><CloseIcon /></button>
      </header>
      {runs.length > 1 && run && (
        <div className="sm-runs" role="group" aria-label="Runs of this state">
          <button type="button" className="button small" disabled={at <= 0} onClick={() => step(-1)} aria-label="The run before">‹</button>
          <span>Run {at + 1} of {runs.length}{run.iteration !== undefined ? `, item ${run.iteration}` : ""}</span>
          <button type="button" className="button small" disabled={at >= runs.length - 1} onClick={() => step(1)} aria-label="The next run">›</button>
        </div>
      )}
      {!run ? <p className="sm-hint">{model ? "It has not run in this execution." : "The definition does not know this state."}</p> : (
        <dl className="sm-facts">
          <div><dt>Type</dt><dd>{run.type}{model?.detail ? ` · ${model.detail}` : ""}</dd></div>
          <div><dt>Entered</dt><dd><Time at={run.enteredAt} /></dd></div>
          <div><dt>{run.exitedAt === undefined ? "Running for" : "Took"}</dt><dd>{duration(Math.max(0, (run.exitedAt ?? now) - run.enteredAt))}</dd></div>
          {run.attempts.length > 0 && <div><dt>Retries</dt><dd>{run.attempts.length - 1}</dd></div>}
          {run.items && <div><dt>Items</dt><dd>{run.items.succeeded} of {Math.max(run.items.length, run.items.started)} done{run.items.failed > 0 ? `, ${run.items.failed} failed` : ""}</dd></div>}
        </dl>
      )}
      {run && (run.error !== undefined || run.cause !== undefined) && <CauseNote title={run.status === "caught" ? "Failed, and a Catch took it" : "Failed"} error={run.error} cause={run.cause} mood={run.status === "caught" ? "warn" : "bad"} />}
      {(run ?? model) && <Tabs label={`Of ${name}`} tabs={tabs} chosen={shown} onChoose={setPart} />}
      {shown === "data" && run && (
        <>
          <h3>Input</h3>
          {run.input === undefined ? <NotHere isWhole={isWhole} what="input" /> : <JsonBox text={run.input} label={`Input of ${name}`} name={`${name}-input`} />}
          <h3>Output</h3>
          {run.output !== undefined ? <JsonBox text={run.output} label={`Output of ${name}`} name={`${name}-output`} /> : run.status === "running" ? <p className="sm-hint">It still runs.</p> : run.exitedId === undefined ? <p className="sm-hint">None: it did not come to its end.</p> : <NotHere isWhole={isWhole} what="output" />}
          {run.assigned && Object.keys(run.assigned).length > 0 && <><h3>Variables assigned</h3><dl className="sm-variables">{Object.entries(run.assigned).map(([key, value]) => <div key={key}><dt>${key}</dt><dd>{typeof value === "string" ? value.slice(0, 2000) : ""}</dd></div>)}</dl></>}
        </>
      )}
      {shown === "flow" && run && (flow ? (
        <ol className="sm-flow">
          {flow.steps.map((one, i) => (
            <li key={i} data-source={one.source}>
              <h3>{one.title}<span className="sm-source">{{ recorded: "from the history", computed: "computed here", unknown: "not known" }[one.source]}</span></h3>
              <p>{one.setting !== undefined && <code>{one.setting.length > 300 ? `${one.setting.slice(0, 300)}…` : one.setting}</code>} {one.effect}</p>
              {one.value !== undefined ? (i > 0 && flow.steps[i - 1]?.value === one.value ? <p className="ui-soft">Unchanged.</p> : <JsonBox text={one.value} label={`After ${one.title}`} name={`${name}-${one.title}`} />) : <p className="ui-soft">{one.note}</p>}
            </li>
          ))}
          {flow.contradiction && <li className="ui-note" data-mood="warn">A step that was computed here is not what the engine recorded. What is recorded counts.</li>}
        </ol>
      ) : <p className="sm-hint">{run.input === undefined ? "Without its input the way of the data cannot be shown." : "The way of the data is shown of states in JSONPath; this one is in JSONata."}</p>)}
      {shown === "attempts" && run && (
        <ol className="sm-attempts">
          {run.attempts.map((attempt, i) => (
            <li key={attempt.scheduled}>
              <h3>Attempt {i + 1}{i > 0 ? `, ${duration(attempt.scheduledAt - (run.attempts[i - 1]?.endedAt ?? attempt.scheduledAt))} after the one before` : ""}</h3>
              <p className="ui-soft"><Time at={attempt.scheduledAt} />, {attempt.endedAt === undefined ? (run.status === "running" ? "still running" : "not ended") : duration(attempt.endedAt - attempt.scheduledAt)}{attempt.startedAt !== undefined && `, waited ${duration(attempt.startedAt - attempt.scheduledAt)}`}</p>
              {attempt.failed && <CauseNote title="Failed" error={attempt.error} cause={attempt.cause} mood={i < run.attempts.length - 1 || run.status === "caught" ? "warn" : "bad"} />}
              {attempt.parameters !== undefined && <details open={run.attempts.length === 1}><summary>What the task got</summary><JsonBox text={attempt.parameters} label={`Task input, attempt ${i + 1}`} /></details>}
              {attempt.output !== undefined && <details open={run.attempts.length === 1}><summary>What the task answered</summary><JsonBox text={attempt.output} label={`Task result, attempt ${i + 1}`} /></details>}
            </li>
          ))}
        </ol>
      )}
      {shown === "definition" && (definition ? <JsonBox text={definition} label={`Definition of ${name}`} /> : <p className="sm-hint">{definitionText ? "It is not in the definition." : "The definition is not here."}</p>)}
      {onRunFrom && model && model.type !== "Unknown" && <div className="sm-end-row"><button type="button" className="button small" onClick={() => onRunFrom(run?.input ?? history.input ?? "{}")}><PlayIcon />Run from here…</button></div>}
    </div>
  );
}

function NotHere({ isWhole, what }: { isWhole: boolean; what: string }) {
  return <p className="sm-hint">{isWhole ? `The history holds no ${what} here.` : `This history holds more data than the page keeps. Save it as JSON to get its ${what} too.`}</p>;
}
