// A lesson's modules that need no page: answers, surprises, words, sliders, visits.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { Ahead } from "../../hnviz/app/lesson/panel/ahead.js";
import { note, onVisit, visits } from "../../hnviz/app/kit/js/visits.js";
import { stepOf } from "../../hnviz/app/lesson/panel/number.js";
import { becauses } from "../../hnviz/app/rooms/classroom/answers/because.js";
import { becauseOf, distance, inWords, isSurprise, surpriseText } from "../../hnviz/app/lesson/panel/surprise.js";
import { Panel } from "../../hnviz/app/lesson/panel/panel.js";
import { parts } from "../../hnviz/app/lesson/panel/words.js";
import { recorded } from "./recorded.js";

const CHOICE = { kind: "choice", answers: ["one", "two"], truth: 1 };
const NUMBER = { kind: "number", answers: [], low: 0, high: 200, unit: "%", truth: 100 };
const CURVE = { kind: "curve", answers: ["1", "2", "3"], low: 0, high: 10, unit: "", truth: [0, 10, 5] };

let stored;
let count = 0;
beforeEach(() => {
  stored = new Map();
  globalThis.localStorage = {
    getItem: (key) => stored.get(key) ?? null,
    setItem: (key, value) => void stored.set(key, value),
  };
});
/** The module as a page that was just opened has it. */
const answers = () => import(`../../hnviz/app/lesson/panel/answers.js?${(count += 1)}`);

test("an answer is kept in the browser, and told to listeners until they leave", async () => {
  const first = await answers();
  const heard = [];
  const leave = first.onAnswer((step, value) => heard.push([step, value]));
  first.keepAnswer("mine.1", 3);
  first.keepAnswer("mine.2", [1, 2.5]);
  leave();
  first.keepAnswer("other.1", 0);
  assert.deepEqual(heard, [["mine.1", 3], ["mine.2", [1, 2.5]]]);
  const again = await answers();
  assert.deepEqual([again.answerOf("mine.1"), again.answerOf("mine.2")], [3, [1, 2.5]]);
  again.forgetAnswers("mine");
  const last = await answers();
  assert.deepEqual([last.answerOf("mine.1"), last.answerOf("other.1")], [undefined, 0]);
});

test("what is no answer is neither kept nor read", async () => {
  const { keepAnswer } = await answers();
  for (const value of [NaN, "3", null, [1, NaN], Array(65).fill(0), {}]) {
    assert.throws(() => keepAnswer("mine.1", value), TypeError);
  }
  for (const found of ["{", "null", "[1]", '{"mine.1":"<b>","mine.2":2}']) {
    stored.set("hnviz.answers", found);
    const { answerOf } = await answers();
    assert.equal(answerOf("mine.1"), undefined);
    assert.equal(answerOf("mine.2"), found.includes("mine.2") ? 2 : undefined);
  }
});

test("a browser that keeps nothing still holds the answers of its page", async () => {
  globalThis.localStorage = { getItem: () => { throw new Error("denied"); }, setItem: () => { throw new Error("full"); } };
  const { answerOf, keepAnswer } = await answers();
  keepAnswer("mine.1", 3);
  assert.equal(answerOf("mine.1"), 3);
});

test("two tabs that answer at the same time lose no answer, and one of a browser that keeps none neither", async () => {
  const [one, other] = [await answers(), await answers()];
  one.answerOf("mine.1"); // each has read what there was
  other.answerOf("mine.1");
  other.keepAnswer("theirs.1", 1);
  one.keepAnswer("mine.1", 3);
  assert.deepEqual(JSON.parse(stored.get("hnviz.answers")), { "theirs.1": 1, "mine.1": 3 });
  globalThis.localStorage.setItem = () => {
    throw new Error("full");
  };
  one.keepAnswer("mine.2", 4);
  one.keepAnswer("mine.3", 5);
  assert.deepEqual([1, 2, 3].map((each) => one.answerOf(`mine.${each}`)), [3, 4, 5]);
});

test("a surprise is as large as the guess was far from the truth", () => {
  assert.deepEqual([0, 1].map((each) => distance(CHOICE, each)), [1, 0]);
  assert.deepEqual([100, 104, 50, 0].map((each) => distance(NUMBER, each)), [0, 0.02, 0.25, 0.5]);
  assert.equal(distance(CURVE, [0, 8, 5]), 0.2);
  assert.equal(distance(CURVE, [0]), 1); // a short list counts as the lowest
  assert.deepEqual([104, 120].map((each) => isSurprise(NUMBER, each)), [false, true]);
});

test("an answer is a surprise where the class's server says that it is wrong", () => {
  const cases = JSON.parse(readFileSync(new URL("../data/right_answers.json", import.meta.url), "utf8")); // also read by tests/classroom/test_door.py
  for (const { guess, right, wrong } of cases) {
    for (const value of right) assert.equal(isSurprise(guess, value), false, `${guess.kind} ${value}`);
    for (const value of wrong) assert.equal(isSurprise(guess, value), true, `${guess.kind} ${value}`);
  }
});

test("an answer is said in words", () => {
  assert.equal(inWords(CHOICE, 1), "“two”");
  assert.equal(inWords(CHOICE, 7), "“?”");
  assert.equal(inWords(NUMBER, 12345.5), "12,345.5 %");
  for (const [unit, said] of [["words", "1 word"], ["mini-batches", "1 mini-batch"], ["%", "1 %"]]) {
    assert.equal(inWords({ ...NUMBER, unit }, 1), said);
  }
  assert.equal(inWords({ ...NUMBER, unit: "words" }, 0), "0 words");
  assert.equal(inWords(CURVE, [0, 2.5, 10]), "0, 2.5 and 10");
});

