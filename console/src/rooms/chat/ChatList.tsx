import { useState, type FormEvent } from "react";
import { CloseIcon, PlusIcon } from "../../lib/icons";
import type { Chat } from "./api";

const hueOf = (id: number) => (id * 67) % 360;

export function Avatar({ chat }: { chat: Chat }) {
  return (
    <span className="avatar" aria-hidden="true" data-hue={Math.round(hueOf(chat.id) / 60) % 6}>
      {[...chat.name][0]?.toUpperCase()}
    </span>
  );
}

interface Props {
  chats: Chat[];
  current: number;
  read: Record<number, number>;
  isOpen: boolean;
  onShow: (id: number) => void;
  onAdd: (name: string) => Promise<void>;
  onClose: () => void;
}

// The people who talk to the bot: each has a chat of their own.
export function ChatList({ chats, current, read, isOpen, onShow, onAdd, onClose }: Props) {
  const [isAdding, setIsAdding] = useState(false);
  const [name, setName] = useState("");
  const [error, setError] = useState("");
  // What came before this page was opened is not new.
  const [known] = useState(() => new Map<number, number>());
  for (const chat of chats) if (!known.has(chat.id)) known.set(chat.id, chat.last_message_id);

  const add = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await onAdd(name);
      setName("");
      setError("");
      setIsAdding(false);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };

  return (
    <>
      {isOpen && <div className="veil" onClick={onClose} />}
      <nav className={isOpen ? "people open" : "people"} aria-label="People" onKeyDown={(event) => { if (event.key === "Escape") onClose(); }}>
        <div className="people-head">
          <img src="icon.svg" alt="" width="28" height="28" />
          <strong>Cumulet</strong>
          <button type="button" className="icon-button close-list" aria-label="Close" onClick={onClose}><CloseIcon /></button>
        </div>
        <h2>People</h2>
        <ul>
          {chats.map((chat) => {
            const isNew = chat.id !== current && chat.last_message_id > Math.max(read[chat.id] ?? 0, known.get(chat.id) ?? 0);
            return (
              <li key={chat.id}>
                <button type="button" className="person" aria-current={chat.id === current ? "true" : undefined} onClick={() => onShow(chat.id)}>
                  <Avatar chat={chat} />
                  <span className="person-name">{chat.name}<small>chat {chat.id}</small></span>
                  {isNew && <span className="dot"><span className="hidden-label">new messages</span></span>}
                </button>
              </li>
            );
          })}
        </ul>
        {isAdding ? (
          <form className="add-person" onSubmit={(event) => void add(event)}>
            <label htmlFor="new-person">Name</label>
            <input id="new-person" value={name} maxLength={64} autoFocus onChange={(event) => setName(event.target.value)} onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); setIsAdding(false); } }} />
            {error !== "" && <p role="alert">{error}</p>}
            <div>
              <button type="submit" className="button primary" disabled={name.trim() === ""}>Add</button>
              <button type="button" className="button" onClick={() => setIsAdding(false)}>Cancel</button>
            </div>
          </form>
        ) : (
          <button type="button" className="person add" onClick={() => setIsAdding(true)}>
            <span className="avatar plus" aria-hidden="true"><PlusIcon /></span>Another person
          </button>
        )}
      </nav>
    </>
  );
}
