// @ts-check
// The training loop: hnviz/learn/learner.py. It yields events, and works only while someone asks for the next one.

import { Adam } from "./adam.js";
import { Batches } from "./batches.js";
import { checkIdentity, identityOf } from "./identity.js";
import { check } from "./limits.js";
import { EngineError } from "./error.js";
import { Network } from "./network.js";
import { oneCycle, snapshotSteps } from "./schedule.js";
import { bytesOf, Tally } from "./tally.js";
import { firstWeights } from "./weights.js";

/**
 * @typedef {import("./limits.js").Job} Job
 * @typedef {import("./parameters.js").Values} Values
 * @typedef {Record<string, any> & { event: string }} Event as a line of events.jsonl: hnviz/events.py
 */

/** The device of a run that trains in a browser. */
export const BROWSER = "browser";

const SMOOTHING = 0.98; // factor of the exponential average of train_loss

/** One run: a network, its optimizer, and its progress. `step` counts the updates whose event has been yielded. */
export class Learner {
  /**
   * Arrange the texts, and build the network with the first weights of the seed. Throws EngineError.
   * @param {Job} job
   */
  constructor(job) {
    check(job);
    const { form, config, kinds } = job;
    if (form.dropout) throw new EngineError("a model with dropout trains only in torch: the browser does not draw dropout's random numbers");
    const sizes = { nv: kinds.length, nh: config.nh, bs: config.bs, bptt: config.bptt };
    this.config = config;
    this.identity = identityOf(job);
    this.train = new Batches(job.train, config, form.predicts);
    this.valid = new Batches(job.valid, config, form.predicts);
    this.network = new Network(form, sizes, bytesOf(this.train) + bytesOf(this.valid));
    this.network.load(firstWeights(form, sizes, config));
    this.adam = new Adam(this.network.machine, this.network.parameters);
    this.tally = new Tally(this.train, kinds);
    this.validTally = new Tally(this.valid, kinds);
    this.nBatches = this.train.length;
    this.nSteps = this.nBatches * config.epochs;
    this.snapshotSteps = snapshotSteps(this.nSteps, this.nBatches);
    this.step = 0;
    this.epochs = 0; // valid passes done
    this.smooth = 0; // exponential average of the losses, not yet debiased
    this.right = 0; // sum of this epoch's accuracies on train
    this.seconds = 0; // of computing in this epoch, without pauses
    /** @type {[loss: number, accuracy: number][]} */
    this.pending = []; // steps that are computed and not yet told: a checkpoint from a GPU may have some
  }

  /**
   * Train from the current step to the end, and tell each event.
   * @returns {Generator<Event, void>}
   */
  *events() {
    for (const event of this.work()) if (event) yield event;
  }

  /**
   * The same for callers that share a thread: null comes after a mini-batch that has nothing to tell.
   * @returns {Generator<Event|null, void>}
   */
  *work() {
    if (this.step + this.pending.length) yield { event: "resumed", resumed_at: this.step, time: now() };
    else yield* [this.started(), ...this.snapshotEvents()];
    for (;;) {
      if (this.pending.length) {
        const [loss, accuracy] = this.pending[0];
        if (!Number.isFinite(loss)) return yield this.diverged(`the loss became ${inPython(loss)}`);
        this.pending.shift();
        yield* [this.batchEnd(loss, accuracy), ...this.snapshotEvents()];
      } else if (this.epochs < Math.floor(this.step / this.nBatches)) {
        if (["valid", "both"].includes(this.config.reset_state)) this.network.reset();
        const { loss, accuracy } = yield* this.readAll(this.valid, this.validTally);
        if (!Number.isFinite(loss)) return yield this.diverged(`the valid loss became ${inPython(loss)}`);
        yield this.epochEnd(loss, accuracy);
      } else if (this.step < this.nSteps) {
        this.pending.push(this.trainStep(this.step));
      } else {
        yield* this.trainPass();
        return yield this.finished();
      }
    }
  }

  /**
   * Train on one mini-batch.
   * @param {number} step
   * @returns {[loss: number, accuracy: number]} before the update
   */
  trainStep(step) {
    const begun = performance.now();
    const { network, config } = this;
    const index = step % this.nBatches;
    if (index === 0 && ["train", "both"].includes(config.reset_state)) network.reset();
    const { lr, momentum } = oneCycle(step, this.nSteps, config);
    const figures = this.read(this.train, index, this.tally, true);
    network.backward();
    this.adam.step(lr, momentum);
    network.refresh();
    network.carry();
    this.seconds += (performance.now() - begun) / 1000;
    return figures;
  }

  /**
   * Read a text from the state as it is, in eval mode; its loss and accuracy are means of mini-batches.
   * @param {Batches} batches
   * @param {Tally} tally
   * @returns {Generator<null, { loss: number, accuracy: number }>}
   */
  *readAll(batches, tally) {
    let [losses, accuracies] = [0, 0];
    for (let index = 0; index < batches.length; index++) {
      const begun = performance.now();
      const [loss, accuracy] = this.read(batches, index, tally, false);
      this.network.carry();
      losses += loss;
      accuracies += accuracy;
      this.seconds += (performance.now() - begun) / 1000;
      yield null;
    }
    return { loss: losses / batches.length, accuracy: accuracies / batches.length };
  }

  /**
   * Read one mini-batch.
   * @param {Batches} batches
   * @param {number} index
   * @param {Tally} tally
   * @param {boolean} isTraining
   * @returns {[loss: number, accuracy: number]}
   */
  read(batches, index, tally, isTraining) {
    const { x, y } = batches.at(index);
    this.network.forward(x, isTraining);
    const answers = this.network.judge(y);
    return [answers.loss, tally.take(index, answers)];
  }

