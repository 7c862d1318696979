// @ts-check
// Where the words and cells of the rows are, in pixels. No DOM.

/**
 * @typedef {{ isNarrow: boolean, width: number, height: number, label: number, side: number, wide: number, words: number,
 *   across: number, columns: number, first: number, rows: number }} Place
 *   label    left edge of the cells that a row begins with
 *   side     of a layer's cells; `wide` is that of all layers beside each other
 *   words    left edge of the words; `columns` of them are shown from step `first` on, `across` px each
 */

const NARROW = 560; // px
export const TOP = 24; // px above the rows, for the steps' numbers
export const WORD = 26; // px, of a word's box
export const ROW = 68; // px from one row to the next
const SIDE = 34;
const GAP = 4; // between two layers
const WIDEST = 150; // px, of a word

/**
 * @param {number} width px of the place
 * @param {{ rows: number, bptt: number, layers: number }} shown
 * @param {number} step that must be seen
 * @returns {Place}
 */
export function placeOf(width, { rows, bptt, layers }, step) {
  const isNarrow = width < NARROW;
  const side = isNarrow ? 24 : SIDE;
  const wide = layers * (side + GAP) - GAP;
  const label = isNarrow ? 26 : 60;
  const words = label + wide + (isNarrow ? 8 : 22);
  const room = width - words;
  const columns = Math.max(1, Math.min(bptt, Math.floor(room / (isNarrow ? 62 : 84))));
  const first = Math.max(0, Math.min(bptt - columns, step - Math.floor(columns / 3))); // what it expects is right of the cells
  return { isNarrow, width, height: TOP + rows * ROW, label, side, wide, words, across: Math.min(room / columns, WIDEST), columns, first, rows };
}

/**
 * The middle of a step's word.
 * @param {Place} place
 * @param {number} step
 */
export const middleOf = ({ words, across, first }, step) => words + (step - first + 0.5) * across;

/** @param {number} row from the first one shown: the top of its word boxes */
export const topOf = (row) => TOP + row * ROW;

/**
 * Where the cells of a step begin: below its word, and inside the picture.
 * @param {Place} place
 * @param {number} step
 */
export const cellsAt = (place, step) => Math.min(place.width - place.wide, Math.max(place.words, middleOf(place, step) - place.wide / 2));

/**
 * The row and step under a point, or null.
 * @param {Place} place
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]|null}
 */
export function hit({ words, across, columns, first, rows }, x, y) {
  const [column, row] = [Math.floor((x - words) / across), Math.floor((y - TOP) / ROW)];
  return column >= 0 && column < columns && row >= 0 && row < rows ? [row, first + column] : null;
}
