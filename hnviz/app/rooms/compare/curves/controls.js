// @ts-check
// The settings of the picture: what is shown, across what, and how.

import { html } from "../../../kit/js/declared.js";
import { Menu } from "../../../kit/js/ui.js";
import { BY_KIND, MEASURES } from "./series.js";

const MENUS = { measure: "Show", kind: "of", axis: "by" };
const BOXES = { logY: "Log up", logX: "Log across", bands: "Seeds as a band", notebook: "The notebook's figures" };

/**
 * The look that a reader has chosen, from the state.
 * @param {any} state
 */
export const lookOf = ({ measure, kind, axis, smooth, ...switches }) => ({
  ...{ measure, kind, axis, smooth: Number(smooth) },
  ...Object.fromEntries(Object.keys(BOXES).map((name) => [name, switches[name] === "true"])),
});

/** @param {import("../../../kit/js/declared.js").Scene & { changed: () => void }} scene */
export function Controls({ state, kit, changed }) {
  const { smooth, notebook } = MEASURES[state.measure];
  const among = (/** @type {string} */ name) => /** @type {string[]} */ (kit.data.state[name].choices);
  const choose = (/** @type {string} */ name, /** @type {string} */ value) => {
    state[name] = value;
    changed();
  };
  const levels = among("smooth");
  const level = state.smooth === "0" ? "none" : state.smooth;
  return html`
    <div class="controls" role="group" aria-label="What is shown">
      ${Object.entries(MENUS).map(([name, title]) => html`<${Menu} name=${title} hidden=${name === "kind" && state.measure !== BY_KIND}
        among=${among(name).map((id) => ({ id, name: id }))} chosen=${state[name]} choose=${(/** @type {string} */ value) => choose(name, value)} />`)}
      <label class="smooth ${smooth ? "" : "off"}">Smoothing<input type="range" min="0" max=${levels.length - 1} value=${levels.indexOf(state.smooth)} disabled=${!smooth}
        aria-valuetext=${level} onInput=${(/** @type {any} */ { target }) => choose("smooth", levels[target.value])} /><output>${level}</output></label>
    </div>
    <div class="boxes">${Object.entries(BOXES).map(([name, title]) => html`<label><input type="checkbox" class="check" checked=${state[name] === "true"}
      disabled=${name === "notebook" && notebook === undefined} onChange=${(/** @type {any} */ { target }) => choose(name, String(target.checked))} />${title}</label>`)}</div>`;
}
