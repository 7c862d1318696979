// @ts-check
// Why something could not be done, by its cause: a press, an answer, a topic. A refusal ends when its cause succeeds or
// leaves; the refusal of a press also ends when the reader presses again. No DOM.

import { asSentence } from "./text.js";

/**
 * @typedef {() => unknown} Again asks once more
 * @typedef {{ sentence: string, again: Again|null, failures: number, timer: ReturnType<typeof setTimeout>|undefined }} Cause
 *   failures  one after the other
 *   timer     while a pause lasts until it is asked for again
 */

export class Refusals {
  /** @param {(sentence: string, again: boolean) => void} show the newest refusal, "" for none, and whether `retry` may help */
  constructor(show) {
    this.show = show;
    /** @type {Map<unknown, Cause>} the newest refusal is the last */
    this.causes = new Map();
  }

  /**
   * Do something. Returns what it returns; undefined where it was refused.
   * @template Result
   * @param {unknown} cause
   * @param {() => Result|Promise<Result>} work
   * @param {Again|null} again of what no press asks for: its refusal stays until it succeeds
   */
  async attempt(cause, work, again = null) {
    const tried = this.begin(cause);
    const isIn = () => this.causes.get(cause) === tried;
    if (!again) this.mend(tried);
    try {
      const done = await work();
      tried.failures = 0;
      if (isIn()) this.mend(tried);
      return done;
    } catch (error) {
      if (isIn() && /** @type {Error} */ (error).name !== "AbortError") this.refuse(cause, /** @type {Error} */ (error), again);
    }
  }

  /**
   * @param {unknown} cause
   * @param {Error & Partial<import("./source.js").Refusal>} error
   * @param {Again|null} again where that may help: a button calls it and, where the server is busy, a pause that grows
   */
  refuse(cause, error, again = null) {
    const tried = this.begin(cause);
    if (!tried.sentence) this.causes.delete(cause);
    this.causes.set(cause, Object.assign(tried, { sentence: asSentence(error.message), again: error.lasts ? null : again }));
    if (again && error.passes) tried.timer = setTimeout(() => void (this.begin(cause), again()), error.pause?.(tried.failures++));
    this.tell();
  }

  /**
   * Say what is wrong now.
   * @param {unknown} cause
   * @param {string} sentence "" for nothing
   * @param {Again|null} again
   */
  say(cause, sentence, again = null) {
    if (sentence) this.refuse(cause, new Error(sentence), again);
    else this.end(cause);
  }

  /** The cause has left. @param {unknown} cause */
  end(cause) {
    const left = this.begin(cause);
    this.causes.delete(cause);
    this.mend(left);
  }

  /** All causes have left. */
  clear() {
    for (const cause of [...this.causes.keys()]) this.end(cause);
  }

  get newest() {
    return [...this.causes.values()].findLast(({ sentence }) => sentence);
  }

  /** What the newest refusal says. */
  get sentence() {
    return this.newest?.sentence ?? "";
  }

  /** The reader asks again for what the newest refusal is about. */
  retry() {
    const { newest } = this;
    if (!newest) return;
    this.mend(newest);
    newest.again?.();
  }

  /** @param {unknown} cause */
  begin(cause) {
    const tried = this.causes.get(cause) ?? { sentence: "", again: null, failures: 0, timer: undefined };
    this.causes.set(cause, tried);
    clearTimeout(tried.timer);
    tried.timer = undefined;
    return tried;
  }

  /** @param {Cause} tried */
  mend(tried) {
    if (!tried.sentence) return;
    tried.sentence = "";
    this.tell();
  }

  tell() {
    this.show(this.sentence, Boolean(this.newest?.again));
  }
}
