import { memo, useMemo, useState } from "react";
import { CopyButton } from "../../ui/basics";
import { parseJson, writeJson } from "./json";

const SHOWN = 60_000; // characters

export function save(text: string, name: string, type = "application/json") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name.replace(/[^\w.-]+/g, "-").slice(0, 120);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b/g;

function coloured(text: string) {
  const out: (string | { kind: string; text: string })[] = [];
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    if (found.index > at) out.push(text.slice(at, found.index));
    const [whole, quoted, colon] = found;
    out.push({ kind: quoted ? (colon ? "key" : "string") : found[3] ? "number" : "word", text: quoted ?? whole });
    if (colon) out.push(colon);
    at = found.index + whole.length;
  }
  out.push(text.slice(at));
  return out;
}

// A payload: laid out, its numbers untouched, cut where it is huge with a way to save all of it.
export const JsonBox = memo(function JsonBox({ text, label, name }: { text: string; label: string; name?: string }) {
  const [isAll, setIsAll] = useState(false);
  const pretty = useMemo(() => {
    if (text.length > 2_000_000) return text;
    const parsed = parseJson(text);
    return "value" in parsed ? writeJson(parsed.value) : text;
  }, [text]);
  const shown = isAll || pretty.length <= SHOWN ? pretty : `${pretty.slice(0, SHOWN)}…`;
  const parts = useMemo(() => (shown.length > 200_000 ? [shown] : coloured(shown)), [shown]);
  return (
    <div className="sm-json">
      <pre tabIndex={0} role="region" aria-label={label}>{parts.map((part, i) => (typeof part === "string" ? part : <span key={i} data-kind={part.kind}>{part.text}</span>))}</pre>
      <div className="sm-json-bar">
        {pretty.length > SHOWN && !isAll && <span>The first {SHOWN.toLocaleString()} of {pretty.length.toLocaleString()} characters.{pretty.length < 1_500_000 && <> <button type="button" className="sm-inline" onClick={() => setIsAll(true)}>Show all</button></>}</span>}
        <CopyButton text={pretty} />
        <button type="button" className="button small" onClick={() => save(pretty, `${name ?? label}.json`)}>Save</button>
      </div>
    </div>
  );
});
