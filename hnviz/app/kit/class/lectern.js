// @ts-check
// The teacher's side of a lesson: how many have answered, and at the press of Reveal what they answered.

import { drawRevealed, paragraph } from "./crowd.js";

const LARGER = 1.25; // the class's bars, which are read from the last row

/** @implements {InClass} */
export class Lectern {
  /**
   * @param {import("./teacher.js").TeacherLine} line
   * @param {(step: string) => void} changed called with a step, "" for any
   */
  constructor(line, changed) {
    this.line = line;
    this.changed = changed;
    this.leads = true;
    this.seen = new Set(); // steps that were shown on this screen
    this.trouble = "";
    this.leave = line.follow(({ step }) => changed(step ?? ""));
  }

  /** @param {string} step */
  holds(step) {
    return !this.line.revealed.has(step) && !this.seen.has(step);
  }

  /** @returns {undefined} the teacher gives no answers */
  answer() {}

  /** @param {string} step */
  cover(step) {
    return this.count(step);
  }

  /**
   * Show everyone the answers of a step; before anyone has joined, on this screen alone.
   * @param {string} step
   */
  async reveal(step) {
    this.trouble = "";
    try {
      if (this.line.counts?.members !== 0) await this.line.reveal(step);
      this.seen.add(step);
    } catch (error) {
      this.trouble = /** @type {Error} */ (error).message;
    }
    this.changed(step);
  }

  /** @param {string} step */
  count(step) {
    const { members = 0, steps = [] } = this.line.counts ?? {};
    const n = steps.find(([name]) => name === step)?.[1] ?? 0;
    if (n === members && n > 1) return `All ${n} answered`;
    return members > n ? `${n} of ${members} answered` : `${n} answered`;
  }

  /**
   * @param {HTMLElement} host
   * @param {import("./crowd.js").Shown|null} shown
   */
  draw(host, shown) {
    host.replaceChildren();
    if (!shown) return;
    const revealed = this.line.revealed.get(shown.step);
    if (revealed) return drawRevealed(host, shown.guess, revealed, LARGER);
    if (this.trouble) paragraph(host, this.trouble).setAttribute("role", "alert");
    const isEmpty = this.line.counts?.members === 0;
    const alone = "Nobody has joined yet: Reveal shows the answer on this screen alone.";
    paragraph(host, isEmpty ? alone : `${this.count(shown.step)}. Nobody sees the answers before you press Reveal.`);
  }
}

/** @typedef {import("./crowd.js").InClass} InClass */
