// @ts-check
// The curves of a run that trains in this page, over those of the run beside it.

import { accuracy } from "../../app/kit/js/text.js";
import { ownOf } from "./runs.js";

const FAINT = 0.3; // how strong the other run's curves are
const MOST_POINTS = 1000; // of a curve

/**
 * @typedef {{ x: number[], y: number[] }} Points
 * @typedef {{ traces: Record<string, Points>, names?: Record<string, string>, write: (value: number) => string }} Own of a chart: its curves, their names
 *   at their ends where these are others, and how a value is written
 */

/**
 * @param {{ panels: any[] }} news of the other run
 * @param {import("./trainedrun.js").TrainedRun} yours
 * @param {{ name: string, run: import("./heldrun.js").HeldRun }} beside the other run
 */
export function besideCurves({ panels }, yours, beside) {
  const { run, name } = yours;
  const own = ownCurves(run);
  const others = `${beside.name}, seed ${beside.run.held.job?.config.seed}`;
  const sentence = `The strong curves are **${name}**, seed ${run.job.config.seed}; the faint ones are ${others}.`;
  return {
    panels: panels.map((panel) => ({
      ...panel,
      version: `${yours.version} ${run.step} ${run.status}`,
      of: ownOf(beside.name),
      sentence: panel.sentence && sentence,
      notes: [],
      figure: over(panel.figure, own[panel.name], name, run.nSteps ?? 0),
    })),
  };
}

/** @param {import("../../browser/run.js").Run} run @returns {Record<string, Own>} by chart */
function ownCurves({ batches, ends }) {
  const every = Math.ceil(batches.length / MOST_POINTS);
  const shown = batches.filter(({ step }) => step % every === 0);
  const [steps, epochs] = [shown, ends].map((events) => events.map(({ step }) => step));
  return {
    loss: {
      traces: {
        "each mini-batch": { x: steps, y: shown.map(({ loss }) => loss) },
        train: { x: steps, y: shown.map(({ smooth_loss }) => smooth_loss) },
        valid: { x: epochs, y: ends.map(({ valid_loss }) => valid_loss) },
      },
      write: (value) => value.toFixed(2),
    },
    accuracy: {
      traces: {
        train: { x: epochs, y: ends.map(({ train_accuracy }) => 100 * train_accuracy) },
        valid: { x: epochs, y: ends.map(({ accuracy }) => 100 * accuracy) },
      },
      names: { train: "running" },
      write: (value) => accuracy(value / 100),
    },
  };
}

/**
 * A chart with the other run's curves faint, and one's own over them, each with its last value.
 * @param {{ data: any[], layout: any }} figure
 * @param {Own} own
 * @param {string} name
 * @param {number} nSteps of one's own run
 */
function over({ data, layout }, { traces, names = {}, write }, name, nSteps) {
  const faint = data.map((trace) => ({ ...trace, opacity: FAINT * (trace.opacity ?? 1) }));
  const added = Object.entries(traces).map(([trace, points]) => ({ ...data.find((each) => each.name === trace), text: undefined, ...points, name: `${name}, ${trace}` }));
  const headings = layout.annotations.filter((/** @type {any} */ { yref }) => yref.endsWith("domain"));
  const labels = ["train", "valid"].flatMap((split) => labelOf(data.find((each) => each.name === split), traces[split].y.at(-1), names[split] ?? split, write));
  const axes = Object.entries(layout).map(([axis, props]) => [axis, axis.startsWith("xaxis") ? reaching(props, nSteps) : props]);
  return { data: [...faint, ...added], layout: { ...Object.fromEntries(axes), annotations: [...headings, ...apart(labels)] } };
}

/**
 * An axis that also reaches the last step of a longer run.
 * @param {any} axis
 * @param {number} nSteps
 */
function reaching(axis, nSteps) {
  const [from, to] = axis.range;
  return { ...axis, range: [from, Math.max(to, 1.02 * nSteps)] };
}

/**
 * Of two labels on one axis, the upper one above its value and the lower one below: then neither covers the other.
 * @param {any[]} labels
 */
function apart(labels) {
  if (labels.length < 2 || labels[0].yref !== labels[1].yref) return labels;
  const [lower, upper] = [...labels].sort((a, b) => a.y - b.y);
  return [{ ...lower, yanchor: "top" }, { ...upper, yanchor: "bottom" }];
}

/**
 * @param {any} trace on whose axes it is
 * @param {number|undefined} value
 * @param {string} split
 * @param {(value: number) => string} write
 */
function labelOf({ xaxis = "x", yaxis = "y" }, value, split, write) {
  if (value === undefined) return [];
  const place = { x: 1, xref: `${xaxis} domain`, xanchor: "left", xshift: 8, y: value, yref: yaxis, yanchor: "middle" };
  return [{ ...place, text: `<b>${split} ${write(value)}</b>`, showarrow: false }];
}
