// A headline about one word of a text: it speaks of the word that the picture shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { headlineOf, markWord, UNIT, WORD } from "../../hnviz/app/kit/headline/word.js";
import { onMark, setMark } from "../../hnviz/app/kit/js/page.js";

/** A snapshot's answer, with its own most surprising word. */
function answer(step, worst, words = ["one", ",", "two"]) {
  const headlines = words.map((word) => `${word} at ${step}`);
  return { meta: { cells: words.map((word) => [word]), headlines }, sentence: headlines[worst] };
}

test("while a run trains, the headline stays with the word that the picture shows", (t) => {
  t.after(onMark(WORD, {}, () => {}));
  assert.equal(headlineOf(answer(1, 2)), "two at 1");
  markWord(answer(1, 2).meta, 2, {}); // the picture has been drawn
  assert.equal(headlineOf(answer(5, 0)), "two at 5", "another word surprises more now");
  markWord(answer(5, 0).meta, 1, {}); // a reader picks a word
  assert.equal(headlineOf(answer(9, 0)), ", at 9");
});

test("the headline of another text is about its own word", (t) => {
  t.after(onMark(WORD, {}, () => {}));
  markWord(answer(1, 2).meta, 2, {});
  assert.equal(headlineOf(answer(1, 0, ["six", ",", "two"])), "six at 1");
});

test("words without headlines mark none, and a headline without words is its answer's", (t) => {
  t.after(onMark(WORD, {}, () => {}));
  markWord(answer(1, 2).meta, 1, {});
  markWord({ ...answer(1, 2).meta, headlines: [] }, 0, {}); // what the network says on its own
  assert.equal(headlineOf(answer(2, 0)), ", at 2");
  assert.equal(headlineOf({ meta: {}, sentence: "It counts." }), "It counts.");
});

test("a headline about units is about the picked one, and about the answer's own before any is picked", (t) => {
  t.after(onMark(UNIT, {}, () => {}));
  const units = { meta: { units: ["unit 0", "unit 1"] }, sentence: "unit 1" };
  assert.equal(headlineOf(units), "unit 1");
  setMark(UNIT, 0, {});
  assert.equal(headlineOf(units), "unit 0");
});
