// @ts-check
// Counting on, answered here: rooms/start/count/picture.py and words.py. A test holds both to the same words.

import { OTHER_WORDS } from "./look.js";
import { COMMA, counted, kindOf, numberWords } from "../../browser/numbers.js";

/**
 * @typedef {import("./look.js").Look} Look
 * @typedef {{ truth: number, words: string[], probabilities: number[], right: boolean }} Line
 */

const GIVEN = 3; // numbers that the network is given
const SAYS = 3; // numbers that it says
const LAST_TRAINED = 7999;
const NOTEBOOK = "notebook"; // its split of the numbers
const MOST_WORDS = 7; // of a number in the picture

/**
 * @param {Look} look
 * @returns {Promise<import("./look.js").Shown>}
 */
export async function startCount({ ask, facts, params }) {
  if (!facts.digits) throw new Error(OTHER_WORDS);
  const { number } = params;
  const { given, said } = (await ask("count_on", { number, given: GIVEN, n: SAYS })).meta;
  const meta = {
    heading: heading(number, facts),
    given: given.map(numberWords).join(", "),
    lines: said.map(line),
    verdict: verdict(said),
    kinds: true,
    level: "word",
  };
  return { meta };
}

/** @param {Line} said */
function line({ truth, words, probabilities, right }) {
  const true_ = numberWords(truth).split(" ");
  const spoken = words.filter((word) => word !== COMMA);
  const shown = spoken.slice(0, MOST_WORDS).map((word, at) => {
    const kind = kindOf(word);
    const part = kind === "hundred" || kind === "thousand" ? "place" : kind;
    return [word, part, Number(probabilities[at].toFixed(4)), true_[at] === word];
  });
  return { number: counted(truth), words: shown, right, more: Math.max(0, spoken.length - MOST_WORDS) };
}

/**
 * @param {number} number
 * @param {import("../../browser/subject.js").Facts} facts
 */
function heading(number, facts) {
  const read = Array.from({ length: SAYS }, (_, at) => facts.numbers.train.some(([first, last]) => first <= number + 1 + at && number + 1 + at <= last));
  return `From ${counted(number)}: ${where(number, read, facts.split === NOTEBOOK)}`;
}

/**
 * @param {number} number
 * @param {boolean[]} read
 * @param {boolean} notebook
 */
function where(number, read, notebook) {
  if (read.every(Boolean)) return "inside what it read";
  if (notebook) return number > LAST_TRAINED ? "beyond its text" : "across 8,000, which it never read";
  return read.some(Boolean) ? "across the edge of a held-out block" : "in a held-out block";
}

/** @param {Line[]} said */
function verdict(said) {
  const wrong = said.filter(({ right }) => !right);
  const [{ truth: first }, { truth: last }] = [said[0], said[said.length - 1]];
  const hundred = (/** @type {number} */ number) => Math.floor(number / 100);
  if (!wrong.length) {
    const right = `All ${numberWords(said.length)} are right`;
    return hundred(first) !== hundred(last) || hundred(first - 1) !== hundred(first) ? `${right}, including the carry.` : `${right}.`;
  }
  const some = `${wrong.length} of ${said.length} ${wrong.length === 1 ? "is" : "are"} wrong`;
  const firsts = wrong.map(firstWrongOf);
  if (firsts.some((place) => place > 0)) {
    return `${some}; the earliest slip is at word ${Math.min(...firsts) + 1} of its number.`;
  }
  if (wrong.every(({ truth }) => !numberWords(truth).includes(" "))) return `${some}.`;
  const rest = wrong.every(({ words, truth }) => spokenOf(words).slice(1).join(" ") === numberWords(truth).split(" ").slice(1).join(" "));
  return rest
    ? "Only the first word is wrong; the rest counts on as it should."
    : `${some} from the first word.`;
}

/** @param {string[]} words */
const spokenOf = (words) => words.filter((word) => word !== COMMA);

/** @param {Line} line */
function firstWrongOf({ truth, words }) {
  const true_ = numberWords(truth).split(" ");
  const said = spokenOf(words);
  const n = Math.min(said.length, true_.length);
  const at = said.slice(0, n).findIndex((word, place) => word !== true_[place]);
  return at < 0 ? n : at;
}
