// A refusal is shown as long as its cause lasts, and no longer: in pictures, on a phone and on the teacher's screen.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { elements } from "./elements.js";
import { json } from "./browser.js";

const { made, look } = elements();
globalThis.fetch = async () => json({ dark: {}, light: {} });
const { declared, html } = await import("../../hnviz/app/kit/js/declared.js");
const { Following } = await import("../../hnviz/app/kit/js/following.js");
const { picture } = await import("../../hnviz/app/kit/js/picture.js");
const { Refusal, Source } = await import("../../hnviz/app/kit/js/source.js");
const { shareTab, Tab } = await import("../../hnviz/app/kit/js/tab.js");
const { render: inside } = await import("../../hnviz/app/rooms/train/inside/main.js");

const HOME = new URL("http://app/");
const MOST = 100;
const DOWN = new Refusal("the server does not answer", 0);

/** A server: `runs` are the snapshots that it lists, `answers` what it says of an address; news is sent by a test. */
function server() {
  const follows = new Set();
  const live = {
    follow(subject, hear, refuse) {
      const follow = { ...subject, hear, refuse };
      follows.add(follow);
      return () => void follows.delete(follow);
    },
    again() {},
    onConnection: () => () => {},
  };
  const source = Object.assign(new Source(), { asked: [], answers: () => ({ meta: {} }), runs: async () => ({ snapshots: [] }) });
  source.address = (path, { v = "" } = {}) => `${path}?v=${v}`;
  source.fetch = async (address) => {
    source.asked.push(address);
    if (source.asked.length > MOST) return new Promise(() => {}); // of requests without an end
    return source.answers(address);
  };
  source.json = () => source.runs();
  const tab = new Tab(source, live);
  shareTab(tab);
  const of = (topic, run) => [...follows].filter((each) => each.topic === topic && (run ?? each.run) === each.run);
  const news = (topic, said, run) => of(topic, run).forEach(({ hear }) => hear(said));
  const refuse = (topic, said, run) => of(topic, run).forEach((each) => each.refuse(said));
  return { tab, source, live, news, refuse };
}

/** A picture on a page. */
async function mounted(render, data) {
  const root = Object.assign(made("div"), { turn: 1, frame: null, view: null });
  const put = (more = {}) => render({ data: { tokens: "tokens", asks: [], settings: {}, ...data, ...more }, home: HOME, root, turn: 1, setStateValue() {} });
  const end = await put();
  const trouble = () => root.all(({ className, hidden }) => className === "hnviz-trouble" && !hidden);
  return { root, put, end, said: () => trouble().map((each) => each.nodes[0].textContent).join(" "), press: () => trouble()[0].nodes.at(-1).onclick() };
}

const settled = async (turns = 50) => {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
};

/** Runs with a clock that the test turns. */
const timed = (name, run) =>
  test(name, async (t) => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    const pass = async (ms) => {
      mock.timers.tick(ms);
      await settled();
    };
    try {
      await run(pass, t);
    } finally {
      mock.timers.reset();
    }
  });

const news = (...wanted) => ({ keep: 0, epochs: [], counted: wanted, live: true, planned: 1, words: {} });

/** The picture of whole numbers: a run with three snapshots. */
async function counting(answers) {
  const made = server();
  made.source.runs = async () => ({ snapshots: [[10, "a"], [20, "a"], [30, "a"]] });
  made.source.answers = answers;
  const shown = await mounted(inside, { run: "mine", settings: { kinds: [], splits: ["valid"] } });
  await settled();
  made.news("kinds", news(30, 20, 10));
  await settled(500);
  const asked = () => made.source.asked.map((each) => Number(each.split("/")[3]));
  return { ...made, ...shown, asked };
}
const failing = (...statuses) => () => {
  const [status] = statuses.length > 1 ? statuses.splice(0, 1) : statuses;
  if (status !== 200) throw new Refusal(`refused with ${status}`, status);
  return { meta: { train: 0.5, valid: 0.25 }, bytes: 0 };
};

timed("answers that are always refused are asked for once each", async () => {
  for (const status of [422, 500]) {
    const { asked, said } = await counting(failing(status));
    assert.deepEqual(asked(), [30, 20, 10]);
    assert.match(said(), new RegExp(`^Refused with ${status}`));
  }
});

timed("a busy server is asked again after a pause that grows, while the picture is seen, until it answers", async (pass) => {
  const { asked, said } = await counting(failing(503, 503, 503, 200));
  for (const [ms, n] of [[1999, 1], [1, 2], [3999, 2], [1, 3]]) {
    await pass(ms);
    assert.equal(asked().length, n);
    assert.match(said(), /503/);
  }
  look(false);
  await pass(60_000);
  assert.equal(asked().length, 3);
  look(true);
  await settled(500);
  assert.deepEqual(asked(), [30, 30, 30, 30, 20, 10]);
  assert.equal(said(), "");
});

timed("an answer that failed is asked for again by the reader", async () => {
  const { asked, press, said } = await counting(failing(500, 200));
  assert.deepEqual(asked(), [30, 20, 10]);
  assert.match(said(), /500/);
  press();
  await settled();
  assert.deepEqual(asked(), [30, 20, 10, 30]);
  assert.equal(said(), "");
});

