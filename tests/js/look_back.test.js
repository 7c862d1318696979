// What an answer looks back at: what it loses without the word that counts most.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loss } from "../../hnviz/app/rooms/through_time/look_back/sentence.js";

const WORDS = ["four", "thousand", ",", "five"];

test("it is said of the marked row, once it is known", () => {
  assert.deepEqual(loss({ row: 3, at: 1, p: 0.98, without: 0.004 }, WORDS, 3, "hundred"), [
    " Before the last word, “thousand”, 2 words back, counts most: without it, “hundred” gets ",
    ["0.4 %"],
    " in place of ",
    ["98 %"],
    ".",
  ]);
  const parts = loss({ row: 3, at: 1, p: 0.9999, without: 0.9997 }, WORDS, 3, "hundred");
  assert.deepEqual(parts, [" Without any one word before the last, “hundred” still gets ", ["> 99.9 %"], "."]);
  assert.match(loss({ row: 1, at: 0, p: 1, without: 0 }, WORDS, 1, "hundred")[0], /, 1 word back, /);
  for (const other of [undefined, { row: 2, at: 1, p: 0.9, without: 0.1 }, { row: 3, at: null }, { row: 3, at: 1, p: null, without: null }]) {
    assert.deepEqual(loss(other, WORDS, 3, "hundred"), []);
  }
});
