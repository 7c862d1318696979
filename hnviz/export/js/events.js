// @ts-check
// The events of a run as lines of events.jsonl, as hnviz/runs/events.py writes and reads them.

import { counted } from "../../browser/numbers.js";
import { isPlain } from "./json.js";
import { ZipError } from "./zip.js";

/** @typedef {import("../../browser/learner.js").Event} Event */

const MAX_BATCHES = 20_000; // in the events of a run: hnviz/schedule.py
const LARGEST = 2 ** 53; // the largest number that JSON may hold
const MAX_MESSAGE_CHARS = 1000;
const ENDS = ["finished", "stopped", "diverged", "failed"];

/** @type {Record<string, (value: any) => boolean>} what a field may hold; figures by kind may be missing, as in older runs */
const HOLDS = {
  count: (value) => Number.isSafeInteger(value) && value >= 0,
  number: (value) => value === null || (Number.isFinite(value) && Math.abs(value) <= LARGEST),
  text: (value) => typeof value === "string" && value.length <= MAX_MESSAGE_CHARS,
  end: (value) => ENDS.includes(value),
  kinds: (value) => isPlain(value) && Object.values(value).every(isByKind),
};

/** @type {Record<string, Record<string, string>>} kind of an event -> its fields, in their order */
const FIELDS = {
  started: { n_batches: "count", n_steps: "count", n_weights: "count", device: "text", time: "number" },
  batch: { step: "count", loss: "number", smooth_loss: "number", accuracy: "number", lr: "number", momentum: "number" },
  epoch: {
    ...{ epoch: "count", step: "count", train_loss: "number", valid_loss: "number", accuracy: "number", train_accuracy: "number" },
    ...{ seconds: "number", train_kinds: "kinds", valid_kinds: "kinds" },
  },
  train_pass: { step: "count", loss: "number", accuracy: "number", kinds: "kinds" },
  snapshot: { step: "count" },
  resumed: { resumed_at: "count", time: "number" },
  ended: { status: "end", step: "count", message: "text", time: "number" },
};

/** In which order the events of a step come. */
const ORDER = ["started", "batch", "snapshot", "epoch", "resumed", "train_pass", "ended"];

/** Answers of one kind of token: their number, how many were right, and the sum of their losses. @param {any} value */
const isByKind = (value) => Array.isArray(value) && value.length === 3 && HOLDS.count(value[0]) && HOLDS.count(value[1]) && value[2] !== null && HOLDS.number(value[2]);

/**
 * Write a run's events. Of a long run most mini-batches are left out, as on the server.
 * @param {import("../../browser/run.js").Run} run
 * @returns {string}
 */
export function linesOf({ started, batches, ends, closing, resumed, snapshots }) {
  const saved = [...snapshots.keys()].map((step) => ({ event: "snapshot", step }));
  const all = [...(started ? [started] : []), ...batches, ...saved, ...ends, ...(resumed ? [resumed] : []), ...closing];
  const places = new Map(all.map((event) => [event, placeOf(event)]));
  const at = (/** @type {Event} */ event) => places.get(event) ?? 0;
  all.sort((a, b) => at(a) - at(b) || ORDER.indexOf(a.event) - ORDER.indexOf(b.event));
  const every = strideOf(started?.n_steps ?? 1);
  const kept = all.filter(({ event, step }, index) => event !== "batch" || step % every === 0 || all[index + 1]?.event !== "batch");
  return kept.map((event) => `${written(event)}\n`).join("");
}

/** How many updates were done when an event came. @param {Event} event */
function placeOf({ event, step, resumed_at: place }) {
  if (event === "started") return -1;
  return event === "resumed" ? place : step + (event === "batch" ? 1 : 0);
}

/** Steps from one mini-batch to the next in the events: `batch_stride` in hnviz/schedule.py. @param {number} nSteps */
function strideOf(nSteps) {
  let every = 1;
  while (every * MAX_BATCHES < nSteps) every *= 2;
  return every;
}

