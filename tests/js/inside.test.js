// The Train page, "What is inside": the sentence over the bars.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../hnviz/app/rooms/train/inside/words.js";

const KINDS = ["comma", "hundred", "ones"];

/** What it says of as many right answers of 1,000 as each kind has. */
function said(...right) {
  const data = { kinds: KINDS, counted: [], lacking: false, words: {}, special: { valid: 0 } };
  return sentence(data, { step: 1, loss: 1, valid: right.map((each) => [1000, each, 500]) }, "accuracy").flat().join("");
}

test("a share of several kinds of word is true of each of them", () => {
  assert.match(said(992, 991, 300), /^On valid, commas and “hundred” are right at least 99\.1 % of the time, the words one to nine 30\.0 %\. /);
  assert.match(said(992, 996, 990), /^All kinds of word are right about equally often, at least 99\.0 % of the time\. /);
});

test("one share is named as it is", () => {
  assert.match(said(992, 992, 300), /commas and “hundred” are right 99\.2 % of the time/);
  assert.match(said(600, 992, 300), /^On valid, “hundred” is right 99\.2 % of the time/);
  assert.match(said(992, 992, 992), /about equally often, 99\.2 % of the time/);
});
