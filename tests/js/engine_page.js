// A small page around the engine, for tests in browsers: tests/engine_page.py serves it.
import { train } from "../../hnviz/browser/worker.js";

const WORKER = new URL("../../hnviz/browser/worker.js", import.meta.url).href;

/** What nobody caught. */
const faults = [];
globalThis.addEventListener("error", ({ message }) => faults.push(message));
globalThis.addEventListener("unhandledrejection", ({ reason }) => faults.push(String(reason)));

/** Give a page no workers while it does something. */
export async function withoutWorkers(act) {
  const kept = globalThis.Worker;
  delete globalThis.Worker;
  try {
    return await act();
  } finally {
    globalThis.Worker = kept;
  }
}

/**
 * Train, and return the events until the run has ended; after so many steps it is stopped.
 * `hear` is told each event, with the run's buttons.
 */
export function trained(order, { steps = Infinity, hear = () => {}, address = WORKER } = {}) {
  const events = [];
  return new Promise((resolve) => {
    const run = train(
      order,
      (event) => {
        events.push(event);
        hear(event, run);
        if (event.event === "batch" && event.step === steps - 1) run.press("stop");
        if (event.event === "ended") resolve(events);
      },
      address,
    );
  });
}

/** The losses of a run's steps. */
export const lossesOf = (events) => events.filter(({ event }) => event === "batch").map(({ loss }) => loss);

/** Train a job's first steps; returns how far their losses are from the given ones, relative, and where it trained. */
async function apart({ job, losses }) {
  const { Worker: Plain } = globalThis;
  let workers = 0;
  globalThis.Worker &&= class extends Plain {
    constructor(...given) {
      super(...given);
      workers++;
    }
  };
  try {
    const found = lossesOf(await trained({ job }, { steps: losses.length })).slice(0, losses.length);
    const most = Math.max(...losses.map((loss, at) => Math.abs(found[at] - loss) / loss));
    return { steps: found.length, apart: most, workers };
  } finally {
    if (Plain) globalThis.Worker = Plain;
  }
}

/** Train each subject in a worker and on this page's thread, and jobs that are refused; print all as JSON. */
export async function print({ subjects, refused }) {
  const found = { agent: navigator.userAgent, models: {}, refused: {}, faults };
  for (const name of subjects) {
    const subject = await (await fetch(`/subjects/${name}`)).json();
    const page = await withoutWorkers(() => apart(subject));
    found.models[name] = { worker: await apart(subject), page };
  }
  for (const [name, job] of Object.entries(refused)) {
    const messages = [];
    for (const way of [(act) => act(), withoutWorkers]) {
      const events = await way(() => trained({ job }));
      messages.push(...events.map(({ status, message }) => `${status}: ${message}`));
    }
    found.refused[name] = messages;
  }
  document.body.textContent = JSON.stringify(found);
  document.title = "printed";
}

globalThis.engine = { trained, withoutWorkers, lossesOf, print, faults };
