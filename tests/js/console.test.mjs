// The console in a real browser (Debian's Chromium, headless): FaceBlur deployed, a film dropped, watched, played,
// reviewed; every room looked at by axe; hostile names and lines; an engine that goes and comes back.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { CreateLogGroupCommand, CreateLogStreamCommand, CloudWatchLogsClient, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { chromium } from "playwright-core";
import { CHROMIUM, eventually, launchArguments } from "./chat.mjs";
import { axe, closePage, openPage } from "./console.mjs";

const program = resolve(process.env.CUMULET_PROGRAM ?? "build/release/bin/cumulet");
const packages = join(dirname(dirname(program)), "packages/blur-faces.zip");
const missing = [[CHROMIUM, "Chromium"], [existsSync(packages), "FaceBlur's packages"]].filter(([there]) => !there).map(([, name]) => name).join(", ");
const skip = missing ? `no ${missing}: the console was not tried in a browser` : false;
const pictures = process.env.CUMULET_SCREENSHOTS; // a folder: every room, light and dark, to be looked at
const scratch = mkdtempSync(join(tmpdir(), "cumulet-console-"));
const kSample = join(scratch, "faces.mp4"); // three seconds of samples/faces.mp4

let engine, browser;

// An engine whose data outlives it: it is killed and comes back at the same port.
class Engine {
  constructor(more = []) { this.more = more; this.data = mkdtempSync(join(scratch, "data-")); }
  async start(port = 0) {
    this.child = spawn(program, ["up", "--data", this.data, "--port", String(port), "--log-level", "warn", ...this.more], { stdio: ["ignore", "pipe", "inherit"] });
    this.endpoint = await new Promise((found, failed) => {
      const timer = setTimeout(() => failed(new Error("the engine was not ready in two minutes")), 120_000);
      createInterface({ input: this.child.stdout }).on("line", (line) => { const url = line.match(/http:\/\/[\d.]+:\d+/); if (url) { clearTimeout(timer); found(url[0]); } });
      this.child.on("exit", (code) => { clearTimeout(timer); failed(new Error(`the engine ended with ${code}`)); });
    });
    return this;
  }
  end(signal) { return new Promise((gone) => { this.child.removeAllListeners("exit"); this.child.on("exit", gone); this.child.kill(signal); }); }
  client(Client) { return new Client({ endpoint: this.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, forcePathStyle: true }); }
  run(...words) { return execFileSync(program, words, { env: { ...process.env, AWS_ENDPOINT_URL: this.endpoint, CUMULET_DATA: this.data }, encoding: "utf8" }); }
}

const drop = async (page, target, files) => {
  const transfer = await page.evaluateHandle((all) => {
    const made = new DataTransfer();
    for (const { name, type, encoded } of all) made.items.add(new File([Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0))], name, { type }));
    return made;
  }, files.map(({ name, type, bytes }) => ({ name, type, encoded: bytes.toString("base64") })));
  for (const event of ["dragenter", "drop"]) await page.dispatchEvent(target, event, { dataTransfer: transfer });
};

