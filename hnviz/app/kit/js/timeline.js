// @ts-check
// Which snapshot of a run the page shows: one timeline per run, for its slider and pictures.

import { numberInAddress, putInAddress } from "./address.js";
import { Refusals } from "./refusals.js";
import { Refusal } from "./source.js";

/**
 * @typedef {import("./source.js").Source} Source
 * @typedef {import("./tab.js").News} Live
 * @typedef {{ load: (step: number) => Promise<unknown>, ready: (step: number) => boolean, frames?: number }} Part
 *   `frames` is how many snapshots a play may show, for a picture whose answers are slow
 * @typedef {"step"|"rest"|"snapshots"|"play"|"trouble"|"run"} Change
 */

export const SNAPSHOT = "snapshot"; // in the address
const SLOW = 4000; // ms between two updates of slow pictures while a run trains
const AGAIN = 1000; // ms until a snapshot that did not arrive is asked for again
const AT_ONCE = 2; // snapshots that are fetched at the same time before a play
export const SPEEDS = [1, 4, 10, 30]; // snapshots a second

export class Timeline {
  /**
   * @param {string} run
   * @param {Source} source
   * @param {Live} live
   */
  constructor(run, source, live) {
    this.run = run;
    this.source = source;
    this.live = live;
    /** @type {Record<string, any>} what the server says about the run: status, sentences, ... */
    this.facts = {};
    this.users = 0;
    this.leave = () => {};
    /** @type {number[]} */
    this.steps = [];
    this.listed = false; // whether the server has sent `steps`: an empty list may be true or early
    /** @type {Map<number, string>} step -> version of its snapshot */
    this.versions = new Map();
    /** @type {number|null} the step that is shown; null before the first snapshot */
    this.step = null;
    this.newest = true; // follows the newest snapshot
    /** @type {number|null} the step at which the slider was released: what slow pictures show */
    this.rested = null;
    this.restedAt = 0;
    this.playing = false;
    this.speed = SPEEDS[1];
    /** @type {{ have: number, of: number, since: number }|null} while a play waits for its snapshots */
    this.buffering = null;
    this.refusals = new Refusals((sentence) => {
      if (sentence) this.settle();
      this.tell("trouble");
    });
    /** @type {Set<Part>} */
    this.parts = new Set();
    /** @type {Set<(change: Change) => void>} */
    this.listeners = new Set();
    this.serial = 0;
    this.settle = () => {};
    /** Resolves once the server has said what the run is, or why it does not. */
    this.known = new Promise((resolve) => (this.settle = () => resolve(null)));
  }

  /** Follow the run for one more part of the page; the returned function ends that. */
  use() {
    if (!this.users++) {
      if (this.steps.length) this.comeBack();
      const subject = { topic: "run", run: this.run, params: {} };
      this.leave = this.live.follow(subject, (news) => this.hear(news), (sentence) => this.refusals.say("news", sentence));
      this.retry();
    }
    let used = true;
    return () => {
      if (used && !--this.users) {
        this.leave();
        this.refusals.clear();
      }
      used = false;
    };
  }

  /** @param {Record<string, any>} news the facts that changed */
  hear(news) {
    this.refusals.end("news");
    Object.assign(this.facts, news);
    if (news.snapshots) this.take(news.snapshots); // first, or a picture would say that there are none
    if (this.facts.status) this.settle();
    this.tell("run");
  }

  /** Ask for the snapshots once more. */
  retry() {
    void this.refusals.attempt("snapshots", () => this.load(), () => this.retry());
  }

  /** What is wrong with the run's news, its snapshots or a play. */
  get trouble() {
    return this.refusals.sentence;
  }

  /** Whether the run trains, so that its newest snapshot changes on its own. */
  get moves() {
    return Boolean(this.facts.is_live) && this.facts.status !== "paused";
  }

  /** Read the list of the run's snapshots. */
  async load() {
    const { snapshots } = await this.source.json(`api/runs/${encodeURIComponent(this.run)}`);
    this.take(snapshots);
  }

  /** @param {[number, string][]} snapshots */
  take(snapshots) {
    this.listed = true;
    this.refusals.end("snapshots");
    const first = !this.steps.length;
    const before = this.version();
    this.steps = snapshots.map(([step]) => step);
    this.versions = new Map(snapshots);
    if (first) this.open();
    const was = this.step;
    if (this.newest || this.step === null || !this.versions.has(this.step)) this.step = this.steps.at(-1) ?? null;
    const now = performance.now();
    const isDue = this.rested === null || !this.moves || now - this.restedAt > SLOW;
    if (!this.playing && isDue) [this.rested, this.restedAt] = [this.step, now];
    this.tell("snapshots");
    if (this.step !== was || this.version() !== before || first) this.tell("step");
  }

  /** Open at the snapshot in the address, once the list is there. */
  open() {
    const asked = numberInAddress(SNAPSHOT);
    if (asked === null || !this.versions.has(asked)) return; // the run bar says so
    this.step = asked;
    this.newest = asked === this.steps.at(-1);
  }

  /** The run comes into view again: at the address's snapshot, or else where the reader left it. */
  comeBack() {
    const asked = numberInAddress(SNAPSHOT);
    if (asked !== null) this.show(asked, false);
    this.rest();
  }

