import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses, so that a reverse proxy may serve the page below any path.
  base: "./",
  build: { target: "es2022", emptyOutDir: true },
  server: { proxy: { "/api": "http://127.0.0.1:3000" } },
});
