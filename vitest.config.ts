import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    unhandledRejection: "strict",
    coverage: {
      include: ["src/**"],
      reporter: ["text-summary", "html"],
      thresholds: { lines: 95, branches: 90 },
    },
  },
} as Parameters<typeof defineConfig>[0]);
