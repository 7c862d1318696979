// What tests/load/page_training.py measures in a page: times of events, frames, bytes, memory.
import { trained, withoutWorkers } from "./engine_page.js";

const POINTS = 400; // of the curve that is drawn

/** Train to the end. Returns the kind of each event of a step or an epoch, with ms since the press. */
export async function timed(job) {
  const times = [];
  const begun = performance.now();
  await trained({ job }, { hear: ({ event }) => void (["batch", "epoch", "ended"].includes(event) && times.push([event, performance.now() - begun])) });
  return times;
}

/** A page that draws the losses so far in each frame, as one does that trains. */
class Curve {
  constructor() {
    this.losses = [];
    this.frames = 0;
    this.canvas = document.createElement("canvas");
    [this.canvas.width, this.canvas.height] = [900, 400];
    document.body.replaceChildren(this.canvas);
    this.paper = this.canvas.getContext("2d");
    this.draw = this.draw.bind(this);
    this.request = requestAnimationFrame(this.draw);
  }

  draw(now) {
    const { paper, canvas } = this;
    paper.clearRect(0, 0, canvas.width, canvas.height);
    paper.beginPath();
    this.losses.slice(-POINTS).forEach((loss, at) => paper.lineTo((at * canvas.width) / POINTS, canvas.height * (1 - loss / 4)));
    paper.stroke();
    paper.fillRect((now / 5) % canvas.width, canvas.height - 9, 9, 9); // something moves while nothing trains, too
    this.frames++;
    this.request = requestAnimationFrame(this.draw);
  }

  close() {
    cancelAnimationFrame(this.request);
  }
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Count frames and steps a second for so many ms: of an idle page, without a job, or of one that trains. */
export async function paced(ms, job, isInWorker = true) {
  const curve = new Curve();
  const state = { steps: 0, press: () => {} };
  const hear = ({ event, loss }, run) => {
    if (event !== "batch") return;
    state.steps++;
    state.press = run.press;
    curve.losses.push(loss);
  };
  const train = () => trained({ job }, { hear });
  const run = job && (isInWorker ? train() : withoutWorkers(train));
  while (job && state.steps < 5) await wait(10);
  const [begun, frames, steps] = [performance.now(), curve.frames, state.steps];
  await wait(ms);
  const seconds = (performance.now() - begun) / 1000;
  const found = { frames: (curve.frames - frames) / seconds, steps: (state.steps - steps) / seconds };
  state.press("stop");
  await run;
  curve.close();
  return found;
}

/** Do one step on this thread, on a page that has not trained there. Returns the engine's code and its bytes of memory. */
export async function sized(job) {
  const { Memory, Module } = WebAssembly;
  const found = { code: [], memory: 0 };
  WebAssembly.Memory = class extends Memory {
    constructor(options) {
      super(options);
      found.memory += this.buffer.byteLength;
    }
  };
  WebAssembly.Module = class extends Module {
    constructor(bytes) {
      super(bytes);
      found.code = Array.from(bytes);
    }
  };
  await withoutWorkers(() => trained({ job }, { steps: 1 }));
  Object.assign(WebAssembly, { Memory, Module });
  return found;
}
