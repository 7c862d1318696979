// @ts-check
// A second run of a model that the page shows: it trains here, with another seed, and is called yours.

import { Choices, button } from "../../app/kit/js/parts.js";
import { maker } from "../../app/kit/js/make.js";
import { sameIdentity } from "../../browser/identity.js";
import { counted } from "../../browser/numbers.js";
import { ANSWERED } from "../../browser/questions.js";
import { workerAddress } from "./engine_modules.js";
import { HeldRun } from "./heldrun.js";
import { Kept } from "./kept.js";
import { ownOf, YOURS } from "./runs.js";
import { TrainedRun } from "./trainedrun.js";

/**
 * @typedef {import("../../browser/limits.js").Job} Job
 * @typedef {import("./stage.js").Picture} Picture
 * @typedef {{ model: string, run: TrainedRun|null, kept: Kept, last: Promise<void> }} Mine
 *   of a run that the page holds: the reader's own one beside it, and where that is stored
 */

const INTRODUCED = "A second run, which trains in this page with the same settings and another seed.";
const TOPICS = ["run", "curves"]; // of which the page has news about it
const STORES = ["epoch", "ended"]; // events after which the run is stored

export class Yours {
  /**
   * @param {import("./runs.js").Runs} runs
   * @param {import("./blobs.js").Blobs} blobs
   * @param {Record<string, unknown>} views that the page answers
   * @param {() => void} changed the pictures show another run
   */
  constructor(runs, blobs, views, changed) {
    this.views = views;
    this.runs = runs;
    this.blobs = blobs;
    this.changed = changed;
    /** @type {Map<string, Mine>} by the run beside it */
    this.all = new Map();
    this.beside = ""; // the run of the scene
    this.isShown = false; // whether its pictures show the reader's own
    /** @type {Bar|null} */
    this.bar = null;
  }

  /** Another page: its pictures show what the file holds until the reader wants another run. */
  reset() {
    this.isShown = false;
    this.beside = "";
  }

  /**
   * Draw the bar of a page.
   * @param {HTMLElement} host
   * @param {import("./stage.js").Place[]} places of its parts
   */
  async place(host, places) {
    const shown = places.filter(({ mounted }) => mounted?.picture.data.run);
    const names = shown.map(({ mounted }) => mounted?.picture.data.run);
    const beside = names.find((name) => this.heldOf(name)?.held.job) ?? "";
    if (beside !== this.beside) this.isShown = false;
    this.beside = beside;
    this.bar?.place.remove();
    this.bar = null;
    if (!beside) return;
    this.bar = new Bar(host, this);
    for (const { mounted, element } of shown) {
      const { picture } = /** @type {import("./stage.js").Mounted} */ (mounted);
      if (picture.data.run === beside && !this.follows(picture)) this.bar.leaveOut(element);
    }
    await this.open(beside);
    this.bar.show();
  }

  /** @param {string} name */
  heldOf(name) {
    const found = this.runs.get(name);
    return found instanceof HeldRun ? found : null;
  }

  /** Which run a picture shows. @param {Picture} picture */
  runOf(picture) {
    const { run } = picture.data;
    return this.isShown && run === this.beside && this.follows(picture) ? ownOf(run) : run;
  }

  /** Whether the page can answer all that a picture asks about a run that trains here. @param {Picture} picture */
  follows({ data, topics }) {
    const isAnswered = (/** @type {{ question: string }} */ { question }) => question in this.views || ANSWERED.includes(question);
    return data.asks.every(isAnswered) && topics.every((topic) => TOPICS.includes(topic));
  }

  /** The reader's own run of the scene. */
  get mine() {
    return this.all.get(this.beside) ?? null;
  }

  /** Take up what was trained when the page was open last. @param {string} name */
  async open(name) {
    if (this.all.has(name)) return;
    const mine = { model: name, run: null, kept: new Kept(`${location.pathname} ${name}`), last: Promise.resolve() };
    this.all.set(name, mine);
    const stored = await mine.kept.read();
    if (!stored) return;
    const job = await this.job(name, stored.seed);
    if (!sameIdentity(stored.identity, job)) return; // of a file with other settings
    const run = this.add(mine, job);
    if (run.run.takeUp(stored.run)) run.run.resume();
    run.tell();
  }

  /**
   * @param {string} name of the run beside it
   * @param {number} seed
   * @returns {Promise<Job>}
   */
  async job(name, seed) {
    const { facts, job } = /** @type {HeldRun} */ (this.heldOf(name)).held;
    const { config, kinds, ids, train } = /** @type {NonNullable<typeof job>} */ (job);
    const all = new Uint16Array(await this.blobs.get(ids));
    return { form: /** @type {any} */ (facts.form), config: { ...config, seed }, kinds, train: all.subarray(0, train), valid: all.subarray(train) };
  }

