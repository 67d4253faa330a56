// JSON with positions and without loss: numbers keep their own text, members their order. Used to find the line that a finding names, to print payloads as they
// are (a double would round 12345678901234567890), and to follow paths through them.

export type JsonNode =
  | { kind: "object"; start: number; end: number; members: Map<string, Member> }
  | { kind: "array"; start: number; end: number; items: JsonNode[] }
  | { kind: "string"; start: number; end: number; value: string }
  | { kind: "literal"; start: number; end: number; text: string }; // a number, true, false, null
export interface Member {
  keyStart: number;
  keyEnd: number;
  value: JsonNode;
}
export interface JsonFault {
  message: string;
  at: number;
}

const MAX_DEPTH = 400;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

class Fault extends Error {
  constructor(message: string, readonly at: number) {
    super(message);
  }
}

class Reader {
  at = 0;
  constructor(readonly text: string) {}

  blank() {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.at += 1;
    }
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found?.[0];
  }
  string(): string {
    const start = this.at;
    const token = this.match(STRING);
    if (token === undefined) throw new Fault("This text does not end, or holds a character that JSON does not allow", start);
    return token.includes("\\") ? (JSON.parse(token) as string) : token.slice(1, -1);
  }
  value(depth: number): JsonNode {
    this.blank();
    const start = this.at;
    if (depth > MAX_DEPTH) throw new Fault("Nested too deeply", start);
    const c = this.text[start];
    if (c === "{") return this.object(depth);
    if (c === "[") return this.array(depth);
    if (c === '"') {
      const value = this.string();
      return { kind: "string", start, end: this.at, value };
    }
    const word = ["true", "false", "null"].find((w) => this.text.startsWith(w, start));
    if (word) this.at += word.length;
    const text = word ?? this.match(NUMBER);
    if (text === undefined) throw new Fault(c === undefined ? "The text ends here: a value is missing" : `A value was expected, not ${JSON.stringify(c)}`, start);
    return { kind: "literal", start, end: this.at, text };
  }
  object(depth: number): JsonNode {
    const start = this.at++;
    const members = new Map<string, Member>();
    this.blank();
    if (this.text[this.at] === "}") {
      this.at += 1;
      return { kind: "object", start, end: this.at, members };
    }
    for (;;) {
      this.blank();
      const keyStart = this.at;
      if (this.text[this.at] !== '"') throw new Fault("A name in double quotes was expected", this.at);
      const key = this.string();
      const keyEnd = this.at;
      this.blank();
      if (this.text[this.at] !== ":") throw new Fault("A colon was expected after the name", this.at);
      this.at += 1;
      members.set(key, { keyStart, keyEnd, value: this.value(depth + 1) });
      this.blank();
      const next = this.text[this.at];
      if (next === "}") {
        this.at += 1;
        return { kind: "object", start, end: this.at, members };
      }
      if (next !== ",") throw new Fault("A comma or } was expected", this.at);
      this.at += 1;
    }
  }
  array(depth: number): JsonNode {
    const start = this.at++;
    const items: JsonNode[] = [];
    this.blank();
    if (this.text[this.at] === "]") {
      this.at += 1;
      return { kind: "array", start, end: this.at, items };
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.blank();
      const next = this.text[this.at];
      if (next === "]") {
        this.at += 1;
        return { kind: "array", start, end: this.at, items };
      }
      if (next !== ",") throw new Fault("A comma or ] was expected", this.at);
      this.at += 1;
    }
  }
}

export function parseJson(text: string): { value: JsonNode } | { fault: JsonFault } {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    reader.blank();
    if (reader.at < text.length) throw new Fault("Nothing more was expected here", reader.at);
    return { value };
  } catch (error) {
    if (error instanceof Fault) return { fault: { message: error.message, at: error.at } };
    throw error;
  }
}

export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i !== -1 && i < at; i = text.indexOf("\n", i + 1)) line += 1;
  return line;
}

