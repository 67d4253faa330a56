import { memo, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type Ref } from "react";
import type { StateSummary } from "../history/history";
import { summaryText } from "../history/history";
import type { Definition, StateModel } from "./definition";
import { columns, END, pathOf, START, type Box, type LaidEdge, type LaidGraph } from "./layout";
import { measured } from "./measure";
import "./graph.css";

interface View {
  x: number;
  y: number;
  k: number;
}
export interface GraphHandle {
  focus: (id: string) => void;
}

const MARGIN = 28;
const LEAST_ZOOM = 0.05; // below, a state is a dot
const MANY = 250; // states; from here on only what is in sight is in the document
const SEARCHED = 40; // states; from here on they can be searched
const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

const ICONS: Record<string, string> = {
  Task: "M3 3h4v4H3zM9 9h4v4H9zM7 5h4v4",
  Pass: "M2.5 8h11M9.5 4l4 4-4 4",
  Choice: "M8 2 14 8l-6 6-6-6zM8 6v2.4M8 10.4v.2",
  Wait: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.200M8 5v3.300l2.200 1.400",
  Succeed: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.200M5.400 8.200l1.800 1.800 3.400-3.800",
  Fail: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.200M6 6l4 4M10 6l-4 4",
  Parallel: "M2.500 3.500h11M2.500 12.500h11M5 3.500v9M11 3.500v9",
  Map: "M2.500 4.500h7v7h-7zM6.500 4.500v-2h7v7h-4",
  Unknown: "M6 6a2 2 0 1 1 2.700 1.900c-.5.2-.7.500-.7 1.200M8 11.500v.2",
};
const MARKS: Record<string, string> = {
  succeeded: "M2 6.200 4.800 9 10 3.500",
  failed: "M3 3l6 6M9 3 3 9",
  timedOut: "M3 3l6 6M9 3 3 9",
  caught: "M6 2v5M6 9.600v.2",
  retrying: "M9.800 6.800A4 4 0 1 1 9 3.400M9.500 1.500v2.300H7.200",
  aborted: "M3 6h6",
};

const StateNode = memo(function StateNode({ state, box, summary, chosen, tabbable, label, onChoose }: {
  state: StateModel; box: Box; summary: StateSummary | undefined; chosen: boolean; tabbable: boolean; label: string; onChoose: (id: string) => void;
}) {
  const { fit } = measured();
  const holds = state.inner.length > 0;
  return (
    <g className="sm-node" data-type={state.type} data-status={summary?.status} data-unreachable={state.unreachable ? "" : undefined} transform={`translate(${box.x} ${box.y})`}>
      <g className="sm-state" role="button" tabIndex={tabbable ? 0 : -1} aria-label={label} aria-pressed={chosen} data-id={state.id} data-state={state.name} data-status={summary?.status} onClick={() => onChoose(state.id)}>
        <rect className="sm-box" width={box.width} height={box.height} rx={holds ? 14 : 12}><title>{state.name}{state.comment ? `\n${state.comment}` : ""}</title></rect>
      </g>
      <g className="sm-face" aria-hidden="true">
        <rect className="sm-badge" x={11} y={holds ? 9 : 13} width={28} height={28} rx={8} />
        <path className="sm-icon" d={ICONS[state.type] ?? ICONS.Unknown} transform={`translate(17 ${holds ? 15 : 19})`} />
        <text className="sm-name" x={48} y={holds ? 22 : state.detail ? 23 : 32}>{fit("name", state.name, box.width - 60)}</text>
        {state.detail && <text className="sm-detail" x={48} y={holds ? 37 : 40}>{fit("detail", state.detail, box.width - 58)}</text>}
        {summary && (
          <g className="sm-mark" transform={`translate(${box.width - 9} -9)`}>
            <circle cx={0} cy={9} r={10} />
            {summary.status === "running" ? <circle className="sm-spin" cx={0} cy={9} r={5} /> : <path d={MARKS[summary.status]} transform="translate(-6 3)" />}
          </g>
        )}
        {summary && summary.runs > 1 && (
          <g className="sm-times" transform={`translate(${box.width - 26} -8)`}>
            <rect x={-(String(summary.runs).length * 7 + 16)} width={String(summary.runs).length * 7 + 16} height={17} rx={8.5} />
            <text x={-(String(summary.runs).length * 7 + 16) / 2} y={12.3}>×{summary.runs}</text>
          </g>
        )}
      </g>
    </g>
  );
});

