import { useMemo, useState } from "react";
import { duration } from "../../lib/format";
import { EmptyState, Time } from "../../ui/basics";
import { DataTable, type Column } from "../../ui/DataTable";
import type { History, HistoryEvent } from "./history/history";
import { JsonBox } from "./JsonBox";

const texts = new WeakMap<HistoryEvent, string>();
function textOf(event: HistoryEvent): string {
  let known = texts.get(event);
  if (known === undefined) {
    known = `${event.id} ${event.type} ${Object.values(event.details).map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" ")}`.toLowerCase();
    texts.set(event, known);
  }
  return known;
}
const say = (event: HistoryEvent): string => {
  const { name, error, output, input, resource, parameters } = event.details;
  const payload = [output, input, parameters].find((one) => typeof one === "string") as string | undefined;
  return [name, error, payload === undefined && typeof resource === "string" ? resource : undefined, payload?.slice(0, 120)].filter((one) => typeof one === "string" && one !== "").join(" · ");
};
const mood = (type: string) => (/Failed$|TimedOut$|Aborted$|FailStateEntered/.test(type) ? "bad" : /Succeeded$/.test(type) ? "good" : undefined);

// Every event, searchable; one chosen shows all it says.
export function EventTable({ history, version, chosen, onChoose }: { history: History; version: number; chosen: number | undefined; onChoose: (id: number | undefined) => void }) {
  const [search, setSearch] = useState("");
  const words = search.trim().toLowerCase();
  const rows = useMemo(() => (words === "" ? history.events.slice() : history.events.filter((event) => textOf(event).includes(words))), [history, version, words]);
  const began = history.events[0]?.timestamp ?? 0;
  const event = chosen === undefined ? undefined : history.events.find((one) => one.id === chosen);
  const columns: Column<HistoryEvent>[] = [
    { title: "#", cell: (row) => row.id, align: "end" },
    { title: "Event", cell: (row) => <button type="button" className="sm-event" data-mood={mood(row.type)} aria-expanded={row.id === chosen} onClick={() => onChoose(row.id === chosen ? undefined : row.id)}>{row.type}</button>, keep: "yes" },
    { title: "State", cell: (row) => history.runOf(row.id)?.name ?? "" },
    { title: "After", cell: (row) => `+${duration(row.timestamp - began)}`, align: "end" },
    { title: "Time", cell: (row) => <Time at={row.timestamp} />, keep: "yes" },
    { title: "Says", cell: (row) => <span className="sm-says">{say(row)}</span> },
  ];
  return (
    <div className="sm-events">
      <div className="sm-events-bar">
        <input className="ui-input sm-search" type="search" aria-label="Search the events" placeholder="Search names, errors, data…" value={search} onChange={(change) => setSearch(change.target.value)} />
        <span className="ui-soft" role="status">{words === "" ? "" : `${rows.length.toLocaleString()} of ${history.events.length.toLocaleString()}`}</span>
      </div>
      <div className="sm-events-grid" data-open={event ? "" : undefined}>
        <DataTable label="Events" columns={columns} rows={rows} rowKey={(row) => String(row.id)} height="420px" empty={<EmptyState title={words ? "No event says this" : "No event yet"}>{words ? "Names of states, errors, and all inputs and outputs are searched." : "They come as soon as the execution begins."}</EmptyState>} />
        {event && (
          <section className="sm-event-details" aria-label={`Event ${event.id}`}>
            <h3>{event.id}. {event.type}</h3>
            <p className="ui-soft">{new Date(event.timestamp).toISOString()}, follows event {event.previousEventId}</p>
            {Object.entries(event.details).filter(([key]) => !key.endsWith("Details")).map(([key, value]) => (
              <div key={key}><h4>{key}</h4>{typeof value === "string" && /^\s*[[{]/.test(value) ? <JsonBox text={value} label={`${key} of event ${event.id}`} /> : <p className="sm-value">{typeof value === "string" ? value.slice(0, 5000) : JSON.stringify(value)}</p>}</div>
            ))}
            {Object.keys(event.details).length === 0 && <p className="sm-hint">It has no details.</p>}
          </section>
        )}
      </div>
    </div>
  );
}
