// @ts-check
// Drives a learner beside other work: in slices of time, and by the buttons of a run.

/**
 * @typedef {import("./learner.js").Event} Event
 * @typedef {import("./learner.js").Learner} Learner
 * @typedef {Record<string, import("../app/kit/js/arrays.js").Numbers>} Tensors
 *
 * @callback Tell
 * @param {Event} event
 * @param {Tensors} [tensors] of a "snapshot"
 * @returns {void}
 */

/** How long a slice lasts: on the page's own thread, at 60 frames a second, half of the time is left for drawing. */
const SLICE_MS = 8;

/** A run in progress. Its methods are its buttons; it hears them between two mini-batches. */
export class Drive {
  /**
   * @param {Learner} learner
   * @param {Tell} tell hears each event
   */
  constructor(learner, tell) {
    this.learner = learner;
    this.tell = tell;
    this.isPaused = false;
    this.isStopped = false;
    this.steps = 0; // single steps still to do
    this.wake = () => {}; // ends a pause
  }

  /** Train until the run ends or is stopped. The first event comes after the caller has gone on. */
  async run() {
    await others();
    let sliceEnd = performance.now() + SLICE_MS;
    for (const event of this.learner.work()) {
      if (event) this.hear(event);
      if (event?.event === "ended") return;
      const hasSnapshot = ["started", "batch"].includes(event?.event ?? "") && this.learner.snapshotEvents().length;
      if (hasSnapshot) continue; // the snapshot comes next
      while (this.rests) await new Promise((resolve) => (this.wake = () => resolve(undefined)));
      if (this.isStopped) return this.tell(this.learner.stopped());
      if (performance.now() < sliceEnd) continue;
      await others();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }

  /** Whether the run waits for a button. */
  get rests() {
    return this.isPaused && !this.steps && !this.isStopped && this.learner.isBeforeStep;
  }

  /** @param {Event} event */
  hear(event) {
    if (event.event === "batch") this.steps = Math.max(0, this.steps - 1);
    if (event.event === "snapshot") this.tell(event, this.learner.snapshot());
    else this.tell(event);
  }

  pause() {
    this.isPaused = true;
  }

  goOn() {
    this.isPaused = false;
    this.steps = 0;
    this.wake();
  }

  /** Pause, and do one more step. */
  step() {
    this.isPaused = true;
    this.steps++;
    this.wake();
  }

  stop() {
    this.isStopped = true;
    this.wake();
  }
}

/** Let the thread do other waiting work. A message arrives at once; setTimeout waits for 4 ms. @returns {Promise<void>} */
function others() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
