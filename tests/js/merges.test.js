// Byte pairs that merge in the browser, as hnviz/data/corpora/pairs.py joins them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { after, joined } from "../../hnviz/app/rooms/data/merging/merges.js";
import { bestLabel, matrixWidth } from "../../hnviz/app/rooms/hidden_states/units/matrix.js";

const texts = (pieces) => pieces.map(({ text }) => text);

test("every neighbouring pair is joined, from the left", () => {
  assert.deepEqual(joined([..."aaab"], "a", "a"), ["aa", "a", "b"]);
  assert.deepEqual(joined(["lo", "w", "lo", "w"], "lo", "w"), ["low", "low"]);
  assert.deepEqual(joined(["a"], "a", "b"), ["a"]);
});

test("a line after each merge, with what the last one made", () => {
  const words = [[..."low"], [..."␣lower"]];
  const merges = [
    ["l", "o", 7],
    ["lo", "w", 7],
    ["e", "r", 2],
  ];
  assert.deepEqual(texts(after(words, merges, 0)), [..."low␣lower"]);
  assert.deepEqual(texts(after(words, merges, 1)), ["lo", "w", "␣", "lo", "w", "e", "r"]);
  const last = after(words, merges, 3);
  assert.deepEqual(texts(last), ["low", "␣", "low", "er"]);
  assert.deepEqual(last.map(({ fresh }) => fresh), [false, false, false, true]);
});

test("two equal pairs in a word are both new", () => {
  const made = after([[..."xaxa"]], [["x", "a", 2]], 1);
  assert.deepEqual(made, [
    { text: "xa", fresh: true },
    { text: "xa", fresh: true },
  ]);
});

test("a text without digits has no matrix beside its units", () => {
  const data = { labels: [], explained: new Float32Array(0), untrained: null };
  assert.equal(matrixWidth(data, 1200), 0);
  assert.deepEqual(bestLabel(data, 3), [0, 0]);
});
