// @ts-check
// The views of the Predictions page, answered here: next_word, going_on and change_state/picture.py.

import { answersMeta, likeliest } from "./answers.js";
import { networkName, promptIn, rowsOf } from "./look.js";
import { continuation } from "../../browser/numbers.js";
import { beside, counted, Courses, done } from "./surgerytext.js";
import { operationIn } from "./operation.js";
import { firstWrong, plural, Prompt, saidPosition, saidSentence } from "./wordtext.js";

/**
 * @typedef {import("./look.js").Look} Look
 * @typedef {import("./look.js").Shown} Shown
 */

const SAYS = 40; // tokens after a change
const BARS = 4; // of each of two answers

/**
 * @param {Look} look
 * @returns {Promise<Shown>}
 */
export async function promptSurprise(look) {
  const { facts } = look;
  const { tokens, ids } = promptIn(look.params.text, look);
  const { arrays } = await look.ask("next_word", { ids, n: 1 });
  const probabilities = rowsOf(arrays.probabilities);
  const surprise = Array.from(arrays.surprise.data);
  const prompt = new Prompt({ network: networkName(look), words: tokens, ids, surprise, probabilities, itos: facts.itos });
  const reads = facts.window
    ? `${facts.model} carries no state: each answer reads only the last ${facts.window} tokens.`
    : "";
  const meta = answersMeta({
    param: "at",
    alt: prompt.sentence,
    cells: tokens.map((word, at) => ({ word, bits: at ? surprise[at - 1] : null })),
    bars: ids.map((_, at) => likeliest([probabilities[at]], facts.itos, new Map(at + 1 < ids.length ? [[ids[at + 1], "in the text"]] : []))),
    says: tokens.map((_, at) => prompt.position(at)),
    headlines: tokens.map((_, at) => prompt.headlineAt(at)),
    start: prompt.worst,
    full: Math.log2(facts.itos.length),
    target: true,
    note: `${prompt.average} ${reads}`.trim(),
  });
  return { meta, sentence: prompt.headline };
}

/**
 * @param {Look} look
 * @returns {Promise<Shown>}
 */
export async function goingOn(look) {
  const { facts, stoi, params } = look;
  const { tokens, ids } = promptIn(params.text, look);
  const { n, temperature, seed, top_k: best } = params;
  const { arrays } = await look.ask("next_word", { ids, n, temperature, seed, top_k: best || facts.itos.length });
  const chosen = Array.from(arrays.said.data);
  const probabilities = rowsOf(arrays.probabilities).slice(ids.length - 1);
  const said = chosen.map((id) => facts.itos[id]);
  const [truth, noTruth] = truthAfter(tokens, said.length);
  const wrong = firstWrong(said, truth);
  const known = said.map((_, at) => (wrong >= 0 && at > wrong ? null : (truth[at] ?? null)));
  const bars = said.map((word, at) => {
    const notes = new Map([[chosen[at], "said"]]);
    const wanted = known[at];
    if (wanted !== null) notes.set(/** @type {number} */ (stoi.get(wanted)), wanted === word ? "its word, correct" : "correct");
    return likeliest([probabilities[at]], facts.itos, notes);
  });
  const sentence = saidSentence(said, truth, noTruth);
  const meta = answersMeta({
    param: "said",
    alt: sentence,
    cells: said.map((word, at) => ({
      word,
      above: truth.length ? (truth[at] ?? "") : null,
      share: probabilities[at][chosen[at]],
      mark: at === wrong ? "wrong" : wrong >= 0 && at > wrong ? "late" : "",
    })),
    bars,
    says: said.map((word, at) => saidPosition(word, probabilities[at], chosen[at], known[at])),
    start: Math.max(0, wrong),
    lines: truth.length ? ["above: the true text", "below: what it says"] : [],
  });
  return { meta, sentence };
}

/**
 * @param {string[]} tokens
 * @param {number} n
 * @returns {[string[], string]} how the text truly goes on, or why nobody knows
 */
