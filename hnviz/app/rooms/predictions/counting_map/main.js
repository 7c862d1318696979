// @ts-check
// The numbers 1 to 9,999 as 100 x 100 squares, and beside them the one that is picked: by click, arrow keys or
// typing. The server is asked only for its words.

import { Part, declared, html } from "../../../kit/js/declared.js";
import { Heat, place } from "../../../kit/js/heat.js";
import { upright } from "../../../kit/js/text.js";
import { LATER, NOT_ASKED, RIGHT, around, grid } from "./squares.js";
import { table } from "./table.js";

const REST = 120; // ms that the cursor rests before a number's words are asked for
const ENDS = [1, 9999];
const FILMED = 620; // px of a film's width
const FILM_MS = 3300; // all frames; the last one is shown longer
const FRAMES = 12; // snapshots of a play: each takes the server most of a second
const KEY = { high: 20, side: 12, apart: 16 }; // px of a film's legend: a line, a square, the space around a name
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
const FREE = ["words right", "perplexity", "numbers right in a row: median (middle half)", "counts on from a wrong number"];
const count = (/** @type {number} */ number) => number.toLocaleString("en");

/** @param {import("../../../kit/js/declared.js").Scene} scene */
function view({ answers, state, theme }) {
  const { counting_map: map, number_card: card, counting_freely: free } = /** @type {any} */ (answers);
  const { given, held, mistakes, token } = map.meta;
  const places = map.arrays.places.data;
  const shown = state.hovered ?? state.number;
  const pick = (/** @type {number} */ number) => Object.assign(state, { number, hovered: null, typed: null });
  const type = (/** @type {any} */ { target: { value } }) => (fits(value) ? pick(Number(value)) : (state.typed = value));
  return html`<div class="hnviz-counting">
    <div class="hnviz-squares">
      <p class="hnviz-key">${key(theme, token, held.length).map(([name, color, edge, inset = 0]) => html`
        <span><i style="background:${color};box-shadow:inset 0 0 0 1px ${edge};scale:${1 - 2 * Number(inset)}" />${name}</span>`)}</p>
      <${Part} of=${Heat} ...${squares(map, theme)} picked=${state.number} pick=${pick} pointed=${state.hovered} point=${(/** @type {number|null} */ number) => (state.hovered = number)}
        marks=${[...blocks(map, theme), ...(shown === state.number ? [] : [{ first: shown, dash: [3, 2] }]), { first: state.number }]} tag=${count(shown)} />
      <p class="hnviz-say" aria-live="polite"><strong>${count(shown)}</strong>${after(shown, given)}: ${verdict(places[shown], token)}</p>
      <p class="hnviz-mistakes">${mistakes}</p>
    </div>
    <div class="hnviz-picked">
      <label class="hnviz-go">Go to a number
        <input type="number" min=${ENDS[0]} max=${ENDS[1]} step="1" value=${state.typed ?? state.number} onChange=${type} onKeyDown=${(/** @type {any} */ event) => event.key === "Enter" && type(event)} />
      </label>
      <p class="hnviz-wrong" role="alert">${state.typed === null ? "" : `The map has the numbers 1 to 9,999; got ${upright(state.typed).slice(0, 20) || "none"}.`}</p>
      <div class="hnviz-card" dangerouslySetInnerHTML=${{ __html: card.meta.html /* Python escaped its words */ }} />
    </div>
    <div class="hnviz-free">${free && freely(free.meta)}</div>
  </div>`;
}

