// @ts-check
// The mini-batches of a test and the ends of a bench, as tables.

import { listed } from "../../../kit/js/tables.js";
import { lastOf } from "./words.js";

/** @typedef {import("./words.js").Rates} Rates */

/**
 * @param {{ test: Rates|null, bench: (Rates|null)[] }} scene
 * @returns {import("../../../kit/js/tables.js").Data[]}
 */
export function table({ test, bench }) {
  const nats = (/** @type {string} */ title) => ({ title, unit: "nats" });
  const columns = [{ title: "mini-batch" }, { title: "lr" }, nats("loss"), nats("smoothed loss")];
  const rows = test ? test.lr.map((lr, at) => [at + 1, lr, test.loss[at], test.smooth[at]]) : [];
  const found = Object.entries(test?.found ?? {}).map(([name, { lr, loss, at }]) => [name, lr, loss, at + 1]);
  const known = bench.filter((run) => run !== null);
  const ends = known.map((run) => [run.config.lr, run.status, run.step, lastOf(run.smooth), run.accuracy]);
  return [
    listed("Loss by learning rate", columns, rows),
    listed("What the test suggests", [{ title: "suggestion" }, { title: "lr" }, nats("smoothed loss"), { title: "mini-batch" }], found),
    listed("Short runs at three learning rates", [{ title: "lr" }, { title: "state" }, { title: "steps" }, nats("running loss on train"), { title: "right on valid", unit: "share" }], ends),
  ];
}
