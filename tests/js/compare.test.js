// Compare: curves as numbers, seeds together, axes, and what is said of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { idsIn } from "../../hnviz/app/run/list/chosen.js";
import { movedApart, nearest, placeOf, ticks, tickText } from "../../hnviz/app/kit/js/scale.js";
import { lookOf } from "../../hnviz/app/rooms/compare/curves/paint.js";
import { sceneOf } from "../../hnviz/app/rooms/compare/curves/scene.js";
import { across, bandOf, cutOff, differing, endOf, extent, grouped, interpolate, lastOf, lineOf, MEASURES, notebookLine, read, seedGroups, smoothed } from "../../hnviz/app/rooms/compare/curves/series.js";
import { tables } from "../../hnviz/app/rooms/compare/curves/tables.js";
import { paired, studentT } from "../../hnviz/app/kit/js/seeds.js";
import { lacking, sidesOf } from "../../hnviz/app/rooms/compare/curves/paired.js";
import { stepsOf, verdict } from "../../hnviz/app/rooms/compare/curves/verdict.js";
import { bitsNote, headline, labels, lost, placeText, refusal, together, valueText } from "../../hnviz/app/rooms/compare/curves/words.js";
import { moment, rowOf, sifted, toggled } from "../../hnviz/app/run/list/rows.js";
import { recorded } from "./recorded.js";

const KINDS = ["ones", "tens"];
const WIDTH = 7 + 2 * KINDS.length;
const CONFIG = { model: "Model5", corpus: "human_numbers", split: "notebook", bptt: 20, lr: 0.01, epochs: 2, seed: 0, bs: 64, nh: 64 };

