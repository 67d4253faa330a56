import type { ReactNode } from "react";
import type { Entity } from "./api";

const safe = (url: string) => /^https?:\/\//i.test(url);

function wrap(entity: Entity, inner: ReactNode, text: string, key: number, onCommand?: (text: string) => void): ReactNode {
  switch (entity.type) {
    case "bold": return <b key={key}>{inner}</b>;
    case "italic": return <i key={key}>{inner}</i>;
    case "underline": return <u key={key}>{inner}</u>;
    case "strikethrough": return <s key={key}>{inner}</s>;
    case "spoiler": return <span key={key} className="spoiler" tabIndex={0}>{inner}</span>;
    case "code": return <code key={key}>{inner}</code>;
    case "pre": return <pre key={key}><code>{inner}</code></pre>;
    case "blockquote": return <blockquote key={key}>{inner}</blockquote>;
    case "url": return safe(text) ? <a key={key} href={text} target="_blank" rel="noreferrer noopener">{inner}</a> : inner;
    case "text_link": return entity.url && safe(entity.url) ? <a key={key} href={entity.url} target="_blank" rel="noreferrer noopener">{inner}</a> : inner;
    case "bot_command": return onCommand ? <button key={key} type="button" className="command" onClick={() => onCommand(text)}>{inner}</button> : inner;
    default: return inner;
  }
}

// Entities are sorted, outer ones before those inside them.
function render(text: string, from: number, to: number, entities: Entity[], onCommand?: (text: string) => void): ReactNode[] {
  const out: ReactNode[] = [];
  let at = from;
  for (let i = 0; i < entities.length; i += 1) {
    const entity = entities[i];
    if (!entity || entity.offset < at || entity.offset >= to) continue;
    const end = Math.min(entity.offset + entity.length, to);
    if (entity.offset > at) out.push(text.slice(at, entity.offset));
    const inner = render(text, entity.offset, end, entities.slice(i + 1), onCommand);
    out.push(wrap(entity, inner, text.slice(entity.offset, end), i, onCommand));
    at = end;
  }
  if (at < to) out.push(text.slice(at, to));
  return out;
}

interface Props {
  text: string;
  entities?: Entity[] | undefined;
  onCommand?: (text: string) => void;
}

export function RichText({ text, entities = [], onCommand }: Props) {
  return <>{render(text, 0, text.length, entities, onCommand)}</>;
}
