// @ts-check
// What the picture shows as tables: how each run ended, and all points of all lines.

import { MEASURES, differing, lastOf, secondsOf, settingOf } from "./series.js";
import { fieldName } from "./words.js";
import { listed } from "../../../kit/js/tables.js";

/** @typedef {import("./series.js").Run} Run */

/**
 * @param {import("../../../kit/js/picture.js").Drawing} _drawing
 * @param {{ data: import("./series.js").Read|null, scene: any, look: { measure: string, axis: string } }} view
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table(_drawing, { data, scene, look }) {
  if (!data || !scene) return [];
  return [ends(data.runs, data.kinds.length), points(scene.lines, look)];
}

/**
 * @param {Run[]} runs
 * @param {number} kinds
 */
function ends(runs, kinds) {
  const fields = differing(runs);
  const columns = [
    { title: "run" },
    ...fields.map((field) => ({ title: fieldName(field) })),
    ...["right on valid", "right on train, running"].map((title) => ({ title, unit: "share" })),
    ...["loss on valid", "loss on train, running"].map((title) => ({ title, unit: "nats" })),
    { title: "seconds" },
  ];
  const rows = runs.map((run) => [
    run.name,
    ...fields.map((field) => settingOf(run, field)),
    .../** @type {const} */ (["accuracy", "train_accuracy", "valid_loss", "train_loss"]).map((name) => lastOf(run, name, kinds)),
    run.epochs.length ? secondsOf(run, kinds) : null,
  ]);
  return listed("Final figures, and the settings that differ", columns, rows);
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
  const columns = [{ title: "run" }, { title: axis }, { title }, { title: "lowest seed" }, { title: "highest seed" }];
  return { caption: `All points: ${measure}`, columns, n, row };
}
