// Scales of the pinned tensor's charts.

import assert from "node:assert/strict";
import test from "node:test";

import { chosen, label, linear, logarithmic, share, ticks } from "../../hnviz/app/rooms/models/pinned/scales.js";

test("twelve snapshots are chosen, the first and the last among them", () => {
  const steps = Array.from({ length: 37 }, (_, at) => at * 10);
  const found = chosen(steps);
  assert.equal(found.length, 12);
  assert.deepEqual([found[0], found.at(-1)], [0, 360]);
  assert.deepEqual(chosen([5]), [5]);
  assert.deepEqual(chosen([]), []);
});

test("a linear range holds all values, with ticks inside", () => {
  const range = linear([-1, 3]);
  assert.ok(range.low < -1 && range.high > 3);
  for (const tick of ticks(range)) assert.ok(tick >= range.low && tick <= range.high);
  assert.ok(ticks(range).includes(0));
  assert.equal(share(range.low, range), 0);
  assert.equal(share(range.high, range), 1);
});

test("a logarithmic range ends at powers of ten, and zeros lie at its bottom", () => {
  const range = logarithmic([0, 0.02, 30]);
  assert.deepEqual([range.low, range.high], [0.01, 100]);
  assert.deepEqual(ticks(range).map((tick) => Number(tick.toPrecision(3))), [0.01, 0.1, 1, 10, 100]);
  assert.equal(share(0, range), 0);
  assert.ok(Math.abs(share(1, range) - 0.5) < 1e-9);
  assert.deepEqual(logarithmic([0]), { low: 0.1, high: 1, log: true });
});

test("labels are short, with a true minus", () => {
  assert.equal(label(-0.5), "−0.5");
  assert.equal(label(0.0000123), "1e−5");
  assert.equal(label(12345.6), "12300");
});
