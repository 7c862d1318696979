// The small network in JavaScript, against Python's figures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { read } from "../../hnviz/app/rooms/tasks/understood/network.js";
import { momentParts, weightParts } from "../../hnviz/app/rooms/tasks/understood/words.js";

const { weights: parts } = JSON.parse(readFileSync(new URL("../../hnviz/tasks/data/parity.json", import.meta.url), "utf8"));

test("every input of ten bits is answered as counted", () => {
  for (let number = 0; number < 1024; number++) {
    const bits = [...number.toString(2).padStart(10, "0")].map(Number);
    read(parts, bits).slice(1).forEach(({ answer, state }, at) => {
      const odd = bits.slice(0, at + 1).filter(Boolean).length % 2;
      assert.equal(answer, odd);
      assert.equal(state[1] > 0, !odd && bits[at] === 0);
      assert.equal(state[3] > 0, !odd && bits[at] === 1);
    });
  }
});

test("a state is the formula's, to the digit", () => {
  const [, { state }] = read(parts, [0]);
  const wanted = parts.bias.map((bias, unit) => Math.tanh(parts.embed[0][unit] + bias));
  assert.deepEqual(state, wanted);
});

test("sentences have the numbers of what is shown", () => {
  const moments = read(parts, [1, 1]);
  const said = momentParts([1, 1], moments[2], [1, 3]).flat().join("");
  assert.match(said, /It has read 1 1: 2 ones\. Unit 1 is off .* unit 3 is on .* answers even: right\./);
  assert.match(weightParts(["bit 0", "unit 1", 1.56, 4095], 8190).flat().join(""), /is 1\.56\. Without it, 4,095 of 8,190/);
  assert.match(weightParts(["bit 1", "unit 3", 0, 0], 8190).flat().join(""), /pushed it to zero/);
});
