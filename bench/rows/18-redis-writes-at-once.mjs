/** Writes to a Redis server, a small object each, many at a time. */

import { atOnce, BY_HAND, claims, writes } from "../redis.mjs";

export const row = {
  title: "64 writes to a Redis server at once, awaited together",
  anchor: BY_HAND,
  inputs: [undefined],
  asynchronous: true,
  needsRedis: true,
  subjects: atOnce(writes("writes")),
  claims,
};
