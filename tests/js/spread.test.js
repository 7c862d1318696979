// What a class guessed, as numbers to draw.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bins, changes, counts, middle } from "../../hnviz/app/kit/class/spread.js";

test("answers are counted, also those that nobody chose", () => {
  assert.deepEqual(counts({ answers: ["a", "b", "c"] }, [0, 2, 2, 0, 2]), [2, 0, 3]);
  assert.deepEqual(counts({ answers: ["a", "b"] }, []), [0, 0]);
});

test("numbers fall into bins, the highest into the last one", () => {
  const found = bins({ low: 0, high: 100 }, [0, 4.99, 5, 99, 100]);
  assert.equal(found.length, 20);
  assert.deepEqual([found[0].n, found[1].n, found[19].n], [2, 1, 2]);
  assert.equal(found[19].to, 100);
  const total = bins({ low: -1, high: 1 }, [-1, -0.3, 0.3, 1]).reduce((sum, { n }) => sum + n, 0);
  assert.equal(total, 4);
});

test("the middle guess of curves is the median at each point", () => {
  assert.deepEqual(middle([[1, 9], [2, 5], [10, 1]]), [2, 5]);
  assert.deepEqual(middle([[1, 9], [3, 5]]), [2, 7]);
});

test("who came to an answer and who left it is counted, without those who stayed", () => {
  const flows = [[0, 0, 5], [0, 1, 2], [2, 1, 3], [1, 2, 1]];
  assert.deepEqual(changes({ answers: ["a", "b", "c"] }, flows), [{ came: 0, left: 2 }, { came: 5, left: 1 }, { came: 1, left: 3 }]);
});
