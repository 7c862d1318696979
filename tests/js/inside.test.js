// The Train page, "What is inside": the sentence over the bars.
import { test } from "node:test";
import { sentence } from "../../hnviz/app/rooms/train/inside/words.js";
import { recorded } from "./recorded.js";

const KINDS = ["comma", "hundred", "ones"];

/** What it says of as many right answers of 1,000 as each kind has. */
function said(...right) {
  const data = { kinds: KINDS, counted: [], lacking: false, words: {}, special: { valid: 0 } };
  return sentence(data, { step: 1, loss: 1, valid: right.map((each) => [1000, each, 500]) }, "accuracy").flat().join("");
}

test("a share of several kinds of word is true of each of them", (t) => {
  recorded(t, said(992, 991, 300), 99.1, "30.0", 700, 717);
  recorded(t, said(992, 996, 990), "99.0");
});

test("one share is named as it is", (t) => {
  recorded(t, said(992, 992, 300), 99.2, "30.0", 700, 716);
  recorded(t, said(600, 992, 300), 99.2, "30.0", 700, 1_108);
  recorded(t, said(992, 992, 992), 99.2);
  recorded(t, said(992, 300, 991), 99.1, "30.0", 700, 717);
});
