// @ts-check
// What the learning rate finder says: its headline, how far a test is, and what a bench shows. No DOM.

import { accuracy, asSentence } from "../../../kit/js/text.js";
import { valueText } from "../../compare/curves/words.js";

/** @typedef {{ lr: number, loss: number, at: number }} Suggestion */
/** @typedef {{ config: Record<string, any>, status: string, live: boolean, place: number, message: string, step: number, n_steps: number,
 *              lr: number[], loss: (number|null)[], smooth: (number|null)[], accuracy: number|null, found: Record<string, Suggestion> }} Rates
 *   as the topic "rates" has it (topic.py) */
/** @typedef {(string|string[])[]} Parts [text] is bold */

const UNUSED = ["lr", "epochs", "pct_start", "device"]; // settings in which a test and the form may differ

/**
 * A learning rate: "4.0e-4", "10".
 * @param {number} lr
 */
export const rateText = (lr) => valueText("lr", Number(lr.toPrecision(2)));

/** @param {number} loss */
const lossText = (loss) => (loss < 100 ? loss.toFixed(2) : Math.round(loss).toLocaleString("en"));

/**
 * The last value that is a number.
 * @param {(number|null)[]} values
 */
export const lastOf = (values) => values.findLast((value) => value !== null) ?? null;

/**
 * The top of a test's chart: it shows the end of the test, where the smoothed loss is `ends` times its lowest.
 * @param {(number|null)[]} smooth
 * @param {number} first the loss with which it begins
 * @param {number} ends
 */
export function highest(smooth, first, ends) {
  const known = /** @type {number[]} */ (smooth.filter((value) => value !== null));
  return Math.max(1.25 * first, Math.min(1.05 * Math.max(0, ...known), 1.1 * ends * Math.min(...known)));
}

/**
 * The rate at which the smoothed loss is lowest.
 * @param {number[]} lr
 * @param {(number|null)[]} smooth
 */
function lowestAt(lr, smooth) {
  const known = smooth.map((value) => value ?? Infinity);
  return lr[known.indexOf(Math.min(...known))];
}

/**
 * The headline of the test, at most 20 words.
 * @param {Rates|null} test
 * @returns {Parts}
 */
export function headline(test) {
  if (!test) return ["A test shows which rates work here: lr rises with each of ", ["100"], " mini-batches until the loss does."];
  const { found, live, lr, smooth, step, n_steps: all } = test;
  const loss = lastOf(smooth);
  if (live && loss === null) return ["The test has not begun yet."];
  if (live) return [[`${step} of ${all}`], " mini-batches: at lr ", [rateText(lr[lr.length - 1])], ", the loss is ", [lossText(Number(loss))], "."];
  const { valley, steepest } = found;
  if (valley) return ["Try an lr between the valley, ", [rateText(valley.lr)], ", and the steepest fall, ", [rateText(steepest.lr)], "; the loss is lowest at ", [rateText(lowestAt(lr, smooth))], "."];
  if (test.status !== "finished") return [`The test ended after `, [`${step} of ${all}`], " mini-batches, so it suggests no rate."];
  return ["The loss never fell on the way to lr ", [rateText(lr[lr.length - 1] ?? 0)], ", so the test suggests no rate."];
}

/**
 * What the test does, and why it ended; "" where the headline says all.
 * @param {Rates|null} test
 */
export function statusText(test) {
  if (!test) return "";
  if (test.status === "queued") return test.place ? `It waits for its turn, at place ${test.place}.` : "It waits for its turn.";
  if (test.live) return "";
  return test.message ? asSentence(`the test ended: ${test.message}`) : "";
}

/**
 * Say which settings a test was made for, if the form has others now; "" if it has the same.
 * @param {Record<string, any>} test
 * @param {Record<string, any>|null} form
 */
export function otherSettings(test, form) {
  if (!form) return "";
  const other = Object.keys(form).filter((name) => !UNUSED.includes(name) && form[name] !== test[name]);
  if (!other.length) return "";
  const said = other.map((name) => (name === "model" ? test.model : `${name} ${test[name]}`)).join(", ");
  return `This test is of other settings than those above: ${said}.`;
}

/**
 * What three short runs show, at most 20 words once all have ended.
 * @param {Rates[]} runs in rising order of lr
 * @param {number} epochs
 * @returns {Parts}
 */
export function benchText(runs, epochs) {
  const left = runs.filter(({ live }) => live).length;
  const known = runs.filter(({ smooth }) => lastOf(smooth) !== null);
  if (left || !known.length) return [[`${runs.length - left} of ${runs.length}`], " short runs are done."];
  const end = (/** @type {Rates} */ run) => (run.status === "finished" ? Number(lastOf(run.smooth)) : Infinity);
  const [best] = [...known].sort((one, other) => end(one) - end(other));
  const others = runs.filter((run) => run !== best).map((run) => `${endText(run)} at ${rateText(run.config.lr)}`);
  const count = epochs === 1 ? "1 epoch" : `${epochs} epochs`;
  return [`After ${count}, the running loss on train is lowest at lr `, [rateText(best.config.lr)], ": ", [endText(best)], `; ${others.join(", ")}.`];
}

/** @param {Rates} run */
function endText({ status, smooth }) {
  const last = lastOf(smooth);
  return status === "finished" && last !== null ? lossText(last) : status;
}

/**
 * A label at the end of a run's curve.
 * @param {Rates} run
 * @param {boolean} narrow
 */
export function runLabel(run, narrow = false) {
  const right = run.accuracy === null || narrow ? "" : `, ${accuracy(run.accuracy)} right`;
  return `lr ${rateText(run.config.lr)}${run.live || run.status === "finished" ? right : `, ${run.status}`}`;
}

/**
 * What is known at one mini-batch of a test.
 * @param {Rates} test
 * @param {number} at
 */
export function pointText({ lr, loss, smooth }, at) {
  const said = (/** @type {number|null} */ value) => (value === null ? "none" : lossText(value));
  return `Mini-batch ${at + 1}: lr ${rateText(lr[at])}, loss ${said(loss[at])}, smoothed ${said(smooth[at])}.`;
}
