// The lanes: where the state goes and how far back a loss reaches, on small values typed by hand.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { escaped } from "../../hnviz/app/kit/js/shapes.js";
import { legend, NARROW, Passes, Steps, THICKEST, thickness, WIDE } from "../../hnviz/app/rooms/through_time/lanes/scissors.js";
import { farShare, laneSentences, part, passesNote } from "../../hnviz/app/rooms/through_time/lanes/words.js";
import { recorded } from "./recorded.js";

const THEME = JSON.parse(readFileSync(new URL("../../hnviz/figures/tokens.json", import.meta.url), "utf8")).light;
const BROWN = THEME.role.h_h;
const NAMES = ["detach", "keep", "untrained", "reset"];

const FADING = Array.from({ length: 12 }, (_, at) => 1e-5 * 1e4 ** (at / 11));
const LAST = FADING.map((norm, at) => (at < 8 ? 0 : norm));
const times = (norms, by) => norms.map((norm) => norm * by);
const power = (norms, by) => norms.map((norm) => norm ** by);
const META = { model: "Model5", batches: [5, 6, 7], bptt: 4, bs: 64, every: false, answers_every: true, loss: 1.5, n_before: 2, words: ["one", ",", "two", ",", "three", ",", "four", ",", "<five>", ",", "six", ","] };
const OWN = { reset: times(LAST, 2), detach: LAST, keep: FADING, untrained: power(FADING, 3) };
const PASSES = new Passes(META, OWN);
const ALONE = new Passes({ ...META, model: "Model2" }, { reset: LAST, untrained: power(LAST, 2) });
const EVERY = new Passes({ ...META, every: true }, Object.fromEntries(NAMES.map((name) => [name, FADING])));

const paths = (svg, fill) => [...svg.matchAll(/<path d="([^"]*)" fill="([^"]*)"/g)].filter(([, , color]) => color === fill).map(([, path]) => path);
const words = (svg) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, said]) => said);

/** The outline of every ribbon: the filled brown paths that are no arrow's tip. */
const ribbons = (svg) =>
  paths(svg, BROWN)
    .map((path) => path.replace(/z$/, "").split(/[ML]/).filter((each) => each.includes(" ")).map((each) => each.split(" ").map(Number)))
    .filter((points) => points.length > 3);

const near = (mine, theirs, far) => assert.ok(Math.abs(mine - theirs) <= far, `${mine} is not ${theirs}`);

test("a small share looks thin, and a larger norm is never thinner", () => {
  assert.deepEqual([thickness(0), thickness(1), thickness(1e-11)], [0, THICKEST, 0.8]);
  near(thickness(1 / 8), THICKEST / 2, 1e-9); // the note says: half as thick is an eighth
  near(thickness(1 / 64_000), 0.8, 1e-9); // the legend says: thinnest
  assert.ok(thickness(0.007) < THICKEST / 5);
  for (let at = 1, before = 0; at < 300; at++) {
    const now = thickness(1e-30 * 1.3 ** at);
    assert.ok(now >= before && now > 0 && now <= THICKEST);
    before = now;
  }
});

