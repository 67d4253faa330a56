// Running on from a state: AWS has no such operation (redrive goes on where a run failed, with the same input). What can be done honestly is a machine of its own
// whose StartAt is that state, without the states that it cannot reach; variables of the earlier states are not there.
import { readDefinition } from "./graph/definition";
import { makeObject, makeString, writeJson, type JsonNode } from "./json";

export function definitionFrom(text: string, state: string): string | undefined {
  const read = readDefinition(text);
  if (!("definition" in read)) return undefined;
  const { graph, root } = read.definition;
  const start = graph.states.find((one) => one.name === state);
  if (!start || root.kind !== "object") return undefined;
  const reached = new Set<string>();
  const open = [start.id];
  const ways = new Map<string, string[]>();
  for (const edge of graph.edges) ways.set(edge.from, [...(ways.get(edge.from) ?? []), edge.to]);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    open.push(...(ways.get(id) ?? []));
  }
  const states = makeObject(graph.states.filter((one) => reached.has(one.id)).map((one): [string, JsonNode] => [one.name, one.json]));
  return writeJson(makeObject([...root.members].map(([key, { value }]): [string, JsonNode] => [key, key === "StartAt" ? makeString(state) : key === "States" ? states : value])));
}

// The same definition gives the same name, and AWS's CreateStateMachine then answers with the machine that is there.
export function helperName(machine: string, definition: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < definition.length; i += 1) hash = Math.imul(hash ^ definition.charCodeAt(i), 0x01000193) >>> 0;
  return `${machine.slice(0, 66)}-rerun-${hash.toString(36).padStart(7, "0")}`;
}
export const HELPER_TAG = "cumulet:rerun-of";
export const isHelperName = (name: string): boolean => /-rerun-[0-9a-z]{7}$/.test(name);
