// @ts-check
// What a line of a task says about one place, in words.

import { percent } from "../../../kit/js/text.js";

/** @typedef {[string, number|null, string[], number]} Place token, tokens needed, best guesses, chance of each */

const MOST_NAMED = 4; // guesses

/** @param {number} n */
export const tokens = (n) => (n === 1 ? "token" : `${n} tokens`);

/** @param {string[]} names */
function listed(names) {
  const last = names[names.length - 1];
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
}

/**
 * Say what comes next, and how far back what decides it lies. Parts in brackets are bold.
 * @param {Place} place
 * @param {number} farthest how far back the line was looked through
 * @returns {(string|string[])[]}
 */
export function sentence([, needed, guesses, chance], farthest) {
  const far = needed === null ? [`more than ${farthest} tokens`] : [`the last ${tokens(needed)}`];
  if (guesses.length > 1) {
    const names = guesses.length > MOST_NAMED ? `${guesses.length} tokens` : listed(guesses);
    const said = ["Chance decides: ", [names], ` are equally likely, ${percent(chance)} each. `];
    if (needed === 0) return [...said, "No context helps."];
    return [...said, "To know even that, a network must see ", far, "."];
  }
  const said = chance === 1 ? ["The next token is sure to be ", [guesses[0]]] : ["The best guess is ", [guesses[0]], `, right ${percent(chance)} of the time`];
  if (needed === 0) return [...said, ". It needs no context."];
  const goal = chance === 1 ? ", for a network that sees " : ". It needs ";
  return [...said, goal, far, needed === null ? "." : ". One token fewer is not enough."];
}