  /**
   * @param {Mine} mine
   * @param {Job} job
   */
  add(mine, job) {
    const held = /** @type {HeldRun} */ (this.heldOf(mine.model));
    const run = new TrainedRun({ facts: held.facts, job }, workerAddress(), YOURS, { name: mine.model, run: held });
    mine.run = run;
    this.runs.add(ownOf(mine.model), run);
    run.on(() => this.mine === mine && this.bar?.show());
    run.run.on(({ event }) => STORES.includes(event) && this.store(mine));
    return run;
  }

  /** Store a run; of several in a row, one after the other. @param {Mine} mine */
  store(mine) {
    const { run, kept } = mine;
    if (!run) return;
    mine.last = mine.last.then(() => kept.write({ seed: run.run.job.config.seed, identity: run.identity, run: run.run.stored }));
    mine.last.then(() => this.mine === mine && this.bar?.show());
  }

  /** Train from the first step, with a seed that was not used yet. */
  async begin() {
    const { mine, beside } = this;
    if (!mine) return;
    const before = mine.run?.run.job ?? this.heldOf(beside)?.held.job;
    const run = this.add(mine, await this.job(beside, (before?.config.seed ?? 0) + 1));
    run.run.start();
    this.choose(true);
  }

  /** @param {boolean} isShown */
  choose(isShown) {
    this.isShown = isShown;
    this.bar?.show();
    this.changed();
  }
}

/** What a reader sees and presses. */
class Bar {
  /**
   * @param {HTMLElement} host
   * @param {Yours} yours
   */
  constructor(host, yours) {
    this.yours = yours;
    const make = maker(host);
    this.place = make("div", YOURS);
    this.choices = new Choices(this.place, "Which run the pictures show", [yours.beside, YOURS], (name) => yours.choose(name === YOURS));
    this.train = button(this.place, "Train one yourself", () => yours.begin(), "strong");
    this.pause = button(this.place, "Pause", () => this.press(this.run?.status === "paused" ? "goOn" : "pause"));
    this.step = button(this.place, "Step", () => this.press("step"));
    this.slow = button(this.place, "Slow", () => this.press(this.run?.isSlow ? "fast" : "slow"));
    this.stop = button(this.place, "Stop", () => this.press("stop"));
    this.goOn = button(this.place, "Go on", () => this.run?.resume());
    this.again = button(this.place, "Another seed", () => yours.begin());
    this.said = make("p", "said-of-yours", this.place);
    this.said.setAttribute("role", "status");
    /** @type {HTMLElement[]} what says that a picture does not follow */
    this.left = [];
    this.show();
  }

  /** Say above a picture that it goes on showing the other run. @param {HTMLElement} place */
  leaveOut(place) {
    const said = document.createElement("p");
    said.className = "left-out";
    said.textContent = `This picture shows ${this.yours.beside}. Only hnviz itself can draw it for a run of your own.`;
    said.hidden = true;
    place.before(said);
    this.left.push(said);
  }

  get run() {
    return this.yours.mine?.run?.run;
  }

  /** @param {import("../../browser/worker.js").Button} name */
  press(name) {
    this.run?.press(name);
    this.show();
  }

  show() {
    const { run, yours } = this;
    const row = this.choices.buttons[0].parentElement;
    if (row) row.hidden = !run;
    this.choices.show(yours.isShown ? YOURS : yours.beside);
    this.train.hidden = Boolean(run);
    for (const each of this.left) each.hidden = !yours.isShown;
    for (const each of [this.pause, this.step, this.slow, this.stop]) each.hidden = !run?.isLive;
    this.pause.textContent = run?.status === "paused" ? "Continue" : "Pause";
    this.slow.setAttribute("aria-pressed", String(run?.isSlow ?? false));
    this.goOn.hidden = !run?.canResume;
    this.again.hidden = !run || run.isLive;
    const sentence = [this.progress, yours.mine?.kept.refused].filter(Boolean).join(" ");
    if (this.said.textContent !== sentence) this.said.textContent = sentence;
  }

  /** How far it is, with its own figures beside those of the other run. */
  get progress() {
    const mine = this.yours.mine;
    if (!mine?.run) return INTRODUCED;
    const { job, ends } = mine.run.run;
    const far = `Yours, seed ${job.config.seed}: ${mine.run.progress}.`;
    const last = ends.at(-1);
    const theirs = this.yours.heldOf(mine.model)?.held.job?.accuracies[last?.epoch];
    if (!last || theirs === undefined) return far;
    return `${far} After epoch ${counted(last.epoch + 1)}, ${percent(last.accuracy)} of valid is right; for ${mine.model} it was ${percent(theirs)}.`;
  }
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
