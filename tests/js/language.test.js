// A page's words in another language: its table, numbers, and what the table lacks.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { locale, oneOf, onSpeak, phrase, speak, translated } from "../../hnviz/app/kit/js/language.js";
import { partNodes, plainText } from "../../hnviz/app/kit/js/text.js";

const GERMAN = {
  code: "de",
  name: "Deutsch",
  decimal: ",",
  thousands: ".",
  words: {
    "After {} steps: {} %.": "{2} % nach **{1}** Schritten.",
    "Model5 ends.": "Model5 ist fertig.",
    "Step {} of {}": "Schritt {} von {}",
  },
  one: { Wörter: "Wort" },
};
globalThis.document = { createElement: () => ({}) }; // for bold parts
const GERMAN_3 = "5\u00a0% nach 3 Schritten.";
afterEach(() => speak(null));

test("English stays as it is", () => {
  assert.equal(translated("After 1,000 steps: **83.4** %."), "After 1,000 steps: **83.4** %.");
  assert.deepEqual([phrase("Step {} of {}", "2", "6"), locale(), oneOf("Wörter")], ["Step 2 of 6", "en", undefined]);
});

test("a sentence is found by its words, and its numbers are written as the language writes them", () => {
  speak(GERMAN);
  assert.equal(translated("After 1,000 steps: **83.4\u00a0%**."), "83,4 % nach **1.000** Schritten.");
  assert.equal(translated("After 1.0e-2 steps: 0 %."), "0 % nach **1,0e-2** Schritten.");
  assert.equal(plainText("Model5 ends. After 3 steps: 5 %."), `Model5 ist fertig. ${GERMAN_3}`);
  assert.equal(partNodes(["After ", ["3"], " steps: 5 %."]).plain, GERMAN_3);
  assert.deepEqual([phrase("Step {} of {}", "2", "6"), locale(), oneOf("Wörter")], ["Schritt 2 von 6", "de", "Wort"]);
});

test("what the table lacks stays English, and the rest of the text does not", () => {
  speak(GERMAN);
  assert.equal(translated("Who knows? Model5 ends."), "Who knows? Model5 ist fertig.");
  assert.equal(translated(translated("Model5 ends.")), "Model5 ist fertig.");
  assert.equal(phrase("No {} here", "such"), "No such here");
});

test("those who listen hear of another language once", () => {
  let heard = 0;
  const deaf = onSpeak(() => (heard += 1));
  for (const each of [null, GERMAN, GERMAN, undefined]) speak(each);
  deaf();
  speak(GERMAN);
  assert.equal(heard, 2);
});
