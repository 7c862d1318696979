// @ts-check
// Units over a text, answered here: rooms/hidden_states/units/picture.py and figures/state_text.py.

import { idsOf, phraseIn } from "./look.js";
import { counted, kindOf, tracks } from "../../browser/numbers.js";
import { when } from "./wordtext.js";

/** @typedef {import("./look.js").Look} Look */

const LABELS = 5;
const MOST_TOKENS = 2000;
const FAINTEST = 0.25; // full colour of a state that hardly moves

/**
 * @param {Look} look
 * @returns {Promise<import("./look.js").Shown>}
 */
export async function units(look) {
  const { facts, params } = look;
  const { show } = params;
  const layer = layerIn(look);
  const text = textIn(look);
  const { meta: found, arrays: answered } = await look.ask("units", { ...text.asked, layer, show });
  const { values, ids } = answered;
  const tokens = text.tokens ?? Array.from(ids.data, (id) => facts.itos[id]);
  const shown = /** @type {Float32Array} */ (values.data);
  const seen = new Seen(shown, facts.nh, tokens, text.named ?? `${counted(tokens.length)} tokens`);
  const meta = {
    ...found,
    words: tokens,
    kinds: tokens.map(kindOf),
    first: text.first,
    scale: fullColour(look, show, shown),
    signed: !facts.gates.includes(show) || facts.signed.includes(show),
    what: whatOf(look, show),
    moving: seen.moving,
  };
  const arrays = { values, ids, tracks: { data: tracks(tokens), shape: [LABELS, tokens.length] } };
  return { meta, sentence: seen.sentence(look, show), arrays };
}

/** The layer that is asked for, the last unless another is named. Throws a sentence. @param {Look} look */
export function layerIn({ facts, params: { layer } }) {
  const last = facts.form.layers - 1;
  if (layer > last) throw new Error(`layer must be from 0 to ${last} for ${facts.model}; got ${layer}`);
  return layer < 0 ? last : layer;
}

/**
 * The text that a view names: a phrase, ids, or a stretch of a split, as rooms/hidden_states/stretch.py reads it.
 * Throws a sentence.
 * @param {Look} look
 * @returns {{ asked: Record<string, any>, first: number, tokens?: string[], named?: string }}
 */
export function textIn(look) {
  const { text, ids, split, first, n } = look.params;
  const named = Object.entries({ text, ids: ids.length, split }).flatMap(([name, given]) => (given ? [name] : []));
  if (named.length !== 1) {
    const came = named.join(" and ") || "none of them";
    throw new Error(`a question about a text needs one of text, ids, or a split with first and n; got ${came}`);
  }
  if (split) {
    checkStretch(split, look.size(split), first, n);
    return { asked: { split, first, n }, first, named: `tokens ${counted(first)} to ${counted(first + n - 1)} of ${split}` };
  }
  if (ids.length) {
    checkIds(ids, look.facts.itos.length - 1);
    return { asked: { ids }, first: 0 };
  }
  const tokens = phraseIn(text, look);
  return { asked: { ids: idsOf(tokens, look) }, first: 0, tokens };
}

/** Throws a sentence for ids that cannot be read. @param {number[]} ids @param {number} last */
function checkIds(ids, last) {
  if (ids.length <= MOST_TOKENS && ids.every((id) => id >= 0 && id <= last)) return;
  const shown = ids.slice(0, 8);
  throw new Error(`ids are up to ${counted(MOST_TOKENS)} numbers from 0 to ${last}; got (${shown.join(", ")}${shown.length === 1 ? "," : ""})`);
}

/** Throws a sentence for a stretch that cannot be read. @param {string} split @param {number} size @param {number} first @param {number} n */
function checkStretch(split, size, first, n) {
  if (first < 0 || first >= size) {
    throw new Error(`The first token must be from 0 to ${counted(size - 1)}, the last of ${split}; got ${counted(first)}`);
  }
  const most = Math.min(MOST_TOKENS, size - first);
  if (n >= 1 && n <= most) return;
  const ends = most < MOST_TOKENS ? `, as ${split} ends with token ${counted(size - 1)}` : "";
  throw new Error(`From token ${counted(first)} on, 1 to ${counted(most)} tokens can be shown${ends}; got ${counted(n)}`);
}

/** @param {Look} look @param {string} show */
function whatOf({ facts }, show) {
  if (show === "state") return "the state";
  if (facts.gates.includes(show)) return `the ${facts.gateTitles[show]}`;
  return show === "c" ? "the cell c" : `${show}, a part of the state`;
}

/**
 * @param {Look} look
 * @param {string} show
 * @param {Float32Array} shown
 */
export function fullColour({ facts }, show, shown) {
  if (facts.gates.includes(show) || (show === "state" && facts.bounded)) return 1;
  const most = shown.reduce((a, b) => Math.max(a, Math.abs(b)), FAINTEST);
  return 2 ** Math.ceil(Math.log2(most));
}

/** Units over tokens, in a sentence. */
export class Seen {
  /**
   * @param {Float32Array} shown
   * @param {number} nh
   * @param {string[]} tokens
   * @param {string} named "44 tokens", "tokens 0 to 99 of valid"
   */
  constructor(shown, nh, tokens, named) {
    const n = tokens.length;
    this.named = named;
    this.tokens = tokens;
    this.rows = Array.from({ length: nh }, (_, unit) => shown.subarray(unit * n, (unit + 1) * n));
    const spans = this.rows.map((row) => Math.fround(Math.max(...row) - Math.min(...row)));
    this.moving = spans.indexOf(Math.max(...spans));
  }

  /** Where the unit that moves most is lowest and highest. */
  movingSentence() {
    const { tokens, rows, moving, named } = this;
    const row = rows[moving];
    const [low, high] = [Math.min(...row), Math.max(...row)];
    if (low === high) return `None of the ${counted(rows.length)} units moves over ${named}.`;
    const after = (/** @type {number} */ value) => `**${written(value)}** after “${tokens[row.indexOf(value)].slice(0, 20)}”`;
    return `Unit **${moving}** moves most here: from ${after(low)} to ${after(high)}.`;
  }

  /**
   * @param {Look} look
   * @param {string} show
   */
  sentence({ facts, step }, show) {
    const { tokens, rows, moving, named } = this;
    const name = `${facts.model} ${when(step, "before any training")}`;
    const of = facts.gates.includes(show) ? `${facts.gateTitles[show]}s` : `values of ${show}`;
    const what = show === "state" ? "units" : of;
    const words = tokens.map((token) => token.slice(0, 20));
    if (words.length === 1) {
      return `${name}: its ${rows.length} ${what} after one token, “${words[0]}”. Type more words to see what they keep.`;
    }
    const row = rows[moving];
    const [low, high] = [Math.min(...row), Math.max(...row)];
    if (low === high) return `${name}: none of its ${rows.length} ${what} moves over ${named}.`;
    const whose = show === "state" ? `unit **${moving}**` : `that of unit **${moving}**`;
    return (
      `${name}: of ${rows.length} ${what} over ${named}, ${whose} moves most, ` +
      `from **${written(low)}** after “${words[row.indexOf(low)]}” to **${written(high)}** after “${words[row.indexOf(high)]}”.`
    );
  }
}

/** @param {number} value */
const written = (value) => value.toFixed(2).replace("-0.00", "0.00").replace("-", "\u2212");
