// Which step of a lesson is wanted, and whether the page is drawn for it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Turn } from "../../hnviz/app/lesson/panel/turn.js";

const place = (named, isItsPage = true, isTouched = false) => ({ named, isItsPage, isTouched });

test("the first drawing, and a link of the page, say which step it is", () => {
  const turn = new Turn();
  assert.equal(turn.arrive("a.2", 1, place("a.2")), "here");
  assert.equal(turn.arrive("b.1", 2, place("b.1")), "here");
  assert.equal(turn.wanted, "b.1");
});

test("after two quick presses the page of the first one is late", () => {
  const turn = new Turn();
  turn.arrive("a.1", 1, place("a.1"));
  turn.ask("a.2", 0);
  turn.ask("a.3", 5);
  assert.equal(turn.arrive("a.2", 2, place("a.3")), "late");
  assert.equal(turn.isUnderWay, true);
  assert.equal(turn.arrive("a.3", 3, place("a.3")), "here");
  assert.equal(turn.isUnderWay, false);
});

test("there and back again: a drawing from before the press does not count", () => {
  const turn = new Turn();
  turn.arrive("a.1", 4, place("a.1"));
  turn.ask("a.1", 0);
  assert.equal(turn.arrive("a.1", 4, place("a.1")), "late");
  assert.equal(turn.arrive("a.1", 5, place("a.1")), "here");
});

test("a step on another step's page, or over whose address an older one was written, is lost", () => {
  const turn = new Turn();
  turn.arrive("a.1", 1, place("a.1"));
  turn.ask("a.2", 0);
  assert.equal(turn.arrive("a.2", 2, place("a.2", false)), "lost");
  assert.equal(turn.arrive("a.2", 3, place("a.1")), "lost");
  assert.equal(turn.arrive("a.2", 4, place(null)), "here"); // the address of a page beside the lesson names none
});

test("after the wanted step was drawn, an earlier one comes back only by a link", () => {
  const turn = new Turn();
  turn.arrive("a.1", 1, place("a.1"));
  turn.ask("a.2", 0);
  turn.arrive("a.2", 2, place("a.2"));
  assert.equal(turn.arrive("a.1", 3, place("a.1")), "lost");
  assert.equal(turn.wanted, "a.2");
  assert.equal(turn.arrive("a.1", 4, place("a.1", true, true)), "here");
  assert.equal(turn.wanted, "a.1");
});

test("a page that the reader goes to beside the lesson is none of its steps' pages, and that is all right", () => {
  const turn = new Turn();
  turn.arrive("a.2", 1, place("a.2"));
  assert.equal(turn.arrive("a.2", 2, place(null, false)), "here");
});

test("an earlier step's name is stale when it returns to the address; another lesson's is a link", () => {
  const turn = new Turn();
  turn.arrive("a.1", 1, place("a.1"));
  turn.ask("a.2", 0);
  assert.equal(turn.isStale("a.1"), true);
  turn.arrive("a.2", 2, place("a.2"));
  assert.equal(turn.isStale("a.1"), true);
  for (const named of ["a.2", "b.1", null]) assert.equal(turn.isStale(named), false);
});
