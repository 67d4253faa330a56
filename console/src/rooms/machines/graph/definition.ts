// A definition in the Amazon States Language → what is drawn of it. Any text may come: what is wrong is left out or shown as wrong, never thrown.
import { isTrue, itemsOf, member, parseJson, textOf, type JsonFault, type JsonNode } from "../json";

export const STATE_TYPES = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"] as const;
export type StateType = (typeof STATE_TYPES)[number] | "Unknown";

export interface StateModel {
  id: string; // its place in the definition, "/States/A"; unique even where names are not
  name: string;
  type: StateType;
  detail: string; // one line: what a task calls, how long a wait waits
  comment: string | undefined;
  start: boolean;
  end: boolean;
  unreachable: boolean;
  inner: GraphModel[]; // branches of a Parallel, the item processor of a Map
  parent: string | undefined; // the id of the Parallel or Map around it
  json: JsonNode;
  range: { start: number; end: number }; // in the text
}
export type EdgeKind = "next" | "choice" | "default" | "catch";
export interface EdgeModel {
  from: string; // ids
  to: string;
  kind: EdgeKind;
  labels: string[]; // rules or error names; several lead the same way
}
export interface GraphModel {
  id: string;
  title: string; // "Branch 1", "Item processor", "" for the machine
  start: string | undefined; // id
  states: StateModel[];
  edges: EdgeModel[];
  dangling: { from: string; target: string }[]; // what leads to a state that is not there
}
export interface Definition {
  graph: GraphModel;
  comment: string | undefined;
  byId: Map<string, StateModel>;
  byName: Map<string, StateModel[]>; // in a good definition one each
  root: JsonNode;
}

const COMPARISONS: [RegExp, string][] = [
  [/LessThanEquals(Path)?$/, "≤"],
  [/GreaterThanEquals(Path)?$/, "≥"],
  [/LessThan(Path)?$/, "<"],
  [/GreaterThan(Path)?$/, ">"],
  [/Equals(Path)?$/, "=="],
  [/Matches$/, "matches"],
];

function brief(node: JsonNode | undefined): string {
  if (!node) return "?";
  if (node.kind === "string") return JSON.stringify(node.value);
  return node.kind === "literal" ? node.text : "…";
}

// "$.status == "DONE"", as one would say the rule.
export function ruleText(rule: JsonNode | undefined, depth = 0): string {
  if (rule?.kind !== "object" || depth > 20) return "…";
  const condition = member(rule, "Condition");
  if (condition) return condition.kind === "string" ? condition.value.replace(/^\{%\s*|\s*%\}$/g, "") : brief(condition);
  for (const [name, word] of [["And", " and "], ["Or", " or "]] as const) {
    const parts = member(rule, name);
    if (parts) {
      const text = itemsOf(parts).map((part) => ruleText(part, depth + 1)).join(word);
      return depth > 0 ? `(${text})` : text;
    }
  }
  const negated = member(rule, "Not");
  if (negated) return `not (${ruleText(negated, depth + 1)})`;
  const variable = textOf(member(rule, "Variable")) ?? "?";
  for (const [key, { value }] of rule.members) {
    const kind = /^Is(Present|Null|Numeric|String|Boolean|Timestamp)$/.exec(key);
    if (kind?.[1]) return `${variable} is ${isTrue(value) ? "" : "not "}${kind[1].toLowerCase()}`;
    const found = COMPARISONS.find(([pattern]) => /^(String|Numeric|Boolean|Timestamp)/.test(key) && pattern.test(key));
    if (found) return `${variable} ${found[1]} ${key.endsWith("Path") ? (textOf(value) ?? brief(value)) : brief(value)}`;
  }
  return variable;
}

function taskDetail(state: JsonNode): string {
  const resource = textOf(member(state, "Resource")) ?? "";
  const given = member(state, "Parameters") ?? member(state, "Arguments");
  const named = textOf(member(given, "FunctionName")) ?? textOf(member(given, "FunctionName.$"));
  const direct = /:function:([^:]+)/.exec(resource);
  if (direct?.[1]) return `Lambda: ${direct[1]}`;
  if (/:states:::lambda:invoke/.test(resource)) return named ? `Lambda: ${/:function:([^:]+)/.exec(named)?.[1] ?? named}` : "Lambda: Invoke";
  const integration = /:states:::(?:aws-sdk:)?(.+)$/.exec(resource);
  return integration?.[1] ?? resource;
}

function detailOf(type: StateType, state: JsonNode): string {
  switch (type) {
    case "Task":
      return taskDetail(state);
    case "Wait":
      for (const [key, say] of [["Seconds", (v: string) => `${v} s`], ["SecondsPath", (v: string) => `${v} seconds`], ["Timestamp", (v: string) => `until ${v}`], ["TimestampPath", (v: string) => `until ${v}`]] as const) {
        const value = member(state, key);
        if (value) return say(textOf(value) ?? brief(value));
      }
      return "";
    case "Fail":
      return textOf(member(state, "Error")) ?? textOf(member(state, "ErrorPath")) ?? "";
    case "Map": {
      const mode = textOf(member(member(processorOf(state), "ProcessorConfig"), "Mode"));
      const items = textOf(member(state, "ItemsPath")) ?? textOf(member(state, "Items"));
      return [mode === "DISTRIBUTED" ? "distributed" : "", items ? `each of ${items}` : "each item"].filter(Boolean).join(", ");
    }
    case "Parallel":
      return `${itemsOf(member(state, "Branches")).length} branches`;
    default:
      return "";
  }
}

