import assert from "node:assert/strict";
import test from "node:test";

import { bestOf, gapOf, mapVerdict, pairsOf, settingOf, shadesOf, shared, squaresOf, told, verdict } from "../../hnviz/app/kit/class/findings.js";
import { recorded } from "./recorded.js";

const SQUARES = [{ model: "Model3", lr: 0.003 }, { model: "Model3", lr: 0.01 }];

/** A comparison whose seeds have these accuracies of A and B. */
function compared(pairs, more = {}) {
  const results = pairs.flatMap((pair, seed) => pair.map((accuracy, square) => ({ seed, square, accuracy })));
  return { id: 1, map: false, axes: { lr: [0.003, 0.01] }, squares: SQUARES, steps: 200, came: pairs.length, results, ...more };
}

/** A map of two by two whose squares have these accuracies, by seed. */
function mapped(...ends) {
  const squares = [[0.003, 10], [0.003, 20], [0.01, 10], [0.01, 20]].map(([lr, bptt]) => ({ model: "Model3", lr, bptt }));
  const results = ends.flatMap((of, square) => of.map((accuracy, seed) => ({ seed, square, accuracy })));
  return { id: 1, map: true, axes: { lr: [0.003, 0.01], bptt: [10, 20] }, squares, steps: 80, came: results.length, results };
}

const said = (parts) => parts.flat().join("");

test("a setting is named by what differs, and what is the same once", () => {
  assert.equal(settingOf(compared([]), 1), "lr 0.01");
  assert.equal(settingOf(mapped(), 3), "lr 0.01, bptt 20");
  assert.equal(settingOf({ axes: { model: [] }, squares: [{ model: "LSTM" }] }, 0), "LSTM");
  assert.equal(shared(compared([])), "Model3, 200 steps");
  assert.equal(shared({ ...compared([]), axes: { model: [] }, steps: 1000 }), "1,000 steps");
});

test("pairs are in the order of their differences, and a run that diverged leaves its seed out", () => {
  const experiment = compared([[0.5, 0.6], [0.5, null], [0.5, 0.4]]);
  assert.deepEqual(pairsOf(experiment), [[2, 0.5, 0.4], [0, 0.5, 0.6]]);
  assert.deepEqual(pairsOf(experiment).map((pair) => gapOf(pair).toFixed(1)), ["-10.0", "10.0"]);
  assert.match(said(verdict(experiment)), /1 seed is left out: a run diverged/);
});

test("fewer than two seeds say nothing", () => {
  for (const pairs of [[], [[0.4, 0.5]]]) {
    assert.equal(told(compared(pairs)), null);
    assert.match(said(verdict(compared(pairs))), /^A comparison needs two seeds/);
  }
});

test("a difference that all seeds show fools nobody", (test) => {
  const experiment = compared([[0.4, 0.5], [0.41, 0.5], [0.4, 0.49]]);
  const { mean, against, better, isKnown } = told(experiment);
  assert.deepEqual([mean.toFixed(2), against, better, isKnown], ["9.33", 0, 1, true]);
  recorded(test, said(verdict(experiment)), 0.01, 3, 9.3, 95, 7.9, 10.8, 3); // by scipy.stats.t
});

test("a difference of the other sign is that of A, and the seeds that fool are counted", (test) => {
  const pairs = Array.from({ length: 20 }, (_, at) => [0.5, at === 3 ? 0.51 : 0.44 + at / 1000]);
  const { against, better } = told(compared(pairs));
  assert.deepEqual([against, better], [1, 0]);
  recorded(test, said(verdict(compared(pairs))), 0.003, 20, 4.7, 95, "4.0", 5.4, 1, 20, 1);
});

test("seeds that disagree show no difference, and one could have fooled", (test) => {
  const experiment = compared([[0.5, 0.6], [0.5, 0.4], [0.5, 0.55], [0.5, 0.44]]);
  assert.equal(told(experiment).better, null);
  recorded(test, said(verdict(experiment)), 4, 0.2, 95, 15.1, 14.6, 2, 2);
});

test("a square has its mean and is compared once it has three seeds", (test) => {
  const experiment = mapped([0.4, 0.5], [0.4, 0.5, 0.6], [0.7, null, 0.7], []);
  assert.deepEqual(
    squaresOf(experiment).map((square) => square && [square.mean.toFixed(2), square.n, square.ends]),
    [["0.45", 2, false], ["0.50", 3, true], ["0.70", 2, false], null],
  );
  assert.deepEqual(bestOf(experiment), { best: 1, ties: [] });
  assert.equal(bestOf(mapped([0.5, 0.5])), null);
  recorded(test, said(mapVerdict(experiment)), 0.003, 20, "50.0", 1, 4, 3);
  recorded(test, said(mapVerdict(mapped([0.5, 0.5]))), 0, 4, 3, 2);
});

test("squares whose seeds do not tell them apart from the best are ties", (test) => {
  const clear = mapped([0.1, 0.2, 0.15], [0.3, 0.35, 0.3], [0.6, 0.61, 0.62], [0.4, 0.41, 0.4]);
  assert.deepEqual(bestOf(clear), { best: 2, ties: [] });
  recorded(test, said(mapVerdict(clear)), 0.01, 10, "61.0");
  const tie = mapped([0.1, 0.2, 0.15], [0.6, 0.64, 0.58], [0.6, 0.61, 0.62], [0.4, 0.41, 0.4]);
  assert.deepEqual(bestOf(tie), { best: 2, ties: [1] });
  assert.deepEqual(shadesOf(tie).map((shade) => shade.toFixed(2)), ["0.00", "1.00", "1.00", "0.55"]);
  recorded(test, said(mapVerdict(tie)), 0.01, 10, "61.0", 3, 1);
});
