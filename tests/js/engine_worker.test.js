// A run in a worker, or in slices where there is none, and its buttons.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Drive } from "../../hnviz/browser/drive.js";
import { Learner } from "../../hnviz/browser/learner.js";
import { serve, train } from "../../hnviz/browser/worker.js";
import { CONFIG, JOB } from "./engine_job.js";
import { recorded } from "./recorded.js";

const created = []; // address and name of each worker

/** A worker that is this thread: what is posted arrives later, as a copy. */
class Near {
  constructor(address, { name }) {
    created.push([address, name]);
    this.port = { postMessage: (told) => this.later(() => this.onmessage({ data: told })) };
    this.isOn = true;
    serve(this.port);
  }

  later(call) {
    queueMicrotask(() => this.isOn && call());
  }

  postMessage(data) {
    const copy = structuredClone(data);
    this.later(() => this.port.onmessage({ data: copy }));
  }

  terminate() {
    this.isOn = false;
  }
}

/** A worker that a browser cannot load. */
class Broken {
  postMessage() {
    setTimeout(() => this.onerror?.(new Error("refused")), 1);
  }

  terminate() {}
}

/** A worker that a browser terminates before the run is over, for example when memory runs out. */
class Short extends Near {
  constructor(...given) {
    super(...given);
    const { postMessage } = this.port;
    this.port.postMessage = (told) => {
      postMessage(told);
      if (told.event.event === "batch" && told.event.step === 3) this.later(() => this.onerror({ message: "out of memory" }));
    };
  }
}

/** Train to the end; `hear` may press buttons. Returns the events, and the tensors of the snapshots and epochs. */
function told(Worker, order, hear = () => {}) {
  if (Worker) globalThis.Worker = Worker;
  else delete globalThis.Worker;
  const [events, snapshots, checkpoints] = [[], [], []];
  return new Promise((resolve) => {
    const run = train(
      order,
      (event, tensors) => {
        events.push(event);
        if (tensors) (event.event === "snapshot" ? snapshots : checkpoints).push(tensors);
        if (event.event === "ended") resolve({ events, snapshots, checkpoints });
        setTimeout(() => hear(event, run), 0);
      },
      "worker.js",
    );
  });
}

const steps = (events) => events.filter(({ event }) => event === "batch").map(({ loss }) => loss);
const wanted = steps([...new Learner(JOB).events()]);

for (const [name, Worker] of Object.entries({ "a worker": Near, "a worker that does not load": Broken, "no worker": undefined })) {
  test(`with ${name}, a run tells its events and snapshots`, async () => {
    const before = created.length;
    const { events, snapshots, checkpoints } = await told(Worker, { job: JOB });
    assert.deepEqual(created.slice(before), Worker === Near ? [["worker.js", "hnviz-engine"]] : []);
    assert.deepEqual(steps(events), wanted);
    assert.equal(events.at(-1).status, "finished");
    assert.equal(snapshots.length, events.filter(({ event }) => event === "snapshot").length);
    assert.equal(snapshots[0]["i_h.weight"].length, 7 * CONFIG.nh);
    const ends = events.filter(({ event }) => event === "epoch");
    assert.deepEqual(checkpoints.map(({ progress }) => progress[0]), ends.map(({ step }) => step));
    const later = await told(Worker, { job: JOB, checkpoint: checkpoints[0] });
    assert.deepEqual(steps(later.events), wanted.slice(ends[0].step));
  });

  test(`with ${name}, a refusal ends the run with its sentence`, async () => {
    const { events } = await told(Worker, { job: { ...JOB, train: [] } });
    const { status, message } = events.at(-1);
    assert.deepEqual([events.length, status, message], [1, "failed", "train has no token"]);
  });

  test(`with ${name}, a long run pauses, takes single steps, goes on, and stops`, async (t) => {
    const job = { ...JOB, config: { ...CONFIG, epochs: 500 } };
    const counted = { paused: 0 };
    const hear = ({ event, step }, run) => {
      if (event === "started") {
        run.press("pause");
        setTimeout(() => {
          run.press("step");
          run.press("step");
        }, 20);
      }
      if (event !== "batch") return;
      counted.first ??= step;
      if (++counted.paused === 1) setTimeout(() => run.press("goOn"), 60);
      if (step > counted.first + 20) run.press("stop");
    };
    const { events } = await told(Worker, { job }, hear);
    const { status, step, message } = events.at(-1);
    assert.equal(status, "stopped");
    recorded(t, message.replace(`step ${step.toLocaleString("en-US")}`, "step N"), 2_500);
    assert.equal(steps(events).length, step);
    assert.ok(step < 2500);
  });

  test(`with ${name}, a slow run rests after each mini-batch until it is fast again`, async () => {
    const job = { ...JOB, config: { ...CONFIG, epochs: 500 } };
    const times = []; // of mini-batches while it is slow, ms
    const hear = ({ event }, run) => {
      if (event === "started") run.press("slow");
      if (event === "batch" && times.push(performance.now()) === 400) run.press("stop");
      if (event === "batch" && times.at(-1) - times.at(-2) > 200) run.press("fast");
    };
    const { events } = await told(Worker, { job }, hear);
    const rests = times.filter((time, at) => time - times[at - 1] > 200);
    assert.ok(rests.length >= 1 && rests.length <= 3, String(rests.length));
    assert.ok(["stopped", "finished"].includes(events.at(-1).status));
  });
}

