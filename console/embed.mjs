// Writes every file of a built page into a C++ unit: node embed.mjs DIST OUTPUT.cpp
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const [dist, output] = process.argv.slice(2);
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

function files(folder, prefix = "") {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name), `${prefix}/${entry.name}`) : [`${prefix}/${entry.name}`]));
}

// Bytes as a char array: string literals have length limits.
function array(name, bytes) {
  const lines = [];
  for (let i = 0; i < bytes.length; i += 40) lines.push([...bytes.subarray(i, i + 40)].map((b) => (b > 127 ? b - 256 : b)).join(","));
  return `constexpr char ${name}[] = {${lines.join(",\n")}};\n`;
}

let data = "";
let rows = "";
let total = 0;
let compressed = 0;
files(dist).forEach((path, i) => {
  const type = types[extname(path)];
  if (!type) throw new Error(`${path}: no content type is known for it (console/embed.mjs)`);
  const bytes = readFileSync(join(dist, path));
  const gzip = gzipSync(bytes, { level: 9 });
  const gains = gzip.length < bytes.length * 0.9;
  const etag = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  data += array(`kBytes${i}`, bytes);
  if (gains) data += array(`kGzip${i}`, gzip);
  const view = (name) => `{${name}, sizeof ${name}}`;
  rows += `    {"${path === "/index.html" ? "/" : path}", "${type}", ${view(`kBytes${i}`)}, ${gains ? view(`kGzip${i}`) : "{}"}, "\\"${etag}\\"", ${path.startsWith("/assets/")}},\n`;
  total += bytes.length;
  compressed += gains ? gzip.length : bytes.length;
});
console.log(`console: ${(total / 1000).toFixed(0)} kB, ${(compressed / 1000).toFixed(0)} kB compressed`);

writeFileSync(output, `// Made by console/embed.mjs.
#include "console/assets.hpp"

namespace cumulet::console {
namespace {
${data}constexpr web::Asset kAssets[] = {
${rows}};
}  // namespace
std::span<const web::Asset> chat() { return kAssets; }
}  // namespace cumulet::console
`);
