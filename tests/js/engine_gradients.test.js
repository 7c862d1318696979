// Gradients through time: which questions are refused. Values: tests/test_browser_engine.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stateGradients } from "../../hnviz/browser/gradients.js";
import { firstWeights } from "../../hnviz/browser/weights.js";
import { CONFIG, FORM, JOB } from "./engine_job.js";
import { messageOf, recorded } from "./recorded.js";

const weights = firstWeights(FORM, { nv: 7, nh: CONFIG.nh }, CONFIG);

const REFUSED = [
  [{ form: { ...FORM, attends: true, normOver: "units", maxBptt: 9 } }, {}, []],
  [{}, { first: 3 }, [5, 0, 4, 3, 0, 2, 3]],
  [{}, {}, [5, 0, 4, 3, 0, 2, 5]],
  [{}, { first: 0.5 }, [5, 0, 4, 3, 0, 2, 0.5]],
  [{ train: [1, 2, 3] }, {}, [3, 3, 4, 1, 3]],
  [{ config: { ...CONFIG, nh: 6 } }, { first: 0 }, [42, 35]],
];
for (const [job, params, numbers] of REFUSED) {
  test(`gradients of ${JSON.stringify({ ...job, ...params })} are refused in a sentence`, (t) => {
    recorded(t, messageOf("EngineError", () => stateGradients({ ...JOB, ...job }, weights, params)), ...numbers);
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
