// The reading machine without a page: what it says of each place, where its cells are, and their order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cellAt, cellBox, columnsOf, ease, layoutOf, part, placeOf, shown, sideOf, wordAt } from "../../hnviz/app/machine/layout.js";
import { Painter } from "../../hnviz/app/machine/paint.js";
import { groupsOf, orderOf } from "../../hnviz/app/machine/order.js";
import { Reading, signed } from "../../hnviz/app/machine/reading.js";
import { address } from "./browser.js";
import { recorded } from "./recorded.js";

const UNBROKEN = /[\u00a0\u202f]/g;
const WORDS = ["four", "thousand", "five", ",", "six"];

const array = (shape, data) => ({ shape, data });

/**
 * A network of 2 layers with 3 units that reads "four thousand five", then says ", six". The state after word t is
 * t / 10 + unit + 10 * layer. `window` words are read from zeros, if it is given; the last words each on their own.
 */
function answer({ window = null, begins = [0, 0, 0, 0, 0], answers = [1, 1, 1, 1, 1], ...more } = {}) {
  const states = new Float32Array(2 * 5 * 3);
  for (let layer = 0; layer < 2; layer++)
    for (let at = 0; at < 5; at++) for (let unit = 0; unit < 3; unit++) states[(layer * 5 + at) * 3 + unit] = at / 10 + unit + 10 * layer;
  const best = [1, 0, 0, 1, 3, 2, 4, 2, 0, 1]; // two guesses a word
  return {
    arrays: {
      ids: array([5], BigInt64Array.from([0n, 1n, 2n, 3n, 4n])),
      states: array([2, 5, 3], states),
      best: array([5, 2], BigInt64Array.from(best, BigInt)),
      shares: array([5, 2], Float32Array.from([0.75, 0.2, 0.5, 0.3, 0.875, 0.1, 0.25, 0.2, 0.9, 0.05])),
      surprise: array([5], Float32Array.from([NaN, 0.4, 3.2, NaN, NaN])),
      begins: array([5], BigInt64Array.from(begins, BigInt)),
      answers: array([5], Int8Array.from(answers)),
      ...more,
    },
    meta: { given: 3, window, words: Object.fromEntries(WORDS.map((word, id) => [id, word])), truth: [[",", "right"], ["seven", "wrong"]] },
  };
}

const read = (about) => new Reading(answer(about));
const plain = (parts) => parts.flat().join("").replace(UNBROKEN, " ");

test("a place in the text says what the network expects, and what the text has", (t) => {
  const reading = read();
  recorded(t, plain(reading.sentence(0)), 75);
  recorded(t, plain(reading.sentence(1)), 50);
  assert.deepEqual(reading.sentence(0)[1], ["“thousand”"], "what it expects is bold");
});

test("from the text's last word on it says what it reads next", (t) => {
  const reading = read();
  recorded(t, plain(reading.sentence(2)), 88);
  recorded(t, plain(reading.sentence(3)), 25);
});

test("without an answer a place says after how many words there is one; a cut hides the words before", (t) => {
  const reading = read({ window: 3, begins: [0, 0, 0, 1, 2], answers: [0, 0, 1, 1, 1] });
  recorded(t, plain(reading.sentence(0)), 3);
  recorded(t, plain(reading.sentence(3)), 25);
  assert.deepEqual(reading.score, [0, 0], "nothing was asked");
});

test("guesses about the text are marked, and words that it said are judged", () => {
  const reading = read();
  assert.deepEqual([0, 1, 2, 3, 4].map((at) => reading.mark(at)), ["", "right", "wrong", "right", "wrong"]);
  assert.deepEqual(reading.score, [1, 2]);
  assert.deepEqual([0, 1, 2, 3].map((at) => reading.surprise(at)), [null, Math.fround(0.4), Math.fround(3.2), null]);
  assert.deepEqual(reading.guesses(2).map(({ word }) => word), [",", "five"]);
});

