// The learning rate finder: what it says of a test and of a bench, and its tables.

import assert from "node:assert/strict";
import test from "node:test";

import { table } from "../../hnviz/app/rooms/train/finder/table.js";
import { benchText, headline, highest, otherSettings, pointText, rateText, runLabel, statusText } from "../../hnviz/app/rooms/train/finder/words.js";
import { recorded } from "./recorded.js";

const CONFIG = { model: "Model5", bptt: 20, lr: 10, epochs: 3, seed: 0, pct_start: 0.3, device: "auto" };
const FOUND = { valley: { lr: 0.0033, loss: 2.9, at: 1 }, steepest: { lr: 0.012, loss: 2.4, at: 2 } };

const rates = (more = {}) => ({ config: CONFIG, status: "finished", live: false, place: 0, message: "", step: 3, n_steps: 100, lr: [0.001, 0.0033, 0.012], loss: [3.6, 2.95, 2.2], smooth: [3.6, 2.9, 2.4], accuracy: null, found: {}, ...more });
const short = (lr, last, more = {}) => rates({ config: { ...CONFIG, lr }, smooth: [3.5, last], ...more });
const said = (parts) => parts.flat().join("");
const words = (parts) => said(parts).split(/\s+/).filter(Boolean).length;

test("the headline follows a test, in at most 20 words", (t) => {
  const all = [
    [null, [100]],
    [rates({ live: true, status: "queued", lr: [], smooth: [] }), []],
    [rates({ live: true, status: "running" }), [3, 100, "1.2e-2", "2.40"]],
    [rates({ found: FOUND }), ["3.3e-3", "1.2e-2", "1.2e-2"]],
    [rates({ status: "stopped" }), [3, 100]],
    [rates(), ["1.2e-2"]],
  ];
  for (const [given, numbers] of all) {
    recorded(t, said(headline(given)), ...numbers);
    assert.ok(words(headline(given)) <= 20, said(headline(given)));
  }
});

test("the status says what a test waits for, and why it ended", (t) => {
  assert.equal(statusText(null), "");
  recorded(t, statusText(rates({ status: "queued", live: true, place: 2 })), 2);
  assert.equal(statusText(rates({ status: "running", live: true })), "");
  recorded(t, statusText(rates({ message: "all 100 mini-batches are done" })), 100);
});

test("a test of other settings than the form's is named", (t) => {
  assert.equal(otherSettings(CONFIG, { ...CONFIG, lr: 0.01, epochs: 9, pct_start: 0.1, device: "cpu" }), "");
  recorded(t, otherSettings(CONFIG, { ...CONFIG, model: "Model3", bptt: 70 }), 20);
  assert.equal(otherSettings(CONFIG, null), "");
});

test("a bench names the rate with the lowest loss once all three have ended, in at most 20 words", (t) => {
  const runs = [short(0.00033, 2.41), short(0.0033, 1.5), short(0.033, 9, { status: "diverged" })];
  assert.equal(said(benchText([...runs.slice(0, 2), short(0.033, null, { live: true })], 2)), "2 of 3 short runs are done.");
  const parts = benchText(runs, 2);
  recorded(t, said(parts), 2, "3.3e-3", "1.50", 2.41, "3.3e-4", "3.3e-2");
  assert.ok(words(parts) <= 20);
  assert.equal(runLabel(short(0.0033, 1.5, { accuracy: 0.4213 })), "lr 3.3e-3, 42.1 % right");
  assert.equal(runLabel(short(0.0033, 1.5, { accuracy: 0.4213 }), true), "lr 3.3e-3");
  assert.equal(runLabel(runs[2]), "lr 3.3e-2, diverged");
  assert.equal(runLabel(short(0.0033, 1.5, { live: true, status: "running" })), "lr 3.3e-3");
});

test("rates and points are written with two digits", (t) => {
  assert.deepEqual([1e-7, 0.000404, 0.33, 10].map(rateText), ["1.0e-7", "4.0e-4", "3.3e-1", "10"]);
  recorded(t, pointText(rates(), 1), 2, "3.3e-3", 2.95, "2.90");
  recorded(t, pointText(rates({ loss: [null], smooth: [null], lr: [1] }), 0), 1, 1);
});

test("the tables hold every mini-batch, the suggestions and the ends of the short runs", () => {
  const made = table({ test: rates({ found: FOUND }), bench: [short(0.00033, 2.41), null] });
  assert.deepEqual(made.map(({ n }) => n), [3, 2, 1]);
  assert.deepEqual(made[0].row(1), [2, 0.0033, 2.95, 2.9]);
  assert.deepEqual(made[1].row(0), ["valley", 0.0033, 2.9, 2]);
  assert.deepEqual(made[2].row(0), [0.00033, "finished", 3, 2.41, null]);
  assert.deepEqual(table({ test: null, bench: [] }).map(({ n }) => n), [0, 0, 0]);
});

test("the chart of a test shows the loss at which it ends", () => {
  assert.equal(highest([], 4, 4), 5);
  assert.equal(highest([4, 3, 3.5], 4, 4), 5);
  const ended = highest([4, null, 2, 8.1], 4, 4); // it ends above 4 times its lowest
  assert.ok(ended > 8.1 && ended < 9);
  assert.ok(Math.abs(highest([4, 2, 900], 4, 4) - 8.8) < 1e-9); // a jump is cut, the end itself is not
});
