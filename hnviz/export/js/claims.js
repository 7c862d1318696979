// @ts-check
// For how many prompts a change of the state does what it does after this one: `_claims` in
// rooms/predictions/change_state/picture.py, and hnviz/figures/surgery_text.py.

import { operationIn } from "./operation.js";

/** What a claim says, as a clause. @type {Record<string, string>} */
const CLAUSES = {
  "same words": "no word changes",
  "own number": "the next number stays the same",
  "other number": "it says the other text's next number",
  "other thousand, own rest": "the thousand is the other text's, the rest its own",
  "own thousand, other rest": "the thousand is its own, the rest the other text's",
  "other thousand": "the thousand is the other text's",
  "another number": "it says a number that belongs to neither text",
  "no number": "it says no number",
};

/** @param {import("./look.js").Look} look @returns {Promise<import("./look.js").Shown>} */
export async function changeClaims(look) {
  const { given, asked, operation } = operationIn(look);
  const { claim, holds, n } = (await look.ask("surgery_claims", { ids: given.ids, ...asked })).meta;
  const isSwap = operation.other.length > 0;
  const clause = claim === "another number" && !isSwap ? "it says another number" : CLAUSES[claim];
  const sentence = `After this prompt, ${clause}. The same happens after **${holds[claim]}** of ${n} prompts drawn from train.`;
  return { meta: { claim, holds }, sentence };
}
