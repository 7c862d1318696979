// @ts-check
// The network's words appear one by one, and the verdict after the last. One count plays at a time:
// the reader's number, then the other one where it is new.
//
// answers.inside and answers.beyond: meta = { heading, given, lines, verdict }, a line is
// { number, words: [word, kind, probability, right][], right, more }. `kinds` says whether words have
// kinds, `level` what one of them is. While a run trains, each newer snapshot's words replace the last
// ones at once, and the note names their step: the page's headline, which is slow to count, may still be
// about an earlier one.

import { kindLegend } from "../../../kit/js/legend.js";
import { maker } from "../../../kit/js/make.js";
import { picture } from "../../../kit/js/picture.js";
import { percent, unbroken } from "../../../kit/js/text.js";
import { noteOf } from "./note.js";
import { table } from "./table.js";

/** @typedef {{ number: string, words: [string, string, number, boolean][], right: boolean, more: number }} Line */
/** @typedef {{ heading: string, given: string, lines: Line[], verdict: string, kinds: boolean, level: string }} Count */

const SIDES = ["inside", "beyond"];
const BETWEEN = 110; // ms from one word to the next
const PAUSE = 350; // ms before a verdict

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** One count in its frame. */
class Card {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    const make = maker(parent);
    this.root = make("section", "card");
    this.heading = make("h3", "", this.root);
    this.given = make("p", "given", this.root);
    this.lines = make("div", "lines", this.root);
    this.verdict = make("p", "verdict", this.root);
    this.verdict.setAttribute("aria-live", "polite");
    this.said = ""; // the count as it was last written
    /** @type {(() => void)[]} what a play still has to show */
    this.rest = [];
    this.timer = 0;
  }

  /**
   * Write a count, all of it in sight.
   * @param {Count} count
   */
  write({ heading, given, lines, verdict, level }) {
    this.stop();
    this.root.classList.toggle("letters", level === "char");
    this.heading.textContent = heading;
    this.given.textContent = `It was given: ${given}.`;
    this.lines.replaceChildren(...lines.map((line) => lineElement(line)));
    this.verdict.textContent = verdict;
    delete this.root.dataset.playing;
  }

  /** Hide the words and the verdict; their places stay. */
  hide() {
    this.root.dataset.playing = "1";
    for (const each of this.root.querySelectorAll(".word")) each.classList.add("unsaid");
    for (const each of this.root.querySelectorAll(".line")) each.classList.remove("judged");
    this.verdict.classList.add("unsaid");
  }

  /**
   * Say the words one by one, then the verdict.
   * @param {() => void} then
   */
  play(then) {
    this.rest = [];
    for (const line of this.lines.children) {
      for (const word of line.querySelectorAll(".word")) this.rest.push(() => word.classList.remove("unsaid"));
      this.rest.push(() => line.classList.add("judged"));
    }
    const tick = () => {
      this.rest.shift()?.();
      if (this.rest.length) this.timer = setTimeout(tick, BETWEEN);
      else this.timer = setTimeout(end, PAUSE);
    };
    const end = () => {
      this.judge();
      then();
    };
    tick();
  }

  judge() {
    this.verdict.classList.remove("unsaid");
    delete this.root.dataset.playing;
  }

  /** Show all at once. */
  stop() {
    clearTimeout(this.timer);
    this.rest = [];
    for (const each of this.root.querySelectorAll(".word")) each.classList.remove("unsaid");
    for (const each of this.root.querySelectorAll(".line")) each.classList.add("judged");
    this.judge();
  }
}

/** @param {Line} line */
function lineElement({ number, words, right, more }) {
  const line = document.createElement("div");
  line.className = "line judged";
  const make = maker(line);
  make("span", "number", line, `${number} →`);
  for (const [word, kind, probability, isRight] of words) {
    const said = make("span", isRight ? "word" : "word wrong", line, word);
    said.title = unbroken(`probability ${percent(probability)}`);
    const bar = make("u", `kind ${kind}`, said);
    bar.style.setProperty("--share", `${100 * probability}%`);
  }
  if (more) make("span", "word more", line, `… and ${more} more`);
  const mark = make("i", right ? "ok" : "no", line, right ? "✓" : "✗");
  mark.setAttribute("aria-label", right ? "right" : "wrong");
  mark.setAttribute("role", "img");
  return line;
}

class Counts {
  /**
   * @param {HTMLElement} body
   * @param {import("../../../kit/js/frame.js").Frame} kit
   */
  constructor(body, kit) {
    this.kit = kit;
    const two = maker(body)("div", "two");
    this.cards = new Map(SIDES.map((side) => [side, new Card(two)]));
    this.legend = kindLegend();
    this.kinds = /** @type {HTMLElement[]} */ ([...this.legend.children]);
    this.note = maker(body)("span", "note", this.legend, "The bar under a word shows its probability.");
    body.append(this.legend);
    this.shown = new Map(); // side -> its number's given words and the run
    this.turn = -1;
    /** @type {Count|null} the chosen count */
    this.some = null;
    /** @type {number|null|undefined} */
    this.step = null;
  }

  /** @param {import("../../../kit/js/picture.js").Drawing} drawing */
  draw({ answers, settings, run, step }) {
    this.step = step;
    const { chosen, turn } = settings;
    const order = [chosen, ...SIDES.filter((side) => side !== chosen)];
    const again = turn !== this.turn;
    /** @type {Card[]} */
    const plays = [];
    let changed = false;
    for (const side of order) {
      const card = /** @type {Card} */ (this.cards.get(side));
      const count = answers[side]?.meta;
      if (!count) continue;
      const of = JSON.stringify([run, count.given]);
      const other = this.shown.get(side) !== of;
      const said = JSON.stringify(count);
      const fresh = (again && side === chosen) || (other && !this.isOtherRun(side, run));
      if (fresh || other || said !== card.said) {
        card.write(count);
        changed = true;
        if (fresh && !still.matches) plays.push(card);
      }
      card.said = said;
      this.shown.set(side, of);
      card.root.classList.toggle("chosen", side === chosen);
    }
    this.turn = turn;
    const some = answers[chosen]?.meta;
    this.some = some ?? this.some;
    this.explain();
    if (!changed) return;
    // What played is overtaken: whatever waited for its turn is shown.
    for (const card of this.cards.values()) {
      if (plays.includes(card)) card.hide();
      else card.stop();
    }
    this.playAll(plays);
  }

  /** The run has ended, or goes on. */
  hear() {
    this.explain();
  }

  explain() {
    if (!this.some) return;
    for (const kind of this.kinds) kind.hidden = !this.some.kinds;
    this.note.textContent = noteOf(this.some, this.kit.timeline?.facts.is_live ? (this.step ?? null) : null);
  }

  /**
   * Whether a side shows another run's count of the same number: its words change at once.
   * @param {string} side
   * @param {string} run
   */
  isOtherRun(side, run) {
    const [before] = JSON.parse(this.shown.get(side) ?? "[null]");
    return before !== null && before !== run;
  }

  /** @param {Card[]} cards one after the other */
  playAll([card, ...others]) {
    card?.play(() => this.playAll(others));
  }

  finish() {
    for (const card of this.cards.values()) card.stop();
  }

  destroy() {
    for (const card of this.cards.values()) clearTimeout(card.timer);
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Counts(body, kit),
});
