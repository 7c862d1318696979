// The engine in a browser: its kernels, its refusals, a run that stops and goes on, a text read in parts. Parity: tests/test_browser_engine.py.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { KERNELS } from "../../hnviz/browser/kernels.js";
import { Learner, shortest } from "../../hnviz/browser/learner.js";
import { EngineError } from "../../hnviz/browser/error.js";
import { Machine } from "../../hnviz/browser/machine.js";
import { everyRow, rowsOf, transposed } from "../../hnviz/browser/matrix.js";
import { Network } from "../../hnviz/browser/network.js";
import { Reader } from "../../hnviz/browser/reader.js";
import { goOn } from "../../hnviz/browser/speech.js";
import { signed, unsigned } from "../../hnviz/browser/wasm.js";
import { firstWeights } from "../../hnviz/browser/weights.js";
import { CONFIG, FORM, JOB } from "./engine_job.js";
import { messageOf, recorded } from "./recorded.js";

/** Matrices with numbers by row and column, and the machine that has them. */
function machineWith(shapes) {
  const machine = new Machine();
  const made = Object.fromEntries(Object.entries(shapes).map(([name, [rows, columns]]) => [name, machine.matrix(rows, columns)]));
  machine.open();
  for (const [index, [name, [rows, columns]]] of Object.entries(shapes).entries()) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) machine.view(rowsOf(made[name], row, 1))[column] = Math.sin(1 + index + 7 * row + 3 * column);
    }
  }
  return { machine, ...made };
}

const close = (got, wanted, by) => assert.ok(Math.abs(got - wanted) <= by, `${got} is not within ${by} of ${wanted}`);

test("whole numbers are written as in the format's examples", () => {
  assert.deepEqual([0, 127, 128, 624485].map(unsigned), [[0], [127], [0x80, 1], [0xe5, 0x8e, 0x26]]);
  assert.deepEqual([0, -1, 63, 64, -64, -123456].map(signed), [[0], [0x7f], [63], [0xc0, 0], [0x40], [0xc0, 0xbb, 0x78]]);
});

for (const [n, m, k] of [[1, 1, 1], [4, 64, 8], [3, 65, 9], [7, 200, 17], [64, 3, 33]]) {
  test(`a product of (${n}, ${m}) and (${m}, ${k}) is the sum of products`, () => {
    const { machine, a, at, b, c, d } = machineWith({ a: [n, m], at: [m, n], b: [m, k], c: [n, k], d: [n, k] });
    for (let row = 0; row < n; row++) for (let inner = 0; inner < m; inner++) machine.view(at)[inner * at.columns + row] = machine.view(a)[row * a.columns + inner];
    const before = machine.view(d).slice();
    machine.product({ ...a, columns: m }, b, c);
    machine.product(transposed({ ...at, columns: n }), b, d, true);
    for (let row = 0; row < n; row++) {
      for (let column = 0; column < k; column++) {
        let sum = 0;
        for (let inner = 0; inner < m; inner++) sum += machine.view(a)[row * a.columns + inner] * machine.view(b)[inner * b.columns + column];
        close(machine.view(c)[row * c.columns + column], sum, 1e-5);
        close(machine.view(d)[row * d.columns + column], before[row * d.columns + column] + sum, 1e-5);
      }
    }
  });
}

test("rows are added up", () => {
  const { machine, x, total } = machineWith({ x: [150, 3], total: [1, 3] });
  const wanted = Array.from(machine.view(total).subarray(0, 3), (start, column) => {
    return Array.from({ length: 150 }, (_, row) => machine.view(x)[row * x.columns + column]).reduce((a, b) => a + b, start);
  });
  machine.addRows(x, total);
  wanted.forEach((sum, column) => close(machine.view(total)[column], sum, 1e-5));
});

test("a kernel works on each row, and a vector may stand beside them all", () => {
  const { machine, y, x } = machineWith({ y: [3, 8], x: [1, 8] });
  const before = machine.view(y).slice();
  machine.run("accumulate", { y, x: everyRow(x) });
  before.forEach((value, at) => close(machine.view(y)[at], value + machine.view(x)[at % 8], 1e-7));
});

test("exp and tanh are those of Math, also far out; what is no number stays none", () => {
  const { machine, x, y } = machineWith({ x: [1, 8], y: [1, 8] });
  for (const value of [-200, -87, -5, -1e-3, 0, 1e-3, 0.7, 5, 80]) {
    machine.view(x).fill(value);
    machine.run("exp", { x, y });
    close(machine.view(y)[0], Math.exp(value), Math.max(2e-7 * Math.exp(value), 2e-38));
    machine.run("tanh", { x, y });
    close(machine.view(y)[0], Math.tanh(value), 1.2e-7);
  }
  machine.view(x).fill(NaN);
  for (const name of ["exp", "tanh", "relu"]) {
    machine.run(name, { x, y });
    assert.ok(Number.isNaN(machine.view(y)[0]), name);
  }
});

