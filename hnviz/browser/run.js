// @ts-check
// A run that trains in this page: what it has told so far, the snapshots that it keeps, and its buttons.

import { batchesOf } from "./batches.js";
import { BROWSER } from "./learner.js";
import { train } from "./worker.js";

/**
 * @typedef {import("./drive.js").Tensors} Tensors
 * @typedef {import("./learner.js").Event} Event
 * @typedef {import("./limits.js").Job} Job
 * @typedef {import("./parameters.js").Values} Values
 * @typedef {import("./worker.js").Button} Button
 * @typedef {{ snapshots: [number, Tensors][], checkpoint: Tensors|null, status: string, step: number, epochs: number,
 *             nSteps: number|null, message: string, batches: Event[], ends: Event[], started: Event|null, resumed: Event|null,
 *             closing: Event[] }} Stored
 */

/** The most memory for a run's snapshots; the package's own runs take at most 25 MB. */
export const MAX_KEPT_BYTES = 64 * 2 ** 20;

/** @type {Record<string, string>} button -> the status of a run that goes on */
const STATUS = { pause: "paused", step: "paused", goOn: "running" };

export class Run {
  /**
   * @param {Job} job
   * @param {string} address of worker.js
   * @param {number} [most] bytes of snapshots
   */
  constructor(job, address, most = MAX_KEPT_BYTES) {
    this.job = job;
    this.address = address;
    this.most = most;
    /** @type {Map<number, Tensors>} step -> weights, in rising order */
    this.snapshots = new Map();
    /** @type {Tensors|null} where it can go on: at its last epoch, or where it was stopped */
    this.checkpoint = null;
    /** @type {Set<(event: Event) => void>} */
    this.listeners = new Set();
    this.serial = 0; // of attempts: an earlier one is not heard any more
    /** @type {number|null} updates of the whole run; null until it is known */
    this.nSteps = null;
    /** @type {import("./worker.js").Buttons|undefined} */
    this.buttons = undefined;
    this.status = "running"; // as in hnviz/runs/record.py
    this.message = "";
    /** @type {Event[]} of mini-batches */
    this.batches = [];
    /** @type {Event[]} of epochs */
    this.ends = [];
    /** @type {Event|null} */
    this.started = null;
    /** @type {Event|null} where a browser went on with a run that a server had begun, or the other way round */
    this.resumed = null;
    /** @type {Event[]} the pass over train, and the end */
    this.closing = [];
    this.forget();
  }

  forget() {
    this.snapshots.clear();
    this.checkpoint = null;
    this.isSlow = false;
    this.batches = [];
    this.ends = [];
    this.started = this.resumed = null;
    this.closing = [];
    this.status = "running";
    this.step = 0; // updates done
    this.epochs = 0;
    this.nSteps = null;
    this.message = "";
  }

  get isLive() {
    return this.status === "running" || this.status === "paused";
  }

  /** All that `takeUp` needs. @returns {Stored} */
  get stored() {
    const { checkpoint, status, step, epochs, nSteps, message, batches, ends, started, resumed, closing } = this;
    return { snapshots: [...this.snapshots], checkpoint, status, step, epochs, nSteps, message, batches, ends, started, resumed, closing };
  }

  /**
   * Continue as a run of an earlier page, which the browser has stored. Returns whether it was training: it can then
   * resume from its last epoch.
   * @param {Stored} stored
   */
  takeUp({ snapshots, ...stored }) {
    this.end();
    Object.assign(this, stored, { snapshots: new Map(snapshots) });
    if (!this.isLive) return false;
    this.status = "stopped";
    this.message = `stopped after step ${this.step.toLocaleString("en-US")}`;
    return true;
  }

  get canResume() {
    return !this.isLive && this.checkpoint !== null;
  }

  /** Train from the first step; what the run has learnt is lost. */
  start() {
    this.end();
    this.forget();
    this.begin();
  }

