import { defineConfig } from "vitest/config";

/** Tests of time, of processes and of disks, one file after the other: each has the machine to itself. */
const alone = ["disk", "package", "paths", "lifecycle.test.ts", "docs.test.ts"].map((name) => `test/${name}`);
/** Tests of disks that are long and do not look at the time. */
const patient = ["corruption", "forgery", "removals", "values"].map((name) => `test/disk/${name}.test.ts`);
const all = "/**/*.test.ts";
const filesOf = (name: string): string => (name.endsWith(".ts") ? name : `${name}${all}`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    unhandledRejection: "strict",
    coverage: {
      include: ["src/**"],
      reporter: ["text-summary", "html"],
      // What only child processes run (crashes, full disks, missing packages) is not counted.
      thresholds: { lines: 95, branches: 88 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: [`test/!(disk)${all}`, "test/*.test.ts", ...patient],
          exclude: alone.filter((name) => name !== "test/disk").map(filesOf),
          // One more than there are processors on a small machine: many of these wait for a server.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: alone.map(filesOf),
          exclude: patient,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
} as Parameters<typeof defineConfig>[0]);