/** Each kernel's function, as a number of one operand. */
const PAIRS = { relu: (x) => Math.max(x, 0), tanh: Math.tanh };
for (const [name, of] of Object.entries(PAIRS)) {
  test(`${name} goes back by its slope`, () => {
    const { machine, x, y, dy, dx } = machineWith({ x: [2, 8], y: [2, 8], dy: [2, 8], dx: [2, 8] });
    machine.run(name, { x, y });
    machine.run(`${name}Backward`, { dy, y, dx });
    machine.view(x).forEach((value, at) => {
      const slope = (of(value + 1e-4) - of(value - 1e-4)) / 2e-4;
      close(machine.view(dx)[at], machine.view(dy)[at] * slope, 1e-5);
    });
  });
}

test("each kernel writes what its formula returns", () => {
  for (const [name, { reads, writes, scalars = [], formula }] of Object.entries(KERNELS)) {
    const leaf = { parts: [], write: () => [] };
    const given = Object.fromEntries([...reads, ...scalars].map((operand) => [operand, leaf]));
    assert.deepEqual(Object.keys(formula(given)).sort(), [...writes].sort(), name);
  }
});

test("a run that goes on from a checkpoint tells the same as one that never stopped", () => {
  const clock = (name, value) => (["time", "seconds"].includes(name) ? undefined : value);
  const plain = (events) => events.filter(({ event }) => !["resumed", "snapshot"].includes(event)).map((event) => JSON.stringify(event, clock));
  const whole = new Learner(JOB);
  const [first, second] = [[], []];
  let checkpoint;
  for (const event of whole.events()) {
    (checkpoint ? second : first).push(event);
    if (event.step === 6 && event.event === "batch") checkpoint = whole.checkpoint();
  }
  const again = new Learner(JOB);
  again.restore(checkpoint);
  assert.deepEqual(plain([...again.events()]), plain(second));
});

const OTHERS = [
  [{ config: { ...CONFIG, lr: 0.02, seed: 3 } }, [0.02, 3, 0.01, 1]],
  [{ config: { ...CONFIG, nh: 6 } }, [6, 5]],
  [{ form: { ...FORM, nonlinearity: "tanh" } }, []],
  [{ train: JOB.train.slice(1) }, []],
  [{ kinds: JOB.kinds.toReversed() }, []],
];
for (const [other, numbers] of OTHERS) {
  test(`a checkpoint of a run with other ${Object.keys(other)} is refused: ${numbers}`, (t) => {
    const checkpoint = new Learner({ ...JOB, ...other }).checkpoint();
    recorded(t, messageOf("EngineError", () => new Learner(JOB).restore(checkpoint)), ...numbers);
  });
}

test("a checkpoint without an identity, or without a tensor, is refused", (t) => {
  const { identity, ...others } = new Learner(JOB).checkpoint();
  recorded(t, messageOf("EngineError", () => new Learner(JOB).restore(others)));
  assert.throws(() => new Learner(JOB).restore({ identity }), { message: /^the tensor i_h.weight must have 35 numbers; got none: / });
});

test("a job with its fields in another order is the same run", () => {
  const reversed = (fields) => Object.fromEntries(Object.entries(fields).toReversed());
  new Learner({ ...JOB, form: reversed(FORM), config: reversed(CONFIG) }).restore(new Learner(JOB).checkpoint());
});

const REFUSED = [
  [{ nh: 513 }, [1, 512, 513]],
  [{ nh: 2.5 }, [1, 512, 2.5]],
  [{ bptt: 0 }, [1, "4096", 0]],
  [{ bs: 1 }, [2, 1]],
  [{ lr: NaN }, [0]],
  [{ pct_start: 1 }, [0, 1, 1]],
  [{ bn_init: "zeros" }, []],
  [{ reset_state: "test" }, []],
  [{ nh: 512, bs: 4096, bptt: 4096 }, [1_073]],
];
for (const [settings, numbers] of REFUSED) {
  test(`${JSON.stringify(settings)} is refused in a sentence`, (t) => {
    const said = messageOf("EngineError", () => new Learner({ ...JOB, config: { ...CONFIG, ...settings } }));
    recorded(t, said.replace(/need [\d,]+ MB/, "need N MB"), ...numbers);
  });
}

test("a text without a token, and one with an unknown id, are refused", (t) => {
  assert.throws(() => new Learner({ ...JOB, train: [] }), { message: "train has no token" });
  recorded(t, messageOf("EngineError", () => new Learner({ ...JOB, valid: [0, 7] })), 1, 0, 6, 7);
});

test("512 units train", () => {
  const learner = new Learner({ ...JOB, config: { ...CONFIG, nh: 512, epochs: 1 } });
  assert.equal([...learner.events()].at(-1).status, "finished");
});

test("memory that runs out is one sentence", () => {
  const memory = mock.method(WebAssembly, "Memory", () => {
    throw new RangeError("could not allocate memory");
  });
  try {
    assert.throws(() => new Learner(JOB), { name: "EngineError", message: /^the browser cannot provide 1 MB of memory: lower nh/ });
  } finally {
    memory.mock.restore();
  }
});

