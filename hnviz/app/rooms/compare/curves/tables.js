// @ts-check
// The tables below the curves: what differs and how each run ended, and seeds together; and all points, for a file.

import { html, render } from "../../../../vendor/preact/preact.js";
import { heads, listed } from "../../../kit/js/tables.js";
import { accuracy } from "../../../kit/js/text.js";
import { BITS, MEASURES, compares, differing, lastOf, scaleOf, secondsOf, seedGroups, settingOf } from "./series.js";
import { calledIn, fieldName, labels, scaled, valueText } from "./words.js";

/**
 * @typedef {import("./series.js").Run} Run
 * @typedef {import("./series.js").Read} Read
 * @typedef {import("./plot.js").Scene} Scene
 * @typedef {{ name: string, title: string, unit?: string, words?: boolean, of: (run: any) => any, write?: (value: any) => unknown,
 *             fill?: (run: any) => unknown, twice?: boolean }} Column
 *   write   writes a known value; `fill` makes the cell of a run
 *   twice   other columns have these figures too: not for a file
 */

const FEW = 24; // runs whose table is drawn with the curves
const LATER = 60; // ms after the curves until the table of more is: it takes longer than they do

const long = (/** @type {number} */ value) => value.toFixed(3);
const FIGURES = /** @type {const} */ ([
  { name: "accuracy", title: "right on valid", unit: "share", write: accuracy },
  { name: "train_accuracy", title: "right on train", unit: "share", write: accuracy },
  { name: "valid_loss", title: "loss on valid", unit: "nats", write: long },
  { name: "train_loss", title: "loss on train, running", unit: "nats", write: long },
]);

/**
 * The columns of the runs.
 * @param {Read} data
 * @returns {Column[]}
 */
function columnsOf({ runs, kinds: { length: n } }) {
  const fields = differing(runs);
  const said = (/** @type {Run} */ run, /** @type {string} */ field) => (field === "model" ? calledIn(run) : valueText(field, settingOf(run, field)));
  const bits = (/** @type {Run} */ run) => scaled(lastOf(run, "valid_loss", n), scaleOf(run, BITS));
  return [
    { name: "named", title: "run", words: true, of: ({ name }) => name },
    ...fields.map((field) => ({ name: `of ${field}`, title: fieldName(field), of: (/** @type {Run} */ run) => settingOf(run, field), fill: (/** @type {Run} */ run) => said(run, field) })),
    // In one column, where there is no room for more.
    { name: "differs", title: "what differs", words: true, twice: true, of: (run) => fields.filter((field) => field !== "model").map((field) => `${fieldName(field)} ${said(run, field)}`).join(", ") },
    ...FIGURES.map((figure) => {
      const of = (/** @type {Run} */ run) => lastOf(run, figure.name, n);
      return { ...figure, of, fill: (/** @type {Run} */ run) => (run.live && of(run) !== null ? `${figure.write(of(run) ?? 0)} so far` : of(run)) };
    }),
    ...(compares(runs, "loss on valid") ? [] : [{ name: "bits", title: BITS, of: bits, write: long }]), // of runs that read different tokens
    { name: "seconds", title: "seconds", of: (run) => (run.epochs.length ? secondsOf(run, n) : null), write: (value) => value.toFixed(1) },
    { name: "state", title: "state", words: true, of: stateText },
  ];
}

/** @param {Run} run */
const stateText = ({ live, status, step, n_steps: all }) => (live && all ? `${status}, step ${step.toLocaleString("en")} of ${all.toLocaleString("en")}` : status);

/**
 * @param {string} label
 * @param {Column[]} columns
 * @param {any[]} rows
 * @param {object} hears
 */
const tableOf = (label, columns, rows, hears = {}) => html`
  <div class="hnviz-table" tabindex="0" role="region" aria-label=${label} ...${hears}><table>
    <thead><tr>${columns.map(({ name, title, words }) => html`<th scope="col" class=${words ? "words" : ""} data-column=${name}>${title}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.run} data-key=${row.run}>${columns.map(({ name, words, of, write, fill }) => html`<td class=${words ? "words" : ""} data-column=${name}>${cellOf(fill ? fill(row) : of(row), write)}</td>`)}</tr>`)}</tbody>
  </table></div>`;

/**
 * @param {unknown} value
 * @param {Column["write"]} write
 */
const cellOf = (value, write) => (typeof value === "number" && write ? write(value) : value);

