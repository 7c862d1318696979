// @ts-check
// Drives a learner beside other work: in slices of time, and by the buttons of a run.

/**
 * @typedef {import("./learner.js").Event} Event
 * @typedef {import("./learner.js").Learner} Learner
 * @typedef {Record<string, import("../app/kit/js/arrays.js").Numbers>} Tensors
 *
 * @callback Tell
 * @param {Event} event
 * @param {Tensors} [tensors] of a "snapshot"; of an "epoch", and of an "ended" by the button "stop", the checkpoint from which
 *   the run can go on
 * @returns {void}
 */

/** How long a slice lasts: on the page's own thread, at 60 frames a second, half of the time is left for drawing. */
const SLICE_MS = 8;

/** How long a slice waits for a frame: a browser draws none while a page is out of sight. */
const FRAME_MS = 50;

/** How long a slow run rests after a mini-batch. */
const SLOW_MS = 250;

/** A stretch of work on a thread that has other work, too. */
export class Slice {
  constructor() {
    this.begun = performance.now();
  }

  /** Rest if it has lasted long enough; another one begins then. */
  async end() {
    if (performance.now() - this.begun < SLICE_MS) return;
    await rest();
    this.begun = performance.now();
  }
}

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
    this.isSlow = false;
    this.steps = 0; // single steps still to do
    this.wake = () => {}; // ends a pause
  }

  /** Train until the run ends or is stopped. The first event comes after the caller has gone on. */
  async run() {
    await rest();
    const slice = new Slice();
    let rested = this.learner.step;
    for (const event of this.learner.work()) {
      if (event) this.hear(event);
      if (event?.event === "ended") return;
      const hasSnapshot = ["started", "batch"].includes(event?.event ?? "") && this.learner.snapshotEvents().length;
      if (hasSnapshot) continue; // the snapshot comes next
      if (this.isSlow && this.learner.step > rested) await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      rested = this.learner.step;
      while (this.rests) await new Promise((resolve) => (this.wake = () => resolve(undefined)));
      if (this.isStopped) return this.tell(this.learner.stopped(), this.learner.checkpoint());
      await slice.end();
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
    else if (event.event === "epoch") this.tell(event, this.learner.checkpoint());
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

  slow() {
    this.isSlow = true;
  }

  fast() {
    this.isSlow = false;
  }

  stop() {
    this.isStopped = true;
    this.wake();
  }
}

/** Let the thread do other waiting work; a page also draws a frame, or slices would take its time to draw. @returns {Promise<void>} */
export async function rest() {
  if (globalThis.document?.visibilityState === "visible") await frame();
  await message();
}

/** Wait until the page is about to draw a frame, or until it is clear that it draws none. @returns {Promise<void>} */
function frame() {
  return new Promise((resolve) => {
    const timer = setTimeout(end, FRAME_MS);
    const request = requestAnimationFrame(end);
    function end() {
      clearTimeout(timer);
      cancelAnimationFrame(request);
      resolve();
    }
  });
}

/** Wait for a message to oneself. It arrives after what is already waiting, and at once; setTimeout waits for 4 ms. @returns {Promise<void>} */
function message() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
