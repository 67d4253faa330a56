import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` shows the page from its sources beside a running `cumulet chat`.
export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the page's policy allows no data: scripts or fonts
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
  server: {
    proxy: { "/chat/api": { target: "http://127.0.0.1:8081", changeOrigin: true, headers: { origin: "http://127.0.0.1:8081" } } },
  },
});