/** Runs that differ only in the seed: mean, lowest and highest. @param {Read} data */
function seedsOf({ runs, kinds }) {
  const groups = seedGroups(runs).filter((group) => group.length > 1);
  if (!groups.length) return null;
  const names = labels(groups.map(([first]) => first));
  const columns = [
    { name: "group", title: "settings", words: true, of: (/** @type {Run[]} */ [{ run }]) => names.get(run) },
    { name: "n", title: "seeds", of: (/** @type {Run[]} */ { length }) => length },
    ...FIGURES.map((figure) => ({ ...figure, write: undefined, of: (/** @type {Run[]} */ group) => meanText(group, figure, kinds.length) })),
  ];
  return html`<h3>Seeds together: mean (lowest to highest)</h3>${tableOf("Runs that differ only in the seed, together", columns, groups)}`;
}

/**
 * @param {Run[]} group
 * @param {typeof FIGURES[number]} figure
 * @param {number} kinds
 */
function meanText(group, { name, write }, kinds) {
  const values = group.map((run) => lastOf(run, name, kinds)).filter((value) => value !== null);
  if (!values.length) return "";
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${write(mean)} (${write(Math.min(...values))} to ${write(Math.max(...values))})`;
}

/** The tables below the curves; with many runs they are drawn after the curves. */
export class Ends {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.parent = parent;
    parent.className = "ends";
    /** @type {Scene|null} */
    this.scene = null;
  }

  /** @param {{ scene: Scene, data: Read, kit: import("../../../kit/js/frame.js").Frame, mark: (run: string|null) => void }} shown */
  show({ scene, data, kit, mark }) {
    if (scene === this.scene) return;
    this.scene = scene;
    clearTimeout(this.timer);
    const draw = () => {
      render(this.tables(data, kit.home, mark), this.parent);
      kit.root.style.minHeight = "0"; // fewer runs need less room, and the list of runs is below
    };
    if (data.runs.length <= FEW) draw();
    else this.timer = setTimeout(draw, LATER);
  }

  /**
   * @param {Read} data
   * @param {URL} home
   * @param {(run: string|null) => void} mark is called with the id of the run whose row is under the pointer, or null
   */
  tables(data, home, mark) {
    if (!data.runs.length) return null;
    const looks = new Map(this.scene?.own.flatMap((line) => line.group.map((/** @type {Run} */ { run }) => [run, line])));
    const [run, ...others] = columnsOf(data);
    const link = (/** @type {Run} */ { run: id, name }) => html`${sample(looks.get(id))}<a href=${new URL(`train?run=${encodeURIComponent(id)}`, home).href}>${name}</a>`;
    const over = (/** @type {any} */ { target }) => mark(target.closest("tr")?.dataset.key ?? null);
    const hears = { onPointerOver: over, onFocusIn: over, onPointerLeave: () => mark(null) };
    return html`<h3>${differing(data.runs).length ? "What differs, and how each run ended" : "How each run ended"}</h3>
      ${tableOf("The runs that are compared: what differs, and how each ended", [{ ...run, fill: link }, ...others], data.runs, hears)}
      ${seedsOf(data)}`;
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/** A short stroke in the run's colour and dash. @param {any} look */
const sample = (look) => html`<svg class="sample" width="26" height="10" aria-hidden="true">
  ${look && html`<line x1="0" x2="22" y1="5" y2="5" stroke=${look.color} stroke-width="2.5" stroke-dasharray=${look.dash.join(" ")} />`}</svg>`;

/**
 * What the picture shows, for a file.
 * @param {Read} data
 * @param {Scene} scene
 * @param {{ measure: string, axis: string }} look
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function tables(data, scene, look) {
  const columns = columnsOf(data).filter(({ twice }) => !twice);
  const rows = data.runs.map((run) => columns.map(({ of }) => of(run)));
  return [listed("Final figures, and the settings that differ", columns, rows), points(scene.lines, look)];
}

/**
 * A row for each point; a row is made when it is shown.
 * @param {{ name: string, x: number[], y: number[], seeds: { low: number[], high: number[] }|null }[]} lines
 * @param {{ measure: string, axis: string }} look
 */
function points(lines, { measure, axis }) {
  /** @type {number[]} */
  const begins = [];
  let n = 0;
  for (const { x } of lines) {
    begins.push(n);
    n += x.length;
  }
  const row = (/** @type {number} */ at) => {
    const line = begins.findLastIndex((begin) => begin <= at);
    const { name, x, y, seeds } = lines[line];
    const index = at - begins[line];
    return [name, x[index], y[index], seeds?.low[index] ?? null, seeds?.high[index] ?? null];
  };
  const { title } = MEASURES[measure];
  return { caption: `All points: ${measure}`, columns: heads("run", axis, title, "lowest seed", "highest seed"), n, row };
}
