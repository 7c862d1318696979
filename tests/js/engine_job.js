// A network and a text so small that an epoch is five steps.

export const FORM = {
  cell: "",
  layers: 1,
  nonlinearity: "relu",
  identity: false,
  normOver: "rows",
  normInLoop: false,
  predicts: "every",
  stateful: true,
  attends: false,
  maxBptt: null,
  dropout: false,
};
export const CONFIG = { nh: 5, bs: 3, bptt: 4, epochs: 2, lr: 1e-2, pct_start: 0.3, seed: 1, bn_init: "ones", reset_state: "never" };
const TEXT = Array.from({ length: 50 }, (_, at) => (at * at) % 7);
export const JOB = { form: FORM, config: CONFIG, train: TEXT, valid: TEXT.slice(0, 20), kinds: ["a", "a", "b", "b", "b", "c", "c"] };
