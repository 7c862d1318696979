// @ts-check
// The runs that the Compare page lays over each other: in the address, and shared by its pictures.

import { inAddress, putOwnInAddress } from "../../kit/js/address.js";
import { mark, onMark, setMark } from "../../kit/js/page.js";

const RUNS = "runs";
const CHOSEN = "compared"; // the mark that holds their ids

export const MOST = 300; // as in hnviz/web/runs.py

/**
 * The ids of a list in an address, each once.
 * @param {string} text
 */
export const idsIn = (text) => [...new Set(text.split(",").filter(Boolean))];

/**
 * The chosen runs; `standard` where neither a reader nor the address has chosen any.
 * @param {string[]} standard
 * @returns {string[]}
 */
export function chosen(standard) {
  return mark(CHOSEN) ?? idsIn(inAddress(RUNS) ?? standard.join(","));
}

/**
 * Choose runs, for all pictures of the page.
 * @param {string[]} ids
 * @param {unknown} from the picture that chooses
 */
export function choose(ids, from) {
  putOwnInAddress(RUNS, ids.join(","));
  setMark(CHOSEN, ids, from);
}

/**
 * Call `hear` when another picture chooses; the returned function ends that.
 * @param {unknown} self
 * @param {(ids: string[]) => void} hear
 */
export const onChosen = (self, hear) => onMark(CHOSEN, self, hear);
