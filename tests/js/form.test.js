// The settings of the next run: what their fields hold, and what the address says of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { address } from "./browser.js";
import { inAddress, keepAddress, putOwnInAddress } from "../../hnviz/app/kit/js/address.js";
import { changed, shown, valuesOf } from "../../hnviz/app/rooms/train/form/values.js";

const RECIPES = { Small: { lr: 1e-4, bptt: 3 }, Large: { lr: 0.01, bptt: 20 } };
const SHARED = { lr: 3e-3, bptt: 20 };
const setting = (name, kind, first = null, options = []) => ({ name, kind, first, options });
const KNOWN = {
  settings: [
    setting("model", "word", "Large", ["Small", "Large"]),
    setting("bptt", "whole"),
    setting("lr", "power"),
    setting("seed", "whole", 0),
    setting("form", "word", "plain", ["plain", "fast"]),
    setting("same", "switch", false),
  ],
  recipes: Object.fromEntries(Object.entries(RECIPES).map(([model, own]) => [model, [own, { ...SHARED, bptt: Math.min(own.bptt, 20) }]])),
  unused: { Small: ["form"], Large: [] },
};
const values = (given) => valuesOf(KNOWN, given);
const after = (given, ...changes) => changes.reduce((now, [name, text]) => changed(KNOWN, now, name, text), given);

test("a field that is not given has the recipe's value, or its default", () => {
  assert.deepEqual(values({}), { model: "Large", bptt: 20, lr: 0.01, seed: 0, form: "plain", same: false });
  assert.deepEqual(values({ model: "Small", seed: "3" }), { model: "Small", bptt: 3, lr: 1e-4, seed: 3, form: "plain", same: false });
  assert.deepEqual(values({ model: "Small", same: "true", bptt: "9" }), { model: "Small", bptt: 9, lr: 3e-3, seed: 0, form: "plain", same: true });
});

test("what cannot be read leaves the default", () => {
  for (const text of ["abc", "", "nan", "inf", "1e400", "9".repeat(400), "0x10", "1_0", " 5", "٣", "+-1"]) assert.equal(values({ bptt: text }).bptt, 20, text);
  assert.deepEqual(values({ model: "Model9", form: "slow", same: "maybe" }), values({}));
  for (const [text, number] of [["1e1", 10], ["-3", -3], ["2.5", 2.5], ["+7", 7], ["1.", 1], [".5", 0.5]]) assert.equal(values({ bptt: text }).bptt, number);
});

test("another model, or the shared recipe, fills in the recipe's fields alone", () => {
  const given = after({}, ["lr", "0.5"], ["seed", "7"], ["model", "Small"]);
  assert.deepEqual(given, { model: "Small", seed: "7" });
  assert.deepEqual(after(given, ["bptt", "4"], ["same", "true"]), { model: "Small", seed: "7", same: "true" });
  assert.deepEqual(after(given, ["same", "true"], ["lr", "1"], ["same", "false"]), given);
});

test("a default is not in the address", () => {
  assert.deepEqual(after({}, ["lr", "0.5"], ["lr", "1.0e-2"]), {});
  assert.deepEqual(after({ model: "Small" }, ["lr", "0.0001"], ["model", "Large"]), {});
  assert.deepEqual(after({ lr: "abc" }, ["lr", ""]), {}, "nor is what was cleared");
  assert.deepEqual(after({}, ["lr", " abc "], ["bptt", " "]), { lr: "abc" }, "Python says that it is no number");
  assert.deepEqual(after({}, ["lr", "x".repeat(60)]), { lr: "x".repeat(40) });
  assert.deepEqual(after({ model: "Small" }, ["model", "Tiny"]), {}, "a choice is one of its options");
  assert.deepEqual(after({}, ["lr", "5.0e-1"], ["seed", "07"]), { lr: "0.5", seed: "7" });
  assert.deepEqual(after({ lr: "abc" }, ["seed", "1"]), { lr: "abc", seed: "1" }, "a wrong one stays until it is set");
});

test("a model that has no use for a setting shows its default, and forgets nothing", () => {
  const given = after({}, ["form", "fast"], ["model", "Small"]);
  assert.equal(values(given).form, "plain");
  assert.equal(values(after(given, ["model", "Large"])).form, "fast");
});

test("a rate is written with its power of ten, all others as they are", () => {
  const power = { kind: "power" };
  for (const [rate, text] of [[0.01, "1.0e-2"], [3e-3, "3.0e-3"], [0.0125, "1.25e-2"], [1000, "1000"], [1, "1"], [-0.02, "-2.0e-2"], [0, "0"]]) assert.equal(shown(power, rate), text);
  assert.equal(shown({ kind: "real" }, 0.3), "0.3");
  assert.equal(shown({ kind: "whole" }, 20), "20");
  assert.equal(shown({ kind: "switch" }, false), "false");
});

test("what Streamlit sets back in the address is put right again, on the same page alone", () => {
  const before = "http://127.0.0.1/train?train_lr=0.5&train_bs=8";
  address(before);
  putOwnInAddress("train_lr", "0.7");
  putOwnInAddress("train_bs", null);
  assert.equal(location.href, "http://127.0.0.1/train?train_lr=0.7");
  address(`${before}&run=Model3`); // Python has changed the address, and knows the first one
  keepAddress();
  assert.deepEqual(["train_lr", "train_bs", "run"].map(inAddress), ["0.7", null, "Model3"]);
  address("http://127.0.0.1/data?train_lr=0.5");
  keepAddress();
  assert.equal(inAddress("train_lr"), "0.5");
});
