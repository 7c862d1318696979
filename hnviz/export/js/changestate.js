// @ts-check
// What a changed state leads to, answered here: rooms/predictions/change_state/picture.py and said.py.

import { plural } from "../../app/kit/js/text.js";
import { networkName, rowsOf } from "./look.js";
import { operationIn } from "./operation.js";
import { beside, counted, Courses, done, mostProbable } from "./surgerytext.js";

/**
 * @typedef {import("./look.js").Look} Look
 * @typedef {import("./look.js").Shown} Shown
 * @typedef {{ said: number[], probabilities: Float32Array[] }} Course
 * @typedef {[string, number[], string]} Bar a word, its share in each answer, a note
 */

const SAYS = 40; // tokens after a change
const BARS = 4; // of each answer

/**
 * @param {Look} look
 * @returns {Promise<Shown>}
 */
export async function changeState(look) {
  const { facts } = look;
  const { operation, given, asked, layer } = await operationIn(look);
  const texts = [given.tokens, operation.other].filter((words) => words.length);
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
    texts,
    between: " ",
    own: ownMeta(courses, own),
    changed: changedMeta(courses, changed, operation),
    layer,
    units: operation.units,
    scale: most <= 1 ? 1 : 2 ** Math.ceil(Math.log2(most)),
    state: `After the prompt, ${moved} of its ${one.length} values ${moved === 1 ? "differs" : "differ"} from untouched.${beside(facts.state)}`,
    done: done(operation),
  };
  return { meta, sentence: courses.headline, arrays: { before, after } };
}

/** @param {Courses} courses @param {Course} course */
function ownMeta({ said: { itos }, ownHeadline }, { said, probabilities }) {
  return {
    headline: ownHeadline,
    alt: ownHeadline,
    words: said.map((id, at) => [itos[id], short(probabilities[at][id]), false]),
    bars: said.map((id, at) => likeliest([probabilities[at]], itos, id)),
    says: said.map((id, at) => mostProbable(itos[id], probabilities[at][id])),
    start: 1,
    series: [""],
    rows: [],
    heads: [],
    note: "",
  };
}

/**
 * @param {Courses} courses
 * @param {Course} course
 * @param {import("./surgerytext.js").Operation} operation
 */
function changedMeta(courses, { said, probabilities }, operation) {
  const { differ, altered, rows } = courses;
  const { itos, before } = courses.said;
  const differing =
    `${differ.length} of ${said.length} tokens ${differ.length === 1 ? "differs" : "differ"} from the untouched ones at the ` +
    `same position in the same number. Of the ${plural(altered.length, "number")} that both begin, ${counted(altered)} differ in a ` +
    "token or in length. The bars compare both states after the same words.";
  return {
    headline: courses.headline,
    alt: courses.sentence(operation).replaceAll("**", ""),
    words: said.map((id, at) => [itos[id], short(probabilities[at][id]), differ.includes(at)]),
    bars: said.map((id, at) => likeliest([before[at], probabilities[at]], itos, id)),
    says: said.map((_, at) => courses.position(at)),
    start: differ[0] ?? 0,
    series: ["untouched", "changed"],
    rows,
    heads: ["untouched", "after the change"],
    note: `${courses.detail.replaceAll("**", "")} ${differing}`.trim(),
  };
}

/**
 * The most probable words of each answer.
 * @param {ArrayLike<number>[]} answers
 * @param {string[]} itos
 * @param {number} said
 * @returns {Bar[]}
 */
function likeliest(answers, itos, said) {
  const orders = answers.map((answer) => itos.map((_, id) => id).sort((one, other) => answer[other] - answer[one] || one - other));
  const shown = [...new Set(orders.flatMap((order) => order.slice(0, BARS)))];
  const most = (/** @type {number} */ id) => Math.max(...answers.map((answer) => answer[id]));
  const rows = shown.sort((one, other) => most(other) - most(one));
  return rows.map((id) => [itos[id], answers.map((answer) => short(answer[id])), id === said ? "said" : ""]);
}

/**
 * Three digits, and more where these would make it 1: only all is 100 %.
 * @param {number} share
 */
function short(share) {
  const brief = Number(share.toPrecision(3));
  return brief === 1 ? Number(share.toPrecision(7)) : brief;
}
