// @ts-check
// What the comparison says, and how to get more of it: the same seeds on both sides, one setting changed,
// and comparisons that are ready, whose missing runs one press trains.

import { OnDevice, Orders } from "../../../kit/class/orders.js";
import { Part, html } from "../../../kit/js/declared.js";
import { Button, Menu, told } from "../../../kit/js/ui.js";
import { choose, chosen } from "../../../run/list/chosen.js";
import { MOST_SEEDS, lacking, sidesOf } from "./paired.js";
import { fieldName, labels, refusal, valueText } from "./words.js";
import { stepsOf, verdict } from "./verdict.js";

/**
 * @typedef {import("./series.js").Run} Run
 * @typedef {import("../../../kit/js/declared.js").Scene} Scene
 * @typedef {{ name: string, options: string[], whole: boolean }} Field
 * @typedef {{ title: string, question: string, runs: object[], measured: string }} Card
 * @typedef {{ fields: Field[], cards: Card[], stateful: string[], models: string[], shares: import("./verdict.js").Shares, device?: string }} Settings
 * @typedef {{ place: "form"|"cards", body: object, shown: (made: string[]) => string[] }} Wanted
 *   place   where a refusal is said
 *   shown   the runs to compare then
 */

const AGAIN = 5000; // ms until runs that found no room are tried again
const SEEDS = 2; // more seeds on both sides that a press trains
const ENOUGH = 5; // seeds on both sides, from which no more are offered
const NO_PAIR = "Choose runs with two different settings, or change one setting below. This line then says what the change did.";

/** The state of the form and the buttons. */
export const CHANGE = { base: "", field: "", value: "", busy: "", wrong: { place: "", text: "" }, measured: [] };

/** Trains the runs that are missing, and compares them. */
export class Trainer {
  /** @param {Scene} scene */
  constructor({ state, kit, settings }) {
    this.state = state;
    this.kit = kit;
    this.names = settings.fields.map((/** @type {Field} */ { name }) => name);
    this.mine = ""; // the runs that the last press compares
    this.orders = new Orders(kit, settings.device);
  }

  /**
   * @param {string} pressed
   * @param {Wanted["place"]} place
   * @param {object} body
   * @param {Wanted["shown"]} shown
   */
  async press(pressed, place, body, shown = (made) => made) {
    this.mine = ""; // what an earlier press still wants is given up
    Object.assign(this.state, { busy: pressed, measured: [] });
    this.say(place, "");
    await this.start({ place, body, shown });
    this.state.busy = "";
  }

  /**
   * Start as many as there is room for; the others follow while the page is open and a run trains.
   * @param {Wanted} wanted
   */
  async start(wanted) {
    clearTimeout(this.timer);
    const { place, body, shown } = wanted;
    try {
      const { runs, refused } = await this.kit.source.post("api/runs", body);
      let isFirst = true; // what a device trains later joins what is compared by then
      await this.orders.take(runs, (made) => {
        const ids = shown(made.filter((run) => run !== null));
        if (!ids.length) return;
        choose(isFirst ? ids : [...new Set([...chosen([]), ...ids])], this);
        if (isFirst) this.mine = ids.join();
        isFirst = false;
      });
      const isOrdered = runs.some((/** @type {object} */ each) => "order" in each);
      this.say(place, refused && (isOrdered ? refusal(refused) : `${refusal(refused)} The others start when there is room, while this page is open.`));
      if (refused && !isOrdered) this.timer = setTimeout(() => this.again(wanted), AGAIN);
    } catch (error) {
      this.say(place, refusal(/** @type {Error} */ (error).message, this.names));
    }
  }

  /**
   * Try again, unless the reader compares something else by then.
   * @param {Wanted} wanted
   */
  again(wanted) {
    const waits = this.state.data.runs.some((/** @type {Run} */ { live }) => live) && chosen([]).join() === this.mine;
    if (waits) this.start(wanted);
    else this.say(wanted.place, "");
  }

  /**
   * @param {Wanted["place"]} place
   * @param {string} text why a press there was refused
   */
  say(place, text) {
    this.state.wrong = { place, text };
  }

  /**
   * Say what the server measures for a card: a view's sentence.
   * @param {string} path
   */
  async measure(path) {
    const { source } = this.kit;
    this.state.measured = ["Measuring …"];
    const parts = (/** @type {{ sentence: string }} */ { sentence }) => sentence.split("**").map((part, at) => (at % 2 ? [part] : part));
    this.state.measured = await source.get(source.address(`api/runs/${path}`)).then(parts, (/** @type {Error} */ { message }) => [refusal(message)]);
  }
}

/**
 * What the change did, or each step from model to model; and a button for the seeds that a side lacks.
 * @param {Scene & { isLocked: boolean }} scene
 */
