// A lesson's step in a class: what becomes of an answer, and what the class guessed.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { classAt, Crowd, drawRevealed } from "../../hnviz/app/kit/class/crowd.js";
import { Lectern } from "../../hnviz/app/kit/class/lectern.js";
import { absentText } from "../../hnviz/app/rooms/classroom/answers/absent.js";
import { byPlace } from "../../hnviz/app/rooms/classroom/board/students.js";
import { recorded } from "./recorded.js";

class Node {
  constructor(tag) {
    Object.assign(this, { tag, children: [], textContent: "", clientWidth: 300 });
  }
  append(...nodes) {
    this.children.push(...nodes);
  }
  replaceChildren(...nodes) {
    this.children = nodes;
  }
  setAttribute() {}
  get words() {
    return [this.textContent, ...this.children.map((each) => each.words ?? String(each))].filter(Boolean).join(" ");
  }
}

beforeEach(() => {
  globalThis.document = {
    createElement: (tag) => new Node(tag),
    createElementNS: (_, tag) => new Node(tag),
  };
  globalThis.localStorage = { getItem: () => null, setItem() {}, removeItem() {} };
});

const GUESS = { kind: "choice", answers: ["one", "two"], truth: 1 };

function aRoom(more = {}) {
  const room = { hasServer: true, joined: true, home: new URL("http://10.0.0.5/"), ...more };
  Object.assign(room, { revealed: new Map(), waiting: new Map(), mine: new Map(), first: new Map(), twice: new Set() });
  room.send = async (step, value) => void room.mine.set(step, value);
  room.follow = (hear) => (room.hear = hear);
  return room;
}

/** A student's step: what it says and holds back. */
function aStep(room) {
  const step = { host: new Node("div"), own: undefined, changes: 0 };
  step.crowd = new Crowd(room, (hear) => (step.hear = hear), () => void (step.changes += 1));
  step.give = async (value) => {
    step.own = value;
    step.hear("a.1", value);
    await null;
    await null;
  };
  step.words = () => {
    step.crowd.draw(step.host, { step: "a.1", guess: GUESS, answer: step.crowd.answer("a.1", step.own) });
    return step.host.words;
  };
  return step;
}
const REVEALED = { values: [0, 1, 1], sentence: "**3** answered. 67 % chose the right answer." };

test("an exported lesson finds the class that serves it, and none elsewhere", () => {
  const at = (href) => classAt(new URL(href)).home?.href;
  assert.equal(at("http://10.0.0.5:8501/below/class/lesson/batches"), "http://10.0.0.5:8501/below/");
  assert.equal(at("http://10.0.0.5:8501/class/lesson/batches.html"), "http://10.0.0.5:8501/");
  assert.equal(at("https://host.example/lessons/batches.html"), undefined);
  assert.equal(at("file:///home/a/batches.html"), undefined);
});

test("an answer goes to the class, which holds the truth back until the reveal", async (t) => {
  const room = aRoom();
  const step = aStep(room);
  assert.equal(step.words(), "");
  assert.equal(step.crowd.cover("a.1", undefined), "");
  await step.give(0);
  assert.equal(room.mine.get("a.1"), 0);
  recorded(t, step.words());
  assert.equal(step.crowd.cover("a.1", 0), "The teacher reveals it");
  assert.equal(step.crowd.holds("a.1"), true);
  room.revealed.set("a.1", REVEALED);
  assert.equal(step.crowd.holds("a.1"), false);
  recorded(t, step.words(), 3, 67, 1, 2);
});

test("an answer that is under way is said to be, and counts", (t) => {
  const room = aRoom();
  room.waiting.set("a.1", { value: 0 });
  const step = aStep(room);
  recorded(t, step.words());
  assert.equal(step.crowd.answer("a.1", undefined), 0);
});

