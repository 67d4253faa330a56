// The paths and templates of a state, followed through what was recorded. Reference paths, wildcards, slices and descent are understood; filters and intrinsic
// functions are not: they give undefined, and the page says that this step is not computed here.
import { itemsOf, makeArray, makeObject, makeString, member, parseJson, type JsonNode } from "../json";

type Step = { kind: "name"; name: string } | { kind: "index"; index: number } | { kind: "all" } | { kind: "slice"; from: number | undefined; to: number | undefined } | { kind: "names"; names: string[] } | { kind: "descend" };

const TOKEN = /\.\.|\.?\*|\.([^.[\]\s*'"()@?,:]+)|\[(?:\s*'((?:[^'\\]|\\.)*)'\s*|\s*"((?:[^"\\]|\\.)*)"\s*|\s*(-?\d+)\s*|\s*(-?\d*):(-?\d*)\s*|\s*(\*)\s*)\]|^([^.[\]\s*'"()@?,:]+)/y;

function steps(path: string): Step[] | undefined {
  const out: Step[] = [];
  let at = 1;
  while (at < path.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(path);
    if (!found) {
      // a name right after ".."
      const bare = /[^.[\]\s*'"()@?,:]+/y;
      bare.lastIndex = at;
      const name = out[out.length - 1]?.kind === "descend" ? bare.exec(path) : null;
      if (!name) return undefined;
      out.push({ kind: "name", name: name[0] });
      at = bare.lastIndex;
      continue;
    }
    at = TOKEN.lastIndex;
    const [whole, dotted, single, double, index, from, to, star] = found;
    if (whole === "..") out.push({ kind: "descend" });
    else if (whole === ".*" || whole === "*" || star) out.push({ kind: "all" });
    else if (dotted !== undefined) out.push({ kind: "name", name: dotted });
    else if (single !== undefined || double !== undefined) out.push({ kind: "name", name: (single ?? double ?? "").replace(/\\(.)/g, "$1") });
    else if (index !== undefined) out.push({ kind: "index", index: Number(index) });
    else if (from !== undefined || to !== undefined) out.push({ kind: "slice", from: from ? Number(from) : undefined, to: to ? Number(to) : undefined });
    else return undefined;
  }
  return out;
}

const children = (node: JsonNode): JsonNode[] => (node.kind === "array" ? node.items : node.kind === "object" ? [...node.members.values()].map((m) => m.value) : []);
const MOST = 100_000;

export const NOT_FOUND = Symbol("not found");
export type Found = JsonNode | typeof NOT_FOUND | undefined; // undefined: not understood here

export interface Roots {
  input: JsonNode; // $
  context: (name: string) => JsonNode | undefined; // $$.x.y: undefined where it is not recorded
  variable: (name: string) => JsonNode | undefined; // $x
}

export function follow(path: string, roots: Roots): Found {
  let from: JsonNode | undefined = roots.input;
  let rest = path;
  if (path.startsWith("$$")) {
    from = roots.context(path.slice(2));
    return from;
  }
  const variable = /^\$([A-Za-z]\w*)/.exec(path);
  if (variable?.[1]) {
    from = roots.variable(variable[1]);
    rest = `$${path.slice(variable[0].length)}`;
  }
  if (!from || !rest.startsWith("$")) return undefined;
  const way = steps(rest);
  if (!way) return undefined;
  let nodes = [from];
  let many = false;
  for (const step of way) {
    const next: JsonNode[] = [];
    for (const node of nodes) {
      if (step.kind === "name") {
        const found = member(node, step.name);
        if (found) next.push(found);
      } else if (step.kind === "index") {
        const items = itemsOf(node);
        const found = items[step.index < 0 ? items.length + step.index : step.index];
        if (found) next.push(found);
      } else if (step.kind === "all") next.push(...children(node));
      else if (step.kind === "slice") next.push(...itemsOf(node).slice(step.from ?? 0, step.to));
      else if (step.kind === "descend") {
        const open = [node];
        for (let one = open.pop(); one && next.length < MOST; one = open.pop()) {
          next.push(one);
          open.push(...[...children(one)].reverse());
        }
      }
      if (next.length > MOST) return undefined;
    }
    many ||= step.kind === "all" || step.kind === "slice" || step.kind === "descend";
    nodes = next;
  }
  if (many) return makeArray(nodes);
  return nodes[0] ?? NOT_FOUND;
}

// Parameters and ResultSelector: members whose name ends in ".$" are paths.
export function fill(template: JsonNode, roots: Roots): Found {
  if (template.kind === "array") {
    const items: JsonNode[] = [];
    for (const item of template.items) {
      const filled = fill(item, roots);
      if (filled === undefined || filled === NOT_FOUND) return filled;
      items.push(filled);
    }
    return makeArray(items);
  }
  if (template.kind !== "object") return template;
  const members: [string, JsonNode][] = [];
  for (const [key, { value }] of template.members) {
    const filled = key.endsWith(".$") ? (value.kind === "string" && value.value.startsWith("$") ? follow(value.value, roots) : undefined) : fill(value, roots);
    if (filled === undefined || filled === NOT_FOUND) return filled;
    members.push([key.endsWith(".$") ? key.slice(0, -2) : key, filled]);
  }
  return makeObject(members);
}

// ResultPath: the result put into the input at a reference path.
export function place(input: JsonNode, path: string, result: JsonNode): JsonNode | undefined {
  const way = path.startsWith("$") ? steps(path) : undefined;
  if (!way) return undefined;
  const put = (node: JsonNode | undefined, at: number): JsonNode | undefined => {
    const step = way[at];
    if (!step) return result;
    if (step.kind === "name") {
      if (node && node.kind !== "object") return undefined;
      const inner = put(member(node, step.name), at + 1);
      if (!inner) return undefined;
      const members = new Map<string, JsonNode>(node?.kind === "object" ? [...node.members].map(([key, m]) => [key, m.value]) : []);
      members.set(step.name, inner);
      return makeObject(members);
    }
    if (step.kind === "index" && node?.kind === "array" && node.items[step.index]) {
      const inner = put(node.items[step.index], at + 1);
      return inner && makeArray(node.items.map((item, i) => (i === step.index ? inner : item)));
    }
    return undefined;
  };
  return put(input, 0);
}

export function parsed(text: string | undefined): JsonNode | undefined {
  if (text === undefined) return undefined;
  const found = parseJson(text);
  return "value" in found ? found.value : undefined;
}
export { makeString };
