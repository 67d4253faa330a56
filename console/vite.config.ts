import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Two pages from the same sources. The chat lies at / of `cumulet chat` and at /_cumulet/chat/ of the engine: what it
// names lies beside it. The console is shown at / of the engine, where every other path is a bucket: what it names lies
// below a prefix of its own.
// `npm run dev` shows them from their sources; CUMULET_ENDPOINT names the engine they talk to.
declare const process: { env: Record<string, string | undefined> };
const kPrefix = "/_cumulet/console/";
const engine = process.env.CUMULET_ENDPOINT ?? "http://127.0.0.1:4566";

export default defineConfig({
  plugins: [react()],
  base: "./",
  experimental: {
    renderBuiltUrl: (file, { hostId, hostType }) => (hostType === "html" && hostId === "index.html" ? kPrefix + file : { relative: true }),
  },
  build: {
    target: "es2022",
    manifest: true, // console/embed.mjs reads from it which files are which page's
    assetsInlineLimit: 0, // the page's policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000, // Vite's warning counts what is not compressed: tests/js holds the first room to 300 kB
    rollupOptions: { input: { index: "index.html", chat: "chat.html" } },
  },
  server: {
    proxy: {
      // Whatever is no source of the page is the engine's.
      "^/(?!@|src/|node_modules/|icon.svg|index.html|chat.html|$)": { target: engine },
    },
  },
});
