import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    unhandledRejection: "strict",
    coverage: {
      include: ["src/**"],
      reporter: ["text-summary", "html"],
      // What only child processes run (crashes, full disks, missing packages) is not counted.
      thresholds: { lines: 95, branches: 88 },
    },
  },
} as Parameters<typeof defineConfig>[0]);