test("a refusal is said as a sentence, and the step asks again", async () => {
  const room = aRoom();
  room.send = async () => {
    throw new Error("guesses come too fast");
  };
  const step = aStep(room);
  await step.give(0);
  assert.equal(step.words(), "Guesses come too fast.");
  assert.equal(step.crowd.answer("a.1", 0), undefined);
});

test("an answer after the reveal is said not to count", async (t) => {
  const room = aRoom();
  room.revealed.set("a.1", REVEALED);
  room.send = async () => {
    throw new Error("this answer came after Reveal and does not count");
  };
  const step = aStep(room);
  recorded(t, step.words());
  await step.give(0);
  recorded(t, step.words(), 3, 67, 1, 2);
});

test("an answer from another time is none in this class", () => {
  const room = aRoom();
  const { crowd } = aStep(room);
  assert.equal(crowd.answer("a.1", 1), undefined);
  room.mine = null; // the server has not said yet
  assert.equal(crowd.answer("a.1", 1), 1);
});

test("a student who has not joined is led to the code, and sees the truth when the class does", async (t) => {
  const room = aRoom({ joined: false });
  const step = aStep(room);
  await step.give(1);
  assert.equal(room.mine.size, 0); // nothing was sent
  assert.equal(step.crowd.holds("a.1"), true);
  assert.equal(step.crowd.answer("a.1", 1), 1);
  assert.equal(step.crowd.cover("a.1", 1), "The teacher reveals it");
  assert.match(step.words(), /You have not joined the class.*The teacher reveals the answer\. +Join the class$/);
  room.revealed.set("a.1", REVEALED);
  assert.equal(step.crowd.holds("a.1"), false);
  recorded(t, step.words(), 3, 67, 1, 2);
});

test("a reveal that is taken back covers the truth, and a late answer may be given again", async () => {
  const room = aRoom();
  room.revealed.set("a.1", REVEALED);
  room.send = async () => {
    throw new Error("this answer came after Reveal and does not count");
  };
  const step = aStep(room);
  await step.give(0);
  room.revealed.delete("a.1");
  assert.equal(step.crowd.holds("a.1"), true);
  assert.equal(step.crowd.answer("a.1", 0), undefined);
  assert.equal(step.words(), "");
});

function aLectern(counts) {
  const line = { counts, revealed: new Map(), shown: [], follow: (hear) => ((line.hear = hear), () => {}) };
  line.isAgain = (step) => line.counts?.discussed?.includes(step) ?? false;
  line.reveal = async (step) => void line.shown.push(step);
  const host = new Node("div");
  const lectern = new Lectern(line, () => {});
  const words = (step = "a.1") => {
    lectern.draw(host, { step, guess: GUESS, answer: undefined });
    return host.words;
  };
  return { line, lectern, words };
}

test("the teacher's step counts the answers, and shows them once they are revealed", async (t) => {
  const { line, lectern, words } = aLectern({ here: 3, members: 4, steps: [["a.1", 2, 3, false]] });
  assert.equal(lectern.cover("a.1"), "2 of 3 answered");
  assert.match(words(), /^2 of 3 answered\. Nobody sees/);
  assert.equal(lectern.holds("a.1"), true);
  await lectern.reveal("a.1");
  line.revealed.set("a.1", REVEALED);
  assert.deepEqual(line.shown, ["a.1"]);
  assert.equal(lectern.holds("a.1"), false);
  recorded(t, words(), 3, 67, 1, 2);
});

test("a teacher takes a reveal back", async () => {
  const { line, lectern, words } = aLectern({ here: 2, members: 3, steps: [["a.1", 3, 3, true]] });
  line.revealed.set("a.1", REVEALED);
  line.cover = async (step) => void line.revealed.delete(step);
  await lectern.takeBack("a.1");
  assert.equal(lectern.holds("a.1"), true);
  assert.match(words(), /^All 3 answered\. Nobody sees/);
});

