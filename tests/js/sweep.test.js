// The Sweep page: what is typed as a plan, runs as squares, and what is said of them.

import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { Refusal } from "../../hnviz/app/kit/js/source.js";
import { Estimates } from "../../hnviz/app/rooms/train/form/estimates.js";
import { estimateText, listOf, planOf } from "../../hnviz/app/rooms/train/form/plan.js";
import { bestOf, cellsOf, figureOf, layOut, shares, stateOf, tiesOf } from "../../hnviz/app/rooms/sweep/map/squares.js";
import { table } from "../../hnviz/app/rooms/sweep/map/table.js";
import { cellText, headline, linkOf, settingsText, squareText, statusText, tieNote } from "../../hnviz/app/rooms/sweep/map/words.js";
import { messageOf, recorded } from "./recorded.js";

const setting = (name, kind) => ({ name, label: name, kind, help: "", more: false, options: [], first: null });
const SETTINGS = [setting("model", "word"), setting("bptt", "whole"), setting("lr", "power"), setting("epochs", "whole"), setting("seed", "whole"), setting("same", "switch")];
const TYPED = { model: "Model1", lr: "1e-3, 1e-2", bptt: "3 20;70", seed: "0", epochs: "2", same: "false" };

/** A run with a figure if it has finished. */
function made(settings, accuracy = null, { state = accuracy === null ? "waits" : "finished", ...more } = {}) {
  const run = state === "waits" ? null : `run-${Object.values(settings).join("-")}`;
  return { settings, run, state, progress: 0, message: "", accuracy, valid_loss: accuracy === null ? null : 2 - accuracy, train_accuracy: accuracy, train_loss: 1, ...more };
}

/** lr by bptt, with figures in the order of rows. */
const grid = (figures, lrs = [0.01, 0.001], bptts = [20, 3]) => bptts.flatMap((bptt, down) => lrs.map((lr, along) => made({ bptt, lr }, figures[down * lrs.length + along])));
const AXES = ["bptt", "lr"];
const sweep = (done, all, more = {}) => ({ id: "0", name: "lr by bptt", axes: AXES, status: "training", problem: "", n_runs: all, n_done: done, ...more });
const said = (parts) => parts.flat().join("");
const words = (parts) => said(parts).split(/\s+/).filter(Boolean).length;

test("what is typed becomes a plan: a list is varied, and an empty field follows the recipe", () => {
  const plan = planOf(SETTINGS, TYPED);
  assert.deepEqual(plan, { name: "lr by bptt of Model1, 2 × 3", fixed: { model: "Model1", epochs: 2, seed: 0 }, grid: { bptt: [3, 20, 70], lr: [0.001, 0.01] } });
  const more = planOf(SETTINGS, { ...TYPED, model: "Model1, Model3", seed: "0, 1, 2", epochs: "", bptt: "", same: "true" });
  assert.deepEqual(more, { name: "lr of Model1 and Model3, 2, 3 seeds", fixed: { same: true }, grid: { model: ["Model1", "Model3"], lr: [0.001, 0.01], seed: [0, 1, 2] } });
  assert.equal(planOf(SETTINGS, { ...TYPED, model: "A, B, C", lr: "", bptt: "" }).name, "3 models");
  assert.deepEqual(listOf(SETTINGS[2], "1, 1,1.0 , 2"), [1, 2]);
});

test("what cannot be a plan is one sentence", (t) => {
  const wrong = [
    [{ model: "" }, []],
    [{ lr: "1e-3, fast" }, ["1e-3", "1e-2"]],
    [{ bptt: "Infinity" }, [3, 20, 70]],
    [{ lr: "", bptt: " " }, []],
  ];
  for (const [typed, numbers] of wrong) recorded(t, messageOf("RangeError", () => planOf(SETTINGS, { ...TYPED, ...typed })), ...numbers);
});