const EdgeLine = memo(function EdgeLine({ edge, taken, lit }: { edge: LaidEdge; taken: boolean; lit: boolean }) {
  return (
    <g className="sm-edge" data-kind={edge.kind} data-taken={taken ? "" : undefined} data-lit={lit ? "" : undefined}>
      <path d={pathOf(edge.points)} markerEnd={`url(#sm-${taken ? "taken" : edge.kind === "catch" ? "catch" : "arrow"})`} />
    </g>
  );
});

// Over all lines, so that none crosses a word.
const EdgeLabel = memo(function EdgeLabel({ edge, taken }: { edge: LaidEdge; taken: boolean }) {
  const height = edge.lines.length * 15 + 6;
  const { detail } = measured();
  const width = Math.max(0, ...edge.lines.map((line) => Math.min(detail(line) * 0.96, columns(line) * 6.3 + 40))) + 12;
  if (!edge.label) return null;
  return (
    <g className="sm-edge" data-kind={edge.kind} data-taken={taken ? "" : undefined} transform={`translate(${edge.label.x - width / 2} ${edge.label.y - height / 2})`}>
      {edge.full && <title>{edge.full}</title>}
      <rect className="sm-label" width={width} height={height} rx={7} />
      {edge.lines.map((line, i) => <text key={i} x={width / 2} y={14 + i * 15}>{line}</text>)}
    </g>
  );
});

