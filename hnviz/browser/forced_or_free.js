// @ts-check
// How well a network counts with the true words and with its own: hnviz/observe/forced_or_free.py.

import { Together } from "./counting_accuracy.js";
import { LONGEST } from "./counting.js";
import { Slice } from "./drive.js";
import { EngineError } from "./error.js";
import { COMMA, numberOf } from "./numbers.js";
import { Random } from "./random.js";
import { TOO_LARGE, largest, saying } from "./speech.js";

/**
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./subject.js").Subject} Subject
 * @typedef {import("./reader.js").State} State
 * @typedef {{ start: number, right: number, mistake: number, goesOn: boolean }} Count from one start
 */

const N_STARTS = 100;
const SEED = 0;
const MOST_RIGHT = 100; // numbers after which a start ends without a mistake
const LAST = 9999;
const [NO_MISTAKE, NO_NUMBER] = [-1, 0];
const LARGEST = 700; // nats: exp of more is no number
const TOKENS = 64; // read at a time where the state is carried
const ROWS = 64; // windows read at once

/**
 * @param {Subject} subject
 * @param {{ split: string, given: number }} values
 * @returns {Promise<Reply>}
 */
export async function forcedOrFree(subject, { split, given }) {
  subject.spelled([1]); // a text without numbers is refused before it is read
  const { accuracy, loss } = await forced(subject, split);
  const slice = new Slice();
  /** @type {Count[]} */
  const counts = [];
  for (const start of drawn(subject, split)) {
    counts.push(await counted(subject, start, given, slice));
  }
  const right = counts.map((each) => each.right).sort((one, other) => one - other);
  const has = (/** @type {(mistake: number) => boolean} */ check) => counts.filter(({ mistake }) => check(mistake)).length;
  const column = (/** @type {(count: Count) => number} */ of) => ({ data: Int32Array.from(counts, of), shape: [counts.length] });
  return {
    meta: {
      ...{ split, given, seed: SEED, n_starts: N_STARTS, most: MOST_RIGHT },
      ...{ accuracy, loss, perplexity: Math.exp(Math.min(loss, LARGEST)) },
      ...{ median: quantile(right, 0.5), quartiles: [quantile(right, 0.25), quantile(right, 0.75)] },
      no_mistake: has((mistake) => mistake === NO_MISTAKE),
      no_number: has((mistake) => mistake === NO_NUMBER),
      wrong_number: has((mistake) => mistake > NO_NUMBER),
      goes_on: counts.filter(({ goesOn }) => goesOn).length,
    },
    arrays: {
      start: column(({ start }) => start),
      right: column((each) => each.right),
      mistake: column(({ mistake }) => mistake),
      goes_on: { data: Uint8Array.from(counts, ({ goesOn }) => Number(goesOn)), shape: [counts.length] },
    },
  };
}

/**
 * Accuracy and mean loss, in nats, of all answers in one pass over a split.
 * @param {Subject} subject
 * @param {string} split
 */
async function forced(subject, split) {
  const ids = subject.ids(split);
  const n = ids.length - 1;
  let [right, loss, at] = [0, 0, 0];
  const take = (/** @type {Float32Array} */ logits) => {
    const said = largest(logits);
    if (!logits.every(Number.isFinite)) throw new EngineError(TOO_LARGE);
    const truth = ids[++at];
    right += Number(said === truth);
    loss += Math.log(logits.reduce((sum, each) => sum + Math.exp(each - logits[said]), 0)) + logits[said] - logits[truth];
  };
  await (subject.facts.window ? readWindows(subject, ids, subject.facts.window, take) : readOn(subject, ids, take));
  return { accuracy: right / n, loss: loss / n };
}

/**
 * Read a text from zeros and take the logits after each token but the last.
 * @param {Subject} subject
 * @param {Int32Array} ids
 * @param {(logits: Float32Array) => void} take
 */
async function readOn({ reader }, ids, take) {
  const slice = new Slice();
  /** @type {State|null} */
  let state = null;
  for (let from = 0; from < ids.length - 1; from += TOKENS) {
    const read = reader.read(ids.subarray(from, Math.min(from + TOKENS, ids.length - 1)), state);
    read.logits.forEach(take);
    state = read.state;
    await slice.end();
  }
}

/**
 * The same, each answer from the window that ends there.
 * @param {Subject} subject
 * @param {Int32Array} ids
 * @param {number} window
 * @param {(logits: Float32Array) => void} take
 */
async function readWindows(subject, ids, window, take) {
  const slice = new Slice();
  const reader = new Together(subject);
  for (let from = 1; from < ids.length; from += ROWS) {
    const pieces = Array.from({ length: Math.min(ROWS, ids.length - from) }, (_, place) => {
      const end = from + place;
      const own = Array.from(ids.subarray(Math.max(0, end - window), end));
      return { ids: own, at: [own.length - 1] };
    });
    reader.answers(pieces, take);
    await slice.end();
  }
}

/**
 * Draw numbers of a split after which there are MOST_RIGHT more.
 * @param {Subject} subject
 * @param {string} split
 */
function drawn({ facts }, split) {
  const numbers = facts.numbers[split].flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
  const fitting = numbers.filter((number) => number <= LAST - MOST_RIGHT);
  return new Random().sample(fitting, N_STARTS);
}

/**
 * Let a network count on from one number, after the `given` up to it.
 * @param {Subject} subject
 * @param {number} start
 * @param {number} given
 * @param {Slice} slice
 * @returns {Promise<Count>}
 */
async function counted(subject, start, given, slice) {
  const first = Math.max(1, start - given + 1);
  const prompt = Array.from({ length: start - first + 1 }, (_, at) => first + at);
  const words = saying(subject.reader, subject.numericalize(subject.spelled(prompt)));
  const comma = subject.stoi.get(COMMA);
  const number = async () => {
    /** @type {number[]} */
    const said = [];
    while (said.length < LONGEST) {
      const { id } = words.next().value;
      await slice.end();
      if (id === comma) return numberOf(subject.words(said).join(" ")) ?? NO_NUMBER;
      said.push(id);
    }
    return NO_NUMBER;
  };
  for (let right = 0; right < MOST_RIGHT; right++) {
    const mistake = await number();
    if (mistake !== start + right + 1) {
      return { start, right, mistake, goesOn: mistake !== NO_NUMBER && (await number()) === mistake + 1 };
    }
  }
  return { start, right: MOST_RIGHT, mistake: NO_MISTAKE, goesOn: false };
}

/** Between the two nearest of sorted numbers, as numpy's percentile. @param {number[]} sorted @param {number} share */
function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