test("before anyone has joined a teacher reveals on this screen alone", async (t) => {
  const { line, lectern, words } = aLectern({ members: 0, steps: [] });
  assert.match(words(), /on this screen alone/);
  await lectern.reveal("a.1");
  assert.deepEqual(line.shown, []);
  assert.equal(lectern.holds("a.1"), false);
  recorded(t, words());
  await lectern.takeBack("a.1");
  assert.equal(lectern.holds("a.1"), true);
  await lectern.reveal("a.1");
  line.counts = { here: 1, members: 1, steps: [] }; // the class comes: it has not seen the answer
  assert.equal(lectern.holds("a.1"), true);
});

test("a reveal that fails says why, and the truth stays covered", async (t) => {
  const { line, lectern, words } = aLectern({ here: 3, members: 3, steps: [] });
  line.reveal = async () => {
    throw new Error("The teacher's computer does not answer.");
  };
  await lectern.reveal("a.1");
  const said = words();
  recorded(t, said, 0, 3);
  assert.equal(lectern.holds("a.1"), true);
  assert.ok(words("a.2").length < said.length); // it was not refused
  line.hear({ step: "a.1" });
  assert.equal(words(), words("a.2"));
});

test("in the second vote a step asks again, and the first answer is said", async (t) => {
  const room = aRoom();
  const step = aStep(room);
  await step.give(0);
  room.twice.add("a.1"); // as ClassRoom does
  room.mine.delete("a.1");
  room.first.set("a.1", 0);
  assert.equal(step.crowd.answer("a.1", 0), undefined); // the answer that this browser has kept is the first
  assert.equal(step.crowd.holds("a.1"), true);
  assert.equal(step.crowd.cover("a.1", undefined), "Answer once more");
  recorded(t, step.words());
  await step.give(1);
  recorded(t, step.words());
  assert.equal(step.crowd.answer("a.1", 1), 1);
  room.mine.delete("a.1");
  room.revealed.set("a.1", { ...REVEALED, first: { n: 1, values: [0], moved: [0, 0, 0, 0], flows: [] } });
  assert.match(step.words(), /^Only your first answer counts.*67 % chose the right answer/);
});

test("an answer that comes after the first vote is refused with a sentence, and the step asks again", async () => {
  const room = aRoom();
  room.send = async () => {
    room.twice.add("a.1"); // the news come with the refusal
    throw new Error("this answer came after the first vote and does not count");
  };
  const step = aStep(room);
  await step.give(0);
  assert.match(step.words(), /^This answer came after the first vote/);
  assert.equal(step.crowd.answer("a.1", 0), undefined);
});

test("a student who has gone on reads on which step of the lesson the class votes again", () => {
  const room = aRoom();
  const step = aStep(room);
  room.twice.add("a.3");
  room.twice.add("b.2");
  assert.match(step.words(), /votes again on step 3: go back/);
  step.crowd.draw(step.host, null, "a.2"); // a step without a guess
  assert.match(step.host.words, /votes again on step 3: go back/);
  room.mine.set("a.3", 1);
  assert.equal(step.words(), "");
});