async function picture(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

before(async () => {
  if (skip) return;
  execFileSync("ffmpeg", ["-v", "error", "-ss", "1", "-i", "samples/faces.mp4", "-t", "3", "-c:v", "libx264", "-preset", "veryfast", "-movflags", "+faststart", "-c:a", "aac", kSample]);
  engine = await new Engine().start();
  browser = await chromium.launch(launchArguments());
});
after(async () => {
  await browser?.close();
  await engine?.end("SIGTERM");
  rmSync(scratch, { recursive: true, force: true });
});

test("an S3 client lists its buckets where a browser is shown the console", { skip }, async () => {
  const browserLike = await fetch(`${engine.endpoint}/`, { headers: { Accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" } });
  assert.match(browserLike.headers.get("content-type"), /text\/html/);
  assert.match(browserLike.headers.get("vary"), /Accept(,|$)/);
  const policy = browserLike.headers.get("content-security-policy");
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.match(policy, new RegExp(`script-src ${new URL(engine.endpoint).host}/_cumulet/console/;`));
  for (const [path, Accept] of [["/", "*/*"], ["/?x-id=ListBuckets", "text/html"]]) {
    const listed = await fetch(engine.endpoint + path, { headers: { Accept } });
    assert.match(await listed.text(), /ListAllMyBucketsResult/);
    if (path === "/") assert.match(listed.headers.get("vary"), /Accept(,|$)/);
  }
});

test("keys are minted for the engine's own page, short ones, and for no other", { skip }, async () => {
  const mint = (headers = {}, body = "{}") => fetch(`${engine.endpoint}/_cumulet/v1/session`, { method: "POST", body, headers });
  const minted = await (await mint({ Origin: engine.endpoint })).json();
  assert.match(minted.accessKeyId, /^ASIA/);
  const left = new Date(minted.expiration) - Date.now();
  assert.ok(left > 0 && left <= 3_600_000, String(left));
  const { accessKeyId, secretAccessKey, sessionToken } = minted;
  const as = (secret) => new STSClient({ endpoint: engine.endpoint, region: "us-east-1", credentials: { accessKeyId, secretAccessKey: secret, sessionToken }, maxAttempts: 1 }).send(new GetCallerIdentityCommand({}));
  assert.match((await as(secretAccessKey)).Arn, /:root$/);
  await assert.rejects(as("wrong"), { name: "SignatureDoesNotMatch" });
  for (const headers of [{ Origin: "http://localhost:3000" }, { Origin: "https://evil.example" }, { Origin: "null" }, { "Sec-Fetch-Site": "cross-site" }]) assert.equal((await mint(headers)).status, 403, JSON.stringify(headers));
  assert.equal((await mint({ Origin: engine.endpoint }, `{"code":"${"0".repeat(64)}"}`)).status, 401);
  assert.equal((await mint({ Origin: engine.endpoint }, "x".repeat(10_000))).status, 400);
  assert.equal((await fetch(`${engine.endpoint}/_cumulet/v1/session`)).status, 405);
});

test("from nothing deployed to first steps", { skip }, async () => {
  const page = await openPage(browser, engine.endpoint);
  await page.getByRole("heading", { name: "First steps" }).waitFor();
  await page.getByText("Nothing has failed").waitFor();
  await page.locator(".ui-live[data-state=live]").waitFor();
  await picture(page, "home-empty");
  await page.goto(`${engine.endpoint}/#/faceblur`);
  await page.getByText("FaceBlur is not deployed in this engine").waitFor();
  await closePage(page);
});

test("a film is dropped, its states light up, the result plays and differs where the face was", { skip, timeout: 400_000 }, async () => {
  engine.run("deploy", "apps/faceblur/template.yaml");
  const page = await openPage(browser, engine.endpoint, "#/faceblur");
  await page.getByRole("button", { name: /Drop films here/ }).waitFor();
  await drop(page, ".fb-room", [{ name: "Holiday.MP4", type: "video/mp4", bytes: readFileSync(kSample) }, { name: "notes.txt", type: "text/plain", bytes: Buffer.from("x") }]);
  await page.getByRole("alert").filter({ hasText: "notes.txt is no .mp4 or .mov" }).waitFor();
  await page.getByTestId("upload").getByRole("link", { name: "Holiday.mp4" }).click();
  await page.locator(".fb-steps li[data-state=running]").first().waitFor();
  await picture(page, "film-running");
  const seen = new Set();
  await eventually(async () => {
    for (const name of await page.locator(".fb-steps li[data-state=running] .fb-step-name").evaluateAll((all) => all.map((one) => one.firstChild.textContent))) seen.add(name);
    return page.getByTestId("after").count();
  }, "the result", 300_000);
  assert.ok(seen.has("Blur Faces on Video"), [...seen].join());
  await page.locator(".fb-steps li[data-state=done]", { hasText: "Execution Succeeded" }).waitFor();
  await page.getByLabel("Face 1,").first().waitFor();
  // The middle of the face, in both films, at the same frame.
  const differs = await page.evaluate(async () => {
    const [before, after] = ["before", "after"].map((id) => document.querySelector(`[data-testid=${id}]`));
    const pixels = async (video) => {
      video.currentTime = 1.5;
      await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
      const canvas = document.createElement("canvas");
      canvas.width = 64; canvas.height = 36;
      const pen = canvas.getContext("2d");
      pen.drawImage(video, 0, 0, 64, 36);
      return pen.getImageData(0, 0, 64, 36).data;
    };
    const [a, b] = [await pixels(before), await pixels(after)];
    let most = 0, sum = 0;
    for (let i = 0; i < a.length; i += 4) { const d = Math.abs(a[i] - b[i]); most = Math.max(most, d); sum += d; }
    return { most, mean: sum / (a.length / 4) };
  });
  assert.ok(differs.most > 25 && differs.mean < differs.most / 3, JSON.stringify(differs));
  await page.getByRole("button", { name: "Play", exact: true }).click();
  await eventually(async () => (await page.getByTestId("after").evaluate((video) => video.currentTime)) > 1.8, "playing");
  const apart = await page.evaluate(() => { const [a, b] = ["before", "after"].map((id) => document.querySelector(`[data-testid=${id}]`).currentTime); return Math.abs(a - b); });
  assert.ok(apart < 0.3, String(apart));
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  const at = await page.getByTestId("after").evaluate((video) => video.currentTime);
  await page.getByRole("button", { name: "One frame on" }).click();
  const moved = (await page.getByTestId("after").evaluate((video) => video.currentTime)) - at;
  assert.ok(moved > 0.005 && moved < 0.09, String(moved));
  await page.getByLabel("How much of the film before shows").fill("30");
  await picture(page, "film-done");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  assert.equal(download.suggestedFilename(), "blurred-Holiday.mp4");
  await closePage(page);
});

test("a missed face is covered by hand and the film rendered again", { skip, timeout: 400_000 }, async () => {
  const page = await openPage(browser, engine.endpoint, "#/faceblur/Holiday.mp4/review");
  await page.getByRole("button", { name: /^Cover of face 1/ }).waitFor(); // it begins where a face shows
  await page.getByLabel("Position in the film").fill("0");
  await page.getByRole("button", { name: "Cover a missed face" }).click();
  const stage = await page.locator(".fb-edit").boundingBox();
  await page.mouse.move(stage.x + stage.width * 0.05, stage.y + stage.height * 0.1);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width * 0.2, stage.y + stage.height * 0.4, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("button", { name: /^Cover of face \d+, added/ }).waitFor();
  await picture(page, "review");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Render the film" }).click();
  await page.waitForURL(/#\/faceblur\/Holiday\.mp4$/, { timeout: 300_000 });
  // The corner that was drawn over is covered now.
  await page.getByTestId("after").waitFor();
  const differs = await page.evaluate(async () => {
    const pixels = async (id) => {
      const video = document.querySelector(`[data-testid=${id}]`);
      video.currentTime = 0.5;
      await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
      const canvas = document.createElement("canvas");
      canvas.width = 80; canvas.height = 45;
      const pen = canvas.getContext("2d");
      pen.drawImage(video, 0, 0, 80, 45);
      return pen.getImageData(4, 5, 12, 13).data;
    };
    const [a, b] = [await pixels("before"), await pixels("after")];
    let sum = 0;
    for (let i = 0; i < a.length; ++i) sum += Math.abs(a[i] - b[i]);
    return sum / a.length;
  });
  assert.ok(differs > 1.5, `the drawn cover shows: ${differs}`);
  await closePage(page);
});

test("a film that fails says in plain words what happened", { skip, timeout: 300_000 }, async () => {
  const film = readFileSync(kSample);
  await engine.client(S3Client).send(new PutObjectCommand({ Bucket: "faceblur-input-000000000000", Key: "cut.mp4", Body: film.subarray(0, film.length >> 1) }));
  await engine.client(S3Client).send(new PutObjectCommand({ Bucket: "faceblur-input-000000000000", Key: "IMG_0001.MOV", Body: film }));
  const page = await openPage(browser, engine.endpoint, "#/faceblur/cut.mp4");
  await page.getByTestId("failure").filter({ hasText: /damaged or cut off/ }).waitFor({ timeout: 120_000 });
  await picture(page, "film-failed");
  await page.goto(`${engine.endpoint}/#/faceblur`);
  await page.getByRole("row", { name: /IMG_0001.MOV No trigger/ }).waitFor();
  await page.goto(`${engine.endpoint}/#/trace`);
  await page.getByRole("link", { name: "faceblur-input-000000000000/IMG_0001.MOV" }).first().click();
  await page.getByText("does not end with '.mp4' or '.mov'").first().waitFor();
  await picture(page, "trace-unmatched");
  await page.goto(`${engine.endpoint}/#/trace/object/${encodeURIComponent("faceblur-input-000000000000/Holiday.mp4")}`);
  await page.getByText("uploaded (").first().waitFor();
  await picture(page, "trace");
  await closePage(page);
});

test("hostile names, lines and types run nothing", { skip }, async () => {
  const evil = `<img src=x onerror=alert(1)>"'><script>alert(2)</script>`;
  const s3 = engine.client(S3Client);
  await s3.send(new PutObjectCommand({ Bucket: "faceblur-input-000000000000", Key: `${evil}.txt`, Body: "x" }));
  await s3.send(new PutObjectCommand({ Bucket: "faceblur-input-000000000000", Key: `javascript:alert(3)//#/../%00.mp4`, Body: "no film" }));
  const steal = `<script>fetch("/_cumulet/v1/session",{method:"POST",body:"{}"}).then((a)=>a.text()).then((t)=>{document.title="STOLEN "+t},(e)=>{document.title="refused"})</script>`;
  await s3.send(new PutObjectCommand({ Bucket: "faceblur-input-000000000000", Key: "page.html", Body: steal, ContentType: "text/html" }));
  await s3.send(new PutObjectCommand({ Bucket: "faceblur-input-000000000000", Key: "app.js", Body: "globalThis.wasRun = true", ContentType: "text/javascript" }));
  const logs = engine.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/evil" }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: "/evil", logStreamName: "s" }));
  await logs.send(new PutLogEventsCommand({ logGroupName: "/evil", logStreamName: "s", logEvents: [{ timestamp: Date.now(), message: `${evil} \u001b[31m \u202e end` }] }));
  const page = await openPage(browser, engine.endpoint, "#/faceblur");
  await page.getByText("<img src=x").first().waitFor();
  await page.goto(`${engine.endpoint}/#/logs?group=/evil`);
  await page.locator(".logs-text", { hasText: "<img src=x onerror" }).waitFor();
  await page.goto(`${engine.endpoint}/#/trace`);
  await page.getByText("<img src=x").first().waitFor();
  for (const hash of ["#/<script>alert(4)</script>", "#/trace/%3Cscript%3E", "#/faceblur/%E0%A4%A", "#/faces/..%2F..", "#/logs?group=%00&find=%22%5B"]) {
    await page.goto(`${engine.endpoint}/${hash}`);
    await page.locator("main#main").waitFor();
  }
  // What lies in a bucket is of the same origin, and yet no script of the console.
  const wasRun = await page.evaluate(async (src) => {
    const script = document.createElement("script");
    script.src = src;
    const end = new Promise((done) => { script.onload = () => done("ran"); script.onerror = () => done("refused"); });
    document.head.append(script);
    return [await end, globalThis.wasRun ?? false];
  }, `${engine.endpoint}/faceblur-input-000000000000/app.js`);
  assert.deepEqual(wasRun, ["refused", false]);
  page.complaints = page.complaints.filter((one) => !/violates the following Content Security Policy/.test(one));
  // An object that a browser opens as a page has an origin of its own, and gets no keys.
  const other = await page.context().newPage();
  await other.goto(`${engine.endpoint}/faceblur-input-000000000000/page.html`);
  await eventually(async () => /STOLEN|refused/.test(await other.title()), "the page's try");
  assert.equal(await other.title(), "refused");
  await closePage(page);
});

test("nothing frames it, and another site's page gets nothing", { skip }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route("http://evil.example/", (route) => route.fulfill({ contentType: "text/html", body: `<iframe src="${engine.endpoint}/"></iframe>` }));
  await page.goto("http://evil.example/");
  await page.waitForTimeout(800);
  const inside = page.frames().find((frame) => frame.parentFrame());
  assert.equal(await inside.locator("#root").count().catch(() => 0), 0);
  const told = await page.evaluate((endpoint) => fetch(`${endpoint}/_cumulet/v1/session`, { method: "POST", body: "{}", mode: "no-cors" }).then((answer) => answer.type, () => "refused"), engine.endpoint);
  assert.ok(["opaque", "refused"].includes(told), told);
  await context.close();
});

const kRooms = ["#/", "#/faceblur", "#/faceblur/Holiday.mp4", "#/faces", "#/logs?span=all", "#/trace", "#/chat", "#/no-such-room"];
const settled = async (page) => {
  await page.locator("main#main h1, main#main h3").first().waitFor();
  await page.waitForLoadState("networkidle").catch(() => {});
  await page.waitForTimeout(1200);
};

for (const [name, options] of [["light", { colorScheme: "light" }], ["dark", { colorScheme: "dark" }]])
  test(`axe finds nothing in any room, ${name}`, { skip, timeout: 300_000 }, async () => {
    const page = await openPage(browser, engine.endpoint, "#/", options);
    for (const hash of kRooms) {
      await page.goto(`${engine.endpoint}/${hash}`);
      await settled(page);
      assert.deepEqual(await axe(page), [], hash);
      if (pictures && name === "light") await picture(page, `room${hash.replace(/\W+/g, "-")}`);
    }
    await page.goto(`${engine.endpoint}/#/faces`);
    const jobs = page.locator('main a[href^="#/faces/"]');
    await jobs.first().waitFor();
    const job = await jobs.first().getAttribute("href");
    await page.goto(`${engine.endpoint}/${job}`);
    await settled(page);
    assert.deepEqual(await axe(page), [], "a job");
    await picture(page, "faces-job");
    await closePage(page);
  });

test("on a phone nothing sticks out", { skip, timeout: 200_000 }, async () => {
  const page = await openPage(browser, engine.endpoint, "#/", { viewport: { width: 360, height: 700 }, isMobile: true, hasTouch: true, colorScheme: "dark" });
  for (const hash of kRooms) {
    await page.goto(`${engine.endpoint}/${hash}`);
    await settled(page);
    const widths = await page.evaluate(() => ({ page: document.documentElement.scrollWidth, room: document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth, screen: innerWidth }));
    assert.ok(widths.page <= widths.screen && widths.room <= 0, `${hash}: ${JSON.stringify(widths)}`);
    if (pictures) await page.screenshot({ path: join(pictures, `phone${hash.replace(/\W+/g, "-")}.png`) });
  }
  await page.getByRole("button", { name: "Rooms" }).tap();
  await page.getByRole("navigation", { name: "Rooms" }).getByRole("link", { name: "Logs" }).tap();
  await page.getByRole("heading", { name: "Logs" }).waitFor();
  await closePage(page);
});

test("by keyboard alone: palette, room, table, film", { skip }, async () => {
  const page = await openPage(browser, engine.endpoint);
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("blur");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "FaceBlur" }).waitFor();
  await page.getByRole("link", { name: "Holiday.mp4" }).waitFor();
  for (let n = 0; n < 40; ++n) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.textContent === "Holiday.mp4")) break;
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Holiday.mp4" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await closePage(page);
});

