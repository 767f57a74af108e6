import { expect, it } from "vitest";
import { coverage } from "../../scripts/upstream.js";

it("every row of upstream's tests, and every fault that loses data or makes results wrong, has a test of ours", () => {
  const all = coverage();
  expect(all.length).toBeGreaterThan(180);
  const missing = all.filter(({ test }) => test === undefined);
  expect(missing.map(({ row }) => row)).toEqual([]);
});

it("each row has one name", () => {
  const names = coverage().map(({ row }) => row);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
