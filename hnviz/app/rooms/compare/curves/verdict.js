// @ts-check
// What the comparison says: what changed between two sides, over all their seeds, and whether one seed
// would have fooled the reader; and which steps from model to model are the network's. No DOM.

import { paired } from "../../../kit/js/seeds.js";
import { first } from "./paired.js";
import { BITS, MEASURES, compares, differing, grouped, lastOf, scaleOf, settingOf } from "./series.js";
import { calledIn, fieldName, gapText, scaled, valueText, written } from "./words.js";

/**
 * @typedef {import("./series.js").Run} Run
 * @typedef {import("./paired.js").Sides} Sides
 * @typedef {(string|string[])[]} Parts [text] is bold
 * @typedef {Record<string, { before: string, recipe: number, network: number, n: number }>} Shares
 *   model -> what its recipe alone changes on train, and its network after that, over n seeds
 */

const MOST_NAMED = 3; // settings in a sentence
const MOST_STEPS = 12; // models whose steps are listed

/** The figures of a last epoch, of which the spread over seeds may be known: hnviz/runs/reference.py. */
const FIGURES = /** @type {const} */ ({
  "accuracy on valid": "accuracy",
  "loss on valid": "valid_loss",
  "loss on train": "train_loss",
  "accuracy on train": "train_accuracy",
  [BITS]: "valid_loss",
});

/** @typedef {keyof typeof FIGURES} Figured */

/**
 * The measure that a verdict is on: the one shown, where epochs have it and the runs can be compared by it.
 * @param {Run[]} runs
 * @param {string} shown
 * @returns {Figured}
 */
function measureOf(runs, shown) {
  const wanted = /** @type {Figured} */ (shown in FIGURES ? shown : "accuracy on valid");
  return compares(runs, wanted) ? wanted : BITS;
}

/**
 * @param {Run} run
 * @param {Figured} measure
 * @param {number} kinds
 */
const endOf = (run, measure, kinds) => scaled(lastOf(run, FIGURES[measure], kinds), scaleOf(run, measure));

/**
 * What a measure is called in a sentence: "the share right on valid".
 * @param {Figured} measure
 */
function called(measure) {
  const { said, unit } = MEASURES[measure];
  if (measure === "accuracy on train") return "the share right on train"; // the curve is running, and not this
  return measure === BITS ? `the loss in ${said}` : unit === "share" ? `the share ${said}` : `the ${said}`;
}

/**
 * Settings that changed: "bptt 20 → 70".
 * @param {string[]} fields
 * @param {Run} from
 * @param {Run} to
 */
function changes(fields, from, to) {
  const said = (/** @type {Run} */ run, /** @type {string} */ field) => valueText(field, run.config[field]);
  const named = fields.slice(0, MOST_NAMED).map((field) =>
    field === "model" ? `${calledIn(from)} → ${calledIn(to)}` : `${fieldName(field)} ${said(from, field)} → ${said(to, field)}`,
  );
  const more = fields.length - named.length;
  return named.join(", ") + (more ? ` and ${more} more ${more === 1 ? "setting" : "settings"}` : "");
}

/**
 * What the change from one side to the other did to the measure that is shown, and whether seeds do as much.
 * For a measure that epochs do not have, it says what it did to accuracy.
 * @param {Sides} sides
 * @param {number} kinds
 * @param {string} shown
 * @returns {Parts}
 */
