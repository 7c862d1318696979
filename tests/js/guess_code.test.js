// Guesses as lines of text: as hnviz/classroom/guesses.py has them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decode, encode, newTag } from "../../hnviz/app/kit/class/guess_code.js";

const LINES = JSON.parse(readFileSync(new URL("../data/guess_codes.json", import.meta.url), "utf-8"));

test("codes are the same as the server's", () => {
  for (const { step, value, tag, code } of LINES) assert.equal(encode({ step, value, tag }), code);
});

test("a code reads back", () => {
  for (const { step, value, tag, code } of LINES) {
    const rounded = [value].flat().map((each) => Number(each.toPrecision(6)));
    assert.deepEqual(decode(` ${code.toUpperCase()}\n`), { step, tag, value: Array.isArray(value) ? rounded : rounded[0] });
  }
});

test("another character is noticed, and so is a line that is no code", () => {
  const { code } = LINES[2];
  assert.throws(() => decode(code.replace("1.25", "1.26")), /wrong or missing; copy it again/);
  assert.throws(() => decode(code.slice(0, -1)), /wrong or missing/);
  for (const line of ["", "hn", "hello", `${code}/x`]) assert.throws(() => decode(line), /A code looks like/);
});

test("a tag has six letters and is another one each time", () => {
  const tags = new Set(Array.from({ length: 50 }, newTag));
  assert.equal(tags.size, 50);
  for (const tag of tags) assert.match(tag, /^[acdefghjkmnpqrtuvwxy34679]{6}$/);
});
