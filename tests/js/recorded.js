// Holds sentences to tests/data/js_sentences.json, which this records again:
// HNVIZ_RECORD=1 node --test --test-concurrency=1 tests/js/*.test.js

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("../data/js_sentences.json", import.meta.url);
const NUMBER = /(?<![A-Za-z\d])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?/g;
const RECORDS = Boolean(process.env.HNVIZ_RECORD);
const known = JSON.parse(readFileSync(FILE, "utf8"));
const given = {};

/** Holds a sentence of a test to its record, and its numbers, in their order, to those that the test knows. A whole
 * number may have commas. */
export function recorded(test, sentence, ...numbers) {
  const written = numbers.map((number) => (Number.isInteger(number) ? number.toLocaleString("en-US") : String(number)));
  assert.deepEqual(sentence.match(NUMBER) ?? [], written, sentence);
  const said = (given[test.name] ??= []);
  said.push(sentence);
  if (!RECORDS) assert.equal(sentence, known[test.name]?.[said.length - 1], "HNVIZ_RECORD=1 records it");
}

/** Returns what the error says that `press` raises; `name` is the error's. */
export function messageOf(name, press) {
  try {
    press();
  } catch (error) {
    assert.equal(error.name, name);
    return error.message;
  }
  throw new assert.AssertionError({ message: "no error was raised" });
}

if (RECORDS)
  process.on("exit", () => {
    const all = Object.entries({ ...JSON.parse(readFileSync(FILE, "utf8")), ...given }).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 1)}\n`);
  });