/** JSON as Python writes it: a reader of many lines knows a mini-batch by its first signs. @param {any} value @returns {string} */
function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (!isPlain(value)) return JSON.stringify(value); // a number that is none becomes null
  return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${written(each)}`).join(", ")}}`;
}

/**
 * What a run's events say. Throws ZipError with what is wrong.
 * @param {string} text
 * @param {{ nSteps: number, nBatches: number }} wanted by the run's settings and text
 */
export function readLines(text, { nSteps, nBatches }) {
  const log = new Log(nSteps, nBatches);
  const lines = text.split("\n").slice(0, -1); // what has no end of line is left out: its writer was killed
  lines.forEach((line, at) => {
    if (!log.take(eventIn(line))) throw new ZipError(`is damaged: line ${counted(at + 1)} of events.jsonl is no event of this run`);
  });
  return log;
}

/** @param {string} line @returns {Event|null} null for what is none */
function eventIn(line) {
  try {
    const { event: kind, ...values } = JSON.parse(line);
    const fields = Object.hasOwn(FIELDS, kind) ? FIELDS[kind] : null;
    if (!fields || !Object.keys(values).every((name) => Object.hasOwn(fields, name))) return null;
    if (!Object.entries(fields).every(([name, wanted]) => (wanted === "kinds" && !(name in values)) || HOLDS[wanted](values[name]))) return null;
    return { event: kind, ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? NaN])) };
  } catch {
    return null;
  }
}

/** Events in their order, without those that a resume undid: hnviz/runs/record.py. */
class Log {
  /**
   * @param {number} nSteps
   * @param {number} nBatches steps of an epoch
   */
  constructor(nSteps, nBatches) {
    this.nSteps = nSteps;
    this.nBatches = nBatches;
    /** @type {Event|null} */
    this.started = null;
    /** @type {Event|null} the last one */
    this.resumed = null;
    /** @type {Event[]} */
    this.batches = [];
    /** @type {Event[]} */
    this.ends = [];
    /** @type {Event[]} the last pass, and the end */
    this.closing = [];
  }

  /** Updates done. */
  get step() {
    return Math.max(this.closing.at(-1)?.step ?? 0, (this.batches.at(-1)?.step ?? -1) + 1, this.resumed?.resumed_at ?? 0);
  }

  /** Take an event; false for one that cannot come now. @param {Event|null} event @returns {boolean} */
  take(event) {
    if (!event || !(this.started || event.event === "started")) return false;
    const takes = {
      started: () => this.begin(event),
      batch: () => event.step < this.nSteps && event.step > (this.batches.at(-1)?.step ?? -1) && this.batches.push(event) > 0,
      epoch: () => this.end(event),
      train_pass: () => event.step === this.nSteps && this.close(event),
      snapshot: () => event.step <= this.nSteps,
      resumed: () => this.goBack(event),
      ended: () => event.step <= this.nSteps && this.close(event),
    };
    return Boolean(takes[/** @type {keyof typeof takes} */ (event.event)]());
  }

  /** It starts, perhaps again: it was killed before its first checkpoint. @param {Event} event */
  begin(event) {
    if (event.n_steps !== this.nSteps || event.n_batches !== this.nBatches) {
      throw new ZipError(`is damaged: it has ${counted(event.n_steps)} steps, and its settings give ${counted(this.nSteps)}`);
    }
    [this.started, this.resumed, this.batches, this.ends, this.closing] = [event, null, [], [], []];
    return true;
  }

  /** @param {Event} event */
  end(event) {
    this.ends = this.ends.filter(({ epoch }) => epoch < event.epoch);
    return event.epoch === this.ends.length && event.step <= this.nSteps && this.ends.push(event) > 0;
  }

  /** @param {Event} event */
  close(event) {
    this.closing = [...this.closing.filter((each) => each.event !== event.event), event];
    return true;
  }

  /** @param {Event} event */
  goBack(event) {
    const { resumed_at: step } = event;
    [this.resumed, this.closing] = [event, []];
    this.batches = this.batches.filter((each) => each.step < step);
    this.ends = this.ends.filter((each) => each.step <= step);
    return step <= this.nSteps;
  }
}