export function GraphView({ definition, laid, chosen, onChoose, summaries, taken, label, ref }: {
  definition: Definition;
  laid: LaidGraph;
  chosen: string | undefined; // id of a state
  onChoose: (id: string) => void;
  summaries?: ReadonlyMap<string, StateSummary>; // by name
  taken?: ReadonlySet<string>; // lines that were gone, "from\nto" by id
  label: string;
  ref?: Ref<GraphHandle>;
}) {
  const frame = useRef<SVGSVGElement>(null);
  const canvas = useRef<SVGGElement>(null);
  const view = useRef<View>({ x: 0, y: 0, k: 1 });
  const touched = useRef(false);
  const boxes = useMemo(() => new Map(laid.boxes), [laid]);
  const isMany = laid.boxes.length > MANY;
  const [sight, setSight] = useState<{ x: number; y: number; right: number; bottom: number; far: boolean }>();
  const [focused, setFocused] = useState<string>();
  const [search, setSearch] = useState("");
  const start = definition.graph.start ?? definition.graph.states[0]?.id;
  const tabbable = [focused, chosen, start].find((id) => id !== undefined && definition.byId.has(id) && boxes.has(id));

  const apply = useCallback((next: View) => {
    view.current = next;
    canvas.current?.setAttribute("transform", `translate(${next.x} ${next.y}) scale(${next.k})`);
    const size = frame.current;
    if (!isMany || !size) return;
    const near = { x: -next.x / next.k, y: -next.y / next.k, right: (size.clientWidth - next.x) / next.k, bottom: (size.clientHeight - next.y) / next.k };
    setSight((before) => {
      const far = next.k < 0.3;
      if (before && before.far === far && near.x >= before.x && near.y >= before.y && near.right <= before.right && near.bottom <= before.bottom && before.right - before.x < 6 * (near.right - near.x)) return before;
      const [w, h] = [near.right - near.x, near.bottom - near.y];
      return { x: near.x - w, y: near.y - h, right: near.right + w, bottom: near.bottom + h, far };
    });
  }, [isMany]);

  const fit = useCallback((how: "readable" | "whole") => {
    const size = frame.current;
    if (!size || laid.width === 0 || size.clientWidth === 0) return;
    const [w, h] = [size.clientWidth - 2 * MARGIN, size.clientHeight - 2 * MARGIN];
    const whole = Math.min(1, w / laid.width, h / laid.height);
    // Where not all of it can be read, as much as can is shown in its own size.
    const k = how === "whole" ? Math.max(LEAST_ZOOM, whole) : whole >= 0.5 ? whole : clamp(w / laid.width, 0.5, 0.9);
    const first = boxes.get(start ?? "") ?? { x: 0, y: 0, width: laid.width, height: 0 };
    // What does not fit readably begins at its start.
    const x = laid.width * k <= w + 1 ? (size.clientWidth - laid.width * k) / 2 : size.clientWidth / 2 - (first.x + first.width / 2) * k;
    const y = laid.height * k <= h + 1 ? (size.clientHeight - laid.height * k) / 2 : MARGIN;
    apply({ x, y, k });
  }, [laid, boxes, start, apply]);

  // Until somebody moves it, the graph keeps fitting its frame; from then on it stays where it is.
  useLayoutEffect(() => {
    if (!touched.current) fit("readable");
    else apply(view.current);
  }, [fit, apply]);
  useEffect(() => {
    const size = frame.current;
    if (!size) return;
    const watch = new ResizeObserver(() => { if (!touched.current) fit("readable"); else apply(view.current); });
    watch.observe(size);
    return () => watch.disconnect();
  }, [fit, apply]);

  const zoom = useCallback((factor: number, at?: { x: number; y: number }) => {
    const size = frame.current;
    if (!size) return;
    touched.current = true;
    const { x, y, k } = view.current;
    const next = clamp(k * factor, LEAST_ZOOM, 3);
    const [cx, cy] = at ? [at.x, at.y] : [size.clientWidth / 2, size.clientHeight / 2];
    apply({ k: next, x: cx - ((cx - x) * next) / k, y: cy - ((cy - y) * next) / k });
  }, [apply]);

  const show = useCallback((id: string) => {
    const box = boxes.get(id);
    const size = frame.current;
    if (!box || !size) return;
    let { x, y, k } = view.current;
    if (k < 0.45) k = 0.8;
    const [left, top] = [box.x * k + x, box.y * k + y];
    const inside = k === view.current.k && left >= 8 && top >= 8 && left + box.width * k <= size.clientWidth - 8 && top + Math.min(box.height, 60) * k <= size.clientHeight - 8;
    if (inside) return;
    touched.current = true;
    x = size.clientWidth / 2 - (box.x + box.width / 2) * k;
    y = size.clientHeight / 2 - (box.y + Math.min(box.height, 60) / 2) * k;
    apply({ x, y, k });
  }, [boxes, apply]);

  const focus = useCallback((id: string) => {
    setFocused(id);
    show(id);
    // It may just now have come into sight, and so into the document.
    requestAnimationFrame(() => requestAnimationFrame(() => frame.current?.querySelector<SVGGElement>(`.sm-state[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })));
  }, [show]);
  useImperativeHandle(ref, () => ({ focus }), [focus]);

  // A wheel with Ctrl and a pinch zoom, the wheel alone moves. React's own listeners are passive.
  useEffect(() => {
    const size = frame.current;
    if (!size) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      touched.current = true;
      const rect = size.getBoundingClientRect();
      const unit = event.deltaMode === 1 ? 16 : 1;
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY * unit * 0.0022), { x: event.clientX - rect.left, y: event.clientY - rect.top });
      else apply({ ...view.current, x: view.current.x - (event.shiftKey ? event.deltaY : event.deltaX) * unit, y: view.current.y - (event.shiftKey ? 0 : event.deltaY) * unit });
    };
    size.addEventListener("wheel", onWheel, { passive: false });
    return () => size.removeEventListener("wheel", onWheel);
  }, [zoom, apply]);

  const fingers = useRef(new Map<number, { x: number; y: number }>());
  const dragged = useRef(false);
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged.current = false;
  };
  const onPointerMove = (event: PointerEvent) => {
    const before = fingers.current.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    if (!dragged.current && Math.hypot(dx, dy) < 4) return;
    if (!dragged.current) frame.current?.setPointerCapture(event.pointerId);
    dragged.current = true;
    touched.current = true;
    const others = [...fingers.current].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    const other = others[0];
    if (other) {
      const rect = frame.current?.getBoundingClientRect() ?? { left: 0, top: 0 };
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      if (was > 0) zoom(is / was, { x: (event.clientX + other.x) / 2 - rect.left, y: (event.clientY + other.y) / 2 - rect.top });
    } else apply({ ...view.current, x: view.current.x + dx, y: view.current.y + dy });
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };
  const onPointerEnd = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId);
    if (dragged.current) setTimeout(() => { dragged.current = false; }, 0); // the click that follows is none
  };
  const choose = useCallback((id: string) => {
    if (dragged.current) return;
    setFocused(id);
    onChoose(id);
  }, [onChoose]);

  const lines = useMemo(() => {
    const from = new Map<string, LaidEdge[]>();
    const to = new Map<string, LaidEdge[]>();
    for (const edge of laid.edges) {
      from.set(edge.from, [...(from.get(edge.from) ?? []), edge]);
      to.set(edge.to, [...(to.get(edge.to) ?? []), edge]);
    }
    return { from, to };
  }, [laid]);

  const onKeyDown = (event: KeyboardEvent) => {
    const id = (event.target as Element).closest(".sm-state")?.getAttribute("data-id") ?? undefined;
    const go = (to: string | undefined) => {
      event.preventDefault();
      if (to !== undefined && definition.byId.has(to)) focus(to);
    };
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    switch (event.key) {
      case "+": case "=": event.preventDefault(); return zoom(1.25);
      case "-": event.preventDefault(); return zoom(0.8);
      case "0": event.preventDefault(); touched.current = false; return fit("whole");
    }
    if (id === undefined) return;
    const state = definition.byId.get(id);
    const box = boxes.get(id);
    const named = (found: string[]) => found.filter((one) => definition.byId.has(one) && one !== id);
    switch (event.key) {
      case "Enter": case " ": event.preventDefault(); return choose(id);
      case "ArrowDown": return go(named((lines.from.get(id) ?? []).map((edge) => edge.to))[0] ?? state?.inner[0]?.start ?? state?.inner[0]?.states[0]?.id);
      case "ArrowUp": return go(named((lines.to.get(id) ?? []).map((edge) => edge.from))[0] ?? state?.parent);
      case "ArrowLeft": case "ArrowRight": {
        // The nearest one to that side, those of the same height first.
        const sign = event.key === "ArrowRight" ? 1 : -1;
        let best: [number, string] | undefined;
        for (const [other, at] of laid.boxes) {
          if (!box || other === id || !definition.byId.has(other)) continue;
          const dx = (at.x + at.width / 2 - box.x - box.width / 2) * sign;
          const dy = Math.abs(at.y + Math.min(at.height, 54) / 2 - box.y - Math.min(box.height, 54) / 2);
          const cost = dx + 4 * dy;
          if (dx > 4 && (!best || cost < best[0])) best = [cost, other];
        }
        return go(best?.[1]);
      }
      case "Home": return go(start);
      case "End": return go(definition.graph.states.findLast((one) => one.end)?.id);
      case "PageDown": return go(state?.inner[0]?.start);
      case "PageUp": return go(state?.parent);
    }
  };

  const inSight = (box: Box | undefined) => !isMany || !sight || !box || (box.x + box.width >= sight.x && box.x <= sight.right && box.y + box.height >= sight.y && box.y <= sight.bottom);
  const lineInSight = (edge: LaidEdge) => {
    if (!isMany || !sight) return true;
    const xs = edge.points.map((p) => p.x);
    const ys = edge.points.map((p) => p.y);
    return Math.max(...xs) >= sight.x && Math.min(...xs) <= sight.right && Math.max(...ys) >= sight.y && Math.min(...ys) <= sight.bottom;
  };
  const say = (state: StateModel): string => {
    const summary = summaries?.get(state.name);
    const ways = named(lines.from.get(state.id) ?? [], definition);
    return [state.name, state.type, state.detail, summary && summaryText(summary), state.start && "the first state", state.unreachable && "cannot be reached", ways && `leads to ${ways}`].filter(Boolean).join(", ");
  };
  // Outer boxes first: what lies within is drawn over them.
  const shown = laid.boxes.filter(([id, box]) => id !== START && id !== END && inSight(box));
  const ends = [START, END].flatMap((id): [string, Box][] => { const box = boxes.get(id); return box && inSight(box) ? [[id, box]] : []; });

  return (
    <div className="sm-graph" data-many={isMany ? "" : undefined}>
      <svg ref={frame} role="group" aria-label={label} onKeyDown={onKeyDown} onPointerDown={onPointerDown} onPointerMove={onPointerMove} onPointerUp={onPointerEnd} onPointerCancel={onPointerEnd}>
        <defs>
          {["arrow", "catch", "taken"].map((kind) => (
            <marker key={kind} id={`sm-${kind}`} className={`sm-head-${kind}`} viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M1 1 9 5 1 9z" /></marker>
          ))}
        </defs>
        <g ref={canvas} className={sight?.far ? "sm-far" : undefined}>
          {shown.filter(([id]) => (definition.byId.get(id)?.inner.length ?? 0) > 0).map(([id, box]) => node(id, box))}
          {laid.frames.filter((one) => inSight(one)).map((one) => (
            <g key={one.id} className="sm-frame"><rect x={one.x} y={one.y} width={one.width} height={one.height} rx={10} /><text x={one.x + 12} y={one.y + 19}>{one.title}</text></g>
          ))}
          {laid.edges.map((edge, i) => lineInSight(edge) && (
            <EdgeLine key={i} edge={edge} taken={taken?.has(`${edge.from}\n${edge.to}`) ?? false} lit={chosen !== undefined && (edge.from === chosen || edge.to === chosen)} />
          ))}
          {laid.edges.map((edge, i) => edge.label && lineInSight(edge) && <EdgeLabel key={i} edge={edge} taken={taken?.has(`${edge.from}\n${edge.to}`) ?? false} />)}
          {ends.map(([id, box]) => (
            <g key={id} className="sm-end" transform={`translate(${box.x} ${box.y})`}><rect width={box.width} height={box.height} rx={box.height / 2} /><text x={box.width / 2} y={19.500}>{id === START ? "Start" : "End"}</text></g>
          ))}
          {shown.filter(([id]) => (definition.byId.get(id)?.inner.length ?? 0) === 0).map(([id, box]) => node(id, box))}
        </g>
      </svg>
      {laid.boxes.length > SEARCHED && (
        <form className="sm-find" role="search" onSubmit={(event) => { event.preventDefault(); const id = findState(definition, search); if (id !== undefined) { focus(id); onChoose(id); } }}>
          <input type="search" aria-label="Find a state" placeholder="Find a state" value={search} onChange={(event) => setSearch(event.target.value)} aria-invalid={search !== "" && findState(definition, search) === undefined} />
        </form>
      )}
      <div className="sm-tools" role="toolbar" aria-label="View of the graph">
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(1.25)}>+</button>
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoom(0.8)}>−</button>
        <button type="button" title="The whole graph (0)" onClick={() => { touched.current = false; fit("whole"); }}>Fit</button>
      </div>
    </div>
  );

  function node(id: string, box: Box) {
    const state = definition.byId.get(id);
    if (!state) return null;
    return <StateNode key={id} state={state} box={box} summary={summaries?.get(state.name)} chosen={id === chosen} tabbable={id === tabbable} label={say(state)} onChoose={choose} />;
  }
}

function findState(definition: Definition, text: string): string | undefined {
  const words = text.trim().toLowerCase();
  if (words === "") return undefined;
  const names = [...definition.byName.keys()];
  const name = names.find((one) => one.toLowerCase() === words) ?? names.find((one) => one.toLowerCase().startsWith(words)) ?? names.find((one) => one.toLowerCase().includes(words));
  return name === undefined ? undefined : definition.byName.get(name)?.[0]?.id;
}

const named = (edges: LaidEdge[], definition: Definition) => [...new Set(edges.map((edge) => (edge.to === END ? "the end" : definition.byId.get(edge.to)?.name)))].filter(Boolean).join(", ");
