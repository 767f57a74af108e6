/** The key of a small plain object, and the lookup with it: a key that is not used costs nothing to make. */

const inputs = Array.from({ length: 1_024 }, (_, i) => ({
  id: i,
  name: `user ${i}`,
  active: i % 2 === 0,
  role: "admin",
}));
const ours = "../../dist/index.js";

const lookedUp = (makeKey) => {
  const map = new Map(inputs.map((input, i) => [makeKey(input), i]));
  return (input) => map.get(makeKey(input));
};

export const row = {
  title: "Key of a small plain object, made and looked up",
  anchor: "JSON.stringify",
  inputs,
  subjects: {
    "JSON.stringify": { make: async () => lookedUp((input) => JSON.stringify(input)) },
    "twat-cache key": {
      ours: true,
      limit: 3,
      async make() {
        const { mcache } = await import(ours);
        const { cache } = mcache((input) => input);
        return lookedUp((input) => cache.key(input));
      },
    },
    "object-hash": {
      async make() {
        const { default: hash } = await import("object-hash");
        return lookedUp((input) => hash(input));
      },
    },
    "safe-stable-stringify": {
      async make() {
        const { default: stringify } = await import("safe-stable-stringify");
        return lookedUp((input) => stringify(input));
      },
    },
  },
};
