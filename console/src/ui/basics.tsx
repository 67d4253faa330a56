import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { exactTime, shortTime } from "../lib/format";
import { BusyIcon, CheckIcon, CloseIcon, CopyIcon, CrossIcon, DashIcon, TerminalIcon, WarnIcon } from "../lib/icons";

// A room's head: where we are, its name, what can be done.
export function RoomTitle({ title, children, crumbs = [], actions }: { title: string; children?: ReactNode; crumbs?: { title: string; to: string }[]; actions?: ReactNode }) {
  useEffect(() => { document.title = `${title} – Cumulet`; }, [title]);
  return (
    <div className="ui-title">
      <div>
        {crumbs.length > 0 && <nav aria-label="Where this is"><ol className="ui-crumbs">{crumbs.map((one) => <li key={one.to}><a href={one.to}>{one.title}</a></li>)}</ol></nav>}
        <h1>{title}</h1>
        {children && <p>{children}</p>}
      </div>
      {actions && <div className="ui-row">{actions}</div>}
    </div>
  );
}

export function Panel({ title, actions, children, flush = "no", label }: { title?: ReactNode; actions?: ReactNode; children: ReactNode; flush?: "yes" | "no"; label?: string }) {
  const id = useId();
  return (
    <section className="ui-panel" {...(title ? { "aria-labelledby": id } : label ? { "aria-label": label } : {})}>
      {title && <header><h2 id={id}>{title}</h2>{actions}</header>}
      <div className={flush === "yes" ? "ui-panel-body flush" : "ui-panel-body"}>{children}</div>
    </section>
  );
}

// Where nothing is yet: what this place is for, and the first step.
export function EmptyState({ icon, title, children, action }: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="ui-empty">
      {icon}
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action && <div className="ui-row">{action}</div>}
    </div>
  );
}

// An error in AWS's own words, with what can be done about it.
export function Failure({ error, doing, onRetry, children }: { error: Error; doing: string; onRetry?: () => void; children?: ReactNode }) {
  return (
    <div className="ui-note" data-mood="bad" role="alert">
      <p><strong>{doing} did not work.</strong></p>
      <p>{error.name && error.name !== "Error" && error.name !== "TypeError" ? `${error.name}: ` : ""}{error.message}</p>
      {children}
      {onRetry && <div className="ui-row"><button type="button" className="button small" onClick={onRetry}>Try again</button></div>}
    </div>
  );
}

export function Waiting({ label = "Loading" }: { label?: string }) {
  // Quick answers show nothing: a flash of "loading" is unrest.
  const [isSlow, setIsSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSlow(true), 250);
    return () => clearTimeout(timer);
  }, []);
  return <div className="ui-wait" role="status">{isSlow && <span>{label}…</span>}</div>;
}

export type Mood = "good" | "bad" | "busy" | "warn" | "plain";
const kMoods: Record<string, Mood> = {
  SUCCEEDED: "good", FAILED: "bad", TIMED_OUT: "bad", ABORTED: "warn", RUNNING: "busy", PENDING_REDRIVE: "warn", ACTIVE: "good", Active: "good", Pending: "busy", Failed: "bad",
  IN_PROGRESS: "busy", ok: "good", failed: "bad", noTrigger: "warn", caught: "warn", retrying: "warn", DELETING: "warn",
};
export function moodOf(word: string): Mood {
  const known = kMoods[word];
  if (known) return known;
  if (/ROLLBACK|FAILED/.test(word)) return "bad";
  if (/_IN_PROGRESS$/.test(word)) return "busy";
  return /_COMPLETE$/.test(word) ? "good" : "plain";
}
const kWords: Record<string, string> = { SUCCEEDED: "Succeeded", FAILED: "Failed", TIMED_OUT: "Timed out", ABORTED: "Aborted", RUNNING: "Running", IN_PROGRESS: "In progress", ok: "OK", failed: "Failed", noTrigger: "No trigger" };
const kShapes: Record<Mood, ReactNode> = { good: <CheckIcon />, bad: <CrossIcon />, busy: <BusyIcon />, warn: <WarnIcon />, plain: <DashIcon /> };

// A status told by word, shape and colour.
export function Status({ value, mood = moodOf(value) }: { value: string; mood?: Mood }) {
  return <span className="ui-status" data-mood={mood}>{kShapes[mood]}{kWords[value] ?? value}</span>;
}

// Local and short; exactly on hover.
export function Time({ at }: { at: Date | string | number | undefined }) {
  const date = at === undefined ? null : new Date(at);
  if (!date || Number.isNaN(date.getTime())) return <span className="ui-soft">–</span>;
  return <time dateTime={date.toISOString()} title={exactTime(date)}>{shortTime(date)}</time>;
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <button type="button" className="button small" onClick={() => void navigator.clipboard.writeText(text).then(() => setIsCopied(true), () => {})}>
      {isCopied ? <CheckIcon /> : <CopyIcon />}<span aria-live="polite">{isCopied ? "Copied" : label}</span>
    </button>
  );
}

