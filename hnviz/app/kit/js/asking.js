// @ts-check
// Fetches the answers that a picture needs, and has it drawn when they are there.

import { Refusal } from "./source.js";

/**
 * @typedef {import("./arrays.js").Answer} Answer
 * @typedef {Record<string, Answer|null>} Answers by the name of their question
 */

const NEIGHBOURS = 2; // snapshots on each side that are fetched in idle time
const IDLE = 120; // ms after a drawing until they are
const FAILED = 500; // a reader may try again; what failed once would mostly fail once more
const GONE = 410; // a file holds a late answer only for what was shown at first
const FIGURES = "the figures";
const ALL_LATE = "late"; // in place of addresses, where the picture is drawn without any answer

const BROKEN = new Refusal("This picture could not be drawn.", FAILED); // by a fault of its own

export class Asking {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.questions = frame.questions;
    this.timeline = frame.timeline; // of the run that was last asked about
    this.wanted = ""; // what is asked for, as one string of addresses
    this.shown = ""; // what is drawn
    /** @type {AbortController|null} */
    this.abort = null;
    this.retried = false;
    this.postponed = ""; // not asked for before the time that the server named
    /** @type {Map<string, Answer>} late answers about a run's last snapshot, which the tab does not keep */
    this.held = new Map();
    /** @type {Set<string>} late answers that are on their way */
    this.awaited = new Set();
    /** @type {Promise<void>} resolves when they have come, or were refused */
    this.rest = Promise.resolve();
    /** @type {(told: import("./states.js").Progress) => void} how far an answer is */
    this.tell = (told) => frame.states.tell(told);
  }

  get source() {
    return this.frame.source;
  }

  /** Draw what is wanted now: at once if it is known, else as soon as it has come. */
  ask() {
    const { data, visible, timeline, states, said = "", view } = this.frame;
    if (timeline !== this.timeline) this.stop(); // an answer on its way is about the run before
    this.timeline = timeline;
    if (!data || !visible) return;
    const step = timeline?.step ?? null;
    if (!this.questions.all.length) return this.draw({}, step, said);
    if (timeline && step === null) return states.waitForSnapshot(timeline);
    const wanted = this.questions.addresses(step).join("\n") || ALL_LATE;
    if (wanted === this.shown && !this.abort) {
      this.frame.refusals.end(this);
      return states.settle();
    }
    this.wanted = wanted;
    const known = this.known(step);
    if (known) {
      this.stop();
      return this.draw(known, step, wanted);
    }
    // A request under way for another snapshot goes on: else a run that trains, or a slider that is
    // dragged, would never show a picture. Other settings end it.
    if (this.abort && this.askedFor === said && !view.params) return;
    if (wanted === this.postponed) return;
    this.stop();
    this.fetch(step, wanted);
  }

  /**
   * All answers, if those that must be there are known.
   * @param {number|null} step
   * @returns {Answers|null}
   */
  known(step) {
    /** @type {Answers} */
    const answers = {};
    for (const ask of this.questions.all) {
      const address = this.questions.address(ask, step);
      const answer = address === null ? null : this.has(address);
      if (answer === undefined && !ask.late) return null;
      answers[ask.name] = answer ?? null;
    }
    return answers;
  }

  /** @param {string} address */
  has(address) {
    return this.source.known(address) ?? this.held.get(address);
  }

  /**
   * @param {number|null} step
   * @param {string} wanted
   */
  async fetch(step, wanted) {
    const abort = (this.abort = new AbortController());
    this.askedFor = this.frame.said;
    this.frame.states.wait(FIGURES);
    try {
      const got = await Promise.all(
        this.questions.all.map(async (ask) => {
          const address = this.questions.address(ask, step);
          const known = address && ask.late ? this.source.known(address) : address;
          return [ask.name, known && address && (await this.source.get(address, abort.signal, this.tell))];
        }),
      );
      if (this.abort !== abort) return;
      this.abort = null;
      this.retried = false;
      this.draw(Object.fromEntries(got), step, wanted);
      if (this.wanted !== wanted) this.ask();
    } catch (error) {
      if (this.abort !== abort) return;
      this.abort = null;
      await this.fail(/** @type {Error} */ (error));
    }
  }

  /**
   * @param {Error} error
   * @param {unknown} cause a late question's name, or all others together
   */
  async fail(error, cause = this) {
    if (error.name === "AbortError" || this.frame.hasLeft) return;
    const { timeline, states, refusals } = this.frame;
    // A resumed run wrote the snapshot again: its new version comes in a moment.
    const stale = error instanceof Refusal && (error.status === 409 || error.status === 404);
    if (stale && !this.retried && timeline) {
      this.retried = true;
      await timeline.load().catch(() => {});
      return this.ask();
    }
    const refusal = error instanceof Refusal ? error : BROKEN;
    if (refusal.lasts && this.frame.view.refused?.(refusal)) {
      states.arrive();
      return this.ask();
    }
    if (refusal.passes && refusal.after) this.postponed = this.wanted;
    if (!(error instanceof Refusal)) {
      console.error("hnviz picture:", error);
      this.shown = ""; // the next try draws it
    }
    refusals.refuse(cause, refusal, () => this.tryAgain());
  }

  /** Ask for what is lacking once more. */
  tryAgain() {
    this.postponed = "";
    this.ask();
    if (this.shown === this.wanted) this.rest = this.fetchLate(this.frame.timeline?.step ?? null, this.wanted);
  }

  stop() {
    if (!this.abort) return;
    this.abort.abort();
    this.abort = null;
    this.frame.states.arrive();
  }

  /**
   * @param {Answers} answers
   * @param {number|null} step
   * @param {string} wanted
   */
  draw(answers, step, wanted) {
    this.shown = wanted;
    this.frame.refusals.end(this);
    try {
      this.frame.draw(answers, step);
    } catch (error) {
      return void this.fail(/** @type {Error} */ (error));
    }
    this.rest = this.fetchLate(step, wanted);
    this.lookAround(step);
  }

  /**
   * Fetch what the picture was drawn without, and draw it again.
   * @param {number|null} step
   * @param {string} wanted
   */
  async fetchLate(step, wanted) {
    const { timeline } = this.frame;
    const hasLeft = () => !this.frame.root.isConnected || this.frame.timeline !== timeline; // the page, or the run
    for (const ask of this.questions.all) {
      if (hasLeft()) return;
      const address = ask.late ? this.questions.address(ask, step) : null;
      const here = !address || this.has(address);
      if (here) this.frame.refusals.end(ask.name);
      if (here || this.awaited.has(address)) continue;
      this.awaited.add(address);
      this.frame.states.wait(FIGURES, false);
      try {
        const answer = await this.source.get(address, undefined, this.tell);
        this.frame.refusals.end(ask.name);
        if (!this.source.known(address)) this.held.set(address, answer);
        if (this.wanted === wanted || this.shown === wanted) this.shown = "";
        this.ask();
      } catch (error) {
        const lacks = error instanceof Refusal && error.status === GONE;
        if (!lacks && !hasLeft()) await this.fail(/** @type {Error} */ (error), ask.name);
      } finally {
        this.awaited.delete(address);
        if (!this.awaited.size && !this.abort) this.frame.states.arrive();
      }
    }
  }

  /** Wait for the late answers of what is drawn. */
  async whole() {
    while (this.awaited.size) await this.rest;
  }

  /**
   * Fetch what a snapshot needs, without drawing it.
   * @param {number} step
   */
  load(step, plays = false) {
    if (!this.frame.visible) return Promise.resolve([]);
    return Promise.all(this.questions.addresses(step, plays).map((address) => this.source.get(address)));
  }

  /**
   * Fetch the neighbours of a snapshot in idle time, for the next move of the slider. Slow questions
   * wait until it rests.
   * @param {number|null} step
   */
  lookAround(step) {
    clearTimeout(this.idle);
    const { timeline, root } = this.frame;
    if (step === null || !timeline || timeline.playing || timeline.moves) return;
    this.idle = setTimeout(async () => {
      const { steps } = timeline;
      const at = steps.indexOf(step);
      const near = Array.from({ length: NEIGHBOURS }, (_, by) => [steps[at + by + 1], steps[at - by - 1]]).flat();
      const frames = timeline.frames(); // a page that plays few of the snapshots plays these next
      for (const each of frames.length < steps.length ? frames : near) {
        if (this.frame.timeline !== timeline || timeline.step !== step || !root.isConnected) return;
        if (each !== undefined) await this.load(each, true).catch(() => {});
      }
    }, IDLE);
  }

  destroy() {
    clearTimeout(this.idle);
    this.stop();
  }
}
