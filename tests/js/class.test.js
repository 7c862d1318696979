// A student's place in a class: it joins, sends, comes back, and hears what is revealed.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ClassRoom } from "../../hnviz/app/kit/class/class.js";
import { recorded } from "./recorded.js";

const HOME = new URL("http://10.0.0.5:8501/below/");
let sockets = [];
let asked = [];
let answer = {};
let store = new Map();

class Socket {
  constructor(url) {
    Object.assign(this, { url: String(url), sent: [] });
    sockets.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
  close(code = 1006, reason = "") {
    this.onclose?.({ code, reason });
  }
}

beforeEach(() => {
  sockets = [];
  asked = [];
  answer = { status: 200, body: { token: "t0ken", number: 7 } };
  store = new Map();
  globalThis.WebSocket = Socket;
  globalThis.localStorage = {
    getItem: (name) => store.get(name) ?? null,
    setItem: (name, value) => store.set(name, value),
    removeItem: (name) => store.delete(name),
  };
  globalThis.fetch = async (url, { body }) => {
    asked.push([String(url), JSON.parse(body)]);
    return { ok: answer.status === 200, status: answer.status, json: async () => answer.body };
  };
});

async function joined() {
  const room = new ClassRoom(HOME);
  await room.join("k7qw4m");
  sockets.at(-1).onopen();
  return room;
}

test("a code is exchanged for a token, which the browser keeps", async () => {
  const room = await joined();
  assert.equal(await new ClassRoom(HOME).join(""), 7);
  asked.pop();
  assert.deepEqual(asked, [["http://10.0.0.5:8501/below/api/class/join", { code: "k7qw4m", token: "" }]]);
  assert.equal(store.get("hnviz-class"), "t0ken");
  assert.equal(sockets[0].url, "ws://10.0.0.5:8501/below/api/class/live");
  assert.deepEqual(sockets[0].sent, [{ op: "hello", token: "t0ken", have: [] }]);
  assert.ok(room.joined && new ClassRoom(HOME).joined);
});

test("a wrong code is the server's sentence", async () => {
  answer = { status: 403, body: { error: "this is not the code of the class" } };
  const room = new ClassRoom(HOME);
  await assert.rejects(room.join("wrong"), /this is not the code/);
  assert.equal(room.joined, false);
  assert.equal(sockets.length, 0);
});

test("a guess is sent and resolves once the server has it", async () => {
  const room = await joined();
  const sent = room.send("batches.3", 2);
  assert.deepEqual(sockets[0].sent[1], { op: "guess", id: 1, step: "batches.3", value: 2 });
  sockets[0].say({ id: 1, step: "batches.3" });
  await sent;
  assert.equal(room.waiting.size, 0);
});

test("a refused guess is a sentence", async () => {
  const room = await joined();
  const sent = room.send("batches.3", 99);
  sockets[0].say([{ id: 1, error: "this step takes the index of an answer" }]);
  await assert.rejects(sent, /takes the index/);
});

test("after a lost connection only the last guess of a step is sent again", async () => {
  const room = await joined();
  const first = room.send("batches.3", 1);
  const second = room.send("batches.3", 2);
  await first; // overtaken
  sockets[0].close();
  room.connect();
  sockets[1].onopen();
  assert.deepEqual(sockets[1].sent.slice(1), [{ op: "guess", id: 2, step: "batches.3", value: 2 }]);
  sockets[1].say({ id: 2, step: "batches.3" });
  await second;
  room.leave();
});

test("what is revealed is heard once by each listener, and not asked for again", async () => {
  const room = await joined();
  const heard = [];
  room.follow((step) => heard.push([step, room.revealed.get(step).n]));
  sockets[0].say({ step: "batches.3", n: 28, values: [1, 2], sentence: "28 answered." });
  room.follow((step) => heard.push(step));
  assert.deepEqual(heard, [["batches.3", 28], "batches.3"]);
  sockets[0].close();
  room.connect();
  sockets[1].onopen();
  assert.deepEqual(sockets[1].sent, [{ op: "hello", token: "t0ken", have: ["batches.3"] }]);
  room.leave();
});

test("a reveal that the teacher takes back is forgotten", async () => {
  const room = await joined();
  const heard = [];
  room.follow((step) => heard.push([step, room.revealed.has(step)]));
  sockets[0].say({ step: "batches.3", n: 1, values: [1], sentence: "1 answered." });
  sockets[0].say({ step: "batches.3", covered: true });
  assert.deepEqual(heard, [["batches.3", true], ["batches.3", false]]);
  room.leave();
});

test("when the class votes again, the answer so far is the first, and the next is for the second vote", async () => {
  const room = await joined();
  const heard = [];
  room.follow((step) => heard.push(step));
  sockets[0].say({ mine: { "batches.3": 0 } });
  sockets[0].say({ step: "batches.3", covered: true, vote: 2 });
  assert.deepEqual(heard, ["", ""]); // also a student who is at another step hears it
  assert.deepEqual([room.mine.has("batches.3"), room.first.get("batches.3")], [false, 0]);
  const sent = room.send("batches.3", 1);
  assert.deepEqual(sockets[0].sent.at(-1), { op: "guess", id: 1, step: "batches.3", value: 1, vote: 2 });
  sockets[0].close();
  room.connect();
  sockets[1].onopen();
  assert.equal(sockets[1].sent.at(-1).vote, 2); // sent again for the same vote
  sockets[1].say({ mine: {}, first: { "batches.3": 0 } });
  sockets[1].say({ id: 1, step: "batches.3" });
  await sent;
  sockets[1].say({ step: "batches.3", covered: true, vote: 2 }); // a reveal that is taken back
  assert.deepEqual([room.mine.get("batches.3"), room.first.get("batches.3")], [1, 0]);
  room.leave();
});

test("an answer to the first vote that is confirmed after the news of the second is the first", async () => {
  const room = await joined();
  sockets[0].say({ mine: {} });
  const sent = room.send("batches.3", 2);
  sockets[0].say({ step: "batches.3", covered: true, vote: 2 });
  sockets[0].say({ id: 1, step: "batches.3" });
  await sent;
  assert.deepEqual([room.mine.has("batches.3"), room.first.get("batches.3")], [false, 2]);
});

test("someone who has not joined looks on, and has a name once joined", async () => {
  const room = new ClassRoom(HOME);
  room.follow(() => {});
  sockets[0].onopen();
  assert.deepEqual(sockets[0].sent, [{ op: "look", have: [] }]);
  await room.join("k7qw4m");
  sockets[1].onopen();
  assert.deepEqual(sockets[1].sent, [{ op: "hello", token: "t0ken", have: [] }]);
  room.leave();
});

test("where strangers may not look on, nothing is tried again", async () => {
  const room = new ClassRoom(HOME);
  room.follow(() => {});
  sockets[0].onopen();
  sockets[0].close(4403, "join the class with its code first");
  assert.equal(sockets.length, 1);
  room.leave();
});

test("the answers that count are those that the server has", async () => {
  const room = await joined();
  const heard = [];
  room.follow((step) => heard.push(step));
  assert.equal(room.mine, null);
  sockets[0].say({ mine: { "batches.1": 2 } });
  const sent = room.send("batches.3", 1);
  sockets[0].say({ id: 1, step: "batches.3" });
  await sent;
  const late = room.send("batches.4", 1);
  sockets[0].say({ id: 2, error: "this answer came after Reveal and does not count" });
  await assert.rejects(late, /after Reveal/);
  assert.deepEqual([...room.mine], [["batches.1", 2], ["batches.3", 1]]);
  assert.deepEqual(heard, ["", "batches.3", "batches.4"]);
  room.leave();
});

test("a student hears once that the class trains", async () => {
  const room = await joined();
  const heard = [];
  room.follow((step) => heard.push(step));
  assert.equal(room.trains, false);
  for (const id of [1, 1, 2]) sockets.at(-1).say({ experiment: { id, revealed: false } });
  assert.equal(room.trains, true);
  assert.deepEqual(heard, [""]);
});

test("a browser that the class no longer knows has to join again", async (t) => {
  const room = await joined();
  const sent = room.send("batches.3", 2);
  sockets[0].close(4403, "join the class with its code first");
  await assert.rejects(sent, /join the class/);
  assert.equal(room.joined, false);
  recorded(t, room.refusal);
  assert.equal(store.size, 0);
});

test("where there is no server a guess is a code, and storage may be forbidden", () => {
  globalThis.localStorage = { getItem: () => { throw new Error("no"); }, setItem: () => { throw new Error("no"); } };
  const room = new ClassRoom(null);
  assert.equal(room.hasServer, false);
  assert.match(room.codeFor("batches.3", 2), /^hn\/batches\.3\/2\/\w{6}\/\w{4}$/);
  assert.equal(room.codeFor("batches.3", 2), room.codeFor("batches.3", 2));
});
