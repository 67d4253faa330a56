// The chat page in a real browser (Debian's Chromium, headless), with a grammY bot on the other side.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Bot, InlineKeyboard, InputFile } from "grammy";
import { chromium } from "playwright-core";
import { Chat, CHROMIUM, eventually, launchArguments, sleep } from "./chat.mjs";

const skip = CHROMIUM ? false : "no Chromium: the chat page was not tried in a browser";
const scratch = mkdtempSync(join(tmpdir(), "cumulet-page-"));
const clip = join(scratch, "clip.mp4");

let chat, browser, bot;
const pages = [];

// A page of its own, and what it complained about.
async function open(hash = "", options = {}) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 }, ...options });
  page.setDefaultTimeout(15_000);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (line) => { if (line.type() === "error" && !/ERR_CONNECTION_REFUSED|Failed to load resource/.test(line.text())) page.complaints.push(line.text()); });
  page.on("request", (request) => { if (new URL(request.url()).origin !== chat.url && !request.url().startsWith("data:")) page.complaints.push(`foreign request: ${request.url()}`); });
  await page.goto(`${chat.url}/${hash}`);
  pages.push(page);
  return page;
}
const field = (page) => page.getByRole("textbox", { name: "Message" });
const texts = (page) => page.locator(".message .text").allInnerTexts();
const waitText = (page, text) => page.locator(".message .text", { hasText: text }).first().waitFor();
async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.close();
}

function startBot() {
  const made = new Bot(chat.token, { client: { apiRoot: chat.url } });
  made.command("start", (c) => c.reply("Welcome, <b>friend</b>", { parse_mode: "HTML" }));
  made.command("slow", async (c) => {
    const status = await c.reply("Your message is being processed...");
    await c.replyWithChatAction("upload_video");
    await sleep(1200);
    await c.api.editMessageText(c.chat.id, status.message_id, "Done in 1.2 s");
  });
  made.command("choose", (c) => c.reply("Which one?", { reply_markup: new InlineKeyboard().text("This", "this").text("That", "that").row().url("More", "https://example.org/more") }));
  made.on("callback_query:data", async (c) => {
    await c.answerCallbackQuery({ text: `You chose ${c.callbackQuery.data}` });
    await c.editMessageText(`Chosen: ${c.callbackQuery.data}`);
  });
  made.on("message:video", async (c) => {
    const file = await c.getFile();
    const bytes = Buffer.from(await (await fetch(`${chat.url}/file/bot${chat.token}/${file.file_path}`)).arrayBuffer());
    await c.replyWithVideo(new InputFile(bytes, "answer.mp4"), { caption: `${bytes.length} bytes`, reply_parameters: { message_id: c.msg.message_id } });
  });
  made.on("message:document", (c) => c.reply(`A file: ${c.msg.document.file_name}`));
  made.on("message:text", (c) => c.reply(`echo ${c.chat.id} ${c.msg.text}`));
  void made.start();
  return made;
}

