// @ts-check
// For how many prompts a change of the state does what it does after one: `surgery_claims` in hnviz/observe/surgery.py.

import { Slice } from "./drive.js";
import { EngineError } from "./error.js";
import { rowsOf } from "./matrix.js";
import { Network } from "./network.js";
import { COMMA, numberOf } from "./numbers.js";
import { Random } from "./random.js";
import { largest, TOO_LARGE } from "./speech.js";
import { changeOf, stateAfter } from "./surgery.js";

/**
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./reader.js").State} State
 * @typedef {import("./subject.js").Subject} Subject
 * @typedef {import("./surgery.js").Change} Change
 *
 * @typedef {object} Outcome what a network said after a prompt; numbers are the first ones said, null for none
 * @property {number|null} own untouched
 * @property {number|null} other from the state that is put in
 * @property {number|null} said after the change
 * @property {boolean} same all words are those that it says untouched
 */

const N_PROMPTS = 100;
const SEED = 0;
const GIVEN = 3; // numbers in a prompt
const WORDS = 40; // said after each
const THOUSAND = 1000;

/** When each claim holds for a prompt, from the most specific to the loosest. @type {Record<string, (out: Outcome) => boolean>} */
const CLAIMS = {
  "same words": ({ same }) => same,
  "own number": ({ said, own }) => said !== null && said === own,
  "other number": ({ said, other }) => said !== null && said === other,
  "other thousand, own rest": ({ said, own, other }) => said !== null && said === mixed(other, own),
  "own thousand, other rest": ({ said, own, other }) => said !== null && said === mixed(own, other),
  "other thousand": ({ said, other }) => said !== null && other !== null && thousand(said) === thousand(other),
  "another number": ({ said, own, other }) => said !== null && said !== own && said !== other,
  "no number": ({ said }) => said === null,
};

/**
 * @param {Subject} subject
 * @param {Change & { ids: number[] }} values
 * @returns {Promise<Reply>}
 */
export async function surgeryClaims(subject, { ids, ...change }) {
  const before = stateAfter(subject, ids);
  const changed = changeOf(subject, change);
  const put = change.other ? [stateAfter(subject, change.other)] : null;
  const [here] = await outcomes(subject, [before], changed, { hold: change.hold, put });
  const claim = Object.entries(CLAIMS).find(([, holds]) => holds(here));
  if (!claim) throw new EngineError("no claim says what the change does");
  const { own, other } = drawn(subject);
  const states = await statesAfter(subject, own);
  const others = change.other ? await statesAfter(subject, other) : null;
  // Of a swap only the layer is used: each prompt gets the state that was drawn for it.
  const swaps = others && ((/** @type {State} */ state, /** @type {number} */ row) => swapped(state, others[row], change.layer, subject.facts.nh));
  const all = await outcomes(subject, states, swaps ?? changed, { hold: change.hold, put: others });
  const holds = Object.fromEntries(Object.entries(CLAIMS).map(([name, check]) => [name, all.filter(check).length]));
  return { meta: { claim: claim[0], holds, n: N_PROMPTS, seed: SEED }, arrays: {} };
}

/**
 * Draw prompts from train by their last numbers, and for each another whose next number has another thousand.
 * @param {Subject} subject
 */
function drawn({ facts }) {
  const train = (facts.numbers.train ?? []).flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
  const inside = new Set(train);
  const whole = train.filter((number) => [-2, -1, 0, 1].every((step) => inside.has(number + step)));
  const random = new Random();
  const own = random.sample(whole, N_PROMPTS);
  const other = own.map((each) => random.choice(whole.filter((number) => thousand(number + 1) !== thousand(each + 1))));
  return { own, other };
}

/** The states after the prompts that end in some numbers. @param {Subject} subject @param {number[]} numbers */
async function statesAfter(subject, numbers) {
  const slice = new Slice();
  /** @type {State[]} */
  const states = [];
  for (const last of numbers) {
    const words = subject.spelled(Array.from({ length: GIVEN }, (_, at) => last - GIVEN + 1 + at)).slice(0, -1);
    states.push(stateAfter(subject, subject.numericalize(words)));
    await slice.end();
  }
  return states;
}