for (const width of [WIDE, NARROW]) {
  test(`a ribbon is as thick as its share of the nearest, ${width} px`, () => {
    const [whole] = ribbons(PASSES.lane("keep", THEME, width));
    for (const name of NAMES) {
      const [outline, ...more] = ribbons(PASSES.lane(name, THEME, width));
      assert.deepEqual(more, []);
      const norms = OWN[name].filter((norm) => norm > 0);
      assert.equal(outline.length, 2 * norms.length);
      const below = outline.slice(norms.length).reverse();
      norms.forEach((norm, at) => near(below[at][1] - outline[at][1], thickness(norm / norms.at(-1)), 0.02));
      assert.deepEqual(outline.slice(0, norms.length).map(([x]) => x), whole.slice(12 - norms.length, 12).map(([x]) => x));
    }
  });

  test(`the state is zero at both seams where it is reset, ${width} px`, () => {
    const zeros = (passes, name) => words(passes.lane(name, THEME, width)).filter((said) => said === "0").length;
    assert.deepEqual([zeros(PASSES, "reset"), zeros(ALONE, "reset"), zeros(ALONE, "untrained")], [2, 2, 2]);
    assert.deepEqual([zeros(PASSES, "detach"), zeros(PASSES, "untrained")], [0, 0]);
  });

  test(`the mini-batches are named above their steps, ${width} px`, () => {
    const head = PASSES.head(THEME, width);
    const named = [5, 6, 7].map((batch) => `mini-batch ${batch}${width === WIDE ? ", 4 steps" : ""}`);
    assert.deepEqual(words(head).slice(0, 3), named);
    assert.deepEqual(words(head).slice(3), META.words.map((word) => word.replace("<", "&lt;").replace(">", "&gt;")));
    const dense = new Passes({ ...META, bptt: 20, words: Array(60).fill("one") }, OWN).head(THEME, width);
    assert.equal(words(dense).slice(3).length, width === WIDE ? 60 : 0); // all or none: some would read as another text
    const [, x] = /x="([^"]+)"[^>]*>mini-batch 6/.exec(head);
    near(Number(x), PASSES.steps(width).x(5.5), 0.06);
  });
}

for (const width of [WIDE, NARROW]) {
  test(`another training step changes a lane's gradient and its words alone, ${width} px`, () => {
    const later = new Passes({ ...META, loss: 0.2 }, Object.fromEntries(NAMES.map((name) => [name, power(OWN[name], 0.5)])));
    for (const name of NAMES) {
      const [now, then] = [PASSES, later].map((passes) => {
        const [svg, gradient] = [passes.lane(name, THEME, width), passes.gradient(name, THEME, width)];
        assert.ok(svg.includes(`<g class="gradient">${gradient}</g>`));
        return { gradient, still: svg.replace(gradient, "").replaceAll(escaped(passes.told(name)), "") };
      });
      assert.notEqual(now.gradient, then.gradient);
      assert.equal(now.still, then.still);
    }
  });
}

test("scissors are drawn where the gradient is cut alone", () => {
  const cuts = (passes, name) => passes.lane(name, THEME, WIDE).split("rotate(-90)").length - 1;
  assert.deepEqual(NAMES.map((name) => cuts(PASSES, name)), [2, 0, 0, 0]);
  assert.equal(cuts(ALONE, "reset"), 0);
});

test("each lane has one meaning and its own name", () => {
  const named = (passes) => passes.ordered.map((name) => passes.names(name)[0]);
  assert.deepEqual(PASSES.ordered, NAMES);
  assert.deepEqual(named(PASSES), ["Detach", "No detach", "No detach, untrained", "Reset"]);
  assert.deepEqual(named(ALONE), ["Reset", "Reset, untrained"]);
  assert.deepEqual(new Passes(META, { reset: LAST }).ordered, ["reset"]);
});

test("the shares are at the ends and seams", () => {
  const said = words(PASSES.lane("keep", THEME, WIDE));
  for (const step of [0, 4, 8, 11]) assert.ok(said.includes(part(FADING[step] / FADING[11])));
  assert.ok(!words(PASSES.lane("keep", THEME, NARROW)).includes(part(FADING[4] / FADING[11]))); // no room for it
  const none = (name) => words(PASSES.lane(name, THEME, WIDE)).filter((each) => each === "no gradient here").length;
  assert.deepEqual([none("detach"), none("reset"), none("keep")], [1, 1, 0]);
  const three = new Passes({ ...META, bptt: 3 }, { reset: [0, 0, 0, 0, 0, 0, 0.02, 0.03, 0.05] });
  const ends = words(three.lane("reset", THEME, WIDE));
  assert.ok(ends.includes("40 %") && ends.includes("100 %"));
});