test("the estimate is from the least to the most, in seconds, minutes or hours, and follows a few runs", () => {
  assert.equal(estimateText({ runs: 16, least: 36.6, most: 51 }), "16 runs, about 40 to 55 seconds");
  assert.equal(estimateText({ runs: 1, least: 0.5, most: 0.9 }), "1 run, about 1 second");
  assert.equal(estimateText({ runs: 6, least: 1.8, most: 2.4 }), "6 runs, about 2 to 3 seconds");
  assert.equal(estimateText({ runs: 16, least: 4.6, most: 4.9 }), "16 runs, about 5 seconds");
  assert.equal(estimateText({ runs: 250, least: 80, most: 600 }), "250 runs, about 2 to 10 minutes");
  assert.equal(estimateText({ runs: 250, least: 2.5 * 3600, most: 3 * 3600 }), "250 runs, about 3 hours");
});

/** Estimates whose server answers when the test says so: `answer(runs)` or `answer(error)`. */
function timed() {
  const [asked, said, waiting] = [[], [], []];
  const estimates = new Estimates((plan) => {
    asked.push(plan.name);
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  });
  const settled = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  const answer = async (given) => {
    const { resolve, reject } = waiting.shift();
    if (given instanceof Error) reject(given);
    else resolve({ runs: given, least: 3, most: 3 });
    await settled();
  };
  const want = (place, name) => estimates.want(place, { name, fixed: {}, grid: {} }, (text) => said.push([place, text]));
  return { estimates, asked, said, answer, want, settled };
}

test("one plan is timed at a time, and of those that are typed only the newest", async () => {
  const { estimates, asked, said, answer, want } = timed();
  want("card", "card");
  for (const name of ["one", "two", "three"]) want("form", name);
  assert.deepEqual(asked, ["card"]);
  await answer(16);
  assert.deepEqual(asked, ["card", "three"]);
  want("form", "four");
  await answer(3);
  assert.deepEqual(asked, ["card", "three", "four"]);
  await answer(4);
  assert.deepEqual(said, [["card", "16 runs, about 3 seconds."], ["form", "4 runs, about 3 seconds."]]);
  want("form", "five");
  estimates.drop("form"); // something else is typed
  await answer(5);
  assert.deepEqual([asked.length, said.length], [4, 2]);
});

test("a plan that has to wait for others is timed later, without a word; a wrong one says what is wrong", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { estimates, asked, said, answer, want, settled } = timed();
    want("form", "one");
    await answer(new Refusal("6 of your plans are being timed; wait a moment", 429, 5));
    want("form", "two");
    assert.deepEqual([asked, said], [["one"], []]);
    mock.timers.tick(4999);
    await settled();
    assert.deepEqual(asked, ["one"]);
    mock.timers.tick(1);
    await settled();
    assert.deepEqual(asked, ["one", "two"]);
    await answer(new Refusal("the grid has too many runs", 422));
    assert.deepEqual([said.length, said[0][0]], [1, "form"]);
    recorded(t, said[0][1]);
    want("form", "three");
    await answer(new Refusal("The server does not answer.", 0));
    assert.deepEqual(said.at(-1), ["form", "The server does not answer."]);
    want("form", "three"); // the same plan: the pause continues
    await settled();
    assert.deepEqual(asked, ["one", "two", "three"]);
    want("form", "four");
    await settled();
    assert.deepEqual(asked, ["one", "two", "three", "four"]);
    await answer(new Refusal("The server does not answer.", 0));
    estimates.end();
    mock.timers.tick(60_000);
    await settled();
    assert.deepEqual(asked, ["one", "two", "three", "four"]);
  } finally {
    mock.timers.reset();
  }
});

test("lr goes across and bptt down, both in order", () => {
  const layout = layOut(AXES, grid([0.1, 0.2, 0.3, 0.4]), false);
  assert.deepEqual([layout.x, layout.y, layout.xs, layout.ys], ["lr", "bptt", [0.001, 0.01], [3, 20]]);
  const figures = layout.maps[0].cells.map((row) => row.map(({ runs }) => runs[0].accuracy));
  assert.deepEqual(figures, [[0.4, 0.3], [0.2, 0.1]]);
});