test("a lesson's text has three marks, and all else is literal", () => {
  assert.deepEqual(parts("a **b** *c* `d` <b>x</b> 2 * 3"), [
    ["", "a "], ["strong", "b"], ["", " "], ["em", "c"], ["", " "], ["code", "d"], ["", " <b>x</b> 2 * 3"],
  ]);
  assert.deepEqual(parts("**"), [["", "**"]]);
});

test("a slider has whole steps where it has room for them", () => {
  assert.equal(stepOf({ low: 1, high: 10, truth: 3 }), 1);
  assert.equal(stepOf({ low: 0, high: 100, truth: 54.9 }), 1);
  assert.equal(stepOf({ low: 0, high: 5, truth: 3.64 }), 0.1);
  assert.equal(stepOf({ low: 0, high: 1, truth: 1 }), 0.01);
});

test("listeners hear of every visit", () => {
  let heard = 0;
  onVisit(() => (heard += 1));
  const before = visits();
  note();
  note();
  assert.deepEqual([heard, visits() - before], [2, 2]);
});

test("a surprise says the truth once, and its marks are no part of what is read", (t) => {
  const told = { ...NUMBER, truth: 97.9, why: "It gets 97.9 % right. **Gaps** are filled." };
  const said = surpriseText(told, 50);
  recorded(t, said, 50, 97.9);
  assert.deepEqual(parts(said).map(([tag]) => tag), ["", "strong", ""]);
  recorded(t, surpriseText({ ...told, why: "Most of them." }, 50), 50, 97.9);
});

test("the next step's answers are fetched one by one, at its snapshot, while nothing in view waits", async () => {
  const [asked, coming] = [[], new Map([["in view", {}]])];
  const timeline = { run: "Model5", steps: [0, 400], first: 0, versions: new Map([[0, "a"], [400, "b"]]), step: 400, rested: 400 };
  const source = {
    coming,
    address: (path, params) => `${path}?${new URLSearchParams(params)}`,
    get: async (address) => asked.push(address),
  };
  const ahead = new Ahead({ source, tab: { timeline: () => timeline }, theme: { dark: true } });
  const ask = (question, more) => ({ run: "Model5", ask: { question, at: "rest", run: "", params: { layer: "1" }, ...more } });
  const step = { at: { snapshot: "0" }, asks: [ask("codes"), ask("path", { themed: true }), ask("probe", { at: "end" })] };
  const done = ahead.fetch(step);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual(asked, []);
  coming.clear();
  await done;
  const path = "api/runs/Model5";
  assert.deepEqual(asked, [`${path}/0/codes?layer=1&v=a`, `${path}/0/path?layer=1&mode=dark&v=a`, `${path}/400/probe?layer=1&v=b`]);
  assert.equal(timeline.step, 400); // the page itself still shows its own
  const overtaken = ahead.fetch(step);
  ahead.end();
  await overtaken;
  assert.equal(asked.length, 3);
});

const choice = { kind: "choice", answers: ["a", "b", "c"], truth: 1, because: [0, 2].map((answer) => ({ answer, low: null, high: null, belief: "E", text: `of ${answer}`, point: "" })) };
const number = { kind: "number", answers: [], low: 0, high: 60, truth: 1, because: [{ answer: null, low: 15, high: 25, belief: "K", text: "of 20", point: "" }] };

test("a wrong answer has its own words, the right one and one without an interval have none", () => {
  assert.deepEqual([0, 1, 2].map((answer) => becauseOf(choice, answer)?.text), ["of 0", undefined, "of 2"]);
  assert.deepEqual([1, 14.9, 15, 25, 26].map((answer) => becauseOf(number, answer)?.text), [undefined, undefined, "of 20", "of 20", undefined]);
  assert.deepEqual([becauseOf(choice, null), becauseOf(choice, undefined), becauseOf({ ...choice, because: undefined }, 0)], [undefined, undefined, undefined]);
});

test("after a wrong answer the ring moves to what refutes it", () => {
  const because = [{ ...choice.because[0], point: "through_time/reach" }, choice.because[1]];
  const step = { title: "", text: "", point: "through_time/lanes", guess: { ...choice, because } };
  const at = (answer, more = {}) => Panel.prototype.pointed.call({ answer, waits: false, isHeld: false, ...more }, step);
  assert.deepEqual([0, 1, 2, undefined].map((answer) => at(answer)), ["through_time/reach", ...Array(3).fill("through_time/lanes")]);
  for (const more of [{ waits: true }, { isHeld: true }]) assert.equal(at(0, more), "through_time/lanes");
  assert.equal(Panel.prototype.pointed.call({ answer: 0 }, { ...step, guess: null }), "through_time/lanes");
});

test("a teacher reads what a class's wrong answers show, the most frequent first", () => {
  assert.deepEqual(becauses(choice, [2, 1, 2, 0, 1]), [{ n: 2, said: "“c”", text: "of 2" }, { n: 1, said: "“a”", text: "of 0" }]);
  assert.deepEqual(becauses(number, [1, 20, 59]), [{ n: 1, said: "15 to 25", text: "of 20" }]);
  assert.deepEqual(becauses({ ...choice, because: undefined }, [0]), []);
});
