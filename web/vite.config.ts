import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses, so that a reverse proxy may serve the page below any path.
  base: "./",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2022",
    emptyOutDir: true,
    // The Content-Security-Policy allows no data: addresses, and there is one script: nothing to preload.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": "http://127.0.0.1:3000" } },
});
