// @ts-check
// Which numbers a network says on its own after those before them: `counting_accuracy` in hnviz/observe/counting.py.

import { Slice } from "./drive.js";
import { rowsOf } from "./matrix.js";
import { Network } from "./network.js";
import { largest } from "./speech.js";

/**
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./subject.js").Subject} Subject
 *
 * @typedef {object} Text a prompt, its number, and a comma
 * @property {number[]} ids
 * @property {number} begin the place of the number's first word
 *
 * @typedef {{ ids: number[], at: number[] }} Piece to read from zeros, and the places whose answers are wanted
 */

const [FIRST, LAST] = [2, 9999]; // the first has a number before it
const ROWS = 64; // texts read at once

/**
 * Test for each number from 2 to 9,999 whether the network says it after the `given` ones before it: it does exactly if
 * each of its tokens is the most probable after the true ones.
 * @param {Subject} subject
 * @param {{ given: number }} values
 * @returns {Promise<Reply>}
 */
export async function countingAccuracy(subject, { given }) {
  const spelled = Array.from({ length: LAST }, (_, at) => subject.numericalize(subject.spelled([at + 1])));
  const numbers = Int32Array.from({ length: LAST - FIRST + 1 }, (_, at) => FIRST + at);
  const texts = Array.from(numbers, (number) => {
    const prompt = spelled.slice(Math.max(1, number - given) - 1, number - 1).flat();
    return { ids: [...prompt, ...spelled[number - 1]], begin: prompt.length };
  });
  const said = await saidIn(subject, texts);
  const wrongs = texts.map((text, at) => firstWrong(text, said[at]));
  const wrong = wrongs.flatMap((place, at) => (place < 0 ? [] : [at]));
  // After the wrong word, is each later word the most probable?
  const spoken = wrong.map((at) => {
    const { ids, begin } = texts[at];
    return { begin, ids: Object.assign([...ids], { [begin + wrongs[at]]: said[at][wrongs[at]] }) };
  });
  const after = await saidIn(subject, spoken);
  const alone = new Uint8Array(numbers.length);
  wrong.forEach((at, place) => (alone[at] = Number(firstWrong(spoken[place], after[place]) < 0)));
  const right = Uint8Array.from(wrongs, (place) => Number(place < 0));
  const shape = [numbers.length];
  return {
    meta: { given, train: share(subject, right, "train"), valid: share(subject, right, "valid") },
    arrays: {
      number: { data: numbers, shape },
      right: { data: right, shape },
      first_wrong: { data: Int8Array.from(wrongs), shape },
      alone: { data: alone, shape },
    },
  };
}

/**
 * How many of a split's numbers are right.
 * @param {Subject} subject
 * @param {Uint8Array} right
 * @param {string} split
 */
function share({ facts }, right, split) {
  const isIn = (/** @type {number} */ number) => facts.numbers[split].some(([first, last]) => first <= number && number <= last);
  const own = right.filter((_, at) => isIn(FIRST + at));
  return own.reduce((sum, each) => sum + each, 0) / own.length;
}

/** The place of the first word of a number that is not what was said; -1 if all are. @param {Text} text @param {number[]} said */
const firstWrong = ({ ids, begin }, said) => said.findIndex((id, at) => id !== ids[begin + at]);

/**
 * What the network says at each place of each text's number, after the tokens before it.
 * @param {Subject} subject
 * @param {Text[]} texts
 * @returns {Promise<number[][]>}
 */
async function saidIn(subject, texts) {
  const { window } = subject.facts;
  /** @type {(Piece & { text: number, place: number })[]} */
  const pieces = [];
  texts.forEach(({ ids, begin }, text) => {
    const whole = window ? Math.min(window, ids.length - 1) : ids.length - 1; // tokens that are read from the beginning
    const at = Array.from({ length: Math.max(0, whole - begin + 1) }, (_, place) => begin - 1 + place);
    if (at.length) pieces.push({ ids: ids.slice(0, whole), at, text, place: 0 });
    // Each later answer has a window of its own.
    for (let end = Math.max(whole + 1, begin); end < ids.length; end++) {
      pieces.push({ ids: ids.slice(end - whole, end), at: [whole - 1], text, place: end - begin });
    }
  });
  pieces.sort((one, other) => one.ids.length - other.ids.length);
  /** @type {number[][]} */
  const said = texts.map(() => []);
  const reader = new Together(subject);
  const slice = new Slice();
  for (let from = 0; from < pieces.length; from += ROWS) {
    const group = pieces.slice(from, from + ROWS);
    const answers = reader.said(group);
    group.forEach(({ text, place }, at) => answers[at].forEach((id, by) => (said[text][place + by] = id)));
    await slice.end();
  }
  return said;
}

/** Reads texts side by side, from zeros. */
export class Together {
  /** @param {Subject} subject */
  constructor({ facts, weights }) {
    this.facts = facts;
    this.weights = weights;
    /** @type {Network|null} */
    this.network = null;
  }

  /** @param {number} bptt */
  networkFor(bptt) {
    const { facts, weights } = this;
    if (this.network?.sizes.bptt === bptt) return this.network;
    const form = { ...facts.form, predicts: "every", stateful: true };
    this.network = new Network(form, { nv: facts.itos.length, nh: facts.nh, bs: ROWS, bptt });
    this.network.load(weights);
    return this.network;
  }

  /** The most probable token at the wanted places of each piece. @param {Piece[]} pieces at most ROWS */
  said(pieces) {
    return this.answers(pieces, largest);
  }

  /**
   * What `take` makes of the logits, (nv), at the wanted places of each piece, in their order.
   * @template Taken
   * @param {Piece[]} pieces at most ROWS
   * @param {(logits: Float32Array) => Taken} take
   */
  answers(pieces, take) {
    const longest = Math.max(...pieces.map(({ ids }) => ids.length));
    const network = this.networkFor(longest);
    network.reset();
    network.forward(Int32Array.from({ length: longest * ROWS }, (_, slot) => pieces[slot % ROWS]?.ids[Math.floor(slot / ROWS)] ?? 0), false);
    const answer = (/** @type {number} */ slot) => take(network.machine.view(rowsOf(network.logits, slot, 1)).subarray(0, this.facts.itos.length));
    return pieces.map(({ at }, row) => at.map((step) => answer(step * ROWS + row)));
  }
}
