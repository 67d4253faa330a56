import { useState, type FormEvent } from "react";
import type { LiveKind } from "../../lib/feed";
import { duration, plural } from "../../lib/format";
import { SearchIcon, TraceIcon } from "../../lib/icons";
import { read, ReadError, type JournalRow, type TraceSummary } from "../../lib/readapi";
import { href, hrefWith, navigate } from "../../lib/router";
import { useLoad } from "../../lib/useLoad";
import type { RoomProps } from "../../rooms";
import { AsCommand, EmptyState, Failure, Panel, RoomTitle, Status, Time, Waiting } from "../../ui/basics";
import { DataTable } from "../../ui/DataTable";
import { outcomeWords, shortName, subjectWords } from "./words";
import "./trace.css";

const kNews: readonly LiveKind[] = ["objectEvent", "invocation", "stateTransition"];

const kOwnPrefix = "cumulet-deployments-"; // what `cumulet deploy` keeps of its stacks: nobody asks after it

const command = (path: string) => ({
  cli: `curl -s '${location.origin}/_cumulet/v1/${path}'`,
  python: `import json, urllib.request\n\nwith urllib.request.urlopen("${location.origin}/_cumulet/v1/${path}") as answer:\n    print(json.load(answer))\n`,
});

// --- one trace ---

