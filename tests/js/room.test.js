// What a choice in a row of controls shows in a file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changesIn, Room } from "../../hnviz/export/js/room.js";

globalThis.location = { href: "https://hnviz.invalid/0/remember" };

const picture = (name, data) => ({ picture: { name, data: { asks: [], ...data } } });
const row = (fields, given) => picture("kit/fields", { settings: { fields, given, known: {}, wrong: {}, heard: 0 } });
const part = { name: "part", kind: "choices", first: "Numbers" };
const layer = { name: "layer", kind: "choices", first: "0" };
const words = { name: "words", kind: "text", first: "4 to 6", free: ["text"] };
const units = (asked) => picture("units", { asks: [{ question: "units", params: asked }], settings: { said: "“4 to 6”" } });

function opened() {
  const parts = [
    row([part], { part: "Numbers" }),
    { group: "fold", parts: [row([layer, words], { layer: "0", words: "4 to 6" })] },
    units({ text: "4 to 6", layer: "0" }),
    { group: "fold", parts: [row([layer, words], { layer: "1", words: "4 to 6" })] },
    units({ text: "4 to 6", layer: "1" }),
    row([part], { part: "Memory" }),
  ];
  const views = [
    { values: { part: "Numbers", layer: "0", words: "4 to 6" }, parts: [0, 1, 2] },
    { values: { part: "Memory" }, parts: [5] },
    { values: { part: "Numbers", layer: "1", words: "4 to 6" }, parts: [0, 3, 4] },
  ];
  return new Room(views, parts);
}
const asked = (room) => room.shown.find((each) => each.picture?.name === "units")?.picture.data;

test("a choice shows the scene that has it, and its other controls as they were", () => {
  const room = opened();
  assert.equal(room.choose({}), false);
  assert.equal(room.choose({ layer: "1" }), true);
  assert.equal(asked(room).asks[0].params.layer, "1");
  room.choose({ part: "Memory" });
  assert.deepEqual(room.view.parts, [5]);
  room.choose({ part: "Numbers" });
  assert.equal(asked(room).asks[0].params.layer, "1");
  room.choose({ part: "nowhere" });
  assert.equal(asked(room).asks[0].params.layer, "1"); // the file has no such scene
});

test("a free control changes what the networks are asked in every scene, and what quotes it", () => {
  const room = opened();
  room.choose({ words: "7 to 9" });
  assert.deepEqual([asked(room).asks[0].params, asked(room).settings.said], [{ text: "7 to 9", layer: "0" }, "“7 to 9”"]);
  room.choose({ layer: "1" });
  assert.deepEqual(asked(room).asks[0].params, { text: "7 to 9", layer: "1" });
  const [{ data }] = room.shown[1].parts.map((each) => each.picture);
  assert.equal(data.settings.given.words, "7 to 9");
  assert.deepEqual(data.settings.put.texts, data.settings.known); // the address had none of these
});

test("words that no network can read are named below their row, and change nothing", () => {
  const room = opened();
  room.choose({ words: "-3" });
  assert.equal(asked(room).asks[0].params.text, "4 to 6");
  const [{ data }] = room.shown[1].parts.map((each) => each.picture);
  assert.deepEqual(Object.keys(data.settings.wrong), ["words"]);
});

test("a row says which of its controls a reader has changed", () => {
  const settings = { fields: [layer, words], given: { layer: "1", words: "4 to 6" } };
  assert.deepEqual(changesIn(settings, { layer: null, words: null }), { layer: "0" });
  assert.deepEqual(changesIn(settings, { layer: "1", words: "5" }), { words: "5" });
});
