// @ts-check
// What the lanes say, each with the picture's own numbers. No DOM: a page without a server says it too.

import { percent } from "../../../kit/js/text.js";

/** @typedef {Record<string, ArrayLike<number>>} Lanes norms of dLoss/dh after each step of three mini-batches, by lane; 0 for none */

const MEANT = /** @type {[string, number][]} */ ([["trillion", 1e12], ["billion", 1e9], ["million", 1e6], ["", 1]]);
export const LEAST = 1e-15; // a part below which its size says nothing more to a reader
const HELD = 1e-30; // share of the nearest gradient below which a gradient counts as zero: float32 is inexact there
const NEAR = 10; // steps back from the loss, which a sentence names
export const VANISHED = 1e-3; // share of the nearest gradient below which the farthest one counts as vanished

/** A share of the nearest gradient: "120 %", "0.7 %", "1 in 56 billion". As hnviz/figures/time_text.py. @param {number} share */
export function part(share) {
  if (share >= 1) return `${(100 * share).toFixed(0)} %`;
  if (share >= 1e-4 || share === 0) return percent(share);
  if (share < LEAST) return "almost 0 %";
  const [name, size] = /** @type {[string, number]} */ (MEANT.find(([, each]) => 1 / share >= each));
  return `1 in ${Number((1 / share / size).toPrecision(2)).toLocaleString("en-US")} ${name}`.trimEnd();
}

/** The first step that has a gradient; -1 for none. @param {ArrayLike<number>} norms */
const farthest = (norms) => Array.from(norms).findIndex((norm) => norm > 0 && norm >= HELD * norms[norms.length - 1]);

/** The farthest gradient, as a share of the nearest. @param {ArrayLike<number>} norms */
export function farShare(norms) {
  const [first, last] = [farthest(norms), norms[norms.length - 1]];
  return first >= 0 && last ? norms[first] / last : 0;
}

/** @param {ArrayLike<number>} norms */
const far = (norms) => `**${part(farShare(norms))}**`;

/** @param {number} n @param {string} word */
export const plural = (n, word) => `${n.toLocaleString("en-US")} ${word}${n === 1 ? "" : word.endsWith("batch") ? "es" : "s"}`;

/** How far back the farthest gradient is. @param {ArrayLike<number>} norms */
export function back(norms) {
  const first = farthest(norms);
  return plural(first < 0 ? 0 : norms.length - 1 - first, "step");
}

/**
 * What each lane shows, and under "" what to look at while none is chosen.
 * @param {Lanes} lanes
 * @param {number} bptt
 * @param {boolean} every
 * @returns {Record<string, string>}
 */
export function laneSentences(lanes, bptt, every) {
  const said = Object.fromEntries(Object.keys(lanes).map((name) => [name, laneSentence(name, lanes, bptt)]));
  if (every && "keep" in lanes) said.keep = allLosses(lanes.keep, lanes.detach);
  const cut = "detach" in lanes ? "the scissors" : "the zeros";
  const start = every
    ? "Now every answer has a loss, as in training: a small triangle each. So each mini-batch has a gradient of its own, " +
      `and it still stops at ${cut}.`
    : "The **gradient** says how much the loss would change if an earlier state changed by 1. It is not a probability: its " +
      "unit is loss per unit of state. Where a ribbon is half as thick as at the loss, an eighth of it is left. Click a lane " +
      "to look at it alone, and to read how fast it fades.";
  return { ...said, "": start };
}

/** @param {string} name @param {Lanes} lanes @param {number} bptt */
function laneSentence(name, lanes, bptt) {
  const norms = lanes[name];
  const [n, own] = [norms.length, plural(bptt - 1, "step")]; // of the last states, as far apart as the first from the last
  const there = Array.from(norms).filter((norm) => norm > 0).length;
  const got = there === n ? `all ${n} steps get` : `${there} of ${n} steps get`;
  const gone = farShare(norms) < VANISHED ? " It has vanished: a **vanishing gradient**." : "";
  /** @type {Record<string, () => string>} */
  const say = {
    detach: () =>
      `**Detach**: the next mini-batch gets the state, but the gradient stops at the scissors, after at most ${own}. For this ` +
      `loss the cut on the right alone decides: without it, ${across(lanes.keep ?? norms, bptt)} of the gradient would cross here and go ` +
      `on for ${plural(bptt, "more step")}, to the other cut. The cut on the left stops the losses of the mini-batch before.`,
    keep: () =>
      `**No detach**: ${got} a gradient, through all three mini-batches. ${fading(norms)} The farthest is ${far(norms)} of the ` +
      "nearest. Nothing can be freed before the third mini-batch is done, so PyTorch holds up to three times as much memory as " +
      "with detach.",
    untrained: () =>
      `**Untrained**: the same network before its first training step. ${fading(norms)} The farthest gradient is ` +
      `${far(norms)} of the nearest.${gone}`,
    reset: () =>
      `**Reset**: each mini-batch starts from a state of zeros, so the gradient ends there, after at most ${own}. The ` +
      "network starts without any memory of the text before.",
  };
  return say[name]();
}

/** What would cross the cut before the last mini-batch. @param {ArrayLike<number>} keep @param {number} bptt */
const across = (keep, bptt) => `**${part((keep[keep.length - bptt - 1] ?? 0) / (keep[keep.length - 1] || 1))}**`;

/** How fast a gradient fades: what is left NEAR steps back, and where half of it is. @param {ArrayLike<number>} norms */
function fading(norms) {
  const shares = Array.from(norms, (norm) => norm / (norms[norms.length - 1] || 1)).reverse();
  const half = shares.findIndex((share) => share < 0.5);
  const near = shares.length > NEAR ? `**${part(shares[NEAR])}** is left ${NEAR} steps back` : "";
  const less = half < 0 ? "it is never less than half" : `it is less than half from ${plural(half, "step")} back`;
  return `${[near, less].filter(Boolean).join(", and ").replace(/^it/, "It")}.`;
}

/** The first step's gradient of one backward pass for all losses, against one for each. @param {ArrayLike<number>} keep @param {ArrayLike<number>} cut */
function allLosses(keep, cut) {
  const times = cut[0] ? (keep[0] / cut[0]).toFixed(2) : "";
  const said = `**No detach**: one backward pass covers all ${keep.length} steps. `;
  if (times === "" || times === "1.00") return `${said}The two later losses have faded before they arrive at the first step.`;
  return `${said}The gradient at the first step is **${times}** times that with detach: the two later losses arrive there too.`;
}

/**
 * What was measured, and how; `nearest` is the norm at the last step by lane's name.
 * @param {{ batches: number[], bs: number, loss: number, n_before: number }} meta
 * @param {Record<string, number>} nearest
 */
export function passesNote({ batches, bs, loss, n_before: before }, nearest) {
  const start = before ? `the state before them comes from the ${plural(before, "mini-batch")} before` : "the state before them is zeros";
  const norms = Object.entries(nearest).map(([name, norm]) => `${name} ${Number(norm.toPrecision(3))}`).join(", ");
  return (
    "A ribbon's number is the norm |dLoss/dh| at that step in a typical row, as a share of the norm nearest to the loss. " +
    `With all losses, it is a share of the largest norm. Nearest: ${norms}. Typical means the median of ${plural(bs, "row")}: ` +
    `mini-batches ${batches[0]} to ${batches[batches.length - 1]} of train, of which the words above are the first row's; ${start}. Loss ${loss.toFixed(3)}, on a copy in eval ` +
    "mode: batch norm uses the statistics that it learnt. All lanes but “untrained” have the weights of the training step shown."
  );
}