export function Tabs<T extends string>({ label, tabs, chosen, onChoose }: { label: string; tabs: { id: T; title: ReactNode }[]; chosen: T; onChoose: (id: T) => void }) {
  const move = (by: number) => {
    const at = tabs.findIndex((one) => one.id === chosen);
    const next = tabs[(at + by + tabs.length) % tabs.length];
    if (next) onChoose(next.id);
  };
  const list = useRef<HTMLDivElement>(null);
  return (
    <div
      className="ui-tabs" role="tablist" aria-label={label} ref={list}
      onKeyDown={(event) => {
        if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
        event.preventDefault();
        move(event.key === "ArrowRight" ? 1 : -1);
        requestAnimationFrame(() => list.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
      }}
    >
      {tabs.map((one) => (
        <button key={one.id} type="button" role="tab" aria-selected={one.id === chosen} tabIndex={one.id === chosen ? 0 : -1} onClick={() => onChoose(one.id)}>{one.title}</button>
      ))}
    </div>
  );
}

// What the page does here, as a command: AWS CLI and boto3. Every form shows it.
export function AsCommand({ cli, python, open = "no" }: { cli: string; python: string; open?: "yes" | "no" }) {
  const [chosen, setChosen] = useState<"cli" | "python">("cli");
  const text = chosen === "cli" ? cli : python;
  return (
    <details className="ui-command" open={open === "yes"}>
      <summary><TerminalIcon />The same as a command</summary>
      <div className="ui-command-head">
        <Tabs label="Written for" tabs={[{ id: "cli", title: "AWS CLI" }, { id: "python", title: "Python (boto3)" }]} chosen={chosen} onChoose={setChosen} />
        <CopyButton text={text} />
      </div>
      <pre className="ui-code" tabIndex={0} role="group" aria-label={chosen === "cli" ? "AWS CLI command" : "Python lines"}>{text}</pre>
    </details>
  );
}

// For a shell: quoted where it must be.
export const shellWord = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
// aws("s3api", "put-object", {bucket: "b"}) -> lines with the engine's endpoint.
export function awsCommand(service: string, operation: string, options: Record<string, string>, ...words: string[]): string {
  const parts = [`aws --endpoint-url ${location.origin} ${service} ${operation}`, ...words.map(shellWord), ...Object.entries(options).map(([name, value]) => (value === "" ? `--${name}` : `--${name} ${shellWord(value)}`))];
  return parts.join(" \\\n  ");
}
// pythonCall("stepfunctions", "start_execution", {name: "x"}) -> client and call, with the engine's endpoint.
export function pythonCall(service: string, operation: string, parameters: Record<string, unknown>): string {
  const literal = (value: unknown, depth: number): string => {
    const pad = "    ".repeat(depth + 1);
    if (value === null || value === undefined) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (Array.isArray(value)) return value.length === 0 ? "[]" : `[\n${value.map((one) => `${pad}${literal(one, depth + 1)},\n`).join("")}${"    ".repeat(depth)}]`;
    if (typeof value === "object") return `{\n${Object.entries(value).map(([name, one]) => `${pad}${JSON.stringify(name)}: ${literal(one, depth + 1)},\n`).join("")}${"    ".repeat(depth)}}`;
    return JSON.stringify(value);
  };
  const lines = Object.entries(parameters).map(([name, value]) => `    ${name}=${literal(value, 1)},\n`).join("");
  return `import boto3\n\nclient = boto3.client(${JSON.stringify(service)}, endpoint_url=${JSON.stringify(location.origin)})\nanswer = client.${operation}(${lines && `\n${lines}`})\n`;
}

// A dialog that keeps focus within and gives it back; Escape closes it.
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => { if (!dialog.current?.open) dialog.current?.showModal(); }, []);
  return (
    <dialog className="ui-dialog" ref={dialog} aria-labelledby={id} onClose={onClose}>
      <header><h2 id={id}>{title}</h2><button type="button" className="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}><CloseIcon /></button></header>
      <div className="ui-dialog-body">{children}</div>
    </dialog>
  );
}

export function Field({ label, hint, children }: { label: string; hint?: ReactNode; children: ReactNode }) {
  return <label className="ui-field"><span>{label}</span>{children}{hint && <small>{hint}</small>}</label>;
}

// JSON or other text of any size: cut where it is huge, whole by a button.
const kShown = 100_000;
export function Payload({ text, label }: { text: string; label: string }) {
  const isCut = text.length > kShown;
  let shown = text;
  if (!isCut) {
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // no JSON: as it is
    }
  } else shown = text.slice(0, kShown);
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `${label.replace(/\W+/g, "-").toLowerCase()}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return (
    <div>
      <pre className="ui-code block wrap" tabIndex={0} role="group" aria-label={label}>{shown}{isCut ? "…" : ""}</pre>
      <div className="ui-row" style={{ marginTop: 6 }}>
        {isCut && <span className="ui-soft">{text.length.toLocaleString()} characters, the first {kShown.toLocaleString()} are shown.</span>}
        <CopyButton text={text} /><button type="button" className="button small" onClick={save}>Save</button>
      </div>
    </div>
  );
}
