import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` shows the page from its sources beside a running `cumulet chat`.
// The page lies at / of `cumulet chat` and at /_cumulet/chat/ of the engine: what it names lies beside it.
export default defineConfig({
  plugins: [react()],
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:8081", changeOrigin: true, headers: { origin: "http://127.0.0.1:8081" } } },
  },
});
