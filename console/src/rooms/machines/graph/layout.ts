// Where states, boxes of branches, lines and their labels lie. Each graph (the machine, a branch, an item processor) is laid out by itself by dagre, top down, and
// then is one node of the graph around it: boxes never overlap, however deep they nest. Plain data in and out, so that a worker can do it.
import { Graph, layout as dagre } from "@dagrejs/dagre";
import type { EdgeKind, GraphModel } from "./definition";
import { layered } from "./layers";

export interface Point {
  x: number;
  y: number;
}
export interface Box extends Point {
  width: number;
  height: number;
}
export interface LaidEdge {
  from: string;
  to: string;
  kind: EdgeKind | "start" | "end";
  points: Point[];
  lines: string[]; // the label, cut to what is drawn
  full: string;
  label: Point | undefined; // its middle
}
export interface LaidFrame extends Box {
  id: string;
  title: string;
}
export interface LaidGraph {
  width: number;
  height: number;
  boxes: [string, Box][]; // by id of state, START and END among them
  frames: LaidFrame[];
  edges: LaidEdge[];
}

// What layout needs to know of a graph: structured-cloneable.
export interface LayoutInput {
  id: string;
  title: string;
  start: number | undefined;
  nodes: { id: string; width: number; ends: boolean; inner: LayoutInput[] }[];
  edges: { from: number; to: number; kind: EdgeKind; lines: string[]; full: string }[];
}

export const START = "start";
export const END = "end";
export const NODE_HEIGHT = 54;
const HEADER = 44; // of a Parallel or Map, above its boxes
const FRAME_TITLE = 24;
const PADDING = 14;
const GAP = 18;
const LINE = 15;
const MAX_LABEL = 34;
const MOST_FOR_DAGRE = 60; // states of one graph; more are laid in layers of our own

// Wide scripts take two columns.
export function columns(text: string): number {
  let count = 0;
  for (const c of text) count += c > "\u2e7f" ? 2 : 1;
  return count;
}
export function cut(text: string, most: number): string {
  if (text.length <= most && columns(text) <= most) return text;
  let out = "";
  let used = 0;
  for (const c of text) {
    used += c > "\u2e7f" ? 2 : 1;
    if (used > most - 1) break;
    out += c;
  }
  return `${out.trimEnd()}…`;
}

function linesOf(labels: string[]): string[] {
  const shown = labels.slice(0, labels.length > 3 ? 2 : 3).map((label) => cut(label, MAX_LABEL));
  return labels.length > 3 ? [...shown, `and ${labels.length - 2} more`] : shown;
}

// How wide texts are drawn, in pixels. Without a page it is a guess, on the wide side.
export interface Measure {
  name: (text: string) => number;
  detail: (text: string) => number;
}
const GUESS: Measure = { name: (text) => columns(text) * 9, detail: (text) => columns(text) * 7 };

export function layoutInput(graph: GraphModel, measure = GUESS): LayoutInput {
  const index = new Map(graph.states.map((state, i) => [state.id, i]));
  return {
    id: graph.id,
    title: graph.title,
    start: graph.start === undefined ? undefined : index.get(graph.start),
    nodes: graph.states.map((state) => ({
      id: state.id,
      width: Math.round(Math.min(290, Math.max(150, Math.max(measure.name(state.name), Math.min(measure.detail(state.detail), 190)) + 66))),
      ends: state.end,
      inner: state.inner.map((inner) => layoutInput(inner, measure)),
    })),
    edges: graph.edges.map((edge) => ({ from: index.get(edge.from) ?? 0, to: index.get(edge.to) ?? 0, kind: edge.kind, lines: linesOf(edge.labels), full: edge.labels.join("\nor ") })),
  };
}

export function countStates(input: LayoutInput): number {
  return input.nodes.reduce((sum, node) => sum + 1 + node.inner.reduce((inner, graph) => inner + countStates(graph), 0), 0);
}

interface Laid {
  width: number;
  height: number;
  boxes: [string, Box][];
  frames: LaidFrame[];
  edges: LaidEdge[];
}

