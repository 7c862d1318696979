// @ts-check
// Sentences on a changed state: hnviz/figures/surgery_text.py. A test holds both to the same words.

import { percent, plural } from "../../app/kit/js/text.js";
import { largest } from "../../browser/speech.js";
import { COMMA } from "../../browser/numbers.js";
import { quoted, quotedText } from "./wordtext.js";

/**
 * @typedef {{ text: string[], layer: number|null, layers: number, nh: number, other: string[], units: number[],
 *             value: number, hold: boolean, digit: string }} Operation
 * @typedef {ArrayLike<number>} Shares
 * @typedef {{ network: string, untouched: string[], changed: string[], before: Shares[], after: Shares[],
 *             otherSaid: string[], itos: string[] }} Said
 */

const FEW = 4; // units that are named one by one
const LONGEST = 8; // words of a number that are quoted
const HEADLINE = 20; // words
const SHORT = 6; // words of a number in a headline

/**
 * What was done to the state, as the beginning of a sentence.
 * @param {Operation} operation
 */
export function done({ layer, layers, nh, other, units, value, hold, digit }) {
  const where = layer !== null && layers > 1 ? ` of layer ${layer}` : "";
  if (other.length) return `With ${where ? `layer ${layer} of the state` : "the state"} from ${ending(other)}`;
  const n = units.length;
  const which = digit ? `the ${plural(n, "unit")} that follow${n === 1 ? "s" : ""} the ${digit} digit` : named(units, nh);
  return `With ${which}${where} set to ${signed(value)} ${hold ? "before every word" : "once"}`;
}

/**
 * Which tensors of a state change, and which one is shown.
 * @param {string[]} state
 */
export function beside(state) {
  if (state.length === 1) return "";
  return ` The state has ${state.length} tensors, ${state.join(" and ")}: all change, ${state[0]} is shown.`;
}

/** What a network said from its own state, and from a changed one. */
export class Courses {
  /** @param {Said} said */
  constructor(said) {
    this.said = said;
    this.same = said.untouched.join(" ") === said.changed.join(" ");
    this.ours = numbersIn(said.untouched);
    this.theirs = numbersIn(said.changed);
  }

  /** For each number: the untouched words, and where the changed words begin and end. */
  get rows() {
    let start = 0;
    return Array.from({ length: Math.max(this.ours.length, this.theirs.length) }, (_, at) => {
      const end = start + (this.theirs[at]?.length ?? 0);
      const row = /** @type {[string[], number, number]} */ ([this.ours[at] ?? [], start, end]);
      start = end;
      return row;
    });
  }

  /** The changed words that differ from the untouched word at the same place of a number. */
  get differ() {
    const last = this.ours.at(-1);
    return this.rows.flatMap(([left, start, end]) =>
      this.said.changed.slice(start, end).flatMap((word, place) => {
        const isOther = place < left.length && word !== left[place];
        const isMore = place >= left.length && left.length > 0 && left !== last;
        return word !== COMMA && (isOther || isMore) ? [start + place] : [];
      }),
    );
  }

  /** Whether each number that both have differs; the last number may be cut off. */
  get altered() {
    return this.ours.slice(0, this.theirs.length).map((mine, at) => {
      const other = this.theirs[at];
      const both = Math.min(mine.length, other.length);
      const longer = other.length > both && at < this.ours.length - 1;
      const shorter = mine.length > both && at < this.theirs.length - 1;
      return mine.slice(0, both).join(" ") !== other.slice(0, both).join(" ") || longer || shorter;
    });
  }

  /** @param {Operation} operation */
  sentence(operation) {
    const said = `${done(operation)}, ${this.said.network} continues ${ending(operation.text)} `;
    if (this.same) return `${said}as if nothing had happened. ${this.detail}`;
    const [one, other] = this.firstDifference();
    const { altered } = this;
    const changed = altered.length > 1 ? `: **${counted(altered)}** of ${altered.length} numbers change` : "";
    return `${said}with ${other} instead of ${one}${changed}. ${this.detail}`.trim();
  }

  get detail() {
    if (this.same) return this.movedMost();
    return this.said.otherSaid.length ? this.likeness() : "";
  }

