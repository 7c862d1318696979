// A picture's sentence and state, from its loading to its first drawing; on elements without a browser.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { States } from "../../hnviz/app/kit/js/states.js";
import { elements } from "./elements.js";
import { recorded } from "./recorded.js";

const { made: element } = elements(); // in the place of globalThis' own: together.js leaves this file out
const states = () => new States(element("div"), "");

test("the sentence of a first drawing stays while its program loads, and when it is complete", (t) => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    const made = states();
    made.wait("the figures");
    made.say("Model0 answers only after the last token.");
    made.wait("the chart");
    made.wait("the figures", false); // an answer that comes late
    made.done(400);
    recorded(t, made.sentence.textContent);
    assert.equal(made.sentence.hidden, false);
    assert.equal(made.root.dataset.state, "ready");
  } finally {
    mock.timers.reset();
  }
});

test("a sentence is written again only where it changes, and the page hears of each drawing", () => {
  const made = states();
  const [written, heard] = [[], []];
  made.write = (sentence) => written.push(sentence);
  made.root.dispatchEvent = ({ type }) => heard.push(type);
  for (const sentence of ["", "One.", "One.", "Two.", "", ""]) made.say(sentence);
  assert.deepEqual(written, ["One.", "Two.", ""]);
  assert.deepEqual(heard, Array(6).fill("hnviz:said"));
  assert.equal(made.sentence.hidden, true);
});

test("the sentence of a run without snapshots goes when figures are asked for", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    const made = states();
    made.waitForSnapshot({ listed: true, facts: { status: "training", is_live: true } });
    assert.equal(made.root.dataset.state, "empty");
    assert.match(made.sentence.textContent, /first snapshot comes/);
    made.wait("the figures");
    assert.equal(made.sentence.textContent, "");
    assert.equal(made.sentence.hidden, true);
    assert.equal(made.root.dataset.state, "loading");
  } finally {
    mock.timers.reset();
  }
});