test("seeds are a mean or a map each, models a map each", (t) => {
  const runs = ["Model1", "Model3"].flatMap((model) => [0, 1].map((seed) => made({ model, lr: 0.01, seed }, 0.4 + 0.2 * seed)));
  const axes = ["model", "lr", "seed"];
  const together = layOut(axes, runs, false);
  assert.deepEqual(together.maps.map(({ title }) => title), [{ model: "Model1" }, { model: "Model3" }]);
  const figure = figureOf(cellsOf(together)[0].runs, "accuracy");
  assert.deepEqual(figure, { mean: (0.4 + 0.6000000000000001) / 2, low: 0.4, high: 0.4 + 0.2, n: 2 });
  assert.equal(layOut(axes, runs, true).maps.length, 4);
  assert.equal(squareText(cellsOf(together)[0], "accuracy").more, "40.0 to 60.0");
  recorded(t, linkOf(cellsOf(together)[0]), 0.01, 0, 0.01, 1);
});

test("sweeps without two axes of numbers have a map too, and a random draw has none", () => {
  const models = layOut(["model"], ["Model1", "Model3"].map((model) => made({ model }, 0.5)), false);
  assert.deepEqual([models.x, models.y, models.xs], ["model", null, ["Model1", "Model3"]]);
  const seeds = layOut(["seed"], [0, 1].map((seed) => made({ seed }, 0.5)), false);
  assert.deepEqual([seeds.x, seeds.xs], ["seed", [0, 1]]);
  const drawn = Array.from({ length: 30 }, (_, at) => made({ lr: at + 1, nh: at }, 0.5));
  assert.equal(layOut(["lr", "nh"], drawn, false), null);
  assert.equal(layOut([], [made({}, 0.5)], false), null);
});

test("a square says what its runs do together", (t) => {
  const of = (...states) => stateOf(states.map((state) => made({}, null, { state })));
  assert.deepEqual([of("finished", "diverged"), of("diverged"), of("waits", "finished"), of("running", "waits"), of("failed", "waits")], ["finished", "diverged", "waits", "running", "failed"]);
  const trains = { settings: {}, runs: [made({}, null, { state: "running", progress: 0.47 })] };
  assert.equal(squareText(trains, "accuracy").main, "● 47 %");
  const lost = { settings: { lr: 1 }, runs: [made({ lr: 1 }, null, { state: "failed", message: "its trainer was killed" })] };
  recorded(t, cellText(lost), 1);
  const done = { settings: { lr: 0.01, bptt: 20 }, runs: [made({}, 0.831)] };
  recorded(t, cellText(done), "1e-2", 20, 83.1, 1.17);
  assert.equal(linkOf({ settings: {}, runs: [made({})] }), null);
});

test("the best is the highest accuracy or the least loss of squares whose runs have all finished", () => {
  const runs = grid([0.1, 0.9, 0.3, null]);
  runs[2].valid_loss = 0.01;
  const layout = layOut(AXES, runs, false);
  assert.equal(settingsText(bestOf(layout, "accuracy").cell.settings), "lr 1e-3, bptt 20");
  assert.equal(settingsText(bestOf(layout, "loss").cell.settings), "lr 1e-2, bptt 3");
  const placed = [...shares(layout, "accuracy").values()].sort();
  assert.deepEqual([placed[0], placed.at(-1), placed.length], [0, 1, 3]);
  assert.equal([...shares(layOut(AXES, grid([0.5, 0.5, 0.5, 0.5]), false), "loss").values()].every((share) => share === 1), true);
  const diverged = layOut(AXES, grid([null, null, null, null]).map((run) => ({ ...run, state: "diverged" })), false);
  assert.equal(bestOf(diverged, "accuracy"), null);
});

