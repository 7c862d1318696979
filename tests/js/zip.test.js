// Zip files, the hash of a checkpoint, and the events of a run, as Python writes and reads them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { crc32 as theirs } from "node:zlib";
import { test } from "node:test";
import { blake2b } from "../../hnviz/export/js/blake2b.js";
import { linesOf, readLines } from "../../hnviz/export/js/events.js";
import { TensorFile, tensorFile } from "../../hnviz/export/js/tensors.js";
import { crc32 } from "../../hnviz/app/kit/js/crc32.js";
import { runIn } from "../../hnviz/export/js/runzip.js";
import { MAX_FILES, contentOf, membersOf, zipped } from "../../hnviz/export/js/zip.js";
import { Learner } from "../../hnviz/browser/learner.js";
import { JOB } from "./engine_job.js";

const letters = (text) => new TextEncoder().encode(text);

test("what was put into a zip file comes out of it, and text is packed smaller", async () => {
  const files = { "config.json": letters("one ".repeat(1000)), "snapshots/0.safetensors": Uint8Array.from({ length: 999 }, (_, at) => at % 251), "text.txt": letters("") };
  const zip = await zipped(Object.entries(files).map(([name, content], at) => ({ name, content, isPlain: at === 1 })));
  assert.ok(zip.size < 1500);
  const members = await membersOf(zip);
  assert.deepEqual([...members.keys()], Object.keys(files));
  for (const [name, content] of Object.entries(files)) assert.deepEqual(await contentOf(zip, members.get(name)), content);
});

test("a page takes as many files as `hnviz import`, and no more", async () => {
  const python = readFileSync(new URL("../../hnviz/runs/archive.py", import.meta.url), "utf8");
  assert.equal(MAX_FILES, Number(/^MAX_FILES = (\d+)/m.exec(python)?.[1]));
  const zip = (n) => zipped(Array.from({ length: n }, (_, at) => ({ name: `snapshots/${at}`, content: letters(""), isPlain: true })));
  assert.equal((await membersOf(await zip(MAX_FILES))).size, MAX_FILES);
  await assert.rejects(zip(MAX_FILES + 1).then(membersOf), { name: "ZipError" });
});

test("any byte that is changed or missing is found", async () => {
  const zip = await zipped([{ name: "config.json", content: letters("{}"), isPlain: true }]);
  const bytes = new Uint8Array(await zip.arrayBuffer());
  const read = async (changed) => {
    const file = new Blob([changed]);
    return new TextDecoder().decode(await contentOf(file, [...(await membersOf(file)).values()][0]));
  };
  assert.equal(await read(bytes), "{}");
  for (let end = 0; end < bytes.length; end++) await assert.rejects(read(bytes.slice(0, end)), { name: "ZipError" });
  const [content] = [30 + "config.json".length];
  for (const at of [0, content, content + 1]) await assert.rejects(read(bytes.with(at, bytes[at] ^ 4)), { name: "ZipError" });
});

test("a run that a loop outside hnviz trained is told from what is no run, and said", async () => {
  const said = async (/** @type {string} */ name) => {
    const blob = await zipped(["config.json", name].map((each) => ({ name: each, content: letters("{}"), isPlain: true })));
    const error = await runIn(Object.assign(blob, { name: "mine.zip" }), /** @type {any} */ ({ job: {} })).then(() => null, (reason) => reason);
    return [error?.name, /outside hnviz/.test(error?.message), /import mine\.zip$/.test(error?.message)];
  };
  assert.deepEqual(await said("recorded.json"), ["ZipError", true, true]);
  assert.deepEqual(await said("other.json"), ["ZipError", false, false]);
});

test("checksums are zlib's", () => {
  for (const text of ["", "a", "a run ".repeat(99)]) assert.equal(crc32(letters(text)), theirs?.(text) ?? crc32(letters(text)));
});

test("the hash is that of Python's hashlib", () => {
  const known = {
    0: "cae66941d9efbd404e4d88758ea67670",
    1: "7025e075d5e2f6cde3cc051a31f07660",
    127: "28b1296c7d4807883de6ee4ec04dcc0a",
    128: "a74787004ef589e31149183900d0294a",
    129: "aaf1b0371f6d4ee49ee4fb5ddd9c49ef",
    1000: "bca120dfd89cd95d82898473a5b01c90",
  };
  for (const [n, hash] of Object.entries(known)) assert.equal(blake2b(Uint8Array.from({ length: n }, (_, at) => at % 251), 16), hash);
});

const SHAPES = { count: { kind: "I64", shape: [2] }, weights: { kind: "F32", shape: [2, 2] }, right: { kind: "BOOL", shape: [3] }, one: { kind: "F32", shape: [] } };
const TENSORS = { count: Int32Array.of(7, 8), weights: Float32Array.of(1, 2, 3, -0.1), right: Uint8Array.of(1, 0, 1), one: Float32Array.of(9) };

