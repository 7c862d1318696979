// @ts-check
// The map of a sweep: a square for each combination, which fills as its runs end.
//
// It follows the topic "sweep" (../topics.py), of the sweep in the address, else of the newest one.
//
// settings = { card: the sweep that is shown before there is any, may: whether the reader may stop
//              and resume, state: for the gallery, news that never change }

import { inAddress, putInAddress } from "../../../kit/js/address.js";
import { inkOn } from "../../../kit/js/canvas.js";
import { Kept, declared, html } from "../../../kit/js/declared.js";
import { isLocked } from "../../../kit/js/present.js";
import { ramp } from "../../../kit/js/ramp.js";
import { Button, Choices, Menu, told } from "../../../kit/js/ui.js";
import { fieldName } from "../../compare/curves/words.js";
import { last, onBegun } from "../shared.js";
import { MEASURES, bestOf, layOut, shares, tiesOf } from "./squares.js";
import { table } from "./table.js";
import { cellText, headline, linkOf, settingText, settingsText, squareText, statusText, tieNote } from "./words.js";

/** @typedef {import("./squares.js").Cell} Cell */
/** @typedef {import("./squares.js").Layout} Layout */
/** @typedef {import("./squares.js").Run} Run */

const PRESSES = { stop: "Stop", resume: "Go on", retry: "Train the failed again" };
const CAN = /** @type {Record<string, string[]>} */ ({ training: ["stop"], stopped: ["resume"], interrupted: ["resume"], failed: ["retry"] });
const POINT = "Point at a square for its figures; arrow keys go from one to the next.";
const EMPTY = { state: "waits", main: "", more: "" };
const STEPS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] });

