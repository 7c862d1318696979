// @ts-check
// A run that trains in this page, as pictures see runs: snapshots, news, and what can be done to it.

import { Refusal } from "../../app/kit/js/source.js";
import { identityOf } from "../../browser/identity.js";
import { counted } from "../../browser/numbers.js";
import { Run } from "../../browser/run.js";
import { Subject } from "../../browser/subject.js";
import { besideCurves } from "./curves.js";
import { GONE } from "./heldrun.js";

/**
 * @typedef {import("../../browser/subject.js").Facts} Facts
 * @typedef {import("../../browser/limits.js").Job} Job
 */

const NEWS_MS = 100; // between two messages about a run
const KEPT = 4; // networks that are ready to be asked
const NO_SNAPSHOT = 404; // as the server answers for one that is gone
const BUTTONS = /** @type {const} */ ({ pause: "pause", go_on: "goOn", step: "step", stop: "stop" });

let serial = 0; // of runs: versions of snapshots differ between them

export class TrainedRun {
  /**
   * @param {{ facts: Facts, job: Job }} given of the run; hnviz/browser/form.py makes both
   * @param {string} address of hnviz/browser/worker.js
   * @param {string} [name] as a reader sees it
   * @param {{ name: string, run: import("./heldrun.js").HeldRun }|null} [beside] the run that is drawn beside it
   */
  constructor({ facts, job }, address, name = facts.model, beside = null) {
    this.facts = facts;
    this.beside = beside;
    this.name = name;
    this.run = new Run(job, address);
    this.version = ++serial;
    this.lacking = "A page cannot answer this about a run that it trains; hnviz itself can.";
    this.silent = "A page has no such news of a run that it trains; hnviz itself has.";
    this.changes = true;
    /** @type {Map<number, Subject>} the networks asked last, oldest first */
    this.subjects = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    /** @type {number|undefined} until the next bundle of news */
    this.wait = undefined;
    this.run.on(({ event }) => this.heard(event));
  }

  /** Send news at once; after a mini-batch, bundled with that of others. @param {string} event */
  heard(event) {
    if (event === "started") this.restarted();
    if (event !== "batch") return this.tell();
    this.wait ??= setTimeout(() => this.tell(), NEWS_MS);
  }

  /** Its earlier snapshots are gone. */
  restarted() {
    this.version = ++serial;
    this.subjects.clear();
  }

  tell() {
    clearTimeout(this.wait);
    this.wait = undefined;
    for (const hear of [...this.listeners]) hear();
  }

  get identity() {
    return identityOf(this.run.job);
  }

  /** @returns {[number, string][]} */
  get snapshots() {
    return [...this.run.snapshots.keys()].map((step) => [step, `${this.version}.${step}`]);
  }

  get last() {
    return [...this.run.snapshots.keys()].at(-1) ?? 0;
  }

  /** @param {number} step */
  async subject(step) {
    let made = this.subjects.get(step);
    this.subjects.delete(step);
    if (!made) {
      const weights = this.run.snapshots.get(step);
      if (!weights) throw new Refusal(`the run ${this.name} no longer has a snapshot at step ${step}`, NO_SNAPSHOT);
      made = new Subject(this.facts, weights, this.run.job);
    }
    this.subjects.set(step, made);
    const [oldest] = this.subjects.keys();
    if (this.subjects.size > KEPT) this.subjects.delete(oldest);
    return made;
  }

  /**
   * @param {string} topic
   * @param {object} [params]
   */
  async news(topic, params = {}) {
    if (topic === "curves" && this.beside) return besideCurves(await this.beside.run.news(topic, params), this, this.beside);
    if (topic !== "run") throw new Error(this.silent);
    const { isLive, canResume, status, step, nSteps } = this.run;
    return {
      name: this.name,
      model: this.facts.model,
      status,
      is_live: isLive,
      shipped: false,
      resumable: canResume,
      step,
      n_steps: nSteps,
      progress: nSteps ? Number((step / nSteps).toFixed(4)) : 0,
      progress_text: this.progress,
      lead: "",
      seconds_left: null,
      speed: null,
      at_rest: status === "paused",
      snapshots: this.snapshots,
    };
  }

  /** How far it has come, as hnviz/app/run/text.py says it of a run whose pace is not known. */
  get progress() {
    const { status, step, nSteps, epochs, job, message } = this.run;
    if (!this.run.isLive) return message;
    const steps = typeof nSteps !== "number" ? "no step yet" : `step ${counted(step)} of ${counted(nSteps)}`;
    const epoch = `epoch ${Math.min(epochs + 1, job.config.epochs)} of ${job.config.epochs}`;
    return status === "paused" ? `paused after ${steps}, ${epoch}` : `${steps}, ${epoch}`;
  }

  /** @param {() => void} hear is called when there is news */
  on(hear) {
    this.listeners.add(hear);
    return () => void this.listeners.delete(hear);
  }

  /**
   * What the run bar's buttons send. Throws Refusal.
   * @param {string} action
   */
  async post(action) {
    const { run } = this;
    const isButton = action in BUTTONS;
    if (isButton && !run.isLive) throw new Refusal(`${this.name} is not training, so it cannot ${action.replace("_", " ")}.`, GONE);
    if (isButton) run.press(BUTTONS[/** @type {keyof typeof BUTTONS} */ (action)]);
    else if (action === "start_again") run.start();
    else if (action === "resume" && run.canResume) run.resume();
    else if (action === "resume") throw new Refusal(`${this.name} has no checkpoint to go on from: start it again.`, GONE);
    else throw new Refusal(this.lacking, GONE);
    this.tell();
    return {};
  }

  /** Another run takes its place. */
  end() {
    this.run.end();
    this.listeners.clear();
  }
}
