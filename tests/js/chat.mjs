// Starts one `cumulet chat` on a free port with data of its own, and plays the person's part. Stop it with stop().
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function eventually(look, what, milliseconds = 120_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not in ${milliseconds} ms: ${what}`);
    await sleep(25);
  }
}

export class Chat {
  pageRoot = "/chat/api";

  async start(port = 0, more = []) {
    this.folder ??= mkdtempSync(join(tmpdir(), "cumulet-chat-"));
    const program = process.env.CUMULET_PROGRAM ?? "build/release/bin/cumulet";
    this.child = spawn(program, ["chat", "--port", String(port), "--data", join(this.folder, "data"), "--log-level", "warn", ...more], { stdio: ["ignore", "pipe", "inherit"] });
    const line = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the chat was not ready in two minutes")), 120_000);
      createInterface({ input: this.child.stdout }).on("line", (text) => { clearTimeout(timer); resolve(text); });
      this.child.on("exit", (code) => { clearTimeout(timer); reject(new Error(`the chat ended with ${code}`)); });
    });
    const found = line.match(/^cumulet: chat ready at (http:\/\/127\.0\.0\.1:(\d+)) \(token (\S+)\)$/);
    [, this.url, this.port, this.token] = found;
    return this;
  }

  end(signal) {
    return new Promise((resolve) => {
      this.child.removeAllListeners("exit");
      this.child.on("exit", resolve);
      this.child.kill(signal);
    });
  }
  kill() { return this.end("SIGKILL"); }
  async stop() {
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async page(path, options) {
    const answer = await fetch(`${this.url}${this.pageRoot}/${path}`, options);
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status} ${body.description}`);
    return body;
  }
  post(path, body) {
    return this.page(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  }
  async firstChat() { return (await this.page("changes")).chats[0].id; }
  async newChat(name) { return (await this.post("chats", { name })).id; }
  say(chat, text) { return this.post(`chats/${chat}/messages`, { text }); }
  sendFile(chat, name, bytes, type) {
    return this.page(`chats/${chat}/files?name=${encodeURIComponent(name)}`, { method: "POST", headers: { "Content-Type": type }, body: bytes });
  }
  async messages(chat) { return (await this.page(`chats/${chat}/messages`)).messages; }
  awaitMessages(chat, count) {
    return eventually(async () => { const all = await this.messages(chat); return all.length >= count && all; }, `${count} messages`);
  }
}

export const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

export function launchArguments() {
  return { executablePath: CHROMIUM, headless: true, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] };
}