export function verdict(sides, kinds, shown = "accuracy on valid") {
  const { seeds, fields } = sides;
  const both = [sides.from, sides.to];
  const runs = both.flatMap((side) => [...side.values()]);
  const measure = measureOf(runs, shown);
  const [from, to] = both.map((side) => side.get(seeds[0]) ?? first(side));
  const change = [changes(fields, from, to)];
  if (!seeds.length) return [change, `: the two sides have no seed in common, so the seed differs as well.`];
  const devices = differing([from, to]).includes("device");
  const which = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds on both sides`;
  const equal = devices ? `${which}, but ${placeOf(to)} instead of ${placeOf(from)}` : `all else equal, ${which}`;
  const head = [change, `, ${equal}: `];
  const pairs = seeds.map((seed) => both.map((side) => /** @type {Run} */ (side.get(seed))));
  const lives = pairs.flat().filter(({ live }) => live);
  if (lives.length) return [...head, training(lives, pairs.flat().length)];
  const ends = pairs.map((pair) => pair.map((run) => endOf(run, measure, kinds)));
  const known = /** @type {[number, number][]} */ (ends.filter((pair) => !pair.includes(null)));
  const late = measure === "accuracy on train" ? "its accuracy on train was measured" : "its first epoch was over";
  if (!known.length) return [...head, `a run ended before ${late}, so there is nothing to compare.`];
  const told = paired(known);
  return [...head, ...(told ? ofSeeds(told, measure) : ofOne([from, to], known[0], measure)), ...together(fields)];
}

/** Where a run trained. @param {Run} run */
const placeOf = ({ device }) => (device === "browser" ? "in a browser" : `on ${device}`);

/**
 * @param {Run[]} lives
 * @param {number} n runs of both sides
 */
function training([run, ...others], n) {
  if (n > 2) return `${others.length + 1} of ${n} runs still train.`;
  const { step, n_steps: all } = run;
  return `the new run trains, ${all ? `step ${step.toLocaleString("en")} of ${all.toLocaleString("en")}` : "it waits for its turn"}.`;
}

/**
 * A change of a measure with its sign: "−5.2 points", "+0.31".
 * @param {Figured} measure
 * @param {number} value
 */
function signed(measure, value) {
  const share = MEASURES[measure].unit === "share";
  const text = share ? (100 * Math.abs(value)).toFixed(1) : written(measure, Math.abs(value));
  return `${Number(text) === 0 ? "" : value < 0 ? "−" : "+"}${text}${share ? " points" : ""}`;
}

/**
 * @param {import("../../../kit/js/seeds.js").Paired} told
 * @param {Figured} measure
 * @returns {Parts}
 */
function ofSeeds({ mean, low, high, least, most, against, ways }, measure) {
  const text = (/** @type {number} */ value) => signed(measure, value);
  const bare = (/** @type {number} */ value) => text(value).replace(" points", "");
  const said = [`on average ${called(measure)} changes by `, [text(mean)], `, with a 95 % interval from ${bare(low)} to ${bare(high)}. `];
  if (least === most && !mean) return [...said, "Every seed says the same: no difference."];
  if (low <= 0 && high >= 0) {
    return [...said, "The interval contains 0, so these seeds do not show the direction. ", ["One seed could have fooled you"], `: the seeds, one by one, say ${bare(least)} to ${text(most)}.`];
  }
  if (!against) return [...said, ["One seed would not have fooled you"], `: all ${ways} ways to take one run a side point the same way.`];
  return [...said, ["One seed could have fooled you"], `: ${against} of the ${ways} ways to take one run a side ${against === 1 ? "does" : "do"} not point that way.`];
}

/**
 * @param {Run[]} pair
 * @param {[number, number]} ends
 * @param {Figured} measure
 * @returns {Parts}
 */
function ofOne(pair, [before, after], measure) {
  const text = (/** @type {number} */ value) => written(measure, value);
  const way = after === before ? "stays at" : after > before ? "rises from" : "falls from";
  const figures = after === before ? [text(after)] : [`${text(before)} to ${text(after)}`];
  const said = [`${called(measure)} ${way} `, figures];
  const figure = FIGURES[measure];
  const owner = pair.find(({ spread }) => spread?.figures[figure]);
  const spread = owner?.spread;
  if (!spread) return [...said, `: ${gapText(measure, before, after)}. Whether the seed alone changes as much is not known yet.`];
  const [low, high] = spread.figures[figure].map((value) => value * scaleOf(owner, measure));
  const small = Math.abs(after - before) <= high - low;
  return [
    ...said,
    `, ${gapText(measure, before, after)}. That is `,
    [small ? "no more" : "more"],
    ` than the seed alone changes: ${gapText(measure, low, high)}, ${spread.source}.`,
    ...(small ? [" So this pair does not show that the setting matters."] : []),
  ];
}

/**
 * What several changed settings leave open.
 * @param {string[]} fields
 */
function together(fields) {
  if (fields.length < 2) return [];
  const what = fields.includes("model") ? "The network and the recipe" : `These ${fields.length} settings`;
  return [` ${what} changed together, so this does not say which of them matters.`];
}

/**
 * What changes from each model to the next: only the network, or its recipe too, and what both do together.
 * @param {Run[]} runs
 * @param {number} kinds
 * @param {string} shown
 * @param {string[]} models in their order
 * @param {Shares} shares
 * @returns {Parts[]} nothing unless each setting is another model's; of two that the verdict compares, only more than it says
 */
export function stepsOf(runs, kinds, shown, models, shares) {
  const groups = grouped(runs).sort(([one], [other]) => models.indexOf(one.config.model) - models.indexOf(other.config.model));
  const named = new Set(groups.map(([run]) => run.config.model));
  if (groups.length < 2 || groups.length > MOST_STEPS || named.size < groups.length) return [];
  const measure = measureOf(runs, shown);
  if (groups.length === 2 && shares[groups[1][0].config.model]?.before !== groups[0][0].config.model) return [];
  return groups.slice(1).map((group, at) => {
    const [before, after] = [groups[at], group].map((each) => meanOf(each.map((run) => endOf(run, measure, kinds))));
    const [from, to] = [groups[at][0], group[0]];
    const recipe = differing([from, to]).filter((field) => !["model", "seed", "device"].includes(field) && settingOf(from, field) !== settingOf(to, field));
    const what = recipe.length ? ` changes the network and the recipe (${changes(recipe, from, to)})` : " changes only the network";
    const gap = before === null || after === null ? "no figure yet" : `${signed(measure, asWritten(after) - asWritten(before))} ${MEASURES[measure].said}`;
    const soFar = [...groups[at], ...group].some(({ live }) => live) ? ", so far: not all of these runs have ended" : "";
    const apart = shares[to.config.model]?.before === from.config.model && recipe.length ? ofShares(shares[to.config.model]) : "";
    return [[`${calledIn(from)} → ${calledIn(to)}`], `${what}: `, [gap], `${soFar}.${apart}`];
  });
}

/** A share to the digits of a table, so that differences and sums of what is written are right. */
const asWritten = (/** @type {number} */ value) => Math.round(1000 * value) / 1000;

/** @param {Shares[string]} share */
function ofShares({ recipe, network, n }) {
  const text = (/** @type {number} */ value) => signed("accuracy on train", value);
  const parts = [recipe, network].map(asWritten);
  return ` On train, measured apart: only the recipe ${text(parts[0])}, then the network ${text(parts[1])}, together ${text(parts[0] + parts[1])}, means of ${n} seeds.`;
}

/** @param {(number|null)[]} values */
function meanOf(values) {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : null;
}
