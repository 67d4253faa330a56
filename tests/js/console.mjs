// What the console's tests share: a page that reports what is wrong with it, and the walk through all rooms.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// A page of its own. Its complaints (errors, refused policies, requests to elsewhere) are looked at by close().
export async function openPage(browser, endpoint, hash = "#/", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (line) => { if (line.type() === "error" && !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|Failed to load resource/.test(line.text())) page.complaints.push(line.text()); });
  page.on("dialog", (dialog) => { page.complaints.push(`a dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on("request", (request) => { const { origin, protocol } = new URL(request.url()); if (origin !== endpoint && !["data:", "blob:"].includes(protocol)) page.complaints.push(`foreign request: ${request.url()}`); });
  await page.goto(`${endpoint}/${hash}`);
  return page;
}

export async function closePage(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

// What axe finds wrong, in short. Its script comes in by the debugger: the page's policy holds for the page.
export async function axe(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("Runtime.evaluate", { expression: axeSource });
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} (${node.failureSummary?.split("\n")[1]?.trim()})`).join(" | ")}`);
  });
  await client.detach();
  return found;
}
