import { useMemo, useState } from "react";
import { withFreshKeys } from "../../lib/aws";
import type { LiveKind } from "../../lib/feed";
import { duration } from "../../lib/format";
import { PlayIcon } from "../../lib/icons";
import { href, hrefWith, navigate } from "../../lib/router";
import { useLoad } from "../../lib/useLoad";
import { AsCommand, awsCommand, CopyButton, Dialog, EmptyState, Failure, Panel, pythonCall, RoomTitle, Status, Tabs, Time, Waiting } from "../../ui/basics";
import { DataTable, type Column } from "../../ui/DataTable";
import { deleteMachine, describeMachine, listExecutions, machineArn, type Execution, type MachineDetails } from "./api";
import { DefinitionEditor, type Checked } from "./DefinitionEditor";
import { GraphView } from "./graph/GraphView";
import { readDefinition } from "./graph/definition";
import { useLayout } from "./graph/useLayout";
import { prettyJson } from "./json";
import { JsonBox } from "./JsonBox";
import { SaveDefinition } from "./SaveDefinition";
import { isHelperName } from "./rerun";
import { StartExecution } from "./StartExecution";
import { useNow } from "./useExecution";

const TRANSITIONS: readonly LiveKind[] = ["stateTransition"];
const STATUSES = ["", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] as const;
const WORDS: Record<string, string> = { "": "All", RUNNING: "Running", SUCCEEDED: "Succeeded", FAILED: "Failed", TIMED_OUT: "Timed out", ABORTED: "Stopped" };
const PAGE = 200;

function Lasted({ execution, now }: { execution: Execution; now: number }) {
  const from = execution.startDate?.getTime() ?? now;
  return <>{duration(Math.max(0, (execution.stopDate?.getTime() ?? now) - from))}</>;
}

function Executions({ name, onStart }: { name: string; onStart: () => void }) {
  const [status, setStatus] = useState<(typeof STATUSES)[number]>("");
  const [most, setMost] = useState(PAGE);
  const arn = machineArn(name);
  const found = useLoad(`executions:${name}:${status}:${most}`, (signal) => listExecutions(name, status, most, signal), {
    on: TRANSITIONS, concerns: (record) => record.kind === "stateTransition" && record.machine === arn && /^Execution/.test(record.event), every: 10_000,
  });
  const executions = found.data?.executions ?? [];
  const now = useNow(executions.some((one) => one.status === "RUNNING"));
  const columns: Column<Execution>[] = [
    { title: "Execution", cell: (row) => <a href={href("machines", name, "executions", row.name ?? "")}>{row.name}</a> },
    { title: "Status", cell: (row) => <Status value={row.status ?? ""} />, keep: "yes" },
    { title: "Started", cell: (row) => <Time at={row.startDate} />, keep: "yes" },
    { title: "Duration", cell: (row) => <Lasted execution={row} now={now} />, align: "end" },
  ];
  return (
    <Panel title="Executions" flush="yes" actions={(
      <label className="sm-inline-field">Show
        <select className="ui-input" value={status} onChange={(event) => { setStatus(event.target.value as ""); setMost(PAGE); }}>{STATUSES.map((one) => <option key={one} value={one}>{WORDS[one]}</option>)}</select>
      </label>
    )}>
      {found.error && <Failure error={found.error} doing="Listing the executions" onRetry={found.reload} />}
      {!found.data && !found.error && <Waiting />}
      {found.data && (
        <DataTable
          label="List of executions" columns={columns} rows={executions} rowKey={(row) => row.executionArn ?? ""} to={(row) => href("machines", name, "executions", row.name ?? "")}
          empty={status ? <EmptyState title={`None is ${WORDS[status]?.toLowerCase() ?? ""}`}>Choose “All” to see the others.</EmptyState> : (
            <EmptyState title="It has not run yet" action={<button type="button" className="button primary" onClick={onStart}>Start execution</button>}>Each start is an execution with an input of its own. You can watch its states one by one.</EmptyState>
          )}
        />
      )}
      {found.data?.more && <div className="sm-more"><button type="button" className="button small" onClick={() => setMost(most + 800)}>Show older ones</button></div>}
    </Panel>
  );
}

