// What happens to the data within one run of a state, step by step: InputPath → Parameters → result → ResultSelector → ResultPath → OutputPath. What the history
// records is taken from there; what lies between is computed from the definition; what can be neither known nor computed says so.
import { member, same, textOf, writeJson, type JsonNode } from "../json";
import { fill, follow, NOT_FOUND, parsed, place, type Found, type Roots } from "./path";
import type { Run } from "./history";

export interface FlowStep {
  title: string;
  field: string | undefined; // the member of the definition
  setting: string | undefined; // what it says; undefined where it is not set
  effect: string; // in words
  value: string | undefined; // JSON after this step
  source: "recorded" | "computed" | "unknown";
  note: string | undefined;
}
export interface Flow {
  steps: FlowStep[];
  contradiction: boolean; // what was computed is not what the engine recorded
}

const isNull = (node: JsonNode | undefined) => node?.kind === "literal" && node.text === "null";
const EMPTY = parsed("{}") as JsonNode;

export function dataFlow(state: JsonNode, run: Run, context: { executionInput: string | undefined; variables: Map<string, string>; constants: Map<string, string> }): Flow | undefined {
  if (textOf(member(state, "QueryLanguage")) === "JSONata" || member(state, "Arguments") || member(state, "Output")) return undefined;
  const input = parsed(run.input);
  if (!input) return undefined;
  const type = textOf(member(state, "Type")) ?? "";
  const attempt = run.attempts[run.attempts.length - 1];
  const caught = run.status === "caught";
  const steps: FlowStep[] = [];
  let contradiction = false;

  const rootsOf = (node: JsonNode): Roots => ({
    input: node,
    context: (path) => {
      const under = /^\.Execution\.Input(.*)$/.exec(path);
      if (under) {
        const whole = parsed(context.executionInput);
        const found = whole && follow(`$${under[1] ?? ""}`, { input: whole, context: () => undefined, variable: () => undefined });
        return found === NOT_FOUND ? undefined : found;
      }
      const constant = context.constants.get(path);
      return constant === undefined ? undefined : parsed(JSON.stringify(constant));
    },
    variable: (name) => parsed(context.variables.get(name)),
  });
  const shown = (node: JsonNode | undefined) => node && writeJson(node);
  const add = (title: string, field: string | undefined, effect: string, found: Found, recorded?: JsonNode): JsonNode | undefined => {
    const setting = field === undefined ? undefined : member(state, field);
    const computed = found === NOT_FOUND ? undefined : found;
    if (recorded && computed && !same(recorded, computed)) contradiction = true;
    const value = recorded ?? computed;
    steps.push({
      title,
      field,
      setting: setting && writeJson(setting),
      effect,
      value: shown(value),
      source: recorded ? "recorded" : computed ? "computed" : "unknown",
      note: value ? undefined : found === NOT_FOUND ? "The path leads to nothing in these data." : "Not computed here: it uses an intrinsic function, a filter or a value that the history does not tell.",
    });
    return value;
  };
  const through = (field: string, from: JsonNode | undefined): Found => {
    const setting = member(state, field);
    if (!setting) return from;
    if (isNull(setting)) return EMPTY;
    const path = textOf(setting);
    return from && path !== undefined ? follow(path, rootsOf(from)) : undefined;
  };
  const says = (field: string, unset: string, set: string) => (!member(state, field) ? unset : isNull(member(state, field)) ? "null: an empty object goes on" : set);

  add("State input", undefined, "What the state before gave", input, input);
  if (type === "Fail") return { steps, contradiction };
  let now = add("InputPath", "InputPath", says("InputPath", "not set: everything goes on", "the part it names goes on"), through("InputPath", input));

  // Where nothing comes after a step, what it gave is what the history tells as output.
  const output = parsed(run.output);
  const replaces = !isNull(member(state, "ResultPath")) && [undefined, "$"].includes(textOf(member(state, "ResultPath")));
  const last = run.exitedId !== undefined && !caught && replaces && !member(state, "OutputPath") ? output : undefined;
  let result: JsonNode | undefined = now;
  const isWork = ["Task", "Pass", "Parallel", "Map"].includes(type);
  if (isWork) {
    const template = member(state, "Parameters");
    const sent = parsed(attempt?.parameters);
    if (type !== "Map")
      now = add(type === "Task" ? "Parameters (task input)" : "Parameters", "Parameters", template ? "the template is filled" : "not set: everything goes on", template ? now && fill(template, rootsOf(now)) : now, sent ?? (type === "Pass" && template && !member(state, "Result") ? last : undefined));
    result = now;
    if (type === "Task") {
      if (caught || attempt?.failed) {
        const failure: Record<string, string> = {};
        if (attempt?.error ?? run.error) failure.Error = attempt?.error ?? run.error ?? "";
        if (attempt?.cause ?? run.cause) failure.Cause = attempt?.cause ?? run.cause ?? "";
        const found = parsed(JSON.stringify(failure));
        result = add("Task result", undefined, caught ? "it failed; a Catch took the error as its result" : "it failed", found, found);
      } else {
        const raw = parsed(attempt?.output);
        result = raw ? add("Task result", undefined, "what the task answered", raw, raw) : undefined;
        if (!raw) return { steps, contradiction }; // not answered yet
      }
    } else if (type === "Pass") {
      const fixed = member(state, "Result");
      if (fixed) result = add("Result", "Result", "the fixed value", fixed);
    } else if (run.exitedId === undefined) return { steps, contradiction };
    else result = undefined; // what branches and items gave is told only by the output
    if (!caught && type !== "Pass" && result) {
      const selector = member(state, "ResultSelector");
      result = add("ResultSelector", "ResultSelector", selector ? "the template is filled from the result" : "not set: the result goes on", selector ? fill(selector, rootsOf(result)) : result, selector ? last : undefined);
    }
  }
  if (run.exitedId === undefined) return { steps, contradiction };
  if (isWork) {
    const catcher = caught ? catcherFor(state, run) : undefined;
    const setting = caught ? member(catcher, "ResultPath") : member(state, "ResultPath");
    const path = textOf(setting);
    const placed = isNull(setting) ? input : path === undefined || path === "$" ? result : result && place(input, path, result);
    const effect = isNull(setting) ? "null: the result is dropped, the state input goes on" : path === undefined || path === "$" ? "the result replaces the input" : "the result is put into the state input";
    // A caught error goes on past OutputPath.
    const known = caught || !member(state, "OutputPath") ? output : undefined;
    now = add(caught ? "ResultPath of the Catch" : "ResultPath", caught ? undefined : "ResultPath", effect, placed, known);
    const step = steps[steps.length - 1];
    if (caught && step) step.setting = setting && writeJson(setting);
  }
  if (!caught) {
    now = add("OutputPath", "OutputPath", says("OutputPath", "not set: everything goes on", "the part it names goes on"), through("OutputPath", now), output);
  }
  return { steps, contradiction };
}

function catcherFor(state: JsonNode, run: Run): JsonNode | undefined {
  const catchers = member(state, "Catch");
  const list = catchers?.kind === "array" ? catchers.items : [];
  return list.find((one) => textOf(member(one, "Next")) === run.next) ?? list[0];
}

// Variables as they stood when a run began: what runs before it, in the same scope or around it, assigned.
export function variablesBefore(runs: readonly Run[], run: Run): Map<string, string> {
  const around = new Set<Run | undefined>([run.parent]);
  for (let one = run.parent; one; one = one.parent) around.add(one.parent);
  const out = new Map<string, string>();
  for (const one of runs) {
    if (one.exitedId === undefined || one.exitedId > run.enteredId || !one.assigned || !around.has(one.parent)) continue;
    if (one.parent === run.parent && one.iteration !== run.iteration) continue;
    for (const [name, value] of Object.entries(one.assigned)) if (typeof value === "string") out.set(name, value);
  }
  return out;
}
