// A lesson's step in a class: what becomes of an answer, and what the class guessed.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { classAt, Crowd } from "../../hnviz/app/kit/class/crowd.js";

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

function aRoom() {
  const room = { hasServer: true, revealed: new Map(), send: async () => {} };
  room.onReveal = (hear) => (room.hear = hear);
  return room;
}

test("an exported lesson finds the class that serves it, and none elsewhere", () => {
  const at = (href) => classAt(new URL(href)).home?.href;
  assert.equal(at("http://10.0.0.5:8501/below/class/lesson/batches"), "http://10.0.0.5:8501/below/");
  assert.equal(at("http://10.0.0.5:8501/class/lesson/batches.html"), "http://10.0.0.5:8501/");
  assert.equal(at("https://host.example/lessons/batches.html"), undefined);
  assert.equal(at("file:///home/a/batches.html"), undefined);
});

test("an answer goes to the class, and what came of it is said", async () => {
  const room = aRoom();
  const sent = [];
  room.send = async (step, value) => void sent.push([step, value]);
  let answer;
  const crowd = new Crowd(room, (hear) => (answer = hear));
  const host = new Node("div");
  crowd.draw(host, { step: "a.1", guess: GUESS, answer: undefined });
  assert.equal(host.words, "");
  crowd.draw(host, { step: "a.1", guess: GUESS, answer: 0 });
  answer("a.1", 0);
  assert.match(host.words, /Sending your answer/);
  await null;
  await null;
  assert.deepEqual(sent, [["a.1", 0]]);
  assert.match(host.words, /The class has your answer, without your name/);
});

test("a refusal is said as it is", async () => {
  const room = aRoom();
  room.send = async () => {
    throw new Error("Join the class with its code first.");
  };
  const crowd = new Crowd(room, () => {});
  const host = new Node("div");
  crowd.draw(host, { step: "a.1", guess: GUESS, answer: 0 });
  await crowd.send("a.1", 0);
  assert.equal(host.words, "Join the class with its code first.");
});

test("revealed answers are drawn once they come, and only on their own step", () => {
  const room = aRoom();
  const crowd = new Crowd(room, () => {});
  const host = new Node("div");
  crowd.draw(host, { step: "a.1", guess: GUESS, answer: 0 });
  room.revealed.set("a.2", { values: [1], sentence: "**1** answered." });
  room.hear("a.2");
  assert.equal(host.words, "");
  room.revealed.set("a.1", { values: [0, 1, 1], sentence: "**3** answered. 67 % chose the right answer." });
  room.hear("a.1");
  assert.match(host.words, /^3 answered\. 67 % chose the right answer\. one one 1 two two 2 . true$/);
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