test("every step may have a loss, and then the largest gradient is all of it", () => {
  const marks = (svg) => paths(svg, THEME.role.h_o).join("").split("M").length - 1;
  for (const name of NAMES) {
    const svg = EVERY.lane(name, THEME, WIDE);
    assert.equal(marks(svg), 12);
    assert.ok(words(svg).includes("losses") && !words(svg).includes("loss"));
    assert.equal(ribbons(svg).length, EVERY.way(name) === "keep" ? 1 : 3);
  }
  assert.ok(!words(EVERY.lane("keep", THEME, NARROW)).includes("losses")); // no room for it
  const last = new Passes({ ...META, every: true, answers_every: false }, { reset: FADING });
  assert.equal(marks(last.lane("reset", THEME, WIDE)), 3);
  const growing = { ...EVERY.lanes, keep: [...FADING].reverse() };
  const said = words(new Passes({ ...META, every: true }, growing).lane("keep", THEME, WIDE));
  assert.ok(said.includes("100 %") && said.includes("0.01 %"));
  assert.ok(words(new Passes(META, growing).lane("keep", THEME, WIDE)).includes("1000000 %"));
});

test("gradients that vanish are drawn as far as they reach, in any window", () => {
  const gone = new Passes(META, { ...OWN, keep: FADING.map((norm, at) => (at < 2 ? 0 : norm)) });
  assert.equal(ribbons(gone.lane("keep", THEME, WIDE))[0].length, 20);
  const nothing = new Passes(META, Object.fromEntries(NAMES.map((name) => [name, Array(12).fill(0)])));
  for (const name of NAMES) assert.deepEqual(ribbons(nothing.lane(name, THEME, WIDE)), []);
  for (let bptt = 1; bptt <= 60; bptt++) {
    const norms = Array.from({ length: 3 * bptt }, (_, at) => 1e-9 * 5e8 ** (at / (3 * bptt - 1)));
    const passes = new Passes({ ...META, bptt, every: true }, Object.fromEntries(NAMES.map((name) => [name, norms])));
    for (const name of NAMES) for (const width of [WIDE, NARROW]) assert.doesNotMatch(passes.lane(name, THEME, width), /NaN|undefined/);
  }
});

test("steps have room", () => {
  const steps = new Steps(0, 100, 60, 20);
  assert.deepEqual([steps.x(0), steps.x(59)], [0, 100]);
  assert.deepEqual(steps.thinned(20, 40), [39, 34, 29, 24]);
  assert.ok(steps.seams.length === 2 && steps.x(19) < steps.seams[0] && steps.seams[0] < steps.x(20));
});

