import { useEffect, useMemo, useRef, useState } from "react";
import { href, navigate } from "../lib/router";
import { rooms } from "../rooms";

// Every room, by typing: Ctrl K.
export function Palette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  useEffect(() => { if (!dialog.current?.open) dialog.current?.showModal(); }, []);
  const found = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return rooms.filter((room) => words.every((word) => `${room.title} ${room.group} ${room.words ?? ""}`.toLowerCase().includes(word)));
  }, [text]);
  const at = Math.min(chosen, Math.max(0, found.length - 1));
  const go = (index: number) => {
    const room = found[index];
    if (!room) return;
    dialog.current?.close();
    navigate(href(room.id));
  };
  return (
    <dialog className="ui-palette" ref={dialog} aria-label="Go to" onClose={onClose} onClick={(event) => { if (event.target === dialog.current) dialog.current?.close(); }}>
      <input
        type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label="Go to" aria-activedescendant={found[at] ? `palette-${at}` : undefined} placeholder="Go to…" autoFocus spellCheck={false} value={text}
        onChange={(event) => { setText(event.target.value); setChosen(0); }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setChosen((at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(1, found.length));
          } else if (event.key === "Enter") {
            event.preventDefault();
            go(at);
          }
        }}
      />
      {found.length === 0 ? <p>Nothing is called so.</p> : (
        <ul id="palette-list" role="listbox" aria-label="Rooms">
          {found.map((room, index) => (
            <li key={room.id} id={`palette-${index}`} role="option" aria-selected={index === at} onMouseMove={() => setChosen(index)} onClick={() => go(index)}>{room.icon}{room.title}<small>{room.group}</small></li>
          ))}
        </ul>
      )}
    </dialog>
  );
}
