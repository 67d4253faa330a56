// Writes the built pages into a C++ unit: node embed.mjs DIST OUTPUT.cpp
// A page gets the files that it reaches by Vite's manifest. The assembler takes the bytes from DIST (.incbin): megabytes as
// C++ literals would take the compiler minutes.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const [dist, output] = process.argv.slice(2);
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};
const pages = { chat: "chat.html", console: "index.html" };

const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
const common = readdirSync(dist, { withFileTypes: true }).filter((one) => one.isFile() && ![".html", ".gz"].includes(extname(one.name))).map((one) => one.name);

// What the manifest does not list (workers) is named in the chunk that starts it.
const listed = new Set(Object.values(manifest).flatMap((chunk) => [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]));
const unlisted = readdirSync(join(dist, "assets")).filter((name) => extname(name) !== ".gz" && !listed.has(`assets/${name}`));

function filesOf(page) {
  const files = new Set([page, ...common]);
  const seen = new Set();
  const walk = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
    if (extname(chunk.file) === ".js" && unlisted.length > 0) {
      const text = readFileSync(join(dist, chunk.file), "utf8");
      for (const name of unlisted) if (text.includes(name)) files.add(`assets/${name}`);
    }
    for (const next of [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])]) walk(next);
  };
  walk(page);
  return [...files].sort();
}

const lists = Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, filesOf(page)]));
const all = [...new Set(Object.values(lists).flat())].sort();
for (const name of unlisted) if (!all.includes(`assets/${name}`)) throw new Error(`assets/${name}: no page names it (console/embed.mjs)`);

let data = "";
const rows = {};
const sizes = {};
all.forEach((path, i) => {
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: no content type is known for it (console/embed.mjs)`);
  const file = resolve(dist, path);
  const bytes = readFileSync(file);
  const gzip = gzipSync(bytes, { level: 9 });
  const gains = gzip.length < bytes.length * 0.9;
  const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  data += `EMBED(kBytes${i}, ${JSON.stringify(file)})\n`;
  if (gains) {
    writeFileSync(`${file}.gz`, gzip);
    data += `EMBED(kGzip${i}, ${JSON.stringify(`${file}.gz`)})\n`;
  }
  const view = (name, length) => `{${name}, ${length}}`;
  const row = (shown) => `      {"${shown}", "${type}", ${view(`kBytes${i}`, bytes.length)}, ${gains ? view(`kGzip${i}`, gzip.length) : "{}"}, "\\"${etag}\\"", ${path.startsWith("assets/")}},\n`;
  rows[path] = (page) => row(path === page ? "/" : `/${path}`);
  sizes[path] = { total: bytes.length, compressed: gains ? gzip.length : bytes.length };
});
const sum = (list, what) => (list.reduce((total, path) => total + sizes[path][what], 0) / 1000).toFixed(0);
for (const [name, list] of Object.entries(lists)) console.log(`console: ${name} ${sum(list, "total")} kB, ${sum(list, "compressed")} kB compressed`);

const functions = Object.entries(lists)
  .map(([name, list]) => `std::span<const web::Asset> ${name}() {\n  static const web::Asset kAssets[] = {\n${list.map((path) => rows[path](pages[name])).join("")}  };\n  return kAssets;\n}\n`)
  .join("\n");

writeFileSync(output, `// Made by console/embed.mjs.
#include "console/assets.hpp"

// .balign keeps what follows in the section aligned.
#define EMBED(NAME, FILE)                                                                                       \\
  __asm__(".pushsection .rodata\\n.globl cumulet_" #NAME "\\n.hidden cumulet_" #NAME "\\n.type cumulet_" #NAME ", %object\\ncumulet_" #NAME ":\\n" \\
          ".incbin \\"" FILE "\\"\\n.balign 16\\n.popsection\\n"); \\
  extern "C" const char NAME[] __asm__("cumulet_" #NAME) __attribute__((visibility("hidden")));

${data}
namespace cumulet::console {
${functions}
}  // namespace cumulet::console
`);
