// @ts-check
// What the reading machine shows, answered here: app/machine/view.py and the judge of hnviz/data/phrase.py.

import { COMMA, numberWords, placeIn } from "../../browser/numbers.js";
import { LABELS } from "../../browser/unit_codes.js";
import { promptIn } from "./look.js";
import { fullColour } from "./units.js";

/** @typedef {import("./look.js").Look} Look */

const LAST_NUMBER = 9999;

/**
 * @param {Look} look
 * @returns {Promise<import("./look.js").Shown>}
 */
export async function readingMachine(look) {
  const { facts, params, step } = look;
  const { text, top_k: best, ...how } = params;
  const { tokens, ids: asked, remark } = promptIn(text, look);
  const { arrays, meta } = await look.ask("reading", { ids: asked, ...how, top_k: best || null });
  const { attends, stateful, predicts, layers } = facts.form;
  const { ids, best: likely, states } = arrays;
  const used = [...new Set([...ids.data, ...likely.data])].filter((id) => id >= 0).sort((one, other) => one - other);
  const said = Array.from(ids.data.subarray(meta.given), (id) => facts.itos[id]);
  return {
    arrays,
    meta: {
      ...meta,
      model: facts.model,
      level: facts.level,
      layers,
      keeper: facts.keeper ? facts.gateTitles[facts.keeper] : "",
      attends,
      stateful,
      carries: stateful ? facts.state : [],
      predicts,
      bptt: facts.bptt,
      bounded: facts.bounded,
      words: Object.fromEntries(used.map((id) => [id, facts.itos[id]])),
      nv: facts.itos.length,
      remark,
      truth: truthOf(tokens, said),
      step,
      scale: fullColour(look, "state", /** @type {Float32Array} */ (states.data)),
    },
  };
}

/**
 * What each unit of each layer codes; nothing in a text without digits.
 * @param {Look} look
 * @returns {Promise<import("./look.js").Shown>}
 */
export async function machineCodes({ ask, facts: { form, nh, digits }, steps, step }) {
  const layers = Array.from({ length: form.layers }, (_, layer) => layer);
  const units = Array.from({ length: nh }, (_, unit) => unit);
  /** @type {import("./look.js").Reply[]} */
  const coded = [];
  for (const layer of digits ? layers : []) coded.push(await ask("unit_codes", { layer }));
  const arrays = {
    explained: table(layers.flatMap((layer) => Array.from(coded[layer]?.arrays.explained.data ?? new Float32Array(nh * LABELS.length))), [form.layers, nh, LABELS.length]),
    order: { data: Int32Array.from(layers.flatMap((layer) => coded[layer]?.meta.order ?? units)), shape: [form.layers, nh] },
  };
  if (!digits) return { arrays, meta: { labels: [], groups: layers.map(() => []), step } };
  const meta = { labels: LABELS, groups: coded.map((each) => each.meta.groups), step };
  if (!steps.includes(0)) return { arrays, meta };
  const twins = [];
  for (const layer of layers) twins.push(step === 0 ? coded[layer] : await ask("unit_codes", { layer }, 0));
  const most = twins.flatMap(({ arrays: { explained } }) => LABELS.map((_, label) => Math.max(...units.map((unit) => explained.data[unit * LABELS.length + label]))));
  return { arrays: { ...arrays, untrained: table(most, [form.layers, LABELS.length]) }, meta };
}

/** @param {number[]} data @param {number[]} shape */
const table = (data, shape) => ({ data: Float32Array.from(data), shape });

/**
 * For each word said the true one and "right" or "wrong", number by number; null and "" where there is none.
 * @param {string[]} tokens
 * @param {string[]} said
 * @returns {[string|null, string][]}
 */
function truthOf(tokens, said) {
  const place = placeIn(tokens);
  if (!place) return said.map(() => [null, ""]); // the text has no one true continuation
  let [number, at] = place;
  return said.map((word) => {
    const truth = trueWord(number, at);
    [number, at] = word === COMMA ? [number + 1, 0] : [number, at + 1];
    return [truth, truth === null ? "" : word === truth ? "right" : "wrong"];
  });
}

/** A word of a number, or the comma after it; null at the end of the text. @param {number} number @param {number} at */
function trueWord(number, at) {
  if (number > LAST_NUMBER) return null;
  return numberWords(number).split(" ")[at] ?? (number < LAST_NUMBER ? COMMA : null);
}
