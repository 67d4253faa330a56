import { useCallback, useEffect, useRef, useState } from "react";
import { withFreshKeys } from "./aws";
import { useFeed, type Live, type LiveKind } from "./feed";

export interface Loaded<T> {
  data: T | undefined; // of the last load that succeeded: it stays while another one runs
  error: Error | null;
  isLoading: boolean;
  reload: () => void;
}

const kNothing: readonly LiveKind[] = [];
const kSettle = 250; // milliseconds that news are gathered for

// Reads with `load` when `key` changes, when records of the kinds `on` come that `concerns` says yes to, after gaps of
// the live stream, and every `every` milliseconds. `on` is to be the same array at each rendering.
export function useLoad<T>(
  key: string, load: (signal: AbortSignal) => Promise<T>,
  { on = kNothing, concerns, every }: { on?: readonly LiveKind[]; concerns?: (record: Live) => boolean; every?: number } = {},
): Loaded<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; error: Error | null; isLoading: boolean }>({ key, data: undefined, error: null, isLoading: true });
  const loadNow = useRef(load);
  loadNow.current = load;
  const running = useRef<AbortController | null>(null);
  const isAskedAgain = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const start = useCallback(() => {
    if (running.current) {
      isAskedAgain.current = true;
      return;
    }
    const mine = new AbortController();
    running.current = mine;
    const end = () => {
      if (running.current !== mine) return;
      running.current = null;
      if (isAskedAgain.current) {
        isAskedAgain.current = false;
        timer.current = setTimeout(start, kSettle);
      }
    };
    withFreshKeys(() => loadNow.current(mine.signal)).then(
      (data) => { if (!mine.signal.aborted) setState({ key, data, error: null, isLoading: false }); end(); },
      (error: unknown) => {
        if (!mine.signal.aborted) setState((before) => ({ key, data: before.key === key ? before.data : undefined, error: error instanceof Error ? error : new Error(String(error)), isLoading: false }));
        end();
      },
    );
  }, [key]);

  useEffect(() => {
    setState((before) => (before.key === key ? { ...before, isLoading: true } : { key, data: undefined, error: null, isLoading: true }));
    start();
    const repeated = every ? setInterval(start, every) : undefined;
    return () => {
      clearInterval(repeated);
      clearTimeout(timer.current);
      running.current?.abort();
      running.current = null;
      isAskedAgain.current = false;
    };
  }, [key, start, every]);

  const soon = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(start, kSettle);
  }, [start]);
  useFeed(on, (records) => { if (!concerns || records.some(concerns)) soon(); }, soon);

  const isOfKey = state.key === key;
  return { data: isOfKey ? state.data : undefined, error: isOfKey ? state.error : null, isLoading: !isOfKey || state.isLoading, reload: start };
}
