// A run that trains in a page, behind the pictures' own source, live news and timeline.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { Timeline } from "../../hnviz/app/kit/js/timeline.js";
import { Learner } from "../../hnviz/browser/learner.js";
import { ANSWERED } from "../../hnviz/browser/questions.js";
import { Random } from "../../hnviz/browser/random.js";
import { Reader } from "../../hnviz/browser/reader.js";
import { Run } from "../../hnviz/browser/run.js";
import { besideCurves } from "../../hnviz/export/js/curves.js";
import { FileLive } from "../../hnviz/export/js/filelive.js";
import { FileSource } from "../../hnviz/export/js/filesource.js";
import { Runs } from "../../hnviz/export/js/runs.js";
import { TrainedRun } from "../../hnviz/export/js/trainedrun.js";
import { address, frames } from "./browser.js";
import { CONFIG, FORM, JOB } from "./engine_job.js";
import { recorded } from "./recorded.js";

const declared = JSON.parse(readFileSync(new URL("../../hnviz/questions/questions.json", import.meta.url), "utf8"));
const questions = Object.fromEntries(ANSWERED.map((name) => [name, declared[name]])); // as a file holds them
const FACTS = {
  model: "Model3",
  nh: CONFIG.nh,
  bptt: CONFIG.bptt,
  form: FORM,
  state: ["h"],
  window: null,
  shows: ["state"],
  gates: [],
  gateTitles: {},
  keeper: "",
  signed: [],
  bounded: false,
  itos: ["a", "b", "c", "d", "e", "f", "g"],
  level: "char",
  title: "Letters",
  counts: false,
  digits: false,
  corpus: "letters",
  split: "own",
  numbers: {},
};
const LONG = { ...JOB, config: { ...CONFIG, epochs: 200 } };
const SOON = 90_000; // ms

/** A page in which a run trains, and the timeline that its pictures share. */
function page(job = JOB) {
  const runs = new Runs({}, null);
  const source = new FileSource({ answers: {}, free: {}, questions, views: { machine_codes: {} } }, null, runs);
  const live = new FileLive(runs);
  const run = new TrainedRun({ facts: FACTS, job }, "worker.js", "yours");
  runs.add("yours", run);
  const timeline = new Timeline("yours", source, live);
  timeline.use();
  return { runs, source, live, run, timeline, post: (action) => source.post(`api/runs/yours/${action}`) };
}