test("the first room is light", { skip }, async () => {
  const page = await openPage(browser, engine.endpoint, "#/no-such-room");
  await page.getByText("There is no such room").waitFor();
  let sent = 0;
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  const own = new Set();
  client.on("Network.responseReceived", ({ requestId, response }) => { if (response.url.includes("/_cumulet/console/") || response.url === `${engine.endpoint}/`) own.add(requestId); });
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => { if (own.has(requestId)) sent += encodedDataLength; });
  await page.goto(`${engine.endpoint}/#/`);
  await page.reload();
  await page.getByRole("heading", { name: "Home" }).waitFor();
  await settled(page);
  assert.ok(sent > 50_000 && sent < 300_000, `${sent} bytes`);
  await closePage(page);
});

test("the engine goes and comes back under an open page, which says so and catches up", { skip, timeout: 200_000 }, async () => {
  const page = await openPage(browser, engine.endpoint, "#/trace");
  await page.locator(".ui-live[data-state=live]").waitFor();
  const port = new URL(engine.endpoint).port;
  await engine.end("SIGKILL");
  await page.getByRole("alert").filter({ hasText: "does not answer" }).waitFor();
  await engine.start(port);
  await engine.client(S3Client).send(new PutObjectCommand({ Bucket: "faceblur-input-000000000000", Key: "meanwhile.txt", Body: "x" }));
  await page.locator(".ui-live[data-state=live]").waitFor();
  await page.getByText("faceblur-input-000000000000/meanwhile.txt").first().waitFor();
  await page.goto(`${engine.endpoint}/#/faceblur`); // its keys are of the engine before
  await page.getByRole("link", { name: "Holiday.mp4" }).waitFor();
  await closePage(page);
});

