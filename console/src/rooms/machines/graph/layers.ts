// Layers in time linear in the lines, for graphs that dagre would take minutes for (500 states of which each leads to the same failure: 40 s). What it gives up:
// a line over several layers runs behind the states between.
import type { Box, Point } from "./layout";

export interface LayerInput {
  sizes: { width: number; height: number }[]; // the first is where to begin
  edges: { from: number; to: number }[];
}
const NODE_GAP = 44;
const LAYER_GAP = 54;

export function layered({ sizes, edges }: LayerInput): { boxes: Box[]; lines: Point[][] } {
  const count = sizes.length;
  const next: number[][] = sizes.map(() => []);
  edges.forEach((edge, i) => next[edge.from]?.push(i));

  // Lines back to what is being walked close a loop: they count as turned. Iterative: chains may be long.
  const back = new Set<number>();
  const state = new Uint8Array(count); // 0 new, 1 open, 2 done
  const done: number[] = [];
  for (let root = 0; root < count; root += 1) {
    if (state[root] !== 0) continue;
    const stack: [number, number][] = [[root, 0]];
    state[root] = 1;
    for (let top = stack[stack.length - 1]; top; top = stack[stack.length - 1]) {
      const [node, at] = top;
      const edge = next[node]?.[at];
      if (edge === undefined) {
        state[node] = 2;
        done.push(node);
        stack.pop();
        continue;
      }
      top[1] += 1;
      const to = edges[edge]?.to ?? 0;
      if (state[to] === 1) back.add(edge);
      else if (state[to] === 0) {
        state[to] = 1;
        stack.push([to, 0]);
      }
    }
  }
  const layer = new Array<number>(count).fill(0);
  for (const node of done.reverse())
    for (const i of next[node] ?? []) {
      const to = edges[i]?.to ?? 0;
      if (!back.has(i)) layer[to] = Math.max(layer[to] ?? 0, (layer[node] ?? 0) + 1);
    }
  const rows: number[][] = [];
  layer.forEach((l, node) => (rows[l] ??= []).push(node));

  // Each under the middle of what leads to it, pushed apart where they would overlap.
  const middle = new Array<number>(count).fill(0);
  const before: number[][] = sizes.map(() => []);
  edges.forEach((edge, i) => !back.has(i) && before[edge.to]?.push(edge.from));
  const boxes: Box[] = sizes.map(({ width, height }) => ({ x: 0, y: 0, width, height }));
  let y = 0;
  for (const row of rows) {
    if (!row) continue;
    const wish = (node: number) => {
      const above = (before[node] ?? []).filter((from) => (layer[node] ?? 0) - (layer[from] ?? 0) < 4);
      return above.length === 0 ? 0 : above.reduce((sum, from) => sum + (middle[from] ?? 0), 0) / above.length;
    };
    const placed = row.map((node) => ({ node, wish: wish(node), x: 0 })).sort((a, b) => a.wish - b.wish || a.node - b.node);
    let right = -Infinity;
    for (const one of placed) {
      const half = (sizes[one.node]?.width ?? 0) / 2;
      one.x = Math.max(one.wish, right + NODE_GAP + half);
      right = one.x + half;
    }
    const shift = placed.reduce((sum, one) => sum + one.x - one.wish, 0) / placed.length;
    const tall = Math.max(...row.map((node) => sizes[node]?.height ?? 0));
    for (const { node, x } of placed) {
      const box = boxes[node];
      if (!box) continue;
      middle[node] = x - shift;
      box.x = x - shift - box.width / 2;
      box.y = y + (tall - box.height) / 2;
    }
    y += tall + LAYER_GAP;
  }
  const lines = edges.map(({ from, to }, i) => {
    const a = boxes[from] as Box;
    const b = boxes[to] as Box;
    if (back.has(i)) {
      const x = Math.max(a.x + a.width, b.x + b.width) + 30;
      return [{ x: a.x + a.width, y: a.y + a.height / 2 }, { x, y: a.y + a.height / 2 }, { x, y: b.y + b.height / 2 }, { x: b.x + b.width, y: b.y + b.height / 2 }];
    }
    const start = { x: a.x + a.width / 2, y: a.y + a.height };
    const end = { x: b.x + b.width / 2, y: b.y };
    return [start, { x: start.x, y: start.y + LAYER_GAP / 2 }, { x: end.x, y: end.y - LAYER_GAP / 2 }, end];
  });
  return { boxes, lines };
}