before(async () => {
  if (skip) return;
  execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc2=d=2:s=320x180:r=12", "-pix_fmt", "yuv420p", "-movflags", "+faststart", clip]);
  chat = await new Chat().start();
  browser = await chromium.launch(launchArguments());
});
after(async () => {
  await bot?.stop();
  await browser?.close();
  await chat?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

test("an empty chat says what to do, and notices the bot that comes", { skip }, async () => {
  const page = await open();
  await page.getByText("No bot is connected yet").waitFor();
  assert.equal(await page.getByTestId("status").innerText(), "no bot is connected");
  assert.ok(await page.getByText(chat.url, { exact: true }).isVisible());
  bot = startBot();
  await bot.api.setMyCommands([{ command: "start", description: "Begin" }, { command: "slow", description: "Take your time" }]);
  await page.getByText("Say hello to PolyBot").waitFor();
  assert.equal(await page.getByTestId("status").innerText(), "online");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await waitText(page, "Welcome, friend");
  assert.equal(await page.locator(".message .text b").innerText(), "friend");
  await close(page);
});

test("typing, the answer, a link that is only a link", { skip }, async () => {
  const page = await open();
  await field(page).fill("see https://example.org/a?b=1&c=<script>alert(1)</script>");
  await page.keyboard.press("Enter");
  await page.locator(".message[data-from=bot] .text", { hasText: "echo" }).waitFor();
  assert.equal(await page.locator(".message[data-from=person] a", { hasText: "example.org" }).first().getAttribute("href"), "https://example.org/a?b=1&c=");
  await field(page).fill("first line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await waitText(page, /^first line\nsecond line$/);
  assert.equal(await field(page).inputValue(), "");
  await field(page).fill("x".repeat(4097));
  assert.ok(await page.getByRole("button", { name: "Send", exact: true }).isDisabled());
  await close(page);
});

test("the commands' menu by keyboard, the status line, the edited message", { skip }, async () => {
  const page = await open();
  await page.getByRole("button", { name: "Commands" }).waitFor();
  await field(page).fill("/");
  assert.equal(await page.getByRole("option").count(), 2);
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.getByRole("option", { selected: true }).innerText().then((text) => text.split(/\s/)[0]), "/slow");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("option").count(), 0);
  await field(page).fill("/sl");
  await page.keyboard.press("Enter");
  await waitText(page, "Your message is being processed...");
  await page.getByTestId("status").filter({ hasText: "is sending a video…" }).waitFor();
  await waitText(page, "Done in 1.2 s");
  assert.ok(!(await texts(page)).includes("Your message is being processed..."));
  assert.equal(await page.locator(".message", { hasText: "Done in 1.2 s" }).getByText("edited").count(), 1);
  await close(page);
});

test("buttons under a message", { skip }, async () => {
  const page = await open();
  await field(page).fill("/choose");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "More" }).waitFor();
  await page.getByRole("button", { name: "That", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "You chose that" }).waitFor();
  await waitText(page, "Chosen: that");
  assert.equal(await page.getByRole("button", { name: "That", exact: true }).count(), 0);
  await close(page);
});

test("a dropped video goes up, comes back, and plays", { skip }, async () => {
  const page = await open();
  await field(page).fill("my caption");
  const bytes = readFileSync(clip).toString("base64");
  const transfer = await page.evaluateHandle((encoded) => {
    const raw = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
    const made = new DataTransfer();
    made.items.add(new File([raw], "My clip.mp4", { type: "video/mp4" }));
    return made;
  }, bytes);
  await page.dispatchEvent("main", "dragenter", { dataTransfer: transfer });
  await page.getByText("Drop the video to send it").waitFor();
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
  await waitText(page, `${readFileSync(clip).length} bytes`);
  await waitText(page, "my caption");
  assert.equal(await page.locator(".message[data-from=bot] .quoted").last().innerText().then((text) => text.includes("my caption")), true);
  const played = await page.locator(".message[data-from=bot] video").last().evaluate(async (video) => {
    video.muted = true;
    await video.play();
    video.currentTime = 1.5; // seeks by a range request
    await new Promise((resolve) => video.addEventListener("ended", resolve));
    return { width: video.videoWidth, height: video.videoHeight, at: video.currentTime };
  });
  assert.equal(played.width, 320);
  assert.equal(played.height, 180);
  assert.ok(played.at > 1.9, String(played.at));
  await close(page);
});

test("the button sends files, also what is no video", { skip }, async () => {
  const page = await open();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Send a video or file" }).click()]);
  await chooser.setFiles([{ name: "not a film.mp4", mimeType: "video/mp4", buffer: Buffer.from("these bytes are no film") }]);
  await waitText(page, "A file: not a film.mp4");
  await close(page);
});

