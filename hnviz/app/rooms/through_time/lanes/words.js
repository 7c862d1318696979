// @ts-check
// What the lanes say, each with the picture's own numbers. No DOM: a page without a server says it too.

import { percent, plural } from "../../../kit/js/text.js";

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
  return `1 in ${Number((1 / share / size).toPrecision(2)).toLocaleString("en")} ${name}`.trimEnd();
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

/** How far back the farthest gradient is. @param {ArrayLike<number>} norms */
export function back(norms) {
  const first = farthest(norms);
  return plural(first < 0 ? 0 : norms.length - 1 - first, "step");
}

/**
 * What each lane shows, and under "" what to look at while none is chosen. Each has five lines on a phone: below it, a
 * lesson's step still shows the lane.
 * @param {Lanes} lanes
 * @param {number} bptt
 * @param {boolean} every
 * @returns {Record<string, string>}
 */
export function laneSentences(lanes, bptt, every) {
  const say = every ? ALL_LOSSES : ONE_LOSS;
  const said = Object.fromEntries(Object.keys(lanes).map((name) => [name, say[name](lanes, bptt)]));
  const cut = "detach" in lanes ? "the scissors" : "the zeros";
  const start = every
    ? "Now every answer has a loss, as in training: a small triangle each. So each mini-batch has a gradient of its own, " +
      `and it still stops at ${cut}.`
    : "The **gradient** says how much the loss would change if an earlier state changed by 1. It is not a probability: its " +
      "unit is loss per unit of state. Click a lane to look at it alone, and to read how fast it fades.";
  return { ...said, "": start };
}

/** @typedef {Record<string, (lanes: Lanes, bptt: number) => string>} Said by lane */

const BEFORE = "**Untrained**: the same network before its first training step. ";

/** The words of one mini-batch. @param {number} bptt */
export const own = (bptt) => plural(bptt, "word");

/** @type {Said["reset"]} */
const reset = (_, bptt) =>
  `**Reset**: each mini-batch starts from a state of zeros, so the gradient ends there, after at most ${own(bptt)}. The ` +
  "network starts without any memory of the text before.";

/** The loss of the last step. @type {Said} */
const ONE_LOSS = {
  detach: ({ detach, keep = detach }, bptt) =>
    `**Detach**: the next mini-batch gets the state, but the gradient stops at the scissors, after at most ${own(bptt)}. At the ` +
    `right cut, ${across(keep, bptt)} of it is left: uncut, it would go on through ${plural(bptt, "more word")}, to the left one.`,
  keep: ({ keep }) => {
    const there = Array.from(keep).filter((norm) => norm > 0).length;
    const got = there === keep.length ? `all ${there} steps get` : `${there} of ${keep.length} steps get`;
    return `**No detach**: ${got} a gradient, through all three mini-batches. ${fading(keep)} The farthest is ${far(keep)} of the nearest.`;
  },
  untrained: ({ untrained }) => {
    const gone = farShare(untrained) < VANISHED ? " It has vanished: a **vanishing gradient**." : "";
    return `${BEFORE}${fading(untrained)} The farthest gradient is ${far(untrained)} of the nearest.${gone}`;
  },
  reset,
};

/** A loss at every step: what is left of one of them cannot be read from their sum. @type {Said} */
const ALL_LOSSES = {
  detach: ({ detach }, bptt) => {
    const more = times(detach[detach.length - bptt], detach[detach.length - 1]);
    const first = more && `: in the third one, the first state's gradient is **${more}** times the last one's`;
    return (
      `**Detach**: the gradient of each loss stops at the scissors, after at most ${own(bptt)}. All losses of a mini-batch ` +
      `reach its first state, and one its last${first}.`
    );
  },
  keep: ({ keep, detach }) => {
    const more = times(keep[0], detach[0]);
    const said = `**No detach**: one backward pass covers all ${keep.length} steps. `;
    if (more === "" || more === "1.00") return `${said}The losses of the two later mini-batches have faded before they arrive at the first step.`;
    return `${said}The gradient at the first step is **${more}** times that with detach: the losses of the two later mini-batches arrive there too.`;
  },
  untrained: ({ untrained }) => {
    const norms = Array.from(untrained).filter((norm) => norm > 0);
    const least = norms.length ? Math.min(...norms) / Math.max(...norms) : 0;
    return `${BEFORE}Its least gradient is **${part(least)}** of its largest. Untick “A loss at every step” to see how fast one loss fades.`;
  },
  reset,
};

/** How many times one norm another is; "" for nothing to compare. @param {number} norm @param {number} other */
const times = (norm, other) => (other ? (norm / other).toFixed(2) : "");

/** What arrives at the cut before the last mini-batch, as drawn there. @param {ArrayLike<number>} keep @param {number} bptt */
const across = (keep, bptt) => `**${part(keep[keep.length - bptt] / (keep[keep.length - 1] || 1))}**`;

/** How fast a gradient fades: what is left NEAR steps back, and where half of it is. @param {ArrayLike<number>} norms */
function fading(norms) {
  const shares = Array.from(norms, (norm) => norm / (norms[norms.length - 1] || 1)).reverse();
  const half = shares.findIndex((share) => share < 0.5);
  const near = shares.length > NEAR ? `**${part(shares[NEAR])}** is left ${NEAR} steps back` : "";
  if (near && half === NEAR) return `${near}, the first step with less than half.`;
  const less = half < 0 ? "it is never less than half" : `it is less than half from ${plural(half, "step")} back`;
  return `${[near, less].filter(Boolean).join(", and ").replace(/^it/, "It")}.`;
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
    `With all losses, it is a share of the largest norm. Half as thick is an eighth of it. Nearest: ${norms}. Typical means the median of ${plural(bs, "row")}: ` +
    `mini-batches ${batches[0]} to ${batches[batches.length - 1]} of train, whose first row has the words above the lanes, if there is room for them; ${start}. Loss ${loss.toFixed(3)}, on a copy in eval ` +
    "mode: batch norm uses the statistics that it learnt. All lanes but “untrained” have the weights of the training step shown."
  );
}