  /** Show the address's snapshot, or else the last one; the address stays as it is. */
  revisit() {
    if (!this.steps.length) return;
    const asked = numberInAddress(SNAPSHOT);
    const last = /** @type {number} */ (this.steps.at(-1));
    this.serial += 1; // of plays
    this.refusals.end("play");
    this.playing = false;
    this.buffering = null;
    this.step = this.rested = asked !== null && this.versions.has(asked) ? asked : last;
    this.restedAt = performance.now();
    this.newest = this.step === last;
    for (const change of /** @type {Change[]} */ (["play", "step", "rest"])) this.tell(change);
  }

  /** The version of the snapshot that is shown, for addresses. */
  version() {
    return this.step === null ? "" : (this.versions.get(this.step) ?? "");
  }

  /** The untrained network's snapshot, or null where it was not stored. */
  get first() {
    return this.versions.has(0) ? 0 : null;
  }

  /**
   * Show a snapshot. `rests` is false while the slider is dragged; the address follows when it is
   * released.
   * @param {number} step
   */
  show(step, rests = true) {
    const known = this.versions.has(step);
    if (known && step !== this.step) {
      this.step = step;
      this.newest = step === this.steps.at(-1);
      this.refusals.end("play");
      this.tell("step");
    }
    if (rests) this.rest();
  }

  rest() {
    if (this.step === null) return;
    [this.rested, this.restedAt] = [this.step, performance.now()];
    putInAddress(SNAPSHOT, this.newest ? null : this.step);
    this.tell("rest");
  }

  /**
   * Let a picture take part in plays; the returned function ends that.
   * @param {Part} part
   */
  attach(part) {
    this.parts.add(part);
    return () => void this.parts.delete(part);
  }

  /** @param {(change: Change) => void} hear */
  on(hear) {
    this.listeners.add(hear);
    return () => void this.listeners.delete(hear);
  }

  /** @param {Change} change */
  tell(change) {
    for (const hear of [...this.listeners]) hear(change);
  }

  /** Play from the snapshot that is shown, or from the first one if that is the last. */
  async play() {
    if (this.steps.length < 2 || this.step === null) return;
    const turn = ++this.serial;
    this.playing = true;
    if (this.step === this.steps.at(-1)) this.show(this.steps[0], false);
    this.tell("play");
    const ahead = this.frames().filter((step) => step >= /** @type {number} */ (this.step));
    const loading = this.fetchAhead(ahead, turn);
    await this.buffer(ahead, turn);
    if (turn === this.serial) this.run_(turn);
    await loading;
  }

  pause() {
    if (!this.playing) return;
    this.serial += 1;
    this.playing = false;
    this.buffering = null;
    this.tell("play");
    this.rest();
  }

  /** @param {number} speed snapshots a second */
  setSpeed(speed) {
    this.speed = speed;
    this.tell("play");
  }

  /** The snapshots that a play shows: all, or as many as every picture of the page allows. */
  frames() {
    const most = Math.min(this.steps.length, ...[...this.parts].map((part) => part.frames ?? Infinity));
    const apart = (this.steps.length - 1) / Math.max(1, most - 1);
    return Array.from({ length: most }, (_, at) => this.steps[Math.round(at * apart)]);
  }

  /** @param {number} step */
  isReady(step) {
    return [...this.parts].every((part) => part.ready(step));
  }

  /** @param {number} step */
  loadAll(step) {
    return Promise.allSettled([...this.parts].map((part) => part.load(step)));
  }

  /**
   * @param {number[]} steps
   * @param {number} turn
   */
  async fetchAhead(steps, turn) {
    const queue = steps.filter((step) => !this.isReady(step));
    const work = async () => {
      while (queue.length && turn === this.serial) {
        const step = /** @type {number} */ (queue.shift());
        const tries = await this.loadAll(step);
        if (this.isReady(step)) continue;
        const refused = tries.find((each) => each.status === "rejected" && each.reason instanceof Refusal && each.reason.lasts);
        if (refused && turn === this.serial) {
          this.pause();
          return this.refusals.refuse("play", /** @type {PromiseRejectedResult} */ (refused).reason);
        }
        await pause(AGAIN); // the server was busy, or a picture came into view meanwhile
        queue.unshift(step);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** Milliseconds from one snapshot to the next; a play that shows only some lasts as long as one of all. */
  between() {
    return ((1000 / this.speed) * this.steps.length) / this.frames().length;
  }

  /**
   * Wait until every snapshot will arrive before its turn, at the rate so far.
   * @param {number[]} steps
   * @param {number} turn
   */
  async buffer(steps, turn) {
    const begun = performance.now();
    const had = steps.filter((step) => this.isReady(step)).length;
    while (turn === this.serial) {
      const have = steps.filter((step) => this.isReady(step)).length;
      const lacking = steps.length - have;
      const each = (performance.now() - begun) / Math.max(1, have - had);
      const lasts = steps.length * this.between();
      if (!lacking || (have - had >= 3 && 1.2 * each * lacking < lasts && this.isReady(steps[1]))) break;
      this.buffering = { have, of: steps.length, since: begun };
      this.tell("play");
      await pause(40);
    }
    if (this.buffering) {
      this.buffering = null;
      this.tell("play");
    }
  }

  /**
   * Play the snapshots, one per tick. Wait for one that has not arrived; skip none.
   * @param {number} turn
   */
  run_(turn) {
    let due = performance.now() + this.between();
    const tick = () => {
      if (turn !== this.serial) return;
      const now = performance.now();
      const next = this.frames().find((step) => step > /** @type {number} */ (this.step));
      if (next === undefined) return this.pause();
      // Half a frame early is nearer than a whole frame late.
      if (now >= due - 8 && this.isReady(next)) {
        due = Math.max(due + this.between(), now - this.between());
        this.show(next, false);
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
