// The chat that the engine serves beside AWS: client libraries find the Bot API below /_cumulet/bot, people the page at
// /_cumulet/chat/ in a real browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Bot, InputFile } from "grammy";
import { chromium } from "playwright-core";
import { Telegraf } from "telegraf";
import { Chat, CHROMIUM, launchArguments } from "./chat.mjs";
import { startEngine } from "./engine.mjs";

// As Chat, of a running engine.
class EngineChat extends Chat {
  pageRoot = "/_cumulet/chat/api";
  async of(engine) {
    this.url = engine.endpoint;
    this.botUrl = `${engine.endpoint}/_cumulet/bot`;
    this.token = (await this.page("changes")).bot.token;
    return this;
  }
}

const bytes = Buffer.alloc(200_000, "film");
let engine, chat;
before(async () => {
  engine = await startEngine();
  chat = await new EngineChat().of(engine);
});
after(() => engine?.stop());

test("the page says the engine's base URL, and the chat goes on in it", { skip: CHROMIUM ? false : "no Chromium: the chat page was not tried in a browser" }, async () => {
  const browser = await chromium.launch(launchArguments());
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (line) => { if (line.type() === "error") complaints.push(line.text()); });
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url())));
  const id = await chat.newChat("Page");
  await page.goto(`${engine.endpoint}/_cumulet/chat#chat=${id}`); // without its slash: it leads there
  assert.equal(new URL(page.url()).pathname, "/_cumulet/chat/");
  await page.getByRole("main", { name: "Chat of Page" }).waitFor();
  await page.getByText(`${engine.endpoint}/_cumulet/bot`, { exact: true }).waitFor();
  const bot = new Bot(chat.token, { client: { apiRoot: chat.botUrl } });
  bot.on("message:text", (c) => c.reply(`echo ${c.msg.text}`));
  const running = bot.start();
  await page.getByRole("textbox", { name: "Message" }).fill("hello");
  await page.keyboard.press("Enter");
  await page.locator(".message .text", { hasText: "echo hello" }).waitFor();
  await bot.stop();
  await running;
  assert.deepEqual(complaints, []);
  assert.ok(asked.every((url) => url.protocol === "data:" || (url.origin === engine.endpoint && url.pathname.startsWith("/_cumulet/chat"))), asked.join("\n"));
  await browser.close();
});

test("grammY: apiRoot without a slash at its end", async () => {
  const id = await chat.newChat("Ada");
  const bot = new Bot(chat.token, { client: { apiRoot: chat.botUrl } });
  bot.on("message:document", async (c) => {
    const file = await c.getFile();
    const got = Buffer.from(await (await fetch(`${chat.botUrl}/file/bot${chat.token}/${file.file_path}`)).arrayBuffer());
    await c.replyWithDocument(new InputFile(got, "back.bin"));
  });
  const running = bot.start();
  await chat.sendFile(id, "data.bin", bytes, "application/octet-stream");
  const answer = (await chat.awaitMessages(id, 2))[1];
  assert.deepEqual([answer.document.file_name, answer.document.file_size], ["back.bin", bytes.length]);
  await bot.stop();
  await running;
});

test("Telegraf: apiRoot with a slash at its end", async () => {
  const id = await chat.newChat("Bob");
  const bot = new Telegraf(chat.token, { telegram: { apiRoot: `${chat.botUrl}/` } });
  bot.on("document", async (c) => {
    const link = await c.telegram.getFileLink(c.message.document.file_id);
    const got = Buffer.from(await (await fetch(link)).arrayBuffer());
    await c.reply(`${got.length} bytes`);
  });
  const running = bot.launch({ dropPendingUpdates: false });
  await chat.sendFile(id, "data.bin", bytes, "application/octet-stream");
  assert.equal((await chat.awaitMessages(id, 2))[1].text, `${bytes.length} bytes`);
  bot.stop("test");
  await running;
});
