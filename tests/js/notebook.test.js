import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldNews, HeldSource } from "../../hnviz/notebook/js/held.js";

const SAID = "This cell holds only what it was made with.";
const held = {
  answers: { '["api/runs/one/40/units",[["layer","1"],["text","a, b"]]]': 0 },
  news: { '["run",[]]': { status: "finished" }, '["curves",[["mode","dark"]]]': { panels: [] } },
  snapshots: /** @type {[number, string][]} */ ([[40, "cell"]]),
  lacking: SAID,
};
const header = JSON.stringify({
  __metadata__: { meta: '{"words":["a"]}', sentence: "**One**", seconds: "0.0" },
  values: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
}).padEnd(184);
const frame = new Uint8Array(8 + header.length + 8);
new DataView(frame.buffer).setBigUint64(0, BigInt(header.length), true);
frame.set(new TextEncoder().encode(header), 8);
frame.set(new Uint8Array(new Float32Array([1, -2]).buffer), 8 + header.length);
const source = () => new HeldSource(held, /** @type {any} */ ({ get: async () => frame.buffer }));

test("a cell's answer is found whatever the order of its parameters and its snapshot's version", async () => {
  const found = source();
  const address = found.address("api/runs/one/40/units", { text: "a, b", v: "cell", layer: 1, order: null });
  const answer = await found.get(address);
  assert.equal(answer.sentence, "**One**");
  assert.deepEqual([...answer.arrays.values.data], [1, -2]);
  assert.deepEqual(await found.json("api/runs/one"), { snapshots: [[40, "cell"]] });
});

test("what a cell does not hold is refused for good", async () => {
  const found = source();
  for (const asked of [() => found.get(found.address("api/runs/one/39/units")), () => found.post()])
    await assert.rejects(asked, (refusal) => refusal.message === SAID && refusal.lasts);
});

test("news come once a follower listens, and again when it asks", async () => {
  const live = new HeldNews(held);
  const heard = [];
  const leave = live.follow({ topic: "run", run: "one", params: {} }, (news) => heard.push(news.status));
  assert.deepEqual(heard, []);
  await null;
  assert.deepEqual(heard, ["finished"]);
  live.follow({ topic: "curves", run: "one", params: { mode: "light" } }, () => heard.push("never"), (said) => heard.push(said));
  await null;
  assert.deepEqual(heard, ["finished", SAID]);
  leave();
});

test("a follower of another subject hears its own news", async () => {
  const live = new HeldNews(held);
  const heard = [];
  const hear = (news) => heard.push(Object.keys(news)[0]);
  live.follow({ topic: "run", run: "one", params: {} }, hear)();
  live.follow({ topic: "curves", run: "one", params: { mode: "dark" } }, hear);
  await null;
  assert.deepEqual(heard, ["panels"]);
  live.again(hear);
  assert.deepEqual(heard, ["panels", "panels"]);
});
