import assert from "node:assert/strict";
import { test } from "node:test";

import { inkOn } from "../../hnviz/app/kit/js/canvas.js";

/** @param {number} part */
const linear = (part) => (part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);

/** @param {number[]} color */
const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) + 0.05;

test("text on any colour is readable", () => {
  const parts = [0, 51, 102, 118, 119, 153, 204, 255];
  const contrasts = parts.flatMap((r) => parts.flatMap((g) => parts.map((b) => {
    const on = light([r, g, b]);
    return inkOn([r, g, b]) === "#000000" ? on / 0.05 : 1.05 / on;
  })));
  assert.ok(Math.min(...contrasts) >= 4.5);
});