  /** Read train once more as valid is read, from a state of zeros; nothing of the run's progress changes. */
  *trainPass() {
    const { network, seconds, tally } = this; // the last epoch no longer needs its answers
    const carried = network.readState();
    network.reset();
    const { loss, accuracy } = yield* this.readAll(this.train, tally);
    network.loadState(carried);
    this.seconds = seconds;
    yield { event: "train_pass", step: this.step, loss, accuracy, kinds: tally.figures() };
  }

  /** Copy the weights and, as "state", the carried hidden state. */
  snapshot() {
    return { ...this.network.read(), ...this.network.readState() };
  }

  /**
   * Copy all that `restore` needs, named as hnviz.learn.Learner.checkpoint names it; may be called after any event.
   * @returns {Record<string, import("../app/kit/js/arrays.js").Numbers>}
   */
  checkpoint() {
    const { network, step, epochs, smooth, right, seconds } = this;
    return {
      ...network.readState(),
      ...prefixed("model.", network.read()),
      ...prefixed("adam.", this.adam.read()),
      ...prefixed("tally.", this.tally.read(this.nRecorded)),
      progress: Int32Array.of(step, epochs),
      sums: Float64Array.of(smooth, right, seconds),
      pending: Float64Array.from(this.pending.flat()),
      identity: this.identity,
    };
  }

  /**
   * Return to the point where a checkpoint was taken, by this engine or by torch's. A torch checkpoint needs `identityOf`
   * its job added. Throws EngineError for a checkpoint of another run.
   * @param {Values} checkpoint
   */
  restore(checkpoint) {
    checkIdentity(checkpoint.identity, this.identity);
    this.network.load(under("model.", checkpoint));
    this.network.loadState(checkpoint);
    this.adam.load(under("adam.", checkpoint));
    [this.step, this.epochs] = Array.from(checkpoint.progress);
    [this.smooth, this.right, this.seconds] = Array.from(checkpoint.sums);
    this.pending = Array.from({ length: checkpoint.pending.length / 2 }, (_, at) => [checkpoint.pending[2 * at], checkpoint.pending[2 * at + 1]]);
    this.tally.load(this.nRecorded, under("tally.", checkpoint));
  }

  /** How many of this epoch's mini-batches have their answers recorded. */
  get nRecorded() {
    return this.step + this.pending.length - this.epochs * this.nBatches;
  }

  /** @returns {Event} */
  started() {
    const nWeights = this.network.parameters.count;
    return { event: "started", n_batches: this.nBatches, n_steps: this.nSteps, n_weights: nWeights, device: BROWSER, time: now() };
  }

  /** @returns {Event[]} */
  snapshotEvents() {
    return this.snapshotSteps.has(this.step) && !this.pending.length ? [{ event: "snapshot", step: this.step }] : [];
  }

  /**
   * @param {number} loss
   * @param {number} accuracy
   * @returns {Event}
   */
  batchEnd(loss, accuracy) {
    const step = this.step++;
    this.smooth = SMOOTHING * this.smooth + (1 - SMOOTHING) * loss;
    this.right += accuracy;
    return { event: "batch", step, loss, smooth_loss: this.smoothLoss, accuracy, ...oneCycle(step, this.nSteps, this.config) };
  }

  /**
   * @param {number} validLoss
   * @param {number} accuracy on valid
   * @returns {Event}
   */
  epochEnd(validLoss, accuracy) {
    const event = {
      event: "epoch",
      epoch: this.epochs,
      step: this.step,
      train_loss: this.smoothLoss,
      valid_loss: validLoss,
      accuracy,
      train_accuracy: this.right / this.nBatches,
      seconds: this.seconds,
      train_kinds: this.tally.figures(),
      valid_kinds: this.validTally.figures(),
    };
    this.epochs++;
    this.right = this.seconds = 0;
    return event;
  }

  get smoothLoss() {
    return this.smooth / (1 - SMOOTHING ** this.step);
  }

  /** @returns {Event} */
  finished() {
    const message = this.nSteps > 1 ? `all ${this.nSteps.toLocaleString("en-US")} steps are done` : "the only step is done";
    return this.ended("finished", message);
  }

  /** End a run before its last step. @returns {Event} */
  stopped() {
    const [step, nSteps] = [this.step, this.nSteps].map((each) => each.toLocaleString("en-US"));
    return this.ended("stopped", `stopped after step ${step} of ${nSteps}`);
  }

  /** Whether a training step comes next. A run pauses only here, so a step is never separated from what follows it. */
  get isBeforeStep() {
    return !this.pending.length && this.epochs >= Math.floor(this.step / this.nBatches) && this.step < this.nSteps;
  }

  /** @param {string} what which loss, and what it became @returns {Event} */
  diverged(what) {
    return this.ended("diverged", `diverged at step ${this.step}: ${what}; try a lower lr than ${shortest(this.config.lr)}`);
  }

  /**
   * @param {string} status
   * @param {string} message
   * @returns {Event}
   */
  ended(status, message) {
    return { event: "ended", status, step: this.step, message, time: now() };
  }
}

/** Seconds since 1970. */
const now = () => Date.now() / 1000;

/** NaN or infinity as Python writes them: nan, inf. @param {number} value */
const inPython = (value) => String(value).replace("NaN", "nan").replace("Infinity", "inf");

/** Six digits at most, as Python's format "g". @param {number} value */
export function shortest(value) {
  const [digits, power] = value.toExponential(5).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  return `${Number(digits)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/**
 * @template T
 * @param {string} prefix
 * @param {Record<string, T>} values
 * @returns {Record<string, T>}
 */
const prefixed = (prefix, values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));

/** The values whose names begin with a prefix, without it. @param {string} prefix @param {Values} values @returns {Values} */
const under = (prefix, values) =>
  Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])));
