// The guess of the next word: what a network says at the reader's place, and how often both were right.
import assert from "node:assert/strict";
import { test } from "node:test";
import { guessOf, score } from "../../hnviz/app/rooms/data/guess/score.js";
import { recorded } from "./recorded.js";

const WORDS = [["three", "ones", 14], ["hundred", "hundred", 10], [",", "comma", 9]];
const ANSWER = {
  meta: { model: "Model5", words: { 9: ",", 10: "hundred" } },
  arrays: { ids: { data: [14, 10, 9] }, best: { shape: [3, 2], data: [10, 9, 9, 10, -1, -1] } },
};

test("a network guesses after the same words, and only where it answers", () => {
  assert.deepEqual([1, 2].map((read) => guessOf(ANSWER, WORDS, read)), [{ name: "Model5", word: "hundred" }, { name: "Model5", word: "," }]);
  assert.equal(guessOf(ANSWER, WORDS, 3), null); // -1: it does not answer there
  assert.equal(guessOf(null, WORDS, 1), null);
  assert.equal(guessOf({ ...ANSWER, arrays: { ...ANSWER.arrays, ids: { data: [14, 11, 9] } } }, WORDS, 2), null);
});

test("the words at which a right guess is luck are counted", (t) => {
  const tries = [{ you: true, model: null, open: true }, { you: false, model: { name: "Model5", right: true }, open: false }];
  recorded(t, score(tries), 1, 2, 1, 1, 1);
});

test("both are counted over the same guesses", () => {
  const by = (name, right) => ({ name, right });
  const tries = [{ you: false, model: null }, { you: true, model: by("Model5", true) }, { you: false, model: by("Model5", true) }];
  assert.equal(score([]), "");
  assert.match(score(tries.slice(0, 1)), /right 0 of 1 time\.$/);
  assert.match(score(tries.slice(1)), /1 of 2 times, and Model5 2 of 2\.$/);
  assert.match(score(tries), /1 of 3 times, and Model5 2 of 2\.$/);
  assert.match(score([...tries, { you: true, model: by("Model3", false) }]), /2 of 4 times, and Model3 0 of 1\.$/);
});
