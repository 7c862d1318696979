// Answers as they travel; the bytes are those of hnviz/questions/frame.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkShapes, unpack } from "../../hnviz/app/kit/js/arrays.js";
import { packed } from "./browser.js";

const TOLD = { meta: '{"layer":1}', sentence: "Ä **b**.", seconds: "0.1" };
const ARRAYS = {
  ids: ["I64", [3], BigInt64Array.of(9n, 10n, 38n)],
  values: ["F32", [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)],
  right: ["BOOL", [3], Uint8Array.of(1, 0, 1)],
};

test("arrays keep their shape, and 64-bit integers become 32-bit ones", () => {
  const answer = unpack(packed(TOLD, ARRAYS));
  assert.deepEqual(answer.meta, { layer: 1 });
  assert.equal(answer.sentence, "Ä **b**.");
  assert.deepEqual([...answer.arrays.values.data], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(answer.arrays.values.shape, [2, 3]);
  assert.ok(answer.arrays.ids.data instanceof Int32Array);
  assert.deepEqual([...answer.arrays.ids.data], [9, 10, 38]);
  assert.deepEqual([...answer.arrays.right.data], [1, 0, 1]);
});

test("an unknown dtype is named", () => {
  const arrays = { values: ["C64", [1], Float64Array.of(1)] };
  assert.throws(() => unpack(packed(TOLD, arrays)), /an array of C64 cannot be read here/);
});

test("shapes are held to what a picture declares", () => {
  const answer = unpack(packed(TOLD, ARRAYS));
  checkShapes(answer, { values: ["units", "tokens"], ids: ["tokens"] });
  checkShapes(answer, { values: [2, 3] });
  assert.throws(() => checkShapes(answer, { values: ["n", "n"] }), /values must be n x n; got 2,3/);
  assert.throws(() => checkShapes(answer, { ids: [1, 3] }), /ids must have 2 dimensions; got the shape 3/);
  assert.throws(() => checkShapes(answer, { means: ["n"] }), /no array means; it has ids, values, right/);
});
