import { Sha256 } from "@aws-crypto/sha256-browser";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { currentKeys, region, renewSession } from "./session";

// The engine's own read API (docs/read-api.md): what AWS's APIs do not tell. Signed like any request.
const kRoot = "/_cumulet/v1/";

export class ReadError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

function requestOf(path: string, query: Record<string, string>) {
  return new HttpRequest({
    protocol: location.protocol, hostname: location.hostname, ...(location.port ? { port: Number(location.port) } : {}),
    method: "GET", path: kRoot + path, query, headers: { host: location.host },
  });
}

export async function signerFor(service: string) {
  const { accessKeyId, secretAccessKey, sessionToken } = await currentKeys();
  return new SignatureV4({ service, region: region(), credentials: { accessKeyId, secretAccessKey, sessionToken }, sha256: Sha256 });
}

const queryText = (query: HttpRequest["query"] = {}) => new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])).toString();

// GET /_cumulet/v1/PATH; parameters that are undefined or empty are left out.
export async function read<T>(path: string, parameters: Record<string, string | number | undefined> = {}, signal?: AbortSignal): Promise<T> {
  const query = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "").map(([name, value]) => [name, String(value)]));
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  for (let attempt = 0; ; ++attempt) {
    const signed = await (await signerFor("cumulet")).sign(requestOf(encoded, query));
    const { host: _, ...headers } = signed.headers; // the browser writes it
    const text = queryText(query);
    const answer = await fetch(kRoot + encoded + (text && `?${text}`), { headers, signal: signal ?? null });
    if (answer.ok) return (await answer.json()) as T;
    if (answer.status === 403 && attempt === 0) {
      await renewSession();
      continue;
    }
    const told = (await answer.json().catch(() => null)) as { error?: { code: string; message: string } } | null;
    throw new ReadError(answer.status, told?.error?.code ?? "", told?.error?.message ?? `The engine answers ${answer.status}.`);
  }
}

// The address of the live stream. EventSource sets no headers, so it is presigned: for this stream alone (the engine
// takes that scope nowhere else), for five minutes.
export async function feedUrl(after: number | undefined): Promise<string> {
  const request = requestOf("feed", after === undefined ? {} : { after: String(after) });
  const signed = await (await signerFor("cumulet-feed")).presign(request, { expiresIn: 300 });
  return `${signed.path}?${queryText(signed.query)}`;
}

export interface JournalRow {
  id: number;
  time: string;
  subject: "object" | "notification" | "message" | "invocation" | "execution" | "request";
  what: string;
  outcome: string;
  verdict: "ok" | "failed" | "noTrigger";
  detail: string;
  trace?: string;
}
export interface TraceSummary {
  trace: string;
  first: string;
  last: string;
  subject: JournalRow["subject"];
  what: string;
  rows: number;
  failed: number;
}
export interface Job {
  job: string;
  video: string;
  started: string;
  percent: number;
}
