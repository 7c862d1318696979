// "Save": what the files of a picture hold, and what they are called.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytesOf } from "../../hnviz/app/kit/js/canvas.js";
import { wordsOf } from "../../hnviz/app/machine/film.js";
import { paletteOf } from "../../hnviz/app/kit/js/save/film.js";
import { gradientsOf, lineOf } from "../../hnviz/app/kit/js/save/gradient.js";
import { Writing, writingPen } from "../../hnviz/app/kit/js/save/pen.js";
import { escape, fileName, generic, noteOf, partsOf, textTag } from "../../hnviz/app/kit/js/save/words.js";
import { recorded } from "./recorded.js";

test("a file is called by its page, picture, run and step", (t) => {
  const units = { picture: "hidden_states/units", id: "states_units" };
  assert.equal(fileName(partsOf(units, ["Model5"], 449), "png"), "hidden_states_units_Model5_step-449.png");
  assert.equal(fileName(partsOf({ picture: "kit/chart_340", id: "batches_memory" }, [], null), "svg"), "batches_memory.svg");
  assert.equal(fileName(["../../etc", "a b/c", "", null, "\u202e.."], "csv"), "etc_a-b-c.csv");
  assert.equal(fileName(["", null], "csv"), "picture.csv");
  recorded(t, noteOf(units, ["Model5"], 1449), 1_449);
  assert.equal(noteOf(units, [], null), "hnviz · hidden states, units");
});

test("words are XML, whatever they hold, and as wide as on the page in any font", () => {
  assert.equal(escape('<b>&"\u0000\u0007\ud800x'), "&lt;b&gt;&amp;&quot;\ufffd\ufffd\ufffdx");
  const text = textTag("a < b", { x: 1.234, y: 2, width: 30.5, size: 13, family: '"Source Sans", sans-serif', weight: "600" });
  assert.equal(text, '<text x="1.23" y="2" textLength="30.5" lengthAdjust="spacingAndGlyphs" font-family="sans-serif" font-size="13" font-weight="600">a &lt; b</text>');
  assert.deepEqual(['"Source Code Pro", monospace', '"Source Sans", sans-serif', "Georgia, serif"].map(generic), ["monospace", "sans-serif", "serif"]);
});

test("a film has the theme's colours, and those between them and the ground", () => {
  const tokens = JSON.parse(readFileSync(new URL("../../hnviz/figures/tokens.json", import.meta.url), "utf8"));
  for (const theme of [tokens.light, tokens.dark]) {
    const names = paletteOf(theme).map((color) => color.join());
    assert.ok(names.length > 150 && names.length <= 255);
    assert.equal(new Set(names).size, names.length);
    const { role, background, surface, text, muted, right, wrong, rightMark, diverging } = theme;
    for (const color of [role.h_h, role.h_o, role.i_h, background, surface, text, muted, right, wrong, rightMark, diverging[0], diverging.at(-1)]) {
      assert.ok(names.includes(bytesOf(color).join()), color);
    }
  }
});

test("a film of the machine reads the next five words, or the last ones", () => {
  assert.deepEqual(wordsOf(3, 40), { first: 3, words: 5 });
  assert.deepEqual(wordsOf(38, 40), { first: 34, words: 5 });
  assert.deepEqual(wordsOf(1, 3), { first: 0, words: 2 });
  assert.deepEqual(wordsOf(0, 1), { first: 0, words: 0 });
});

test("a gradient of CSS is one of SVG", () => {
  const [bar] = gradientsOf("linear-gradient(90deg, rgb(1, 2, 3) 40%, rgb(4, 5, 6) 40%)");
  const line = lineOf(bar, { x: 10, y: 0, width: 100, height: 8 });
  assert.deepEqual([line.x1, line.x2, line.shares.map(([share]) => share)].flat().map((each) => Number(each.toFixed(6))), [10, 110, 0.4, 0.4]);
  const [scale] = gradientsOf("linear-gradient(rgb(0, 0, 0), rgb(9, 9, 9), rgb(255, 255, 255))");
  assert.deepEqual(lineOf(scale, { x: 0, y: 5, width: 4, height: 40 }).shares.map(([share]) => share), [0, 0.5, 1]);
  const [hatch] = gradientsOf("repeating-linear-gradient(90deg, rgb(0, 0, 0) 0px, rgb(0, 0, 0) 2px, rgba(0, 0, 0, 0) 2px, rgba(0, 0, 0, 0) 8px)");
  const { x1, x2, shares } = lineOf(hatch, { x: 0, y: 0, width: 80, height: 10 });
  assert.ok(Math.abs(x2 - x1 - 8) < 1e-9 && hatch.repeats);
  assert.deepEqual(shares.map(([share]) => Number(share.toFixed(3))), [0, 0.25, 0.25, 1]);
  assert.deepEqual(gradientsOf('none, url("x.png")'), []);
});

