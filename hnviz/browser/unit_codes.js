// @ts-check
// What each unit codes: how much of its variance over train a token's slot or digits explain. hnviz/observe/unit_codes.py.

import { Slice } from "./drive.js";
import { tracks } from "./numbers.js";
import { Random } from "./random.js";
import { readSplit } from "./split_pass.js";

/**
 * @typedef {import("./questions.js").Reply} Reply
 * @typedef {import("./subject.js").Subject} Subject
 */

export const LABELS = ["slot", "thousands", "hundreds", "tens", "ones"];
const VALUES = [7, 10, 10, 10, 10]; // that each label can have
const LEAST = 0.05; // share of variance that a label must explain for a unit to join its group
const CONSTANT = 1e-12; // variance

/** Sums over tokens by the value of a label, and over all. */
class Sums {
  /** @param {number} nh @param {number} nValues */
  constructor(nh, nValues) {
    this.nh = nh;
    this.counts = new Float64Array(nValues);
    this.sums = new Float64Array(nValues * nh);
  }

  /** @param {number} value @param {Float32Array} states @param {number} offset */
  add(value, states, offset) {
    const { nh, sums } = this;
    this.counts[value]++;
    for (let unit = 0, to = value * nh; unit < nh; unit++) sums[to++] += states[offset + unit];
  }

  /** @param {number} value @param {number} unit */
  mean(value, unit) {
    return this.sums[value * this.nh + unit] / this.counts[value];
  }

  /** Eta squared of each unit. @param {Float64Array} means of all tokens @param {Float64Array} variances @param {number} n */
  explained(means, variances, n) {
    return variances.map((variance, unit) => {
      if (variance <= CONSTANT) return 0;
      const between = this.counts.reduce((sum, count, value) => sum + (count ? count * (this.mean(value, unit) - means[unit]) ** 2 : 0), 0);
      return between / n / variance;
    });
  }
}

/** A pass over train: sums of each unit, of its squares, and by each label, true and shuffled. */
class Tally {
  /** @param {Labels} labels @param {number} nh */
  constructor(labels, nh) {
    this.labels = labels;
    this.nh = nh;
    this.all = new Sums(nh, 1);
    this.squares = new Float64Array(nh);
    this.by = VALUES.map((n) => new Sums(nh, n));
    this.shuffled = VALUES.map((n) => new Sums(nh, n));
    /** @type {import("./split_pass.js").Visit} */
    this.visit = (states, offset, at) => {
      const place = labels.places[at];
      if (place < 0) return;
      this.all.add(0, states, offset);
      for (let unit = 0; unit < nh; unit++) this.squares[unit] += states[offset + unit] ** 2;
      for (let label = 0; label < LABELS.length; label++) {
        this.by[label].add(labels.values[label][place], states, offset);
        this.shuffled[label].add(labels.shuffled[label][place], states, offset);
      }
    };
  }

  /** Per unit, what each label explains; and the most that a shuffled one does. */
  get explained() {
    const { all, squares, nh } = this;
    const [n] = all.counts;
    const means = Float64Array.from({ length: nh }, (_, unit) => all.mean(0, unit));
    const variances = squares.map((sum, unit) => sum / n - means[unit] ** 2);
    const shares = this.by.map((sums) => sums.explained(means, variances, n));
    const chance = Math.max(...this.shuffled.flatMap((sums) => [...sums.explained(means, variances, n)]));
    return { shares, chance };
  }
}

/**
 * @typedef {object} Labels of the tokens of train that have a place in a number
 * @property {Int32Array} places a token -> its place among these; -1 for a token that has none
 * @property {Int8Array[]} values by label
 * @property {Int8Array[]} shuffled
 */

/** @type {WeakMap<object, Promise<Labels>>} a text's labels, which all its networks share */
const known = new WeakMap();

/** @param {Subject} subject */
function labelsOf(subject) {
  const { train } = subject.job;
  let made = known.get(train);
  if (!made) {
    made = labelled(subject);
    known.set(train, made);
  }
  return made;
}

/** @param {Subject} subject @returns {Promise<Labels>} */
async function labelled(subject) {
  const words = subject.words(subject.ids("train"));
  const n = words.length;
  const all = subject.facts.digits ? tracks(words) : new Int8Array(LABELS.length * n).fill(-1);
  let count = 0;
  const places = Int32Array.from({ length: n }, (_, at) => (all[at] < 0 ? -1 : count++));
  const slice = new Slice();
  const random = new Random();
  const values = LABELS.map((_, label) => all.slice(label * n, (label + 1) * n).filter((_, at) => places[at] >= 0));
  const shuffled = [];
  for (const each of values) {
    shuffled.push(random.shuffle(each.slice()));
    await slice.end();
  }
  return { places, values, shuffled };
}

/**
 * @param {Subject} subject
 * @param {{ layer: number }} values
 * @returns {Promise<Reply>}
 */
export async function unitCodes(subject, { layer }) {
  const { nh } = subject.facts;
  const labels = await labelsOf(subject);
  let tally = new Tally(labels, nh);
  if (labels.values[0].length) await readSplit(subject, "train", layer, () => (tally = new Tally(labels, nh)).visit);
  const n = tally.all.counts[0];
  const { shares, chance } = n ? tally.explained : { shares: VALUES.map(() => new Float64Array(nh)), chance: 0 };
  const explained = Float64Array.from({ length: nh * LABELS.length }, (_, at) => shares[at % LABELS.length][Math.floor(at / LABELS.length)]);
  const means = Float32Array.from(tally.by.flatMap((sums, label) => Array.from({ length: VALUES[label] * nh }, (_, at) => sums.mean(Math.floor(at / nh), at % nh))));
  const { order, groups } = grouped(shares, nh);
  return {
    meta: { order, groups, chance, n_tokens: n },
    arrays: { explained: { data: explained, shape: [nh, LABELS.length] }, means: { data: means, shape: [means.length / nh, nh] } },
  };
}

/**
 * The units, ordered by what they code, and how many code each label; those that code little come last.
 * @param {Float64Array[]} shares by label
 * @param {number} nh
 */
function grouped(shares, nh) {
  const names = [...LABELS, "little"];
  const units = Array.from({ length: nh }, (_, unit) => {
    const own = shares.map((share) => share[unit]);
    const most = Math.max(...own);
    return { unit, most, group: most < LEAST ? LABELS.length : own.indexOf(most) };
  });
  const counts = names.map((name, at) => /** @type {[string, number]} */ ([name, units.filter(({ group }) => group === at).length]));
  const order = [...units].sort((one, other) => one.group - other.group || other.most - one.most).map(({ unit }) => unit);
  return { order, groups: counts.filter(([, n]) => n) };
}
