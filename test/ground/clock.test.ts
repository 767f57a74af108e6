import { describe, expect, it } from "vitest";
import { createSystemClock, systemClock } from "../../src/clock.js";
import { mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";

/** A machine whose clocks are told what to say. */
function machine(): {
  clock: ReturnType<typeof createSystemClock>;
  pass(ms: number): void;
  jump(ms: number): void;
  sleep(ms: number): void;
  endTurn(): void;
  readings(): number;
} {
  let monotonic = 50;
  let wall = 1_700_000_000_000;
  let readings = 0;
  let pending: (() => void)[] = [];
  const clock = createSystemClock({
    monotonic() {
      readings += 1;
      return monotonic;
    },
    wall: () => wall,
    afterTurn: (callback) => void pending.push(callback),
  });
  return {
    clock,
    readings: () => readings,
    pass(ms) {
      monotonic += ms;
      wall += ms;
    },
    jump(ms) {
      wall += ms;
    },
    sleep(ms) {
      wall += ms;
    },
    endTurn() {
      const callbacks = pending;
      pending = [];
      for (const callback of callbacks) callback();
    },
  };
}

describe("the system clock", () => {
  it("begins at the time of day, and goes on with the monotonic clock", () => {
    const { clock, pass } = machine();
    expect(clock.now()).toBe(1_700_000_000_000);
    pass(1_234);
    expect(clock.now()).toBe(1_700_000_001_234);
  });

  it.each([-1_000, -3_600_000, -10 * 365 * 86_400_000])(
    "does not follow a jump back of %i ms: nothing gets younger",
    (ms) => {
      const { clock, jump, pass } = machine();
      const before = clock.now();
      jump(ms);
      expect(clock.now()).toBe(before);
      pass(500);
      expect(clock.now()).toBe(before + 500);
    },
  );

  it.each([5_000, 3_600_000, 10 * 365 * 86_400_000])(
    "follows a jump ahead of %i ms, as after a sleep: nothing outlives its TTL",
    (ms) => {
      const { clock, sleep, pass } = machine();
      const before = clock.now();
      sleep(ms);
      expect(clock.now()).toBe(before + ms);
      pass(500);
      expect(clock.now()).toBe(before + ms + 500);
    },
  );

  it("takes small differences of the two clocks for drift", () => {
    const { clock, jump, pass } = machine();
    const before = clock.now();
    for (let i = 0; i < 10; i += 1) {
      jump(i % 2 === 0 ? 400 : -400);
      pass(1);
      expect(clock.now()).toBe(before + i + 1);
    }
  });

  it("never goes back, whatever the wall clock does", () => {
    const { clock, jump, pass } = machine();
    let last = clock.now();
    for (let i = 0; i < 1_000; i += 1) {
      jump(((i * 7_919) % 20_001) - 10_000);
      pass(i % 3);
      const now = i % 2 === 0 ? clock.now() : clock.tick();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it("is read once for many ticks in one turn, and anew in the next", () => {
    const { clock, endTurn, pass, readings } = machine();
    for (let i = 0; i < 20; i += 1) clock.tick();
    const before = readings();
    pass(100);
    const first = clock.tick();
    for (let i = 0; i < 40; i += 1) expect(clock.tick()).toBe(first);
    expect(readings() - before).toBe(0);
    endTurn();
    expect(clock.tick()).toBe(first + 100);
  });

  it("is read now and then in a long synchronous run", () => {
    const { clock, pass } = machine();
    const start = clock.now();
    let worst = 0;
    for (let i = 1; i <= 10_000; i += 1) {
      pass(0.01);
      worst = Math.max(worst, start + i * 0.01 - clock.tick());
    }
    expect(worst).toBeLessThan(0.7);
  });

  it("is read by each tick where ticks are far apart, and schedules nothing then", () => {
    let scheduled = 0;
    let time = 0;
    const clock = createSystemClock({
      monotonic: () => time,
      wall: () => time,
      afterTurn() {
        scheduled += 1;
      },
    });
    for (let i = 0; i < 100; i += 1) {
      time += 1;
      expect(clock.tick()).toBe(time);
    }
    expect(scheduled).toBe(0);
  });

  it("an exact reading counts for the ticks after it", () => {
    const { clock, pass } = machine();
    for (let i = 0; i < 20; i += 1) clock.tick();
    pass(100);
    const now = clock.now();
    expect(clock.tick()).toBe(now);
  });

  it("works where nothing says when a turn is over", () => {
    let time = 0;
    const clock = createSystemClock({ monotonic: () => time, wall: () => time });
    for (let i = 0; i < 1_000; i += 1) {
      time += 0.001;
      expect(clock.tick()).toBe(time);
    }
  });

  it("of this machine agrees with the time of day", () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_100);
    expect(systemClock.tick()).toBeLessThanOrEqual(systemClock.now());
  });
});

describe("the option clock", () => {
  it("an object with now is asked; its tick, where it has one, for hits", () => {
    let exact = 0;
    let coarse = 0;
    const clock = {
      now: () => ++exact,
      tick() {
        coarse += 1;
        return exact;
      },
    };
    const read = mcache(() => 1, { clock, ttl: "1m" });
    read();
    read();
    read();
    expect([exact, coarse]).toEqual([1, 2]);
  });

  it.each(["tick", "exact"] as const)("%s: the machine's clock", (clock) => {
    const read = mcache(() => ({}), { clock, ttl: "1h" });
    expect(read()).toBe(read());
  });
});

describe("the fake clock", () => {
  it("advances when it is told to, by any duration", () => {
    const clock = createFakeClock(100);
    expect(clock.now()).toBe(100);
    clock.advance(5);
    clock.advance("1s");
    expect(clock.now()).toBe(1_105);
    expect(() => clock.advance("soon" as never)).toThrow(/expected milliseconds/);
    expect(() => clock.advance(-1)).toThrow(/expected milliseconds/);
  });
});
