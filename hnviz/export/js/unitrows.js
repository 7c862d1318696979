// @ts-check
// The units from top to bottom, and what each codes, answered here: `_rows` in rooms/hidden_states/units/picture.py.

import { percent } from "../../app/kit/js/text.js";
import { counted } from "../../browser/numbers.js";
import { LABELS } from "../../browser/unit_codes.js";
import { layerIn, Seen, textIn } from "./units.js";

/**
 * @typedef {import("./look.js").Look} Look
 * @typedef {Float32Array[]} Explained by unit, the share of its variance that each label explains
 */

const BY_CODE = "by what they code";
const NUMBERED = "as numbered";

/** @param {Look} look @returns {Promise<import("./look.js").Shown>} */
export async function unitRows(look) {
  const layer = layerIn(look);
  const { order } = look.params;
  if (order !== BY_CODE && order !== NUMBERED) {
    throw new Error(`a page does not order units by their likeness: choose one of ${BY_CODE}, ${NUMBERED}`);
  }
  if (!look.facts.digits) return plainRows(look, layer);
  const coded = await look.ask("unit_codes", { layer });
  const explained = rowsOf(coded.arrays.explained);
  const twin = look.step !== 0 && look.steps.includes(0) ? rowsOf((await look.ask("unit_codes", { layer }, 0)).arrays.explained) : null;
  const [unit, label] = learnt(explained, twin);
  const { rows, groups } = order === BY_CODE ? first(LABELS[label], coded.meta) : { rows: explained.map((_, at) => at), groups: [] };
  const table = (/** @type {Explained} */ shares) => ({ data: Float32Array.from(shares.flatMap((row) => [...row])), shape: [shares.length, LABELS.length] });
  const sentence = takeaway(explained, twin, look.step);
  const said = explained.map((row, at) => headline(explained, twin, look.step, [at, best(row)]));
  said[unit] = sentence;
  return {
    meta: { labels: LABELS, groups, best: unit, step: look.step, units: said },
    sentence,
    arrays: { order: { data: Int32Array.from(rows), shape: [rows.length] }, explained: table(explained), ...(twin && { untrained: table(twin) }) },
  };
}

/** The same of a text without digits: nothing is coded, and "best" moves most. @param {Look} look @param {number} layer */
async function plainRows(look, layer) {
  const { show } = look.params;
  const text = textIn(look);
  const { arrays } = await look.ask("units", { ...text.asked, layer, show });
  const tokens = text.tokens ?? Array.from(arrays.ids.data, (id) => look.facts.itos[id]);
  const { nh } = look.facts;
  const seen = new Seen(/** @type {Float32Array} */ (arrays.values.data), nh, tokens, text.named ?? `${counted(tokens.length)} tokens`);
  return {
    meta: { labels: [], groups: [], best: seen.moving },
    sentence: seen.movingSentence(),
    arrays: {
      order: { data: Int32Array.from({ length: nh }, (_, at) => at), shape: [nh] },
      explained: { data: new Float32Array(0), shape: [nh, 0] },
    },
  };
}

/** @param {{ data: ArrayLike<number>, shape: number[] }} table @returns {Explained} */
const rowsOf = ({ data, shape: [n, wide] }) => Array.from({ length: n }, (_, at) => Float32Array.from({ length: wide }, (__, label) => data[at * wide + label]));

/** The first place of the largest number. @param {ArrayLike<number>} numbers */
const best = (numbers) => Array.from(numbers).indexOf(Math.max(...Array.from(numbers)));

/** The most that each label explains of any unit. @param {Explained} explained */
const mostOf = (explained) => LABELS.map((_, label) => Math.max(...explained.map((row) => row[label])));

/**
 * The unit and the label of the headline: the digit to which training added most, and its best unit.
 * @param {Explained} explained
 * @param {Explained|null} twin the network untrained
 * @returns {[number, number]}
 */
function learnt(explained, twin) {
  const most = mostOf(explained);
  const before = twin && mostOf(twin);
  const gains = before && most.map((share, label) => share - before[label]).slice(1);
  const label = gains ? 1 + best(Math.max(...gains) > 0 ? gains : most.slice(1)) : best(most);
  return [best(explained.map((row) => row[label])), label];
}

/**
 * What training taught a single unit, for a run that can train longer.
 * @param {Explained} explained
 * @param {Explained|null} twin
 * @param {number} step
 */
function takeaway(explained, twin, step) {
  const [unit, label] = learnt(explained, twin);
  const share = explained[unit][label];
  if (!twin || share > mostOf(twin)[label]) return headline(explained, twin, step, [unit, label]);
  const most = Math.max(...mostOf(twin).slice(1));
  return (
    `Step ${counted(step)}: a digit explains at most **${percent(share)}** of how a unit varies; untrained, **${percent(most)}**. ` +
    "Train longer, or choose a pre-trained run."
  );
}

/**
 * @param {Explained} explained
 * @param {Explained|null} twin
 * @param {number} step
 * @param {[number, number]} at
 */
function headline(explained, twin, step, [unit, label]) {
  const what = label ? `the ${LABELS[label]} digit` : "a word's position";
  const [share, most] = [explained[unit][label], mostOf(explained)[label]];
  const said = `Step ${counted(step)}: ${what} explains **${percent(share)}** of`;
  const before = twin && `**${percent(mostOf(twin)[label])}**`;
  if (share < most) return `${said} unit **${unit}**; of the best unit **${percent(most)}**${before ? `, untrained ${before}` : ""}.`;
  return `${said} how unit **${unit}** varies${before ? `; untrained, ${before} at best` : ""}.`;
}

/**
 * Put the group of a label first.
 * @param {string} name
 * @param {{ order: number[], groups: [string, number][] }} coded
 */
function first(name, { order, groups }) {
  let from = 0;
  const parts = groups.map((group) => ({ group, units: order.slice(from, (from += group[1])) }));
  const moved = [...parts.filter(({ group }) => group[0] === name), ...parts.filter(({ group }) => group[0] !== name)];
  return { rows: moved.flatMap(({ units }) => units), groups: moved.map(({ group }) => group) };
}
