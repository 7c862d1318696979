// Compare: curves as numbers, seeds together, axes, and what is said of them.

import assert from "node:assert/strict";
import test from "node:test";

import { idsIn } from "../../hnviz/app/rooms/compare/chosen.js";
import { movedApart, nearest, placeOf, ticks, tickText } from "../../hnviz/app/rooms/compare/curves/scale.js";
import { lookOf } from "../../hnviz/app/rooms/compare/curves/paint.js";
import { sceneOf } from "../../hnviz/app/rooms/compare/curves/scene.js";
import { across, bandOf, cutOff, differing, endOf, extent, grouped, interpolate, lineOf, MEASURES, notebookLine, pairOf, read, seedGroups, smoothed } from "../../hnviz/app/rooms/compare/curves/series.js";
import { table } from "../../hnviz/app/rooms/compare/curves/table.js";
import { bitsNote, headline, labels, lost, refusal, together, valueText, verdict } from "../../hnviz/app/rooms/compare/curves/words.js";
import { settingsText, sifted, startedText, stateText, toggled } from "../../hnviz/app/rooms/compare/runs/rows.js";
import { recorded } from "./recorded.js";

const KINDS = ["ones", "tens"];
const WIDTH = 7 + 2 * KINDS.length;
const CONFIG = { model: "Model5", bptt: 20, lr: 0.01, epochs: 2, seed: 0, bs: 64, nh: 64 };

/** A run of two epochs of ten steps. */
function made(id, { accuracy = [0.5, 0.8], spread = null, live = false, given = "", device = "cpu", asked = "auto", ...settings } = {}) {
  const points = Float32Array.from(Array.from({ length: 20 }, (_, step) => [step, 3 - step / 10, step / 20, 0.01, 0.9]).flat());
  const epochs = Float32Array.from(accuracy.flatMap((share, at) => [at, 10 * (at + 1), 2 - at, 2.5 - at, share, share + 0.1, 4, share, 0.25, share, 0.5]));
  assert.equal(epochs.length, accuracy.length * WIDTH);
  return { run: id, name: `name of ${id}`, given, created: 0, shipped: false, status: live ? "running" : "finished", live, config: { ...CONFIG, device: asked, ...settings }, device, step: 12, n_steps: 20, n_batches: 10, every: 1, message: "", spread, points, epochs, kinds: KINDS.length };
}

const LOOK = { measure: "accuracy on valid", axis: "step", smooth: 0, kind: "tens", bands: true, notebook: false, logX: false, logY: false };
const THEME = { categorical: ["#1", "#2", "#3", "#4", "#5", "#6"], muted: "#m", control: "#c" };
const said = (parts) => parts.flat().join("");
const words = (parts) => said(parts).split(/\s+/).filter(Boolean).length;

test("runs on other tokens are compared by bits per character only", (t) => {
  const word = { ...made("a"), name: "A", tokens: "word", text: "t 10", bits: 0.5, unknown: 0.031 };
  const char = { ...made("b", { accuracy: [0.6, 0.9], corpus: "char" }), name: "B", tokens: "char", text: "t 10", bits: 1.5, unknown: 0 };
  const look = { ...LOOK, measure: "bits per character" };
  assert.deepEqual([word, char].map((run) => lineOf(run, look, KINDS).y), [[1.25, 0.75], [3.75, 2.25]]); // 2.5 and 1.5 nats
  const wrong = sceneOf({ runs: [word, char], kinds: KINDS, notebook: {} }, LOOK, THEME);
  assert.equal(wrong.gap, null);
  const parts = headline(wrong.own, "accuracy on valid");
  recorded(t, said(parts));
  assert.ok(words(parts) <= 20);
  const right = sceneOf({ runs: [word, char], kinds: KINDS, notebook: {} }, look, THEME);
  assert.match(said(headline(right.own, look.measure)), /ends at 2\.25 bits per character, .* at 0\.75: 1\.50\./);
  assert.equal(right.gap.text, "1.50");
  const same = sceneOf({ runs: [word, { ...char, tokens: "word" }], kinds: KINDS, notebook: {} }, LOOK, THEME);
  assert.match(said(headline(same.own, LOOK.measure)), /points\.$/);
  const told = verdict({ from: { ...word, config: { ...word.config, corpus: "word" } }, to: char, field: "corpus" }, KINDS.length);
  recorded(t, said(told.parts), 0, 0.75, 2.25, "1.50");
  assert.match(bitsNote([word, char]), /cost nothing: A, 3\.1 % of valid\.$/);
  assert.match(bitsNote([char, { ...char, text: "u 10" }]), /read different texts/);
  assert.ok(Number.isNaN(lineOf({ ...char, bits: null }, look, KINDS).y[0]));
});

