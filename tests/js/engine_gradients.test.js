// Gradients through time: which questions are refused. Values: tests/test_browser_engine.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stateGradients } from "../../hnviz/browser/gradients.js";
import { firstWeights } from "../../hnviz/browser/weights.js";
import { CONFIG, FORM, JOB } from "./engine_job.js";

const weights = firstWeights(FORM, { nv: 7, nh: CONFIG.nh }, CONFIG);

const REFUSED = [
  [{ form: { ...FORM, attends: true, normOver: "units", maxBptt: 9 } }, {}, "this model has no state through which a gradient could go back: it goes to each word of the window directly"],
  [{}, { first: 3 }, "the text has 5 mini-batches, 0 to 4, so the first of 3 must be from 0 to 2; got 3"],
  [{}, {}, "the text has 5 mini-batches, 0 to 4, so the first of 3 must be from 0 to 2; got 5"],
  [{}, { first: 0.5 }, "the text has 5 mini-batches, 0 to 4, so the first of 3 must be from 0 to 2; got 0.5"],
  [{ train: [1, 2, 3] }, {}, "3 tokens in 3 rows of 4 steps are 1 mini-batch, and the picture needs 3: choose a run with a smaller bs or bptt"],
  [{ config: { ...CONFIG, nh: 6 } }, { first: 0 }, /^the tensor i_h.weight must have 42 numbers; got 35: /],
];
for (const [job, params, message] of REFUSED) {
  test(`gradients of ${JSON.stringify({ ...job, ...params })} are refused in a sentence`, () => {
    assert.throws(() => stateGradients({ ...JOB, ...job }, weights, params), { name: "EngineError", message });
  });
}

test("an answer does not depend on earlier questions", () => {
  const params = { first: 1, every: true };
  const before = stateGradients(JOB, weights, params);
  stateGradients(JOB, weights, { first: 2 });
  assert.deepEqual(stateGradients(JOB, weights, params), before);
  assert.equal(before.arrays.keep.length, 12);
  assert.ok(before.arrays.keep.every((norm) => norm > 0));
});
