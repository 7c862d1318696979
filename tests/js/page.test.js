// Marks that pictures share, parameters of the address, and sentences.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mark, numberInAddress, onMark, putInAddress, setMark } from "../../hnviz/app/kit/js/page.js";
import { plainText } from "../../hnviz/app/kit/js/text.js";
import { address } from "./browser.js";

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

test("a sentence without its marks is its text alternative", () => {
  assert.equal(plainText("unit **16** tells **80 %**"), "unit 16 tells 80 %");
});
