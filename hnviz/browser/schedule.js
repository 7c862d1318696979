// @ts-check
// The plan of a run: lr and momentum of each step, and the steps with a snapshot. As hnviz/schedule.py, which says why.

const DIV = 25;
const FINAL_DIV = 25e4;
const [HIGH, LOW] = [0.95, 0.85]; // momentum
const MAX_SNAPSHOTS = 48;
const EARLY_SNAPSHOTS = 31;

/**
 * fastai's one-cycle schedule.
 * @param {number} step from 0
 * @param {number} nSteps
 * @param {{ lr: number, pct_start: number }} config
 * @returns {{ lr: number, momentum: number }}
 */
export function oneCycle(step, nSteps, { lr, pct_start }) {
  const nUp = Math.floor(nSteps * pct_start);
  if (step < nUp) {
    const share = step / nUp;
    return { lr: cosine(lr / DIV, lr, share), momentum: cosine(HIGH, LOW, share) };
  }
  const share = (step - nUp) / Math.max(nSteps - nUp, 1);
  return { lr: cosine(lr, lr / FINAL_DIV, share), momentum: cosine(LOW, HIGH, share) };
}

/** Half a cosine from start to end. @param {number} start @param {number} end @param {number} share of the way */
const cosine = (start, end, share) => end + ((start - end) / 2) * (1 + Math.cos(Math.PI * share));

/**
 * The steps after which the weights are saved.
 * @param {number} nSteps
 * @param {number} nBatches steps of an epoch
 * @returns {Set<number>}
 */
export function snapshotSteps(nSteps, nBatches) {
  const steps = new Set([0, nSteps]);
  for (let at = 0; at < EARLY_SNAPSHOTS - 1; at++) steps.add(Math.round(nSteps ** (at / (EARLY_SNAPSHOTS - 1))));
  const room = MAX_SNAPSHOTS - steps.size;
  const apart = nBatches * Math.ceil(nSteps / (nBatches * (room + 1))); // whole epochs
  for (let step = apart; step < nSteps; step += apart) steps.add(step);
  return steps;
}