/** A pen of a canvas on a screen of twice the density. */
function fakePen() {
  const drawn = [];
  const matrix = (a, b, c, d, e, f) => ({
    a, b, c, d, e, f,
    multiply: (m) => matrix(a * m.a + c * m.b, b * m.a + d * m.b, a * m.c + c * m.d, b * m.c + d * m.d, a * m.e + c * m.f + e, b * m.e + d * m.f + f),
    inverse: () => matrix(1 / a, 0, 0, 1 / d, -e / a, -f / d),
  });
  const pen = {
    fillStyle: "#000000", strokeStyle: "#000000", globalAlpha: 1, lineWidth: 1, lineJoin: "miter", lineCap: "butt",
    font: '600 12px "Source Sans", sans-serif', textAlign: "left", textBaseline: "alphabetic", dash: [],
    now: matrix(2, 0, 0, 2, 0, 0),
    getTransform: () => pen.now,
    getLineDash: () => pen.dash,
    setLineDash: (dash) => (pen.dash = dash),
    measureText: (words) => ({ width: 7 * words.length, fontBoundingBoxAscent: pen.textBaseline === "alphabetic" ? 10 : 4 }),
    translate: (x, y) => (pen.now = pen.now.multiply(matrix(1, 0, 0, 1, x, y))),
  };
  for (const name of ["beginPath", "moveTo", "lineTo", "closePath", "rect", "fill", "stroke", "fillRect", "strokeRect", "fillText", "save", "restore", "clip"]) {
    pen[name] = (...given) => drawn.push([name, ...given]);
  }
  return { pen, drawn };
}

test("a pen writes down what it draws, and draws it", () => {
  const { pen, drawn } = fakePen();
  const writing = new Writing(pen, "c");
  const own = writingPen(writing);
  own.fillStyle = "#ff0000";
  own.fillRect(0, 0, 10, 5);
  own.fillRect(20, 0, 10, 5);
  own.setLineDash([4, 2]);
  own.strokeStyle = "#00ff00";
  own.beginPath();
  own.lineTo(0, 0);
  own.lineTo(NaN, 3);
  own.lineTo(30, 10);
  own.stroke();
  own.translate(5, 5);
  own.textBaseline = "middle";
  own.textAlign = "right";
  own.fillText("a<b", 1, 2);
  assert.equal(pen.fillStyle, "#ff0000");
  assert.deepEqual(drawn.map(([name]) => name), ["fillRect", "fillRect", "beginPath", "lineTo", "lineTo", "lineTo", "stroke", "save", "restore", "fillText"]);
  assert.equal(
    writing.svg,
    '<path d="M0 0L10 0 10 5 0 5ZM20 0L30 0 30 5 20 5Z" fill="#ff0000"/>' +
      '<path d="M0 0L30 10" stroke="#00ff00" fill="none" stroke-width="1" stroke-dasharray="4 2"/>' +
      '<text x="6" y="13" textLength="21" lengthAdjust="spacingAndGlyphs" font-family="sans-serif" font-size="12" font-weight="600" fill="#ff0000" text-anchor="end">a&lt;b</text>',
  );
});

test("what is cut to an area is cut in the file too, until the pen is restored", () => {
  const { pen } = fakePen();
  const writing = new Writing(pen, "c");
  const own = writingPen(writing);
  own.save();
  own.beginPath();
  own.rect(0, 0, 4, 4);
  own.clip();
  own.fillRect(0, 0, 9, 9);
  own.restore();
  own.fillRect(0, 0, 9, 9);
  assert.match(writing.svg, /^<defs><clipPath id="c-clip-0"><path d="M0 0L4 0 4 4 0 4Z"\/><\/clipPath><\/defs>/);
  assert.equal(writing.svg.match(/clip-path="url\(#c-clip-0\)"/g).length, 1);
  assert.equal(writing.svg.match(/<path d="M0 0L9 0/g).length, 2);
});
