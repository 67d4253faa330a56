import { useEffect, useRef } from "react";
import { feedUrl } from "./readapi";
import { Store } from "./store";

// One live stream for the whole page (docs/read-api.md, "What happens"). It is opened again when it breaks, with a new
// signature, after the last number that was seen.
interface Base {
  sequence: number;
  time: string;
}
export type Live = Base &
  (
    | { kind: "invocation"; function: string; region: string; requestId: string; trace?: string; outcome: string; error?: string; milliseconds: number; initMilliseconds?: number; memoryBytes?: number }
    | { kind: "environment"; function: string; region: string; id: string; state: string; requestId?: string; memoryMb: number }
    | { kind: "stateTransition"; execution: string; machine: string; eventId: number; event: string; state?: string; error?: string; trace?: string }
    | { kind: "queueDepth"; queue: string; visible: number; inFlight: number; delayed: number }
    | { kind: "poller"; mapping: string; function: string; queue: string; running: number; limit: number }
    | { kind: "logLine"; region: string; group: string; stream: string; timestamp: number | string; message: string }
    | { kind: "objectEvent"; bucket: string; key: string; event: string; size: number; targets: number; trace?: string }
    | { kind: "deployment"; stack: string; resource: string; type: string; status: string; reason?: string }
  );
export type LiveKind = Live["kind"];
export type LiveOf<K extends LiveKind> = Extract<Live, { kind: K }>;

const kKinds: LiveKind[] = ["invocation", "environment", "stateTransition", "queueDepth", "poller", "logLine", "objectEvent", "deployment"];

export type FeedState = "connecting" | "live" | "lost";
export const feedState = new Store<FeedState>("connecting");

interface Listener {
  kinds: ReadonlySet<LiveKind>;
  onRecords: (records: Live[]) => void;
  onGap: () => void;
}
const listeners = new Set<Listener>();
let last: number | undefined;
let run: string | undefined;
let source: EventSource | null = null;
let pause = 250;
let waiting: Live[] = [];
let isFlushPlanned = false;
const kMostWaiting = 5000; // a page in the background draws nothing

function flush() {
  isFlushPlanned = false;
  const records = waiting;
  waiting = [];
  for (const { kinds, onRecords } of [...listeners]) {
    const wanted = records.filter((record) => kinds.has(record.kind));
    if (wanted.length > 0) onRecords(wanted);
  }
}

function tellGap() {
  for (const { onGap } of [...listeners]) onGap();
}

// Ten times a second at most: a thousand records a second cost ten renderings.
function take(record: Live) {
  last = record.sequence;
  if (waiting.length >= kMostWaiting) {
    waiting = [];
    tellGap();
  }
  waiting.push(record);
  if (isFlushPlanned) return;
  isFlushPlanned = true;
  setTimeout(flush, 100);
}

function reopen() {
  source?.close();
  source = null;
  if (feedState.get() === "live") feedState.set("lost");
  const wait = pause;
  pause = Math.min(pause * 2, 4000);
  setTimeout(() => void open(), wait);
}

async function open() {
  let url: string;
  try {
    url = await feedUrl(last);
  } catch {
    reopen();
    return;
  }
  const mine = new EventSource(url);
  source = mine;
  mine.onopen = () => {
    pause = 250;
    const wasLost = feedState.get() === "lost";
    feedState.set("live");
    if (wasLost) tellGap(); // what was missed is in the journal and the services
  };
  mine.onerror = () => { if (source === mine) reopen(); };
  for (const kind of kKinds) mine.addEventListener(kind, (event) => take(JSON.parse((event as MessageEvent<string>).data) as Live));
  mine.addEventListener("lost", (event) => {
    last = Number((event as MessageEvent).lastEventId) || last;
    tellGap();
  });
  mine.addEventListener("run", (event) => {
    const { run: id } = JSON.parse((event as MessageEvent<string>).data) as { run: string };
    if (run !== undefined && run !== id) {
      last = undefined;
      tellGap();
    }
    run = id;
  });
  mine.addEventListener("restarted", () => {
    last = undefined;
    tellGap();
  });
}

let isStarted = false;
export function startFeed() {
  if (isStarted) return;
  isStarted = true;
  void open();
}

// Calls `onRecords` with what happens of these kinds (as a batch), and `onGap` after something may have been missed:
// then read anew. `kinds` is to be the same array at each rendering.
export function useFeed(kinds: readonly LiveKind[], onRecords: (records: Live[]) => void, onGap?: () => void) {
  const current = useRef({ onRecords, onGap });
  current.current = { onRecords, onGap };
  useEffect(() => {
    const listener: Listener = {
      kinds: new Set(kinds),
      onRecords: (records) => current.current.onRecords(records),
      onGap: () => current.current.onGap?.(),
    };
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }, [kinds]);
}