test("a large file shows its progress and can be stopped", { skip }, async () => {
  const page = await open();
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  await client.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 300_000 });
  const before = (await chat.messages(await chat.firstChat())).length;
  await page.locator("input[type=file]").setInputFiles([{ name: "large.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(4_000_000, 1) }]);
  const bar = page.getByRole("progressbar", { name: "Sending large.bin" });
  await bar.waitFor();
  await eventually(async () => (await bar.getAttribute("value")) > 0.01, "progress");
  await page.getByRole("button", { name: "Stop sending large.bin" }).click();
  await bar.waitFor({ state: "detached" });
  assert.equal((await chat.messages(await chat.firstChat())).length, before);
  await close(page);
});

test("two people's chats never cross", { skip }, async () => {
  const one = await open();
  const two = await open();
  await two.getByRole("button", { name: "Another person" }).click();
  await two.getByRole("textbox", { name: "Name" }).fill("Marta");
  await two.keyboard.press("Enter");
  await two.getByRole("main", { name: "Chat of Marta" }).waitFor();
  const [first, second] = (await chat.page("changes")).chats.map((one) => one.id);
  for (let i = 0; i < 25; ++i) {
    for (const [page, name] of [[one, "mine"], [two, "hers"]]) {
      await field(page).fill(`${name} ${i}`);
      await page.keyboard.press("Enter");
    }
  }
  for (const [page, id, name, other] of [[one, first, "mine", "hers"], [two, second, "hers", "mine"]]) {
    await eventually(async () => (await texts(page)).filter((text) => text.startsWith(`echo ${id} ${name} `)).length === 25, `25 answers to ${name}`);
    assert.ok(!(await texts(page)).some((text) => text.includes(`${other} `)));
  }
  // The other chat's news show in the list of people, and are read there.
  await chat.say(first, "unseen");
  await two.getByText("new messages").waitFor({ state: "attached" });
  await two.getByRole("button", { name: /^Y?\s*You/ }).click();
  await waitText(two, "unseen");
  await close(one);
  await close(two);
});

test("the page comes back by itself after the server was killed, and sends what it could not", { skip }, async () => {
  const page = await open();
  await waitText(page, "Done in 1.2 s");
  await chat.kill();
  await page.getByRole("alert").filter({ hasText: "does not answer" }).waitFor();
  await field(page).fill("written meanwhile");
  await page.keyboard.press("Enter");
  await page.getByText(/^Not sent/).waitFor();
  await bot.stop().catch(() => {});
  await chat.start(chat.port);
  await page.getByRole("alert").filter({ hasText: "does not answer" }).waitFor({ state: "detached" });
  await waitText(page, "Done in 1.2 s");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText(/^Not sent/).waitFor({ state: "detached" });
  bot = startBot();
  await waitText(page, /echo \d+ written meanwhile/);
  assert.equal((await texts(page)).filter((text) => text === "written meanwhile").length, 1);
  await close(page);
});

test("on a phone in the dark nothing sticks out", { skip }, async () => {
  const page = await open("", { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true, colorScheme: "dark" });
  await waitText(page, "Done in 1.2 s");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(14, 17, 21)");
  const atEnd = () => page.evaluate(() => { const list = document.querySelector(".messages"); return list.scrollHeight - list.scrollTop - list.clientHeight < 5; });
  await eventually(atEnd, "the newest message in sight");
  await page.getByRole("button", { name: /^People/ }).tap();
  await page.getByRole("button", { name: /Marta/ }).tap();
  await page.getByRole("main", { name: "Chat of Marta" }).waitFor();
  await close(page);
});

test("everything that can be pressed or filled in has a name", { skip }, async () => {
  const page = await open();
  await waitText(page, "Done in 1.2 s");
  const nameless = await page.locator("button, a, input:not([aria-hidden]), textarea, video").evaluateAll((all) =>
    all.filter((one) => !(one.getAttribute("aria-label") || one.innerText?.trim() || one.labels?.length)).map((one) => one.outerHTML));
  assert.deepEqual(nameless, []);
  await close(page);
});