test("an answer is taken apart run by run", () => {
  const points = { data: Float32Array.from({ length: 15 }, (_, at) => at), shape: [3, 5] };
  const epochs = { data: new Float32Array(2 * WIDTH), shape: [2, WIDTH] };
  const runs = [{ run: "a", points: [0, 1], epochs: [0, 2] }, { run: "b", points: [1, 3], epochs: [2, 2] }];
  const told = read({ meta: { runs, kinds: KINDS, notebook: {}, missing: ["x"], damaged: {} }, arrays: { points, epochs } });
  assert.deepEqual([...told.runs[1].points], [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  assert.equal(told.runs[1].epochs.length, 0);
  assert.deepEqual(told.missing, ["x"]);
});

test("steps lie on every axis where a run says they do", () => {
  const run = made("a");
  assert.deepEqual(["step", "epoch", "tokens", "seconds"].map((axis) => across(run, axis, 2)(10)), [10, 1, 12800, 4]);
  assert.equal(across(run, "seconds", 2)(15), 6);
  assert.equal(across({ ...run, epochs: new Float32Array() }, "seconds", 2), null);
});

test("a line has the figures of its run", () => {
  const run = made("a");
  assert.deepEqual(lineOf(run, LOOK, KINDS).x, [10, 20]);
  assert.deepEqual(lineOf(run, LOOK, KINDS).y.map((each) => each.toFixed(2)), ["0.50", "0.80"]);
  assert.equal(lineOf(run, { ...LOOK, measure: "accuracy by kind" }, KINDS).y[0], 0.25);
  const loss = lineOf(run, { ...LOOK, measure: "loss on train" }, KINDS);
  assert.deepEqual([loss.x[0], loss.y[0], loss.x.length], [1, 3, 20]);
  assert.equal(lineOf(run, { ...LOOK, measure: "learning rate" }, KINDS).x[0], 0);
  const notebook = notebookLine(run, [[0, 1, 2, 0.4], [1, 1, 2, 0.6]], LOOK, KINDS);
  assert.deepEqual(notebook, { x: [10, 20], y: [0.4, 0.6] });
  assert.equal(notebookLine(run, [], { ...LOOK, axis: "seconds" }, KINDS), null);
});

test("smoothing is the notebook's, and leaves gaps", () => {
  assert.deepEqual(smoothed([1, 2], 0), [1, 2]);
  const [first, second] = smoothed([1, 2], 0.98);
  assert.equal(first.toFixed(6), "1.000000");
  assert.ok(Math.abs(second - (0.98 * 0.02 * 1 + 0.02 * 2) / (1 - 0.98 ** 2)) < 1e-12);
  assert.ok(Number.isNaN(smoothed([1, NaN, 3], 0.5)[1]));
});

test("seeds are together: mean, lowest and highest where all are known", () => {
  const runs = [made("a", { accuracy: [0.25, 0.5] }), made("b", { seed: 1, accuracy: [0.75] }), made("c", { bptt: 3 })];
  const names = (groups) => groups.map((group) => group.map(({ run }) => run));
  assert.deepEqual(names(seedGroups(runs)), [["a", "b"], ["c"]]);
  const again = [...runs, made("d"), made("e", { seed: 2 }), made("f", { seed: 1 })];
  assert.deepEqual(names(seedGroups(again)), [["a", "b", "e"], ["c"], ["d", "f"]], "no group has a seed twice");
  assert.deepEqual(names(grouped(again)), [["a", "b", "d", "e", "f"], ["c"]]);
  const band = bandOf(runs.slice(0, 2).map((run) => lineOf(run, LOOK, KINDS)));
  assert.deepEqual(band, { x: [10], y: [0.5], low: [0.25], high: [0.75] });
  assert.equal(interpolate([0, 10], [0, 5], 4), 2);
});

test("two runs of one seed that differ in one setting are a pair, with more seeds too", () => {
  const [from, to] = [made("a"), made("b", { bptt: 70 })];
  assert.equal(pairOf([from, to]).field, "bptt");
  assert.equal(pairOf([from, to, made("c", { seed: 1 })]).from.run, "a");
  assert.equal(pairOf([from, made("b", { bptt: 70, lr: 1 })]), null);
  assert.equal(pairOf([from, made("b", { bptt: 70, seed: 1 })]), null);
  assert.equal(pairOf([from]), null);
  assert.deepEqual(differing([from, to]), ["bptt"]);
});

test("the device that a run asked for is no difference, the one in use is", (t) => {
  const [from, same] = [made("a"), made("b", { epochs: 20, asked: "cpu" })];
  assert.deepEqual(differing([from, same]), ["epochs"]);
  assert.deepEqual([...labels([from, same]).values()], ["epochs 2", "epochs 20"]);
  assert.match(said(verdict(pairOf([from, same]), 2).parts), /^epochs 2 → 20, all else equal, seed 0: /);
  const other = made("b", { epochs: 20, device: "cuda" });
  assert.deepEqual(differing([from, other]), ["epochs", "device"]);
  assert.deepEqual([...labels([from, other]).values()], ["epochs 2, device cpu", "epochs 20, device cuda"]);
  recorded(t, said(verdict(pairOf([from, other]), 2).parts), 2, 20, 0, "80.0", "0.0");
  assert.deepEqual(differing([from, made("b", { epochs: 20, device: "" })]), ["epochs"]);
  const data = { runs: [from, other], kinds: KINDS, notebook: {} };
  assert.deepEqual(table({}, { data, scene: sceneOf(data, LOOK, THEME), look: LOOK })[0].row(1).slice(0, 3), ["name of b", 20, "cuda"]);
});

test("a scene has a line for each run, a band for seeds, and the gap of two", () => {
  const data = { runs: [made("a"), made("b", { bptt: 70, accuracy: [0.4, 0.6] })], kinds: KINDS, notebook: { Model5: [[0, 1, 2, 0.4]] } };
  const scene = sceneOf(data, LOOK, THEME);
  assert.deepEqual(scene.lines.map(({ label }) => label), ["bptt 20", "bptt 70"]);
  assert.equal(scene.bands.length, 1);
  assert.deepEqual(scene.y, [0, 1]);
  const seeds = sceneOf({ ...data, runs: [made("a"), made("b", { seed: 1 })] }, LOOK, THEME);
  assert.deepEqual([seeds.own.length, seeds.bands.length, seeds.own[0].name], [1, 1, "Model5, 2 seeds"]);
  const twice = sceneOf({ ...data, runs: [made("a"), made("b", { live: true })] }, LOOK, THEME);
  assert.deepEqual(twice.own.map(({ name, seeds: band }) => [name, band]), [["Model5", null], ["Model5 (2)", null]]);
  assert.equal(sceneOf(data, { ...LOOK, notebook: true }, THEME).lines.at(-1).name, "Model5, the notebook");
  const many = Array.from({ length: 200 }, (_, at) => made(`r${at}`, { lr: 0.001 * (at + 1), accuracy: [0, at / 200] }));
  const crowd = sceneOf({ ...data, runs: many }, LOOK, THEME);
  assert.deepEqual(crowd.lines.filter(({ label }) => label).map(({ color, alpha }) => [color, alpha]), [["#4", 1], ["#5", 1]]);
  assert.deepEqual([crowd.lines[9].color, crowd.lines[9].alpha], ["#m", 0.25]);
  const looks = Array.from({ length: 24 }, (_, at) => JSON.stringify(lookOf(at, 24, THEME)));
  assert.equal(new Set(looks).size, 24);
});

test("what is shown as tables has every run and point", () => {
  const data = { runs: [made("a"), made("b", { bptt: 70 })], kinds: KINDS, notebook: {} };
  const [ends, points] = table({}, { data, scene: sceneOf(data, LOOK, THEME), look: LOOK });
  assert.deepEqual(ends.row(1).slice(0, 2), ["name of b", 70]);
  assert.equal(points.n, 4);
  assert.deepEqual(points.row(2).slice(0, 2), ["bptt 70", 10]);
  assert.deepEqual(table({}, { data: null, scene: null, look: LOOK }), []);
});

test("axes take what they are given", () => {
  assert.deepEqual(extent([[1, NaN, 3]], { log: false, zero: true }), [0, 3]);
  assert.deepEqual(extent([[0, 0.01, 1]], { log: true, zero: true }), [0.01, 1]);
  assert.deepEqual(extent([[]], { log: true, zero: false }), [0.1, 1]);
  assert.equal(cutOff([{ x: [], y: [3, 900] }, { x: [], y: [4] }], 900), 8);
  assert.deepEqual(ticks({ from: 0, to: 800, log: false, start: 0, end: 1 }, 5), [0, 200, 400, 600, 800]);
  assert.deepEqual(ticks({ from: 0.001, to: 10, log: true, start: 0, end: 1 }, 6), [0.001, 0.01, 0.1, 1, 10]);
  assert.equal(placeOf({ from: 0.01, to: 1, log: true, start: 0, end: 100 }, 0.1), 50);
  assert.deepEqual([tickText(800), tickText(1200), tickText(2.5e6), tickText(0)], ["800", "1,200", "2.5M", "0"]);
});

test("names at the ends of lines do not meet, and the nearest line is found", () => {
  const places = movedApart([10, 11, 12], 16, 0, 100);
  assert.ok(places[1] - places[0] >= 16 && places[2] - places[1] >= 16);
  assert.equal(Math.max(...movedApart([99, 99, 99], 16, 0, 100)), 100);
  const lines = [{ px: Float32Array.of(0, 0, 10, 10) }, { px: Float32Array.of(0, 50, 10, 60) }];
  assert.deepEqual(nearest(lines, 9, 58, 40), { line: 1, at: 1 });
  assert.equal(nearest(lines, 300, 300, 40), null);
});

test("runs are named by what differs, and never alike", () => {
  const runs = [made("a"), made("b", { bptt: 70, lr: 0.003 }), made("c", { given: "mine" })];
  assert.deepEqual([...labels(runs).values()], ["bptt 20, lr 1.0e-2", "bptt 70, lr 3.0e-3", "mine"]);
  const equal = [...labels([made("a"), made("b")]).values()];
  assert.deepEqual(equal, ["Model5", "Model5 (2)"]);
  assert.deepEqual([...labels([made("a"), made("b", { model: "Model4" })]).values()], ["Model5", "Model4"]);
  assert.deepEqual([valueText("lr", 0.0125), valueText("bptt", 70), valueText("seed", 1234567), valueText("bn_init", "ones")], ["1.25e-2", "70", "1234567", "ones"]);
});

test("a headline has at most twenty words and the picture's own figures", (t) => {
  const shown = [{ name: "Model5", end: 0.832 }, { name: "Model4", end: 0.61 }, { name: "a very long name of a run that somebody gave", end: 0.3 }];
  const cases = [shown, shown.slice(0, 2), shown.slice(0, 1), shown.slice(1), [], [{ name: "x", end: null }]];
  for (const measure of Object.keys(MEASURES)) for (const each of cases) assert.ok(words(headline(each, measure, "thousand")) <= 20, `${measure}: ${said(headline(each, measure, "thousand"))}`);
  recorded(t, said(headline(shown.slice(0, 2), "accuracy on valid")), 83.2, "61.0", 22.2);
  const live = (/** @type {number[]} */ ...at) => shown.map((each, place) => ({ ...each, live: at.includes(place) }));
  for (const trains of [live(0), live(1), live(0, 1), live(0, 1, 2)]) for (const n of [1, 2, 3]) assert.ok(words(headline(trains.slice(0, n), "accuracy on valid")) <= 20);
  recorded(t, said(headline(live(0, 1).slice(0, 2), "accuracy on valid")), 83.2, "61.0");
  recorded(t, said(headline(live(1).slice(0, 2), "accuracy on valid")), 83.2, "61.0");
  recorded(t, said(headline(live(2), "accuracy on valid")), 83.2, "30.0");
  const none = { name: "Model3", end: null, live: true };
  recorded(t, said(headline([shown[0], none], "accuracy on valid")), 83.2);
  recorded(t, said(headline(shown, "accuracy on valid")), 83.2, "30.0");
});

test("a difference is that of the figures that are shown", (t) => {
  const shown = [{ name: "one", end: 0.58349 }, { name: "other", end: 0.54051 }]; // 4.298 points apart
  recorded(t, said(headline(shown, "accuracy on valid")), 58.3, 54.1, 4.2);
  recorded(t, said(headline([{ name: "one", end: 1.694 }, { name: "other", end: 1.045 }], "loss on valid")), 1.69, 1.04, 0.65);
});

test("two long names are cut where they still differ", (t) => {
  const shown = ["first", "second"].map((last, at) => ({ name: `the run of our class, ${last} try today`, end: at }));
  const told = said(headline(shown, "loss on valid"));
  recorded(t, told, "1.00", 0, "1.00");
});

test("the verdict speaks of the measure that is shown", (t) => {
  const spread = { figures: { accuracy: [0.78, 0.851], valid_loss: [1.2, 1.9] }, n: 10, source: "from ten seeds" };
  const [from, to] = [made("a", { spread }), made("b", { bptt: 70, accuracy: [0.5, 0.78] })];
  const told = said(verdict({ from, to, field: "bptt" }, 2, "loss on valid").parts);
  assert.match(told, /: the loss on valid (stays at|rises from|falls from) [\d.]+/);
  assert.ok(!told.includes("%") && !told.includes("points"));
  recorded(t, said(verdict({ from, to, field: "bptt" }, 2, "learning rate").parts), 20, 70, 0, "80.0", "78.0", "2.0", 7.1);
});

test("the verdict holds the gap against what the seed alone changes", (t) => {
  const spread = { figures: { accuracy: [0.78, 0.851] }, n: 10, source: "from ten seeds in fastai 1.0.61, the library of the notebook" };
  const [from, to] = [made("a", { spread }), made("b", { bptt: 70, accuracy: [0.5, 0.78] })];
  const told = verdict({ from, to, field: "bptt" }, 2);
  recorded(t, said(told.parts), 20, 70, 0, "80.0", "78.0", "2.0", 7.1, "1.0", 61);
  const far = verdict({ from, to: made("b", { bptt: 70, accuracy: [0.5, 0.95] }), field: "bptt" }, 2);
  recorded(t, said(far.parts), 20, 70, 0, "80.0", "95.0", "15.0", 7.1, "1.0", 61);
  const unknown = verdict({ from: made("a"), to, field: "bptt" }, 2);
  assert.deepEqual([unknown.spread, said(unknown.parts).endsWith("is not known yet.")], [false, true]);
  const never = verdict({ from, to, field: "bptt" }, 2, "accuracy on train"); // a running figure: no spread has it
  assert.deepEqual([never.spread, said(never.parts).endsWith("is not known.")], [true, true]);
  recorded(t, said(verdict({ from, to: made("b", { bptt: 70, live: true }), field: "bptt" }, 2).parts), 20, 70, 0, 12, 20);
  assert.match(said(verdict({ from, to: made("b", { bptt: 70, accuracy: [] }), field: "bptt" }, 2).parts), /before its first epoch/);
  assert.equal(endOf({ x: [], y: [0.1, 0.3, 0.2] }, "learning rate"), 0.3);
});

test("what the address asks for in vain is one sentence", (t) => {
  recorded(t, lost(["nobody"], {}, true));
  recorded(t, lost(["a", "b", "c", "d", "e"], {}, false), 2);
  recorded(t, lost([], { x: "the run x is damaged: config.json is missing" }, true));
  assert.equal(lost([], {}, true), "");
  assert.deepEqual(idsIn("a,b,,a"), ["a", "b"]);
  assert.equal(together(["a", "b", "c"]), "a, b and c");
});

test("a refusal begins with the name of a setting as the page writes it", (t) => {
  const fields = ["bptt", "pct_start"];
  recorded(t, refusal("bptt must be a whole number; got 0", fields), 0);
  recorded(t, refusal("pct_start must be a number between 0 and 1", fields), 0, 1);
  assert.equal(refusal("no room is left.", fields), "No room is left.");
});

test("the list of runs is sifted, and chosen runs come first", () => {
  const runs = ["Model4", "Model5", "LSTM"].map((id) => ({ id, name: id, given: "", pinned: false, shipped: true, status: "finished", created: 0, model: id, accuracy: 0.5, config: { ...CONFIG, model: id }, problem: "" }));
  assert.deepEqual(sifted(runs, "model", ["Model5"]).rows.map(({ id }) => id), ["Model5", "Model4"]);
  assert.equal(sifted(runs, "bptt 20", []).rows.length, 3);
  assert.equal(sifted(Array.from({ length: 400 }, (_, at) => ({ ...runs[0], id: `r${at}` })), "", []).left, 100);
  assert.deepEqual(toggled(["a"], "b", 2), ["a", "b"]);
  assert.deepEqual(toggled(["a", "b"], "c", 2), ["a", "b"]);
  assert.deepEqual(toggled(["a", "b"], "a", 2), ["b"]);
  assert.equal(settingsText(runs[0]), "bptt 20, lr 1.0e-2, 2 epochs, seed 0");
  assert.match(startedText({ ...runs[0], shipped: false, created: Date.now() / 1000 }, new Date()), /^today \d\d:\d\d$/);
  assert.equal(startedText(runs[0], new Date()), "");
  assert.deepEqual([stateText(runs[0]), stateText({ ...runs[0], status: "damaged", unknown_model: true })], ["finished", "? model not loaded"]);
});
