// Change the state: by a button, by a drag from one text to the other, or set units by a click, and the network counts on
// from there.

import { inAddress, putInAddress } from "../../../kit/js/address.js";
import { picture } from "../../../kit/js/picture.js";
import { boldNodes } from "../../../kit/js/text.js";
import { maker } from "../../../kit/js/make.js";
import { Said } from "./said.js";
import { Strips } from "./strips.js";
import { table } from "./table.js";
import { Texts } from "./texts.js";

const ALL = -1; // layers
const SWAPPED = "swapped"; // in the address: the button was pressed
const TYPED = 300; // ms after the last key until typed units are asked for

class Change {
  constructor(body, kit) {
    this.kit = kit;
    const make = maker(body);
    const told = make("section", "told");
    this.headline = make("p", "headline", told);
    this.tools = make("div", "tools");
    this.swap = make("button", "swap", this.tools);
    this.swap.type = "button";
    this.swap.onclick = () => this.press();
    this.label = make("label", "units", this.tools, "");
    this.name = make("span", "", this.label);
    this.input = make("input", "", this.label);
    this.input.type = "text";
    this.input.maxLength = 400;
    this.input.oninput = () => this.type(TYPED);
    this.input.onchange = () => this.type(0);
    this.input.onkeydown = (event) => void (event.key === "Enter" && this.type(0));
    this.range = make("p", "range", this.tools);
    for (const each of [this.headline, this.range]) each.setAttribute("aria-live", "polite");
    const isFile = Boolean(kit.source.about("")); // it has no fields that take a text
    const drop = isFile ? null : (text, other) => this.drop(text, other);
    this.texts = new Texts(this.tools, { drop, stateOf: (text) => this.stateOf(text) });
    this.strips = new Strips(make("section", "state"), (unit) => this.click(unit));
    this.said = new Said(make("section", ""), kit);
    this.swapped = null; // until the first drawing
    this.shown = null; // the units as typed or clicked, and the name of their field
    this.dropped = null; // both texts, until their answer has come
  }

  get settings() {
    return this.kit.data?.settings ?? {};
  }

  /** The units' name in the address, of the chosen way; empty for a swap. */
  get key() {
    return this.settings.units_key ?? "";
  }

  params() {
    return this.key ? { units: this.units() } : {};
  }

  units() {
    if (this.shown?.key !== this.key) this.shown = { key: this.key, text: inAddress(this.key) ?? this.settings.units };
    return this.shown.text;
  }

  draw({ answer, answers, settings, theme }) {
    Object.assign(this, { meta: answer.meta, arrays: answer.arrays, claims: answers.change_claims, theme });
    this.waits = "change_claims" in answers ? "Trying this prompt, and 100 drawn from train …" : "";
    this.label.hidden = !settings.units_key;
    this.swap.hidden = Boolean(settings.units_key);
    this.name.textContent = settings.units_name;
    if (settings.units_key && this.kit.root.getRootNode().activeElement !== this.input) this.input.value = this.units();
    this.swapped ??= this.kit.asked.choice(SWAPPED, ["0", "1"], settings.pressed ? "1" : "0") === "1";
    const { text, other, layer = ALL } = this.ask.params;
    if (this.dropped?.text === text && this.dropped.other === other) {
      this.swapped = true;
      this.dropped = null;
    }
    const { before, after } = answer.arrays;
    const { texts: words, between, scale } = answer.meta;
    const put = Number(layer) < 0 ? null : Number(layer);
    this.texts.draw({ typed: [text, other], words, between, scale, states: [before.data, after.data], layers: before.shape[0], layer: words.length > 1 ? put : null }, theme);
    this.showSwap();
  }

  showSwap() {
    this.swap.textContent = this.swapped ? this.settings.undo : this.settings.press;
    this.swap.setAttribute("aria-pressed", this.swapped);
    this.show();
  }

  show() {
    const { meta, arrays, theme } = this;
    const changed = this.swapped || Boolean(this.key);
    const { before, after } = arrays;
    const said = changed ? meta.changed : meta.own;
    this.headline.replaceChildren(...boldNodes(said.headline));
    this.range.replaceChildren(...boldNodes(changed ? (this.claims?.sentence ?? this.waits) : ""));
    const strip = {
      before: before.data,
      after: changed ? after.data : before.data,
      layers: before.shape[0],
      layer: meta.layer,
      takes: Boolean(this.key),
      units: meta.units,
      scale: meta.scale,
      changed,
      alt: changed ? `${meta.done}: ${meta.state}` : "The state after the prompt, untouched.",
    };
    this.strips.draw(strip, theme);
    this.said.draw(said, theme);
  }

  /** What is asked about the change. */
  get ask() {
    return this.kit.data.asks.find(({ name }) => name === "change_state");
  }

  press(on = !this.swapped) {
    this.swapped = on;
    putInAddress(SWAPPED, on ? 1 : this.settings.pressed ? 0 : null);
    this.texts.tell();
    this.showSwap();
  }

  /** A memory was dropped: the fields take both texts, as if they were typed there, and the button is pressed. */
  drop(text, other) {
    const { params } = this.ask;
    if (params.text === text && params.other === other) return this.press(true);
    putInAddress(SWAPPED, 1);
    this.dropped = { text, other };
    this.kit.report("dropped", this.dropped);
  }

  /** The state that a text leaves. */
  async stateOf(text) {
    const { ask, kit } = this;
    const address = kit.questions.address({ ...ask, params: { ...ask.params, text, other: text } }, kit.timeline.step);
    return (await kit.source.get(address)).arrays.before.data;
  }

  /** A click sets a unit, or takes it out again where several may be set. */
  click(unit) {
    const rest = this.meta.units.filter((each) => each !== unit);
    const units = this.settings.one || rest.length === this.meta.units.length ? [unit] : [];
    const all = this.settings.one ? units : [...rest, ...units].sort((one, other) => one - other);
    this.input.value = all.join(", ");
    this.type(0);
  }

  type(wait) {
    clearTimeout(this.wait);
    this.wait = setTimeout(() => {
      if (this.shown?.text === this.input.value) return;
      this.shown = { key: this.key, text: this.input.value };
      putInAddress(this.key, this.input.value);
      this.kit.ask();
    }, wait);
  }

  destroy() {
    clearTimeout(this.wait);
    this.texts.destroy();
  }
}

export const render = picture({
  styles: new URL("style.css", import.meta.url),
  table,
  create: (body, kit) => new Change(body, kit),
});
