// @ts-check
// The runs of a sweep as a table.

import { listed } from "../../../kit/js/tables.js";
import { fieldName } from "../../compare/curves/words.js";

/**
 * @param {{ sweep: import("./squares.js").Sweep|null, runs: import("./squares.js").Run[] }} known
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ sweep, runs }) {
  if (!sweep) return [];
  const columns = [
    ...sweep.axes.map((axis) => ({ title: fieldName(axis) })),
    { title: "state" },
    ...["right on valid", "right on train"].map((title) => ({ title, unit: "share" })),
    ...["loss on valid", "running loss on train"].map((title) => ({ title, unit: "nats" })),
    { title: "run" },
  ];
  const rows = runs.map((run) => [
    ...sweep.axes.map((axis) => run.settings[axis]),
    run.state,
    .../** @type {const} */ (["accuracy", "train_accuracy", "valid_loss", "train_loss"]).map((name) => run[name]),
    run.run,
  ]);
  return [listed(`Runs of ${sweep.name}`, columns, rows)];
}
