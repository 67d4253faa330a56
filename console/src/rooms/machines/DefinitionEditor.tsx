import { useEffect, useMemo, useRef, useState } from "react";
import { withFreshKeys } from "../../lib/aws";
import { WarnIcon, CheckIcon, CrossIcon } from "../../lib/icons";
import { Waiting } from "../../ui/basics";
import { validate, type FindingOfAws } from "./api";
import { CodeEditor, type EditorHandle, type Finding } from "./editor/CodeEditor";
import { GraphView } from "./graph/GraphView";
import { readDefinition, type Definition } from "./graph/definition";
import { useLayout } from "./graph/useLayout";
import { lineOf, prettyJson, rangeOf } from "./json";

const MOST_BYTES = 1_048_576;

interface Shown extends Finding {
  line: number;
  code: string;
  where: string;
}

// The engine's findings with their places in the text.
function placed(text: string, definition: Definition | undefined, findings: FindingOfAws[]): Shown[] {
  return findings.map((one) => {
    const range = definition && one.location ? rangeOf(definition.root, one.location) : { start: 0, end: 1 };
    return { ...range, severity: one.severity === "WARNING" ? "warning" : "error", message: `${one.message ?? ""}`, code: one.code ?? "", where: one.location ?? "", line: lineOf(text, range.start) };
  });
}

export interface Checked {
  text: string;
  valid: boolean | undefined; // undefined: not known yet
}

// The text of a machine, its graph beside it, what the engine finds below. Nothing waits for anything: the last graph stays while the text is no JSON.
export function DefinitionEditor({ value, onChange, onChecked, type, label }: { value: string; onChange: (text: string) => void; onChecked: (checked: Checked) => void; type: "STANDARD" | "EXPRESS"; label: string }) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), 120);
    return () => clearTimeout(timer);
  }, [value]);
  const read = useMemo(() => readDefinition(settled), [settled]);
  const definition = "definition" in read ? read.definition : undefined;
  const last = useRef<Definition>(undefined);
  if (definition && definition.graph.states.length > 0) last.current = definition;
  const drawn = last.current;
  const laid = useLayout(drawn?.graph);
  const [answer, setAnswer] = useState<{ text: string; findings: FindingOfAws[]; truncated: boolean; failure?: string }>();
  const told = useRef(onChecked);
  told.current = onChecked;
  const isTooLong = new TextEncoder().encode(settled).length > MOST_BYTES;

  useEffect(() => {
    if (!definition || isTooLong) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      withFreshKeys(() => validate(settled, type, stop.signal)).then(
        (found) => { if (!stop.signal.aborted) setAnswer({ text: settled, ...found }); },
        (error: unknown) => { if (!stop.signal.aborted) setAnswer({ text: settled, findings: [], truncated: false, failure: error instanceof Error ? error.message : String(error) }); },
      );
    }, 180);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [definition, settled, type, isTooLong]);

  const findings = useMemo((): Shown[] => {
    if (isTooLong) return [{ start: 0, end: 1, line: 1, severity: "error", code: "", where: "", message: "The definition is longer than 1,048,576 bytes, the most that Step Functions takes." }];
    if ("fault" in read) return settled.trim() === "" ? [] : [{ start: read.fault.at, end: read.fault.at + 1, line: lineOf(settled, read.fault.at), severity: "error", code: "JSON", where: "", message: read.fault.message }];
    return answer?.text === settled ? placed(settled, definition, answer.findings) : [];
  }, [read, settled, answer, definition, isTooLong]);
  const isKnown = "fault" in read || isTooLong || answer?.text === settled;
  const errors = findings.filter((one) => one.severity === "error").length;
  useEffect(() => told.current({ text: settled, valid: isKnown ? errors === 0 && definition !== undefined && !answer?.failure : undefined }), [settled, isKnown, errors, definition, answer]);

  const editor = useRef<EditorHandle>(null);
  const [chosen, setChosen] = useState<string>();
  const choose = (id: string) => {
    setChosen(id);
    const range = definition?.byId.get(id)?.range;
    if (range) editor.current?.show(range.start, range.start);
  };
  const format = () => { const made = prettyJson(value); if (made !== value) onChange(made); };
  // While a new text is being looked at, the last word on it stays: a line that comes and goes moves everything below.
  const word = settled.trim() === "" ? "Paste or write the definition." : !isKnown ? "Looking at it…" : answer?.failure && definition ? `It could not be checked: ${answer.failure}` : errors > 0 ? `${errors} ${errors === 1 ? "error" : "errors"}` : findings.length > 0 ? `Valid, with ${findings.length} ${findings.length === 1 ? "warning" : "warnings"}` : "Valid";

  return (
    <div className="sm-edit">
      <div className="sm-edit-text">
        <div className="sm-edit-bar">
          <h2>Definition</h2>
          <span className="ui-soft sm-keys">Esc, then Tab leaves the editor</span>
          <button type="button" className="button small" onClick={format} disabled={!("definition" in read)}>Format</button>
        </div>
        <CodeEditor value={value} onChange={onChange} findings={findings} label={label} height="100%" ref={editor} />
      </div>
      <div className="sm-edit-graph">
        {drawn && laid ? <GraphView definition={drawn} laid={laid} chosen={chosen} onChoose={choose} label="Graph of the definition" /> : drawn ? <Waiting label="Laying the graph out" /> : <p className="sm-hint">The graph appears here as soon as the definition names a state.</p>}
        {drawn && !definition && <p className="sm-stale">The graph as it was before the error</p>}
      </div>
      <section className="sm-findings" aria-label="Findings" data-mood={!isKnown || settled.trim() === "" ? "plain" : errors > 0 || answer?.failure ? "bad" : findings.length > 0 ? "warn" : "good"}>
        <p role="status">{isKnown && settled.trim() !== "" && (errors > 0 ? <CrossIcon /> : findings.length > 0 ? <WarnIcon /> : <CheckIcon />)}<strong>{word}</strong></p>
        {findings.length > 0 && (
          <ul>
            {findings.slice(0, 100).map((one, i) => (
              <li key={i} data-severity={one.severity}>
                <button type="button" onClick={() => editor.current?.show(one.start, one.end)}><span className="sm-line">Line {one.line}</span><span>{one.message}{one.where && <small> {one.where}</small>}</span></button>
              </li>
            ))}
          </ul>
        )}
        {answer?.text === settled && answer.truncated && <p>There are more than these 100.</p>}
      </section>
    </div>
  );
}
