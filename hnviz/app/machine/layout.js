// @ts-check
// Where the parts of the reading machine are, in pixels of a drawing that is scaled to its place. No DOM.

/**
 * @typedef {{ isNarrow: boolean, zoom: number, width: number, height: number, head: number, big: number, small: number,
 *   first: number, pitch: number, last: number, gone: number, next: number, ahead: number, lanes: number[], tape: number,
 *   bars: { x: number, y: number, width: number, apart: number } }} Layout
 *   head    centre of the blocks after the last word read; `next` is that of the next word
 *   first   from there to the block before it, `pitch` between earlier ones, `ahead` between words to come
 *   last    centre of the earliest word for which there is room; at `gone`, one word further, it cannot be seen
 *   lanes   centres of the layers' blocks, the first layer lowest
 *   tape    centre of the line of words
 */

const NARROW = 560; // px
const WIDTH = 932; // of the drawing at its natural size
const LARGEST = 1.25; // beyond that more words are shown instead
export const BEHIND = 12; // words before the last one that are drawn, at most
export const AHEAD = 8; // words of the line from the last one on
const [ABOVE, BELOW] = [17.5, 31.5]; // of the line of words, around its centre
const GAP = 8; // between two layers
const ROOM = 204; // of all layers together

/**
 * @param {number} across px of the place
 * @param {number} layers
 * @returns {Layout}
 */
export function layoutOf(across, layers) {
  const isNarrow = across < NARROW;
  const zoom = isNarrow ? 1 : Math.min(LARGEST, across / WIDTH);
  const width = across / zoom;
  const bars = isNarrow
    ? { x: width - 104, y: 2, width: 48, apart: 22 }
    : { x: width - 192, y: 4, width: 132, apart: 25 };
  const most = layers === 1 ? 136 : 98;
  const big = Math.min(isNarrow ? 88 : most, (ROOM + GAP) / layers - GAP);
  const used = layers * (big + GAP) - GAP;
  const lowest = 4 + (ROOM + used) / 2 - big / 2;
  const head = isNarrow ? Math.max(76, width - 222) : width - 386;
  const [first, pitch, half] = isNarrow ? [82, 66, 32] : [128, 82, 46]; // half: of a word
  const earlier = Math.floor((head - first - half) / pitch);
  const [last, gone] = [earlier, earlier + 1].map((by) => (by < 0 ? head : head - first - by * pitch));
  return {
    isNarrow,
    zoom,
    width,
    height: isNarrow ? 298 : 286,
    head,
    big,
    small: isNarrow ? Math.min(34, big * 0.4) : Math.min(46, big * 0.48),
    first,
    pitch,
    last,
    gone,
    next: isNarrow ? head + 96 : width - 234,
    ahead: isNarrow ? 74 : 82,
    lanes: Array.from({ length: layers }, (_, layer) => lowest - layer * (big + GAP)),
    tape: isNarrow ? 244 : 236,
    bars,
  };
}

/**
 * The centre of a word that is `by` words behind the last one read (negative), or before it (positive).
 * @param {Layout} layout
 * @param {number} by may be a fraction while the words move
 */
export function placeOf({ head, first, pitch, next, ahead }, by) {
  if (by >= 1) return next + (by - 1) * ahead;
  if (by >= 0) return mix(head, next, by);
  if (by >= -1) return mix(head, head - first, -by);
  return head - first + (by + 1) * pitch;
}

/**
 * The side of a block that is `by` words behind.
 * @param {Layout} layout
 * @param {number} by
 */
export const sideOf = ({ big, small }, by) => mix(big, small, Math.min(1, Math.abs(by)));

/**
 * How much of a word can be seen: it fades as it leaves on the left, and between two moves none is half seen.
 * @param {Layout} layout
 * @param {number} x
 */
export const shown = ({ last, gone }, x) => clamp((x - gone) / (last - gone));

/** @param {number} nh how many cells a block has in a row */
export const columnsOf = (nh) => Math.ceil(Math.sqrt(nh));

/**
 * The cell under a point.
 * @param {Layout} layout
 * @param {{ nh: number, order: ArrayLike<number>[], n: number }} shown `n` words are to be seen behind the last, `order` the units of each layer from the top left
 * @param {number} x
 * @param {number} y
 * @returns {{ layer: number, unit: number, by: number }|null}
 */
export function cellAt(layout, { nh, order, n }, x, y) {
  const columns = columnsOf(nh);
  for (const [layer, centre] of layout.lanes.entries()) {
    for (let by = 0; by >= -n; by--) {
      const side = sideOf(layout, by);
      const [left, top] = [placeOf(layout, by) - side / 2, centre - side / 2];
      if (x < left || y < top || x >= left + side || y >= top + side) continue;
      const each = side / columns;
      const place = Math.floor((y - top) / each) * columns + Math.floor((x - left) / each);
      return place < nh ? { layer, unit: Number(order[layer][place]), by } : null;
    }
  }
  return null;
}

/**
 * The word of the line under a point; null for none. Of its own words the network has said one more than it read.
 * @param {Layout} layout
 * @param {{ at: number, n: number, given: number }} read
 * @param {number} x
 * @param {number} y
 * @returns {number|null}
 */
export function wordAt(layout, { at, n, given }, x, y) {
  if (y < layout.tape - ABOVE || y > layout.tape + BELOW) return null;
  const end = Math.min(n, at + AHEAD, Math.max(given, at + 2));
  for (let one = Math.max(0, at - BEHIND); one < end; one++) {
    const place = placeOf(layout, one - at);
    const half = one === at ? 50 : 36;
    if (Math.abs(x - place) < half && shown(layout, place) > 0) return one;
  }
  return null;
}

/**
 * The middle of a cell, and its side.
 * @param {Layout} layout
 * @param {number} nh
 * @param {number} layer
 * @param {number} place in the order from the top left
 * @param {number} by
 */
export function cellBox(layout, nh, layer, place, by) {
  const [columns, side] = [columnsOf(nh), sideOf(layout, by)];
  const each = side / columns;
  return {
    x: placeOf(layout, by) - side / 2 + ((place % columns) + 0.5) * each,
    y: layout.lanes[layer] - side / 2 + (Math.floor(place / columns) + 0.5) * each,
    side: each,
  };
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} share
 */
export const mix = (from, to, share) => from + (to - from) * share;

/** @param {number} share */
export const clamp = (share) => Math.max(0, Math.min(1, share));

/** @param {number} share slow at both ends */
export const ease = (share) => (share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2);

/**
 * How far a part of a word's time has come, eased.
 * @param {number} time of the word, from 0 to 1
 * @param {number} from
 * @param {number} to
 */
export const part = (time, from, to) => ease(clamp((time - from) / (to - from)));
