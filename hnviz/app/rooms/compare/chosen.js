// @ts-check
// The runs that the Compare page lays over each other: in the address, and shared by its pictures.

import { inAddress, putOwnInAddress } from "../../kit/js/address.js";
import { mark, onMark, setMark } from "../../kit/js/page.js";

const RUNS = "runs";
const CHOSEN = "compared"; // the mark that holds their ids
const READ = "compared_runs"; // the mark that holds what is known of them, and the measure that is shown

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

/**
 * Share what is known of the chosen runs, and which measure of them is shown.
 * @param {import("./curves/series.js").Run[]} runs
 * @param {string} measure
 * @param {unknown} from
 */
export const share = (runs, measure, from) => setMark(READ, { runs, measure }, from); // an object: marks compare arrays as text

/** @returns {import("./curves/series.js").Run[]} */
export const shared = () => mark(READ)?.runs ?? [];

/** @returns {string} of MEASURES in ./curves/series.js */
export const sharedMeasure = () => mark(READ)?.measure ?? "accuracy on valid";

/**
 * @param {unknown} self
 * @param {() => void} hear
 */
export const onShared = (self, hear) => onMark(READ, self, hear);
