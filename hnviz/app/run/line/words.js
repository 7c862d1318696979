// @ts-check
// What the line says of a run. No DOM.

/**
 * A run's name, its state and its steps; where the page shows another snapshot than the last, that one's.
 * @param {any} facts of the topic "run"
 * @param {number|null} step that the pictures show
 */
export function lineText({ name, shipped, status, is_live: live, step: reached, n_steps: all }, step) {
  const state = shipped ? "pre-trained" : status;
  if (all === null) return `${name}: ${state}, no step yet`;
  const at = (/** @type {number} */ place) => `step ${place.toLocaleString("en")} of ${all.toLocaleString("en")}`;
  if (step === null || step === reached) return `${name}: ${state}, ${at(reached)}`;
  return live ? `${name}: ${state}, ${at(reached)}, shown at step ${step.toLocaleString("en")}` : `${name}: ${state}, shown at ${at(step)}`;
}
