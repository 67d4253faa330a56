// The page's own API (docs/chat.md), in terms of the Bot API's objects.
import { getJson, postJson, upload } from "../../lib/http";

export interface Entity {
  type: string;
  offset: number; // UTF-16 code units, as JavaScript counts
  length: number;
  url?: string;
  language?: string;
}

export interface Attachment {
  file_id: string;
  file_name?: string;
  mime_type?: string;
  file_size: number;
  width?: number;
  height?: number;
  duration?: number;
}

export interface InlineButton {
  text: string;
  url?: string;
  callback_data?: string;
}

export interface Message {
  message_id: number;
  from: { id: number; is_bot: boolean; first_name: string };
  date: number;
  edit_date?: number;
  text?: string;
  entities?: Entity[];
  caption?: string;
  caption_entities?: Entity[];
  video?: Attachment;
  animation?: Attachment;
  audio?: Attachment;
  voice?: Attachment;
  document?: Attachment;
  photo?: Attachment[];
  reply_to_message?: Message;
  reply_markup?: { inline_keyboard?: InlineButton[][] };
  nonce?: string;
}

export interface Deleted {
  message_id: number;
  is_deleted: true;
}

export interface Chat {
  id: number;
  name: string;
  last_message_id: number;
}

export interface Bot {
  first_name: string;
  username: string;
  is_connected: boolean;
  token: string;
  api_path: string; // of the Bot API on this host
}

export interface Command {
  command: string;
  description: string;
}

export interface Changes {
  seen: string;
  revision: number;
  bot: Bot;
  chats: Chat[];
  commands: Command[];
  messages: (Message | Deleted)[];
  has_earlier?: boolean;
  action?: { name: string; milliseconds: number };
  notice?: { id: string; text: string; is_alert: boolean }; // the bot's answer to a pressed button
}

export const LONGEST_TEXT = 4096;
export const LARGEST_FILE = 2000 * 1024 * 1024;

let root = "api"; // beside the page, wherever that is served
export function serveFrom(path: string) {
  root = path;
}

export function getChanges(chat: number, since: number, seen: string, signal: AbortSignal): Promise<Changes> {
  const wait = seen === "" ? 0 : 25;
  return getJson(`${root}/changes?chat=${chat}&since=${since}&seen=${encodeURIComponent(seen)}&wait=${wait}`, signal);
}

export function getEarlier(chat: number, before: number): Promise<{ messages: Message[]; has_earlier: boolean }> {
  return getJson(`${root}/chats/${chat}/messages?before=${before}`);
}

export function addChat(name: string): Promise<{ id: number }> {
  return postJson(`${root}/chats`, { name });
}

export function sendText(chat: number, text: string, nonce: string, replyTo?: number): Promise<Message> {
  return postJson(`${root}/chats/${chat}/messages`, replyTo === undefined ? { text, nonce } : { text, nonce, reply_to: replyTo });
}

export function sendFile(chat: number, file: File, caption: string, nonce: string, progress: (share: number) => void, signal: AbortSignal): Promise<Message> {
  const query = new URLSearchParams({ name: file.name, caption, nonce });
  return upload(`${root}/chats/${chat}/files?${query.toString()}`, file, progress, signal);
}

export function press(chat: number, message: number, data: string): Promise<{ id: string }> {
  return postJson(`${root}/chats/${chat}/callbacks`, { message_id: message, data });
}

export const fileUrl = (file: Attachment) => `${root}/files/${encodeURIComponent(file.file_id)}`;

// What of a message is a file, and how it is shown.
export function attachmentOf(message: Message): { kind: "video" | "photo" | "audio" | "file"; file: Attachment } | null {
  const video = message.animation ?? message.video;
  if (video) return { kind: "video", file: video };
  const photo = message.photo?.at(-1);
  if (photo) return { kind: "photo", file: photo };
  const audio = message.audio ?? message.voice;
  if (audio) return { kind: "audio", file: audio };
  return message.document ? { kind: "file", file: message.document } : null;
}
