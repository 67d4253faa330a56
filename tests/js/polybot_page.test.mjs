// PolyBot as a person at the browser has it: the page → bot → queue → worker (with the real yt-dlp) → bucket → the video
// plays in the chat; a dropped video goes through FaceBlur and comes back.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Chat, CHROMIUM, eventually, launchArguments } from "./chat.mjs";
import { startEngine } from "./engine.mjs";

const program = resolve(process.env.CUMULET_PROGRAM ?? "build/release/bin/cumulet");
const build = dirname(dirname(program));
const missing = [[CHROMIUM, "Chromium"], [existsSync("/usr/bin/yt-dlp"), "yt-dlp"], [existsSync(join(build, "packages/polybot-worker.zip")), "the worker's package"]]
  .filter(([there]) => !there).map(([, name]) => name).join(", ");
const skip = missing ? `no ${missing}: PolyBot was not tried in a browser` : false;
const scratch = mkdtempSync(join(tmpdir(), "cumulet-polybot-page-"));
const clip = join(scratch, "clip.mp4");

let engine, chat, browser, bot, site, botLog = "";

// The engine's region and keys for the programs that are its clients.
const environment = () => ({ ...process.env, AWS_ENDPOINT_URL: engine.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });

// Deploys a template; its outputs.
function deploy(template, stack, parameters) {
  const words = Object.entries(parameters).flatMap(([name, value]) => ["--parameter", `${name}=${value}`]);
  const told = execFileSync(program, ["deploy", template, "--stack", stack, ...words], { env: environment(), encoding: "utf8" });
  return Object.fromEntries(told.split("outputs")[1].split("\n").map((line) => line.trim().split(/\s+/)).filter((pair) => pair.length === 2));
}

function startBot(queue, bucket) {
  const folder = join(scratch, "bot");
  mkdirSync(folder);
  writeFileSync(join(folder, ".telegramToken"), chat.token);
  writeFileSync(join(folder, "config.json"), JSON.stringify({
    aws_region: "us-east-1", bot_to_worker_queue_name: queue, videos_bucket: bucket, telegram_api_url: chat.url, state_folder: join(folder, "state"),
  }));
  const child = spawn(join(build, "bin/polybot"), { cwd: folder, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => { botLog += text; });
  return child;
}

before(async () => {
  if (skip) return;
  execFileSync("ffmpeg", ["-v", "error", "-i", "samples/faces.mp4", "-t", "2", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", clip]);
  site = createServer((request, response) => {
    if (request.url !== "/holiday.mp4") { response.writeHead(404).end(); return; }
    response.writeHead(200, { "Content-Type": "video/mp4" }).end(request.method === "HEAD" ? undefined : readFileSync(clip));
  });
  await new Promise((listening) => site.listen(0, "127.0.0.1", listening));
  // YuNet where it is: what the check looks with.
  const model = execFileSync("/usr/bin/python3", ["-c", "from check_output import engine_model; print(engine_model())"], { cwd: "tests/e2e", encoding: "utf8" }).trim();
  chat = await new Chat().start();
  // Functions see of this machine only what they are given.
  const hosts = ["--function-hosts", `127.0.0.1:${chat.port},127.0.0.1:${site.address().port}`];
  engine = await startEngine([...hosts, "--face-model", model]);
  const outputs = deploy("apps/polybot/template.yaml", "polybot", { TelegramToken: chat.token, TelegramApiUrl: chat.url, AllowedNetworks: "127.0.0.1/32" });
  deploy("apps/faceblur/template.yaml", "faceblur", { ResultQueueArn: outputs.ResultsQueueArn });
  bot = startBot(outputs.WorkQueueName, outputs.VideosBucketName);
  browser = await chromium.launch(launchArguments());
});
after(async () => {
  await browser?.close();
  if (bot) {
    const ended = new Promise((exited) => bot.on("exit", exited));
    bot.kill("SIGTERM");
    await ended;
  }
  await chat?.stop();
  await engine?.stop();
  site?.close();
  rmSync(scratch, { recursive: true, force: true });
});

async function open() {
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  await page.goto(chat.url);
  await page.getByTestId("status").filter({ hasText: "online" }).waitFor();
  return page;
}

// The video that answers: plays it to its end and gives its bytes.
async function answer(page, seconds) {
  const video = page.locator(".message[data-from=bot] video").last();
  await video.waitFor({ timeout: seconds * 1000 }).catch((error) => { throw new Error(`${error.message}\nbot:\n${botLog}`); });
  const played = await video.evaluate(async (one) => {
    one.muted = true;
    await one.play();
    await new Promise((ended, failed) => { one.addEventListener("ended", ended); one.addEventListener("error", () => failed(one.error)); });
    return { at: one.currentTime, source: one.currentSrc };
  });
  assert.ok(played.at > 1.8, `played to ${played.at} s`);
  return Buffer.from(await (await fetch(played.source)).arrayBuffer());
}

test("a link written in the page comes back as its video", { skip }, async () => {
  const page = await open();
  await page.getByRole("textbox", { name: "Message" }).fill(`http://127.0.0.1:${site.address().port}/holiday.mp4`);
  await page.keyboard.press("Enter");
  assert.deepEqual(await answer(page, 60), readFileSync(clip));
  await eventually(async () => (await page.locator(".message .text", { hasText: /^(Fetching|Sending)/ }).count()) === 0, "the status line is gone");
  await page.close();
});

test("a video dropped into the page comes back blurred", { skip }, async (context) => {
  const page = await open();
  await page.getByRole("button", { name: "Another person" }).click();  // a chat without the video of the test before
  await page.getByRole("textbox", { name: "Name" }).fill("Marta");
  await page.keyboard.press("Enter");
  await page.getByRole("main", { name: "Chat of Marta" }).waitFor();
  const transfer = await page.evaluateHandle((encoded) => {
    const made = new DataTransfer();
    made.items.add(new File([Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0))], "clip.mp4", { type: "video/mp4" }));
    return made;
  }, readFileSync(clip).toString("base64"));
  await page.dispatchEvent("main", "dragenter", { dataTransfer: transfer });
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
  const blurred = join(scratch, "blurred.mp4");
  writeFileSync(blurred, await answer(page, 120));
  // FaceBlur's own check of its output: pictures, sound, times, and no face left.
  const checked = spawnSync("/usr/bin/python3", ["tests/e2e/check_output.py", clip, blurred], { encoding: "utf8" });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
  console.log(checked.stdout);
  await eventually(async () => (await page.locator(".message .text", { hasText: /^(Blurring|Sending)/ }).count()) === 0, "the status line is gone");
  await page.close();
  const missed = checked.stdout.match(/^skipped: (.*)$/m);
  if (missed) context.skip(missed[1]);
});
