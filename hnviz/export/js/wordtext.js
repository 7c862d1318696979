// @ts-check
// Sentences on next words: hnviz/figures/word_text.py. A test holds both to the same words.

import { percent } from "../../app/kit/js/text.js";
import { largest } from "../../browser/speech.js";
import { counted } from "../../browser/numbers.js";

/** @typedef {ArrayLike<number>} Shares */

const BOS = "xxbos";
const COMMA = ",";
const SHOWN = 20; // characters of a word

/** @param {string} word */
export const quoted = (word) => `“${word.slice(0, SHOWN)}”`;

/**
 * @param {string[]} words
 * @param {boolean} cut whether more words come before them
 */
export const quotedText = (words, cut) => `“${cut ? "… " : ""}${words.map((word) => word.slice(0, SHOWN)).join(" ")}”`;

/**
 * The last words of a text, up to and including word `end`.
 * @param {string[]} words
 * @param {number} end
 */
export function after(words, end) {
  const first = Math.max(0, end - 3);
  return quotedText(words.slice(first, end + 1), first > 0);
}

/**
 * @param {number} number
 * @param {string} word
 */
export const plural = (number, word) => `${counted(number)} ${word}${number === 1 ? "" : word.endsWith("batch") ? "es" : "s"}`;

/** @param {number} step */
export const when = (step, untrained = "untrained") => (step === 0 ? untrained : `after ${plural(step, "step")}`);

/** A text that a network has read, and what it answered after each of its words. */
export class Prompt {
  /** @param {{ network: string, words: string[], ids: number[], surprise: number[], probabilities: Shares[], itos: string[] }} read */
  constructor({ network, words, ids, surprise, probabilities, itos }) {
    this.network = network;
    this.words = words;
    this.ids = ids;
    this.surprise = surprise;
    this.probabilities = probabilities;
    this.itos = itos;
    this.worst = surprise.length ? largest(surprise) : 0;
  }

  get sentence() {
    const { network, words, worst } = this;
    if (words.length < 2) {
      return `${network} has read one word, ${quoted(words[0])}. To predict a word, it needs one before it: type more.`;
    }
    return (
      `${network} reads ${words.length} tokens and is surprised most by ${quoted(words[worst + 1])} after ` +
      `${after(words, worst)}: it gave that word **${percent(this.came(worst))}**, ` +
      `${this.surprise[worst].toFixed(1)} bits. ${this.average}`
    );
  }

  get average() {
    if (this.words.length < 2) return "";
    const mean = this.surprise.reduce((a, b) => a + b, 0) / this.surprise.length;
    const n = this.itos.length;
    return (
      `On average a token surprises it by ${mean.toFixed(2)} bits; a blind guess among all ${n} tokens of its list, by ` +
      `${Math.log2(n).toFixed(1)}.`
    );
  }

  get headline() {
    return this.headlineAt(this.worst);
  }

  /** @param {number} at */
  headlineAt(at) {
    const { words, ids, itos } = this;
    if (words.length < 2) return `It has read one word, ${quoted(words[0])}: type more to see a surprise.`;
    const answer = this.probabilities[at];
    const best = largest(answer);
    const likely = `${quoted(itos[best])} (**${percent(answer[best])}**)`;
    if (at + 1 === words.length) return `After ${after(words, at)}, it expects ${likely}; the text ends.`;
    const expected = `expected ${likely}`;
    const where = `After ${after(words, at)}, it ${expected}`;
    if (best === ids[at + 1]) return `${where}, and it was right.`;
    const word = `${quoted(words[at + 1])} (**${percent(this.came(at))}**)`;
    if (!this.isFirst(at + 1)) return `${where}; ${word} came.`;
    const known = this.afterOneNumber();
    if (!known.length) return `${where}; ${word} came. Nobody could know.`;
    const mean = known.reduce((a, b) => a + b, 0) / known.length;
    return `It ${expected}; ${word} came. After one number, the right word's probability is **${percent(mean)}**.`;
  }

  /** The probability that it gave each word after the prompt's first number. */
  afterOneNumber() {
    const comma = this.words.indexOf(COMMA);
    return comma < 0 ? [] : this.surprise.slice(comma).map((bits) => 2 ** -bits);
  }

  /**
   * Whether a word is of the first number, in a prompt that is no text's beginning.
   * @param {number} at
   */
  isFirst(at) {
    return this.words[0] !== BOS && !this.words.slice(0, at + 1).includes(COMMA);
  }

  /** @param {number} at */
  position(at) {
    const read = after(this.words, at);
    if (at + 1 === this.words.length) return `After ${read} the text ends. Below, the network goes on alone.`;
    const place = rankOf(this.probabilities[at], this.ids[at + 1]);
    const rank = place === 1 ? "first" : `number ${place}`;
    const unknown = this.isFirst(at + 1) ? " It belongs to the first number: with no number before it, any network can only guess." : "";
    return (
      `Its most probable words after ${read}. The next word of the text, ${quoted(this.words[at + 1])}, is ${rank} of ` +
      `${this.itos.length}: ${this.surprise[at].toFixed(1)} bits of surprise.${unknown}`
    );
  }

  /** @param {number} at */
  came(at) {
    return 2 ** -this.surprise[at];
  }
}

/**
 * @param {Shares} answer
 * @param {number} id
 */
const rankOf = (answer, id) => Array.from(answer).filter((share) => share > answer[id]).length + 1;

/**
 * The index of the first word that is not the true one; -1 if all are true.
 * @param {string[]} said
 * @param {string[]} truth
 */
export const firstWrong = (said, truth) => said.slice(0, truth.length).findIndex((word, at) => word !== truth[at]);

/**
 * How far a network gets on its own; `noTruth` says why nothing can be compared.
 * @param {string[]} said
 * @param {string[]} truth
 * @param {string} noTruth
 */
export function saidSentence(said, truth, noTruth) {
  if (!truth.length) return `On its own it says ${plural(said.length, "token")}. ${noTruth}`;
  const wrong = firstWrong(said, truth);
  if (wrong < 0) return `On its own it says **${plural(Math.min(said.length, truth.length), "token")}**, all of them right.`;
  const slip = `${quoted(said[wrong])} where the text says ${quoted(truth[wrong])}`;
  if (wrong === 0) return `On its own, its very first token is wrong: ${slip}.`;
  return `On its own it gets **${wrong === 1 ? "one token" : `${wrong} tokens`}** right, then it says ${slip}.`;
}

/**
 * How probable a word was that is always the most probable one.
 * @param {string} word
 * @param {Shares} answer
 * @param {number} id
 * @param {string|null} truth
 */
export function saidPosition(word, answer, id, truth) {
  const place = rankOf(answer, id);
  const rank = place === 1 ? "is its most probable word" : `is number ${place} on its list`;
  const said = `${quoted(word)} ${rank}: ${percent(answer[id])}.`;
  if (truth === null) return said;
  return word === truth ? `${said} It is right.` : `${said} ${quoted(truth)} is right.`;
}
