// @ts-check
// For how many prompts a change of the state does what it does after this one: `_claims` in
// rooms/predictions/change_state/picture.py.

import { filled } from "./look.js";
import { operationIn } from "./operation.js";

/** @param {import("./look.js").Look} look @returns {Promise<import("./look.js").Shown>} */
export async function changeClaims(look) {
  const { given, asked, operation } = await operationIn(look);
  const { claim, holds, n } = (await look.ask("surgery_claims", { ids: given.ids, ...asked })).meta;
  const { clauses, range } = look.says.claims;
  const clause = (!operation.other.length && clauses[`${claim}, no other text`]) || clauses[claim];
  return { meta: { claim, holds }, sentence: filled(range, { clause, holds: holds[claim], n }) };
}