// As JSON text: on lines of its own with an indent, or in one line without.
export function writeJson(node: JsonNode, indent = "  ", before = ""): string {
  const inner = before + indent;
  const [open, between, close] = indent ? [`\n${inner}`, `,\n${inner}`, `\n${before}`] : ["", ",", ""];
  switch (node.kind) {
    case "string":
      return JSON.stringify(node.value);
    case "literal":
      return node.text;
    case "array":
      if (node.items.length === 0) return "[]";
      return `[${open}${node.items.map((item) => writeJson(item, indent, inner)).join(between)}${close}]`;
    case "object": {
      if (node.members.size === 0) return "{}";
      const colon = indent ? ": " : ":";
      return `{${open}${[...node.members].map(([key, m]) => JSON.stringify(key) + colon + writeJson(m.value, indent, inner)).join(between)}${close}}`;
    }
  }
}

// What it was when it is no JSON.
export function prettyJson(text: string): string {
  const parsed = parseJson(text);
  return "value" in parsed ? writeJson(parsed.value) : text;
}

export const same = (a: JsonNode, b: JsonNode): boolean => writeSorted(a) === writeSorted(b);
function writeSorted(node: JsonNode): string {
  if (node.kind === "array") return `[${node.items.map(writeSorted).join(",")}]`;
  if (node.kind !== "object") return node.kind === "literal" ? numberText(node.text) : writeJson(node, "");
  return `{${[...node.members].map(([key, m]) => `${JSON.stringify(key)}:${writeSorted(m.value)}`).sort().join(",")}}`;
}
// 1.0 and 1 and 1e0 are one number; what a double would round stays its text.
function numberText(text: string): string {
  const value = Number(text);
  return Number.isSafeInteger(value) || (/[.eE]/.test(text) && text.length < 16) ? String(value) : text;
}

export const member = (node: JsonNode | undefined, key: string): JsonNode | undefined => (node?.kind === "object" ? node.members.get(key)?.value : undefined);
export const textOf = (node: JsonNode | undefined): string | undefined => (node?.kind === "string" ? node.value : undefined);
export const itemsOf = (node: JsonNode | undefined): JsonNode[] => (node?.kind === "array" ? node.items : []);
export const isTrue = (node: JsonNode | undefined): boolean => node?.kind === "literal" && node.text === "true";

export const makeString = (value: string): JsonNode => ({ kind: "string", start: 0, end: 0, value });
export const makeArray = (items: JsonNode[]): JsonNode => ({ kind: "array", start: 0, end: 0, items });
export const makeObject = (members: Iterable<[string, JsonNode]>): JsonNode => ({
  kind: "object",
  start: 0,
  end: 0,
  members: new Map([...members].map(([key, value]) => [key, { keyStart: 0, keyEnd: 0, value }])),
});

// The range that "/States/A/Choices[0]/Next" names; names of states may hold slashes and brackets, so the longest that fits counts. What is not there ends at
// what holds it.
export function rangeOf(root: JsonNode, location: string): { start: number; end: number } {
  let node = root;
  let range = { start: root.start, end: Math.min(root.end, root.start + 1) };
  let rest = location.replace(/^\/+/, "");
  while (rest !== "") {
    if (node.kind === "object") {
      let best: string | undefined;
      for (const key of node.members.keys())
        if (rest.startsWith(key) && (rest.length === key.length || rest[key.length] === "/" || rest[key.length] === "[") && (best === undefined || key.length > best.length)) best = key;
      const found = best === undefined ? undefined : node.members.get(best);
      if (best === undefined || !found) break;
      range = found.value.kind === "object" || found.value.kind === "array" ? { start: found.keyStart, end: found.keyEnd } : { start: found.value.start, end: found.value.end };
      node = found.value;
      rest = rest.slice(best.length).replace(/^\//, "");
    } else if (node.kind === "array") {
      const index = /^\[(\d+)\]\/?/.exec(rest);
      const item = index ? node.items[Number(index[1])] : undefined;
      if (!index || !item) break;
      range = item.kind === "object" || item.kind === "array" ? { start: item.start, end: item.start + 1 } : { start: item.start, end: item.end };
      node = item;
      rest = rest.slice(index[0].length);
    } else break;
  }
  return range;
}
