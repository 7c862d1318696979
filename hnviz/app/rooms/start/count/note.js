// @ts-check
// What the note under the counts says.

/**
 * @param {{ level: string }} count
 * @param {number|null} step of the words, while the run trains
 */
export function noteOf({ level }, step) {
  const [one, all] = level === "char" ? ["character", "characters"] : ["word", "words"];
  const from = step === null ? "" : ` These ${all} are from step ${step.toLocaleString("en")}.`;
  return `The bar under a ${one} shows its probability.${from}`;
}
