// Shares are written as Python writes them: both read tests/data/shares.json.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accuracy, asSentence, percent, unbroken, upright } from "../../hnviz/app/kit/js/text.js";

const CASES = JSON.parse(readFileSync(new URL("../data/shares.json", import.meta.url), "utf8"));

for (const each of CASES) {
  test(`the share ${each.share}`, () => {
    assert.equal(accuracy(each.share), each.accuracy);
    assert.equal(percent(each.share), each.percent);
    assert.equal(unbroken(`of 8 (${each.percent}), "<" 3 more`).split(" ").length, 6);
  });
}

test("what would turn the text around it is replaced", () => {
  assert.equal(upright("a\u202eb\u2066c\u200f\u061cd"), "a\ufffdb\ufffdc\ufffd\ufffdd");
  assert.equal(upright("zwei\u200d\u00a0e\u0301"), "zwei\u200d\u00a0e\u0301");
});

test("a refusal is a sentence with one full stop", () => {
  for (const [text, sentence] of JSON.parse(readFileSync(new URL("../data/refusals.json", import.meta.url), "utf8"))) {
    assert.equal(asSentence(text), sentence);
  }
});
