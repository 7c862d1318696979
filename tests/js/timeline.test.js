// Which snapshot is shown: by the address, by the newest, by a slider, by Play.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Refusal } from "../../hnviz/app/kit/js/source.js";
import { Timeline } from "../../hnviz/app/kit/js/timeline.js";
import { lineText } from "../../hnviz/app/run/line/words.js";
import { address, frames } from "./browser.js";

const STEPS = [0, 10, 20, 30, 40];
const snapshots = (steps, version = "a") => steps.map((step) => [step, `${step}${version}`]);

/** A timeline of five snapshots, and what it tells. */
function timeline(steps = STEPS) {
  const made = new Timeline("Model5", {}, {});
  const told = [];
  made.on((change) => told.push(change === "step" ? made.step : change));
  if (steps.length) made.take(snapshots(steps));
  return { made, told };
}

beforeEach(() => {
  address("http://app/states?unit=3");
  frames();
});

test("it opens at the last snapshot, or where the address says", () => {
  assert.equal(timeline().made.step, 40);
  address("http://app/states?snapshot=20");
  assert.equal(timeline().made.step, 20);
});

test("where the address names no snapshot of the run, it opens at the last one", () => {
  for (const asked of ["25", "inf", "1e999", "9".repeat(400)]) {
    address(`http://app/states?snapshot=${asked}`);
    assert.equal(timeline().made.step, 40);
  }
});

test("a drag moves the pictures; the address hears of it when the slider is let go", () => {
  const { made, told } = timeline();
  made.show(10, false);
  assert.equal(location.href, "http://app/states?unit=3");
  assert.equal(made.rested, 40);
  made.show(10);
  assert.equal(location.href, "http://app/states?unit=3&snapshot=10");
  assert.equal(made.rested, 10);
  assert.deepEqual(told.slice(-2), [10, "rest"]);
  made.show(40);
  assert.equal(location.href, "http://app/states?unit=3"); // the newest needs no word
  made.show(17);
  assert.equal(made.step, 40);
});

test("it follows the newest snapshot, unless an older one was chosen", () => {
  const { made } = timeline();
  made.take(snapshots([...STEPS, 50]));
  assert.equal(made.step, 50);
  made.show(20);
  made.take(snapshots([...STEPS, 50, 60]));
  assert.equal(made.step, 20);
  made.take(snapshots([0, 10])); // a resumed run dropped the later ones
  assert.equal(made.step, 10);
});

test("slow pictures of a run that trains show its first snapshot at once, and then wait", () => {
  address("http://app/");
  const made = new Timeline("run", null, null);
  const news = (steps) => made.hear({ is_live: true, status: "running", snapshots: snapshots(steps) });
  news([]);
  news([0]); // the page may be younger than the pause between two updates
  assert.equal(made.rested, 0);
  news([0, 10]);
  assert.deepEqual([made.step, made.rested], [10, 0]);
});

test("a snapshot that was written again is shown again", () => {
  const { made, told } = timeline();
  told.length = 0;
  made.take(snapshots(STEPS));
  assert.ok(!told.includes(40));
  made.take(snapshots(STEPS, "b"));
  assert.ok(told.includes(40));
  assert.equal(made.version(), "40b");
});

test("Play shows every snapshot once, in order, and ends at the last", async () => {
  const { made, told } = timeline();
  const loaded = new Set();
  made.attach({
    ready: (step) => loaded.has(step),
    load: async (step) => {
      await new Promise((resolve) => setTimeout(resolve, 8)); // a slow observer
      loaded.add(step);
    },
  });
  made.setSpeed(30);
  await made.play();
  while (made.playing) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(told.filter((each) => typeof each === "number"), [40, 0, 10, 20, 30, 40]);
  assert.equal(made.rested, 40);
});

test("Pause keeps the snapshot that is shown", async () => {
  const { made } = timeline();
  made.attach({ ready: () => true, load: async () => {} });
  made.show(10);
  made.setSpeed(30);
  const played = made.play();
  while (made.step === 10) await new Promise((resolve) => setTimeout(resolve, 5));
  made.pause();
  await played;
  const shown = made.step;
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.equal(made.step, shown);
  assert.equal(location.href, `http://app/states?unit=3&snapshot=${shown}`);
});

test("Play ends with a sentence where a snapshot is always refused, and goes on where the server is busy", async () => {
  for (const [status, plays] of [[422, false], [503, true]]) {
    const { made } = timeline();
    made.attach({ load: () => Promise.reject(new Refusal("unit 64 does not exist", status)), ready: () => false });
    made.play();
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.equal(made.playing, plays);
    assert.equal(made.trouble === "", plays);
    assert.equal(made.buffering?.of, plays ? STEPS.length : undefined);
    made.pause();
    made.show(STEPS[1], false);
    assert.equal(made.trouble, "");
  }
});

test("news of the run reach those who listen", () => {
  const { made, told } = timeline([]);
  made.hear({ status: "running", is_live: true, snapshots: snapshots([0]) });
  assert.ok(made.moves);
  made.hear({ status: "paused" });
  assert.ok(!made.moves && made.facts.is_live);
  assert.deepEqual(told.filter((each) => each === "run").length, 2);
  assert.equal(made.first, 0);
});

test("the line of the sidebar says the step that is shown, and how far a run has come that trains", () => {
  const facts = { name: "Model5", shipped: true, status: "finished", is_live: false, step: 400, n_steps: 1400 };
  assert.equal(lineText(facts, null), "Model5: pre-trained, step 400 of 1,400");
  assert.equal(lineText(facts, 400), lineText(facts, null));
  assert.equal(lineText(facts, 0), "Model5: pre-trained, shown at step 0 of 1,400");
  const live = { ...facts, shipped: false, status: "running", is_live: true };
  assert.equal(lineText(live, 40), "Model5: running, step 400 of 1,400, shown at step 40");
  assert.equal(lineText({ ...live, n_steps: null }, null), "Model5: running, no step yet");
});
