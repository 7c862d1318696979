// A play of steps.

import assert from "node:assert/strict";
import test from "node:test";

import { Player } from "../../hnviz/app/kit/js/player.js";

const element = () => ({ append() {}, replaceChildren() {}, setAttribute() {} });
globalThis.document = { createElement: element, createElementNS: element };

let beat = null; // what the one interval calls
globalThis.setInterval = (call) => ((beat = call), 1);
globalThis.clearInterval = () => (beat = null);

function played(at, last) {
  const seen = [];
  const go = (to) => seen.push((at = to));
  const player = new Player(element(), {
    between: 100,
    advance: () => go(at + 1),
    isAtEnd: () => at === last,
    rewind: () => go(0),
  });
  const wait = () => {
    for (let beats = 0; beats < 10; beats++) beat?.();
  };
  return { player, seen, wait };
}

test("it steps at once, then at each beat, and stops at the last step", () => {
  const { player, seen, wait } = played(0, 3);
  player.start();
  assert.deepEqual(seen, [1]);
  wait();
  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(player.timer, undefined);
});

test("started at the end, it begins again from the first step", () => {
  const { player, seen, wait } = played(2, 2);
  player.start();
  assert.deepEqual(seen, [0]);
  wait();
  assert.deepEqual(seen, [0, 1, 2]);
});

test("stopped, it steps no further; one step before the end it stops at once", () => {
  const { player, seen, wait } = played(0, 5);
  player.start();
  player.stop();
  wait();
  assert.deepEqual(seen, [1]);
  const other = played(4, 5);
  other.player.start();
  assert.deepEqual(other.seen, [5]);
  assert.equal(other.player.timer, undefined);
});
