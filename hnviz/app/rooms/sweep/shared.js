// @ts-check
// The sweep that was begun, which the page's pictures share.

import { putInAddress } from "../../kit/js/address.js";
import { onMark, setMark } from "../../kit/js/page.js";

const BEGUN = "begun"; // the mark that holds { sweep }, an id

/** The sweep that a reader started or chose, for when they come back to the room, and the newest one that the address has. */
export const last = { sweep: "", newest: "" };

/**
 * Show a sweep that was begun, in all pictures of the page.
 * @param {string} sweep
 * @param {unknown} from
 */
export function begin(sweep, from) {
  putInAddress("sweep", sweep);
  setMark(BEGUN, { sweep }, from);
}

/**
 * @param {unknown} self
 * @param {(id: string) => void} hear
 */
export const onBegun = (self, hear) => onMark(BEGUN, self, ({ sweep }) => hear(sweep));
