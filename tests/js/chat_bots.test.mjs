// Telegram's own client libraries, unchanged: only the base URL and the token differ. grammY and Telegraf each run a bot.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Bot, GrammyError, InputFile } from "grammy";
import { Telegraf } from "telegraf";
import { Chat, eventually, sleep } from "./chat.mjs";

const bytes = Buffer.alloc(300_000);
for (let i = 0; i < bytes.length; i += 4) bytes.writeUInt32LE(i, i);

let chat, files;
before(async () => {
  chat = await new Chat().start();
  // Where a bot's links point to.
  files = createServer((request, answer) => {
    if (request.url === "/missing.mp4") return answer.writeHead(404).end();
    if (request.url === "/page.mp4") return answer.writeHead(200, { "Content-Type": "text/html" }).end("<html>");
    return answer.writeHead(200, { "Content-Type": "video/mp4" }).end(bytes);
  });
  await new Promise((resolve) => files.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  files?.close();
  await chat?.stop();
});
const link = (name) => `http://127.0.0.1:${files.address().port}/${name}`;

test("grammY: text, edit, video by multipart, by file_id and by URL, download", async () => {
  const id = await chat.newChat("Ada");
  const bot = new Bot(chat.token, { client: { apiRoot: chat.url } });
  bot.on("message:text", async (c) => {
    const sent = await c.reply("working on it");
    await c.api.editMessageText(c.chat.id, sent.message_id, `*${c.msg.text}*`, { parse_mode: "MarkdownV2" });
  });
  bot.on([":video", ":document"], async (c) => {
    const file = await c.getFile();
    const got = Buffer.from(await (await fetch(`${chat.url}/file/bot${chat.token}/${file.file_path}`)).arrayBuffer());
    await c.replyWithVideo(new InputFile(got, "by multipart.mp4"), { caption: "one" });
    await c.replyWithDocument((c.msg.video ?? c.msg.document).file_id, { caption: "two" });
    await c.replyWithVideo(link("film.mp4"), { caption: "three", width: 64, height: 48, duration: 3 });
  });
  const running = bot.start();
  await chat.say(id, "hello");
  const edited = await eventually(async () => (await chat.messages(id)).find((one) => one.edit_date), "an edited message");
  assert.equal(edited.text, "hello");
  assert.deepEqual(edited.entities, [{ offset: 0, length: 5, type: "bold" }]);
  await chat.sendFile(id, "data.bin", bytes, "application/octet-stream");
  const [one, two, three] = (await chat.awaitMessages(id, 6)).slice(3);
  assert.deepEqual([one.caption, one.video.file_name, one.video.file_size], ["one", "by multipart.mp4", bytes.length]);
  assert.deepEqual([two.caption, two.document.file_name], ["two", "data.bin"]);
  assert.deepEqual([three.caption, three.video.file_name, three.video.width, three.video.duration], ["three", "film.mp4", 64, 3]);
  for (const file of [one.video, two.document, three.video]) {
    const shown = await fetch(`${chat.url}/chat/api/files/${file.file_id}`);
    assert.equal(Buffer.compare(Buffer.from(await shown.arrayBuffer()), bytes), 0);
  }
  await bot.stop();
  await running;
});

test("grammY: what is refused, in Telegram's words", async () => {
  const { api } = new Bot(chat.token, { client: { apiRoot: chat.url } });
  const id = await chat.firstChat();
  const refused = (promise, code, description) =>
    assert.rejects(promise, (error) => error instanceof GrammyError && error.error_code === code && error.description === description || assert.fail(String(error)));
  await refused(api.sendMessage(1, "x"), 400, "Bad Request: chat not found");
  await refused(api.sendMessage(id, " "), 400, "Bad Request: message text is empty");
  await refused(api.sendMessage(id, "x".repeat(4097)), 400, "Bad Request: message is too long");
  await refused(api.sendVideo(id, link("missing.mp4")), 400, "Bad Request: failed to get HTTP URL content");
  await refused(api.sendVideo(id, link("page.mp4")), 400, "Bad Request: wrong type of the web page content");
  await refused(api.sendVideo(id, "AgADBAADnope"), 400, "Bad Request: wrong file identifier/HTTP URL specified");
  await refused(api.sendVideo(id, new InputFile(Buffer.alloc(0), "empty.mp4")), 400, "Bad Request: file must be non-empty");
  await refused(api.editMessageText(id, 999_999, "x"), 400, "Bad Request: message to edit not found");
  await refused(api.setMyCommands([{ command: "Big Words", description: "x" }]), 400, "Bad Request: BOT_COMMAND_INVALID");
  await refused(new Bot("123456:wrong", { client: { apiRoot: chat.url } }).api.getMe(), 401, "Unauthorized");
  await refused(api.raw.banChatMember({ chat_id: id, user_id: 1 }), 404, "Not Found");
  await refused(api.answerCallbackQuery("123"), 400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
  const keyboard = await api.sendMessage(id, "keys", { reply_markup: { inline_keyboard: [[{ text: "a", callback_data: "a" }]] } });
  await assert.rejects(chat.post(`chats/${id}/callbacks`, { message_id: keyboard.message_id, data: "forged" }), /BUTTON_DATA_INVALID/);
  const sent = await api.sendMessage(id, "x");
  await refused(api.editMessageText(id, sent.message_id, "x"), 400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
});

test("Telegraf: an echo bot with commands, actions and a streamed video", async () => {
  const id = await chat.newChat("Bob");
  const bot = new Telegraf(chat.token, { telegram: { apiRoot: chat.url } });
  bot.start((c) => c.reply("welcome"));
  bot.command("film", async (c) => {
    await c.sendChatAction("upload_video");
    await c.replyWithVideo({ source: bytes, filename: "film.mp4" }, { caption: "<i>a film</i>", parse_mode: "HTML" });
  });
  bot.on("text", (c) => c.reply(`echo ${c.message.text}`, { reply_parameters: { message_id: c.message.message_id } }));
  const running = bot.launch({ dropPendingUpdates: false });
  await chat.say(id, "/start");
  await chat.awaitMessages(id, 2);
  await chat.say(id, "/film");
  await chat.awaitMessages(id, 4);
  await chat.say(id, "grüße 😀");
  const all = await chat.awaitMessages(id, 6);
  assert.equal(all[1].text, "welcome");
  assert.equal(all[3].video.file_size, bytes.length);
  assert.deepEqual(all[3].caption_entities, [{ offset: 0, length: 6, type: "italic" }]);
  assert.equal(all[5].text, "echo grüße 😀");
  assert.equal(all[5].reply_to_message.message_id, all[4].message_id);
  bot.stop("test");
  await running;
});

test("of two bots with one token the first is told to stop", async () => {
  const first = new Bot(chat.token, { client: { apiRoot: chat.url } });
  const failed = first.start().catch((error) => error);
  await eventually(() => first.isRunning(), "the first bot to run");
  await sleep(100);
  const { api } = new Bot(chat.token, { client: { apiRoot: chat.url } });
  const second = api.getUpdates({ timeout: 1 });
  const error = await failed;
  assert.equal(error.error_code, 409);
  assert.equal(error.description, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running");
  assert.deepEqual(await second, []);
});
