// Answers as they travel; the bytes are those of hnviz/web/wire.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkShapes, unpack } from "../../hnviz/app/kit/js/arrays.js";

/** Pack as Python does: the header's length, the header, and each array at a multiple of 8. */
function packed(header, ...arrays) {
  let text = JSON.stringify(header);
  while ((4 + Buffer.byteLength(text)) % 8) text += " ";
  const parts = [Buffer.alloc(4), Buffer.from(text)];
  parts[0].writeUInt32LE(Buffer.byteLength(text));
  for (const each of arrays) {
    const bytes = Buffer.from(each.buffer);
    parts.push(bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8));
  }
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

const HEADER = { meta: { layer: 1 }, sentence: "A **b**.", arrays: [["values", "<f4", [2, 3], 0], ["ids", "<i8", [3], 24]] };

test("arrays keep their shape, and 64-bit integers become 32-bit ones", () => {
  const answer = unpack(packed(HEADER, Float32Array.of(1, 2, 3, 4, 5, 6), BigInt64Array.of(9n, 10n, 38n)));
  assert.deepEqual(answer.meta, { layer: 1 });
  assert.equal(answer.sentence, "A **b**.");
  assert.deepEqual([...answer.arrays.values.data], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(answer.arrays.values.shape, [2, 3]);
  assert.ok(answer.arrays.ids.data instanceof Int32Array);
  assert.deepEqual([...answer.arrays.ids.data], [9, 10, 38]);
});

test("an unknown dtype is named", () => {
  const header = { ...HEADER, arrays: [["values", "<c8", [1], 0]] };
  assert.throws(() => unpack(packed(header, Float64Array.of(1))), /an array of <c8 cannot be read here/);
});

test("shapes are held to what a picture declares", () => {
  const answer = unpack(packed(HEADER, Float32Array.of(1, 2, 3, 4, 5, 6), BigInt64Array.of(9n, 10n, 38n)));
  checkShapes(answer, { values: ["units", "tokens"], ids: ["tokens"] });
  checkShapes(answer, { values: [2, 3] });
  assert.throws(() => checkShapes(answer, { values: ["n", "n"] }), /values must be n x n; got 2,3/);
  assert.throws(() => checkShapes(answer, { ids: [1, 3] }), /ids must have 2 dimensions; got the shape 3/);
  assert.throws(() => checkShapes(answer, { means: ["n"] }), /no array means; it has values, ids/);
});
