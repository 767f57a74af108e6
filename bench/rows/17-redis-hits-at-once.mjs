/** Hits on a Redis server, a small object each, many at a time, as a busy server asks for them. */

import { atOnce, BY_HAND, claims, hits } from "../redis.mjs";

export const row = {
  title: "64 hits on a Redis server at once, awaited together",
  anchor: BY_HAND,
  inputs: [undefined],
  asynchronous: true,
  needsRedis: true,
  subjects: atOnce(hits("hits")),
  claims,
};
