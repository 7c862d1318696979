// What a page that is one file answers itself, and how it draws without plotly.js.
import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf, listed } from "../../hnviz/export/js/axes.js";
import { fromHalf } from "../../hnviz/export/js/arrays.js";
import { FileLive, until } from "../../hnviz/export/js/filelive.js";
import { FileSource } from "../../hnviz/export/js/filesource.js";
import { Runs } from "../../hnviz/export/js/runs.js";

const sourceOf = (runs = {}) => new FileSource({ answers: {}, free: { unit_rows: ["text"] }, questions: {}, views: {} }, silent, new Runs(runs, silent));
const silent = { get: () => Promise.reject(new Error("nothing was held")) };

test("an address is as Python writes it, without what changes nothing", () => {
  const source = sourceOf();
  const address = source.address("api/runs/Model5/0/unit_rows", { text: "4 to 6", order: "as numbered", layer: 1, v: "x", more: null });
  assert.equal(address, '["api/runs/Model5/0/unit_rows",[["layer","1"],["order","as numbered"]]]');
});

test("what the file lacks is refused with a sentence, and nothing is tried again", async () => {
  const source = sourceOf({ Model5: { weights: {}, last: 400 } });
  await assert.rejects(source.get(source.address("api/runs/Model5/0/units", {})), { name: "Error", status: 410, message: /does not hold that answer/ });
  await assert.rejects(source.get(source.address("api/runs/None/last/probe", {})), { status: 410 });
  await assert.rejects(source.json("api/runs/None"), { status: 410 });
  await assert.rejects(source.post("api/runs/Model5/pause"), { message: /Nothing trains in a file/ });
});

test("half precision is read exactly", () => {
  const halves = Uint16Array.from([0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x7c00, 0x3555]);
  const wanted = [0, -0, 1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, Infinity, 0.333251953125];
  assert.deepEqual([...fromHalf(halves)], wanted);
  assert.ok(Number.isNaN(fromHalf(Uint16Array.from([0x7e00]))[0]));
});

const panels = [{ name: "loss", figure: { layout: {}, data: [{ x: [1, 2, 3], y: [3, 2, 1] }, { x: [3], y: [9] }] } }];

test("a replay shows a run's curves up to a step, then whole", async () => {
  const news = { panels };
  const blobs = { json: async (at) => (at === 7 ? news : null) };
  const live = new FileLive(new Runs({ Model5: { topics: { '["curves",[["mode","light"]]]': 7 } } }, blobs));
  const heard = [];
  let grows = false;
  live.whenGrowing(() => (grows = true));
  const leave = live.follow({ topic: "curves", run: "Model5", params: { mode: "light" } }, (each) => heard.push(each));
  await new Promise(setImmediate);
  assert.ok(grows);
  assert.equal(live.growing, "Model5");
  await live.showUntil(2);
  assert.deepEqual(heard.map((each) => each.panels[0].figure.data.map(({ x }) => x.length)), [[3, 1], [2, 0]]);
  leave();
  await live.showUntil(3);
  assert.equal(heard.length, 2);
  assert.deepEqual(until(panels[0], Infinity), panels[0]);
});

test("a topic that the file lacks is refused in a sentence", async () => {
  const live = new FileLive(new Runs({ x: { topics: {} } }, silent));
  const said = await new Promise((refuse) => live.follow({ topic: "epochs", run: "x", params: {} }, () => {}, refuse));
  assert.match(said, /does not follow this run/);
});

test("an axis places numbers between its ends, and marks round ones", () => {
  const linear = axisOf({ range: [0, 408], nticks: 5 }, [48, 456], []);
  assert.equal(linear.place(204), 252);
  assert.equal(linear.value(252), 204);
  assert.deepEqual(linear.ticks.map(([value]) => value), [0, 100, 200, 300, 400]);
  const log = axisOf({ type: "log", range: [-2, 1] }, [0, 300], []);
  assert.deepEqual(log.ticks, [[0.01, "0.01"], [0.1, "0.1"], [1, "1"], [10, "10"]]);
  assert.equal(Math.round(log.place(0.1)), 100);
  const named = axisOf({ range: [0, 50], tickvals: [0, 25, 75], ticktext: ["0 %", "25 %", "75 %"] }, [0, 1], []);
  assert.deepEqual(named.ticks, [[0, "0 %"], [25, "25 %"]]);
});

test("numbers are read from a list, and from what Plotly for Python writes", () => {
  assert.deepEqual(listed([1, null]), [1, null]);
  assert.deepEqual(listed(undefined), []);
  const bdata = Buffer.from(Float64Array.from([0.5, NaN, 2]).buffer).toString("base64");
  assert.deepEqual(listed({ dtype: "f8", bdata }), [0.5, null, 2]);
});
