// A grid of cells: where each is, and which one is under a point.

import assert from "node:assert/strict";
import test from "node:test";

import { cellAt, place } from "../../hnviz/app/kit/js/heat.js";

const GRID = { columns: 10, rows: 6, margin: { left: 20, top: 12, right: 30, bottom: 4 }, gap: { after: 4, size: 9 }, cell: (room) => Math.floor(room / 10) };

test("every cell is found at its own place, and nothing between the two parts", () => {
  const box = place(GRID, 150);
  assert.deepEqual([box.size, box.width, box.height], [10, 150, 12 + 60 + 9 + 4]);
  for (let cell = 0; cell < 60; cell++) {
    const [x, y] = [box.x(cell % 10), box.y(Math.floor(cell / 10))];
    for (const [right, down] of [[0, 0], [9.9, 9.9]]) assert.equal(cellAt(box, GRID, x + right, y + down), cell);
  }
  assert.equal(cellAt(box, GRID, 25, box.y(4) - 4), null); // in the gap
  for (const [x, y] of [[19, 15], [121, 15], [25, 11], [25, box.height]]) assert.equal(cellAt(box, GRID, x, y), null);
});

test("a narrow picture keeps its margins, and cells that touch have no room between them to show", () => {
  const box = place({ ...GRID, gap: undefined, cell: () => 3 }, 400);
  assert.equal(box.width, 20 + 30 + 30);
  assert.ok(box.inner < 3 && box.inner > 2);
  assert.equal(box.y(5) - box.y(4), 3);
});
