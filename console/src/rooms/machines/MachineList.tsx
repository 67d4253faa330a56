import { useRef, useState } from "react";
import { MachineIcon, PlusIcon, UploadIcon } from "../../lib/icons";
import { href, hrefWith, navigate } from "../../lib/router";
import { useLoad } from "../../lib/useLoad";
import { EmptyState, Failure, Panel, RoomTitle, Status, Time, Waiting } from "../../ui/basics";
import { DataTable, type Column } from "../../ui/DataTable";
import { listExecutions, listMachines, type Execution, type Machine } from "./api";
import { readFile } from "./history/file";
import { imported } from "./imported";
import { isHelperName } from "./rerun";
import type { LiveKind } from "../../lib/feed";

const TRANSITIONS: readonly LiveKind[] = ["stateTransition"];
const MOST_LOOKED_AT = 60; // machines whose last execution is asked for

interface Row extends Machine {
  last: Execution | undefined;
}

async function load(signal: AbortSignal): Promise<Row[]> {
  const machines = await listMachines(signal);
  const rows: Row[] = machines.map((machine) => ({ ...machine, last: undefined }));
  // A few at a time: hundreds of machines are no reason for hundreds of requests at once.
  const waiting = rows.filter((row) => row.type !== "EXPRESS").slice(0, MOST_LOOKED_AT);
  await Promise.all([0, 1, 2, 3].map(async () => {
    for (let row = waiting.shift(); row && !signal.aborted; row = waiting.shift())
      row.last = await listExecutions(row.name ?? "", "", 1, signal).then((found) => found.executions[0], () => undefined);
  }));
  return rows;
}

export function OpenFile({ className = "button" }: { className?: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState("");
  return (
    <>
      <button type="button" className={className} onClick={() => input.current?.click()}><UploadIcon />Open an execution’s file</button>
      <input
        ref={input} type="file" accept=".json,application/json" hidden aria-label="An execution’s file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (!file) return;
          if (file.size > 300_000_000) return setError("This file is over 300 MB.");
          void file.text().then((content) => {
            const read = readFile(content, file.name.replace(/\.json$/, ""));
            if ("error" in read) return setError(read.error);
            setError("");
            imported.set(read);
            navigate(hrefWith(["machines"], { file: read.name }));
          });
        }}
      />
      {error && <span className="sm-error" role="alert">{error}</span>}
    </>
  );
}

export function MachineList() {
  const machines = useLoad("machines", load, { on: TRANSITIONS, concerns: (record) => record.kind === "stateTransition" && /^Execution/.test(record.event), every: 15_000 });
  const [search, setSearch] = useState("");
  const create = hrefWith(["machines"], { create: "1" });
  const found = (machines.data ?? []).filter((one) => (one.name ?? "").toLowerCase().includes(search.trim().toLowerCase()));
  const own = found.filter((one) => !isHelperName(one.name ?? ""));
  const helpers = found.filter((one) => isHelperName(one.name ?? ""));
  const columns: Column<Row>[] = [
    { title: "Name", cell: (row) => <a href={href("machines", row.name ?? "")}>{row.name}</a> },
    { title: "Last execution", cell: (row) => (row.last ? <span className="ui-row"><Status value={row.last.status ?? ""} /><Time at={row.last.startDate} /></span> : <span className="ui-soft">{row.type === "EXPRESS" ? "not kept" : "none yet"}</span>) },
    { title: "Type", cell: (row) => (row.type === "EXPRESS" ? "Express" : "Standard"), keep: "yes" },
    { title: "Created", cell: (row) => <Time at={row.creationDate} />, keep: "yes" },
  ];
  return (
    <div className="ui-room">
      <RoomTitle title="State machines" actions={<><OpenFile /><a className="button primary" href={create}><PlusIcon />Create state machine</a></>}>Workflows in the Amazon States Language: what runs, in which order, and what happens when something fails.</RoomTitle>
      {machines.error && <Failure error={machines.error} doing="Listing the state machines" onRetry={machines.reload} />}
      {!machines.data && !machines.error && <Waiting />}
      {machines.data && (
        <Panel title={`State machines (${own.length})`} flush="yes" actions={machines.data.length > 5 && <input className="ui-input sm-search" type="search" aria-label="Search state machines" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} />}>
          <DataTable
            label="State machines" columns={columns} rows={own} rowKey={(row) => row.stateMachineArn ?? ""} to={(row) => href("machines", row.name ?? "")}
            empty={search ? <EmptyState title="None is called so">Try a part of the name.</EmptyState> : (
              <EmptyState icon={<MachineIcon />} title="No state machine yet" action={<><a className="button primary" href={create}>Create state machine</a><a className="button" href={href("")}>Deploy FaceBlur</a></>}>
                A state machine calls functions one after another, waits, chooses and retries. Write one in code and watch its graph while you type, or deploy FaceBlur and look at how its machine works.
              </EmptyState>
            )}
          />
        </Panel>
      )}
      {helpers.length > 0 && (
        <details className="sm-helpers"><summary>{helpers.length === 1 ? "1 machine" : `${helpers.length} machines`} made here to run from a state</summary>
          <Panel flush="yes" label="Machines made to run from a state"><DataTable label="Machines made to run from a state" columns={columns} rows={helpers} rowKey={(row) => row.stateMachineArn ?? ""} to={(row) => href("machines", row.name ?? "")} empty={null} /></Panel>
        </details>
      )}
    </div>
  );
}