/** Below the map: how well it does with the true words, and how far it counts with its own. @param {any} free */
const freely = ({ said, rows, why }) => html`<h3>With the true words, and with its own</h3>
  <p>${said}</p>
  <div class="hnviz-scroll" tabindex="0" role="region" aria-label="With the true words, and with its own"><table>
    <thead>
      <tr><td /><th scope="colgroup" colspan="2">true words</th><th scope="colgroup" colspan="2">its own words</th></tr>
      <tr><td />${FREE.map((name) => html`<th scope="col">${name}</th>`)}</tr>
    </thead>
    <tbody>${rows.map((/** @type {string[]} */ [split, ...cells]) => html`<tr><th scope="row">${split}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
  </table></div>
  <p>${why}</p>`;

/**
 * @param {any} map
 * @param {any} theme
 * @param {number} [high] px that are there
 */
function squares({ arrays, meta: { alt, held } }, theme, high) {
  const places = arrays.places.data;
  return {
    ...grid(held.length, high),
    ...{ theme, alt, name: "The numbers; arrow keys go from number to number", ends: ENDS, page: 10 },
    looks: [{ color: theme.right }, { color: theme.wrong }, { color: theme.text, inset: LATER }, { color: theme.control, isOutline: true }],
    look: (/** @type {number} */ number) => lookOf(places[number]),
    around: (/** @type {any} */ drawing) => around(drawing, places, held.length === 0, theme),
  };
}

/**
 * A frame around each block that is held out of train.
 * @param {any} map
 * @param {any} theme
 */
const blocks = ({ meta: { held } }, theme) => held.map((/** @type {[number, number]} */ [first, last]) => ({ first, last, color: theme.primary, isRing: false }));

/**
 * The squares of a film, with the names of their looks above them.
 * @param {any} map
 * @param {any} theme
 */
function filmed(map, theme) {
  const { token, held } = map.meta;
  const all = squares(map, theme, FILMED);
  const margin = { ...all.margin, top: all.margin.top + 2 * KEY.high };
  const both = (/** @type {any} */ drawing) => {
    all.around(drawing);
    let [left, top] = [0, 0];
    for (const [name, color, edge, inset = 0] of key(theme, token, held.length)) {
      if (left + KEY.high + drawing.pen.measureText(name).width > drawing.width) [left, top] = [0, KEY.high];
      const [off, side] = [KEY.side * Number(inset), KEY.side * (1 - 2 * Number(inset))];
      Object.assign(drawing.pen, { fillStyle: color, strokeStyle: edge, lineWidth: 1 });
      drawing.pen.fillRect(left + off, top + off, side, side);
      drawing.pen.strokeRect(left + off + 0.5, top + off + 0.5, side - 1, side - 1);
      drawing.write(name, left + KEY.high, top + KEY.side - 1);
      left += KEY.high + drawing.pen.measureText(name).width + KEY.apart;
    }
  };
  return { ...all, margin, around: both };
}

/**
 * A film through training: the snapshots that a play shows.
 * @param {import("../../../kit/js/declared.js").Scene} scene
 */
function film({ answers, theme, kit }) {
  const { counting_map: now } = /** @type {any} */ (answers ?? {});
  if (!now) return null;
  const steps = /** @type {import("../../../kit/js/timeline.js").Timeline} */ (kit.timeline).frames();
  const asked = /** @type {import("../../../kit/js/questions.js").Ask} */ (kit.questions.all.find(({ name }) => name === "counting_map"));
  const load = (/** @type {number} */ at) => kit.source.get(/** @type {string} */ (kit.questions.address(asked, steps[at])));
  const heat = new Heat(document.createElement("div"));
  heat.destroy(); // it is on no page, and hears nothing
  heat.width = FILMED;
  const { width, height } = place(filmed(now, theme), FILMED);
  return {
    ...{ width, height, steps, n: steps.length, ms: Math.round(FILM_MS / steps.length / 10) * 10 },
    says: async (/** @type {number} */ at) => (await load(at)).sentence,
    async draw(/** @type {number} */ at) {
      const map = await load(at);
      heat.show(/** @type {any} */ ({ ...filmed(map, theme), marks: blocks(map, theme), picked: 0, pointed: null, tag: "", pick() {}, point() {} }));
      return heat.canvas;
    },
  };
}

/**
 * The names of the looks: [name, colour, edge, how much smaller].
 * @param {any} theme
 * @param {string} token
 * @param {boolean} isHeld
 * @returns {[string, string, string, number?][]}
 */
const key = ({ right, wrong, text, background, control, primary }, token, isHeld) => [
  ["✓ right", right, right],
  [`✗ first ${token} wrong`, wrong, wrong],
  [`✗ a later ${token} wrong, smaller`, text, background, LATER],
  ["not asked", background, control],
  ...(isHeld ? /** @type {[string, string, string][]} */ ([["held out of train", background, primary]]) : []),
];

/** @param {string} typed */
const fits = (typed) => typed.trim() !== "" && Number.isInteger(Number(typed)) && Number(typed) >= ENDS[0] && Number(typed) <= ENDS[1];

/** @param {number} place */
const lookOf = (place) => (place === NOT_ASKED ? 3 : place === RIGHT ? 0 : place ? 2 : 1);

/**
 * @param {number} number
 * @param {number} given
 */
function after(number, given) {
  const first = Math.max(1, number - given);
  if (number === 1) return "";
  return `, after ${count(first)}${first === number - 1 ? "" : ` to ${count(number - 1)}`}`;
}

/**
 * @param {number} place
 * @param {string} token
 */
function verdict(place, token) {
  if (place === NOT_ASKED) return "not asked, because it has no number before it.";
  return place === RIGHT ? "✓ right." : `✗ its ${ORDINALS[place] ?? `${place + 1}th`} ${token} is wrong.`;
}

export const render = declared({
  styles: new URL("style.css", import.meta.url),
  frames: FRAMES,
  state: { hovered: null, typed: null },
  film,
  asks: ({ state }) => ({ number_card: { number: state.number } }),
  rests: REST,
  table,
  view,
});