  /**
   * Train on from a checkpoint: the one that the run left when it stopped, unless another is given.
   * @param {Values|null} checkpoint
   */
  resume(checkpoint = this.checkpoint) {
    if (!checkpoint) return;
    this.end();
    this.status = "running";
    this.begin(checkpoint);
  }

  /** @param {Values} [checkpoint] */
  begin(checkpoint) {
    const serial = this.serial;
    const hear = (/** @type {Event} */ event, /** @type {Tensors|undefined} */ tensors) => serial === this.serial && this.hear(event, tensors);
    this.buttons = train({ job: this.job, checkpoint }, hear, this.address);
  }

  /**
   * @param {Event} event
   * @param {Tensors} [tensors]
   */
  hear(event, tensors) {
    const takes = {
      started: () => {
        this.nSteps = event.n_steps;
        this.started = event;
      },
      resumed: () => {
        if (this.started && this.started.device !== BROWSER) {
          this.resumed = event;
          this.started = { ...this.started, device: BROWSER };
        }
        this.goBack(event.resumed_at);
      },
      batch: () => {
        this.step = event.step + 1;
        this.batches.push(event);
      },
      epoch: () => {
        this.epochs = event.epoch + 1;
        this.ends = [...this.ends.filter(({ epoch }) => epoch < event.epoch), event];
        this.checkpoint = tensors ?? null;
      },
      snapshot: () => this.keep(event.step, /** @type {Tensors} */ (tensors)),
      train_pass: () => this.closing.push(event),
      ended: () => {
        this.closing.push(event);
        [this.status, this.message] = [event.status, event.message];
        this.checkpoint = tensors ?? null;
      },
    };
    takes[/** @type {keyof typeof takes} */ (event.event)]?.();
    for (const hear of [...this.listeners]) hear(event);
  }

  /** What came after this step does not count. @param {number} step */
  goBack(step) {
    const nBatches = batchesOf(this.job);
    this.step = step;
    this.nSteps = nBatches * this.job.config.epochs;
    this.epochs = Math.floor(step / nBatches);
    for (const later of [...this.snapshots.keys()]) if (later > step) this.snapshots.delete(later);
    this.batches = this.batches.filter((each) => each.step < step);
    this.ends = this.ends.filter((each) => each.epoch < this.epochs);
    this.closing = [];
  }

  /**
   * Keep a snapshot. A run has at most 48, those of a run folder. If they take more than `most` bytes, the ones whose
   * neighbours are nearest, relative to their steps, are dropped; never the first, which is the untrained network, and
   * never the last.
   * @param {number} step
   * @param {Tensors} tensors
   */
  keep(step, tensors) {
    const { snapshots } = this;
    snapshots.set(step, tensors);
    while (snapshots.size > 2 && sum([...snapshots.values()].map(bytesOf)) > this.most) {
      const steps = [...snapshots.keys()];
      const room = (/** @type {number} */ at) => (steps[at + 1] - steps[at - 1]) / (steps[at] + 1);
      const inner = steps.map((_, at) => at).slice(1, -1);
      snapshots.delete(steps[inner.reduce((least, at) => (room(at) < room(least) ? at : least))]);
    }
  }

  /** @param {Button} button */
  press(button) {
    if (!this.isLive) return;
    if (button in STATUS) this.status = STATUS[button];
    if (button === "slow" || button === "fast") this.isSlow = button === "slow";
    this.buttons?.press(button);
    for (const hear of [...this.listeners]) hear({ event: button });
  }

  /** End it, and hear nothing more of it: another takes its place. */
  end() {
    this.serial++;
    this.buttons?.press("stop");
    this.buttons = undefined;
  }

  /** @param {(event: Event) => void} hear each event, and each button */
  on(hear) {
    this.listeners.add(hear);
    return () => void this.listeners.delete(hear);
  }
}

/** @param {Tensors} tensors */
const bytesOf = (tensors) => sum(Object.values(tensors).map(({ byteLength }) => byteLength));

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
