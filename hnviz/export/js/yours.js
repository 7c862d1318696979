// @ts-check
// A second run beside one that the page shows: it trains here, and is called yours.

import { sameIdentity } from "../../browser/identity.js";
import { workerAddress } from "./engine_modules.js";
import { HeldRun } from "./heldrun.js";
import { Kept } from "./kept.js";
import { ownOf, YOURS } from "./runs.js";
import { Bar } from "./yoursbar.js";

/**
 * @typedef {import("../../browser/limits.js").Job} Job
 * @typedef {import("./trainedrun.js").TrainedRun} TrainedRun
 * @typedef {import("./stage.js").Picture} Picture
 * @typedef {import("./runzip.js").Info} Info
 * @typedef {{ config: Job["config"], info: Info, run: import("../../browser/run.js").Stored }} Held of a run: all that it takes to show it again
 * @typedef {{ name: string, beside: HeldRun, run: TrainedRun|null, info: Info|null, before: Held|null, kept: Kept, last: Promise<void> }} Mine
 *   the reader's own run
 *   name    of the run beside it, which the page holds
 *   before  the run whose place one from a zip file took
 *   kept    where it is stored
 *   last    ends when the last storing has ended
 */

const TOPICS = ["run", "curves"]; // of which the page has news about it
const STORES = ["epoch", "ended"]; // events after which the run is stored

export class Yours {
  /**
   * @param {import("./runs.js").Runs} runs
   * @param {import("./blobs.js").Blobs} blobs
   * @param {(question: string) => boolean} answers whether the page's networks can answer it
   * @param {() => void} changed the pictures show another run
   */
  constructor(runs, blobs, answers, changed) {
    this.answers = answers;
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
    this.bar = null;
  }

  /**
   * Draw the bar of a page. One that is there stays if the run beside it does.
   * @param {HTMLElement} host
   * @param {import("./stage.js").Place[]} places of its parts
   */
  async place(host, places) {
    const shown = places.flatMap(({ mounted, element }) => (mounted?.picture.data.run ? { element, picture: mounted.picture } : []));
    const beside = shown.map(({ picture }) => picture.data.run).find((name) => this.heldOf(name)?.held.job) ?? "";
    if (beside !== this.beside) {
      this.isShown = false;
      this.beside = beside;
      this.bar?.place.remove();
      const held = this.heldOf(beside);
      this.bar = held && new Bar(host, this, beside, held);
    }
    const others = shown.filter(({ picture }) => picture.data.run === beside && !this.follows(picture));
    this.bar?.leaveOut(others.map(({ element }) => element));
    await this.open(beside);
    this.bar?.show();
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
    return data.asks.every((/** @type {{ question: string }} */ { question }) => this.answers(question)) && topics.every((topic) => TOPICS.includes(topic));
  }

  /** The reader's own run of the scene. */
  get mine() {
    return this.all.get(this.beside) ?? null;
  }

  /** Take up what was trained when the page was open last. @param {string} name */
  async open(name) {
    const beside = this.heldOf(name);
    if (!beside || this.all.has(name)) return;
    /** @type {Mine} */
    const mine = { name, beside, run: null, info: null, before: null, kept: new Kept(`${location.pathname} ${name}`), last: Promise.resolve() };
    this.all.set(name, mine);
    const stored = await mine.kept.read();
    if (!stored?.config) return;
    const job = await beside.jobWith(stored.config);
    if (!sameIdentity(stored.identity, job)) return; // of a file with another text, or without the model
    const run = await this.add(mine, job, stored.info);
    if (run.run.takeUp(stored.run)) run.run.resume();
    run.tell();
  }

  /**
   * @param {Mine} mine
   * @param {Job} job
   * @param {Info} info
   */
  async add(mine, job, info) {
    const { TrainedRun } = await import("./trainedrun.js");
    const { name, beside } = mine;
    const { nh, bptt, model } = job.config;
    const known = beside.recipe(model).facts;
    const facts = { ...known, nh, bptt, window: known.window === null ? null : bptt };
    const run = new TrainedRun({ facts, job }, workerAddress(), YOURS, { name, run: beside });
    Object.assign(mine, { run, info });
    this.runs.add(ownOf(name), run);
    run.on(() => this.mine === mine && this.bar?.show());
    run.run.on(({ event }) => STORES.includes(event) && this.store(mine));
    return run;
  }

  /** Store a run; of several in a row, one after the other. @param {Mine} mine */
  store(mine) {
    const { run, kept } = mine;
    const held = heldIn(mine);
    if (!run || !held) return;
    mine.last = mine.last.then(() => kept.write({ ...held, identity: run.identity }));
    mine.last.then(() => this.mine === mine && this.bar?.show());
  }

  /**
   * Train from the first step, with the next seed. The settings are those of the reader's last run of this model, else of
   * the model's recipe.
   * @param {string} model
   */
  async begin(model) {
    const { mine } = this;
    if (!mine) return;
    const { config } = mine.run?.facts.model === model ? mine.run.run.job : mine.beside.recipe(model);
    const { hash, version } = mine.beside.job;
    const info = { created: Date.now() / 1000, device: "", versions: { hnviz: version }, content_hash: hash };
    const job = await mine.beside.jobWith({ ...config, seed: config.seed + 1, device: "auto" });
    (await this.add(mine, job, info)).run.start();
    this.choose(true);
  }

  /** Let the browser keep the run as a zip file. */
  async save() {
    const { mine } = this;
    if (!mine?.run || !mine.info) return;
    const [{ zipOf }, { keep }] = [await import("./runzip.js"), await import("../../app/kit/js/save/files.js")];
    const { text } = mine.beside.job;
    const { run } = mine.run;
    const zip = await zipOf(run, mine.info, text === null ? null : new Uint8Array(await this.blobs.get(text)));
    keep(zip, `${mine.run.facts.model}-seed-${run.job.config.seed}.zip`);
  }

  /**
   * Show the run of a zip file as the reader's own. Throws ZipError, and then all stays as it was.
   * @param {File} file
   */
  async openZip(file) {
    const { mine } = this;
    if (!mine) return;
    const { runIn } = await import("./runzip.js");
    const { job, info, stored } = await runIn(file, mine.beside);
    const before = heldIn(mine);
    await this.take(mine, { config: job.config, info, run: stored });
    mine.before = before;
    this.choose(true);
  }

  /** Show again the run whose place one from a zip file took. */
  async bringBack() {
    const { mine } = this;
    if (!mine?.before) return;
    await this.take(mine, mine.before);
    mine.before = null;
    this.choose(true);
  }

  /** @param {Mine} mine @param {Held} held */
  async take(mine, { config, info, run }) {
    const made = await this.add(mine, await mine.beside.jobWith(config), info);
    made.run.takeUp(run);
    const { checkpoint } = made.run;
    if (checkpoint) made.run.checkpoint = { ...checkpoint, identity: made.identity }; // one from torch has none
    this.store(mine);
    made.tell();
  }

  /** @param {boolean} isShown */
  choose(isShown) {
    this.isShown = isShown;
    this.bar?.show();
    this.changed();
  }
}

/** What it takes to show a run again. @param {Mine} mine @returns {Held|null} */
const heldIn = ({ run, info }) => run && info && { config: run.run.job.config, info, run: run.run.stored };
