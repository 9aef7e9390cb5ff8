import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { Rhythm } = await load("rhythm");

class FakeClock {
  time = 0;
  timers = [];
  now() {
    return this.time;
  }
  after(milliseconds, act) {
    const timer = { at: this.time + milliseconds, act };
    this.timers.push(timer);
    return timer;
  }
  cancel(timer) {
    this.timers = this.timers.filter((one) => one !== timer);
  }
  pass(milliseconds) {
    this.time += milliseconds;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { act } of due) act();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

// What is under way is ended by the test.
function begun() {
  const clock = new FakeClock();
  const ends = [];
  const rhythm = new Rhythm(() => new Promise((resolve) => ends.push(resolve)), 1000, clock);
  return { clock, ends, rhythm };
}

test("what is asked for first begins at once", () => {
  const { ends, rhythm } = begun();
  rhythm.ask();
  assert.equal(ends.length, 1);
});

test("however often it is asked for, it runs once at a time, and once more after that and a pause", async () => {
  const { clock, ends, rhythm } = begun();
  for (let i = 0; i < 5; ++i) rhythm.ask();
  assert.equal(ends.length, 1);
  ends[0]();
  await settled();
  clock.pass(999);
  assert.equal(ends.length, 1);
  clock.pass(1);
  assert.equal(ends.length, 2);
  ends[1]();
  await settled();
  clock.pass(5000);
  assert.equal(ends.length, 2);
});

test("what was stopped does not begin again", async () => {
  const { clock, ends, rhythm } = begun();
  rhythm.ask();
  rhythm.ask();
  ends[0]();
  await settled();
  rhythm.stop();
  clock.pass(5000);
  rhythm.ask();
  assert.equal(ends.length, 1);
});
