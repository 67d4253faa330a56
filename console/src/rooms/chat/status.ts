import type { State } from "./state";

const actions: Record<string, string> = {
  typing: "is typing…",
  upload_photo: "is sending a photo…",
  record_video: "is making a video…",
  upload_video: "is sending a video…",
  record_voice: "is recording…",
  upload_voice: "is sending a voice message…",
  record_audio: "is recording…",
  upload_audio: "is sending music…",
  upload_document: "is sending a file…",
};

// The line under the bot's name.
export function statusOf(state: State): { text: string; mood: "good" | "busy" | "soft" | "bad" } {
  if (state.connection === "connecting") return { text: "connecting…", mood: "soft" };
  if (state.connection === "lost") return { text: "reconnecting…", mood: "bad" };
  if (state.action) return { text: actions[state.action.name] ?? "is working…", mood: "busy" };
  return state.bot?.is_connected ? { text: "online", mood: "good" } : { text: "no bot is connected", mood: "soft" };
}