function truthAfter(tokens, n) {
  try {
    return [continuation(tokens, n), ""];
  } catch (error) {
    return [[], /** @type {Error} */ (error).message];
  }
}

/**
 * @param {Look} look
 * @returns {Promise<Shown>}
 */
export async function changeState(look) {
  const { facts } = look;
  const { operation, given, asked, layer } = operationIn(look);
  const { arrays } = await look.ask("surgery", { ids: given.ids, n: SAYS, ...asked });
  const words = (/** @type {string} */ name) => Array.from(arrays[name]?.data ?? [], (id) => facts.itos[id]);
  const course = (/** @type {string} */ name) => ({ said: Array.from(arrays[`${name}_said`].data), probabilities: rowsOf(arrays[`${name}_probabilities`]) });
  const [own, changed] = [course("untouched"), course("changed")];
  const courses = new Courses({
    network: networkName(look),
    untouched: words("untouched_said"),
    changed: words("changed_said"),
    before: rowsOf(arrays.same_words),
    after: changed.probabilities,
    otherSaid: words("other_said"),
    itos: facts.itos,
  });
  const [before, after] = [arrays.untouched_state, arrays.changed_state];
  const [one, two] = [before, after].map(({ data }) => Array.from(data));
  const moved = one.filter((value, at) => value !== two[at]).length;
  const most = [...one, ...two].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const meta = {
    own: { ...ownMeta(courses, own, facts.itos), headline: courses.ownHeadline },
    changed: { ...changedMeta(courses, changed, operation, facts.itos), headline: courses.headline },
    layer,
    units: operation.units,
    scale: most <= 1 ? 1 : 2 ** Math.ceil(Math.log2(most)),
    state: `After the prompt, ${moved} of its ${one.length} values ${moved === 1 ? "differs" : "differ"} from untouched.${beside(facts.state)}`,
    done: done(operation),
  };
  return { meta, sentence: courses.headline, arrays: { before, after } };
}

/** @typedef {{ said: number[], probabilities: Float32Array[] }} Course */

/**
 * @param {Courses} courses
 * @param {Course} own
 * @param {string[]} itos
 */
function ownMeta(courses, { said, probabilities }, itos) {
  return answersMeta({
    param: "word",
    alt: courses.ownHeadline,
    cells: cells(said, probabilities, itos, []),
    bars: said.map((id, at) => likeliest([probabilities[at]], itos, new Map([[id, "said"]]), BARS)),
    says: said.map((id, at) => saidPosition(itos[id], probabilities[at], id, null)),
    start: 1,
  });
}

/**
 * @param {Courses} courses
 * @param {Course} changed
 * @param {import("./surgerytext.js").Operation} operation
 * @param {string[]} itos
 */
function changedMeta(courses, { said, probabilities }, operation, itos) {
  const { differ, altered } = courses;
  const n = counted(altered);
  const differing =
    `${differ.length} of ${said.length} tokens ${differ.length === 1 ? "differs" : "differ"} from the untouched ones at the ` +
    `same position in the same number. Of the ${plural(altered.length, "number")} that both begin, ${n} differ in a token ` +
    "or in length. The bars compare both states after the same words.";
  return answersMeta({
    param: "word",
    alt: courses.sentence(operation),
    cells: cells(said, probabilities, itos, differ),
    bars: said.map((id, at) => likeliest([courses.said.before[at], probabilities[at]], itos, new Map([[id, "said"]]), BARS)),
    says: said.map((_, at) => courses.position(at)),
    start: differ[0] ?? 0,
    series: ["untouched", "changed"],
    lines: differ.length ? ["≠ not the word said untouched"] : [],
    rows: courses.rows,
    heads: ["untouched", "after the change"],
    note: `${courses.detail.replaceAll("**", "")} ${differing}`.trim(),
  });
}

/**
 * @param {number[]} said
 * @param {Float32Array[]} probabilities
 * @param {string[]} itos
 * @param {number[]} differ
 */
const cells = (said, probabilities, itos, differ) =>
  said.map((id, at) => ({ word: itos[id], share: probabilities[at][id], mark: differ.includes(at) ? "differs" : "" }));
