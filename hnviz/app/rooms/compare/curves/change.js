// @ts-check
// What the comparison says, and how to get more of it: the same seeds on both sides, one setting changed,
// and comparisons that are ready, whose missing runs one press trains.

import { maker } from "../../../kit/js/make.js";
import { button, menu } from "../../../kit/js/parts.js";
import { isLocked } from "../../../kit/js/present.js";
import { boldNodes, partNodes } from "../../../kit/js/text.js";
import { choose, chosen } from "../chosen.js";
import { MOST_SEEDS, lacking, sidesOf } from "./paired.js";
import { fieldName, labels, refusal, valueText } from "./words.js";
import { stepsOf, verdict } from "./verdict.js";

/**
 * @typedef {import("./series.js").Run} Run
 * @typedef {{ name: string, options: string[], whole: boolean }} Field
 * @typedef {{ title: string, question: string, runs: object[], measured: string }} Card
 * @typedef {{ fields: Field[], cards: Card[], stateful: string[], models: string[], shares: import("./verdict.js").Shares }} Settings
 * @typedef {{ body: object, wrong: HTMLElement, shown: (made: string[]) => string[] }} Wanted
 */

const AGAIN = 5000; // ms until runs that found no room are tried again
const SEEDS = 2; // more seeds on both sides that a press trains
const ENOUGH = 5; // seeds on both sides, from which no more are offered
const NO_PAIR = "Choose runs with two different settings, or change one setting below. This line then says what the change did.";

export class Change {
  /**
   * @param {HTMLElement} said where it says what the comparison shows
   * @param {HTMLElement} tried where more can be trained; a locked page has none of it
   * @param {import("../../../kit/js/frame.js").Frame} kit
   * @param {Settings} settings
   */
  constructor(said, tried, kit, settings) {
    this.kit = kit;
    this.settings = settings;
    /** @type {Run[]} */
    this.runs = [];
    const make = maker(said);
    this.verdict = make("p", "verdict");
    this.verdict.setAttribute("role", "status");
    this.more = button(said, "", () => this.moreSeeds(), "quiet");
    this.steps = make("ul", "steps");
    this.plain = this.listed = this.names = this.mine = "";
    /** @type {{ like: string, seed: number }[]} runs of seeds that one side lacks */
    this.lacks = [];
    tried.hidden = this.locked = isLocked();
    const under = maker(tried);
    under("h3", "", tried, "Change one thing");
    under("p", "note", tried, "A setting shows what it does only if nothing else differs: the new run keeps the seed.");
    const row = under("div", "row");
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Change one thing");
    this.run = menu(row, "This run", { above: true });
    this.field = menu(row, "change", { above: true });
    this.choice = menu(row, "to", { above: true });
    this.number = /** @type {HTMLInputElement} */ (under("input", "", under("label", "menu above", row, "to")));
    Object.assign(this.number, { type: "text", autocomplete: "off" });
    this.number.onkeydown = (event) => void (event.key === "Enter" && this.start());
    /** @type {HTMLInputElement|HTMLSelectElement} */
    this.value = this.number;
    this.train = button(row, "Train it", () => this.start(), "go");
    this.wrong = alerting(tried);
    this.measured = under("p", "measured"); // what a card says besides its runs
    this.measured.setAttribute("role", "status");
    under("h3", "", tried, "Or press one that is ready");
    under("p", "note", tried, "Existing runs, including pre-trained ones, are reused. Only missing runs are trained.");
    this.cards = under("div", "cards");
    this.cardWrong = alerting(tried);
    this.run.onchange = () => this.fill();
    this.field.onchange = () => this.fill();
    for (const card of settings.cards) this.card(card);
  }

  /** @param {Card} card */
  card({ title, question, runs, measured }) {
    const press = () => {
      this.press(made, { runs }, this.cardWrong);
      if (measured) this.measure(measured);
    };
    const made = button(this.cards, "", press, "card");
    const make = maker(made);
    make("b", "", made, title);
    make("span", "", made, `${question} It trains up to ${runs.length} runs.`);
  }

  /**
   * The chosen runs have changed, train on, or are shown by another measure.
   * @param {Run[]} runs
   * @param {number} kinds
   * @param {string} measure
   */
  show(runs, kinds, measure) {
    this.runs = runs;
    const names = labels(runs);
    const key = JSON.stringify([...names]);
    if (key !== this.names) {
      this.names = key;
      const was = this.run.value;
      this.run.replaceChildren(...runs.map(({ run }) => option(run, names.get(run) ?? run)));
      this.run.value = names.has(was) ? was : (runs[runs.length - 1]?.run ?? "");
      this.fill();
    }
    this.train.disabled = !runs.length;
    this.judge(kinds, measure);
  }

  /** Offer the settings that the run has, and a value other than its own. */
  fill() {
    const base = this.base();
    if (!base) return;
    const fields = this.settings.fields.filter(({ name }) => name !== "reset_state" || this.settings.stateful.includes(base.config.model));
    const before = this.field.value;
    this.field.replaceChildren(...fields.map(({ name }) => option(name, fieldName(name))));
    if (fields.some(({ name }) => name === before)) this.field.value = before;
    const { name, options, whole } = fields.find((each) => each.name === this.field.value) ?? fields[0];
    const now = base.config[name];
    this.value = options.length ? this.choice : this.number;
    for (const each of [this.choice, this.number]) /** @type {HTMLElement} */ (each.parentElement).hidden = each !== this.value;
    if (options.length) this.choice.replaceChildren(...options.filter((each) => each !== now).map((each) => option(each, each)));
    else Object.assign(this.number, { value: "", inputMode: whole ? "numeric" : "decimal", placeholder: `now ${valueText(name, now)}` });
    this.value.setAttribute("aria-label", `${fieldName(name)}, instead of ${valueText(name, now)}`);
    this.wrong.textContent = "";
  }

