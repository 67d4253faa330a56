import { lambda, s3, sfn } from "../../lib/aws";
import type { LiveKind } from "../../lib/feed";
import { duration } from "../../lib/format";
import { ChatIcon, CheckIcon, FilmIcon, MachineIcon, TraceIcon } from "../../lib/icons";
import { query } from "../../lib/query";
import { read, type JournalRow } from "../../lib/readapi";
import { href } from "../../lib/router";
import { account, region } from "../../lib/session";
import { useLoad } from "../../lib/useLoad";
import { AsCommand, awsCommand, EmptyState, Failure, Panel, pythonCall, RoomTitle, Status, Time, Waiting } from "../../ui/basics";
import { DataTable } from "../../ui/DataTable";
import { findDeployment } from "../faceblur/faceblur";
import { subjectWords, traceLink } from "../trace/words";
import "./home.css";

const kWork: readonly LiveKind[] = ["objectEvent", "invocation", "stateTransition", "deployment"];
const kDeployed: readonly LiveKind[] = ["deployment"];

interface Counts {
  functions: number;
  machines: number;
  buckets: number;
}
async function count(): Promise<Counts> {
  const [[functions, { ListFunctionsCommand }], [machines, { ListStateMachinesCommand }], [storage, { ListBucketsCommand }]] = await Promise.all([lambda(), sfn(), s3()]);
  const [a, b, c] = await Promise.all([functions.send(new ListFunctionsCommand({})), machines.send(new ListStateMachinesCommand({})), storage.send(new ListBucketsCommand({}))]);
  return { functions: a.Functions?.length ?? 0, machines: b.stateMachines?.length ?? 0, buckets: c.Buckets?.length ?? 0 };
}

interface Health {
  version: string;
  uptime: number;
  face_detector: string;
}

interface Stack {
  StackName: string;
  StackStatus: string;
  StackStatusReason: string | null;
  CreationTime: number;
  LastUpdatedTime: number | null;
  Description: string | null;
}

async function listStacks() {
  const { Stacks } = await query<{ Stacks: Stack[] | null }>("cloudformation", "2010-05-15", "DescribeStacks");
  return (Stacks ?? []).map((one) => ({ name: one.StackName, status: one.StackStatus, reason: one.StackStatusReason ?? "", at: new Date((one.LastUpdatedTime ?? one.CreationTime) * 1000), description: one.Description ?? "" }));
}

function Figure({ value, label, to }: { value: number | string; label: string; to?: string }) {
  const inside = <><b>{value}</b><span>{label}</span></>;
  return to ? <a className="home-figure" href={to}>{inside}</a> : <div className="home-figure">{inside}</div>;
}

function Failures() {
  const failures = useLoad("failures", () => read<{ failures: JournalRow[] }>("failures", { limit: 8 }), { on: kWork });
  return (
    <Panel title="What failed last, and why" flush="yes" actions={<a className="ui-link" href={href("trace")}>All traces</a>}>
      {failures.error && <div className="ui-panel-body"><Failure error={failures.error} doing="Reading the journal" onRetry={failures.reload} /></div>}
      {!failures.data && !failures.error ? <Waiting /> : (
        <DataTable
          label="What failed last" rows={failures.data?.failures ?? []} rowKey={(row) => String(row.id)} to={traceLink}
          columns={[
            { title: "When", cell: (row) => <Time at={row.time} />, keep: "yes" },
            { title: "What", cell: (row) => <><small className="ui-soft">{subjectWords[row.subject]}</small><br />{traceLink(row) ? <a href={traceLink(row)}>{row.what}</a> : row.what}</> },
            { title: "Why", cell: (row) => <span className="home-why">{row.detail || row.outcome}</span> },
          ]}
          empty={<EmptyState icon={<CheckIcon />} title="Nothing has failed">Failures of functions, executions, messages and requests show here as they happen, with their reasons.</EmptyState>}
        />
      )}
    </Panel>
  );
}

function FirstSteps() {
  return (
    <Panel title="First steps">
      <ol className="home-steps">
        <li><b>Deploy an application.</b> In the project’s folder:<pre className="ui-code block">cumulet deploy apps/faceblur/template.yaml</pre></li>
        <li><b>Drop a film</b> in the room <a className="ui-link" href={href("faceblur")}>FaceBlur</a> and watch its states light up.</li>
        <li><b>Point your own tools here.</b> Any AWS client works:<pre className="ui-code block">{awsCommand("s3", "mb", {}, "s3://my-bucket")}</pre></li>
      </ol>
    </Panel>
  );
}

export default function HomeRoom() {
  const health = useLoad("health", () => fetch("/_cumulet/health").then((answer) => answer.json() as Promise<Health>));
  const counts = useLoad("counts", count, { on: kDeployed, every: 30_000 });
  const stacks = useLoad("stacks", listStacks, { on: kDeployed });
  const faceblur = useLoad("faceblur", findDeployment, { on: kDeployed });
  const isEmpty = counts.data && counts.data.functions + counts.data.machines + counts.data.buckets === 0;
  return (
    <div className="ui-room">
      <RoomTitle title="Home">
        {health.data ? `Cumulet ${health.data.version}, running for ${duration(health.data.uptime * 1000)}. Account ${account()}, ${region()}.` : "A small serverless cloud on this machine."}
      </RoomTitle>
      {counts.error && <Failure error={counts.error} doing="Counting what is here" onRetry={counts.reload} />}
      <div className="home-figures">
        <Figure value={counts.data?.functions ?? "–"} label="Functions" />
        <Figure value={counts.data?.machines ?? "–"} label="State machines" to={href("machines")} />
        <Figure value={counts.data?.buckets ?? "–"} label="Buckets" />
      </div>
      {isEmpty && <FirstSteps />}
      {stacks.data && stacks.data.length > 0 && (
        <Panel title="Stacks" flush="yes">
          <DataTable
            label="Stacks" rows={stacks.data} rowKey={(row) => row.name} empty={null}
            columns={[
              { title: "Stack", cell: (row) => <><b>{row.name}</b>{row.description && <small className="ui-soft home-block">{row.description}</small>}</> },
              { title: "State", cell: (row) => <><Status value={row.status} />{row.reason && <small className="ui-soft home-block">{row.reason}</small>}</> },
              { title: "Since", cell: (row) => <Time at={row.at} />, keep: "yes" },
            ]}
          />
        </Panel>
      )}
      <div className="home-doors">
        <a className="home-door" href={href("faceblur")}><FilmIcon /><b>FaceBlur</b><span>{faceblur.data ? "Drop a film, slide between before and after." : "Covers every face that is found in a film."}</span></a>
        <a className="home-door" href={href("machines")}><MachineIcon /><b>State machines</b><span>Watch executions, build a machine from its text.</span></a>
        <a className="home-door" href={href("trace")}><TraceIcon /><b>Trace</b><span>One upload or message through every hop.</span></a>
        <a className="home-door" href={href("chat")}><ChatIcon /><b>Chat</b><span>Talk to a Telegram bot without Telegram.</span></a>
      </div>
      <Failures />
      {health.data && <p className="ui-soft home-detector">Face detector: {health.data.face_detector}</p>}
      <AsCommand cli={`cumulet status\n${awsCommand("lambda", "list-functions", {})}\n${awsCommand("stepfunctions", "list-state-machines", {})}`} python={pythonCall("lambda", "list_functions", {})} />
    </div>
  );
}
