// Change one thing: the same run with one other setting, trained and laid beside it; and
// comparisons that are ready, whose missing runs one press trains.
//
// settings = { fields: [{ name, options, whole }], cards: [{ name, title, question, runs, measured }],
//              stateful: models that carry their state }

import { maker } from "../../../kit/js/make.js";
import { button, menu } from "../../../kit/js/parts.js";
import { picture } from "../../../kit/js/picture.js";
import { HAS_NONE } from "../../../kit/js/tables.js";
import { boldNodes, partNodes } from "../../../kit/js/text.js";
import { choose, chosen, onShared, shared, sharedMeasure } from "../chosen.js";
import { pairOf } from "../curves/series.js";
import { fieldName, labels, refusal, valueText, verdict } from "../curves/words.js";

const AGAIN = 5000; // ms until runs that found no room are tried again
const SEEDS = 2; // more seeds that are offered where none is known

class Change {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const row = make("div", "row", body);
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Change one thing");
    this.run = menu(row, "This run", { above: true });
    this.field = menu(row, "change", { above: true });
    this.choice = menu(row, "to", { above: true });
    const label = make("label", "menu above", row, "to");
    this.number = make("input", "", label);
    Object.assign(this.number, { type: "text", autocomplete: "off" });
    this.number.onkeydown = (event) => void (event.key === "Enter" && this.start());
    this.train = button(row, "Train it", () => this.start(), "go");
    this.wrong = make("p", "wrong", body);
    this.wrong.setAttribute("role", "alert");
    this.verdict = make("p", "verdict", body);
    this.verdict.setAttribute("role", "status");
    this.measured = make("p", "measured", body); // what a card says besides its runs
    this.measured.setAttribute("role", "status");
    this.more = button(body, `Train ${SEEDS} more seeds`, () => this.moreSeeds(), "quiet");
    this.more.hidden = true;
    make("h3", "", body, "Or press one that is ready");
    make("p", "note", body, "Runs that are there already, also pre-trained ones, are used again; only the missing ones are trained.");
    this.cards = make("div", "cards", body);
    this.cardWrong = make("p", "wrong", body);
    this.cardWrong.setAttribute("role", "alert");
    this.run.onchange = () => this.fill();
    this.field.onchange = () => this.fill();
    this.leave = onShared(this, () => this.show());
  }

  draw({ settings }) {
    this.settings = settings;
    if (!this.cards.firstChild) for (const card of settings.cards) this.card(card);
    this.show();
  }

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

  /** The chosen runs have changed, or train on. */
  show() {
    if (!this.settings) return;
    const runs = shared();
    const names = labels(runs);
    const key = JSON.stringify([...names]);
    if (key !== this.names) {
      this.names = key;
      const was = this.run.value;
      this.run.replaceChildren(...runs.map(({ run }) => option(run, names.get(run))));
      this.run.value = names.has(was) ? was : (runs[runs.length - 1]?.run ?? "");
      this.fill();
    }
    this.train.disabled = !runs.length;
    this.judge(runs);
  }

  /** Offer the settings that the run has, and a value other than its own. */
  fill() {
    const base = this.base();
    if (!base) return;
    const fields = this.settings.fields.filter(({ name }) => this.isUsed(name, base));
    const before = this.field.value;
    this.field.replaceChildren(...fields.map(({ name }) => option(name, fieldName(name))));
    if (fields.some(({ name }) => name === before)) this.field.value = before;
    const { name, options, whole } = fields.find((each) => each.name === this.field.value) ?? fields[0];
    const now = base.config[name];
    this.value = options.length ? this.choice : this.number;
    for (const each of [this.choice, this.number]) each.parentElement.hidden = each !== this.value;
    if (options.length) this.choice.replaceChildren(...options.filter((each) => each !== now).map((each) => option(each, each)));
    else Object.assign(this.number, { value: "", inputMode: whole ? "numeric" : "decimal", placeholder: `now ${valueText(name, now)}` });
    this.value.setAttribute("aria-label", `${fieldName(name)}, instead of ${valueText(name, now)}`);
    this.wrong.textContent = "";
  }

  isUsed(name, { config }) {
    return name !== "reset_state" || this.settings.stateful.includes(config.model);
  }

  base() {
    return shared().find(({ run }) => run === this.run.value);
  }

  start() {
    const base = this.base();
    if (!base) return;
    const name = this.field.value;
    const { options } = this.settings.fields.find((each) => each.name === name);
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

  /** Train the pair's first run from other seeds. */
  moreSeeds() {
    const { from, to } = this.pair;
    const { seed } = from.config;
    const runs = Array.from({ length: SEEDS }, (_, at) => ({ like: from.run, seed: seed < 1000 ? seed + at + 1 : at }));
    this.press(this.more, { runs }, this.wrong, (made) => [from.run, to.run, ...made]);
  }

  /** Have runs trained that are not there yet, and compare them. */
  async press(pressed, body, wrong, shown = (made) => made) {
    this.mine = ""; // what an earlier press still wants is given up
    this.measured.replaceChildren();
    wrong.textContent = "";
    pressed.disabled = true;
    await this.startAll({ body, wrong, shown });
    pressed.disabled = false;
  }

  /** Say what the server measures for a card: the sentence of a view. */
  async measure(path) {
    const { source } = this.kit;
    this.measured.textContent = "Measuring …";
    const said = await source.get(source.address(`api/runs/${path}`)).then(({ sentence: text }) => boldNodes(text), ({ message }) => [refusal(message)]);
    this.measured.replaceChildren(...said);
  }

  /** Start as many as there is room for; the others follow while the page is open and a run trains. */
  async startAll(wanted) {
    clearTimeout(this.timer);
    const { body, wrong, shown } = wanted;
    try {
      const { runs, refused } = await this.kit.source.post("api/runs", body);
      const ids = shown(runs.map(({ run }) => run));
      choose(ids, this);
      this.mine = ids.join();
      wrong.textContent = refused ? `${refusal(refused)} The others start when there is room, while this page is open.` : "";
      if (refused) this.later(wanted);
    } catch (error) {
      wrong.textContent = refusal(error.message, this.settings.fields.map(({ name }) => name));
    }
  }

  /** Try again, unless the reader compares something else by then. */
  later(wanted) {
    this.timer = setTimeout(() => {
      const waits = shared().some(({ live }) => live) && chosen([]).join() === this.mine;
      if (waits) this.startAll(wanted);
      else wanted.wrong.textContent = "";
    }, AGAIN);
  }

  /** Say what the changed setting did. */
  judge(runs) {
    this.pair = pairOf(runs);
    const told = this.pair && verdict(this.pair, this.pair.from.kinds, sharedMeasure());
    const { nodes, plain } = partNodes(told ? told.parts : ["Choose two runs that differ in one setting, or train one here: the verdict is written here."]);
    if (plain !== this.plain) this.verdict.replaceChildren(...nodes);
    this.plain = plain;
    this.more.hidden = !told || told.spread;
  }

  destroy() {
    clearTimeout(this.timer);
    this.leave();
  }
}

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table: HAS_NONE.control,
  keeps: true,
  create: (body, kit) => new Change(body, kit),
});
