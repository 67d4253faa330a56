import { s3 } from "../../lib/aws";
import { Store } from "../../lib/store";

// Films on their way up. They go on while other rooms are visited.
export interface Upload {
  id: string;
  name: string;
  key: string;
  bucket: string;
  size: number;
  sent: number;
  state: "waiting" | "sending" | "done" | "failed" | "cancelled";
  error: string;
}
export const uploads = new Store<Upload[]>([]);

const files = new Map<string, File>();
const running = new Map<string, { abort: () => Promise<void> }>();
const kAtOnce = 2;

const change = (id: string, what: Partial<Upload>) => uploads.set(uploads.get().map((one) => (one.id === id ? { ...one, ...what } : one)));
const stateOf = (id: string) => uploads.get().find((one) => one.id === id)?.state;

const kFilms = /\.(mp4|mov)$/i;
export const isFilm = (name: string) => kFilms.test(name);

// The triggers know ".mp4" and ".mov", in small letters. Another film of the name keeps its own.
export function keyFor(name: string, taken: ReadonlySet<string>): string {
  const plain = name.replace(/\.(mp4|mov)$/i, (end) => end.toLowerCase()).replaceAll("/", "_");
  if (!taken.has(plain)) return plain;
  const [, stem = plain, end = ""] = plain.match(/^(.*)(\.[^.]+)$/) ?? [];
  for (let n = 2; ; ++n) if (!taken.has(`${stem} (${n})${end}`)) return `${stem} (${n})${end}`;
}

async function send(upload: Upload) {
  const file = files.get(upload.id);
  if (!file) return;
  change(upload.id, { state: "sending", sent: 0, error: "" });
  try {
    const [[client], { Upload: Multipart }] = await Promise.all([s3(), import("@aws-sdk/lib-storage")]);
    const multipart = new Multipart({
      client, params: { Bucket: upload.bucket, Key: upload.key, Body: file, ContentType: upload.key.endsWith(".mov") ? "video/quicktime" : "video/mp4" },
      queueSize: 3, partSize: 8 * 1024 * 1024, leavePartsOnError: false,
    });
    running.set(upload.id, multipart);
    multipart.on("httpUploadProgress", ({ loaded = 0 }) => change(upload.id, { sent: loaded }));
    if (stateOf(upload.id) === "cancelled") return;
    await multipart.done();
    change(upload.id, { state: "done", sent: upload.size });
    files.delete(upload.id);
  } catch (error) {
    if (stateOf(upload.id) !== "cancelled") change(upload.id, { state: "failed", error: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(upload.id);
    next();
  }
}

function next() {
  const all = uploads.get();
  const free = kAtOnce - all.filter((one) => one.state === "sending").length;
  for (const one of all.filter((upload) => upload.state === "waiting").slice(0, Math.max(0, free))) void send(one);
}

export function addUploads(bucket: string, chosen: File[], taken: ReadonlySet<string>) {
  const names = new Set([...taken, ...uploads.get().filter((one) => one.state === "waiting" || one.state === "sending").map((one) => one.key)]);
  const added = chosen.map((file): Upload => {
    const key = keyFor(file.name, names);
    names.add(key);
    const id = crypto.randomUUID();
    files.set(id, file);
    return { id, name: file.name, key, bucket, size: file.size, sent: 0, state: "waiting", error: "" };
  });
  uploads.set([...added, ...uploads.get()]);
  next();
}

export function cancelUpload(id: string) {
  change(id, { state: "cancelled" });
  void running.get(id)?.abort();
}
export function retryUpload(id: string) {
  change(id, { state: "waiting" });
  next();
}
export function forgetUpload(id: string) {
  files.delete(id);
  uploads.set(uploads.get().filter((one) => one.id !== id));
}
