// @ts-check
// A text in mini-batches, as hnviz/layout.py arranges it; within one, time comes first.

/**
 * @typedef {object} Batch
 * @property {Int32Array} x ids, (bptt, bs)
 * @property {Int32Array} y the true next ones: (bptt, bs), or (bs) if only the last token is answered
 */

/** How many mini-batches an epoch has. @param {{ train: ArrayLike<number>, config: { bs: number, bptt: number } }} job */
export const batchesOf = ({ train, config: { bs, bptt } }) => Math.ceil(train.length / (bptt * bs));

export class Batches {
  /**
   * @param {ArrayLike<number>} ids
   * @param {{ bs: number, bptt: number }} config
   * @param {string} predicts "last" or "every"
   */
  constructor(ids, { bs, bptt }, predicts) {
    this.ids = ids;
    this.bs = bs;
    this.bptt = bptt;
    this.isLast = predicts === "last";
    this.length = batchesOf({ train: ids, config: { bs, bptt } }); // of a pass
    this.starts = Array.from({ length: bs }, (_, row) => Math.trunc((ids.length / bs) * row));
  }

  /** Answers of a mini-batch. */
  get nAnswers() {
    return this.isLast ? this.bs : this.bs * this.bptt;
  }

  /** @param {number} index of the mini-batch @returns {Batch} */
  at(index) {
    const { bptt, isLast } = this;
    return { x: this.cut(index, 0, bptt, 0), y: this.cut(index, isLast ? bptt - 1 : 0, bptt, 1) };
  }

  /**
   * The ids of all rows from one step to another, so many tokens later.
   * @param {number} index
   * @param {number} first
   * @param {number} end
   * @param {number} later
   */
  cut(index, first, end, later) {
    const { ids, bs, bptt, starts } = this;
    const cut = new Int32Array((end - first) * bs);
    for (let step = first; step < end; step++) {
      for (let row = 0; row < bs; row++) {
        cut[(step - first) * bs + row] = ids[(starts[row] + index * bptt + step + later) % ids.length];
      }
    }
    return cut;
  }
}