test("the teacher learns how many are right, opens the second vote, and sees no answers", async (t) => {
  const { line, lectern, words } = aLectern({ here: 3, members: 4, steps: [["a.1", 2, 3, false]] });
  line.vote = async () => ({ advice: "**1** of 2 are right (50 %). Discuss." });
  line.discuss = async (step) => (line.counts = { ...line.counts, steps: [["a.1", 0, 3, false]], discussed: [step] });
  await lectern.look("a.1");
  assert.match(words(), /1 of 2 are right \(50 %\)\. Discuss\. How many are right\? Discuss$/);
  await lectern.discuss("a.1");
  recorded(t, words(), 0, 3);
  assert.equal(lectern.cover("a.1"), "0 of 3 answered again");
  line.discuss = async () => {
    throw new Error("The teacher's computer does not answer.");
  };
  await lectern.discuss("a.1"); // the second click of a double click
  assert.match(words(), /^0 of 3 answered again/);
  line.counts = { ...line.counts, discussed: [] };
  await lectern.discuss("a.1");
  assert.match(words(), /^The teacher's computer does not answer\. \d of 3/);
});

test("the teacher reads who has not answered", (t) => {
  recorded(t, absentText([]));
  assert.deepEqual([[4], [4, 9], [1, 2, 3]].map(absentText), ["4", "s 4 and 9", "s 1, 2 and 3"].map((each) => `Not answered: student${each.startsWith("s") ? "" : " "}${each}.`));
  assert.match(absentText(Array.from({ length: 42 }, (_, at) => at + 1)), /29, 30 and 12 more\.$/);
});

test("two votes are drawn with what moved: outlines, bars, and who came and left", () => {
  const first = { n: 4, values: [0, 0, 0, 1], moved: [1, 2, 0, 1], flows: [[0, 0, 1], [0, 1, 2], [1, 1, 1]] };
  const host = new Node("div");
  drawRevealed(host, { ...GUESS, low: 0, high: 1 }, { values: [0, 1, 1, 1], sentence: "**4** answered.", first });
  assert.match(host.words, /one 3 1 \(−2\) two 1 3 \(\+2\) ✓ true/);
  assert.match(host.words, /right twice 1 wrong to right 2 right to wrong 0 wrong twice 1$/);
  for (const [kind, more] of Object.entries({
    square: { columns: 2 },
    number: { truth: 1, low: 0, high: 1, unit: "" },
    curve: { truth: [0, 1], low: 0, high: 1, unit: "" },
  })) {
    const of = (value) => (kind === "curve" ? [value, value] : value);
    const guess = { ...GUESS, ...more, kind };
    const twice = { n: 1, values: [of(0)], moved: [0, 1, 0, 0], flows: kind === "square" ? [[0, 1, 1]] : [] };
    drawRevealed(host, guess, { values: [of(1)], sentence: "", first: twice });
    drawRevealed(host, guess, { values: [], sentence: "", first: twice }); // nobody has answered again
    assert.match(host.words, /first vote second vote.*wrong to right 1/);
  }
});

test("without a server an answer is a code to copy", () => {
  const crowd = new Crowd({ hasServer: false, codeFor: (step, value) => `hn/${step}/${value}/tag` }, () => {
    throw new Error("nobody listens");
  });
  const host = new Node("div");
  crowd.draw(host, { step: "a.1", guess: GUESS, answer: 1 });
  assert.match(host.words, /hn\/a\.1\/1\/tag/);
  crowd.draw(host, null);
  assert.equal(host.words, "");
});

test("while the class does an experiment, each step of a lesson leads a student to it", () => {
  const linkOf = (more, shown) => {
    const { crowd, host } = aStep(aRoom(more));
    crowd.draw(host, shown);
    return host.children.at(-1)?.children.map(({ href }) => href);
  };
  const shown = { step: "a.1", guess: GUESS, answer: undefined };
  for (const each of [shown, null]) {
    assert.deepEqual(linkOf({ trains: true }, each), ["http://10.0.0.5/class/train"]);
    assert.equal(linkOf({ trains: false }, each), undefined);
  }
  assert.deepEqual(linkOf({ trains: true, joined: false }, shown), ["http://10.0.0.5/class/join"]);
  assert.equal(linkOf({ trains: true, hasServer: false, home: null, joined: false }, null), undefined);
});

test("a student whom the teacher has removed reads that, and how to come back", () => {
  const step = aStep(aRoom({ joined: false, refusal: "the teacher has removed this browser from the class" }));
  assert.match(step.words(), /^The teacher has removed this browser from the class\. .*Join the class$/);
});

test("students who joined from one address are together, and those of whom that is unknown alone", () => {
  const places = byPlace([1, 2, 0, 1, 0].map((place, at) => ({ number: at + 1, here: true, answers: 0, place })));
  assert.deepEqual(places.map((students) => students.map(({ number }) => number)), [[1, 4], [2], [3], [5]]);
});
