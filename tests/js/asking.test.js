// What a picture does when its answer is refused: it asks again, less and less often, or when told to.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Asking } from "../../hnviz/app/kit/js/asking.js";
import { Refusals } from "../../hnviz/app/kit/js/refusals.js";
import { Questions } from "../../hnviz/app/kit/js/questions.js";
import { Refusal } from "../../hnviz/app/kit/js/source.js";

/** A picture with one question, whose answers are `replies` in turn: a status, or 200. */
function picture(replies, late = false) {
  const said = [];
  const answers = new Map();
  const ask = { name: "path", at: "rest", late };
  const source = {
    asked: 0,
    known: (address) => answers.get(address),
    async get(address) {
      const status = replies[Math.min(source.asked++, replies.length - 1)];
      if (status !== 200) throw new Refusal(`HTTP ${status}`, status);
      answers.set(address, { sentence: "here" });
      return answers.get(address);
    },
  };
  const timeline = { step: 400, steps: [400], frames: () => [400], load: async () => {}, moves: true };
  const states = { wait() {}, arrive() {}, settle() {} };
  const frame = {
    data: { asks: [ask] },
    visible: true,
    timeline,
    states,
    refusals: new Refusals((sentence, again) => sentence && said.push([sentence, again])),
    said: "",
    view: {},
    source,
    root: { isConnected: true },
    drawn: 0,
    draw: () => (frame.drawn += 1),
    questions: { all: [ask], address: () => "api/path", addresses: () => [late ? "api/other" : "api/path"] },
  };
  return { frame, asking: new Asking(frame), source, said };
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

for (const late of [false, true]) {
  test(`an answer that was given up is asked for again after 2, 4 and 8 seconds${late ? ", a late one, too" : ""}`, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const { frame, asking, source, said } = picture([503, 503, 504, 200], late);
      asking.ask();
      await settled();
      for (const [seconds, asked] of [[2, 2], [4, 3], [8, 4]]) {
        assert.equal(source.asked, asked - 1);
        mock.timers.tick(seconds * 1000 - 1);
        await settled();
        assert.equal(source.asked, asked - 1);
        mock.timers.tick(1);
        await settled();
        assert.equal(source.asked, asked);
      }
      assert.deepEqual(said[0], ["HTTP 503.", true]);
      assert.equal(frame.drawn, late ? 2 : 1);
      assert.equal(frame.refusals.sentence, "");
    } finally {
      mock.timers.reset();
    }
  });
}

test("the pause grows to a minute", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { asking, source } = picture([503]);
    asking.ask();
    await settled();
    for (let pause = 2; pause < 64; pause *= 2) {
      mock.timers.tick(Math.min(60, pause) * 1000);
      await settled();
    }
    const asked = source.asked;
    mock.timers.tick(59_999);
    await settled();
    assert.equal(source.asked, asked);
    mock.timers.tick(1);
    await settled();
    assert.equal(source.asked, asked + 1);
  } finally {
    mock.timers.reset();
  }
});

test("a reader may try again at once where that may help, and not where the question is wrong", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    for (const status of [500, 503]) {
      const { frame, asking } = picture([status, 200]);
      asking.ask();
      await settled();
      frame.refusals.retry();
      await settled();
      assert.equal(frame.drawn, 1);
    }
    const { asking, source, said } = picture([422]);
    asking.ask();
    await settled();
    assert.deepEqual(said, [["HTTP 422.", false]]);
    mock.timers.tick(600_000);
    await settled();
    assert.equal(source.asked, 1);
  } finally {
    mock.timers.reset();
  }
});

test("a picture may say itself that its own parameters are wrong, and then asks for others; a busy server is not that", async () => {
  for (const [status, says] of [[422, true], [410, true], [503, false], [404, false]]) {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const { frame, asking, source, said } = picture([status, status, 200]);
      const heard = [];
      frame.view.refused = (refusal) => heard.push(refusal.message) === 1;
      asking.ask();
      await settled();
      assert.deepEqual(heard, says ? [`HTTP ${status}`, `HTTP ${status}`] : [], `${status}`);
      assert.equal(said.length, 1, "what it does not say itself is said above it");
      assert.equal(source.asked, status === 503 ? 1 : 2);
    } finally {
      mock.timers.reset();
    }
  }
});

for (const late of [false, true]) {
  test(`another run is neither drawn with nor asked for the snapshot of the run before${late ? ": late answers" : ""}`, async () => {
    const coming = [];
    const kept = new Map();
    const source = {
      known: (address) => kept.get(address),
      get: (address, signal) =>
        new Promise((resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new DOMException("overtaken", "AbortError")));
          coming.push([address, () => resolve(kept.set(address, { sentence: address }).get(address))]);
        }),
    };
    const { frame, asking } = picture([200]);
    const asks = [{ name: "first", late: false }, { name: "second", late: true }, { name: "third", late: true }];
    const address = (ask, step) => `${frame.timeline.run}/${step}/${ask.name}`;
    const all = late ? asks : asks.slice(0, 1);
    Object.defineProperty(asking, "source", { value: source });
    asking.questions = { all, address, addresses: (step) => [address(all[0], step)] };
    frame.timeline.run = "Model4";
    asking.timeline = frame.timeline;
    frame.data.asks = all;
    const drawn = [];
    frame.draw = (answers, step) => drawn.push([frame.timeline.run, step, answers.first.sentence]);
    asking.ask();
    if (late) {
      coming.shift()[1]();
      await settled();
    }
    frame.timeline = { ...frame.timeline, run: "IRNN", step: null };
    frame.states.waitForSnapshot = () => {};
    asking.ask();
    coming.shift()[1]();
    await settled();
    assert.deepEqual(drawn, late ? [["Model4", 400, "Model4/400/first"]] : []);
    assert.deepEqual(coming, []);
    frame.timeline.step = 240;
    asking.ask();
    coming.shift()[1]();
    await settled();
    assert.deepEqual(drawn.at(-1), ["IRNN", 240, "IRNN/240/first"]);
  });
}

test("a picture whose answers are all late is drawn at once, and again when they have come", async () => {
  const { frame, asking, source } = picture([200], true);
  frame.questions.addresses = () => [];
  asking.ask();
  assert.equal(frame.drawn, 1);
  await settled();
  assert.deepEqual([source.asked, frame.drawn], [1, 2]);
  asking.ask();
  assert.equal(frame.drawn, 2);
});

test("a late answer that the tab does not keep is asked for once", async () => {
  const { frame, asking, source } = picture([200], true);
  frame.questions.addresses = () => [];
  source.known = () => undefined; // as of a run's last snapshot, without its version
  source.get = async () => ({ sentence: `here ${(source.asked += 1)}` });
  asking.ask();
  await settled();
  assert.deepEqual([source.asked, frame.drawn], [1, 2]);
  assert.equal(asking.known(400).path.sentence, "here 1");
});

test("a slow question is about the snapshot where the slider rested, also for a drawing that the slider has overtaken", () => {
  const timeline = { step: 30, rested: 10, first: 0, moves: true };
  const questions = new Questions({ timeline });
  const about = (at, step) => questions.stepOf({ at }, step);
  assert.deepEqual([about("rest", 30), about("rest", 20)], [10, 10]);
  assert.deepEqual([about("paced", 30), about("paced", 20)], [10, 20]); // the other one is fetched ahead
  assert.deepEqual([about("step", 20), about("first", 20)], [20, 0]);
});
