/** What blocks cost the calls outside of them: nothing before the first one, and one look at where a call is made after that. */

const inputs = Array.from({ length: 1_024 }, (_, i) => `user:${i}`);
const ours = "../../dist/index.js";

const subject = (prepare) => ({
  ours: true,
  async make() {
    const library = await import(ours);
    await prepare(library);
    return library.mcache((key) => ({ key }), { maxSize: 2_000 });
  },
});

export const row = {
  title: "Hit of a synchronous function, outside of blocks",
  anchor: "no block was ever opened",
  inputs,
  subjects: {
    "no block was ever opened": subject(() => undefined),
    "one was opened, and is over": subject(({ withCache }) => withCache({ bypass: true }, () => undefined)),
    "1,000 requests were, and are over": subject(async ({ withCache }) => {
      for (let i = 0; i < 1_000; i += 1) await withCache({ scope: "request" }, () => undefined);
    }),
  },
};
