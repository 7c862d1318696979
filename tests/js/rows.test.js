// The rows of a mini-batch as a network reads them: what they say, and where their words and cells are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsAt, hit, middleOf, placeOf, ROW, topOf, WORD } from "../../hnviz/app/rooms/batches/machine/place.js";
import { Rows } from "../../hnviz/app/rooms/batches/machine/rows.js";
import { recorded } from "./recorded.js";

const WORDS = ["four", "five", ",", "six"];
const array = (shape, data) => ({ shape, data });

/** Two rows of three words: "four five ," and "five , six"; the cell of unit u after t words of row r is 10 r + 2 t + u. */
function rows({ best = [1, 0, 2, 2, 3, 2, 2, 0, 3, 1, 0, 2], ...meta } = {}) {
  const cells = Int8Array.from({ length: 16 }, (_, at) => 10 * Math.floor(at / 8) + (at % 8));
  const arrays = {
    x: array([2, 3], BigInt64Array.of(0n, 1n, 2n, 1n, 2n, 3n)),
    y: array([2, 3], BigInt64Array.of(1n, 2n, 3n, 2n, 3n, 2n)),
    cells: array([1, 2, 4, 2], cells),
    best: array([2, 3, 2], BigInt64Array.from(best, BigInt)),
    shares: array([2, 3, 2], Float32Array.from({ length: 12 }, (_, at) => (at % 2 ? 0.25 : 0.75))),
  };
  return new Rows({ arrays, meta: { batch: 2, first: 4, before: 6, carries: true, attends: false, model: "Model5", level: "word", ...meta } }, WORDS);
}
const plain = (parts) => parts.flat().join("").replace(/[\u00a0\u202f]/g, " ");

test("a row's words, its next words and its guesses", () => {
  const shown = rows();
  assert.deepEqual([0, 1, 2].map((step) => shown.word(1, step)), ["five", ",", "six"]);
  assert.deepEqual([0, 1, 2].map((step) => shown.next(0, step)), ["five", ",", "six"]);
  assert.deepEqual(shown.guess(1, 1), { word: "six", share: 0.75 });
  assert.deepEqual([0, 1, 2].map((step) => shown.mark(0, step)), ["right", "right", "right"]);
  assert.equal(shown.mark(1, 2), "wrong");
  assert.equal(rows({ best: Array(12).fill(-1) }).guess(0, 0), null);
});

test("the cells before the first word and after each", () => {
  const shown = rows();
  assert.deepEqual([...shown.cells(0, 0, 0)], [0, 1]);
  assert.deepEqual([...shown.cells(0, 1, 3)], [16, 17]);
});

test("the sentence says how many rows are right, and where the state came from", (it) => {
  recorded(it, plain(rows().sentence(1, 0)), 2, 2, 2, 5, 75, 1, 6);
  recorded(it, plain(rows({ level: "char" }).sentence(1, 2)), 2, 1, 2, 5, 75, 1, 6);
  recorded(it, plain(rows({ before: 0 }).sentence(0, 0)), 2, 2, 2, 4, 75);
  recorded(it, plain(rows({ carries: false, before: 0 }).sentence(0, 0)), 2, 2, 2, 4, 75);
  recorded(it, plain(rows({ attends: true, carries: false, model: "Transformer" }).sentence(0, 0)), 2, 2, 2, 4, 75);
  recorded(it, plain(rows({ best: Array(12).fill(-1), model: "Model1", carries: false }).sentence(0, 1)), 2, 4);
});

for (const [width, layers] of [[358, 1], [358, 2], [932, 2], [1165, 1]])
  test(`${width} px hold the words and cells of ${layers} layers`, () => {
    for (const bptt of [1, 8, 70, 512])
      for (const step of [0, Math.floor(bptt / 2), bptt - 1]) {
        const place = placeOf(width, { rows: 4, bptt, layers }, step);
        assert.ok(step >= place.first && step < place.first + place.columns && place.first + place.columns <= bptt);
        assert.ok(place.words + place.columns * place.across <= width + 1e-9);
        assert.ok(cellsAt(place, step) >= place.words && cellsAt(place, step) + place.wide <= width);
        assert.deepEqual(hit(place, middleOf(place, step), topOf(3) + WORD / 2), [3, step]);
        assert.equal(hit(place, place.words - 1, topOf(0)), null);
        assert.equal(hit(place, middleOf(place, step), topOf(0) + 4 * ROW), null);
      }
  });
