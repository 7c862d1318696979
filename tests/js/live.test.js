// The one connection for news: it follows, comes back, and asks for what it missed.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Live } from "../../hnviz/app/kit/js/live.js";

let sockets = [];
class Socket {
  static OPEN = 1;
  constructor(url) {
    Object.assign(this, { url: String(url), readyState: 0, sent: [] });
    sockets.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  open() {
    this.readyState = 1;
    this.onopen();
  }
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
}

beforeEach(() => {
  sockets = [];
  globalThis.WebSocket = Socket;
  globalThis.addEventListener = () => {};
  globalThis.document = { hidden: false, addEventListener() {} };
});

const RUN = { topic: "run", run: "Model5", params: {} };
const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("nothing is opened while nobody follows", () => {
  new Live(new URL("https://app/below/"));
  assert.equal(sockets.length, 0);
});

test("a follow is sent, and its news are heard until it is left", () => {
  const live = new Live(new URL("https://app/below/"));
  const heard = [];
  const leave = live.follow(RUN, (news) => heard.push(news));
  assert.equal(sockets[0].url, "wss://app/below/api/live");
  sockets[0].open();
  assert.deepEqual(sockets[0].sent, [{ op: "follow", id: 1, ...RUN, have: null }]);
  sockets[0].say({ id: 1, news: { step: 3 }, have: "h3" });
  assert.deepEqual(heard, [{ step: 3 }]);
  leave();
  assert.deepEqual(sockets[0].sent.at(-1), { op: "leave", id: 1 });
  sockets[0].say({ id: 1, news: { step: 4 }, have: "h4" });
  assert.equal(heard.length, 1);
});

test("a lost connection is told, comes back, and says what it has", async () => {
  const live = new Live(new URL("http://app/"));
  const states = [];
  live.onConnection((connected) => states.push(connected));
  live.follow(RUN, () => {});
  sockets[0].open();
  sockets[0].say({ id: 1, news: { step: 3 }, have: "h3" });
  sockets[0].close();
  assert.deepEqual(states, [true, false]);
  await soon(300);
  assert.equal(sockets.length, 2);
  sockets[1].open();
  assert.deepEqual(sockets[1].sent, [{ op: "follow", id: 1, ...RUN, have: "h3" }]);
  assert.deepEqual(states, [true, false, true]);
});

test("a refusal is heard as a sentence", () => {
  const live = new Live(new URL("http://app/"));
  const told = [];
  live.follow(RUN, () => {}, (sentence) => told.push(sentence));
  sockets[0].open();
  sockets[0].say({ id: 1, error: "there is no run named 'x'" });
  assert.deepEqual(told, ["there is no run named 'x'"]);
});
