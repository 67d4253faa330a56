import { useCallback, useEffect, useReducer, useRef } from "react";
import * as api from "./api";
import { initial, reduce, type Pending } from "./state";

const sleep = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
  });

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

// "#chat=7" of the page, "#/chat?chat=7" of the console's room.
const rememberedChat = () => Number(new URLSearchParams(location.hash.replace(/^#(.*\?)?/, "")).get("chat")) || 0;

// Follows the server by long polls, one after another, and comes back by itself when the server was away.
export function useChat(isRoom: "yes" | "no") {
  const [state, step] = useReducer(reduce, { ...initial, chat: rememberedChat() });
  const { chat } = state;

  useEffect(() => {
    const ended = new AbortController();
    const follow = async () => {
      let since = 0;
      let seen = "";
      let pause = 250;
      while (!ended.signal.aborted) {
        try {
          const changes = await api.getChanges(chat, since, seen, ended.signal);
          if (ended.signal.aborted) return;
          // Another program, or other data, stands behind this address now: begin anew.
          if (seen !== "" && seen.split(".")[0] !== changes.seen.split(".")[0] && changes.revision < since) {
            step({ type: "shown", chat: changes.chats.some((one) => one.id === chat) ? chat : 0 });
            since = 0;
            seen = "";
            continue;
          }
          if (chat !== 0 && !changes.chats.some((one) => one.id === chat)) {
            step({ type: "shown", chat: 0 });
            return;
          }
          ({ seen, revision: since } = changes);
          step({ type: "changed", chat, changes });
          pause = 250;
        } catch {
          if (ended.signal.aborted) return;
          step({ type: "lost" });
          seen = ""; // the next answer comes at once and tells that the server is back
          await sleep(pause, ended.signal);
          pause = Math.min(pause * 2, 4000);
        }
      }
    };
    void follow();
    return () => ended.abort();
  }, [chat]);

  useEffect(() => {
    if (chat !== 0) history.replaceState(null, "", isRoom === "yes" ? `#/chat?chat=${chat}` : `#chat=${chat}`);
  }, [chat, isRoom]);

  useEffect(() => {
    if (!state.action) return;
    const timer = setTimeout(() => step({ type: "quiet" }), Math.max(0, state.action.until - performance.now()));
    return () => clearTimeout(timer);
  }, [state.action]);

  const uploads = useRef(new Map<string, AbortController>());

  const deliver = useCallback(async (pending: Pending) => {
    step({ type: "sending", pending });
    const cancel = new AbortController();
    uploads.current.set(pending.nonce, cancel);
    try {
      const message = pending.file
        ? await api.sendFile(pending.chat, pending.file, pending.text, pending.nonce, (progress) => step({ type: "progress", nonce: pending.nonce, progress }), cancel.signal)
        : await api.sendText(pending.chat, pending.text, pending.nonce, pending.replyTo);
      step({ type: "sent", nonce: pending.nonce, message: { ...message, nonce: pending.nonce }, chat: pending.chat });
    } catch (error) {
      if (cancel.signal.aborted) step({ type: "dropped", nonce: pending.nonce });
      else step({ type: "failed", nonce: pending.nonce, error: reasonOf(error) });
    } finally {
      uploads.current.delete(pending.nonce);
    }
  }, []);

  const send = useCallback(
    (text: string, more: { file?: File; replyTo?: number } = {}) => {
      void deliver({ nonce: crypto.randomUUID(), chat, text, progress: 0, sentAt: Date.now() / 1000, ...more });
    },
    [chat, deliver],
  );
  // The same nonce again: what did arrive is not sent twice.
  const retry = useCallback(
    (pending: Pending) => {
      const { error: _, ...again } = pending;
      void deliver({ ...again, progress: 0 });
    },
    [deliver],
  );
  const cancel = useCallback((nonce: string) => {
    const running = uploads.current.get(nonce);
    if (running) running.abort();
    else step({ type: "dropped", nonce });
  }, []);
  const show = useCallback((id: number) => step({ type: "shown", chat: id }), []);
  const addChat = useCallback(async (name: string) => {
    const { id } = await api.addChat(name);
    step({ type: "shown", chat: id });
  }, []);
  const loadEarlier = useCallback(async () => {
    const first = state.messages[0];
    if (!first) return;
    const found = await api.getEarlier(chat, first.message_id);
    step({ type: "earlier", chat, messages: found.messages, hasEarlier: found.has_earlier });
  }, [chat, state.messages]);

  const press = useCallback((message: number, data: string) => api.press(chat, message, data), [chat]);

  return { state, press, send, retry, cancel, show, addChat, loadEarlier };
}