test("a carried state changes from zeros, then from the word before", () => {
  const reading = read();
  assert.equal(reading.isCut, false);
  assert.deepEqual([0, 1, 2, 3, 4].map((at) => reading.reach(at)), [0, 1, 2, 3, 4]);
  assert.deepEqual([...reading.before(1, 0)], [0, 0, 0]);
  assert.deepEqual([...reading.before(1, 2)], [...reading.state(1, 1)]);
  assert.deepEqual([...reading.changes(1, 0)], [10, 11, 12]);
  for (const change of reading.changes(0, 3)) assert.ok(Math.abs(change - 0.1) < 1e-6);
});

test("after a cut a state changes from zeros; where it is read again, what was before it is not known", () => {
  const reading = read({ window: 2, begins: [0, 0, 2, 2, 3] });
  assert.equal(reading.isCut, true);
  assert.deepEqual([0, 1, 2, 3, 4].map((at) => reading.reach(at)), [0, 1, 0, 1, 0]);
  assert.deepEqual([...reading.before(0, 2)], [0, 0, 0], "word 2 begins a window");
  assert.deepEqual([...reading.before(0, 3)], [...reading.state(0, 2)]);
  assert.equal(reading.before(0, 4), null);
  assert.equal(reading.changes(0, 4), null);
});

test("the value of full colour is the largest of a layer, and 1 at least", () => {
  assert.deepEqual(read().scales, [Math.fround(2.4), Math.fround(12.4)]);
  const small = answer();
  small.arrays.states.data.fill(-0.5);
  assert.deepEqual(new Reading(small).scales, [1, 1]);
});

test("gates and attention are read where there are any", () => {
  const passes = array([2, 5], Float32Array.from({ length: 10 }, (_, at) => at / 10));
  assert.equal(read({ passes }).passes(1, 2), Math.fround(0.7));
  assert.equal(read().passes(1, 2), null);
  assert.equal(read().most(0, 2), null);
  const looks = new Float32Array(2 * 5 * 3);
  looks.set([0.2, 0.7, 0.1], 2 * 3); // layer 0 after word 2
  looks.set([0.6, 0.4, 0], (5 + 4) * 3); // layer 1 after word 4, whose window begins at word 3
  const reading = read({ looks: array([2, 5, 3], looks), window: 3, begins: [0, 0, 0, 2, 3] });
  assert.deepEqual(reading.most(0, 2), { word: "thousand", share: Math.fround(0.7) });
  assert.equal(reading.most(0, 0), null, "there is no earlier word");
  assert.deepEqual([...reading.looks(1, 4)], [Math.fround(0.6), Math.fround(0.4)]);
  assert.deepEqual(reading.most(1, 4), { word: ",", share: Math.fround(0.6) });
});

const LABELS = ["slot", "thousands", "hundreds", "tens", "ones"];

/** What 2 layers of 3 units code: unit 1 of layer 0 follows the tens, unit 2 the position, unit 0 nothing. */
function codes({ untrained = true, labels = LABELS } = {}) {
  const explained = new Float32Array(2 * 3 * 5);
  explained.set([0.05, 0, 0.19, 0, 0], 0);
  explained.set([0.1, 0, 0, 0.85, 0], 5);
  explained.set([0.9, 0, 0, 0, 0.2], 10);
  const twin = { untrained: array([2, 5], Float32Array.from([0.4, 0.1, 0.1, 0.19, 0.1, 0, 0, 0, 0, 0])) };
  return { arrays: { explained: array([2, 3, 5], explained), ...(untrained ? twin : {}) }, meta: { labels, groups: [[], []] } };
}

const about = (reading, unit, at, known) => reading.about({ layer: 0, unit }, at, known).map((line) => line.replace(UNBROKEN, " "));

