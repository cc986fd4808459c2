import { defineConfig } from "vitest/config";

export default defineConfig({
  // Machines are shared, and time limits would only flake.
  test: { include: ["tests/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 300_000 },
});