test("the legend names thicknesses", () => {
  const html = legend(THEME, false);
  const heights = [...html.matchAll(/ height="([\d.]+)" fill/g)].map(([, each]) => Number(each));
  [1, 1e-2, 1e-4].forEach((share, at) => near(heights[at], thickness(share), 0.06));
  assert.match(html, /share of the nearest one<.*>100 %<.*>1 %<.*>0\.01 %<.*thinnest: 1 in 64,000 or less/);
  assert.match(legend(THEME, true), /share of the lane's largest one</);
});

test("parts of the nearest", () => {
  const written = [[10.4, "1040 %"], [1, "100 %"], [0.5, "50 %"], [0.0071, "0.7 %"], [2.5e-4, "0.03 %"], [9.1e-5, "1 in 11,000"]];
  const tiny = [[6.2e-8, "1 in 16 million"], [1.7544e-11, "1 in 57 billion"], [4e-13, "1 in 2.5 trillion"], [8.8e-21, "almost 0 %"], [0, "0 %"]];
  for (const [share, said] of [...written, ...tiny]) assert.equal(part(share), said);
  assert.equal(farShare([0, 0, 0]), 0);
});

for (const width of [WIDE, NARROW]) {
  test(`with reset, the state is broken where a mini-batch ends, ${width} px`, () => {
    const dots = (lane) => [...PASSES.lane(lane, THEME, width).matchAll(/M([\d.]+) 26a([\d.]+) /g)].map(([, left, r]) => [Number(left), Number(left) + 2 * Number(r)]).sort(([one], [other]) => one - other);
    const space = (lane, step) => dots(lane)[step][0] - dots(lane)[step - 1][1];
    for (const seam of [4, 8]) near(space("reset", seam) - space("detach", seam), 8, 0.2);
    near(space("reset", 2) - space("detach", 2), -8 / 3, 0.2); // its own states stay together
  });
}

test("each lane says what it shows", (t) => {
  const said = laneSentences(OWN, 4, false);
  assert.deepEqual(Object.keys(said).sort(), ["", ...NAMES].sort());
  assert.match(said[""], /^The \*\*gradient\*\* says how much the loss would change.* not a probability: its unit is loss per unit of state/);
  const back = (lane, n) => OWN[lane].at(-1 - n) / OWN[lane].at(-1);
  for (const lane of ["keep", "untrained"]) {
    const half = OWN[lane].map((_, n) => n).find((n) => back(lane, n) < 0.5);
    assert.match(said[lane], new RegExp(`\\*\\*${part(back(lane, 10))}\\*\\* is left 10 steps back, and it is less than half from ${half} steps? back\\.`));
  }
  const cut = part(back("keep", 3));
  assert.ok(said.detach.includes(`**${cut}**`) && words(PASSES.lane("keep", THEME, WIDE)).includes(cut), "the share that is drawn at the cut");
  recorded(t, said.detach, 4, 8.1, 4);
  recorded(t, said.keep, 12, 0.02, 10, 1, 0.01);
  recorded(t, said.untrained, 1, 81, 10, 1, 1, 1);
  assert.match(said.reset, /starts from a state of zeros.*after at most 4 words/);
  const gone = laneSentences({ ...OWN, keep: FADING.map((norm, at) => (at < 2 ? 0 : norm)) }, 4, false);
  assert.match(gone.keep, /10 of 12 steps get a gradient/);
  assert.doesNotMatch(laneSentences({ ...OWN, untrained: Array(12).fill(1) }, 4, false).untrained, /vanish/);
});

test("with a loss at every step, the sentences say how losses add up, and the note how it was measured", (t) => {
  const said = laneSentences({ ...EVERY.lanes, keep: times(FADING, 1.5), detach: [...FADING].reverse() }, 4, true);
  recorded(t, said.detach, 4, (FADING[3] / FADING[0]).toFixed(2));
  recorded(t, laneSentences({ ...OWN, keep: times(LAST, 1.5) }, 4, true).keep, 12);
  recorded(t, said.untrained, 0.01);
  assert.equal(said.reset, laneSentences(OWN, 4, false).reset);
  const growing = laneSentences({ detach: FADING, keep: times(FADING, 1.5) }, 4, true);
  assert.match(growing.keep, /\*\*1\.50\*\* times that with detach/);
  assert.match(said[""], /still stops at the scissors/);
  assert.match(laneSentences(EVERY.lanes, 4, true).keep, /have faded before they arrive/);
  assert.match(laneSentences({ keep: FADING, detach: LAST.map(() => 0) }, 4, true).detach, /and one its last\.$/);
  assert.match(laneSentences(ALONE.lanes, 4, true)[""], /stops at the zeros/);
  const note = passesNote(META, { Detach: 0.00391, Reset: 0.0105 });
  assert.match(note, /Half as thick is an eighth of it\. Nearest: Detach 0\.00391, Reset 0\.0105\. Typical means the median of 64 rows: mini-batches 5 to 7 of train, whose first row has the words above the lanes, if there is room for them; the state before them comes from the 2 mini-batches before\. Loss 1\.500/);
  assert.match(passesNote({ ...META, n_before: 0 }, {}), /before them is zeros/);
});
