// @ts-check
// Curves of many runs, laid over each other.
//
// It fetches /api/curves for the runs in the address (run/list/chosen.js), and again while one of them trains.
//
// settings = { standard: the runs that are compared until somebody chooses, fields, cards, stateful, models, shares:
//              see Settings in ./change.js, device: for a student of a class, see kit/class/orders.js }

import { Kept, Part, declared, html } from "../../../kit/js/declared.js";
import { isLocked } from "../../../kit/js/present.js";
import { plainOf, told } from "../../../kit/js/ui.js";
import { MOST, chosen, onChosen } from "../../../run/list/chosen.js";
import { CHANGE, Said, Trainer, Try } from "./change.js";
import { Controls, lookOf } from "./controls.js";
import { Loader } from "./load.js";
import { Plot } from "./plot.js";
import { sceneOf } from "./scene.js";
import { BITS, MEASURES } from "./series.js";
import { Ends, tables } from "./tables.js";
import { bitsNote, headline, lost } from "./words.js";

/** @typedef {import("../../../kit/js/declared.js").Scene} Scene */
/** @typedef {import("./series.js").Run} Run */

const MOST_REPORTED = 24; // runs, as in hnviz/export/report.py

/** @type {WeakMap<object, { key: string, drawn: import("./plot.js").Scene }>} data -> the last scene of it */
const known = new WeakMap();

/** @param {Scene} scene */
function drawnOf({ state, theme }) {
  const look = lookOf(state);
  const key = JSON.stringify([look, theme.dark]);
  const last = known.get(state.data);
  if (last?.key === key) return last.drawn;
  const drawn = sceneOf(state.data, look, theme, state.places);
  known.set(state.data, { key, drawn });
  return drawn;
}

/** @param {Scene} scene */
function view(scene) {
  const { state, kit, theme } = scene;
  const { data, loader } = state;
  if (!data) return null;
  const drawn = drawnOf(scene);
  const said = headline(drawn.own, state.measure, state.kind);
  const more = data.asked > MOST ? `The address asks for ${data.asked.toLocaleString("en")} runs; the first ${MOST} are compared. ` : "";
  return html`
    <p class="headline" aria-live="polite">${told(said)}</p>
    <p class="lost" role="alert">${more + lost(data.missing, data.damaged, data.runs.length > 0)}</p>
    <div class="top"><${Controls} ...${scene} changed=${() => loader.needs() && loader.complete()} /></div>
    <${Part} of=${Plot} scene=${drawn} theme=${theme} alt=${plainOf(said)} row=${state.row} />
    <p class="note">${notes(data.runs, drawn, state.measure)}</p>
    <div class="told hnviz-aside"><${Kept} of=${[data, state.measure, state.busy]} draw=${() => html`<${Said} ...${scene} isLocked=${isLocked()} />`} /></div>
    <div class="try hnviz-aside"><${Kept} of=${[data, ...Object.keys(CHANGE).map((name) => state[name])]} draw=${() => !isLocked() && html`<${Try} ...${scene} />`} /></div>
    <${Part} of=${Ends} scene=${drawn} data=${data} kit=${kit} mark=${(/** @type {string|null} */ run) => (state.row = run)} />
    <p class="note hnviz-aside">${reportOf(data.runs, kit.home)}</p>`;
}

/**
 * @param {Run[]} runs
 * @param {import("./plot.js").Scene} drawn
 * @param {string} measure
 */
function notes(runs, { own, gap, cut, named, writeValue }, measure) {
  const every = Math.max(0, ...runs.map((run) => run.every));
  return [
    own.length > 0 && !named && `${own.length.toLocaleString("en")} lines: the highest and the lowest are named; point at another one for its name.`,
    gap && `The grey area is the gap${gap.both ? "" : ", up to the end of the shorter run"}.`,
    measure === BITS && bitsNote(runs),
    every > 1 && measure.endsWith("train") && `Each point is the mean of ${every} steps.`,
    cut !== null && `Losses above ${writeValue(cut)} are cut off.`,
    own.some(({ x }) => !x.length) && "A run without a line here has no figure yet.",
    own.some(({ seeds }) => seeds) && "A band goes from the lowest seed to the highest; its line is their mean.",
  ]
    .filter(Boolean)
    .join(" ");
}

/**
 * A report on the runs that are shown.
 * @param {Run[]} runs
 * @param {URL} home
 */
function reportOf(runs, home) {
  if (runs.length > MOST_REPORTED) return `A report takes at most ${MOST_REPORTED} runs.`;
  const ids = runs.map(({ run }) => encodeURIComponent(run)).join(",");
  return ids && html`<a href=${new URL(`api/report?runs=${ids}`, home).href}>A report</a> on ${runs.length === 1 ? "this run" : "these runs"} is one page with settings, figures and curves, to print.`;
}

/** @param {Scene} scene */
function begins(scene) {
  const { state, kit, settings } = scene;
  const loader = new Loader(kit, (/** @type {object} */ data) => (state.data = data), () => MEASURES[state.measure].of === "points");
  const trainer = new Trainer(scene);
  Object.assign(state, { loader, trainer, places: new Map() });
  const leave = onChosen(loader, (ids) => loader.show(ids));
  kit.expect(loader.show(chosen(settings.standard)), "the curves");
  return () => {
    leave();
    clearTimeout(trainer.timer);
    trainer.orders.leave();
    loader.destroy();
  };
}

export const render = declared({
  styles: new URL("style.css", import.meta.url),
  // `places` are those of runs among the colours; `row` is the run whose row is pointed at.
  state: { data: null, loader: null, trainer: null, places: null, row: null, ...CHANGE },
  begins,
  table: (scene) => (scene.state.data ? tables(scene.state.data, drawnOf(scene), scene.state) : []),
  subject: ({ state }) => state.data?.runs.map((/** @type {Run} */ { run }) => run) ?? [],
  keeps: false, // the list of runs follows it
  view,
});