test("the headline has the map's own numbers and at most 20 words", (t) => {
  const runs = grid([0.1, 0.831, 0.3, null]);
  const layout = layOut(AXES, runs, false);
  const heads = [
    [headline(null, null, "accuracy"), []],
    [headline(sweep(0, 4), layOut(AXES, grid([null, null, null, null]), false), "accuracy"), [0, 4]],
    [headline(sweep(3, 4), layout, "accuracy"), [3, 4, "1e-3", 20, 83.1]],
    [headline(sweep(4, 4), layout, "loss"), ["1e-3", 20, 1.17]],
    [headline(sweep(4, 4), layOut(AXES, grid([null, null, null, null]), false), "accuracy"), [4]],
  ];
  for (const [parts, numbers] of heads) {
    recorded(t, said(parts), ...numbers);
    assert.ok(words(parts) <= 20);
  }
  const long = [0, 1].map((seed) => made({ model: "Model3BN", bptt: 512, lr: 0.0123, seed }, 0.5));
  const head = headline(sweep(2, 2), layOut(["model", "bptt", "lr", "seed"], long, false), "accuracy");
  recorded(t, said(head), "1.23e-2", 512, "50.0", 2);
  assert.ok(words(head) <= 20);
});

test("squares that differ no more than seeds tie", (t) => {
  const layout = layOut(AXES, grid([0.453, 0.452, 0.3, null]), false);
  const gaps = { accuracy: 0.05 };
  const [tie] = tiesOf(layout, "accuracy", gaps);
  assert.deepEqual(tie.settings, { lr: 0.001, bptt: 20 });
  assert.deepEqual([tiesOf(layout, "accuracy", gaps).length, tiesOf(layout, "accuracy").length], [1, 0]);
  const placed = shares(layout, "accuracy", [tie]);
  assert.deepEqual([placed.get(tie), placed.get(bestOf(layout, "accuracy").cell), Math.min(...placed.values())], [1, 1, 0]);
  const mixed = said(headline({ ...sweep(4, 4), tokens: ["char", "word"] }, layout, "accuracy"));
  recorded(t, mixed);
  assert.ok(mixed.split(" ").length <= 20);
  const head = headline({ ...sweep(4, 4), gaps }, layout, "accuracy");
  recorded(t, said(head), "1e-2", 20, 45.3, 1);
  recorded(t, tieNote("accuracy", tie, gaps), "5.0");
  recorded(t, tieNote("accuracy", tie)); // how far apart seeds are was not measured
  assert.ok(words(head) <= 20);
  // The same seeds on both sides: their differences count, not how far apart the seeds of one side are.
  const seeds = (/** @type {number[]} */ ...right) => layOut(["lr", "seed"], right.map((each, at) => made({ lr: at < 3 ? 0.01 : 0.1, seed: at % 3 }, each)), false);
  assert.equal(tiesOf(seeds(0.4, 0.5, 0.6, 0.44, 0.54, 0.64), "accuracy").length, 0);
  const unsure = seeds(0.4, 0.5, 0.6, 0.6, 0.5, 0.49);
  assert.equal(tiesOf(unsure, "accuracy", { accuracy: 0.001 }).length, 1);
  recorded(t, tieNote("accuracy", bestOf(unsure, "accuracy").cell), 95, 0);
});

test("what happened to a sweep, and what to do, is one line", (t) => {
  assert.equal(statusText(sweep(9, 16)), "");
  recorded(t, statusText(sweep(9, 16, { status: "interrupted" })), 9, 16);
  assert.match(statusText(sweep(15, 16, { status: "failed" })), /^1 of 16 runs failed/);
  recorded(t, statusText(sweep(3, 16, { problem: "no space is left" })), 3, 16);
});

test("the table has a row for each run", () => {
  const runs = grid([0.1, 0.9, 0.3, null]);
  const [data] = table({ sweep: sweep(3, 4), runs });
  assert.equal(data.n, 4);
  assert.deepEqual(data.columns.map(({ title }) => title), ["bptt", "lr", "state", "right on valid", "right on train", "loss on valid", "running loss on train", "run"]);
  assert.deepEqual(data.row(1), [20, 0.001, "finished", 0.9, 0.9, 1.1, 1, "run-20-0.001"]);
  assert.deepEqual(table({ sweep: null, runs: [] }), []);
});