function Overview({ name, machine, onStart }: { name: string; machine: MachineDetails; onStart: () => void }) {
  const read = useMemo(() => readDefinition(machine.definition ?? ""), [machine.definition]);
  const definition = "definition" in read ? read.definition : undefined;
  const laid = useLayout(definition?.graph);
  const [chosen, setChosen] = useState<string>();
  const state = chosen === undefined ? undefined : definition?.byId.get(chosen);
  const logging = machine.loggingConfiguration;
  const group = logging?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn?.split(":log-group:")[1]?.replace(/:\*$/, "");
  return (
    <>
      <div className="sm-machine">
        {machine.type === "EXPRESS" ? (
          <Panel title="Executions"><EmptyState title="Express executions are not listed" action={<button type="button" className="button primary" onClick={onStart}>Start execution</button>}>An express machine keeps no history. With logging on, its events are in its log group.</EmptyState></Panel>
        ) : <Executions name={name} onStart={onStart} />}
        <Panel title="Graph" flush="yes"><div className="sm-small-graph">{definition && laid ? <GraphView definition={definition} laid={laid} chosen={chosen} onChoose={(id) => setChosen(id === chosen ? undefined : id)} label={`Graph of ${name}`} /> : <Waiting label="Laying the graph out" />}</div></Panel>
      </div>
      {state && definition && <Panel title={`${state.name} (${state.type})`}><JsonBox text={(machine.definition ?? "").slice(state.range.start, state.range.end).replace(/^"(?:[^"\\]|\\.)*"\s*:\s*/, "")} label={`Definition of ${state.name}`} /></Panel>}
      <Panel title="Details">
        <dl className="sm-facts">
          <div><dt>ARN</dt><dd className="ui-mono">{machine.stateMachineArn} <CopyButton text={machine.stateMachineArn ?? ""} /></dd></div>
          <div><dt>Role</dt><dd className="ui-mono">{machine.roleArn}</dd></div>
          <div><dt>Type</dt><dd>{machine.type === "EXPRESS" ? "Express" : "Standard"}</dd></div>
          <div><dt>Logging</dt><dd>{logging?.level ?? "OFF"}{group && <>, to <a className="ui-link" href={hrefWith(["logs"], { group })}>{group}</a></>}</dd></div>
          <div><dt>Created</dt><dd><Time at={machine.creationDate} /></dd></div>
        </dl>
      </Panel>
    </>
  );
}

function Delete({ name, onClose }: { name: string; onClose: () => void }) {
  const [error, setError] = useState<Error | null>(null);
  const remove = () => withFreshKeys(() => deleteMachine(name)).then(() => { onClose(); navigate(href("machines")); }, (failure: unknown) => setError(failure instanceof Error ? failure : new Error(String(failure))));
  const call = { stateMachineArn: machineArn(name) };
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose}>
      <div className="sm-form">
        <p>The machine cannot be started any more. Executions that are there stay, and those that run go on.</p>
        {error && <Failure error={error} doing="Deleting the state machine" />}
        <AsCommand cli={awsCommand("stepfunctions", "delete-state-machine", { "state-machine-arn": call.stateMachineArn })} python={pythonCall("stepfunctions", "delete_state_machine", call)} />
        <div className="sm-end-row"><button type="button" className="button" autoFocus onClick={onClose}>Keep it</button><button type="button" className="button sm-danger" onClick={() => void remove()}>Delete state machine</button></div>
      </div>
    </Dialog>
  );
}

function Edit({ name, machine, onSaved }: { name: string; machine: MachineDetails; onSaved: () => void }) {
  // A definition in one line is shown laid out; that alone is no change.
  const raw = machine.definition ?? "";
  const saved = useMemo(() => (raw.includes("\n") ? raw : prettyJson(raw)), [raw]);
  const [text, setText] = useState(saved);
  const [checked, setChecked] = useState<Checked>({ text: "", valid: undefined });
  return (
    <>
      <DefinitionEditor value={text} onChange={setText} onChecked={setChecked} type={machine.type === "EXPRESS" ? "EXPRESS" : "STANDARD"} label="Definition" />
      <SaveDefinition name={name} saved={saved} text={text} isSound={checked.text === text && checked.valid === true} onSaved={onSaved} onChoose={setText} />
    </>
  );
}

export default function MachineRoom({ name, tab }: { name: string; tab: string }) {
  const machine = useLoad(`machine:${name}`, (signal) => describeMachine(name, signal));
  const [isStarting, setIsStarting] = useState(false);
  const [isDeleting, setIsDeleting] = useState(false);
  const shown = tab === "edit" ? "edit" : "executions";
  return (
    <div className="ui-room wide">
      <RoomTitle
        title={name} crumbs={[{ title: "State machines", to: href("machines") }]}
        actions={machine.data && <><button type="button" className="button" onClick={() => setIsDeleting(true)}>Delete</button><button type="button" className="button primary" onClick={() => setIsStarting(true)}><PlayIcon />Start execution</button></>}
      >{isHelperName(name) ? "Made here to run another machine from one of its states." : null}</RoomTitle>
      {machine.error && <Failure error={machine.error} doing="Reading the state machine" onRetry={machine.reload}>{machine.error.name === "StateMachineDoesNotExist" && <p>It may have been deleted, or be of another region. <a href={href("machines")}>All state machines</a></p>}</Failure>}
      {!machine.data && !machine.error && <Waiting />}
      {machine.data && (
        <>
          <Tabs label="Parts of the machine" tabs={[{ id: "executions", title: "Executions" }, { id: "edit", title: "Edit" }]} chosen={shown} onChoose={(id) => navigate(id === "edit" ? href("machines", name, "edit") : href("machines", name), "replace")} />
          {shown === "edit" ? <Edit name={name} machine={machine.data} onSaved={machine.reload} /> : <Overview name={name} machine={machine.data} onStart={() => setIsStarting(true)} />}
        </>
      )}
      {isStarting && <StartExecution machine={name} input="{}" onClose={() => setIsStarting(false)} />}
      {isDeleting && <Delete name={name} onClose={() => setIsDeleting(false)} />}
    </div>
  );
}
