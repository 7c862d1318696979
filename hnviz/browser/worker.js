// @ts-check
// Trains in a worker, or where a page gets none, on its own thread in slices of time.
//
// The page sends { job, checkpoint }, then the names of buttons. The worker answers with { event, tensors }.

import { Drive } from "./drive.js";
import { Learner } from "./learner.js";
import { EngineError } from "./error.js";

/**
 * @typedef {import("./drive.js").Tell} Tell
 * @typedef {import("./limits.js").Job} Job
 * @typedef {import("./parameters.js").Values} Values
 *
 * @typedef {"pause"|"goOn"|"step"|"slow"|"fast"|"stop"} Button
 * @typedef {{ press: (button: Button) => void }} Buttons of a run
 * @typedef {{ job: Job, checkpoint?: Values }} Order
 * @typedef {{ event: import("./learner.js").Event, tensors?: import("./drive.js").Tensors }} Told
 *
 * @typedef {object} Port as much of a worker's scope as is used
 * @property {(told: Told) => void} postMessage
 * @property {((message: { data: any }) => void)|null} onmessage
 */

/** The name of the engine's worker: the same module is loaded by pages, which do not serve. */
const NAME = "hnviz-engine";

/**
 * Begin a run on this thread. What the engine refuses ends it with a sentence, as any other error does.
 * @param {Order} order
 * @param {Tell} tell
 * @returns {Buttons}
 */
function begin({ job, checkpoint }, tell) {
  const fail = (/** @type {unknown} */ error, /** @type {number} */ step) => tell(failed(step, sentence(error, step)));
  try {
    const learner = new Learner(job);
    if (checkpoint) learner.restore(checkpoint);
    const drive = new Drive(learner, tell);
    drive.run().catch((error) => fail(error, learner.step));
    return { press: (button) => drive[button]() };
  } catch (error) {
    queueMicrotask(() => fail(error, 0)); // as all events, after the caller has gone on
    return { press: () => {} };
  }
}

/**
 * @param {number} step
 * @param {string} message
 * @returns {import("./learner.js").Event}
 */
const failed = (step, message) => ({ event: "ended", status: "failed", step, message, time: Date.now() / 1000 });

/**
 * @param {unknown} error
 * @param {number} step
 */
function sentence(error, step) {
  if (error instanceof EngineError) return error.message;
  return `failed at step ${step}: ${error instanceof Error ? `${error.name}: ${error.message || "no details"}` : error}`;
}

/** Why a job does not reach the worker: it holds a function, or there is no memory for a copy. @param {unknown} error */
function uncopied(error) {
  const reason = error instanceof Error ? error.message : error;
  return `the browser cannot copy this job to its worker; build it only from numbers, strings, arrays and plain objects: ${reason}`;
}

/** Answer a page: what a worker does. @param {Port} port */
export function serve(port) {
  /** @type {Buttons|undefined} */
  let run;
  port.onmessage = ({ data }) => {
    if (typeof data === "string") run?.press(/** @type {Button} */ (data));
    else run = begin(data, (event, tensors) => port.postMessage({ event, tensors }));
  };
}

/**
 * Train, in a worker if the page gets one.
 * @param {Order} order
 * @param {Tell} tell hears each event, "ended" as the last
 * @param {string} address of this module
 * @returns {Buttons}
 */
export function train(order, tell, address) {
  const worker = workerOf(address);
  if (!worker) return begin(order, tell);
  try {
    worker.postMessage(order);
  } catch (error) {
    worker.terminate();
    queueMicrotask(() => tell(failed(0, uncopied(error)))); // as all events, after the caller has gone on
    return { press: () => {} };
  }
  /** @type {Button[]} */
  const pressed = [];
  /** @type {Buttons|null} */
  let own = null; // a run on this thread
  let step = -1; // updates done at the last event; -1 before the first
  worker.onmessage = ({ data: { event, tensors } }) => {
    step = event.event === "batch" ? event.step + 1 : (event.step ?? event.resumed_at ?? 0);
    if (event.event === "ended") worker.terminate();
    tell(event, tensors);
  };
  worker.onerror = ({ message }) => {
    worker.terminate();
    if (step >= 0) return tell(failed(step, `the browser ended the run after step ${step}${message ? `: ${message}` : " and gave no reason"}`));
    own = begin(order, tell); // the worker could not load
    for (const button of pressed) own.press(button);
  };
  return {
    press(button) {
      if (step < 0) pressed.push(button);
      if (own) own.press(button);
      else worker.postMessage(button);
    },
  };
}

/** A blob is a script: browsers load no module from one in a page that is a file. @param {string} address */
function workerOf(address) {
  if (typeof Worker === "undefined") return null;
  try {
    return new Worker(address, { type: address.startsWith("blob:") ? "classic" : "module", name: NAME });
  } catch {
    return null; // a policy forbids it
  }
}

const scope = /** @type {any} */ (globalThis);
if (typeof scope.WorkerGlobalScope !== "undefined" && scope.name === NAME) serve(scope);
