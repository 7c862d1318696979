// A run on a page's own thread: the browser draws between two slices.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Drive } from "../../hnviz/browser/drive.js";
import { Learner } from "../../hnviz/browser/learner.js";
import { JOB } from "./engine_job.js";

const steps = (events) => events.filter(({ event }) => event === "batch").map(({ loss }) => loss);
const wanted = steps([...new Learner(JOB).events()]);

beforeEach(() => {
  let clock = 0;
  mock.method(performance, "now", () => (clock += 5)); // so that each mini-batch takes a slice
  mock.timers.enable({ apis: ["setTimeout"] }); // so that no frame is given up before the test says so
});

afterEach(() => {
  mock.restoreAll();
  mock.timers.reset();
});

/** Train on a page. Returns the events so far, and the frames that the run waits for; call one to draw it. */
function begun(visibilityState) {
  const [events, frames] = [[], new Map()];
  Object.assign(globalThis, {
    document: { visibilityState },
    requestAnimationFrame(draw) {
      const request = Symbol("frame");
      frames.set(request, () => frames.delete(request) && draw(0));
      return request;
    },
    cancelAnimationFrame: (request) => frames.delete(request),
  });
  new Drive(new Learner(JOB), (event) => events.push(event)).run();
  return { events, frames };
}

/** Let all messages arrive that are on their way. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const isOver = (events) => events.at(-1)?.event === "ended";

test("a run waits for a frame before each slice", async () => {
  const { events, frames } = begun("visible");
  let drawn = 0;
  for (; !isOver(events); drawn++) {
    const before = steps(events).length;
    await settle();
    assert.deepEqual([steps(events).length, frames.size], [before, 1], "it goes on before the frame is drawn");
    for (const draw of [...frames.values()]) draw();
    await settle();
    assert.ok(steps(events).length <= before + 1, "a slice has more than one step of 15 ms");
  }
  assert.deepEqual(steps(events), wanted);
  assert.ok(drawn >= wanted.length);
});

test("a run on a page that is out of sight waits 50 ms for a frame", async () => {
  const { events, frames } = begun("visible");
  for (let slices = 0; !isOver(events); slices++) {
    assert.ok(slices < 100);
    const before = steps(events).length;
    mock.timers.tick(49);
    await settle();
    assert.equal(steps(events).length, before);
    mock.timers.tick(1);
    await settle();
  }
  assert.deepEqual(steps(events), wanted);
  assert.equal(frames.size, 0);
});

test("a run on a hidden page waits for no frame", async () => {
  const { events, frames } = begun("hidden");
  for (let turn = 0; turn < 100 && !isOver(events); turn++) await settle();
  assert.deepEqual(steps(events), wanted);
  assert.equal(frames.size, 0);
});
