// The Tasks page: the table of an automaton as text, and where its arrows go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { boxes, HEIGHT, labelled, labelOf, route, short, START, widthOf } from "../../hnviz/app/rooms/tasks/automaton/graph.js";
import { placeOf, read, written } from "../../hnviz/app/rooms/tasks/automaton/rows.js";
import { recorded } from "./recorded.js";

test("a table is read and written as the same text", (t) => {
  const text = "even 0 even; even 1 odd; odd 0 odd; odd 1 even; accept even";
  assert.deepEqual(read(text).rows[1], ["even", "1", "odd"]);
  assert.equal(read(text).accept, "even");
  assert.equal(written(read(text)), text);
  recorded(t, written({ rows: [["A", " 0 ", "B"], ["", "", ""], ["A", "1", ""]], accept: " A  B " }), 0, 1);
  assert.equal(written({ rows: [], accept: "" }), "");
});

test("a row of the text is found among the fields", () => {
  const rows = [["", "", ""], ["A", "0", "B"], ["accept", "A", ""], ["", "1", ""]];
  assert.deepEqual([0, 1, 2].map((number) => placeOf(rows, number)), [1, 3, -1]);
});

test("states keep their room, and arrows keep clear of other states", () => {
  const nodes = ["0", "1", "2", "3"].map((name, at) => [name, at / 3, 0.5, false]);
  for (const width of [326, 932]) {
    const places = boxes(nodes, width);
    for (const { x, y, w, h } of places) assert.ok(x - w / 2 >= 0 && x + w / 2 <= width && y - h / 2 >= 0 && y + h / 2 <= HEIGHT);
    const back = route(3, 0, places, false); // over two states in a row
    const numbers = back.d.match(/-?[\d.]+/g).map(Number);
    assert.equal(numbers.length, 6);
    assert.ok(Math.abs(back.spots[0].y - places[1].y) > 20);
    for (const { y } of back.spots) assert.ok(y >= 7 && y <= HEIGHT - 7);
    const straight = route(0, 1, places, false).d.match(/-?[\d.]+/g).map(Number);
    assert.ok(Math.abs(straight[1] - straight[3]) < 0.2 && straight[0] > places[0].x);
  }
});

test("an arrow there and one back are two lines, and a loop is above its state", () => {
  const places = boxes([["a", 0, 0.5, false], ["b", 1, 0.5, true]], 500);
  const [there, back] = [route(0, 1, places, true), route(1, 0, places, true)];
  assert.ok((there.spots[0].y - places[0].y) * (back.spots[0].y - places[0].y) < 0);
  assert.ok(route(0, 0, places, false).spots[0].y < places[0].y - places[0].h / 2);
});

test("labels of arrows that cross are apart", () => {
  const places = boxes([["a", 0, 0.5, false], ["b", 1, 0.25, false], ["c", 1, 0.75, false]], 500);
  const arrows = [[0, 1], [1, 0], [0, 2], [2, 0]];
  const routes = arrows.map(([start, end]) => route(start, end, places, true));
  const spots = labelled(routes, ["(", ")", "[", "]"], places);
  for (const [at, one] of spots.entries())
    for (const other of spots.slice(at + 1)) assert.ok(Math.abs(one.x - other.x) > 8 || Math.abs(one.y - other.y) > 14);
});

test("a long name is cut, and its state stays in the drawing", () => {
  const names = ["a".repeat(900), "b"];
  assert.equal(short(names[0]), "aaaaaaaa…");
  assert.equal(short("even ?"), "even ?");
  for (const { x, w } of boxes(names.map((name, at) => [name, at, 0.5, false]), 326)) assert.ok(x - w / 2 >= 0 && x + w / 2 <= 326);
});

test("a drawing is wide enough for its columns, the labels between them and the arrow at the start", () => {
  const nodes = Array.from({ length: 6 }, (_, at) => [`state${at}`, at / 5, 0.5, false]);
  for (const [label, room] of [["", 20], ["B 100 %", 7 * 6]]) {
    const places = boxes(nodes, widthOf(nodes, [label]));
    assert.ok(places[0].x - places[0].w / 2 >= START);
    for (const [at, { x, w }] of places.slice(1).entries()) assert.ok(x - w / 2 - (places[at].x + places[at].w / 2) >= room);
  }
});

test("an arrow's label has its tokens, and how likely each is", () => {
  assert.equal(labelOf(["B"], [1]), "B 100 %");
  assert.equal(labelOf(["0", "1"], [0.5, 0.5]), "0, 1 50 % each");
  assert.equal(labelOf(["0", "1"], [0.4, 0.125]), "0 40 %, 1 13 %");
  assert.equal(labelOf(["a".repeat(20)], [0.25]), "aaaaaaaa… 25 %");
});
