// Where the path of the state lies in its picture.
import assert from "node:assert/strict";
import { test } from "node:test";
import { placePath } from "../../hnviz/app/rooms/hidden_states/path/paint.js";

test("both axes of the path have one scale, and no point lies outside", () => {
  const points = [3, -1, -3, 1];
  for (const width of [390, 1280]) {
    const box = placePath({ points, bounds: [3, 1] }, width);
    assert.ok(Math.abs((box.x(0) - box.x(1)) / 6 - (box.y(0) - box.y(1)) / 2) < 1e-9);
    for (const at of [0, 1]) assert.ok(box.x(at) > 0 && box.x(at) < width && box.y(at) > 0 && box.y(at) < box.height);
  }
});