test("a cell has its number, its change, what it follows, and the untrained best of that", (t) => {
  const reading = read();
  assert.deepEqual(about(reading, 1, 2, codes()), [
    "Layer 0, number 1: +1.20",
    "It changed by 0.10 when “five” was read.",
    "It follows the tens digit (85 %; the best of an untrained network: 19 %).",
  ]);
  recorded(t, about(reading, 2, 2, codes({ untrained: false }))[2], 90);
  recorded(t, about(reading, 0, 2, codes())[2], 19);
});

test("a cell says no more than is known of it", () => {
  const known = about(read(), 1, 0, null);
  assert.deepEqual(known, ["Layer 0, number 1: +1.00", "It changed by 1.00 when “four” was read."]);
  assert.equal(about(read(), 1, 0, codes({ labels: [] })).length, 2, "a text without digits");
  const again = read({ window: 2, begins: [0, 0, 2, 2, 3] });
  assert.deepEqual(about(again, 1, 4, null), ["Layer 0, number 1: +1.40"]);
  assert.equal(signed(-0.126), "−0.13");
});

const SIZES = [1, 2, 3, 63, 64, 65, 512];

test("each cell is found where it is drawn, at every size", () => {
  let found = 0;
  for (const across of [320, 390, 559, 560, 932, 1280, 1920])
    for (const layers of [1, 2, 3, 4, 5])
      for (const nh of SIZES) {
        const layout = layoutOf(across, layers);
        const units = Array.from({ length: nh }, (_, at) => (at * 5) % nh);
        const order = Array.from({ length: layers }, () => (nh % 5 ? units : units.map((_, at) => at)));
        for (let layer = 0; layer < layers; layer++)
          for (const by of [0, -1, -2])
            for (let place = 0; place < nh; place += nh > 100 ? 37 : 1) {
              const { x, y } = cellBox(layout, nh, layer, place, by);
              assert.deepEqual(cellAt(layout, { nh, order, n: 2 }, x, y), { layer, unit: order[layer][place], by });
              found += 1;
            }
      }
  assert.ok(found > 10_000);
});

test("beside the cells, past the last one and behind the words that are known there is none", () => {
  const layout = layoutOf(1280, 2);
  const order = [[0, 1, 2], [0, 1, 2]]; // 2 columns: the fourth place is empty
  const look = (x, y, n = 1) => cellAt(layout, { nh: 3, order, n }, x, y);
  const empty = cellBox(layout, 3, 0, 3, 0);
  assert.equal(look(empty.x, empty.y), null);
  const earlier = cellBox(layout, 3, 1, 0, -1);
  assert.deepEqual(look(earlier.x, earlier.y), { layer: 1, unit: 0, by: -1 });
  assert.equal(look(earlier.x, earlier.y, 0), null);
  const [left, right] = [layout.head - layout.big / 2, layout.head + layout.big / 2];
  assert.ok(look(left, layout.lanes[0]));
  assert.equal(look(left - 1, layout.lanes[0]), null);
  assert.equal(look(right, layout.lanes[0]), null);
});

test("a word of the line is found where it is written, and no word that is still to be said", () => {
  for (const across of [320, 390, 932, 1280]) {
    const layout = layoutOf(across, 2);
    const read = { at: 15, n: 56, given: 20 };
    const find = (one, now = read, y = layout.tape) => wordAt(layout, now, placeOf(layout, one - now.at), y);
    for (let one = 0; one < 23; one++) assert.equal(find(one), one >= 3 && one < 20 && shown(layout, placeOf(layout, one - 15)) ? one : null, `${across}: ${one}`);
    assert.equal(find(15, read, layout.tape - 40), null, "above the line are the cells");
    assert.deepEqual([19, 20, 21].map((one) => find(one, { ...read, at: 19 })), [19, 20, null]);
    assert.deepEqual([55, 56].map((one) => find(one, { ...read, at: 55 })), [55, null]);
  }
});

