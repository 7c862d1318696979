import assert from "node:assert/strict";
import { test } from "node:test";

import { inkOn, paintStill, writeDown } from "../../hnviz/app/kit/js/canvas.js";

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

/** A canvas whose pen counts what it does. */
function canvas() {
  const done = [];
  const pen = Object.fromEntries(["setTransform", "save", "restore", "resetTransform", "drawImage"].map((name) => [name, () => done.push(name)]));
  return { width: 10, height: 10, done, pen: { ...pen, getTransform: () => [] }, getContext: () => ({ ...pen }) };
}

test("what stays of a picture is painted again only where it is of something else", () => {
  globalThis.document = { createElement: canvas };
  const made = canvas();
  const painted = [];
  const paint = (...of) => paintStill(made, made.pen, of, () => painted.push(String(of)));
  paint("light", 5);
  paint("light", 5);
  assert.deepEqual(painted, ["light,5"]);
  paint("dark", 5);
  assert.deepEqual(painted, ["light,5", "dark,5"]);
  made.width = 20;
  paint("dark", 5);
  assert.equal(painted.length, 3);
  assert.equal(made.done.filter((each) => each === "drawImage").length, 4);
  const end = writeDown((pen) => pen);
  paint("dark", 5); // a pen that writes down what it draws gets all of it
  end();
  assert.equal(painted.length, 4);
  assert.equal(made.done.filter((each) => each === "drawImage").length, 4);
  delete globalThis.document;
});
