// A headline: where in its sentence the numbers are that a reader may choose.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { ofStep, partsOf } from "../../hnviz/app/kit/headline/controls.js";
import { recorded } from "./recorded.js";

const SNAPSHOTS = new URL("../__snapshots__/", import.meta.url);
const RECORDED = readdirSync(SNAPSHOTS).flatMap((name) =>
  [...readFileSync(new URL(name, SNAPSHOTS), "utf8").matchAll(/^ {2}'(.*)'$/gm)].map(([, sentence]) => sentence),
);

test("a control takes the place of its number, and the other words stay", () => {
  assert.deepEqual(partsOf("After 1,234 steps it gets **9 %** right.", ["step"]), ["After ", { name: "step", value: 1234 }, " steps it gets **9 %** right."]);
  assert.deepEqual(partsOf("Step 4: a digit explains **9 %** of how unit **11** varies.", ["unit"]), [
    "Step 4: a digit explains **9 %** of how unit ",
    { name: "unit", value: 11 },
    " varies.",
  ]);
  const two = partsOf("In mini-batch 7, unit **3** moves.", ["unit", "batch"]);
  assert.deepEqual(two.map((part) => part.name ?? part), ["In mini-batch ", "batch", ", unit ", "unit", " moves."]);
  assert.deepEqual(partsOf("It starts each mini-batch from zeros.", ["batch"]), ["It starts each mini-batch from zeros."]);
  assert.deepEqual(partsOf("", ["step"]), [""]);
});

test("a sentence about another step than the chosen one has no figures", (t) => {
  const said = "After 400 steps it gets **99.3 %** of next numbers right up to 7,999, and **6.1 %** above 8,000.";
  assert.equal(ofStep(said, 400), said);
  recorded(t, ofStep(said, 1234), 1234);
  assert.equal(ofStep(said, 1), ofStep(said, 1234).replace("1,234 steps", "1 step"));
  assert.equal(ofStep(said, null), said);
  assert.equal(ofStep("It carries **no** state.", 3), "It carries **no** state.");
});

const HEADLINES = [
  ["step", / of next numbers right /],
  ["unit", / of how unit \*\*/],
  ["batch", / the gradient of mini-batch /],
];

for (const [name, which] of HEADLINES) {
  test(`every headline with a ${name} has a control for it`, () => {
    const said = RECORDED.filter((sentence) => which.test(sentence));
    assert.ok(said.length > 1);
    for (const sentence of said) {
      const [before, { value }, after] = partsOf(sentence, [name]);
      assert.ok(sentence.startsWith(before) && sentence.endsWith(after) && Number.isInteger(value), sentence);
    }
  });
}
