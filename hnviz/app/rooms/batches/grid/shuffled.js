// The same text, cut at random by the rule of hnviz.layout, which gives the reason.

import { inReadingOrder, Layout } from "./layout.js";

const SHIFT = 2 ** 21; // more than windows that a text may have

export class Shuffled extends Layout {
  shuffled = true;

  constructor(nTokens, bs, bptt) {
    super(nTokens, bs, bptt);
    this.nWindows = Math.ceil(nTokens / bptt); // that cover the text
    this.nDealt = this.nBatches * bs; // slots for one: those left over get the first ones again
    this.order = dealingOrder(this.nWindows);
    this.place = new Uint32Array(this.nWindows); // window -> its place in the order
    for (let place = 0; place < this.nWindows; place++) this.place[this.order[place]] = place;
  }

  window(batch, row) {
    return this.order[(batch * this.bs + row) % this.nWindows];
  }

  rowStart(batch, row) {
    return this.window(batch, row) * this.bptt;
  }

  around(row, offset) {
    if (offset < 0 || offset >= this.rowLength) return null;
    return this.position(this.cellAt(row, offset));
  }

  ownSteps(batch, row) {
    if (batch * this.bs + row >= this.nWindows) return 0;
    return Math.min(this.bptt, this.nTokens - this.rowStart(batch, row));
  }

  target(cell) {
    return cell[2] + 1 < this.bptt ? this.after(cell) : null;
  }

  cells(position) {
    const found = [];
    for (let at = position; at < this.nWindows * this.bptt; at += this.nTokens) {
      let dealt = this.place[Math.floor(at / this.bptt)];
      for (; dealt < this.nDealt; dealt += this.nWindows) found.push(this.slot(dealt, at));
    }
    return found.sort(inReadingOrder);
  }

  owner(position) {
    return this.slot(this.place[Math.floor(position / this.bptt)], position);
  }

  slot(dealt, at) {
    return [Math.floor(dealt / this.bs), dealt % this.bs, at % this.bptt];
  }
}

/** Lay out `nTokens` as the settings say. */
export function layoutOf(nTokens, { bs, bptt, shuffled }) {
  return shuffled ? new Shuffled(nTokens, bs, bptt) : new Layout(nTokens, bs, bptt);
}

/** Windows 0 to n - 1, sorted by a hash of their number (murmur3's last steps). */
function dealingOrder(n) {
  const keys = new Float64Array(n);
  for (let window = 0; window < n; window++) {
    let key = Math.imul(window + 1, 0x9e3779b9);
    key = Math.imul(key ^ (key >>> 16), 0x85ebca6b);
    key = Math.imul(key ^ (key >>> 13), 0xc2b2ae35);
    key = (key ^ (key >>> 16)) >>> 0;
    keys[window] = key * SHIFT + window; // 53 bits: exact, and far faster than a comparator
  }
  keys.sort();
  const order = new Uint32Array(n);
  for (let place = 0; place < n; place++)
    order[place] = keys[place] - Math.floor(keys[place] / SHIFT) * SHIFT;
  return order;
}