function moved(laid: Laid, dx: number, dy: number): Laid {
  const by = <T extends Point>(p: T): T => ({ ...p, x: p.x + dx, y: p.y + dy });
  return {
    ...laid,
    boxes: laid.boxes.map(([id, box]) => [id, by(box)]),
    frames: laid.frames.map(by),
    edges: laid.edges.map((edge) => ({ ...edge, points: edge.points.map(by), label: edge.label && by(edge.label) })),
  };
}

// The boxes inside a Parallel or Map, side by side, as one.
function laidInner(graphs: LayoutInput[]): Laid {
  const parts = graphs.map((graph) => ({ graph, laid: laidGraph(graph, false) }));
  const height = Math.max(0, ...parts.map((part) => part.laid.height)) + FRAME_TITLE + 2 * PADDING;
  const out: Laid = { width: 0, height, boxes: [], frames: [], edges: [] };
  for (const { graph, laid } of parts) {
    const width = Math.max(laid.width, 90) + 2 * PADDING;
    const x = out.width + (out.width > 0 ? GAP : 0);
    const here = moved(laid, x + (width - laid.width) / 2, FRAME_TITLE + PADDING);
    out.frames.push({ id: graph.id, title: graph.title, x, y: 0, width, height }, ...here.frames);
    out.boxes.push(...here.boxes);
    out.edges.push(...here.edges);
    out.width = x + width;
  }
  return out;
}

interface Sized {
  id: string;
  width: number;
  height: number;
}
type Line = Omit<LaidEdge, "points" | "label">;
interface Placed {
  boxes: Map<string, Box>;
  edges: LaidEdge[];
}

const labelSize = (line: Line) => ({ width: Math.max(0, ...line.lines.map(columns)) * 6.3 + 14, height: line.lines.length * LINE + 6 });

// Nodes go by numbers: a state may be called __proto__.
function byDagre(nodes: Sized[], lines: Line[]): Placed {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 34, edgesep: 16, ranksep: 30 });
  const key = new Map(nodes.map((node, i) => [node.id, `n${i}`]));
  for (const node of nodes) graph.setNode(key.get(node.id) ?? "", { width: node.width, height: node.height });
  const weights = { start: 4, next: 4, choice: 2, default: 2, catch: 1, end: 1 };
  lines.forEach((line, i) => {
    const label = line.lines.length > 0 ? { ...labelSize(line), labelpos: "c" as const } : {};
    graph.setEdge(key.get(line.from) ?? "", key.get(line.to) ?? "", { ...label, weight: weights[line.kind] }, `e${i}`);
  });
  dagre(graph);
  const boxes = new Map<string, Box>();
  for (const node of nodes) {
    const at = graph.node(key.get(node.id) ?? "") as unknown as Box;
    boxes.set(node.id, { x: at.x - at.width / 2, y: at.y - at.height / 2, width: at.width, height: at.height });
  }
  const edges = lines.map((line, i) => {
    const at = graph.edge(key.get(line.from) ?? "", key.get(line.to) ?? "", `e${i}`) as unknown as { points?: Point[]; x?: number; y?: number };
    return { ...line, points: at.points ?? [], label: line.lines.length > 0 && at.x !== undefined && at.y !== undefined ? { x: at.x, y: at.y } : undefined };
  });
  return { boxes, edges };
}

function inLayers(nodes: Sized[], lines: Line[]): Placed {
  const index = new Map(nodes.map((node, i) => [node.id, i]));
  const laid = layered({ sizes: nodes, edges: lines.map((line) => ({ from: index.get(line.from) ?? 0, to: index.get(line.to) ?? 0 })) });
  // Labels of this many lines would cover each other: they stand in the states' details.
  return {
    boxes: new Map(nodes.map((node, i) => [node.id, laid.boxes[i] as Box])),
    edges: lines.map((line, i) => ({ ...line, lines: [], points: laid.lines[i] ?? [], label: undefined })),
  };
}

