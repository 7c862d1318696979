// A headline about one unit: it speaks of the unit that the picture shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { headlineOf, UNIT } from "../../hnviz/app/kit/headline/unit.js";
import { onMark, setMark } from "../../hnviz/app/kit/js/page.js";

test("a headline about units is about the picked one, and about the answer's own before any is picked", (t) => {
  t.after(onMark(UNIT, {}, () => {}));
  const units = { meta: { units: ["unit 0", "unit 1"] }, sentence: "unit 1" };
  assert.equal(headlineOf(units), "unit 1");
  setMark(UNIT, 0, {});
  assert.equal(headlineOf(units), "unit 0");
});