test("tensors come back as they were, and only in their own shapes", () => {
  const bytes = tensorFile(TENSORS, SHAPES, true);
  assert.deepEqual(new TensorFile(bytes, "x").read(SHAPES), TENSORS);
  const other = { ...SHAPES, weights: { kind: "F32", shape: [4] } };
  assert.throws(() => new TensorFile(bytes, "x").read(other), { message: "is damaged: x lacks weights in the shape that its settings give it" });
  assert.throws(() => new TensorFile(bytes, "x").read({ none: SHAPES.one }), { name: "ZipError" });
  const changed = bytes.with(bytes.length - 1, 0);
  assert.throws(() => new TensorFile(changed, "x"), { message: "was changed after it was written: the checksum of x is wrong" });
});

test("a header that claims what is not there is refused", () => {
  const fileOf = (header) => {
    const head = letters(JSON.stringify(header).padEnd(80));
    return Uint8Array.of(...new Uint8Array(BigUint64Array.of(BigInt(head.length)).buffer), ...head, ...new Uint8Array(8));
  };
  const fine = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  assert.deepEqual(new TensorFile(fileOf({ a: fine }), "x").read({ a: { kind: "F32", shape: [2] } }), { a: new Float32Array(2) });
  for (const wrong of [{ dtype: "F9" }, { shape: [2e9, 2e9] }, { shape: [-2] }, { shape: "2" }, { data_offsets: [0, 16] }, { data_offsets: [8, 0] }, { data_offsets: [0.5, 8.5] }]) {
    assert.throws(() => new TensorFile(fileOf({ a: { ...fine, ...wrong } }), "x"), { message: "is damaged: x cannot be read" });
  }
  for (const bytes of [new Uint8Array(3), new Uint8Array(8).fill(255), fileOf([]), fileOf(null)]) assert.throws(() => new TensorFile(bytes, "x"), { name: "ZipError" });
});

const SIZE = { nSteps: 10, nBatches: 5 };

/** A run that has told all its events. */
function finished() {
  const events = [...new Learner(JOB).events()];
  const of = (...kinds) => events.filter(({ event }) => kinds.includes(event));
  const snapshots = new Map(of("snapshot").map(({ step }) => [step, {}]));
  return { events, run: { started: events[0], resumed: null, batches: of("batch"), ends: of("epoch"), closing: of("train_pass", "ended"), snapshots } };
}

test("events are written in the order in which they came, as Python writes them", () => {
  const { events, run } = finished();
  const text = linesOf(run);
  assert.deepEqual(text.trim().split("\n").map((line) => JSON.parse(line)), events);
  assert.match(text, /^\{"event": "started", "n_batches": 5, /);
  assert.match(text, /\n\{"event": "batch", "step": 0, "loss": [\d.]+, "smooth_loss": /);
  assert.match(text, /"train_kinds": \{"\w+": \[\d+, \d+, [\d.]+\], /);
});

test("events are read as they were, without those that a resume undid", () => {
  const { run } = finished();
  const { snapshots, ...told } = run;
  const log = readLines(linesOf(run), SIZE);
  assert.deepEqual({ ...log, nSteps: 0, nBatches: 0 }, { ...told, nSteps: 0, nBatches: 0 });
  assert.equal(log.step, 10);
  const resumed = { event: "resumed", resumed_at: 7, time: 1 };
  const back = readLines(`${linesOf(run)}${JSON.stringify(resumed)}\n{"event": "ba`, SIZE);
  assert.deepEqual([back.batches.length, back.ends.length, back.closing, back.step], [7, 1, [], 7]);
  assert.deepEqual(readLines(linesOf({ ...run, ...back, snapshots }), SIZE).resumed, resumed);
});

test("of a long run most mini-batches are left out, but never the last before another event", () => {
  const batch = (step) => ({ event: "batch", step, loss: 1, smooth_loss: 1, accuracy: 0, lr: 1, momentum: 1 });
  const batches = Array.from({ length: 101 }, (_, step) => batch(step));
  const run = { started: { event: "started", n_steps: 80_000 }, resumed: null, batches, ends: [], closing: [], snapshots: new Map([[0, {}], [30, {}]]) };
  const kept = linesOf(run).split("\n").filter((line) => line.includes("batch\"")).map((line) => JSON.parse(line).step);
  assert.deepEqual(kept, [...Array.from({ length: 26 }, (_, at) => 4 * at), 29].sort((a, b) => a - b));
});

test("a line that is no event of the run is named", () => {
  const { run } = finished();
  const lines = linesOf(run).trim().split("\n");
  const wrong = ["", "[]", "null", '{"event": "boo"}', '{"event": "batch", "step": 0}', lines[1].replace("}", ', "more": 1}'), lines[2], '{"event": "snapshot", "step": 11}', '{"event": "__proto__"}'];
  for (const line of wrong) {
    const text = `${[...lines, line].join("\n")}\n`;
    assert.throws(() => readLines(text, SIZE), { message: `is damaged: line ${lines.length + 1} of events.jsonl is no event of this run` }, line);
  }
  assert.throws(() => readLines(`${lines[1]}\n`, SIZE), { message: /line 1 of/ });
  assert.throws(() => readLines(`${lines[0]}\n`, { nSteps: 20, nBatches: 5 }), { message: "is damaged: it has 10 steps, and its settings give 20" });
  const diverging = lines[2].replace(/"loss": [\d.]+/, '"loss": null');
  assert.ok(Number.isNaN(readLines(`${lines[0]}\n${diverging}\n`, SIZE).batches[0]?.loss));
});