function Hops({ rows }: { rows: JournalRow[] }) {
  const begin = Date.parse(rows[0]?.time ?? "");
  return (
    <ol className="trace-hops">
      {rows.map((row) => (
        <li key={row.id} data-verdict={row.verdict}>
          <span className="trace-after">+{duration(Date.parse(row.time) - begin)}</span>
          <div>
            <p><b>{subjectWords[row.subject]}</b> <span className="ui-mono" title={row.what}>{shortName(row)}</span></p>
            <p><Status value={row.verdict} mood={row.verdict === "ok" ? "good" : row.verdict === "failed" ? "bad" : "warn"} /> {outcomeWords(row)}, <Time at={row.time} /></p>
            {row.detail && <p className={row.verdict === "ok" ? "ui-soft" : "trace-why"}>{row.detail}</p>}
            <p className="ui-row">
              {row.subject === "invocation" && <a className="ui-link" href={hrefWith(["logs"], { group: `/aws/lambda/${row.what.split("/")[0] ?? ""}`, find: row.what.split("/")[1] ?? "" })}>Its log</a>}
              {row.subject === "execution" && <a className="ui-link" href={href("machines", row.what.split(":").at(-2) ?? "", row.what.split(":").at(-1) ?? "")}>The execution</a>}
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}

function OneTrace({ id }: { id: string }) {
  const trace = useLoad(`trace ${id}`, (signal) => read<{ rows: JournalRow[] }>(`traces/${id}`, { limit: 1000 }, signal), { on: kNews });
  const rows = trace.data?.rows ?? [];
  const last = rows.at(-1);
  const failed = rows.filter((row) => row.verdict === "failed").length;
  const isUnknown = trace.error instanceof ReadError && trace.error.status === 404;
  return (
    <div className="ui-room">
      <RoomTitle title={rows[0] ? shortName(rows[0]) : "Trace"} crumbs={[{ title: "Trace", to: href("trace") }]}>
        {rows[0] && last && `${plural(rows.length, "step")} in ${duration(Date.parse(last.time) - Date.parse(rows[0].time))}${failed > 0 ? `, ${failed} failed` : ""}. Trace ${id}`}
      </RoomTitle>
      {trace.error && !isUnknown && <Failure error={trace.error} doing="Reading the trace" onRetry={trace.reload} />}
      {isUnknown && <Panel label="Unknown"><EmptyState title="Nothing is known of this trace">The journal keeps seven days, or 64 MB.</EmptyState></Panel>}
      {!trace.data && !trace.error && <Waiting />}
      {rows.length > 0 && <Panel label="Steps"><Hops rows={rows} /></Panel>}
      <AsCommand cli={`cumulet trace ${id}\n${command(`traces/${id}`).cli}`} python={command(`traces/${id}`).python} />
    </div>
  );
}

// An object's, by its latest row.
function TraceOfObject({ place }: { place: string }) {
  const found = useLoad(`object ${place}`, (signal) => read<{ rows: JournalRow[] }>("journal", { subject: "object", what: `${place}@`, limit: 1 }, signal));
  if (found.error) return <div className="ui-room"><RoomTitle title="Trace" crumbs={[{ title: "Trace", to: href("trace") }]} /><Failure error={found.error} doing="Reading the journal" onRetry={found.reload} /></div>;
  if (!found.data) return <Waiting />;
  const trace = found.data.rows[0]?.trace;
  if (trace) return <OneTrace id={trace} />;
  return <div className="ui-room"><RoomTitle title={place} crumbs={[{ title: "Trace", to: href("trace") }]} /><Panel label="Unknown"><EmptyState title="Nothing is known of this upload">The journal keeps seven days, or 64 MB.</EmptyState></Panel></div>;
}

// --- all ---

export default function TraceRoom({ route }: RoomProps) {
  const [first, second] = route.rest;
  if (first === "object" && second) return <TraceOfObject place={second} />;
  if (first) return <OneTrace id={first} />;
  return <Traces what={route.query.get("what") ?? ""} />;
}

function Traces({ what }: { what: string }) {
  const [text, setText] = useState(what);
  const traces = useLoad("traces", (signal) => read<{ traces: TraceSummary[] }>("traces", { limit: 200 }, signal), { on: kNews });
  const missed = useLoad("missed", (signal) => read<{ uploads: JournalRow[] }>("unmatched-uploads", { limit: 100 }, signal), { on: kNews });
  // Into a bucket without triggers people put what is to lie there.
  const missedRows = (missed.data?.uploads ?? []).filter((row) => row.detail);
  const found = useLoad(`find ${what}`, (signal) => (what ? read<{ rows: JournalRow[] }>("journal", { what, limit: 100 }, signal) : Promise.resolve(null)), { on: kNews });
  const search = (event: FormEvent) => {
    event.preventDefault();
    navigate(hrefWith(["trace"], { what: text.trim() }));
  };
  const rowColumns = [
    { title: "When", cell: (row: JournalRow) => <Time at={row.time} />, keep: "yes" as const },
    { title: "What", cell: (row: JournalRow) => (row.trace ? <a href={href("trace", row.trace)} title={row.what}>{shortName(row)}</a> : <span title={row.what}>{shortName(row)}</span>) },
    { title: "Outcome", cell: (row: JournalRow) => <><Status value={row.verdict} /> {outcomeWords(row)}</> },
    { title: "Why", cell: (row: JournalRow) => row.detail },
  ];
  const to = (row: JournalRow) => (row.trace ? href("trace", row.trace) : undefined);
  return (
    <div className="ui-room">
      <RoomTitle title="Trace">What became of an upload, a message, an invocation, an execution: every step that followed from it.</RoomTitle>
      <form className="ui-row" role="search" onSubmit={search}>
        <input className="ui-input trace-find" type="search" value={text} placeholder="bucket/key, function/request id, queue/message id, ARN…" aria-label="What it begins with" onChange={(event) => setText(event.target.value)} />
        <button type="submit" className="button"><SearchIcon />Find</button>
      </form>
      {found.error && <Failure error={found.error} doing="Searching the journal" />}
      {what && found.data && (
        <Panel title={<>Begins with “{what}”</>} flush="yes"><DataTable label="Found" rows={found.data.rows} rowKey={(row) => String(row.id)} to={to} columns={rowColumns} empty={<EmptyState title="Nothing begins so">Names begin with the bucket, the function or the queue: “{what.split("/")[0]}/…”.</EmptyState>} /></Panel>
      )}
      {missedRows.length > 0 && !what && (
        <Panel title="Uploads that no trigger matched" flush="yes"><DataTable label="Uploads that no trigger matched" rows={missedRows} rowKey={(row) => String(row.id)} to={to} empty={null}
          columns={[rowColumns[0]!, rowColumns[1]!, { title: "Why nothing happened", cell: (row) => row.detail }]} /></Panel>
      )}
      <Panel title="Lately" flush="yes">
        {traces.error && <div className="ui-panel-body"><Failure error={traces.error} doing="Reading the traces" onRetry={traces.reload} /></div>}
        {!traces.data && !traces.error ? <Waiting /> : (
          <DataTable
            label="Traces" rows={(traces.data?.traces ?? []).filter((row) => !row.what.startsWith(kOwnPrefix))} rowKey={(row) => `${row.trace} ${row.first}`} to={(row) => href("trace", row.trace)}
            columns={[
              { title: "Last step", cell: (row) => <Time at={row.last} />, keep: "yes" },
              { title: "Began with", cell: (row) => <a href={href("trace", row.trace)}>{row.what.replace(/@null$/, "")}</a> },
              { title: "Kind", cell: (row) => subjectWords[row.subject] ?? row.subject, keep: "yes" },
              { title: "Steps", cell: (row) => row.rows, align: "end" },
              { title: "Took", cell: (row) => duration(Date.parse(row.last) - Date.parse(row.first)), align: "end" },
              { title: "State", cell: (row) => (row.failed > 0 ? <Status value={plural(row.failed, "failure")} mood="bad" /> : <Status value="ok" />), keep: "yes" },
            ]}
            empty={<EmptyState icon={<TraceIcon />} title="Nothing has happened yet">Upload an object or send a message: each step that follows from it is listed here.</EmptyState>}
          />
        )}
      </Panel>
      <AsCommand {...command("traces?limit=200")} cli={`cumulet trace\n${command("traces?limit=200").cli}`} />
    </div>
  );
}
