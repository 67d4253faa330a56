import { useCallback, useEffect, useRef, useState, type DragEvent } from "react";
import { MenuIcon } from "../../lib/icons";
import { LARGEST_FILE, type Message } from "./api";
import { ChatList } from "./ChatList";
import { Composer, type ComposerHandle } from "./Composer";
import { ConnectBot } from "./ConnectBot";
import { MessageList } from "./MessageList";
import { statusOf } from "./status";
import { useChat } from "./useChat";
import "./chat.css";

const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

export function ChatRoom({ isRoom = "no" }: { isRoom?: "yes" | "no" }) {
  const { state, press, send, retry, cancel, show, addChat, loadEarlier } = useChat(isRoom);
  const [listIsOpen, setListIsOpen] = useState(false);
  const [isDropping, setIsDropping] = useState(false);
  const [replyTo, setReplyTo] = useState<Message | null>(null);
  const [notice, setNotice] = useState<{ text: string; isBad: boolean } | null>(null);
  const composer = useRef<ComposerHandle>(null);
  const depth = useRef(0); // drag events come for every element passed

  const Main = isRoom === "yes" ? "section" : "main"; // the console has its own
  const chat = state.chats.find((one) => one.id === state.chat);
  const status = statusOf(state);
  const unread = state.chats.some((one) => one.id !== state.chat && (state.read[one.id] ?? one.last_message_id) < one.last_message_id);

  useEffect(() => {
    document.title = `${state.bot?.first_name ?? "Cumulet"} – chat`;
  }, [state.bot?.first_name]);
  useEffect(() => setReplyTo(null), [state.chat]);
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => setNotice(null), 6000);
    return () => clearTimeout(timer);
  }, [notice]);

  useEffect(() => {
    if (state.notice) setNotice({ text: state.notice.text, isBad: false });
  }, [state.notice]);

  const pressButton = useCallback(
    (message: number, data: string) => {
      press(message, data).catch((error: unknown) => setNotice({ text: `That did not work: ${String(error)}`, isBad: true }));
    },
    [press],
  );
  const sendText = useCallback(
    (text: string) => {
      send(text, replyTo ? { replyTo: replyTo.message_id } : {});
      setReplyTo(null);
    },
    [send, replyTo],
  );
  // What is being written goes along with the first file, as its caption.
  const sendFiles = useCallback(
    (files: File[]) => {
      for (const file of files) {
        if (file.size === 0) setNotice({ text: `${file.name} is empty.`, isBad: true });
        else if (file.size > LARGEST_FILE) setNotice({ text: `${file.name} is larger than 2 GB.`, isBad: true });
        else send(composer.current?.takeCaption() ?? "", { file });
      }
    },
    [send],
  );

  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth.current = 0;
    setIsDropping(false);
    sendFiles([...event.dataTransfer.files]);
  };

  return (
    <div className="room">
      <ChatList
        chats={state.chats} current={state.chat} read={state.read} isOpen={listIsOpen}
        onShow={(id) => { if (id !== state.chat) show(id); setListIsOpen(false); }}
        onAdd={async (name) => { await addChat(name); setListIsOpen(false); composer.current?.focus(); }}
        onClose={() => setListIsOpen(false)}
      />
      <Main
        className="chat" aria-label={chat ? `Chat of ${chat.name}` : "Chat"}
        onDragEnter={(event) => { if (carriesFiles(event)) { event.preventDefault(); depth.current += 1; setIsDropping(true); } }}
        onDragOver={(event) => { if (carriesFiles(event)) event.preventDefault(); }}
        onDragLeave={() => { depth.current = Math.max(0, depth.current - 1); if (depth.current === 0) setIsDropping(false); }}
        onDrop={drop}
      >
        <header className="chat-head">
          <button type="button" className="icon-button open-list" aria-label={unread ? "People (new messages)" : "People"} aria-expanded={listIsOpen} onClick={() => setListIsOpen(true)}>
            <MenuIcon />{unread && <span className="dot" />}
          </button>
          <span className="avatar bot" aria-hidden="true">{state.bot?.first_name.slice(0, 1) ?? "·"}</span>
          <div className="who">
            <h1>{state.bot?.first_name ?? "Cumulet chat"}</h1>
            <p className={`status ${status.mood}`} role="status" data-testid="status">{status.text}</p>
          </div>
          {chat && <span className="speaker">as <b>{chat.name}</b></span>}
        </header>

        {state.connection === "lost" && <p className="banner bad" role="alert">The chat server does not answer. Is <code>cumulet chat</code> running? Trying again…</p>}
        {state.connection === "online" && state.bot && !state.bot.is_connected && state.messages.length > 0 && (
          <details className="banner">
            <summary>No bot is connected. What you write waits for it.</summary>
            <ConnectBot token={state.bot.token} path={state.bot.api_path} />
          </details>
        )}

        <MessageList state={state} onReply={(message) => { setReplyTo(message); composer.current?.focus(); }} onRetry={retry} onCancel={cancel} onEarlier={loadEarlier} onCommand={sendText} onPress={pressButton} />

        {notice && <p className={notice.isBad ? "notice bad" : "notice"} role="alert">{notice.text}</p>}
        <Composer
          ref={composer} commands={state.commands} disabled={state.chat === 0} replyTo={replyTo}
          onText={sendText} onFiles={sendFiles} onNoReply={() => setReplyTo(null)}
        />
        {isDropping && <div className="drop" aria-hidden="true"><p>Drop the video to send it</p></div>}
      </Main>
    </div>
  );
}