test("where keys are asked for: sign in by key, by the one-time link, and the stream's own scope", { skip, timeout: 200_000 }, async () => {
  const closed = await new Engine(["--require-authentication"]).start();
  try {
    const kept = readFileSync(join(closed.data, "root-credentials"), "utf8");
    const [id, secret] = ["aws_access_key_id", "aws_secret_access_key"].map((name) => kept.match(new RegExp(`${name}\\s*=\\s*(\\S+)`))[1]);
    const page = await openPage(browser, closed.endpoint);
    await page.getByRole("heading", { name: "Sign in to Cumulet" }).waitFor();
    assert.deepEqual(await axe(page), []);
    await picture(page, "sign-in");
    await page.getByLabel("Access key ID").fill(id);
    await page.getByLabel("Secret access key").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Secret access key").fill(secret);
    const [stream] = await Promise.all([page.waitForRequest(/\/v1\/feed/), page.getByRole("button", { name: "Sign in" }).click()]);
    await page.getByRole("heading", { name: "First steps" }).waitFor();
    await page.locator(".ui-live[data-state=live]").waitFor();
    assert.equal(await page.evaluate((text) => JSON.stringify({ ...localStorage, ...sessionStorage }).includes(text), secret), false);
    await closePage(page);

    // The stream's address opens the stream, and nothing else.
    const url = new URL(stream.url());
    assert.match(url.searchParams.get("X-Amz-Credential"), /\/cumulet-feed\/aws4_request$/);
    assert.equal(url.searchParams.get("X-Amz-Expires"), "300");
    const open = await fetch(url, { headers: { Accept: "text/event-stream" } });
    assert.equal(open.status, 200);
    await open.body.cancel();
    for (const path of ["/_cumulet/v1/failures", "/_cumulet/metrics", "/_cumulet/chat/"]) assert.ok([401, 403].includes((await fetch(new URL(path + url.search, closed.endpoint))).status), path);
    assert.equal((await fetch(new URL(`/bucket/key${url.search}`, closed.endpoint))).status >= 400, true);
    url.searchParams.set("X-Amz-Expires", "3600");
    assert.equal((await fetch(url)).status, 403);

    const link = closed.run("console", "--print", "--endpoint", closed.endpoint).trim();
    assert.match(link, /\/#\/sign-in\/[0-9a-f]{64}$/);
    const linked = await openPage(browser, closed.endpoint, link.slice(closed.endpoint.length + 1));
    await linked.getByRole("heading", { name: "First steps" }).waitFor();
    assert.equal(new URL(linked.url()).hash, "#/");
    await closePage(linked);
    const again = await openPage(browser, closed.endpoint, link.slice(closed.endpoint.length + 1));
    await again.getByText("This link was used already").waitFor();
    await closePage(again);
  } finally {
    await closed.end("SIGTERM");
  }
});
