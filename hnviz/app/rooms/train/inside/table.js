// The answers by kind of token, epoch by epoch, and the whole numbers that were counted.

import { heads, listed } from "../../../kit/js/tables.js";

const SPLITS = ["train", "valid"];

/** @param {{ data: any }} view */
export function table(_, { data }) {
  if (!data?.epochs.length) return [];
  const rows = data.epochs.flatMap((each) =>
    SPLITS.flatMap((split) => data.kinds.map((kind, at) => [each.epoch, each.step, split, kind, ...shares(each[split][at])])),
  );
  const columns = [...heads("epoch", "step", "split", "kind", "tokens"), { title: "right", unit: "share" }, { title: "loss", unit: "per token" }];
  const { columns: names } = data.words;
  return [
    listed("Right answers and loss by kind of token", columns, rows),
    listed("Whole next numbers right, after three given", [{ title: "step" }, ...names.map((title) => ({ title, unit: "share" }))], data.counted),
  ];
}

/** Of [tokens, right ones, summed loss]: how many, the share right, the loss of one. */
const shares = ([n, right, loss]) => [n, ...(n ? [right / n, loss / n] : [null, null])];
