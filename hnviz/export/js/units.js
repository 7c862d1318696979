// @ts-check
// Units over a text, answered here: rooms/hidden_states/units/picture.py and figures/state_text.py.

import { idsOf, numberIn } from "./look.js";
import { counted, kindOf, readPhrase, tracks } from "./numbers.js";
import { when } from "./wordtext.js";

/** @typedef {import("./look.js").Look} Look */

const LABELS = 5;
const FAINTEST = 0.25; // full colour of a state that hardly moves

/**
 * @param {Look} look
 * @returns {import("./look.js").Shown}
 */
export function units(look) {
  const { facts, params } = look;
  const last = facts.form.layers - 1;
  const layer = numberIn(look, "layer", -1, [-1, last]);
  const show = params.show ?? "state";
  if (!params.text) throw new Error("This file reads a phrase that you type; the whole texts are in hnviz itself.");
  const { tokens } = readPhrase(params.text, look.stoi);
  const ids = idsOf(tokens, look);
  const shown = valuesOf(look, ids, layer < 0 ? last : layer, show);
  const seen = new Seen(shown, facts.nh, tokens);
  const meta = {
    layer: layer < 0 ? last : layer,
    show,
    window: facts.window,
    words: tokens,
    kinds: tokens.map(kindOf),
    first: 0,
    scale: fullColour(look, show, shown),
    signed: show === "state" || facts.signed.includes(show),
    what: show === "state" ? "the state" : `the ${facts.gateTitles[show]}`,
    moving: seen.moving,
  };
  const arrays = {
    values: { data: shown, shape: [facts.nh, tokens.length] },
    ids: { data: Int32Array.from(ids), shape: [ids.length] },
    tracks: { data: tracks(tokens), shape: [LABELS, tokens.length] },
  };
  return { meta, sentence: seen.sentence(look, show), arrays };
}

/**
 * The state or a gate of each unit after each token, unit by unit.
 * @param {Look} look
 * @param {number[]} ids
 * @param {number} layer
 * @param {string} show
 */
function valuesOf({ reader, facts }, ids, layer, show) {
  const { states, inside } = reader.read(ids);
  if (show !== "state" && !facts.gates.includes(show)) throw new Error(`${facts.model} has no gate named ${show}: show its state`);
  const values = show === "state" ? states[layer] : inside[layer][show];
  const n = ids.length;
  return values.map((_, at) => values[(at % n) * facts.nh + Math.floor(at / n)]);
}

/**
 * @param {Look} look
 * @param {string} show
 * @param {Float32Array} shown
 */
function fullColour({ facts }, show, shown) {
  if (show !== "state" || facts.bounded) return 1;
  const most = shown.reduce((a, b) => Math.max(a, Math.abs(b)), FAINTEST);
  return 2 ** Math.ceil(Math.log2(most));
}

/** Units over tokens, in a sentence. */
class Seen {
  /**
   * @param {Float32Array} shown
   * @param {number} nh
   * @param {string[]} tokens
   */
  constructor(shown, nh, tokens) {
    const n = tokens.length;
    this.tokens = tokens;
    this.rows = Array.from({ length: nh }, (_, unit) => shown.subarray(unit * n, (unit + 1) * n));
    const spans = this.rows.map((row) => Math.fround(Math.max(...row) - Math.min(...row)));
    this.moving = spans.indexOf(Math.max(...spans));
  }

  /**
   * @param {Look} look
   * @param {string} show
   */
  sentence({ facts, step }, show) {
    const { tokens, rows, moving } = this;
    const name = `${facts.model} ${when(step, "before any training")}`;
    const what = show === "state" ? "units" : `${facts.gateTitles[show]}s`;
    const words = tokens.map((token) => token.slice(0, 20));
    if (words.length === 1) {
      return `${name}: its ${rows.length} ${what} after one token, “${words[0]}”. Type more words to see what they keep.`;
    }
    const row = rows[moving];
    const [low, high] = [Math.min(...row), Math.max(...row)];
    const over = `${counted(words.length)} tokens`;
    if (low === high) return `${name}: none of its ${rows.length} ${what} moves over ${over}.`;
    const whose = show === "state" ? `unit **${moving}**` : `that of unit **${moving}**`;
    return (
      `${name}: of ${rows.length} ${what} over ${over}, ${whose} moves most, ` +
      `from **${written(low)}** after “${words[row.indexOf(low)]}” to **${written(high)}** after “${words[row.indexOf(high)]}”.`
    );
  }
}

/** @param {number} value */
const written = (value) => value.toFixed(2).replace("-0.00", "0.00").replace("-", "\u2212");