const processorOf = (state: JsonNode) => member(state, "ItemProcessor") ?? member(state, "Iterator");

class Builder {
  readonly byId = new Map<string, StateModel>();
  readonly byName = new Map<string, StateModel[]>();

  graph(json: JsonNode | undefined, at: string, title: string, parent: string | undefined, depth: number): GraphModel {
    const states = member(json, "States");
    const model: GraphModel = { id: at || "/", title, start: undefined, states: [], edges: [], dangling: [] };
    const ids = new Map<string, string>();
    if (states?.kind === "object")
      for (const [name, found] of states.members) {
        const id = `${at}/States/${name}`;
        ids.set(name, id);
        model.states.push(this.state(name, found.value, id, { start: found.keyStart, end: found.value.end }, parent, depth));
      }
    const startAt = textOf(member(json, "StartAt"));
    model.start = startAt === undefined ? undefined : ids.get(startAt);
    for (const state of model.states) {
      state.start = state.id === model.start;
      this.edges(state, ids, model);
    }
    this.reach(model);
    return model;
  }

  state(name: string, json: JsonNode, id: string, range: { start: number; end: number }, parent: string | undefined, depth: number): StateModel {
    const written = textOf(member(json, "Type")) ?? "";
    const type = STATE_TYPES.find((t) => t === written) ?? "Unknown";
    const model: StateModel = {
      id, name, type, json, range, parent,
      detail: detailOf(type, json),
      comment: textOf(member(json, "Comment")),
      start: false,
      end: type === "Succeed" || type === "Fail" || isTrue(member(json, "End")),
      unreachable: false,
      inner: [],
    };
    this.byId.set(id, model);
    const others = this.byName.get(name);
    if (others) others.push(model);
    else this.byName.set(name, [model]);
    if (depth < 12) {
      if (type === "Parallel") model.inner = itemsOf(member(json, "Branches")).map((branch, i) => this.graph(branch, `${id}/Branches[${i}]`, `Branch ${i + 1}`, id, depth + 1));
      const processor = type === "Map" ? processorOf(json) : undefined;
      if (processor) model.inner = [this.graph(processor, `${id}/${member(json, "ItemProcessor") ? "ItemProcessor" : "Iterator"}`, "Item processor", id, depth + 1)];
    }
    return model;
  }

  edges(state: StateModel, ids: Map<string, string>, model: GraphModel) {
    const mine: EdgeModel[] = [];
    const add = (target: JsonNode | undefined, kind: EdgeKind, label?: string) => {
      const name = textOf(target);
      if (name === undefined) return;
      const to = ids.get(name);
      if (to === undefined) {
        model.dangling.push({ from: state.id, target: name });
        return;
      }
      const known = mine.find((edge) => edge.to === to && edge.kind === kind);
      if (known) {
        if (label !== undefined) known.labels.push(label);
        return;
      }
      const edge: EdgeModel = { from: state.id, to, kind, labels: label === undefined ? [] : [label] };
      mine.push(edge);
      model.edges.push(edge);
    };
    if (state.type === "Choice") {
      for (const rule of itemsOf(member(state.json, "Choices"))) add(member(rule, "Next"), "choice", ruleText(rule));
      add(member(state.json, "Default"), "default", "otherwise");
      return;
    }
    if (state.type !== "Succeed" && state.type !== "Fail") add(member(state.json, "Next"), "next");
    for (const catcher of itemsOf(member(state.json, "Catch")))
      add(member(catcher, "Next"), "catch", itemsOf(member(catcher, "ErrorEquals")).map((e) => textOf(e) ?? "?").join(", ") || "error");
  }

  reach(model: GraphModel) {
    const next = new Map<string, string[]>();
    for (const edge of model.edges) next.set(edge.from, [...(next.get(edge.from) ?? []), edge.to]);
    const seen = new Set<string>();
    const open = model.start === undefined ? [] : [model.start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(...(next.get(id) ?? []));
    }
    for (const state of model.states) state.unreachable = !seen.has(state.id);
  }
}

export function readDefinition(text: string): { definition: Definition } | { fault: JsonFault } {
  const parsed = parseJson(text);
  if ("fault" in parsed) return parsed;
  const builder = new Builder();
  const graph = builder.graph(parsed.value, "", "", undefined, 0);
  return { definition: { graph, comment: textOf(member(parsed.value, "Comment")), byId: builder.byId, byName: builder.byName, root: parsed.value } };
}

export function allGraphs(graph: GraphModel): GraphModel[] {
  return [graph, ...graph.states.flatMap((state) => state.inner.flatMap(allGraphs))];
}