/**
 * Continue from each state, untouched and changed.
 * @param {Subject} subject
 * @param {State[]} states
 * @param {(state: State, row: number) => State} change
 * @param {{ hold: boolean, put: State[]|null }} how `put` are the states of a swap
 */
async function outcomes(subject, states, change, { hold, put }) {
  const rows = new Speakers(subject, states.length);
  const own = await rows.say(states);
  const said = await rows.say(states.map(change), hold ? change : null);
  const other = put && (await rows.say(put));
  const number = (/** @type {number[]} */ words) => firstNumber(subject.words(words));
  return states.map((_, row) => ({
    own: number(own[row]),
    other: other && number(other[row]),
    said: number(said[row]),
    same: own[row].every((id, at) => id === said[row][at]),
  }));
}

/** Networks that speak side by side. */
class Speakers {
  /** @param {Subject} subject @param {number} bs */
  constructor({ facts, weights }, bs) {
    this.facts = facts;
    this.bs = bs;
    this.network = new Network({ ...facts.form, predicts: "every" }, { nv: facts.itos.length, nh: facts.nh, bs, bptt: 1 });
    this.network.load(weights);
  }

  /**
   * Say WORDS words from each state, always the most probable one; a change that is held applies before every word.
   * @param {State[]} states
   * @param {((state: State, row: number) => State)|null} held
   */
  async say(states, held = null) {
    const { network, bs } = this;
    network.loadState(this.joined(states));
    network.answer();
    const said = states.map(() => /** @type {number[]} */ ([]));
    const slice = new Slice();
    for (let word = 0; word < WORDS; word++) {
      for (let row = 0; row < bs; row++) said[row].push(this.best(row));
      network.forward(Int32Array.from(said, (words) => words[word]), false);
      network.carry();
      if (held) {
        network.loadState(this.joined(this.parted(network.readState()).map(held)));
        network.answer();
      }
      await slice.end();
    }
    return said;
  }

  /** The most probable token of a row. Throws EngineError if an answer is not finite. @param {number} row */
  best(row) {
    const { network, facts } = this;
    const logits = network.machine.view(rowsOf(network.logits, row, 1)).subarray(0, facts.itos.length);
    if (!logits.every(Number.isFinite)) throw new EngineError(TOO_LARGE);
    return largest(logits);
  }

  /** States of one row each, as one of all rows. @param {State[]} states @returns {State} */
  joined(states) {
    const { nh } = this.facts;
    return Object.fromEntries(
      Object.entries(states[0]).map(([name, { length }]) => [
        name,
        Float32Array.from({ length: length * this.bs }, (_, at) => states[Math.floor(at / nh) % this.bs][name][Math.floor(at / (nh * this.bs)) * nh + (at % nh)]),
      ]),
    );
  }

  /** The opposite. @param {State} state @returns {State[]} */
  parted(state) {
    const { nh } = this.facts;
    const part = (/** @type {Float32Array} */ all, /** @type {number} */ row) =>
      Float32Array.from({ length: all.length / this.bs }, (_, at) => all[(Math.floor(at / nh) * this.bs + row) * nh + (at % nh)]);
    return Array.from({ length: this.bs }, (_, row) => Object.fromEntries(Object.entries(state).map(([name, all]) => [name, part(all, row)])));
  }
}

/** @param {State} state @param {State} other @param {number|null} layer @param {number} nh @returns {State} */
const swapped = (state, other, layer, nh) =>
  Object.fromEntries(Object.entries(state).map(([name, numbers]) => [name, numbers.map((own, at) => (layer === null || Math.floor(at / nh) === layer ? other[name][at] : own))]));

/** The number between the first two commas; null if there is none. @param {string[]} words */
function firstNumber([first, ...rest]) {
  const end = rest.indexOf(COMMA);
  return first === COMMA ? numberOf((end < 0 ? rest : rest.slice(0, end)).join(" ")) : null;
}

/** @param {number} number */
const thousand = (number) => Math.floor(number / THOUSAND);

/** The thousand of a number with the rest of another. @param {number|null} first @param {number|null} last */
const mixed = (first, last) => (first === null || last === null ? null : thousand(first) * THOUSAND + (last % THOUSAND));