timed("that the server does not answer is said of a run until it does", async (pass) => {
  const { tab, source, news, refuse } = server();
  source.runs = () => Promise.reject(DOWN);
  const leave = tab.timeline("mine").use();
  const trouble = () => tab.timeline("mine").trouble;
  await settled();
  assert.ok(trouble());
  news("run", { status: "running", snapshots: [[0, "a"]] });
  assert.equal(trouble(), "");
  refuse("run", "no news of mine");
  assert.ok(trouble());
  news("run", { status: "finished" });
  assert.equal(trouble(), "");
  tab.timeline("mine").retry();
  await settled();
  assert.ok(trouble());
  source.runs = async () => ({ snapshots: [[0, "a"]] });
  await pass(2000);
  assert.equal(trouble(), "");
  leave();
});

class Follower {
  constructor(_, kit) {
    this.following = new Following(kit, "curves", () => {});
  }
  draw({ run }) {
    this.following.of(run);
  }
}
const followed = declared({
  styles: [],
  table: "none",
  state: { one: "a", other: "b" },
  follows: ({ state }) => ({ one: state.one && ["rates", state.one], other: state.other && ["rates", state.other] }),
  view: ({ news }) => html`<p>${news.one?.loss}</p>`,
});

test("a picture is drawn with the news of the subject that it shows last, though the first one never spoke", async () => {
  const render = picture({ styles: [], table: "none", create: (body, kit) => new Follower(body, kit) });
  const { news } = server();
  const { root, put } = await mounted(render, { run: "a" });
  await put({ run: "b" });
  await settled();
  assert.equal(root.dataset.state, "loading");
  news("curves", {}, "b");
  await settled();
  assert.equal(root.dataset.state, "ready");
});

test("a declared picture is drawn with the news of the topics that are left", async () => {
  const { news } = server();
  const { root } = await mounted(followed, {});
  root.view.state.other = null;
  root.view.state.one = "c";
  await settled();
  assert.equal(root.dataset.state, "loading");
  news("rates", { loss: 1 }, "c");
  await settled();
  assert.equal(root.dataset.state, "ready");
});

test("a topic's refusal ends with good news, and with the topic, and no other topic ends it", async () => {
  const { news, refuse } = server();
  const { root, said } = await mounted(followed, {});
  refuse("rates", "no run is named 'a'", "a");
  refuse("rates", "no run is named 'b'", "b");
  await settled();
  assert.match(said(), /'b'/);
  root.view.state.other = null;
  await settled();
  assert.match(said(), /'a'/);
  news("rates", { loss: 1 }, "a");
  await settled();
  assert.equal(said(), "");
  refuse("rates", "no run is named 'a'", "a");
  root.view.state.one = "c";
  await settled();
  assert.equal(said(), "");
});

/** The phone's page: `reply` says what the class answers, `hear` is its line's news. */
async function phone(answer, joined = "t0ken") {
  const main = made("main");
  const sockets = [];
  Object.assign(globalThis.document, { querySelector: () => main });
  globalThis.localStorage = { getItem: (name) => (name === "hnviz-class" ? joined : null), setItem() {}, removeItem() {} };
  globalThis.WebSocket = class {
    constructor() {
      sockets.push(this);
    }
    send() {}
  };
  const before = globalThis.fetch;
  globalThis.fetch = async (url, options = {}) => answer(String(url).split("/api/class/")[1], options);
  globalThis.location = { href: "http://app/class/train" };
  await import(`../../hnviz/app/rooms/classroom/train/phone.js?${Math.random()}`);
  sockets[0].onopen();
  const [hear] = [(message) => sockets[0].onmessage({ data: JSON.stringify(message) })];
  const said = () => main.all(({ className }) => className === "trouble").map(({ textContent }) => textContent).join();
  const press = (n) => main.all(({ localName }) => localName === "button")[n].onclick({ type: "click" });
  return { hear, said, press, end: () => (globalThis.fetch = before) };
}
const reply = (body, status = 200) => ({ ok: status === 200, status, json: async () => body });
const EXPERIMENT = { id: 1, map: false, axes: {}, squares: [{ lr: 0.1 }, { lr: 0.2 }], steps: 10, came: 0, you: { guess: null, sent: [], task: null } };

timed("a phone says why the class refuses, and says it no more once that has passed", async (pass) => {
  const down = () => Promise.reject(new TypeError("no network"));
  const replies = { experiment: () => reply({ error: "the class begins at nine" }, 409) };
  const { hear, said, press, end } = await phone((name) => replies[name]());
  hear({ mine: {} });
  await pass(1);
  assert.equal(said(), "The class begins at nine.");
  replies.experiment = down;
  hear({ mine: {} });
  await pass(1);
  assert.match(said(), /does not answer/);
  replies.experiment = () => reply({ experiment: EXPERIMENT });
  await pass(2000);
  assert.equal(said(), "");
  replies["experiment/guess"] = () => reply({ error: "this experiment is over" }, 409);
  press(0);
  await pass(1);
  assert.equal(said(), "This experiment is over.");
  replies.experiment = () => reply({ experiment: { ...EXPERIMENT, id: 2 } });
  hear({ experiment: 2 });
  await pass(1);
  assert.equal(said(), "");
  end();
});
