// Where a page first uses each term.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Finder } from "../../hnviz/app/kit/terms/find.js";

const term = (name, ...spelt) => ({ name, meaning: "", spelt: spelt.length ? spelt : [name], title: "", address: "" });
const finder = new Finder([term("train", "on train", "of train"), term("loss"), term("mini-batch"), term("bs, rows", "bs"), term("id"), term("batch norm")]);
const found = (...texts) => finder.first(texts).map(({ term, text, start, end }) => [term.name, text, texts[text].slice(start, end)]);

test("each term is found once, where it first appears, in any number", () => {
  assert.deepEqual(found("Two mini-batches", "Loss by mini-batch; bs is 64", "losses and loss"), [
    ["mini-batch", 0, "mini-batches"],
    ["loss", 1, "Loss"],
    ["bs, rows", 1, "bs"],
  ]);
});

test("a part of another word is no term, and a verb is no noun", () => {
  assert.deepEqual(found("Train a new run", "floss", "grid, idea, did", "batch-norm", "Press on Train"), []);
  assert.deepEqual(found("80 % on train"), [["train", 0, "on train"]]);
});

test("a text that is a term alone counts, such as a bold word", () => {
  assert.deepEqual(found("Train", "The text of valid", " train ", "begins with"), [["train", 2, "train"]]);
});

test("a term over two lines is found", () => {
  assert.deepEqual(found("a batch\n  norm layer"), [["batch norm", 0, "batch\n  norm"]]);
});
