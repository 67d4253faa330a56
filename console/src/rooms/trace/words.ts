import type { JournalRow } from "../../lib/readapi";
import { href } from "../../lib/router";

export const subjectWords: Record<JournalRow["subject"], string> = {
  object: "Upload", notification: "Notification", message: "Message", invocation: "Invocation", execution: "Execution", request: "Request",
};

// Where a row's whole way is told.
export const traceLink = (row: { trace?: string | undefined }) => (row.trace ? href("trace", row.trace) : undefined);

const kOutcomes: Record<string, string> = {
  delivered: "delivered", dropped: "dropped", sent: "sent", failed: "failed", filtered: "dropped by a filter", deleted: "deleted", deadLettered: "moved to the dead-letter queue", redriven: "moved back",
  expired: "too old, deleted", queued: "queued", succeeded: "succeeded", timedOut: "timed out", refused: "refused", RetriesExhausted: "gave up after its retries", EventAgeExceeded: "gave up: the event was too old",
  started: "started", SUCCEEDED: "succeeded", FAILED: "failed", TIMED_OUT: "timed out", ABORTED: "aborted",
};
export function outcomeWords(row: JournalRow): string {
  if (row.verdict === "noTrigger") return row.subject === "object" ? "no trigger matched" : "a filter dropped it";
  const put = row.outcome.match(/^ObjectCreated:(\w+)/)?.[1];
  if (put) return `uploaded (${put})`;
  return kOutcomes[row.outcome] ?? row.outcome;
}

// The end of an ARN or a path says it; the whole is in the title.
export function shortName(row: JournalRow): string {
  const { what } = row;
  if (row.subject === "execution") return what.split(":").slice(-2).join(" / ");
  if (row.subject === "object") return what.replace(/@null$/, "");
  if (what.startsWith("arn:")) return what.split(":").slice(5).join(":");
  return what;
}