  base() {
    return this.runs.find(({ run }) => run === this.run.value);
  }

  start() {
    const base = this.base();
    const field = this.settings.fields.find((each) => each.name === this.field.value);
    if (!base || !field) return;
    const { name, options } = field;
    const text = this.value.value.trim();
    const value = options.length ? text : Number(text.replaceAll(",", ""));
    const now = base.config[name];
    if (!text || (!options.length && !Number.isFinite(value))) {
      this.wrong.textContent = refusal(`${name} must be a number; got ${text ? `“${text.slice(0, 40)}”` : "nothing"}.`, [name]);
      return this.value.focus();
    }
    if (value === now) {
      this.wrong.textContent = `This run has ${fieldName(name)} ${valueText(name, now)} already: choose another value.`;
      return this.value.focus();
    }
    this.press(this.train, { runs: [{ like: base.run, [name]: value }] }, this.wrong, (made) => [base.run, ...made]);
  }

  /** Train the seeds that the sides lack. */
  moreSeeds() {
    const runs = this.runs.map(({ run }) => run);
    this.press(this.more, { runs: this.lacks }, this.wrong, (made) => [...new Set([...runs, ...made])]);
  }

  /**
   * Have runs trained that are not there yet, and compare them.
   * @param {HTMLButtonElement} pressed
   * @param {object} body
   * @param {HTMLElement} wrong where a refusal is said
   * @param {Wanted["shown"]} shown the runs to compare then
   */
  async press(pressed, body, wrong, shown = (made) => made) {
    this.mine = ""; // what an earlier press still wants is given up
    this.measured.replaceChildren();
    wrong.textContent = "";
    pressed.disabled = true;
    await this.startAll({ body, wrong, shown });
    pressed.disabled = false;
  }

  /**
   * Say what the server measures for a card: the sentence of a view.
   * @param {string} path
   */
  async measure(path) {
    const { source } = this.kit;
    this.measured.textContent = "Measuring …";
    const said = await source.get(source.address(`api/runs/${path}`)).then(({ sentence: text }) => boldNodes(text), ({ message }) => [refusal(message)]);
    this.measured.replaceChildren(...said);
  }

  /**
   * Start as many as there is room for; the others follow while the page is open and a run trains.
   * @param {Wanted} wanted
   */
  async startAll(wanted) {
    clearTimeout(this.timer);
    const { body, wrong, shown } = wanted;
    try {
      const { runs, refused } = await this.kit.source.post("api/runs", body);
      const ids = shown(runs.map((/** @type {{ run: string }} */ { run }) => run));
      choose(ids, this);
      this.mine = ids.join();
      wrong.textContent = refused ? `${refusal(refused)} The others start when there is room, while this page is open.` : "";
      if (refused) this.later(wanted);
    } catch (error) {
      wrong.textContent = refusal(/** @type {Error} */ (error).message, this.settings.fields.map(({ name }) => name));
    }
  }

  /**
   * Try again, unless the reader compares something else by then.
   * @param {Wanted} wanted
   */
  later(wanted) {
    this.timer = setTimeout(() => {
      const waits = this.runs.some(({ live }) => live) && chosen([]).join() === this.mine;
      if (waits) this.startAll(wanted);
      else wanted.wrong.textContent = "";
    }, AGAIN);
  }

  /**
   * Say what the change did, or each step from model to model.
   * @param {number} kinds
   * @param {string} measure
   */
  judge(kinds, measure) {
    const sides = sidesOf(this.runs);
    const { models, shares } = this.settings;
    const { nodes, plain } = partNodes(sides ? verdict(sides, kinds, measure) : [NO_PAIR]);
    if (plain !== this.plain) this.verdict.replaceChildren(...nodes);
    this.plain = plain;
    const steps = stepsOf(this.runs, kinds, measure, models, shares).map((parts) => partNodes(parts));
    const listed = steps.map((step) => step.plain).join();
    if (listed !== this.listed) this.steps.replaceChildren(...steps.map((step) => item(step.nodes)));
    this.listed = listed;
    this.lacks = sides ? lacking(sides, SEEDS) : [];
    const even = sides && sides.from.size === sides.to.size && sides.from.size === sides.seeds.length;
    const n = this.lacks.length;
    this.more.textContent = even ? `Train ${n / 2} more ${n === 2 ? "seed" : "seeds"} on both sides` : `Train the ${n} ${n === 1 ? "run" : "runs"} that one side lacks`;
    const offered = sides && (!even || sides.seeds.length < Math.min(ENOUGH, MOST_SEEDS)) && n > 0;
    this.more.hidden = !offered || this.locked || this.runs.some(({ live }) => live);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/** @param {HTMLElement} parent */
function alerting(parent) {
  const wrong = maker(parent)("p", "wrong");
  wrong.setAttribute("role", "alert");
  return wrong;
}

/** @param {(string|HTMLElement)[]} nodes */
function item(nodes) {
  const made = document.createElement("li");
  made.append(...nodes);
  return made;
}

/**
 * @param {string} value
 * @param {string} text
 */
function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}
