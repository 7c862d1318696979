// @ts-check
// The order of a layer's cells, and which rows of them follow the same. No DOM.

import { columnsOf } from "./layout.js";

/**
 * @typedef {import("../kit/js/arrays.js").Answer} Answer
 * @typedef {{ from: number, to: number, name: string }} Group
 */

const LEAST = { position: 0.3, digits: 0.4 }; // mean share of its units' variance from which a group has a name

/**
 * The units of each layer, from the top left: in the order of what they follow once they are trained.
 * @param {{ layers: number, nh: number }} reading
 * @param {Answer|null} trained the view "machine_codes" of the last snapshot
 * @returns {ArrayLike<number>[]}
 */
export function orderOf({ layers, nh }, trained) {
  const known = trained?.arrays.order;
  return Array.from({ length: layers }, (_, layer) => (known ? known.data.subarray(layer * nh, (layer + 1) * nh) : Array.from({ length: nh }, (__, unit) => unit)));
}

/**
 * The rows of cells that follow the position in the number, and those that follow a digit, as shares of the
 * block's height from its top; a group that training has not made yet has no name, nor one whose cells follow less than the
 * best unit of the untrained network did.
 * @param {{ layers: number, nh: number }} reading
 * @param {Answer|null} codes the view "machine_codes" of the snapshot that is shown
 * @param {Answer|null} trained of the last one
 * @returns {Group[][]}
 */
export function groupsOf({ layers, nh }, codes, trained) {
  if (!codes || !trained || !codes.meta.labels.length || nh < 16) return Array.from({ length: layers }, () => []);
  const columns = columnsOf(nh);
  const rows = Math.ceil(nh / columns);
  return Array.from({ length: layers }, (_, layer) => {
    const ends = /** @type {[string, number][]} */ (trained.meta.groups[layer]); // a label, and how many units
    const position = ends.find(([name]) => name === "slot")?.[1] ?? 0;
    const digits = ends.filter(([name]) => name !== "slot" && name !== "little").reduce((sum, [, n]) => sum + n, 0);
    const cut = Math.round(position / columns);
    const end = Math.round((position + digits) / columns);
    const found = /** @type {["position"|"digits", number, number, number, number][]} */ ([
      ["position", 0, cut, 0, position],
      ["digits", cut, end, position, position + digits],
    ]);
    return found
      .filter(([name, top, bottom, from, to]) => bottom > top && meanShare(codes, trained, layer, nh, name, from, to) >= Math.max(LEAST[name], before(codes, layer, name)))
      .map(([name, top, bottom]) => ({ from: top / rows, to: bottom / rows, name }));
  });
}

/**
 * The largest share of a unit before training; 0 where it is not known.
 * @param {Answer} codes
 * @param {number} layer
 * @param {"position"|"digits"} name
 */
function before({ arrays: { untrained } }, layer, name) {
  if (!untrained) return 0;
  const n = untrained.shape[1];
  return name === "position" ? untrained.data[layer * n] : Math.max(...untrained.data.subarray(layer * n + 1, (layer + 1) * n));
}

/**
 * The mean of what the position, or the best digit, explains of some units.
 * @param {Answer} codes
 * @param {Answer} trained
 * @param {number} layer
 * @param {number} nh
 * @param {"position"|"digits"} name
 * @param {number} from place in the order
 * @param {number} to
 */
function meanShare(codes, trained, layer, nh, name, from, to) {
  const { explained } = codes.arrays;
  const { order } = trained.arrays;
  const n = explained.shape[2];
  let sum = 0;
  for (let place = from; place < to; place++) {
    const start = (layer * nh + Number(order.data[layer * nh + place])) * n;
    const shares = explained.data.subarray(name === "position" ? start : start + 1, name === "position" ? start + 1 : start + n);
    sum += Math.max(...shares);
  }
  return sum / Math.max(1, to - from);
}
