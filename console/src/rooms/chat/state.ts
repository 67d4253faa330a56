import type { Bot, Changes, Chat, Command, Message } from "./api";

// What this page is sending, until the server has it.
export interface Pending {
  nonce: string;
  chat: number;
  text: string;
  replyTo?: number;
  file?: File;
  progress: number; // 0 to 1, of a file
  error?: string;
  sentAt: number; // seconds
}

export interface State {
  connection: "connecting" | "online" | "lost";
  chat: number; // 0: none yet
  bot: Bot | null;
  chats: Chat[];
  commands: Command[];
  messages: Message[]; // of the chat shown, by id
  hasEarlier: boolean;
  pending: Pending[];
  action: { name: string; until: number } | null; // until: performance.now()
  notice: { id: string; text: string } | null; // what the bot answers to a pressed button
  read: Record<number, number>; // chat -> newest message that was shown
}

export const initial: State = {
  connection: "connecting",
  chat: 0,
  bot: null,
  chats: [],
  commands: [],
  messages: [],
  hasEarlier: false,
  pending: [],
  action: null,
  notice: null,
  read: {},
};

export type Step =
  | { type: "changed"; chat: number; changes: Changes }
  | { type: "lost" }
  | { type: "shown"; chat: number }
  | { type: "earlier"; chat: number; messages: Message[]; hasEarlier: boolean }
  | { type: "sending"; pending: Pending }
  | { type: "progress"; nonce: string; progress: number }
  | { type: "failed"; nonce: string; error: string }
  | { type: "sent"; nonce: string; message: Message; chat: number }
  | { type: "dropped"; nonce: string }
  | { type: "quiet" };

function merged(old: Message[], changes: Changes["messages"]): Message[] {
  const byId = new Map(old.map((message) => [message.message_id, message]));
  for (const one of changes) {
    if ("is_deleted" in one) byId.delete(one.message_id);
    else byId.set(one.message_id, one);
  }
  return [...byId.values()].sort((a, b) => a.message_id - b.message_id);
}

export function reduce(state: State, step: Step): State {
  switch (step.type) {
    case "changed": {
      const { changes } = step;
      const common = { ...state, connection: "online" as const, bot: changes.bot, chats: changes.chats, commands: changes.commands };
      if (state.chat === 0) return { ...common, chat: changes.chats[0]?.id ?? 0 };
      if (step.chat !== state.chat) return common; // an answer for a chat that is no longer shown
      const messages = merged(state.messages, changes.messages);
      const here = new Set(messages.map((message) => message.nonce));
      return {
        ...common,
        messages,
        hasEarlier: changes.has_earlier ?? state.hasEarlier,
        pending: state.pending.filter((one) => !here.has(one.nonce)),
        action: changes.action ? { name: changes.action.name, until: performance.now() + changes.action.milliseconds } : null,
        notice: changes.notice && changes.notice.id !== state.notice?.id ? changes.notice : state.notice,
        read: { ...state.read, [state.chat]: messages.at(-1)?.message_id ?? 0 },
      };
    }
    case "lost": return { ...state, connection: "lost", action: null };
    case "shown": return { ...state, chat: step.chat, messages: [], hasEarlier: false, action: null, notice: null };
    case "earlier":
      return step.chat === state.chat ? { ...state, messages: merged(step.messages, state.messages), hasEarlier: step.hasEarlier } : state;
    case "sending": return { ...state, pending: [...state.pending.filter((one) => one.nonce !== step.pending.nonce), step.pending] };
    case "progress":
      return { ...state, pending: state.pending.map((one) => (one.nonce === step.nonce ? { ...one, progress: step.progress } : one)) };
    case "failed":
      return { ...state, pending: state.pending.map((one) => (one.nonce === step.nonce ? { ...one, error: step.error } : one)) };
    case "sent":
      return {
        ...state,
        pending: state.pending.filter((one) => one.nonce !== step.nonce),
        messages: step.chat === state.chat ? merged(state.messages, [step.message]) : state.messages,
      };
    case "dropped": return { ...state, pending: state.pending.filter((one) => one.nonce !== step.nonce) };
    case "quiet": return { ...state, action: null };
  }
}