export function Said({ settings, state: { data, measure, busy, trainer }, isLocked }) {
  const { runs, kinds } = data;
  const { models, shares } = /** @type {Settings} */ (settings);
  const sides = sidesOf(runs, models);
  const lacks = sides ? lacking(sides, SEEDS) : [];
  const even = sides && sides.from.size === sides.to.size && sides.from.size === sides.seeds.length;
  const offered = lacks.length > 0 && (!even || sides.seeds.length < Math.min(ENOUGH, MOST_SEEDS)) && !isLocked && !runs.some((/** @type {Run} */ { live }) => live);
  const n = even ? lacks.length / 2 : lacks.length;
  const name = even ? `Train ${n} more ${n === 1 ? "seed" : "seeds"} on both sides` : `Train the ${n} ${n === 1 ? "run" : "runs"} that one side lacks`;
  const all = (/** @type {string[]} */ made) => [...new Set([...runs.map((/** @type {Run} */ { run }) => run), ...made])];
  return html`
    <p class="verdict" role="status">${told(sides ? verdict(sides, kinds.length, measure) : [NO_PAIR])}</p>
    ${offered && html`<${Button} look="quiet" disabled=${busy === name} press=${() => trainer.press(name, "form", { runs: lacks }, all)}>${name}<//>`}
    <ul class="steps">${stepsOf(runs, kinds.length, measure, models, shares).map((step) => html`<li>${told(step)}</li>`)}</ul>`;
}

/**
 * One setting to change, and comparisons that are ready.
 * @param {Scene} scene
 */
export function Try({ settings, state }) {
  const { busy, wrong, trainer, data } = state;
  const alert = (/** @type {string} */ place) => html`<p class="wrong" role="alert">${wrong.place === place && wrong.text}</p>`;
  const press = (/** @type {Card} */ { title, runs, measured }) => {
    trainer.press(title, "cards", { runs });
    if (measured) trainer.measure(measured);
  };
  return html`
    <h3>Change one thing</h3>
    <p class="note">A setting shows what it does only if nothing else differs: the new run keeps the seed.</p>
    <${Form} settings=${settings} state=${state} runs=${data.runs} />
    ${alert("form")}
    <${Part} of=${OnDevice} orders=${trainer.orders} />
    <p class="measured" role="status">${told(state.measured)}</p>
    <h3>Or press one that is ready</h3>
    <p class="note">Existing runs, including pre-trained ones, are reused. Only missing runs are trained.</p>
    <div class="cards">${settings.cards.map((/** @type {Card} */ card) => html`<${Button} look="card" disabled=${busy === card.title} press=${() => press(card)}>
      <b>${card.title}</b><span>${card.question} It trains up to ${card.runs.length} runs.</span><//>`)}</div>
    ${alert("cards")}`;
}

/**
 * Offers the settings that a run has, and a value other than its own.
 * @param {{ settings: Settings, state: any, runs: Run[] }} form
 */
function Form({ settings, state, runs }) {
  const names = labels(runs);
  const base = runs.find(({ run }) => run === state.base) ?? runs.at(-1);
  const fields = settings.fields.filter(({ name }) => name !== "reset_state" || (base && settings.stateful.includes(base.config.model)));
  const { name, options, whole } = fields.find((each) => each.name === state.field) ?? fields[0];
  const now = base?.config[name];
  const others = options.filter((each) => each !== now);
  const value = others.includes(state.value) || !options.length ? state.value : others[0];
  const set = (/** @type {object} */ change) => Object.assign(state, { value: "", wrong: CHANGE.wrong }, change);
  const title = `${fieldName(name)}, instead of ${valueText(name, now ?? "")}`;
  const type = (/** @type {any} */ event) => (state.value = event.target.value);
  const start = (/** @type {any} */ event) => {
    event.preventDefault();
    if (!base) return;
    const text = value.trim();
    const asked = options.length ? text : Number(text.replaceAll(",", ""));
    const isNumber = text && Number.isFinite(asked);
    if (options.length || (isNumber && asked !== now)) return state.trainer.press("form", "form", { runs: [{ like: base.run, [name]: asked }] }, (/** @type {string[]} */ made) => [base.run, ...made]);
    const got = text ? `“${text.slice(0, 40)}”` : "nothing";
    state.trainer.say("form", isNumber ? `This run has ${fieldName(name)} ${valueText(name, now)} already: choose another value.` : refusal(`${name} must be a number; got ${got}.`, [name]));
    event.target.elements.value.focus();
  };
  return html`<form class="row" role="group" aria-label="Change one thing" onSubmit=${start}>
    <${Menu} class="menu above" name="This run" among=${runs.map(({ run }) => ({ id: run, name: names.get(run) ?? run }))} chosen=${base?.run} choose=${(/** @type {string} */ run) => set({ base: run })} />
    <${Menu} class="menu above" name="change" among=${fields.map((field) => ({ id: field.name, name: fieldName(field.name) }))} chosen=${name} choose=${(/** @type {string} */ field) => set({ field })} />
    <label class="menu above">to${options.length
      ? html`<select name="value" aria-label=${title} value=${value} onChange=${type}>${others.map((each) => html`<option>${each}</option>`)}</select>`
      : html`<input name="value" type="text" autocomplete="off" inputmode=${whole ? "numeric" : "decimal"} placeholder=${base && `now ${valueText(name, now)}`} aria-label=${title} value=${value} onInput=${type} />`}</label>
    <button class="go" disabled=${!runs.length || state.busy === "form"}>Train it</button>
  </form>`;
}