/** @param {import("../../../kit/js/declared.js").Scene} scene */
function view(scene) {
  const { settings, state, refusals, post } = scene;
  const known = knownOf(scene);
  if (!known) return null;
  const { sweep, sweeps = [] } = known;
  if (state.sweep) last.sweep = state.sweep;
  else if (sweep && !settings.state) nameNewest(sweep.id);
  const axes = sweep?.axes ?? Object.keys(settings.card.grid);
  const layout = layOut(axes, sweep ? runsOf(known) : planned(settings.card.grid), state.seeds === "each");
  const offered = sweep && sweeps.every((/** @type {{ id: string }} */ { id }) => id !== sweep.id) ? [sweep, ...sweeps] : sweeps;
  const can = settings.may && !isLocked() ? (CAN[sweep?.problem ? "interrupted" : sweep?.status] ?? []) : [];
  const best = layout && bestOf(layout, state.measure)?.cell;
  const ties = layout && sweep && sweep.n_done === sweep.n_runs ? tiesOf(layout, state.measure, sweep.gaps) : [];
  const [map, down, along] = state.pointed.split(",");
  const pointed = layout?.maps[map]?.cells[down]?.[along];
  return html`
    <p class="headline" aria-live="polite">${told(headline(sweep, layout, state.measure))}</p>
    <p class="status" role="status">${sweep && statusText(sweep)}</p>
    <div class="row" hidden=${!can.length}>
      ${Object.entries(PRESSES).map(([what, name]) => html`<${Button} look="quiet" hidden=${!can.includes(what)} press=${() => post(what, `api/sweeps/${sweep.id}/${what}`)}>${name}<//>`)}
    </div>
    <p class="wrong" role="alert">${state.wrong}</p>
    <div class="maps" data-maps=${layout?.maps.length} onKeyDown=${walk}>
      ${layout && html`<${Kept} of=${[known, state.measure, state.seeds, state.focused, scene.theme]} draw=${() => mapsOf(scene, layout, sweep, [best, ...ties])} />`}
    </div>
    <p class="point hnviz-aside" role="status">${pointed ? titleOf(pointed, [best, ...ties]) : sweep ? POINT : ""}</p>
    <div class="row below" hidden=${!sweep}>
      <${Menu} name="Sweep" hidden=${!sweeps.length} among=${offered} chosen=${sweep?.id} choose=${(/** @type {string} */ id) => void ((state.sweep = id), refusals.clear())} />
      <${Choices} name="What the squares show" among=${Object.keys(MEASURES)} chosen=${state.measure} choose=${(/** @type {string} */ measure) => (state.measure = measure)} />
      <span class="apart" hidden=${!axes.includes("seed") || axes.length < 2}>Seeds${" "}<${Choices} name="Seeds: their mean, or a map for each" among=${["mean", "each"]} chosen=${state.seeds} choose=${(/** @type {string} */ seeds) => (state.seeds = seeds)} /></span>
    </div>
    <p class="note">${ties.length > 0 && best && tieNote(state.measure, best, sweep.gaps)}${layout ? "" : "This sweep has too many different values for a map: its runs are in the table."}</p>`;
}

/** For a link: there will be a newer sweep. @param {string} id */
function nameNewest(id) {
  const there = inAddress("sweep");
  if (there === null || (there === last.newest && there !== id)) putInAddress("sweep", (last.newest = id));
}

/**
 * What is known of the sweep: fields of the topic.
 * @param {any} scene
 */
const knownOf = ({ settings, news }) => settings.state ?? news.sweep;

/**
 * @param {any} known
 * @returns {Run[]}
 */
const runsOf = (known) => Array.from({ length: known?.sweep?.n_runs ?? 0 }, (_, at) => known[at]);

/**
 * The runs of a plan that nobody has started.
 * @param {Record<string, any[]>} grid
 * @returns {any[]}
 */
const planned = (grid) =>
  Object.entries(grid)
    .reduce((all, [axis, values]) => all.flatMap((each) => values.map((value) => ({ ...each, [axis]: value }))), [{}])
    .map((settings) => ({ settings, run: null, state: "waits" }));

/**
 * @param {Cell} cell
 * @param {(Cell|null|undefined)[]} best the best square, and those that tie with it
 */
const titleOf = (cell, best) => `${best.includes(cell) ? (best.length > 1 ? "Among the best. " : "The best. ") : ""}${cellText(cell)}`;

/**
 * A table of squares for each map.
 * @param {import("../../../kit/js/declared.js").Scene} scene
 * @param {Layout} layout
 * @param {any} sweep
 * @param {(Cell|null|undefined)[]} best the best square, and those that tie with it
 */
function mapsOf({ theme, state, kit }, layout, sweep, best) {
  const { x, y, xs, ys, maps } = layout;
  const placed = shares(layout, state.measure, /** @type {Cell[]} */ (best.slice(1)));
  const ring = best.length > 1 ? "tied" : "best";
  const shade = ramp(theme.sequential);
  const named = [y && `${fieldName(y)} ↓`, `${fieldName(x)} →`].filter(Boolean).join(", ");
  const keys = maps.flatMap(({ cells }, map) => cells.flatMap((line, down) => line.flatMap((cell, along) => (cell ? [`${[map, down, along]}`] : []))));
  const focused = keys.includes(state.focused) ? state.focused : keys[0];
  const square = (/** @type {Cell} */ cell, /** @type {string} */ at) => {
    const { state: is, main, more } = sweep ? squareText(cell, state.measure) : EMPTY;
    const share = is === "finished" ? placed.get(cell) : undefined;
    const color = share === undefined ? null : shade[Math.round(255 * share)];
    const link = linkOf(cell);
    const title = titleOf(cell, best);
    return html`<a class="square ${best.includes(cell) ? ring : ""}" data-at=${at} data-state=${is} tabindex=${at === focused ? 0 : -1} title=${title} aria-label=${title}
      role=${link ? null : "img"} href=${link && new URL(link, kit.home).href} style=${color && `background: rgb(${color.join(" ")}); color: ${inkOn(color)}`}
      onPointerEnter=${() => (state.pointed = at)} onPointerLeave=${() => (state.pointed = "")} onFocus=${() => Object.assign(state, { pointed: at, focused: at })}><b>${main}</b><small>${more}</small></a>`;
  };
  return maps.map(({ title, cells }, map) => html`<div class="scroll" key=${settingsText(title)}><table class="map">
    <caption>${[settingsText(title), named].filter(Boolean).join(": ")}</caption>
    <thead><tr>${y && html`<td />`}${xs.map((value) => html`<th scope="col">${settingText(x, value)}</th>`)}</tr></thead>
    <tbody>${cells.map((line, down) => html`<tr>
      ${y && html`<th scope="row">${settingText(y, ys[down])}</th>`}
      ${line.map((cell, along) => html`<td>${cell && square(cell, `${[map, down, along]}`)}</td>`)}
    </tr>`)}</tbody>
  </table></div>`);
}

/**
 * Arrow keys go from square to square.
 * @param {any} event
 */
function walk(event) {
  const [map, down, along] = event.target.dataset.at?.split(",").map(Number) ?? [];
  const step = STEPS[event.key];
  if (!step || along === undefined) return;
  event.preventDefault();
  event.currentTarget.querySelector(`[data-at="${[map, down + step[0], along + step[1]]}"]`)?.focus();
}

export const render = declared({
  styles: new URL("style.css", import.meta.url),
  // The squares under the pointer and of the keyboard, by map, row and column.
  state: { pointed: "", focused: "", wrong: "" },
  follows: ({ settings, state }) => ({ sweep: settings.state ? null : ["sweep", "", { sweep: state.sweep }] }),
  begins: ({ settings, state, kit }) => {
    if (!settings.state) state.sweep ||= last.sweep;
    return onBegun(kit, (id) => (state.sweep = id));
  },
  table: (scene) => table({ sweep: knownOf(scene)?.sweep ?? null, runs: runsOf(knownOf(scene)) }),
  keeps: true,
  view,
});