test("the memory limit counts the answers for both texts", () => {
  const config = { ...CONFIG, nh: 512, bs: 4096, bptt: 4096 }; // each text is one mini-batch of this many answers
  const needed = (make) => {
    try {
      return make();
    } catch ({ message }) {
      return Number(message.match(/need ([\d,]+) MB/)[1].replaceAll(",", ""));
    }
  };
  const [whole, network] = [() => new Learner({ ...JOB, config }), () => new Network(FORM, { nv: 7, ...config })].map(needed);
  close(whole - network, (2 * 5 * 4096 * 4096) / 1e6, 1);
});

test("where a page's policy forbids WebAssembly, the error says so", async () => {
  const fresh = await import("../../hnviz/browser/machine.js?forbidden");
  const module = mock.method(WebAssembly, "Module", function refuse() {
    throw new WebAssembly.CompileError("Refused to compile or instantiate WebAssembly module");
  });
  try {
    const message = /^this page's Content-Security-Policy forbids WebAssembly, .* add 'wasm-unsafe-eval' to its script-src$/;
    assert.throws(() => new fresh.Machine(), { name: "EngineError", message });
  } finally {
    module.mock.restore();
  }
});

test("in a browser without SIMD, or without WebAssembly, the error says so", async () => {
  const fresh = await import("../../hnviz/browser/machine.js?fresh");
  const validate = mock.method(WebAssembly, "validate", () => false);
  try {
    assert.throws(() => new fresh.Machine(), { name: "EngineError", message: /^this browser has no WebAssembly SIMD, so no network can run in it/ });
  } finally {
    validate.mock.restore();
  }
  const kept = globalThis.WebAssembly;
  delete globalThis.WebAssembly;
  try {
    assert.throws(() => new Machine(), EngineError);
  } finally {
    globalThis.WebAssembly = kept;
  }
});

test("numbers in sentences are Python's", () => {
  assert.deepEqual([0.01, 1, 1e-5, 1234567, 1e38, 0.00012345678, 999999.6].map(shortest), ["0.01", "1", "1e-05", "1.23457e+06", "1e+38", "0.000123457", "1e+06"]);
});

const READ = [
  ["a hand-written loop", FORM],
  ["batch norm in the loop", { ...FORM, normInLoop: true }],
  ["no norm", { ...FORM, cell: "GRU", layers: 2, normOver: "", dropout: true }],
  ["an LSTM", { ...FORM, cell: "LSTM", layers: 2, normOver: "slots" }],
];
const SIZES = { nv: 7, nh: 5 };
const readerOf = (form, window = null) => new Reader(form, SIZES, firstWeights(form, SIZES, CONFIG), window);
const text = Array.from({ length: 150 }, (_, at) => (3 * at * at) % 7);

for (const [name, form] of READ) {
  test(`with ${name}, a text read in parts has the answers of the whole text`, () => {
    const reader = readerOf(form);
    const whole = reader.read(text);
    const parts = [];
    let state = null;
    for (const [from, to] of [[0, 1], [1, 9], [9, 81], [81, 150]]) {
      parts.push(reader.read(text.slice(from, to), state));
      state = parts.at(-1).state;
      whole.logits[to - 1].forEach((logit, at) => close(reader.answer(state)[at], logit, 1e-6));
    }
    const logits = parts.flatMap((part) => part.logits);
    assert.equal(logits.length, text.length);
    logits.forEach((answer, at) => answer.forEach((logit, id) => close(logit, whole.logits[at][id], 1e-6)));
    for (const [tensor, values] of Object.entries(whole.state)) values.forEach((value, at) => close(state[tensor][at], value, 1e-6));
    assert.deepEqual(Object.keys(state), form.cell === "LSTM" ? ["state", "state.c"] : ["state"]);
  });
}

test("without a carried state, each window starts from zeros and no state is returned", () => {
  const reader = readerOf(FORM, 20);
  const { logits, state } = reader.read(text);
  assert.equal(state, null);
  const [third] = [reader.read(text.slice(40, 60)).logits];
  assert.deepEqual(logits.slice(40, 60), third);
});

test("a Transformer carries no state to answer from, and a text needs tokens", (t) => {
  const form = { ...FORM, attends: true, stateful: false, maxBptt: 20 };
  assert.throws(() => readerOf(form, 20).answer({ state: new Float32Array(5) }), { name: "EngineError" });
  assert.throws(() => readerOf(form, 20).read([]), { message: "the text has no token" });
  recorded(t, messageOf("EngineError", () => readerOf(FORM).read([7])), 0, 0, 6, 7);
});

test("answers that are not finite are refused in a sentence", () => {
  const reader = readerOf(FORM);
  const { state } = reader.read(text);
  const changed = () => ({ state: state.state.map(() => Infinity) });
  assert.throws(() => goOn(reader, state, 3, changed), { name: "EngineError", message: /^the answers are not finite numbers here: / });
});