test("a word of the line says what the network expected, or which word is right", (t) => {
  const reading = read();
  recorded(t, reading.judged(0).join(" "));
  recorded(t, plain([reading.judged(1).join(" ")]), 75);
  recorded(t, plain([reading.judged(2).join(" ")]), 50);
  recorded(t, reading.judged(3).join(" "));
  recorded(t, reading.judged(4).join(" "));
});

test("blocks, words and bars fit into the drawing, and no layer covers another", () => {
  for (const across of [320, 390, 640, 932, 1280, 1920])
    for (const layers of [1, 2, 3, 4, 5]) {
      const layout = layoutOf(across, layers);
      assert.equal(layout.zoom * layout.width, across);
      assert.equal(layout.lanes.length, layers);
      const edges = layout.lanes.map((y) => [y - layout.big / 2, y + layout.big / 2]);
      for (let layer = 1; layer < layers; layer++) assert.ok(edges[layer][1] <= edges[layer - 1][0], "the first layer is lowest");
      assert.ok(edges.at(-1)[0] >= 0 && edges[0][1] < layout.tape - 14);
      assert.ok(layout.head - layout.big / 2 >= 0 && layout.head + layout.big / 2 < layout.bars.x, `${across}: the block ends before the bars`);
      assert.ok(layout.bars.x + layout.bars.width < layout.width && layout.next < layout.width);
      assert.ok(layout.width - layout.bars.x - layout.bars.width - 6 >= 50, "“0.0002 %” is not cut");
      assert.ok(layout.bars.y + 5 * layout.bars.apart < layout.tape - 20);
    }
});

test("words go on from place to place, and pale at the left", () => {
  const layout = layoutOf(1280, 2);
  const places = Array.from({ length: 60 }, (_, at) => placeOf(layout, at / 10 - 4));
  for (let at = 1; at < places.length; at++) assert.ok(places[at] > places[at - 1]);
  assert.equal(placeOf(layout, 0), layout.head);
  assert.equal(placeOf(layout, 1), layout.next);
  assert.equal(sideOf(layout, 0), layout.big);
  assert.equal(sideOf(layout, -3), layout.small);
  assert.equal(shown(layout, 0), 0);
  assert.equal(shown(layout, layout.head), 1);
  assert.deepEqual([columnsOf(1), columnsOf(2), columnsOf(64), columnsOf(65), columnsOf(512)], [1, 2, 8, 9, 23]);
});

test("between two words, each word is wholly seen or not at all", () => {
  for (let across = 300; across <= 1800; across += 10) {
    const layout = layoutOf(across, 2);
    const seen = Array.from({ length: 13 }, (_, by) => shown(layout, placeOf(layout, -by)));
    assert.ok(seen.every((share) => share === 0 || share === 1), `${across}: ${seen}`);
    assert.deepEqual(seen, seen.toSorted((one, other) => other - one));
    const half = layout.isNarrow ? 31 : 39; // of the longest word
    seen.forEach((share, by) => by && share && assert.ok(placeOf(layout, -by) >= half, `${across}: word ${by} is cut`));
  }
});

test("a part of a word's time goes from 0 to 1, slow at both ends", () => {
  assert.deepEqual([part(0, 0.2, 0.6), part(0.2, 0.2, 0.6), part(0.6, 0.2, 0.6), part(1, 0.2, 0.6)], [0, 0, 1, 1]);
  assert.ok(Math.abs(part(0.4, 0.2, 0.6) - 0.5) < 1e-9);
  assert.ok(ease(0.1) < 0.1 && ease(0.9) > 0.9);
});

/** Codes of one layer with 16 units: 8 in the order's first half follow the position, 4 a digit. */
function trained(shares = [0.9, 0.8]) {
  const order = Array.from({ length: 16 }, (_, at) => 15 - at);
  const explained = new Float32Array(16 * 5);
  order.forEach((unit, place) => {
    if (place < 8) explained[unit * 5] = shares[0];
    else if (place < 12) explained[unit * 5 + 3] = shares[1];
  });
  const groups = [[["slot", 8], ["tens", 3], ["ones", 1], ["little", 4]]];
  return { arrays: { explained: array([1, 16, 5], explained), order: array([1, 16], BigInt64Array.from(order, BigInt)) }, meta: { labels: LABELS, groups } };
}