function laidGraph(input: LayoutInput, outermost: boolean): Laid {
  const inner = input.nodes.map((node) => (node.inner.length > 0 ? laidInner(node.inner) : undefined));
  const size = (i: number) => {
    const box = inner[i];
    const width = input.nodes[i]?.width ?? 0;
    return box ? { width: Math.max(width, box.width + 2 * PADDING), height: HEADER + box.height + PADDING } : { width, height: NODE_HEIGHT };
  };
  // What a walk from the start meets first comes first: loops are then turned where a reader sees them begin.
  const next = new Map<number, number[]>();
  for (const edge of input.edges) next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to]);
  const order = new Set<number>();
  const stack = [...input.nodes.keys()].reverse();
  if (input.start !== undefined) stack.push(input.start);
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    if (order.has(i)) continue;
    order.add(i);
    for (const to of [...(next.get(i) ?? [])].reverse()) if (!order.has(to)) stack.push(to);
  }
  const nodes: Sized[] = [...order].map((i) => ({ id: input.nodes[i]?.id ?? "", ...size(i) }));
  if (outermost) nodes.unshift({ id: START, width: 64, height: 30 });
  const lines: Line[] = input.edges.map((edge) => ({ ...edge, from: input.nodes[edge.from]?.id ?? "", to: input.nodes[edge.to]?.id ?? "" }));
  if (outermost && input.start !== undefined) lines.unshift({ from: START, to: input.nodes[input.start]?.id ?? "", kind: "start", lines: [], full: "" });
  const ends = input.nodes.filter((node) => node.ends);
  if (outermost && ends.length > 0) {
    nodes.push({ id: END, width: 56, height: 30 });
    for (const node of ends) lines.push({ from: node.id, to: END, kind: "end", lines: [], full: "" });
  }
  if (nodes.length === 0) return { width: 0, height: 0, boxes: [], frames: [], edges: [] };
  const { boxes, edges } = nodes.length > MOST_FOR_DAGRE ? inLayers(nodes, lines) : byDagre(nodes, lines);

  const out: Laid = { width: 0, height: 0, boxes: [...boxes], frames: [], edges };
  input.nodes.forEach((node, i) => {
    const contents = inner[i];
    const box = boxes.get(node.id);
    if (!contents || !box) return;
    const here = moved(contents, box.x + (box.width - contents.width) / 2, box.y + HEADER);
    out.boxes.push(...here.boxes);
    out.frames.push(...here.frames);
    out.edges.push(...here.edges);
  });
  // Lines and labels may reach beyond the nodes.
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const cover = (x: number, y: number, width = 0, height = 0) => {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  };
  for (const [, box] of out.boxes) cover(box.x, box.y, box.width, box.height);
  for (const edge of out.edges) {
    for (const point of edge.points) cover(point.x, point.y);
    const { width, height } = labelSize(edge);
    if (edge.label) cover(edge.label.x - width / 2, edge.label.y - height / 2, width, height);
  }
  return { ...moved(out, -left, -top), width: right - left, height: bottom - top };
}

export function layOut(input: LayoutInput): LaidGraph {
  return laidGraph(input, true);
}

// A smooth line through dagre's points: a cubic B-spline, which stays within their hull.
export function pathOf(points: Point[]): string {
  const n = (value: number) => value.toFixed(1);
  const [first, second] = points;
  if (!first || !second) return "";
  if (points.length === 2) return `M${n(first.x)} ${n(first.y)}L${n(second.x)} ${n(second.y)}`;
  let d = `M${n(first.x)} ${n(first.y)}L${n((5 * first.x + second.x) / 6)} ${n((5 * first.y + second.y) / 6)}`;
  for (let i = 1; i < points.length; i += 1) {
    const a = points[i - 1] ?? first;
    const b = points[i] ?? a;
    const c = points[i + 1] ?? b;
    d += `C${n((2 * a.x + b.x) / 3)} ${n((2 * a.y + b.y) / 3)} ${n((a.x + 2 * b.x) / 3)} ${n((a.y + 2 * b.y) / 3)} ${n((a.x + 4 * b.x + c.x) / 6)} ${n((a.y + 4 * b.y + c.y) / 6)}`;
  }
  const last = points[points.length - 1] ?? second;
  return `${d}L${n(last.x)} ${n(last.y)}`;
}
