// What the picture draws, from its runs and the look that a reader has chosen. No DOM.

import { tickText } from "../../../kit/js/scale.js";
import { percent } from "../../../kit/js/text.js";
import { lookOf } from "./paint.js";
import { MEASURES, bandOf, compares, cutOff, endOf, extent, interpolate, lineOf, notebookLine, seedGroups } from "./series.js";
import { gapText, labels, placeText, written } from "./words.js";

const MOST_NAMES = 10; // at the ends of lines
const TITLES = { step: "training step", epoch: "epoch", tokens: "tokens read", seconds: "seconds" };

/**
 * Lines with their names and looks: of each run, or of each group of seeds.
 * `look` has measure, axis, smooth, kind, bands, notebook, logX, logY.
 * `places` has the place of each run among the colours; this function updates it.
 */
export function sceneOf({ runs, kinds, notebook }, look, theme, places = new Map()) {
  const groups = look.bands ? seedGroups(runs) : runs.map((run) => [run]);
  const short = labels(groups.map(([first]) => first));
  const colours = placesOf(groups, places);
  const lines = [];
  const bands = [];
  for (const [at, group] of groups.entries()) {
    const own = group.map((run) => lineOf(run, look, kinds));
    const style = lookOf(colours[at], groups.length, theme);
    const name = short.get(group[0].run) + (group.length > 1 ? `, ${group.length} seeds` : "");
    const seeds = group.length > 1 ? bandOf(own) : null;
    const line = seeds ?? own[0];
    lines.push({ ...style, x: line.x, y: line.y, name, group, live: group.some(({ live }) => live), end: endOf(line, look.measure), seeds });
    if (seeds) bands.push({ ...seeds, color: style.color, alpha: 0.2 });
  }
  const gap = lines.length === 2 && !bands.length && compares(runs, look.measure) ? gapBand(lines, look, theme) : null;
  if (gap) bands.push(gap);
  const theirs = look.notebook ? notebookLines(runs, notebook, look, kinds, theme) : [];
  const scene = { lines: [...lines, ...theirs], bands, own: lines, gap };
  const named = nameEnds(scene);
  showEnds(scene.lines, theme);
  return { ...scene, ...axesOf(scene, look), named };
}

/** Places for groups of runs: a group keeps its place, and a new one takes the first free place. */
function placesOf(groups, places) {
  const kept = new Set();
  const found = groups.map((group) => {
    const place = group.map(({ run }) => places.get(run)).find((each) => each !== undefined && !kept.has(each));
    if (place !== undefined) kept.add(place);
    return place;
  });
  places.clear();
  let free = 0;
  for (const [at, group] of groups.entries()) {
    while (found[at] === undefined && kept.has(free)) free++;
    kept.add((found[at] ??= free));
    for (const { run } of group) places.set(run, found[at]);
  }
  return found;
}

/** The area between two lines, where both are known, and how wide it is at its end. */
function gapBand([one, other], { measure, axis }, theme) {
  if (!one.x.length || !other.x.length) return null;
  const end = Math.min(one.x.at(-1), other.x.at(-1));
  const start = Math.max(one.x[0], other.x[0]);
  const x = [...new Set([...one.x, ...other.x])].filter((each) => each >= start && each <= end).sort((a, b) => a - b);
  if (!x.length) return null;
  const [low, high] = [one, other].map((line) => x.map((each) => interpolate(line.x, line.y, each)));
  const both = one.x.at(-1) === other.x.at(-1); // else the runs end elsewhere, and further apart or not
  const text = `${gapText(measure, low.at(-1), high.at(-1))}${both ? "" : ` ${placeText(axis, end)}`}`;
  return { x, low, high, color: theme.control, alpha: 0.24, text, both };
}

function notebookLines(runs, tables, look, kinds, theme) {
  const found = [];
  for (const [model, table] of Object.entries(tables)) {
    // Its valid is that of the notebook's text and split: another valid has other answers.
    const run = runs.find(({ config, n_batches }) => config.model === model && n_batches && config.split === "notebook" && config.corpus === "human_numbers");
    const line = run && notebookLine(run, table, look, kinds);
    if (line) found.push({ ...line, color: theme.muted, dash: [1, 3], width: 2, alpha: 1, dots: true, name: `${model}, the notebook`, group: [], end: endOf(line, look.measure), seeds: null });
  }
  return found;
}

/** Mark the lines whose ends are named: all of a few; of many the highest and the lowest. */
function nameEnds({ lines }) {
  const known = lines.filter(({ end }) => end !== null);
  const few = known.length <= MOST_NAMES;
  const ordered = [...known].sort((one, other) => other.end - one.end);
  for (const line of lines) line.label = few || line === ordered[0] || line === ordered.at(-1) ? line.name : "";
  return few;
}

/** Among many lines the highest and the lowest are in colour. */
function showEnds(lines, theme) {
  for (const line of lines) {
    if (!line.label || line.alpha === 1) continue;
    const first = lines.find(({ label }) => label) === line;
    Object.assign(line, { color: theme.categorical[first ? 3 : 4], dash: first ? [] : [8, 4], width: 2, alpha: 1 });
  }
}

function axesOf({ lines, bands, own }, { measure, axis, logX, logY }) {
  const { unit, title } = MEASURES[measure];
  const values = [...lines.map(({ y }) => y), ...bands.flatMap(({ low, high }) => [low, high])];
  const y = extent(values, { log: logY, zero: unit !== "rate" || measure === "learning rate" });
  if (unit === "share" && !logY) y[1] = 1;
  const top = y[1];
  if (unit === "loss" && !logY) y[1] = cutOff(own, top);
  const x = extent(lines.map((line) => line.x), { log: logX, zero: true });
  return {
    x,
    y,
    cut: y[1] < top ? y[1] : null,
    xTitle: TITLES[axis],
    yTitle: title,
    writeX: tickText,
    writeY: unit === "share" ? percent : tickText,
    writeValue: (value) => written(measure, value),
  };
}
