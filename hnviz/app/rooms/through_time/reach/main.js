// @ts-check
// How far back 1 % of each network's gradient gets: a bar for the trained network, and one for the untrained one.
//
// It has no settings. meta.networks = [{ model, untrained, trained, measured }], in steps back.

import { declared, html } from "../../../kit/js/declared.js";
import { heads, listed } from "../../../kit/js/tables.js";

const ENDS = ["trained", "untrained"];

/** @typedef {{ model: string, untrained: number, trained: number, measured: number }} Network */

/** @param {import("../../../kit/js/declared.js").Scene} scene */
function view({ answer }) {
  if (!answer) return null;
  const { networks, note } = answer.meta;
  const most = Math.max(1, ...networks.map((/** @type {Network} */ { measured }) => measured));
  const width = (/** @type {number} */ steps) => `width: ${(100 * steps) / most}%`;
  return html`
    <div class="bars" role="img" aria-label=${answer.sentence.replaceAll("**", "")}>
      ${networks.map((/** @type {any} */ each) => html`
        <b>${each.model}</b>
        <div class="both">
          ${ENDS.map((end) => html`
            <div class="way"><span class="track" style=${width(each.measured)}><i class=${end} style="width: ${(100 * each[end]) / Math.max(1, each.measured)}%"></i></span></div>
            <span class="said">${each[end]} ${end}</span>`)}
        </div>`)}
    </div>
    <p class="axis">Steps back from the loss at which 1 % of its gradient is left. A grey track ends where the gradient ends, or where it is no longer measured: ${most} steps.</p>
    <details class="hnviz-fold"><summary>Why, and how this was measured</summary><p class="hnviz-note">${note}</p></details>`;
}

/**
 * @param {import("../../../kit/js/picture.js").Drawing} drawing
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
function table({ answer }) {
  if (!answer) return [];
  const { networks } = answer.meta;
  const shares = answer.arrays.shares; // (networks, 2, steps), -1 beyond the last
  const [, , steps] = shares.shape;
  const named = networks.flatMap((/** @type {Network} */ { model }) => ["untrained", "trained"].map((end) => ({ title: `${model} ${end}`, unit: "share of the nearest" })));
  const rows = Array.from({ length: steps }, (_, back) => [back, ...named.map((/** @type {unknown} */ _, /** @type {number} */ at) => known(shares.data[at * steps + back]))]);
  const reached = networks.map((/** @type {Network} */ { model, untrained, trained, measured }) => [model, untrained, trained, measured]);
  return [
    listed("How far back 1 % of the gradient gets", heads("network", "untrained", "trained", "measured"), reached),
    listed("The gradient, steps back from the loss", [...heads("steps back"), ...named], rows),
  ];
}

/** @param {number} share */
const known = (share) => (share < 0 ? null : share);

export const render = declared({ styles: new URL("style.css", import.meta.url), table, view });
