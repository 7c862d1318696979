// The loss curve of Count: what grows while a run trains.

import assert from "node:assert/strict";
import test from "node:test";

import { takes } from "../../hnviz/app/rooms/start/loss/main.js";

const whole = (...data) => ({ panels: [{ name: "accuracy", figure: { data: [] } }, { name: "loss", figure: { data } }] });
const grown = (...traces) => ({ panels: [{ name: "loss", traces }] });

test("curves grow from the place that the news names, and a whole figure begins them again", () => {
  const first = takes({}, whole({ name: "train", x: [0, 1], y: [3.7, 3.5] }, { name: "valid" }));
  const next = takes(first, grown({ from: 1, x: [1, 2], y: [3.4, 3.2] }, { from: 0, x: [3], y: [3.1] }));
  assert.deepEqual(next.data, [{ name: "train", x: [0, 1, 2], y: [3.7, 3.4, 3.2] }, { name: "valid", x: [3], y: [3.1] }]);
  assert.deepEqual(first.data[0].x, [0, 1]); // what was drawn stays as it was
  assert.deepEqual(takes(next, { panels: [{ name: "accuracy" }] }), next);
  assert.deepEqual(takes(next, whole({ name: "train" })).data, [{ name: "train" }]);
});
