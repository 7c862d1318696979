// The learning rate finder: what it says of a test and of a bench, and its tables.

import assert from "node:assert/strict";
import test from "node:test";

import { table } from "../../hnviz/app/rooms/train/finder/table.js";
import { benchText, headline, otherSettings, pointText, rateText, runLabel, statusText } from "../../hnviz/app/rooms/train/finder/words.js";

const CONFIG = { model: "Model5", bptt: 20, lr: 10, epochs: 3, seed: 0, pct_start: 0.3, device: "auto" };
const FOUND = { valley: { lr: 0.0033, loss: 2.9, at: 1 }, steepest: { lr: 0.012, loss: 2.4, at: 2 } };

const rates = (more = {}) => ({ config: CONFIG, status: "finished", live: false, place: 0, message: "", step: 3, n_steps: 100, lr: [0.001, 0.0033, 0.012], loss: [3.6, 2.95, 2.2], smooth: [3.6, 2.9, 2.4], accuracy: null, found: {}, ...more });
const short = (lr, last, more = {}) => rates({ config: { ...CONFIG, lr }, smooth: [3.5, last], ...more });
const said = (parts) => parts.flat().join("");
const words = (parts) => said(parts).split(/\s+/).filter(Boolean).length;

test("the headline follows a test, in at most 20 words", () => {
  const all = [
    [null, "A test shows which rates work here: lr rises with each of 100 mini-batches until the loss does."],
    [rates({ live: true, status: "queued", lr: [], smooth: [] }), "The test has not begun yet."],
    [rates({ live: true, status: "running" }), "3 of 100 mini-batches: at lr 1.2e-2, the loss is 2.40."],
    [rates({ found: FOUND }), "Try an lr between the valley, 3.3e-3, and the steepest fall, 1.2e-2; the loss is lowest at 1.2e-2."],
    [rates({ status: "stopped" }), "The test ended after 3 of 100 mini-batches, so it suggests no rate."],
    [rates(), "The loss never fell on the way to lr 1.2e-2, so the test suggests no rate."],
  ];
  for (const [given, expected] of all) {
    assert.equal(said(headline(given)), expected);
    assert.ok(words(headline(given)) <= 20, expected);
  }
});

test("the status says what a test waits for, and why it ended", () => {
  assert.equal(statusText(null), "");
  assert.equal(statusText(rates({ status: "queued", live: true, place: 2 })), "It waits for its turn, at place 2.");
  assert.equal(statusText(rates({ status: "running", live: true })), "");
  assert.equal(statusText(rates({ message: "all 100 mini-batches are done" })), "The test ended: all 100 mini-batches are done.");
});

test("a test of other settings than the form's is named", () => {
  assert.equal(otherSettings(CONFIG, { ...CONFIG, lr: 0.01, epochs: 9, pct_start: 0.1, device: "cpu" }), "");
  assert.equal(otherSettings(CONFIG, { ...CONFIG, model: "Model3", bptt: 70 }), "This test is of other settings than those above: Model5, bptt 20.");
  assert.equal(otherSettings(CONFIG, null), "");
});

test("a bench names the rate with the lowest loss once all three have ended, in at most 20 words", () => {
  const runs = [short(0.00033, 2.41), short(0.0033, 1.5), short(0.033, 9, { status: "diverged" })];
  assert.equal(said(benchText([...runs.slice(0, 2), short(0.033, null, { live: true })], 2)), "2 of 3 short runs are done.");
  const parts = benchText(runs, 2);
  assert.equal(said(parts), "After 2 epochs, the running loss on train is lowest at lr 3.3e-3: 1.50; 2.41 at 3.3e-4, diverged at 3.3e-2.");
  assert.ok(words(parts) <= 20);
  assert.equal(runLabel(short(0.0033, 1.5, { accuracy: 0.4213 })), "lr 3.3e-3, 42.1 % right");
  assert.equal(runLabel(short(0.0033, 1.5, { accuracy: 0.4213 }), true), "lr 3.3e-3");
  assert.equal(runLabel(runs[2]), "lr 3.3e-2, diverged");
  assert.equal(runLabel(short(0.0033, 1.5, { live: true, status: "running" })), "lr 3.3e-3");
});

test("rates and points are written with two digits", () => {
  assert.deepEqual([1e-7, 0.000404, 0.33, 10].map(rateText), ["1.0e-7", "4.0e-4", "3.3e-1", "10"]);
  assert.equal(pointText(rates(), 1), "Mini-batch 2: lr 3.3e-3, loss 2.95, smoothed 2.90.");
  assert.equal(pointText(rates({ loss: [null], smooth: [null], lr: [1] }), 0), "Mini-batch 1: lr 1, loss none, smoothed none.");
});

test("the tables hold every mini-batch, the suggestions and the ends of the short runs", () => {
  const made = table(null, { test: rates({ found: FOUND }), bench: [short(0.00033, 2.41), null] });
  assert.deepEqual(made.map(({ n }) => n), [3, 2, 1]);
  assert.deepEqual(made[0].row(1), [2, 0.0033, 2.95, 2.9]);
  assert.deepEqual(made[1].row(0), ["valley", 0.0033, 2.9, 2]);
  assert.deepEqual(made[2].row(0), [0.00033, "finished", 3, 2.41, null]);
  assert.deepEqual(table(null, { test: null, bench: [] }).map(({ n }) => n), [0, 0, 0]);
});
