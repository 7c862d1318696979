// Marks that pictures share, parameters of the address, and sentences.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Asked, numberInAddress, putInAddress } from "../../hnviz/app/kit/js/address.js";
import { mark, onMark, setMark, share, shared } from "../../hnviz/app/kit/js/page.js";
import { plainText } from "../../hnviz/app/kit/js/text.js";
import { address } from "./browser.js";
import { recorded } from "./recorded.js";

test("a mark reaches all but the picture that set it, once", () => {
  const heard = [];
  const [one, other] = [{}, {}];
  const ends = [onMark("unit", one, (unit) => heard.push(["one", unit])), onMark("unit", other, (unit) => heard.push(["other", unit]))];
  setMark("unit", 3, one);
  setMark("unit", 3, one);
  assert.deepEqual(heard, [["other", 3]]);
  assert.equal(mark("unit"), 3);
  setMark("range", [1, 2], one);
  setMark("range", [1, 2], other);
  for (const end of ends) end();
  setMark("unit", 4, one);
  assert.equal(heard.length, 1);
});

test("a page that is left takes its marks along", () => {
  const end = onMark("token", {}, () => {});
  setMark("token", 7, null);
  end();
  assert.equal(mark("token"), null);
});

test("pictures share a number: the reader's own before the address's, and none beyond its limits", (t) => {
  const asked = [];
  const kit = { asked: { number: (...all) => asked.push(all) && 5 } };
  const entry = { name: "of_test", low: 0, high: 9, first: 5 };
  t.after(onMark("of_test", {}, () => {}));
  assert.equal(shared(kit, entry), 5);
  assert.deepEqual(asked, [["of_test", 0, 9, 5]]);
  address("http://app/learn-back");
  share(entry, 8, {});
  assert.deepEqual([mark("of_test"), shared(kit, entry)], [8, 8]);
  assert.match(location.href, /of_test=8$/);
  assert.equal(shared(kit, { ...entry, high: 7, first: 4 }), 5);
  share(entry, 5, {});
  assert.doesNotMatch(location.href, /of_test/);
});

test("the address holds whole numbers only where one is asked for", () => {
  for (const [href, wanted] of [["?unit=12", 12], ["?unit=-1", null], ["?unit=1e3", null], [`?unit=${"9".repeat(400)}`, null], ["", null]]) {
    address(`http://app/states${href}`);
    assert.equal(numberInAddress("unit"), wanted);
  }
  address("http://app/states?run=Model3");
  putInAddress("unit", 5);
  assert.equal(location.href, "http://app/states?run=Model3&unit=5");
  putInAddress("unit", null);
  assert.equal(location.href, "http://app/states?run=Model3");
});

test("what the address asks in vain is said until another value is chosen", (t) => {
  address(`http://app/models?row=inf&at=99&order=up&unit=4`);
  const said = [];
  const asked = new Asked((sentence) => said.push(sentence));
  assert.equal(asked.number("unit", 0, 9, 1), 4);
  assert.equal(asked.number("gone", 0, 9, 1), 1);
  assert.deepEqual(said, []);
  assert.equal(asked.number("row", 0, 1024, 0), 0);
  recorded(t, said.at(-1), 0, 1_024);
  putInAddress("row", 0); // what is shown instead: the reader has chosen nothing yet
  assert.equal(said.length, 1);
  putInAddress("row", 3);
  assert.equal(said.at(-1), "");
  assert.equal(asked.choice("order", ["as numbered", "keep, detach"], null), null);
  recorded(t, said.at(-1));
  asked.end();
  new Asked((sentence) => said.push(sentence)).number("at", 0, 9, 0);
  recorded(t, said.at(-1), 99, 0, 9);
});

test("a value of what the page showed before is taken out and not said", () => {
  const said = [];
  for (const isWritten of [true, false]) {
    address(`http://app/feed${isWritten ? "" : "?step=9"}`);
    const asked = new Asked((sentence) => said.push(sentence));
    if (isWritten) putInAddress("step", 9);
    else assert.equal(asked.number("step", 1, 20, 2), 9);
    assert.equal(asked.number("step", 1, 4, 2), 2);
    assert.deepEqual([said, location.href], [[], "http://app/feed"]);
  }
});

test("a value that is asked for in vain is said once, and cut", () => {
  address(`http://app/states?unit=${"9".repeat(400)}`);
  const said = [];
  const [one, other] = [0, 1].map(() => new Asked((sentence) => said.push(sentence)));
  for (const asked of [one, other]) asked.number("unit", 0, 9, 0);
  assert.equal(said.length, 1);
  assert.ok(said[0].length < 120);
});

test("a sentence without its marks is its text alternative; no line ends before a percent sign", () => {
  assert.equal(plainText("unit **16** tells **80 %** of it"), "unit 16 tells 80\u00a0% of it");
});
