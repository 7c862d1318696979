// Shares are written as Python writes them: both read tests/data/shares.json.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accuracy, percent } from "../../hnviz/app/kit/js/text.js";

const CASES = JSON.parse(readFileSync(new URL("../data/shares.json", import.meta.url), "utf8"));

for (const each of CASES) {
  test(`the share ${each.share}`, () => {
    assert.equal(accuracy(each.share), each.accuracy);
    assert.equal(percent(each.share), each.percent);
  });
}