  get headline() {
    const n = this.said.changed.length;
    if (this.same) return `It goes on as before: **0** of ${n} words differ.`;
    const [one, other] = this.firstDifference(SHORT);
    const swap = `${other} instead of ${one}`;
    const { altered } = this;
    if (altered.length === 1) return `It now continues ${swap}.`;
    const count = `**${counted(altered)}** of ${altered.length} numbers change.`;
    const ways = [`It now continues ${swap}: ${count}`, `Now ${swap}: ${count}`, `It now continues ${swap}.`];
    return /** @type {string} */ (ways.find((said) => said.split(/\s+/).length <= HEADLINE));
  }

  get ownHeadline() {
    const first = this.ours.map(spoken).find((words) => words.length) ?? this.said.untouched;
    return `Next it says ${quotedText(first.slice(0, SHORT), false)}. Its state is all that it knows of the text.`;
  }

  /**
   * What the change did to one answer, when both states have read the same words.
   * @param {number} at
   */
  position(at) {
    const { before, after, itos, changed } = this.said;
    const mine = largest(before[at]);
    const theirs = itos.indexOf(changed[at]);
    const word = quoted(itos[theirs]);
    const now = percent(after[at][theirs]);
    if (mine === theirs) return `${word} as word ${at}: ${percent(before[at][theirs])} untouched, ${now} after the change.`;
    return (
      `Word ${at}, after the same words: untouched, ${quoted(itos[mine])} is the most probable, ` +
      `${percent(before[at][mine])}; changed, ${word}, ${now}.`
    );
  }

  /** The first number that differs, before and after the change. */
  firstDifference(longest = LONGEST) {
    const at = this.ours.findIndex((words, place) => words.join(" ") !== this.theirs[place]?.join(" "));
    const both = [this.ours[at], this.theirs[at]];
    const words = both.map(spoken);
    return (words.every((each) => each.length) ? words : both).map((each) => quotedText(each.slice(0, longest), false));
  }

  movedMost() {
    const { before, after, itos, changed } = this.said;
    const same = `**0** of ${changed.length} words differ`;
    const moves = before.flatMap((answer, at) => Array.from(answer, (share, id) => Math.abs(after[at][id] - share)));
    const most = largest(moves);
    if (!moves[most]) return `${same}, and no probability changes.`;
    const [at, id] = [Math.floor(most / itos.length), most % itos.length];
    return (
      `${same}. The probability that changes most is that of ${quoted(itos[id])} as word ${at}, ` +
      `from ${percent(before[at][id])} to ${percent(after[at][id])}.`
    );
  }

  likeness() {
    const { changed, otherSaid } = this.said;
    const same = changed.filter((word, at) => word === otherSaid[at]).length;
    if (same === changed.length) return `All ${same} tokens are what it says after the other text.`;
    return `${same} of ${changed.length} tokens are what it says after the other text.`;
  }
}

/** How probable the most probable word was. @param {string} word @param {number} share */
export const mostProbable = (word, share) => `${quoted(word)} is its most probable word: ${percent(share)}.`;

/** @param {boolean[]} altered */
export const counted = (altered) => altered.filter(Boolean).length;

/** @param {string[]} number */
const spoken = (number) => number.filter((word) => word !== COMMA);

/**
 * Words split before each comma: each piece is a number, with the comma before it.
 * @param {string[]} said
 */
function numbersIn(said) {
  /** @type {string[][]} */
  const pieces = [];
  for (const word of said) {
    if (word === COMMA || !pieces.length) pieces.push([]);
    pieces[pieces.length - 1].push(word);
  }
  return pieces;
}

/**
 * The end of a text: its last number, or its last words.
 * @param {string[]} words
 */
function ending(words) {
  const last = words.length - 1;
  const comma = last > 0 ? words.lastIndexOf(COMMA, last - 1) : -1;
  const start = Math.max(comma + 1, last - 7);
  return quotedText(words.slice(start), start > 0);
}

/**
 * @param {number[]} units
 * @param {number} nh
 */
function named(units, nh) {
  if (!units.length) return "no unit";
  if (units.length === 1) return `unit ${units[0]}`;
  if (units.length <= FEW) return `units ${units.slice(0, -1).join(", ")} and ${units.at(-1)}`;
  return `${units.length} of ${plural(nh, "unit")}`;
}

/** @param {number} value */
const signed = (value) => value.toFixed(2).replace(/0+$/, "").replace(/\.$/, "").replaceAll("-", "\u2212");
