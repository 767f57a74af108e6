/** Callers that stop waiting. */

import { acache } from "twat-cache";

let runs = 0;
let aborts = 0;
const report = acache(
  (_month: string, signal?: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      runs += 1;
      const timer = setTimeout(resolve, 50, "the report");
      // The signal is the load's own: it is aborted when nobody waits any more.
      signal?.addEventListener("abort", () => {
        aborts += 1;
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
);

// Two callers share one load. One of them leaves; the other gets the result.
const impatient = new AbortController();
const patient = new AbortController();
const calls = [report("May", impatient.signal), report("May", patient.signal)];
impatient.abort();
const [left, stayed] = await Promise.allSettled(calls);
console.log(left?.status, stayed?.status, runs, aborts); // => rejected fulfilled 1 0

// The last one to leave ends the load. Nothing is stored, and the next call begins anew.
const alone = new AbortController();
const call = report("June", alone.signal);
alone.abort(new Error("the page was closed"));
console.log(await call.catch((error: Error) => error.message)); // => the page was closed
console.log(runs, aborts, report.cache.has("June")); // => 2 1 false

// A signal is no part of the key, and a hit needs none.
console.log(await report("May"), runs); // => the report 2

// Where it is among options, say where; the key is then yours to say too.
const page = acache(async (request: { url: string; signal?: AbortSignal }) => `page of ${request.url}`, {
  key: ({ url }) => url,
  signalOf: ([{ signal }]) => signal,
});
console.log(await page({ url: "/home", signal: AbortSignal.timeout(1_000) })); // => page of /home