/** Wait until something holds. */
async function until(holds) {
  const end = performance.now() + SOON;
  while (!holds()) {
    assert.ok(performance.now() < end, `never: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const losses = (run) => {
  const told = [];
  run.run.on((event) => event.event === "batch" && told.push(event.loss));
  return told;
};
const wanted = (job) => [...new Learner(job).events()].filter(({ event }) => event === "batch").map(({ loss }) => loss);

beforeEach(() => {
  address("http://app/states");
  frames();
});

test("pictures follow a run to its end, by their own timeline", async () => {
  const { run, timeline } = page();
  assert.equal(timeline.facts.status, undefined);
  run.run.start();
  await until(() => timeline.facts.status === "finished");
  assert.deepEqual(timeline.steps, [...new Learner(JOB).snapshotSteps].sort((a, b) => a - b));
  assert.equal(timeline.step, 10);
  assert.ok(!timeline.moves);
  const { progress_text: said, progress, n_steps: all, resumable, name } = timeline.facts;
  assert.deepEqual([said, progress, all, resumable, name], ["all 10 steps are done", 1, 10, false, "yours"]);
});

test("its buttons pause it, take single steps, go on and stop, and the run bar says so", async (t) => {
  const { run, timeline, post } = page(LONG);
  const told = losses(run);
  run.run.start();
  await until(() => told.length > 3);
  await post("pause");
  await until(() => timeline.facts.status === "paused");
  await until(() => timeline.facts.step === told.length);
  const before = told.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.ok(told.length - before <= 1); // the step under way
  const held = told.length;
  await post("step");
  await until(() => told.length === held + 1);
  await until(() => timeline.facts.progress_text === `paused after step ${held + 1} of 1,000, epoch ${Math.floor((held + 1) / 5) + 1} of 200`);
  await post("go_on");
  await until(() => told.length > held + 5);
  await post("stop");
  await until(() => timeline.facts.status === "stopped");
  assert.ok(timeline.facts.resumable);
  assert.equal(timeline.facts.progress_text, `stopped after step ${told.length} of 1,000`);
  recorded(t, await post("pause").catch((error) => error.message));
});

test("a stopped run goes on from its checkpoint as if it had never stopped", async (t) => {
  const job = { ...JOB, config: { ...CONFIG, epochs: 40 } };
  const { run, timeline, post } = page(job);
  const told = losses(run);
  run.run.on(({ event, step }) => event === "batch" && step === 20 && post("stop"));
  run.run.start();
  await until(() => timeline.facts.resumable);
  assert.equal(told.length, 21);
  const steps = [...timeline.steps];
  await post("resume");
  await until(() => timeline.facts.status === "finished");
  assert.deepEqual(told, wanted(job));
  assert.deepEqual(timeline.steps.slice(0, steps.length), steps);
  assert.equal(timeline.steps.at(-1), 200);
  recorded(t, await post("resume").catch((error) => error.message));
});

test("a checkpoint of another run is refused in a sentence, and the run can be started again", async () => {
  const { run, timeline, post } = page();
  const other = new Learner({ ...JOB, config: { ...CONFIG, seed: 8 } });
  run.run.resume(other.checkpoint());
  await until(() => timeline.facts.status === "failed");
  assert.equal(timeline.facts.progress_text, "the checkpoint belongs to a run with seed 8, but this run has seed 1");
  await post("start_again");
  await until(() => timeline.facts.status === "finished");
});

test("a job that the engine refuses ends with its sentence", async () => {
  const { run, timeline } = page({ ...JOB, config: { ...CONFIG, epochs: 0 } });
  run.run.start();
  await until(() => timeline.facts.status === "failed");
  assert.equal(timeline.facts.progress_text, "epochs must be a whole number from 1 to 1000 in a browser; got 0");
});

test("an order that the browser cannot copy ends with a sentence", async () => {
  globalThis.Worker = class {
    postMessage(order) {
      structuredClone(order);
    }

    terminate() {}
  };
  const { run, timeline } = page({ ...JOB, note: () => {} });
  run.run.start();
  delete globalThis.Worker;
  await until(() => timeline.facts.status === "failed");
  assert.match(timeline.facts.progress_text, /^the browser cannot copy this job to its worker; .* could not be cloned/);
});

const asked = { ids: "1,2,3,4,5", n: 0 };

test("an answer is about the snapshot that is named, and is kept with its version", async () => {
  const { run, timeline, source } = page();
  run.run.start();
  await until(() => timeline.facts.status === "finished");
  for (const step of [0, 4, 10]) {
    const where = source.address(`api/runs/yours/${step}/reading`, { ...asked, v: timeline.versions.get(step) });
    const { arrays } = await source.get(where);
    const reader = new Reader(FORM, { nv: 7, nh: 5 }, run.run.snapshots.get(step));
    assert.deepEqual(arrays.states.data, reader.read([1, 2, 3, 4, 5]).states[0]);
    assert.ok(source.known(where));
  }
});

test("an answer about the last snapshot is never an old one", async () => {
  const { run, timeline, source } = page(LONG);
  run.run.start();
  const where = source.address("api/runs/yours/last/reading", asked);
  await until(() => timeline.steps.length > 1);
  const early = await source.get(where);
  await until(() => timeline.facts.status === "finished");
  const late = await source.get(where);
  assert.notDeepEqual(early.arrays.states.data, late.arrays.states.data);
  assert.equal(source.known(where), undefined);
});

test("units code nothing in a text without digits", async () => {
  const { run, timeline, source } = page();
  run.run.start();
  await until(() => timeline.facts.status === "finished");
  const { meta, arrays } = await source.get(source.address("api/runs/yours/10/machine_codes"));
  assert.deepEqual(meta, { labels: [], groups: [[]], step: 10 });
  assert.deepEqual(Object.keys(arrays), ["explained", "order"]);
  assert.deepEqual(arrays.order, { data: Int32Array.of(0, 1, 2, 3, 4), shape: [1, 5] });
  assert.deepEqual(arrays.explained, { data: new Float32Array(25), shape: [1, 5, 5] });
});

test("a run that is replaced trains no more, and its snapshots are not shown as the new one's", async () => {
  const { runs, run, timeline, source } = page(LONG);
  run.run.start();
  await until(() => timeline.steps.length > 5);
  const versions = new Set(timeline.versions.values());
  const other = new TrainedRun({ facts: FACTS, job: JOB }, "worker.js", "mine");
  runs.add("yours", other);
  const { step } = run.run;
  await until(() => timeline.facts.name === "mine");
  assert.deepEqual(timeline.steps, []);
  other.run.start();
  await until(() => timeline.facts.status === "finished");
  assert.equal(run.run.step, step);
  assert.ok([...timeline.versions.values()].every((version) => !versions.has(version)));
  const stale = source.address("api/runs/yours/999/reading", asked);
  await assert.rejects(source.get(stale), { message: "the run mine no longer has a snapshot at step 999", status: 404 });
});

test("what a page cannot answer about its run is said in words of its own", async (t) => {
  const { run, timeline, source, live, post } = page();
  run.run.start();
  await until(() => timeline.facts.status === "finished");
  const ask = (question, params = {}) => source.get(source.address(`api/runs/yours/10/${question}`, params));
  recorded(t, await ask("probe").catch((error) => error.message));
  await assert.rejects(ask("reading", { ids: "1,7" }), { message: "ids must be 1 to 200 whole numbers from 0 to 6; got [1, 7]" });
  await assert.rejects(ask("reading", { unit: "1" }), { message: /^the question reading has no parameter 'unit'; it has ids, n, begin, temperature/ });
  await assert.rejects(ask("count_on", { number: 4 }), { message: "Letters does not list numbers, so nothing can count on" });
  recorded(t, await post("delete").catch((error) => error.message));
  const refused = await new Promise((refuse) => live.follow({ topic: "curves", run: "yours", params: {} }, () => {}, refuse));
  recorded(t, refused);
  recorded(t, await source.post("api/runs/other/stop").catch((error) => error.message));
});

test("snapshots take at most so much memory: those nearest to others go first, never the first or the last", () => {
  const run = new Run(JOB, "worker.js", 4 * 1000 * 8);
  const tensors = () => ({ weights: new Float32Array(1000) });
  for (const step of [0, 1, 2, 3, 5, 8, 12, 20, 40, 41, 60, 80]) run.hear({ event: "snapshot", step }, tensors());
  assert.deepEqual([...run.snapshots.keys()], [0, 1, 3, 5, 12, 20, 41, 80]);
  run.hear({ event: "snapshot", step: 100 }, { weights: new Float32Array(7000) });
  assert.deepEqual([...run.snapshots.keys()], [0, 100]);
  run.hear({ event: "snapshot", step: 120 }, { weights: new Float32Array(10_000) });
  assert.deepEqual([...run.snapshots.keys()], [0, 120]);
});

test("random numbers are numpy's of seed 0", () => {
  const random = new Random();
  assert.deepEqual(random.shuffle([...Array(10).keys()]), [4, 6, 2, 7, 3, 5, 9, 0, 8, 1]);
  assert.deepEqual(random.shuffle([...Array(5).keys()]), [0, 2, 3, 4, 1]);
  const drawn = new Random();
  const all = [...Array(7000).keys()];
  assert.deepEqual(drawn.sample(all, 5), [4456, 3576, 1888, 2154, 5950]);
  assert.equal(drawn.choice(all.slice(0, 50)), 40);
});

test("the labels of two curves that end side by side do not cover each other", () => {
  const traces = ["each mini-batch", "train", "valid"].map((name) => ({ name, x: [], y: [] }));
  const figure = { data: traces, layout: { annotations: [], xaxis: { range: [0, 400] } } };
  const run = { batches: [{ step: 1, loss: 2, smooth_loss: 1.44 }], ends: [{ step: 1, valid_loss: 1.46 }], job: { config: { seed: 1 } }, nSteps: 400 };
  const beside = { name: "Model5", run: { held: { job: { config: { seed: 0 } } } } };
  const [panel] = besideCurves({ panels: [{ name: "loss", figure }] }, { run, name: "yours", version: 1 }, beside).panels;
  const labels = panel.figure.layout.annotations.map(({ text, yanchor }) => [text, yanchor]);
  assert.deepEqual(labels, [["<b>train 1.44</b>", "top"], ["<b>valid 1.46</b>", "bottom"]]);
});
