import { useId, useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from "react";
import { ClipIcon, CloseIcon, SendIcon, SlashIcon } from "../../lib/icons";
import { LONGEST_TEXT, type Command, type Message } from "./api";
import { summary } from "./MessageBubble";

export interface ComposerHandle {
  focus: () => void;
  takeCaption: () => string; // and empties the field
}

interface Props {
  ref: Ref<ComposerHandle>;
  commands: Command[];
  disabled: boolean;
  replyTo: Message | null;
  onText: (text: string) => void;
  onFiles: (files: File[]) => void;
  onNoReply: () => void;
}

const COUNT_FROM = LONGEST_TEXT - 200;

export function Composer({ ref, commands, disabled, replyTo, onText, onFiles, onNoReply }: Props) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const [isClosed, setIsClosed] = useState(false); // the menu, by Escape
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const menuId = useId();

  useImperativeHandle(ref, () => ({
    focus: () => field.current?.focus(),
    takeCaption: () => {
      const caption = text.trim();
      setText("");
      return caption;
    },
  }), [text]);

  // As high as its text, up to the limit that the style sheet sets.
  useLayoutEffect(() => {
    if (!field.current) return;
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight}px`;
  }, [text]);

  const typed = /^\/([a-z0-9_]*)$/i.exec(text)?.[1]?.toLowerCase();
  const menu = typed === undefined || isClosed ? [] : commands.filter((one) => one.command.startsWith(typed));
  const current = Math.min(chosen, menu.length - 1);
  const left = LONGEST_TEXT - text.trim().length;

  const send = (what = text) => {
    if (what.trim() === "" || what.trim().length > LONGEST_TEXT) return;
    onText(what.trim());
    setText("");
    setIsClosed(false);
    field.current?.focus();
  };
  const choose = (command: Command) => {
    setText(`/${command.command} `);
    setChosen(0);
    field.current?.focus();
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const selected = menu[current];
    if (selected && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      setChosen((current + (event.key === "ArrowDown" ? 1 : menu.length - 1)) % menu.length);
    } else if (selected && event.key === "Escape") {
      event.preventDefault();
      setIsClosed(true);
    } else if (selected && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      choose(selected);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (selected) send(`/${selected.command}`);
      else send();
    } else if (event.key === "Escape" && replyTo) {
      onNoReply();
    }
  };

  return (
    <form className="composer" aria-label="Write a message" onSubmit={(event) => { event.preventDefault(); send(); }}>
      {menu.length > 0 && (
        <ul className="menu" id={menuId} role="listbox" aria-label="Commands">
          {menu.map((one, i) => (
            <li key={one.command} id={`${menuId}-${i}`} role="option" aria-selected={i === current} onMouseMove={() => setChosen(i)} onMouseDown={(event) => { event.preventDefault(); send(`/${one.command}`); }}>
              <b>/{one.command}</b><span>{one.description}</span>
            </li>
          ))}
        </ul>
      )}
      {replyTo && (
        <div className="replying">
          <p><b>Reply to {replyTo.from.first_name}</b>{summary(replyTo)}</p>
          <button type="button" className="icon-button" aria-label="Do not reply" onClick={onNoReply}><CloseIcon /></button>
        </div>
      )}
      <div className="composer-row">
        <button type="button" className="icon-button" aria-label="Send a video or file" disabled={disabled} onClick={() => picker.current?.click()}><ClipIcon /></button>
        <input ref={picker} type="file" className="hidden-label" tabIndex={-1} aria-hidden="true" multiple onChange={(event) => { onFiles([...(event.target.files ?? [])]); event.target.value = ""; }} />
        {commands.length > 0 && (
          <button type="button" className="icon-button" aria-label="Commands" aria-expanded={menu.length > 0} disabled={disabled} onClick={() => { setIsClosed(false); setText(menu.length > 0 ? "" : "/"); field.current?.focus(); }}><SlashIcon /></button>
        )}
        <textarea
          ref={field} rows={1} value={text} disabled={disabled} placeholder="Message or link" aria-label="Message" enterKeyHint="send" autoFocus
          aria-autocomplete="list" aria-controls={menu.length > 0 ? menuId : undefined} aria-activedescendant={menu.length > 0 ? `${menuId}-${current}` : undefined}
          onChange={(event) => { setText(event.target.value); setChosen(0); setIsClosed(false); }}
          onKeyDown={keyDown}
          onPaste={(event) => { const files = [...event.clipboardData.files]; if (files.length > 0) { event.preventDefault(); onFiles(files); } }}
        />
        {left < LONGEST_TEXT - COUNT_FROM && <span className={left < 0 ? "count over" : "count"} role="status">{left}</span>}
        <button type="submit" className="icon-button send" aria-label="Send" disabled={disabled || text.trim() === "" || left < 0}><SendIcon /></button>
      </div>
    </form>
  );
}
