import { useEffect, useMemo, useState } from "react";
import type { GraphModel } from "./definition";
import { measured } from "./measure";
import { countStates, layOut, layoutInput, type LaidGraph } from "./layout";

const MOST_AT_ONCE = 40; // states; more are laid out by a worker, so that typing never waits

// The layout of the graph; while a large one is being laid out, the one before.
export function useLayout(graph: GraphModel | undefined): LaidGraph | undefined {
  const input = useMemo(() => graph && layoutInput(graph, measured()), [graph]);
  // What the layout depends on: a comment changed in the text moves nothing.
  const key = useMemo(() => (input ? JSON.stringify(input) : ""), [input]);
  const small = input !== undefined && countStates(input) <= MOST_AT_ONCE;
  const atOnce = useMemo(() => (key !== "" && small ? layOut(JSON.parse(key) as Parameters<typeof layOut>[0]) : undefined), [key, small]);
  const [late, setLate] = useState<LaidGraph>();
  useEffect(() => {
    if (key === "" || small) return;
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<LaidGraph>) => setLate(data);
    worker.postMessage(JSON.parse(key));
    return () => worker.terminate();
  }, [key, small]);
  return small ? atOnce : input && late;
}
