// @ts-check
// How often the next number is right, answered here: rooms/start/shares.py.

import { accuracy, plural } from "../../app/kit/js/text.js";
import { counted } from "../../browser/numbers.js";

const GIVEN = 3; // numbers that the network is given
const LAST_TRAINED = 7999;
const NOTEBOOK = "notebook"; // its split of the numbers

/**
 * @param {import("./look.js").Look} look
 * @returns {Promise<import("./look.js").Shown>}
 */
export async function startShares({ ask, facts, step }) {
  const { train, valid } = (await ask("counting_accuracy", { given: GIVEN })).meta;
  const isNotebook = facts.split === NOTEBOOK; // otherwise blocks of numbers are held out
  const [where, beyond] = isNotebook ? [`up to ${counted(LAST_TRAINED)}`, "above 8,000"] : ["where it has read", "elsewhere"];
  const sentence =
    `After ${plural(step, "step")} it gets **${accuracy(train)}** of next numbers right ${where}, and **${accuracy(valid)}** ${beyond}.`;
  return { meta: { train, valid }, sentence };
}
