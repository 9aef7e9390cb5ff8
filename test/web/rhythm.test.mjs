// Work that is requested more often than it runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { Rhythm, realClock } = await load("rhythm");

const settle = () => new Promise((resolve) => setImmediate(resolve));

// Time passes only through pass(), and work ends only through end().
function stage(pause = 1000) {
  let time = 0;
  const timers = new Set();
  const clock = {
    now: () => time,
    after: (milliseconds, act) => {
      const timer = { at: time + milliseconds, act };
      timers.add(timer);
      return timer;
    },
    cancel: (timer) => timers.delete(timer),
  };
  const begun = [];
  const unended = [];
  let most = 0;
  const work = () =>
    new Promise((resolve) => {
      begun.push(time);
      unended.push(resolve);
      most = Math.max(most, unended.length);
    });
  const pass = async (milliseconds) => {
    time += milliseconds;
    for (const timer of [...timers]) {
      if (timer.at > time) continue;
      timers.delete(timer);
      timer.act();
    }
    await settle();
  };
  const end = async () => {
    unended.shift()();
    await settle();
  };
  return { rhythm: new Rhythm(work, pause, clock), begun, pass, end, timers, most: () => most };
}

test("the first request runs at once", () => {
  const { rhythm, begun } = stage();
  rhythm.ask();
  assert.deepEqual(begun, [0]);
});

test("without a request, nothing runs", async () => {
  const { rhythm, begun, pass, end, timers } = stage();
  await pass(5000);
  rhythm.ask();
  await end();
  await pass(5000);
  assert.deepEqual(begun, [5000]);
  assert.equal(timers.size, 0);
});

test("after the pause, a request runs at once", async () => {
  const { rhythm, begun, pass, end } = stage();
  rhythm.ask();
  await end();
  await pass(1000);
  rhythm.ask();
  assert.deepEqual(begun, [0, 1000]);
});

test("requests during the pause run once, when the pause is over", async () => {
  const { rhythm, begun, pass, end } = stage();
  rhythm.ask();
  await end();
  for (let n = 0; n < 4; n++) {
    await pass(200);
    rhythm.ask();
  }
  assert.deepEqual(begun, [0]);
  await pass(200);
  assert.deepEqual(begun, [0, 1000]);
  await end();
  await pass(5000);
  assert.deepEqual(begun, [0, 1000]);
});

test("requests during a run are not lost: the work runs once more", async () => {
  const { rhythm, begun, pass, end } = stage();
  rhythm.ask();
  await pass(300);
  rhythm.ask();
  rhythm.ask();
  await end();
  assert.deepEqual(begun, [0]);
  await pass(1000);
  assert.deepEqual(begun, [0, 1300]);
  await end();
  await pass(5000);
  assert.deepEqual(begun, [0, 1300]);
});

test("the pause begins at the end of the work, so that a slow server gets a rest", async () => {
  const { rhythm, begun, pass, end } = stage();
  rhythm.ask();
  await pass(9000);
  await end();
  rhythm.ask();
  await pass(999);
  assert.deepEqual(begun, [0]);
  await pass(1);
  assert.deepEqual(begun, [0, 10000]);
});

test("the work never runs twice at a time", async () => {
  const { rhythm, pass, end, begun, most } = stage(0);
  for (let n = 0; n < 5; n++) {
    rhythm.ask();
    await pass(10);
    rhythm.ask();
    await end();
  }
  assert.equal(most(), 1);
  assert.ok(begun.length >= 5);
});

test("stopped during the pause: the work does not run again, and no timer remains", async () => {
  const { rhythm, begun, pass, end, timers } = stage();
  rhythm.ask();
  await end();
  rhythm.ask();
  rhythm.stop();
  assert.equal(timers.size, 0);
  await pass(5000);
  rhythm.ask();
  assert.deepEqual(begun, [0]);
});

test("stopped during a run: requests made during that run are dropped", async () => {
  const { rhythm, begun, pass, end } = stage();
  rhythm.ask();
  rhythm.ask();
  rhythm.stop();
  await end();
  await pass(5000);
  assert.deepEqual(begun, [0]);
});

test("the real clock: timers fire, cancelled timers do not", async () => {
  let came = "";
  const before = realClock.now();
  realClock.cancel(realClock.after(1, () => (came += "cancelled")));
  await new Promise((resolve) => realClock.after(20, resolve));
  assert.equal(came, "");
  assert.ok(realClock.now() - before >= 15);
});
