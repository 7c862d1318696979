// @ts-check
// What is said of a sweep: the headline, how far it is, and each square. No DOM.

import { unranked } from "../../../kit/js/seeds.js";
import { accuracy } from "../../../kit/js/text.js";
import { fieldName, valueText } from "../../compare/curves/words.js";
import { MEASURES, bestOf, figureOf, stateOf, tiesOf } from "./squares.js";

/** @typedef {import("./squares.js").Cell} Cell */
/** @typedef {import("./squares.js").Layout} Layout */
/** @typedef {import("./squares.js").Sweep} Sweep */
/** @typedef {keyof typeof import("./squares.js").MEASURES} Measure */
/** @typedef {(string|string[])[]} Parts [text] is bold */

export const MARKS = {
  waits: "… waits",
  running: "● trains",
  paused: "‖ paused",
  finished: "✓ finished",
  diverged: "✗ diverged",
  failed: "! failed",
  stopped: "■ stopped",
  interrupted: "! interrupted",
};
/** A state as a mark and a word, never colour alone. */

/**
 * A setting as a name: "lr 1e-2", "Model3", "seed 2".
 * @param {string} axis
 * @param {any} value
 */
export function settingText(axis, value) {
  const said = axis === "lr" ? valueText(axis, value).replace(/\.0e/, "e") : valueText(axis, value);
  return axis === "model" ? said : `${fieldName(axis)} ${said}`;
}

/** @param {Record<string, any>} settings */
export const settingsText = (settings) => Object.entries(settings).map(([axis, value]) => settingText(axis, value)).join(", ");

/**
 * @param {number} value
 * @param {Measure} measure
 */
export const figureText = (value, measure) => (measure === "loss" ? value.toFixed(value < 10 ? 2 : 1) : accuracy(value));

/**
 * The headline, at most 20 words.
 * @param {Sweep|null} sweep
 * @param {Layout|null} layout
 * @param {Measure} measure
 * @returns {Parts}
 */
export function headline(sweep, layout, measure) {
  if (!sweep) return ["No sweep yet: press the card, and a square fills in as each run ends."];
  const best = layout && bestOf(layout, measure);
  const { n_runs: all, n_done: done } = sweep;
  const count = `${done} of ${all}`;
  if (!best) return done === all ? [[`All ${all} runs`], " have ended, and none has a figure."] : [[count], " runs done: the first square fills in when its run ends."];
  if ((sweep.tokens ?? []).length > 1) return ["These runs read different tokens: compare their ", ["bits per character"], ", with Compare runs."];
  const value = figureText(best.figure.mean, measure);
  const what = measure === "loss" ? "loss on valid" : "right on valid";
  const where = settingsText(best.cell.settings);
  if (done < all) return [[count], " runs done; best so far: ", [where], ", ", [value], ` ${what}.`];
  const { length: ties } = tiesOf(layout, measure, sweep.gaps);
  if (ties) return [[where], ", ", [value], ` ${what}: ${unranked(best.figure.n, ties)}`];
  return [[where], " is best: ", [value], ` ${what}, ${best.figure.n > 1 ? `mean of ${best.figure.n} seeds` : "from one seed"}.`];
}

/**
 * Why several squares are among the best, and look alike.
 * @param {Measure} measure
 * @param {Cell} best
 * @param {Record<string, number>} [gaps]
 */
export function tieNote(measure, { runs }, gaps = {}) {
  if (runs.length > 1) return "Nothing ranks the squares with a ring: the 95 % interval of their mean difference, seed by seed, contains 0.";
  const gap = gaps[MEASURES[measure]];
  if (!gap) return "Nothing ranks the squares with a ring: their figures are equal.";
  const size = measure === "loss" ? figureText(gap, measure) : `${(100 * gap).toFixed(1)} points`;
  return `Nothing ranks the squares with a ring: they differ by at most ${size}, and so do seeds, with the recipe of the model.`;
}

/**
 * What a sweep does, and what can be done about it.
 * @param {Sweep} sweep
 */
export function statusText({ status, problem, n_runs: all, n_done: done }) {
  const left = `${done} of ${all} runs are done`;
  const goOn = "Press Go on for the others; no finished run is trained again.";
  if (problem) return `The sweep has ended early: ${problem}. ${left}. ${goOn}`;
  switch (status) {
    case "training elsewhere":
      return `The command trains this sweep: ${left}.`;
    case "stopping":
      return "The sweep stops: each run that trains stores a checkpoint.";
    case "stopped":
      return `Stopped: ${left}. ${goOn}`;
    case "interrupted":
      return `Interrupted, since the server ended: ${left}. ${goOn}`;
    case "failed":
      return `${all - done} of ${all} runs failed; the others are done. Point at a square for the reason.`;
    default:
      return "";
  }
}

/**
 * What a square shows: its figure, or what its runs do; a second line where there is more to say.
 * @param {Cell} cell
 * @param {Measure} measure
 */
export function squareText({ runs }, measure) {
  const state = stateOf(runs);
  const figure = figureOf(runs, measure);
  const ended = runs.filter((run) => run.state === "finished" || run.state === "diverged").length;
  const some = ended < runs.length && runs.length > 1 ? `${ended} of ${runs.length}` : "";
  if (state === "running") {
    const progress = runs.reduce((sum, run) => sum + (run.state === "running" ? run.progress : ended && run.state !== "waits" ? 1 : 0), 0) / runs.length;
    return { state, main: `● ${Math.floor(100 * progress)} %`, more: some };
  }
  if (state !== "finished" || !figure) return { state, main: MARKS[/** @type {keyof MARKS} */ (state)] ?? state, more: some };
  const lost = runs.filter((run) => run.state === "diverged").length;
  const spread = figure.n > 1 ? `${figureText(figure.low, measure)} to ${figureText(figure.high, measure)}`.replaceAll(" %", "") : "";
  return { state, main: figureText(figure.mean, measure), more: lost ? `${lost} of ${runs.length} diverged` : spread };
}

/**
 * All that is known of a square, in a sentence.
 * @param {Cell} cell
 */
export function cellText({ settings, runs }) {
  const state = stateOf(runs);
  const [share, loss] = [figureOf(runs, "accuracy"), figureOf(runs, "loss")];
  const mean = runs.length > 1 ? "mean " : "";
  const figures = share && loss ? ` ${mean}accuracy ${accuracy(share.mean)}, ${mean}loss ${figureText(loss.mean, "loss")} on valid;` : "";
  const why = runs.map(({ message }) => message).find(Boolean);
  const said = (MARKS[/** @type {keyof MARKS} */ (state)] ?? state).replace(/^\S+ /, "");
  const reason = why && state !== "finished" ? ` (${why})` : "";
  const opens = runs.some(({ run }) => run) ? (runs.length > 1 ? " Click to compare its seeds." : " Click for its run.") : "";
  return `${settingsText(settings)}:${figures} ${said}${reason}.${opens}`;
}

/**
 * Where a square leads: to its run, or to its seeds.
 * @param {Cell} cell
 */
export function linkOf({ runs }) {
  const ids = runs.flatMap(({ run }) => (run ? [encodeURIComponent(run)] : []));
  if (!ids.length) return null;
  return ids.length > 1 ? `train?train_part=Compare+runs&runs=${ids.join(",")}` : `train?run=${ids[0]}`;
}