const ONE = { layers: 1, nh: 16 };

test("cells stand in the order of what they follow once they are trained", () => {
  assert.deepEqual(Array.from(orderOf(ONE, trained())[0], Number), Array.from({ length: 16 }, (_, at) => 15 - at));
  assert.deepEqual([...orderOf({ layers: 2, nh: 3 }, null)[1]], [0, 1, 2], "until that is known, as they are numbered");
});

test("rows that follow the position or a digit have a name once training has made them do so", () => {
  const named = [{ from: 0, to: 0.5, name: "position" }, { from: 0.5, to: 0.75, name: "digits" }];
  assert.deepEqual(groupsOf(ONE, trained(), trained()), [named]);
  assert.deepEqual(groupsOf(ONE, trained([0.9, 0.3]), trained()), [[named[0]]], "digits come later");
  assert.deepEqual(groupsOf(ONE, trained([0.1, 0.1]), trained()), [[]], "untrained: none");
  const twin = (/** @type {number[]} */ ...most) => ({ ...trained(), arrays: { ...trained().arrays, untrained: array([1, 5], Float32Array.from(most)) } });
  assert.deepEqual(groupsOf(ONE, twin(0.95, 0, 0, 0.2, 0), trained()), [[named[1]]], "untrained, a unit follows the position more");
  assert.deepEqual(groupsOf(ONE, twin(0.2, 0, 0.85, 0.2, 0), trained()), [[named[0]]]);
  assert.deepEqual(groupsOf(ONE, null, trained()), [[]]);
  assert.deepEqual(groupsOf({ layers: 1, nh: 3 }, trained(), trained()), [[]], "a block of few cells has no rows to name");
  const none = { ...trained(), meta: { labels: [], groups: [[]] } };
  assert.deepEqual(groupsOf(ONE, none, none), [[]], "a text without digits");
});

/** What an address asks of the machine, as the page reads it. */
async function requestAt(query, first = "3496 to 3498", stored = "") {
  address(`http://127.0.0.1/${query}`);
  const { Asked } = await import("../../hnviz/app/kit/js/address.js");
  const { Request } = await import("../../hnviz/app/machine/request.js");
  const said = [];
  return { request: new Request(new Asked((sentence) => said.push(sentence)), first, stored), said };
}

const query = () => decodeURIComponent(new URL(globalThis.location.href).search).replaceAll("+", " ");

test("a request is what the address asks for, and goes back into it", async () => {
  const { request, said } = await requestAt("?machine_text=8314+to+8316&machine_word=3&machine_begin=2");
  assert.deepEqual([request.params, request.word, said], [{ text: "8314 to 8316", begin: 2 }, 3, []]);
  request.cut(0);
  assert.deepEqual(request.params, { text: "8314 to 8316" });
  request.read("one, two");
  assert.equal(query(), "?machine_text=one, two");
  request.word = 1;
  request.settle();
  request.read("3496 to 3498");
  assert.equal(query(), "", "the page's own text is not in the address");
  assert.equal(request.word, null, "another text is read from where it ends");
});

test("an address names a sentence that the server has stored", async () => {
  const named = "?machine_text=~0123456789abcdef0123";
  const { request, said } = await requestAt(named, "3496 to 3498", "one, two");
  assert.deepEqual([request.params, said], [{ text: "one, two" }, []]);
  assert.equal(query(), named, "the address stays");
  const gone = await requestAt(named);
  assert.deepEqual(gone.request.params, { text: "3496 to 3498" });
  assert.match(gone.said.at(-1), /machine_text=~0123456789abcdef0123, which is not a text that is stored here/);
});