/** A run of two epochs of ten steps. */
function made(id, { accuracy = [0.5, 0.8], spread = null, live = false, given = "", device = "cpu", asked = "auto", ...settings } = {}) {
  const points = Float32Array.from(Array.from({ length: 20 }, (_, step) => [step, 3 - step / 10, step / 20, 0.01, 0.9]).flat());
  const epochs = Float32Array.from(accuracy.flatMap((share, at) => [at, 10 * (at + 1), 2 - at, 2.5 - at, share, share + 0.1, 4, share, 0.25, share, 0.5]));
  assert.equal(epochs.length, accuracy.length * WIDTH);
  return { run: id, name: `name of ${id}`, given, created: 0, shipped: false, status: live ? "running" : "finished", live, config: { ...CONFIG, device: asked, ...settings }, device, step: 12, n_steps: 20, n_batches: 10, every: 1, message: "", train_accuracy: accuracy.length ? 0.93 : null, spread, points, epochs, kinds: KINDS.length };
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
  const told = verdict(sidesOf([{ ...word, config: { ...word.config, corpus: "word" } }, char]), KINDS.length);
  recorded(t, said(told), 0, 0.75, 2.25, "1.50");
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

test("what the address can ask for can be shown", () => {
  const line = readFileSync(new URL("../../docs/addresses.md", import.meta.url), "utf8").split("\n").find((each) => each.includes("`compare_show`"));
  assert.deepEqual(line.split(" | ")[3].split(" / "), Object.keys(MEASURES));
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

test("two settings are two sides, and the seeds that one side lacks can be trained", () => {
  const [from, to] = [made("a"), made("b", { bptt: 70 })];
  const fields = (...runs) => sidesOf(runs)?.fields;
  assert.deepEqual(fields(from, to), ["bptt"]);
  assert.deepEqual(fields(from, made("b", { bptt: 70, lr: 1, seed: 1 })), ["bptt", "lr"]);
  assert.deepEqual([fields(from), fields(from, to, made("c", { lr: 1 }))], [undefined, undefined]);
  const sides = sidesOf([made("c", { seed: 4 }), to, made("d", { seed: 1 }), from]);
  assert.deepEqual([[...sides.from.keys()].sort(), [...sides.to.keys()], sides.seeds], [[0, 1, 4], [0], [0]]);
  assert.deepEqual(lacking(sides, 2), [{ like: "b", seed: 1 }, { like: "b", seed: 4 }]);
  const more = lacking(sidesOf([made("c", { seed: 1 }), made("d", { seed: 1, bptt: 70 })]), 2);
  assert.deepEqual(more, [0, 2].flatMap((seed) => ["c", "d"].map((like) => ({ like, seed }))));
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  assert.equal(lacking(sidesOf([from, ...seeds.map((seed) => made(`s${seed}`, { bptt: 70, seed }))]), 2).length, 9, "ten on a side");
  assert.deepEqual(differing([from, to]), ["bptt"]);
});

test("the interval of paired differences is the one that is worked out in another way", () => {
  let last = 7;
  const random = () => (last = (last * 16807) % 2147483647) / 2147483647;
  for (let n = 2; n <= 12; n++) {
    const pairs = Array.from({ length: n }, () => [random(), random() + 0.2]);
    const told = paired(pairs);
    const gaps = pairs.map(([from, to]) => to - from);
    let squares = 0;
    for (const one of gaps) for (const other of gaps) squares += (one - other) ** 2; // each pair twice
    const mean = gaps.reduce((sum, each) => sum + each) / n;
    const half = integratedT(n - 1) * Math.sqrt(squares / (2 * n * (n - 1)) / n);
    for (const [found, wanted] of [[told.mean, mean], [told.low, mean - half], [told.high, mean + half]]) assert.ok(Math.abs(found - wanted) < 1e-5, `${n}: ${found}, ${wanted}`);
    let against = 0;
    for (const [from] of pairs) for (const [, to] of pairs) if (to > from !== mean > 0) against++;
    assert.deepEqual([told.against, told.ways, told.least, told.most], [against, n * n, Math.min(...gaps), Math.max(...gaps)]);
  }
  assert.equal(paired([[1, 2]]), null);
});

/** Student's t's 97.5 % point, from steps under its density, whose peak is scaled by all of its area. */
function integratedT(freedom) {
  const density = (t) => (1 + t ** 2 / freedom) ** (-(freedom + 1) / 2);
  const slope = (angle) => density(Math.tan(angle)) / Math.cos(angle) ** 2; // t = tan(angle) reaches infinity
  const area = (end) => Array.from({ length: 4000 }, (_, at) => slope((end * (at + 0.5)) / 4000)).reduce((sum, each) => sum + each) * (end / 4000);
  const half = area(Math.PI / 2);
  let [low, high] = [0, Math.PI / 2];
  for (let turn = 0; turn < 40; turn++) {
    const middle = (low + high) / 2;
    if (area(middle) < 0.95 * half) low = middle;
    else high = middle;
  }
  return Math.tan(low);
}

test("Student's t has its known points", () => {
  const known = [12.706, 4.303, 3.182, 2.776, 2.571];
  assert.deepEqual(known.map((_, at) => Number(studentT(at + 1).toFixed(3))), known);
});

test("over several seeds the verdict has the mean difference, and says whether one seed fools", (t) => {
  const runs = (/** @type {number[][]} */ ends) => ends.flatMap(([from, to], seed) => [made(`a${seed}`, { seed, accuracy: [0.1, from] }), made(`b${seed}`, { seed, bptt: 70, accuracy: [0.1, to] })]);
  const told = (/** @type {number[][]} */ ends, measure) => said(verdict(sidesOf(runs(ends)), 2, measure));
  const clear = [[0.5, 0.7], [0.52, 0.71], [0.48, 0.69]];
  recorded(t, told(clear), 20, 70, 3, "20.0", 95, 17.5, 22.5, 9);
  recorded(t, told([[0.5, 0.51], [0.6, 0.612], [0.4, 0.411]]), 20, 70, 3, 1.1, 95, 0.9, 1.3, 3, 9);
  recorded(t, told([[0.5, 0.55], [0.52, 0.5], [0.48, 0.6]]), 20, 70, 3, "5.0", 95, 12.4, 22.4, 0, "2.0", "12.0");
  recorded(t, told([[0.5, 0.5], [0.6, 0.6]]), 20, 70, 2, "0.0", 95, "0.0", "0.0");
  recorded(t, told(clear, "loss on valid"), 20, 70, 3, 0, 95, 0, 0);
  const apart = sidesOf([made("a"), made("b", { seed: 1, bptt: 70, model: "Model4" })]);
  recorded(t, said(verdict(apart, 2)), 20, 70);
  const both = sidesOf([made("a"), made("b", { bptt: 70, model: "Model4" })]);
  recorded(t, said(verdict(both, 2)), 20, 70, 0, "80.0", "0.0");
  const many = sidesOf([made("a"), made("b", { bptt: 70, lr: 0.1, bs: 32, nh: 8, epochs: 1 })]);
  recorded(t, said(verdict(many, 2)), 20, 70, "1.0e-2", "1.0e-1", 2, 1, 2, 0, "80.0", "0.0", 5);
  recorded(t, said(verdict(sidesOf(runs(clear).map((run) => ({ ...run, live: run.config.seed > 0 }))), 2)), 20, 70, 3, 4, 6);
});

test("each step from model to model is the network's, or the recipe's too", (t) => {
  const models = ["Model3", "Model4", "Model5"];
  const shares = { Model5: { before: "Model4", recipe: -0.0506, network: 0.1004, n: 10 } };
  const runs = [made("c", { model: "Model5", lr: 0.03, accuracy: [0.9006] }), made("a", { model: "Model3", accuracy: [0.6] }), made("b", { model: "Model4", accuracy: [0.7008] }), made("d", { model: "Model4", seed: 1, accuracy: [0.8] })];
  const steps = stepsOf(runs, 2, "accuracy on valid", models, shares).map(said);
  recorded(t, steps[0], "15.0");
  recorded(t, steps[1], "1.0e-2", "3.0e-2", "15.1", "5.1", "10.0", "4.9", 10); // of what is written: the parts of train add up
  assert.equal(steps.length, 2);
  const trains = runs.map((run) => ({ ...run, live: run.run === "c" }));
  recorded(t, said(stepsOf(trains, 2, "accuracy on valid", models, {})[1]), "1.0e-2", "3.0e-2", "15.1");
  assert.deepEqual(stepsOf([made("a"), made("b", { bptt: 70 })], 2, "accuracy on valid", models, shares), []);
});

test("the device that a run asked for is no difference, the one in use is", (t) => {
  const [from, same] = [made("a"), made("b", { epochs: 20, asked: "cpu" })];
  assert.deepEqual(differing([from, same]), ["epochs"]);
  assert.deepEqual([...labels([from, same]).values()], ["epochs 2", "epochs 20"]);
  assert.match(said(verdict(sidesOf([from, same]), 2)), /^epochs 2 → 20, all else equal, seed 0: /);
  const other = made("b", { epochs: 20, device: "cuda" });
  assert.deepEqual(differing([from, other]), ["epochs", "device"]);
  assert.deepEqual([...labels([from, other]).values()], ["epochs 2, device cpu", "epochs 20, device cuda"]);
  recorded(t, said(verdict(sidesOf([from, other]), 2)), 2, 20, 0, "80.0", "0.0");
  assert.deepEqual(differing([from, made("b", { epochs: 20, device: "" })]), ["epochs"]);
  const data = { runs: [from, other], kinds: KINDS, notebook: {} };
  assert.deepEqual(tables(data, sceneOf(data, LOOK, THEME), LOOK)[0].row(1).slice(0, 3), ["name of b", 20, "cuda"]);
  assert.equal(lastOf(other, "train_accuracy", 2), 0.93); // not the running figure
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
  assert.equal(sceneOf({ ...data, runs: [made("a", { split: "blocks" })] }, { ...LOOK, notebook: true }, THEME).lines.length, 1, "another valid than the notebook's");
  const many = Array.from({ length: 200 }, (_, at) => made(`r${at}`, { lr: 0.001 * (at + 1), accuracy: [0, at / 200] }));
  const crowd = sceneOf({ ...data, runs: many }, LOOK, THEME);
  assert.deepEqual(crowd.lines.filter(({ label }) => label).map(({ color, alpha }) => [color, alpha]), [["#4", 1], ["#5", 1]]);
  assert.deepEqual([crowd.lines[9].color, crowd.lines[9].alpha], ["#m", 0.25]);
  const looks = Array.from({ length: 24 }, (_, at) => JSON.stringify(lookOf(at, 24, THEME)));
  assert.equal(new Set(looks).size, 24);
});

test("the gap of two runs that end elsewhere says where it is", () => {
  const data = { runs: [made("a"), made("b", { bptt: 70, accuracy: [0.4] })], kinds: KINDS, notebook: {} };
  assert.equal(sceneOf(data, LOOK, THEME).gap.text, "10.0 points at step 10");
  assert.deepEqual([placeText("epoch", 10), placeText("tokens", 25600), placeText("seconds", 5.3333)], ["at epoch 10", "at 25,600 tokens", "at 5.33 seconds"]);
});

test("a run keeps its colour while it is chosen", () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((id, at) => made(id, { lr: at + 1 }));
  const places = new Map();
  const colours = (...runs) => sceneOf({ runs, kinds: KINDS, notebook: {} }, LOOK, THEME, places).own.map(({ color }) => color);
  assert.deepEqual(colours(a, b, c), ["#1", "#2", "#3"]);
  assert.deepEqual(colours(c, b), ["#3", "#2"]);
  assert.deepEqual(colours(c, d, b), ["#3", "#1", "#2"]);
  const seed = made("e", { lr: 3, seed: 1 });
  assert.deepEqual(colours(seed, c, b), ["#3", "#2"], "seeds together have the colour of the one that was there");
});

test("the direction of a difference is the same in whatever order runs are ticked", () => {
  const models = ["Model4", "Model5"];
  const [four, five] = models.map((model) => ({ ...made(model, { model }), shipped: true, created: 9 }));
  const own = { ...made("own", { bptt: 70 }), created: 3 };
  const later = { ...made("later", { bptt: 3 }), created: 5 };
  for (const [before, after] of [[four, five], [five, own], [own, later]]) {
    for (const runs of [[before, after], [after, before]]) {
      assert.equal([...sidesOf(runs, models).from.values()][0], before);
    }
  }
});

test("what is shown as tables has every run and point", () => {
  const data = { runs: [made("a"), made("b", { bptt: 70 })], kinds: KINDS, notebook: {} };
  const [ends, points] = tables(data, sceneOf(data, LOOK, THEME), LOOK);
  assert.deepEqual(ends.row(1).slice(0, 2), ["name of b", 70]);
  assert.equal(points.n, 4);
  assert.deepEqual(points.row(2).slice(0, 2), ["bptt 70", 10]);
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
  assert.equal(labels([made("a"), { ...made("b"), shipped: true }]).get("b"), "Model5"); // a pre-trained run keeps its name
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
  const told = said(verdict(sidesOf([from, to]), 2, "loss on valid"));
  assert.match(told, /: the loss on valid (stays at|rises from|falls from) [\d.]+/);
  assert.ok(!told.includes("%") && !told.includes("points"));
  recorded(t, said(verdict(sidesOf([from, to]), 2, "learning rate")), 20, 70, 0, "80.0", "78.0", "2.0", 7.1);
});

test("the verdict holds the gap against what the seed alone changes", (t) => {
  const spread = { figures: { accuracy: [0.78, 0.851] }, n: 10, source: "from ten seeds in fastai 1.0.61, the library of the notebook" };
  const [from, to] = [made("a", { spread }), made("b", { bptt: 70, accuracy: [0.5, 0.78] })];
  const told = verdict(sidesOf([from, to]), 2);
  recorded(t, said(told), 20, 70, 0, "80.0", "78.0", "2.0", 7.1, "1.0", 61);
  const far = verdict(sidesOf([from, made("b", { bptt: 70, accuracy: [0.5, 0.95] })]), 2);
  recorded(t, said(far), 20, 70, 0, "80.0", "95.0", "15.0", 7.1, "1.0", 61);
  const unknown = verdict(sidesOf([made("a"), to]), 2);
  assert.ok(said(unknown).endsWith("is not known yet."));
  const never = verdict(sidesOf([from, to]), 2, "accuracy on train"); // no spread has it
  assert.match(said(never), /right on train/);
  assert.ok(said(never).endsWith("is not known yet."));
  recorded(t, said(verdict(sidesOf([from, made("b", { bptt: 70, live: true })]), 2)), 20, 70, 0, 12, 20);
  assert.match(said(verdict(sidesOf([from, made("b", { bptt: 70, accuracy: [] })]), 2)), /before its first epoch/);
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
  const listed = (id) => ({ id, name: id, given: "", pinned: false, shipped: true, status: "finished", created: 0, step: 400, n_steps: 1400, valid_loss: 1.5, accuracy: 0.5, train_accuracy: null, config: { ...CONFIG, model: id }, problem: "", reason: "", message: "over" });
  const runs = ["Model4", "Model5", "LSTM"].map((id) => rowOf(listed(id)));
  assert.deepEqual(sifted(runs, "model", ["Model5"]).rows.map(({ run }) => run), ["Model5", "Model4"]);
  assert.equal(sifted(runs, "bptt 20 pre-trained", []).rows.length, 3);
  assert.equal(sifted(Array.from({ length: 400 }, (_, at) => ({ ...runs[0], run: `r${at}` })), "", []).left, 100);
  assert.deepEqual(toggled(["a"], "b", 2), ["a", "b"]);
  assert.deepEqual(toggled(["a", "b"], "c", 2), ["a", "b"]);
  assert.deepEqual(toggled(["a", "b"], "a", 2), ["b"]);
  const { settings, step, state, remark, created } = runs[0];
  assert.deepEqual([settings, step, state, remark, created], ["bptt 20, lr 1.0e-2, 2 epochs, seed 0", "400 of 1,400", "finished", "", null]);
  const lost = rowOf({ ...listed("a"), shipped: false, created: 3, config: null, n_steps: null, status: "damaged", unknown_model: true, problem: "run a is lost", reason: "it is lost" });
  assert.deepEqual([lost.settings, lost.step, lost.state, lost.remark, lost.created], ["", "", "? model not loaded", "it is lost", 3]);
  assert.equal(rowOf({ ...listed("a"), status: "failed" }).remark, "over");
  assert.match(moment(Date.now() / 1000), /^today \d\d:\d\d:\d\d$/);
});
