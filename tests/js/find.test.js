// What can be typed into the search of Batches, in any corpus.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findPositions, foundSentence, maskOf, parseQuery } from "../../hnviz/app/rooms/batches/grid/find.js";
import { recorded } from "./recorded.js";

/** A stream of these tokens; a comma ends a number, xxbos begins the text. */
function streamOf(tokens) {
  const words = [...new Set(tokens)];
  const kind = (word) => (word === "," ? "comma" : word === "xxbos" ? "special" : "other");
  const ids = Uint8Array.from(tokens, (token) => words.indexOf(token));
  return { words, kinds: words.map(kind), ids, nTokens: ids.length };
}

function search(text, stream, reading) {
  const query = parseQuery(text, stream, reading);
  return query.problem ?? { words: query.words, ...findPositions(query, stream) };
}

const WORDS = streamOf("xxbos vingt et un , vingt deux , cent vingt et un , cent vingt deux".split(" "));
const FRENCH = { level: "word", numbers: [[21, 22], [121, 122]] };

test("a number is typed in digits in any language, and found as a whole", (t) => {
  assert.deepEqual(search("21", WORDS, FRENCH), { words: "vingt et un", positions: [1], lengths: [3] });
  assert.deepEqual(search("122", WORDS, FRENCH), { words: "cent vingt deux", positions: [13], lengths: [3] });
  assert.deepEqual(search("vingt deux", WORDS, FRENCH).positions, [5, 14]);
  assert.deepEqual(search("Vingt-deux", WORDS, FRENCH).positions, [5, 14]);
  assert.deepEqual(search("22, 121", WORDS, FRENCH).positions, [5]);
  recorded(t, search("23", WORDS, FRENCH), 23, 21, 22, 121, 122);
});

test("where tokens are characters, letters are found", () => {
  const stream = streamOf(["xxbos", ..."eins,zwei,hundertzwei"]);
  const reading = { level: "char", numbers: [[1, 2], [102, 102]] };
  assert.deepEqual(search("zwei", stream, reading), { words: "zwei", positions: [6, 18], lengths: [4, 4] });
  assert.deepEqual(search("2", stream, reading).positions, [6]); // as a whole
  assert.deepEqual(search("102", stream, reading).positions, [11]);
  assert.deepEqual(search("hundert zwei", stream, reading).positions, [11]);
  assert.deepEqual(search("xxbos", stream, reading).positions, []);
});

test("where tokens are byte pairs, letters are found across and inside them", () => {
  const stream = streamOf(["xxbos", "the␣", "ca", "t␣", "sat", "sat"]);
  const reading = { level: "bpe", numbers: null };
  assert.deepEqual(search("cat s", stream, reading), { words: "cat␣s", positions: [2], lengths: [3] });
  assert.deepEqual(search("at", stream, reading).positions, [2, 4, 5]);
  const twice = streamOf(["xxbos", "anana"]);
  assert.deepEqual(search("ana", twice, reading), { words: "ana", positions: [1], lengths: [1] });
});

test("digits of a text without numbers are words like any other", (t) => {
  const bits = streamOf("xxbos 0 1 1 0 1 1".split(" "));
  const reading = { level: "word", numbers: null };
  assert.deepEqual(search("1 1 0", bits, reading).positions, [2]);
  assert.deepEqual(search("11", bits, reading), { words: "1 1", positions: [2, 5], lengths: [2, 2] });
  recorded(t, search("2", bits, reading), 2);
});

test("what was found is marked, and said", (t) => {
  const query = parseQuery("vingt deux", WORDS, FRENCH);
  const found = findPositions(query, WORDS);
  assert.equal(maskOf(found, WORDS.nTokens).join(""), "0000011000000011");
  recorded(t, foundSentence(query, found.positions, 5), 5);
  recorded(t, foundSentence(parseQuery("deux cent", WORDS, FRENCH), [], 0));
});
