// @ts-check
// The teacher's side of a lesson: how many have answered, and at the press of Reveal what they answered.

import { Refusals } from "../js/refusals.js";
import { drawRevealed, paragraph } from "./crowd.js";

export const TAKE_BACK = "Cover the answer again";
export const TAKES_BACK = "Take Reveal back: the answer is covered again, and students can still answer";
export const DISCUSS = "Discuss";
export const DISCUSSES = "Close this vote and open a second one: students talk, then answer again. They do not see the answers yet";
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
    this.seen = new Set(); // steps that were shown on this screen alone
    this.refusals = new Refusals(() => {}); // by step, whose drawing says it
    this.isOpening = false; // a second vote
    /** @type {Map<string, string>} step -> how many were right when the teacher asked, and what to do */
    this.advice = new Map();
    this.leave = line.follow(({ step }) => {
      this.refusals.end(step);
      changed(step ?? "");
    });
  }

  /** @param {string} step */
  holds(step) {
    return !this.line.revealed.has(step) && !(this.isAlone && this.seen.has(step));
  }

  /** Nobody has joined yet. */
  get isAlone() {
    return this.line.counts?.members === 0;
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
    if (this.isAlone) this.seen.add(step);
    await this.ask(() => this.isAlone || this.line.reveal(step), step);
  }

  /**
   * Take a reveal back: a press too many, or too early.
   * @param {string} step
   */
  async takeBack(step) {
    this.seen.delete(step);
    await this.ask(() => this.line.revealed.has(step) && this.line.cover(step), step);
  }

  /**
   * Say how many are right so far. The class may see this screen, so it shows no answers.
   * @param {string} step
   */
  async look(step) {
    await this.ask(async () => this.advice.set(step, (await this.line.vote(step)).advice), step);
  }

  /**
   * Open the second vote.
   * @param {string} step
   */
  async discuss(step) {
    if (this.isOpening || this.line.isAgain(step)) return; // the second click of a double click
    this.isOpening = true;
    await this.ask(() => this.line.discuss(step), step);
    this.isOpening = false;
  }

  /**
   * @param {() => unknown} act
   * @param {string} step
   */
  async ask(act, step) {
    await this.refusals.attempt(step, act);
    this.changed(step);
  }

  /** @param {string} step */
  count(step) {
    const { here = 0, steps = [] } = this.line.counts ?? {};
    const [, n, of] = steps.find(([name]) => name === step) ?? ["", 0, here];
    const answered = this.line.isAgain(step) ? "answered again" : "answered";
    if (n === of && n > 1) return `All ${n} ${answered}`;
    return of > n ? `${n} of ${of} ${answered}` : `${n} ${answered}`;
  }

  /**
   * @param {HTMLElement} host
   * @param {import("./crowd.js").Shown|null} shown
   */
  draw(host, shown) {
    host.replaceChildren();
    if (!shown) return;
    const { step } = shown;
    const refusal = this.refusals.causes.get(step)?.sentence;
    if (refusal) paragraph(host, refusal).setAttribute("role", "alert");
    const revealed = this.line.revealed.get(step);
    if (revealed) drawRevealed(host, shown.guess, revealed, LARGER);
    else if (!this.isAlone) this.drawVote(host, step);
    else if (this.holds(step)) paragraph(host, "Nobody has joined yet: Reveal shows the answer on this screen alone.");
    else paragraph(host, "Nobody has joined yet: this screen alone shows the answer.");
    if (!this.holds(step)) drawButton(host, TAKE_BACK, TAKES_BACK, () => void this.takeBack(step));
  }

  /**
   * Draw an open vote: how many have answered, and in the first vote the way to the second.
   * @param {HTMLElement} host
   * @param {string} step
   */
  drawVote(host, step) {
    paragraph(host, `${this.count(step)}. Nobody sees the answers before you press Reveal.`);
    if (this.line.isAgain(step)) return;
    const said = this.advice.get(step);
    if (said) paragraph(host, said.replaceAll("**", "")).setAttribute("role", "status");
    drawButton(host, "How many are right?", "Show the share of right answers and what to do next; the page Class has the answers", () => void this.look(step));
    drawButton(host, DISCUSS, DISCUSSES, () => void this.discuss(step));
  }
}

/**
 * @param {HTMLElement} host
 * @param {string} words
 * @param {string} title
 * @param {() => void} press
 */
function drawButton(host, words, title, press) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "take-back", textContent: words, title, onclick: press });
  host.append(made);
}

/** @typedef {import("./crowd.js").InClass} InClass */
