import type { ReactNode } from "react";

interface Told {
  message: string;
  type: string | undefined;
  stack: string[];
}

// What a function's failure says: Lambda gives its error as JSON in the cause.
export function readCause(cause: string): Told | undefined {
  if (!cause.startsWith("{")) return undefined;
  try {
    const raw = JSON.parse(cause) as Record<string, unknown>;
    if (typeof raw.errorMessage !== "string") return undefined;
    const trace = raw.stackTrace ?? raw.trace;
    return { message: raw.errorMessage, type: typeof raw.errorType === "string" ? raw.errorType : undefined, stack: Array.isArray(trace) ? trace.filter((line) => typeof line === "string").slice(0, 200) : [] };
  } catch {
    return undefined;
  }
}

export function CauseNote({ title, error, cause, mood = "bad", action }: { title: string; error: string | undefined; cause: string | undefined; mood?: "bad" | "warn"; action?: ReactNode }) {
  const told = cause === undefined ? undefined : readCause(cause);
  return (
    <div className="ui-note sm-cause" data-mood={mood}>
      <p><strong>{title}{error ? `: ${error}` : ""}</strong></p>
      {told ? <p>{told.type && told.type !== error ? `${told.type}: ` : ""}{told.message}</p> : cause ? <p className="sm-cause-text">{cause.length > 3000 ? `${cause.slice(0, 3000)}…` : cause}</p> : null}
      {told && told.stack.length > 0 && <details><summary>Where it happened</summary><pre className="ui-code" tabIndex={0} role="region" aria-label="Stack trace">{told.stack.map((line) => line.trimEnd()).join("\n")}</pre></details>}
      {action && <div className="ui-row">{action}</div>}
    </div>
  );
}