test("a pause never separates a step from its snapshot or valid pass, and single steps reach the end", async () => {
  const events = [];
  const drive = new Drive(new Learner(JOB), (event) => events.push(event));
  for (let step = 0; step < wanted.length; step++) drive.step();
  await Promise.race([drive.run(), new Promise((resolve) => setTimeout(resolve, 2000))]);
  assert.deepEqual(steps(events), wanted);
  assert.equal(events.at(-1).status, "finished");
});

test("a slow run rests after a mini-batch with a snapshot too, and a pause is heard while it rests", async () => {
  const times = []; // of mini-batches, ms
  const drive = new Drive(new Learner(JOB), ({ event }) => {
    if (event === "batch" && times.push(performance.now()) === 3) setTimeout(() => drive.pause(), 100);
  });
  drive.slow();
  drive.run();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(times.length, 3);
  for (const at of [1, 2]) assert.ok(times[at] - times[at - 1] > 240);
});

test("a run whose worker is ended by the browser fails with a sentence", async (t) => {
  const { events } = await told(Short, { job: { ...JOB, config: { ...CONFIG, epochs: 1000 } } });
  const { status, step, message } = events.at(-1);
  assert.equal(status, "failed");
  recorded(t, message.replace(`step ${step}`, "step N"));
  assert.equal(step, steps(events).length);
});

test("a button that is pressed before a worker fails to load is heard", async () => {
  const order = { job: { ...JOB, config: { ...CONFIG, epochs: 500 } } };
  globalThis.Worker = Broken;
  const ended = await new Promise((resolve) => {
    train(order, (event) => event.event === "ended" && resolve(event), "worker.js").press("stop");
  });
  assert.deepEqual([ended.status, ended.step], ["stopped", 0]);
});

test("a run goes on from a checkpoint", async () => {
  const learner = new Learner(JOB);
  for (const { event, step } of learner.events()) if (event === "batch" && step === 6) break;
  const { events } = await told(Near, { job: JOB, checkpoint: learner.checkpoint() });
  assert.equal(events[0].resumed_at, 7);
  assert.deepEqual(steps(events), wanted.slice(7));
});

for (const [name, what, said] of [
  ["a function", () => 1, /^the browser cannot copy this job to its worker; build it only from numbers, .*: .*could not be cloned\.$/],
  ["something without a name", { get ids() { throw "no memory"; } }, /: no memory$/],
]) {
  test(`a job with ${name}, which no browser copies to a worker, fails in a sentence`, async () => {
    const { events } = await told(Near, { job: { ...JOB, extra: what } }, (_, run) => run.press("stop"));
    assert.deepEqual(events.map(({ event, status, step }) => [event, status, step]), [["ended", "failed", 0]]);
    assert.match(events[0].message, said);
  });
}

/** A worker that a browser cannot load, and to which it cannot copy the job. */
class Neither extends Broken {
  postMessage() {
    super.postMessage();
    throw new Error("too large");
  }
}

test("a job that cannot be copied fails once, even if the worker does not load either", async () => {
  const { events } = await told(Neither, { job: JOB });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(events.map(({ event, status }) => [event, status]), [["ended", "failed"]]);
});
