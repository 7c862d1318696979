// What outlives the lesson's panel while Streamlit makes it again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keep, take } from "../../hnviz/app/lesson/panel/between.js";

const LONGEST = 5000; // ms

/** A document with one key that can be pressed, and what the panel was at. */
function away(t, lost = () => {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const hear = new Set();
  globalThis.document = {
    addEventListener: (_, each) => hear.add(each),
    removeEventListener: (_, each) => hear.delete(each),
  };
  t.after(() => delete globalThis.document);
  keep({ id: "lesson", at: 2, seen: new Set(), turning: null, asked: null }, () => 1, lost);
  return { press: () => hear.forEach((each) => each({})) };
}

test("a panel that comes back finds its step and the presses, and the page keeps its room", (t) => {
  let lost = 0;
  const { press } = away(t, () => (lost += 1));
  press();
  press();
  t.mock.timers.tick(LONGEST - 1);
  const { at, presses } = take("lesson");
  press();
  t.mock.timers.tick(LONGEST);
  assert.deepEqual([at, presses, lost], [2, [1, 1], 0]);
  assert.equal(take("lesson"), null, "it is taken once");
});

test("another lesson's panel finds nothing", (t) => {
  away(t);
  assert.equal(take("another"), null);
});

test("where no panel comes the page is told once, and the keys are the page's", (t) => {
  let lost = 0;
  const { press } = away(t, () => (lost += 1));
  t.mock.timers.tick(LONGEST);
  press();
  assert.equal(lost, 1);
  assert.equal(take("lesson"), null);
});
