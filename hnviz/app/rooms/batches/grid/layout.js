// Where each token of a stream is in the mini-batches. The same rule as hnviz.layout:
//
//   start[j] = floor((N / bs) * j)      x[k, j, t] = token[(start[j] + k * bptt + t) mod N]
//
// and y is the same one token later. A cell is [k, j, t]: mini-batch, row and step, from 0.

export class Layout {
  shuffled = false;

  constructor(nTokens, bs, bptt) {
    this.nTokens = nTokens;
    this.bs = bs;
    this.bptt = bptt;
    this.nBatches = Math.ceil(nTokens / (bs * bptt));
    this.rowLength = this.nBatches * bptt; // tokens that a row reads in a pass
    this.starts = Array.from({ length: bs + 1 }, (_, row) =>
      row < bs ? Math.floor((nTokens / bs) * row) : nTokens,
    );
  }

  /** Tokens in a row's own share; past them the row reads on into the next one's. */
  share(row) {
    return this.starts[row + 1] - this.starts[row];
  }

  /** The stream position at which a row of a mini-batch starts. */
  rowStart(batch, row) {
    return (this.starts[row] + batch * this.bptt) % this.nTokens;
  }

  position([batch, row, step]) {
    return (this.rowStart(batch, row) + step) % this.nTokens;
  }

  /** The position at an offset in a row's text, even outside what it reads; null before the text. */
  around(row, offset) {
    const at = this.starts[row] + offset;
    return at < 0 ? null : at % this.nTokens;
  }

  /** Steps of a row's window that no other slot has read already; the others are hatched. */
  ownSteps(batch, row) {
    return Math.max(0, Math.min(this.bptt, this.share(row) - batch * this.bptt));
  }

  /** The cell that a row reads after this one; null past the end of the pass. */
  after([batch, row, step]) {
    if (step + 1 < this.bptt) return [batch, row, step + 1];
    return batch + 1 < this.nBatches ? [batch + 1, row, 0] : null;
  }

  /** The cell of the same row where a token is x that is this cell's y; null if there is none. */
  target(cell) {
    return this.after(cell);
  }

  /** Every cell of a pass that reads a stream position, in reading order. */
  cells(position) {
    const found = [];
    for (let row = 0; row < this.bs; row++) {
      const first = (position - this.starts[row] + this.nTokens) % this.nTokens;
      for (let offset = first; offset < this.rowLength; offset += this.nTokens)
        found.push(this.cellAt(row, offset));
    }
    return found.sort(inReadingOrder);
  }

  /** The one cell that reads a stream position and is not hatched. */
  owner(position) {
    let row = Math.min(this.bs - 1, Math.floor((position * this.bs) / this.nTokens));
    while (this.starts[row] > position) row--;
    while (this.starts[row + 1] <= position) row++;
    return this.cellAt(row, position - this.starts[row]);
  }

  /** Whether a row of a mini-batch goes on where the mini-batch before it stopped. */
  continues(batch, row) {
    const stopped = (this.rowStart(batch - 1, row) + this.bptt) % this.nTokens;
    return this.rowStart(batch, row) === stopped;
  }

  /** How many rows go on. */
  nContinued(batch) {
    let kept = 0;
    for (let row = 0; row < this.bs; row++) kept += this.continues(batch, row);
    return kept;
  }

  cellAt(row, offset) {
    return [Math.floor(offset / this.bptt), row, offset % this.bptt];
  }

  /** The nearest cell that exists. */
  clamp([batch, row, step]) {
    const within = (value, last) => Math.max(0, Math.min(last, value));
    return [
      within(batch, this.nBatches - 1),
      within(row, this.bs - 1),
      within(step, this.bptt - 1),
    ];
  }
}

/** "2-0-66" as a cell, or null. */
export const cellOf = (text) => (/^\d{1,9}-\d{1,9}-\d{1,9}$/.test(text ?? "") ? text.split("-").map(Number) : null);

export const inReadingOrder = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

export const sameCell = (a, b) =>
  Boolean(a && b) && a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
