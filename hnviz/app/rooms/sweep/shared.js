// @ts-check
// The sweep that the page shows: in the address, and shared by its pictures.

import { putInAddress } from "../../kit/js/address.js";
import { onMark, setMark } from "../../kit/js/page.js";

const SWEEP = "sweep";
const BEGUN = "begun"; // the mark that holds { sweep }, an id

/**
 * The id of the sweep that the address asks for; "" for the newest.
 * @param {import("../../kit/js/address.js").Asked} asked
 * @returns {string}
 */
export function askedFor(asked) {
  return asked.value(SWEEP, (text) => (/^[0-9a-f]{12}$/.test(text) ? text : null), "a sweep", "");
}

/** @param {string} id */
export const keepSweep = (id) => putInAddress(SWEEP, id);

/**
 * Show a sweep that was begun, in all pictures of the page.
 * @param {string} sweep
 * @param {unknown} from
 */
export function begin(sweep, from) {
  keepSweep(sweep);
  setMark(BEGUN, { sweep }, from);
}

/**
 * @param {unknown} self
 * @param {(id: string) => void} hear
 */
export const onBegun = (self, hear) => onMark(BEGUN, self, ({ sweep }) => hear(sweep));