test("a wrong number in the address is named", async () => {
  const { request, said } = await requestAt("?machine_word=400&machine_begin=x");
  assert.deepEqual([request.word, request.begin], [null, 0]);
  assert.match(said.at(-1), /machine_word=400, which is not a whole number from 0 to 399/);
  assert.match(said.at(-1), /machine_begin=x, which is not a whole number from 0 to 511/);
});

test("what cannot be read is said, and what could be read last is asked for", async () => {
  const { request } = await requestAt("?machine_text=12000&machine_begin=50");
  assert.equal(request.refused("Numbers go from 1 to 9999 here; got 12000."), true);
  assert.deepEqual(request.params, { text: "3496 to 3498", begin: 50 });
  assert.equal(request.refused("begin must be from 0 to 19; got 50"), true);
  assert.deepEqual(request.params, { text: "3496 to 3498" });
  assert.equal(request.refused("No memory."), false, "the page's own text is not at fault");
  request.answered();
  assert.equal(request.last.text, "3496 to 3498");
  request.read("7");
  assert.equal(request.wrong.text, "");
  request.answered();
  request.read("0");
  assert.equal(request.refused("Numbers go from 1 to 9999 here; got 0."), true);
  assert.deepEqual([request.text, request.params.text], ["0", "7"]);
  request.cut(3);
  request.answered();
  request.cut(4);
  assert.equal(request.refused("This file does not hold that answer."), true, "it was the window, not the text");
  assert.deepEqual(request.params, { text: "7", begin: 3 });
});

test("of a text of 10,000 words what is read says where it is cut", async (t) => {
  const { request } = await requestAt("");
  request.read("thousand ".repeat(10_000));
  assert.equal(request.text.length, 1997, "whole words");
  assert.match(request.text, /thousand$/);
  recorded(t, request.remark, 2000);
  request.read("one");
  assert.equal(request.remark, "");
});

/** A pen that counts what it is asked to draw. */
function counting() {
  const count = {};
  const pen = { measureText: (text) => ({ width: 7 * text.length }), globalAlpha: 1 };
  const call = (_, name) => pen[name] ?? (() => void (count[name] = (count[name] ?? 0) + 1));
  return { count, pen: new Proxy(pen, { get: call, set: (_, name, value) => ((pen[name] = value), true) }) };
}

test("blocks that move are images, each made once; at rest and in a file every cell is drawn", (t) => {
  const pixels = [];
  const paper = {
    createImageData: (width, height) => ({ data: new Uint8ClampedArray(4 * width * height) }),
    putImageData: ({ data }) => pixels.push([...data]),
  };
  const page = globalThis.document;
  globalThis.document = { createElement: () => ({ getContext: () => paper }) };
  t.after(() => (globalThis.document = page));
  const reading = read();
  const theme = { diverging: ["#0000ff", "#ffffff", "#ff0000"], role: {} };
  const scene = { reading, layout: layoutOf(932, 2), theme, order: orderOf(reading, null), groups: [[], []], pick: null, at: 2 };
  const painted = (more) => {
    const { pen, count } = counting();
    new Painter(pen, { ...scene, ...more }).all();
    return count;
  };
  const images = new Map();
  const still = painted({ time: 1, images });
  assert.deepEqual(still, painted({ time: 1 }));
  assert.equal(still.drawImage, undefined);
  const moving = painted({ time: 0.1, images });
  assert.equal(moving.drawImage, 4, "two words before the last one, in two layers");
  assert.equal(painted({ time: 0.1 }).fillRect - moving.fillRect, 4 * 3, "three cells each");
  assert.equal(painted({ time: 0.2, images }).drawImage, 4);
  assert.equal(pixels.length, 4, "none is made again");
  // Layer 0 after word 0: 0, which is half a step of 256 past white; 1 and 2. A place without a cell is transparent.
  assert.deepEqual(pixels[0].slice(0, 4), [255, 254, 254, 255]);
  assert.deepEqual(pixels[0].slice(12), [0, 0, 0, 0]);
});
